// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ostream>

#include "apical/cli/parser.h"
#include "apical/core/build_info.h"

namespace apical::cli {

const std::vector<Option>& common_options() {
  static const std::vector<Option> options{
      {"--json", "", "print results as JSON on standard output"},
      {"--quiet", "", "no progress"},
      {"--color", "WHEN", "auto, always or never (default auto; NO_COLOR and TERM=dumb switch it off)"},
      {"--help", "", "this page"},
  };
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

std::string overview() {
  std::string out =
      "apical: circuits that assign credit the way cortex might\n\n"
      "  apical run experiments/yin-yang/error-neurons.toml --seeds 3\n\n";
  for (const Command& c : commands()) out += fmt::format("  {:<9} {}\n", c.name, c.summary);
  out += "\n'apical COMMAND --help' says more; 'apical --version' says what this program is.\n";
  return out;
}

std::string help(const Command& c) {
  std::string out = fmt::format("apical {}: {}\n\n", c.name, c.summary);
  for (const std::string& e : c.examples) out += fmt::format("  {}\n", e);
  if (!c.examples.empty()) out += "\n";
  for (const Positional& p : c.positionals) out += fmt::format("  {:<22} {}\n", p.name, p.meaning);
  const auto list = [&](const std::vector<Option>& options) {
    for (const Option& o : options) {
      out += fmt::format("  {:<22} {}{}\n", o.value.empty() ? o.name : o.name + " " + o.value, o.meaning,
                         o.repeatable ? " (may be repeated)" : "");
    }
  };
  list(c.options);
  list(common_options());
  return out;
}

namespace {

std::string version_text(bool json) {
  const BuildInfo& b = build_info();
  if (json) {
    return fmt::format(
        "{{\"schema\":\"apical-version/"
        "1\",\"version\":\"{}\",\"revision\":\"{}\",\"compiler\":\"{}\",\"build\":\"{}\",\"numerics\":{}}}\n",
        b.version, b.revision, b.compiler, b.build_type, kNumericsVersion);
  }
  return fmt::format("apical {} ({}), {}, {}, numerics {}\n", b.version, b.revision, b.compiler, b.build_type,
                     kNumericsVersion);
}

int dispatch(const std::vector<std::string>& arguments, Context& context) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    context.out << overview();
    return arguments.empty() ? static_cast<int>(ExitCode::usage) : 0;
  }
  if (arguments[0] == "--version") {
    context.out << version_text(std::find(arguments.begin(), arguments.end(), "--json") != arguments.end());
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& c : commands()) {
    names.push_back(c.name);
    if (c.name != arguments[0]) continue;
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    if (std::find(rest.begin(), rest.end(), "--help") != rest.end() ||
        std::find(rest.begin(), rest.end(), "-h") != rest.end()) {
      context.out << help(c);
      return 0;
    }
    return c.run(context, parse(c, rest));
  }
  throw UsageError(fmt::format("unknown command '{}'\n  {}", arguments[0], suggestion(arguments[0], names)));
}

}  // namespace

int run(const std::vector<std::string>& arguments, Context& context) {
  const auto complain = [&](std::string_view text) {
    context.err << (context.colour ? "\x1b[31mapical:\x1b[0m " : "apical: ") << text << std::endl;
  };
  try {
    const int code = dispatch(arguments, context);
    context.out.flush();
    if (!context.out) {
      complain("cannot write to standard output");
      return static_cast<int>(ExitCode::io);
    }
    return code;
  } catch (const Error& e) {
    complain(e.what());
    return static_cast<int>(e.exit_code());
  } catch (const std::bad_alloc&) {
    complain("not enough memory; 'apical check' says how much an experiment needs");
    return static_cast<int>(ExitCode::io);
  } catch (const std::exception& e) {
    complain(e.what());
    return 70;  // sysexits: a defect of ours
  }
}

}  // namespace apical::cli
