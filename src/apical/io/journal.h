// SPDX-License-Identifier: Apache-2.0
// events.ndjson and metrics.ndjson: one JSON object per line, appended, readable with cat while the run goes
// on.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "apical/io/file.h"

namespace apical::io {

/// Builds one object. Doubles and floats in the fewest digits that read back to the same bits; non-finite
/// ones as "NaN", "Infinity", "-Infinity". A key given twice is a defect.
class JsonLine {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> JsonLine& add(std::string_view key, T value) {
    start(key);
    number(value);
    return *this;
  }
  JsonLine& add(std::string_view key, std::string_view value);
  JsonLine& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  JsonLine& add(std::string_view key, const std::string& value) { return add(key, std::string_view(value)); }
  JsonLine& add(std::string_view key, const JsonLine& object);
  template <class T>
  requires std::is_arithmetic_v<T> JsonLine& add(std::string_view key, std::span<const T> values) {
    start(key);
    text_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text_ += ',';
      number(values[i]);
    }
    text_ += ']';
    return *this;
  }
  template <class T, class A>
  JsonLine& add(std::string_view key, const std::vector<T, A>& values) {
    return add(key, std::span<const T>(values));
  }
  JsonLine& add(std::string_view key, std::span<const std::string> values);
  /// "{…}" without a newline.
  std::string text() const { return "{" + text_ + "}"; }

 private:
  friend class Journal;
  void start(std::string_view key);
  template <class T>
  void number(T value) {
    if constexpr (std::is_same_v<T, bool>)
      text_ += value ? "true" : "false";
    else if constexpr (std::is_same_v<T, float>)
      put(value);
    else if constexpr (std::is_floating_point_v<T>)
      put(static_cast<double>(value));
    else if constexpr (std::is_signed_v<T>)
      put(static_cast<std::int64_t>(value));
    else
      put(static_cast<std::uint64_t>(value));
  }
  void put(float value);
  void put(double value);
  void put(std::int64_t value);
  void put(std::uint64_t value);
  std::string text_;
  std::vector<std::string> keys_;
};

/// Where a journal stood, for the checkpoint.
struct JournalPosition {
  std::uint64_t offset = 0;  ///< bytes
  std::uint64_t seq = 0;     ///< of the next line
  bool operator==(const JournalPosition&) const = default;
  template <class Archive>
  void visit_state(Archive& a) {
    a("offset", offset);
    a("seq", seq);
  }
};

/// Appends lines, each with a first member "seq" that counts from 0, and hands each to the system at once, so
/// that a killed process loses at most the line being written. After a failure every call throws that failure
/// again.
class Journal {
 public:
  /// Begins `path` anew, or continues at `from`: what stands after it is cut off and written again by the
  /// continued run.
  explicit Journal(Path path, JournalPosition from = {});
  std::uint64_t append(const JsonLine& line);  ///< returns its seq
  JournalPosition position();                  ///< syncs first: a checkpoint must not point past the disk
  void close() { file_.close(); }

 private:
  AppendFile file_;
  std::uint64_t seq_;
};

struct Ndjson {
  std::vector<nlohmann::json> lines;
  std::uint64_t bytes = 0;  ///< of whole lines
  bool torn = false;  ///< a last line without its newline was left out: its writer was killed or still writes
};
/// DataError with file, line and column for a line that is not JSON or not an object, and for a "seq" that
/// does not count up from 0 by 1: lines were lost or repeated. Lines without any seq are accepted if none has
/// one.
Ndjson read_ndjson(const Path& path);

}  // namespace apical::io
