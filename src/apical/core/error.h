// SPDX-License-Identifier: Apache-2.0
// What can go wrong, as types. The library throws; only the command line prints and exits.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace apical {

/// Exit codes of the command line (design: sysexits where a scheduler must tell cases apart).
enum class ExitCode : int {
  ok = 0,
  check_failed = 1,     ///< ran, but a comparison or check did not hold
  usage = 2,            ///< the command line itself is wrong
  invalid_input = 3,    ///< an experiment, circuit or data file is wrong
  numerical_fault = 4,  ///< NaN, Inf or divergence
  io = 5,               ///< the file system refused
  resumable = 75,       ///< stopped on request: run again with --resume
  interrupted = 130,    ///< interrupted twice, nothing promised
};

/// Root of all errors that a person can act on.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode exit_code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// A wrong command line.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(ExitCode::usage, message) {}
};

/// Where in a text file something stands; line and column count from 1, 0 means unknown.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  /// "file:line:column", without the parts that are unknown.
  std::string text() const;
};

/// A wrong experiment or circuit: place, what was found and expected, and what to try.
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& what_is_wrong, Place place = {}, const std::string& hint = {});
  const Place& place() const noexcept { return place_; }
  /// The message without its place, so that a caller who knows better can put one in front.
  const std::string& bare_message() const noexcept { return bare_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  Place place_;
  std::string bare_, hint_;
};

/// A damaged, missing or mismatched data file, checkpoint or trace.
class DataError : public Error {
 public:
  explicit DataError(const std::string& message) : Error(ExitCode::invalid_input, message) {}
};

/// NaN, Inf or a value beyond the divergence limit.
class NumericalFault : public Error {
 public:
  struct Where {
    std::string population;  ///< or projection
    std::string quantity;    ///< compartment, rate, weight …
    std::size_t unit = 0;
    std::uint64_t seed = 0;
    std::int64_t step = 0;
    double time_ms = 0;
    double value = 0;
  };
  explicit NumericalFault(Where where);
  /// `kept`: what there is to go on from, a line of the message.
  NumericalFault(Where where, const std::string& kept);
  const Where& where() const noexcept { return where_; }

 private:
  Where where_;
};

/// The file system refused: full, read-only, missing, permission.
class IoError : public Error {
 public:
  explicit IoError(const std::string& message) : Error(ExitCode::io, message) {}
};

/// "a, b and c" for messages.
std::string join_names(const std::vector<std::string>& names, std::string_view last = "and");

/// The candidate nearest to `name` (edit distance at most a third of its length, at least 1), or "".
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// "did you mean 'x'?" or, when nothing is near, "known: a, b and c".
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates);

namespace detail {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

}  // namespace apical

/// For mistakes of ours, in all builds. What a person can cause is an Error, not a check.
#define APICAL_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::apical::detail::check_failed(#condition, __FILE__, __LINE__))

#ifdef APICAL_DEBUG_CHECKS
#define APICAL_DCHECK(condition) APICAL_CHECK(condition)
#else
#define APICAL_DCHECK(condition) static_cast<void>(0)
#endif
