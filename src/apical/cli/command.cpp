// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/about_word.h"
#include "apical/cli/apart.h"
#include "apical/cli/display_text.h"
#include "apical/cli/escaping_stream.h"
#include "apical/cli/mpi.h"
#include "apical/cli/parser.h"
#include "apical/cli/version.h"
#include "apical/core/synonyms.h"
#include "apical/io/json.h"

namespace apical::cli {

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& c : commands()) names.push_back(c.name);
  return names;
}

std::vector<Option> common_options(const Command& command) {
  std::vector<Option> options{
      {"--quiet", "", "no progress; results, notes and errors as ever (also -q)"},
      {"--verbose", "", "say more on the way: where results go, every epoch (also -v)"},
      {"--color", "WHEN", "auto, always or never (default auto; NO_COLOR and TERM=dumb switch it off)", false,
       [] {
         return std::vector<std::string>{"auto", "always", "never"};
       }},
      {"--help", "", "this page"},
  };
  if (command.has_json)
    options.insert(options.begin(), {"--json", "", "print results as JSON on standard output"});
  return options;
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto at = options.find(option);
  if (at == options.end() || at->second.empty()) return std::nullopt;
  return at->second.back();
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  const auto at = options.find(option);
  return at == options.end() ? std::vector<std::string>{} : at->second;
}

std::int64_t Arguments::integer(std::string_view option, std::int64_t otherwise, std::int64_t low,
                                std::int64_t high) const {
  const auto text = value(option);
  if (!text) return otherwise;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size() || number < low || number > high) {
    throw UsageError(fmt::format("{} is '{}'; expected an integer from {} to {}", option, *text, low, high));
  }
  return number;
}

std::string overview(std::size_t columns) {
  std::string out =
      "apical: circuits that assign credit the way cortex might\n\n"
      "  apical run experiments/yin-yang/error-neurons.toml --seeds 3\n\n";
  for (const Command& c : commands()) out += hanging("  " + c.name, 12, c.summary, columns);
  out +=
      "\n'apical help COMMAND' says more, 'apical help WORD' what a word means here;\n"
      "'apical --version' says what this program is.\n";
  return out;
}

std::string help(const Command& c, std::size_t columns) {
  std::string out = fmt::format("apical {}: {}\n\n", c.name, c.summary);
  for (const std::string& e : c.examples) out += fmt::format("  {}\n", e);
  if (!c.examples.empty()) out += "\n";
  constexpr std::size_t kIndent = 25;
  for (const Positional& p : c.positionals) out += hanging("  " + p.name, kIndent, p.meaning, columns);
  const auto list = [&](const std::vector<Option>& options) {
    for (const Option& o : options) {
      out += hanging("  " + (o.value.empty() ? o.name : o.name + " " + o.value), kIndent,
                     o.meaning + (o.repeatable ? " (may be repeated)" : ""), columns);
    }
  };
  list(c.options);
  list(common_options(c));
  return out;
}

namespace {

const Command* command_named(const std::string& name) {
  for (const Command& c : commands()) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

UsageError unknown_command(const std::string& name) {
  return UsageError(fmt::format("unknown command '{}'\n  {}", name, suggestion(name, command_names())));
}

/// Of a command, of a word that people use for what is called otherwise here, or of all.
int show_help(const std::vector<std::string>& about, Context& context) {
  if (about.empty()) {
    context.out << overview(context.columns());
  } else if (const Command* c = command_named(about.front())) {
    context.out << help(*c, context.columns());
  } else if (const std::string meaning = meaning_of(about.front()); !meaning.empty()) {
    context.out << hanging(about.front() + ":", 0, meaning, context.columns());
  } else {
    const bool mistyped = !nearest_name(about.front(), command_names()).empty();
    const std::string found = mistyped ? "" : about_word(about.front(), context.columns());
    if (found.empty()) throw unknown_command(about.front());
    context.out << found;
  }
  return 0;
}

/// Of processes that would all write the same files one says so.
int refuse_many(const Command& c, const Launch& launched) {
  if (!launched.first) return static_cast<int>(ExitCode::usage);
  const bool takes = std::any_of(c.options.begin(), c.options.end(),
                                 [](const Option& o) { return o.name == "--mpi" || o.name == "--on"; });
  throw UsageError(
      fmt::format("a launcher started {} processes of 'apical {}', each of which would do all of it\n  {}"
                  "'apical sweep run PLAN' may be started many times (docs/clusters.md)",
                  launched.processes, c.name, takes ? "with --on mpi they do it together; " : ""));
}

/// " of runs/a", or nothing.
std::string of_folders_named(const std::vector<std::string>& arguments) {
  std::vector<std::string> folders;
  std::copy_if(arguments.begin(), arguments.end(), std::back_inserter(folders), [](const std::string& word) {
    std::error_code unknown;
    return std::filesystem::is_directory(word, unknown);
  });
  return folders.empty() ? "" : " of " + join_names(folders, "or");
}

int dispatch(const std::vector<std::string>& arguments, Context& context) {
  if (arguments.empty()) {
    context.out << overview(context.columns());
    return static_cast<int>(ExitCode::usage);
  }
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help")
    return show_help({arguments.begin() + 1, arguments.end()}, context);
  if (arguments[0] == "--version") {
    const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
    context.out << (json ? io::json_text(version_json()) : version_text());
    return 0;
  }
  const Command* const c = command_named(arguments[0]);
  if (c == nullptr) throw unknown_command(arguments[0]);
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (std::find(rest.begin(), rest.end(), "--help") != rest.end() ||
      std::find(rest.begin(), rest.end(), "-h") != rest.end()) {
    context.out << help(*c, context.columns());
    return 0;
  }
  const Arguments given = parse(*c, rest);
  if (!c->many && !asks_for_ranks(given)) {
    if (const Launch launched = launch(); launched.processes > 1) return refuse_many(*c, launched);
  }
  return c->run(context, given);
}

}  // namespace

int run(const std::vector<std::string>& arguments, Context& outer) {
  EscapingStream out(outer.out), err(outer.err);
  Context context{out,
                  err,
                  outer.err_is_terminal,
                  outer.colour,
                  outer.stop,
                  outer.saving,
                  outer.pipe_closed,
                  outer.out_columns,
                  outer.err_columns,
                  &outer.err,
                  outer.begun,
                  outer.out_rows};
  const auto complain = [&](std::string_view text) {
    *context.control << (context.colour ? "\x1b[31mapical:\x1b[0m " : "apical: ");
    context.err << text << std::endl;
  };
  try {
    const int code = dispatch(arguments, context);
    context.out.flush();
    if (context.out) return code;
    // 'apical models | head' has what it wanted: as a process that the signal ends.
    constexpr int kBrokenPipe = 128 + 13;
    if (outer.pipe_closed != nullptr && outer.pipe_closed->load()) return kBrokenPipe;
    complain("cannot write to standard output");
    return static_cast<int>(ExitCode::io);
  } catch (const Error& e) {
    complain(e.what());
    return static_cast<int>(e.exit_code());
  } catch (const std::bad_alloc&) {
    complain("not enough memory; 'apical check' says how much an experiment needs");
    return static_cast<int>(ExitCode::io);
  } catch (const nlohmann::json::exception& e) {
    // Of a file that was read: what we write ourselves has the types that we ask for.
    complain(
        fmt::format("a JSON file{} has other contents than Apical writes ({})\n  'apical verify RUN' says "
                    "which files of a run have changed",
                    of_folders_named(arguments), e.what()));
    return static_cast<int>(ExitCode::invalid_input);
  } catch (const std::filesystem::filesystem_error& e) {
    complain(fmt::format("{}: cannot be reached: {}",
                         e.path1().empty() ? "the working directory" : e.path1().string(),
                         e.code().message()));
    return static_cast<int>(ExitCode::io);
  } catch (const std::exception& e) {
    complain(e.what());
    return 70;  // sysexits: a defect of ours
  }
}

}  // namespace apical::cli
