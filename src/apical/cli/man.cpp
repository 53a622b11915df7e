// SPDX-License-Identifier: Apache-2.0
// Pages for man(1), from the table of commands alone. The same program gives the same bytes.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "apical/cli/command.h"
#include "apical/core/build_info.h"
#include "apical/io/file.h"

namespace apical::cli {
namespace {

/// Text as troff prints it: a backslash, a hyphen that can be copied, and no request at the start of a line.
std::string troff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += "\\&";
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string heading(const std::string& name, const std::string& summary) {
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  return fmt::format(".TH {} 1 \"\" \"apical {}\" \"Apical\"\n.SH NAME\n{} \\- {}\n", troff(upper),
                     build_info().version, troff(name), troff(summary));
}

std::string example_lines(const std::vector<std::string>& examples) {
  std::string out;
  for (const std::string& e : examples) out += fmt::format(".PP\n.EX\n{}\n.EE\n", troff(e));
  return out;
}

struct ExitMeaning {
  ExitCode code;
  const char* meaning;
};
constexpr ExitMeaning kEndings[] = {
    {ExitCode::ok, "it did what was asked"},
    {ExitCode::check_failed, "it ran, but a check or a comparison did not hold"},
    {ExitCode::usage, "the command line is wrong"},
    {ExitCode::invalid_input, "an experiment or a data file is wrong"},
    {ExitCode::numerical_fault, "NaN, infinity or divergence; the state is kept"},
    {ExitCode::io, "the file system or the network refused"},
    {ExitCode::resumable, "stopped on request: the same command, or --resume, goes on"},
    {ExitCode::interrupted, "interrupted twice: nothing is promised"}};
constexpr std::pair<const char*, const char*> kEnvironment[] = {
    {"APICAL_DATA", "folder of data sets"},
    {"APICAL_EXPERIMENTS",
     "folder of the experiments that come with Apical, if it is not beside the program"},
    {"XDG_DATA_HOME, HOME",
     "where data sets are looked for otherwise: apical below it, or .local/share/apical"},
    {"NO_COLOR, TERM", "NO_COLOR, or dumb as TERM, switch colours off"}};

std::string page_of_all() {
  std::string out = heading("apical", "circuits that assign credit the way cortex might");
  out += ".SH SYNOPSIS\n.B apical\n.I COMMAND\n[\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n.SH DESCRIPTION\n";
  out +=
      "Simulates and trains circuits of neurons and layered networks that assign credit, and measures how "
      "close each comes "
      "to backpropagation. An experiment is a file in TOML; a run is a directory.\n.SH COMMANDS\n";
  for (const Command& c : commands())
    out += fmt::format(".TP\n.BR apical\\-{} (1)\n{}\n", c.name, troff(c.summary));
  out += ".SH EXAMPLES\n" + example_lines({"apical run experiments/yin-yang/error-neurons.toml --seeds 3"});
  out += ".SH EXIT STATUS\n";
  for (const ExitMeaning& e : kEndings)
    out += fmt::format(".TP\n.B {}\n{}\n", static_cast<int>(e.code), troff(e.meaning));
  out += ".SH ENVIRONMENT\n";
  for (const auto& [name, meaning] : kEnvironment)
    out += fmt::format(".TP\n.B {}\n{}\n", name, troff(meaning));
  return out;
}

std::string page_of(const Command& c) {
  std::string out = heading("apical-" + c.name, c.summary);
  out += fmt::format(".SH SYNOPSIS\n.B apical {}\n[\\fIOPTION\\fR]...", c.name);
  for (const Positional& p : c.positionals) {
    out += fmt::format(" {}\\fI{}\\fR{}{}", p.at_least == 0 ? "[" : "", troff(p.name),
                       p.at_least == 0 ? "]" : "", p.at_most > 1 ? "..." : "");
  }
  out += fmt::format("\n.SH DESCRIPTION\n{}.\n", troff(c.summary));
  if (!c.positionals.empty()) out += ".SH ARGUMENTS\n";
  for (const Positional& p : c.positionals)
    out += fmt::format(".TP\n.I {}\n{}\n", troff(p.name), troff(p.meaning));
  out += ".SH OPTIONS\n";
  const auto list = [&](const std::vector<Option>& options) {
    for (const Option& o : options) {
      out += fmt::format(".TP\n\\fB{}\\fR{}\n{}{}\n", troff(o.name),
                         o.value.empty() ? "" : " \\fI" + troff(o.value) + "\\fR", troff(o.meaning),
                         o.repeatable ? " (may be repeated)" : "");
    }
  };
  list(c.options);
  list(common_options(c));
  if (!c.examples.empty()) out += ".SH EXAMPLES\n" + example_lines(c.examples);
  return out + ".SH SEE ALSO\n.BR apical (1)\n";
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const Command& c : commands()) out.push_back(c.name);
  return out;
}

int man(Context& context, const Arguments& arguments) {
  if (const auto folder = arguments.value("--out")) {
    if (!arguments.positionals.empty())
      throw UsageError("--out writes the pages of all commands; leave out COMMAND");
    io::make_directories(*folder);
    io::write_atomically(io::Path(*folder) / "apical.1", page_of_all());
    for (const Command& c : commands())
      io::write_atomically(io::Path(*folder) / fmt::format("apical-{}.1", c.name), page_of(c));
    return 0;
  }
  if (arguments.positionals.empty()) {
    context.out << page_of_all();
    return 0;
  }
  const std::string& name = arguments.positionals.front();
  for (const Command& c : commands()) {
    if (c.name != name) continue;
    context.out << page_of(c);
    return 0;
  }
  throw UsageError(fmt::format("no command '{}'\n  {}", name, suggestion(name, names())));
}

}  // namespace

Command man_command() {
  Command c;
  c.name = "man";
  c.summary = "pages for man, of a command or of all";
  c.has_json = false;
  c.positionals = {{"COMMAND", "one command (default: the page that lists them)", 0, 1, names}};
  c.options = {{"--out", "DIR", "write the pages of all commands there"}};
  c.examples = {"apical man run | man -l -", "apical man --out ~/.local/share/man/man1"};
  c.run = man;
  return c;
}

}  // namespace apical::cli
