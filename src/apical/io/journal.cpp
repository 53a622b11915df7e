// SPDX-License-Identifier: Apache-2.0
#include "apical/io/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apical/io/json.h"

namespace apical::io {

void JsonLine::start(std::string_view key) {
  APICAL_CHECK(std::find(keys_.begin(), keys_.end(), key) == keys_.end());
  keys_.emplace_back(key);
  if (!text_.empty()) text_ += ',';
  text_ += json_quoted(key);
  text_ += ':';
}

namespace {
template <class T>
std::string spelled(T value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  if (value == 0 && std::signbit(value)) return "-0.0";  // "-0" would read back as the integer 0
  return fmt::format("{}", value);
}
}  // namespace

void JsonLine::put(float value) { text_ += spelled(value); }
void JsonLine::put(double value) { text_ += spelled(value); }
void JsonLine::put(std::int64_t value) { text_ += fmt::format("{}", value); }
void JsonLine::put(std::uint64_t value) { text_ += fmt::format("{}", value); }

JsonLine& JsonLine::add(std::string_view key, std::string_view value) {
  start(key);
  text_ += json_quoted(value);
  return *this;
}

JsonLine& JsonLine::add(std::string_view key, const JsonLine& object) {
  start(key);
  text_ += object.text();
  return *this;
}

JsonLine& JsonLine::add(std::string_view key, std::span<const std::string> values) {
  start(key);
  text_ += '[';
  for (std::size_t i = 0; i < values.size(); ++i) text_ += (i > 0 ? "," : "") + json_quoted(values[i]);
  text_ += ']';
  return *this;
}

Journal::Journal(Path path, JournalPosition from) : file_(std::move(path), from.offset), seq_(from.seq) {}

std::uint64_t Journal::append(const JsonLine& line) {
  APICAL_CHECK(std::find(line.keys_.begin(), line.keys_.end(), "seq") == line.keys_.end());
  file_.append(fmt::format("{{\"seq\":{}{}{}}}\n", seq_, line.text_.empty() ? "" : ",", line.text_));
  file_.flush();
  return seq_++;
}

JournalPosition Journal::position() {
  file_.sync();
  return {file_.offset(), seq_};
}

Ndjson read_ndjson(const Path& path) {
  const std::string text = read_text(path);
  Ndjson out;
  bool numbered = false;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string::npos) {
      out.torn = true;
      break;
    }
    const auto line = static_cast<std::uint32_t>(out.lines.size() + 1);
    const Place place{path.string(), line, 1};
    nlohmann::json value = parse_json(std::string_view(text).substr(start, end - start), path.string(), line);
    if (!value.is_object()) throw DataError(place.text() + ": expected an object");
    const bool has_seq = value.contains("seq");
    if (line == 1) numbered = has_seq;
    if (has_seq != numbered || (numbered && value["seq"] != line - 1)) {
      throw DataError(
          fmt::format("{}: expected {}, found {}: lines were lost or repeated", place.text(),
                      numbered ? fmt::format("seq {}", line - 1) : "no seq as in the lines before",
                      has_seq ? "seq " + value["seq"].dump() : "no seq"));
    }
    out.lines.push_back(std::move(value));
    start = end + 1;
    out.bytes = start;
  }
  return out;
}

}  // namespace apical::io
