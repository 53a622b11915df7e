// SPDX-License-Identifier: Apache-2.0
// A subcommand as a value: its options once, for the parser, the help and the documentation.
#pragma once

#include <atomic>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apical/core/error.h"

namespace apical::cli {

struct Option {
  std::string name;   ///< "--out"
  std::string value;  ///< name of its value, e.g. "DIR"; empty: a switch
  std::string meaning;
  bool repeatable = false;
};

struct Positional {
  std::string name;
  std::string meaning;
  std::size_t at_least = 0, at_most = 1;
};

/// What was given, by option name.
class Arguments {
 public:
  std::map<std::string, std::vector<std::string>, std::less<>> options;
  std::vector<std::string> positionals;

  bool has(std::string_view option) const { return options.find(option) != options.end(); }
  std::optional<std::string> value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
  /// An integer in [low, high]; UsageError otherwise.
  std::int64_t integer(std::string_view option, std::int64_t otherwise, std::int64_t low,
                       std::int64_t high) const;
};

/// The world a command runs in. `out` is for results, `err` for everything else.
struct Context {
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;
  bool colour = false;
  const std::atomic<bool>* stop = nullptr;
};

struct Command {
  std::string name, summary;
  std::vector<Positional> positionals;
  std::vector<Option> options;
  std::vector<std::string> examples;
  int (*run)(Context&, const Arguments&);
};

/// All subcommands (commands.cpp).
const std::vector<Command>& commands();

/// Options every command understands.
const std::vector<Option>& common_options();

std::string help(const Command& command);
std::string overview();

/// Runs `arguments` (without the program's name) and returns the exit code. Never throws.
int run(const std::vector<std::string>& arguments, Context& context);

}  // namespace apical::cli
