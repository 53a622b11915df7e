// SPDX-License-Identifier: Apache-2.0
// A subcommand as a value: its options once, for the parser, the help and the documentation.
#pragma once

#include <atomic>
#include <cstddef>
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
  /// Values that a shell may offer; null: none are known but by its name (completion.h).
  std::vector<std::string> (*choices)() = nullptr;
};

struct Positional {
  std::string name;
  std::string meaning;
  std::size_t at_least = 0, at_most = 1;
  std::vector<std::string> (*choices)() = nullptr;  ///< of the first of them
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
  std::atomic<bool>* saving = nullptr;             ///< set while a checkpoint is written
  const std::atomic<bool>* pipe_closed = nullptr;  ///< whether whoever read what is written has gone
  int (*out_columns)() = nullptr;      ///< of the terminal that shows results; null, or 0: none does
  int (*err_columns)() = nullptr;      ///< and of that which shows progress
  std::ostream* control = nullptr;     ///< where `err` goes, for control characters of our own
  std::atomic<bool>* begun = nullptr;  ///< set once there is something to resume
  int (*out_rows)() = nullptr;         ///< as out_columns

  std::size_t columns() const { return out_columns != nullptr ? static_cast<std::size_t>(out_columns()) : 0; }
  std::size_t rows() const { return out_rows != nullptr ? static_cast<std::size_t>(out_rows()) : 0; }
};

struct Command {
  std::string name, summary;
  std::vector<Positional> positionals;
  std::vector<Option> options;
  std::vector<std::string> examples;
  int (*run)(Context&, const Arguments&);
  bool has_json = true;  ///< what it prints can be had as JSON
  bool goes_on = false;  ///< given again it goes on where it was stopped
  bool many = false;     ///< processes that are started together each do their own part of it
};

/// All subcommands (commands.cpp).
const std::vector<Command>& commands();
std::vector<std::string> command_names();

/// Options that all commands understand; --json only of one that has it.
std::vector<Option> common_options(const Command& command);

/// For so many columns; 0: any.
std::string help(const Command& command, std::size_t columns = 0);
std::string overview(std::size_t columns = 0);

/// Runs `arguments` (without the program's name) and returns the exit code. Never throws.
int run(const std::vector<std::string>& arguments, Context& context);

}  // namespace apical::cli
