// SPDX-License-Identifier: Apache-2.0
// The only file that includes CLI11. It takes an unknown option for a positional and makes no suggestions, so
// options are looked up in the command's table first.
#include "apical/cli/parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace apical::cli {
namespace {

std::vector<Option> all_options(const Command& command) {
  std::vector<Option> options = command.options;
  const std::vector<Option> common = common_options(command);
  options.insert(options.end(), common.begin(), common.end());
  return options;
}

void require_known_options(const Command& command, const std::vector<Option>& options,
                           const std::vector<std::string>& arguments) {
  std::vector<std::string> names;
  names.reserve(options.size());
  for (const Option& o : options) names.push_back(o.name);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& a = arguments[i];
    if (a == "--") return;
    if (a.size() < 2 || a[0] != '-') continue;
    const std::string name = a.substr(0, a.find('='));
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end() && name == "--json")
      throw UsageError(fmt::format("'apical {}' has no --json", command.name));
    if (at == names.end()) {
      throw UsageError(fmt::format("unknown option '{}' of 'apical {}'\n  {}", name, command.name,
                                   suggestion(name, names)));
    }
    const Option& option = options[static_cast<std::size_t>(at - names.begin())];
    if (option.value.empty() || a.find('=') != std::string::npos) continue;
    if (i + 1 >= arguments.size())
      throw UsageError(fmt::format("option {} needs a value: {} {}", name, name, option.value));
    ++i;  // its value, whatever it looks like
  }
}

/// -q and -v stand for what every command understands.
std::vector<std::string> with_long_names(std::vector<std::string> arguments) {
  for (std::string& a : arguments) {
    if (a == "--") break;
    if (a == "-q") a = "--quiet";
    if (a == "-v") a = "--verbose";
  }
  return arguments;
}

void check_colour(const Arguments& arguments) {
  const std::string when = arguments.value("--color").value_or("auto");
  const std::vector<std::string> known{"auto", "always", "never"};
  if (std::find(known.begin(), known.end(), when) == known.end())
    throw UsageError(fmt::format("--color is '{}'; expected {}", when, join_names(known, "or")));
}

}  // namespace

Arguments parse(const Command& command, const std::vector<std::string>& given) {
  const std::vector<Option> options = all_options(command);
  const std::vector<std::string> arguments = with_long_names(given);
  require_known_options(command, options, arguments);
  CLI::App app{command.summary, "apical " + command.name};
  app.set_help_flag();
  Arguments out;
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> switches;
  for (const Option& o : options) {
    if (o.value.empty()) {
      app.add_flag(o.name, switches[o.name]);
    } else {
      app.add_option(o.name, values[o.name])
          ->expected(1)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
          ->allow_extra_args(false);
    }
  }
  std::vector<std::string> rest;
  app.add_option("positionals", rest);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& e) {
    throw UsageError(fmt::format("{}\n  'apical {} --help' lists the options", e.what(), command.name));
  }
  for (const Option& o : options) {
    if (o.value.empty() ? switches[o.name] : !values[o.name].empty()) {
      if (!o.repeatable && values[o.name].size() > 1)
        throw UsageError(fmt::format("option {} is given twice", o.name));
      out.options[o.name] = values[o.name];
      const auto& taken = out.options[o.name];
      if (!o.value.empty() && std::find(taken.begin(), taken.end(), "") != taken.end())
        throw UsageError(fmt::format("{0} is empty; expected {0} {1}: {2}", o.name, o.value, o.meaning));
    }
  }
  check_colour(out);
  std::size_t at_least = 0, at_most = 0;
  for (const Positional& p : command.positionals) {
    at_least += p.at_least;
    at_most += p.at_most;
  }
  if (rest.size() < at_least) {
    throw UsageError(fmt::format("'apical {}' needs {}\n  {}", command.name,
                                 command.positionals[rest.size()].name,
                                 command.examples.empty() ? "" : "e.g. " + command.examples.front()));
  }
  if (rest.size() > at_most) {
    throw UsageError(
        fmt::format("unexpected argument '{}' of 'apical {}'\n  'apical {} --help' says what it takes",
                    rest[at_most], command.name, command.name));
  }
  out.positionals = std::move(rest);
  return out;
}

}  // namespace apical::cli
