// SPDX-License-Identifier: Apache-2.0
#include "apical/io/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace apical::io {

namespace {
using Json = nlohmann::json;
constexpr std::size_t kDeepest = 200;

/// Lets the handler know how far the parser has read.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

struct Text {
  std::string_view text;
  const std::string& origin;
  std::uint32_t first_line;
  DataError error(std::size_t at, const std::string& what) const {
    const std::string_view before = text.substr(0, std::min(at, text.size()));
    const auto lines = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const Place place{origin, first_line + lines, static_cast<std::uint32_t>(before.size() - line_start + 1)};
    return DataError(place.text() + ": " + what);
  }
};

/// Builds the value and watches the keys.
class Handler {
 public:
  using number_integer_t = Json::number_integer_t;
  using number_unsigned_t = Json::number_unsigned_t;
  using number_float_t = Json::number_float_t;
  using string_t = Json::string_t;
  using binary_t = Json::binary_t;

  Handler(Json& root, const Text& text, const char* const* furthest)
      : build_(root, false), text_(text), furthest_(furthest) {}
  bool null() { return build_.null(); }
  bool boolean(bool v) { return build_.boolean(v); }
  bool number_integer(number_integer_t v) { return build_.number_integer(v); }
  bool number_unsigned(number_unsigned_t v) { return build_.number_unsigned(v); }
  bool number_float(number_float_t v, const string_t& s) { return build_.number_float(v, s); }
  bool string(string_t& v) { return build_.string(v); }
  bool binary(binary_t& v) { return build_.binary(v); }
  bool start_object(std::size_t n) {
    deeper();
    keys_.emplace_back();
    return build_.start_object(n);
  }
  bool key(string_t& k) {
    if (!keys_.back().insert(k).second)
      throw text_.error(start_of_key(), fmt::format("key '{}' appears twice in one object", k));
    return build_.key(k);
  }
  bool end_object() {
    keys_.pop_back();
    --depth_;
    return build_.end_object();
  }
  bool start_array(std::size_t n) {
    deeper();
    return build_.start_array(n);
  }
  bool end_array() {
    --depth_;
    return build_.end_array();
  }
  template <class Exception>
  bool parse_error(std::size_t position, const std::string& last_token, const Exception& e) {
    std::string what = e.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while …"
    const std::size_t colon = what.find(": ");
    if (colon != std::string::npos) what = what.substr(colon + 2);
    throw text_.error(position > 0 ? position - 1 : 0,
                      fmt::format("not JSON: {}{}", what, last_token.empty() ? " (at the end)" : ""));
  }

 private:
  void deeper() {
    if (++depth_ > kDeepest)
      throw text_.error(read() > 0 ? read() - 1 : 0, fmt::format("nested deeper than {} levels", kDeepest));
  }
  std::size_t read() const { return static_cast<std::size_t>(*furthest_ - text_.text.data()); }
  /// Of the key whose closing quote was the last character read.
  std::size_t start_of_key() const {
    std::size_t at = read() - 1;
    for (;;) {
      at = text_.text.rfind('"', at - 1);
      std::size_t slashes = 0;
      while (slashes < at && text_.text[at - 1 - slashes] == '\\') ++slashes;
      if (slashes % 2 == 0) return at;
    }
  }
  nlohmann::detail::json_sax_dom_parser<Json> build_;
  const Text& text_;
  const char* const* furthest_;
  std::vector<std::set<std::string>> keys_;
  std::size_t depth_ = 0;
};

Json with_spelled_numbers(const Json& value) {
  if (value.is_number_float()) return json_number(value.get<double>());
  if (!value.is_structured()) return value;
  Json out = value;
  for (auto& item : out) item = with_spelled_numbers(item);
  return out;
}
}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& origin, std::uint32_t first_line) {
  const char* furthest = text.data();
  const Text where{text, origin, first_line};
  Json out;
  Handler handler(out, where, &furthest);
  Json::sax_parse(CountingIterator(text.data(), &furthest),
                  CountingIterator(text.data() + text.size(), &furthest), &handler);
  return out;
}

nlohmann::json read_json(const Path& path) { return parse_json(read_text(path), path.string()); }

nlohmann::json json_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

double number_of(const nlohmann::json& value, const std::string& what) {
  if (value.is_number()) return value.get<double>();
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  throw DataError(fmt::format("{}: expected a number, found {}", what,
                              value.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

std::string json_text(const nlohmann::json& value, int indent) {
  return with_spelled_numbers(value).dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string json_quoted(std::string_view text) {
  return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace apical::io
