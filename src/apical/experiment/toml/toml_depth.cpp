// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/toml_depth.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace apical {
namespace {

/// Where a string that begins at `at` ends, or the text.
std::size_t after_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string_view three = text.substr(at, 3);
  const bool long_one = three.size() == 3 && three[1] == quote && three[2] == quote;
  for (std::size_t i = at + (long_one ? 3 : 1); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (!long_one && text[i] == '\n') {
      return i;  // it never ends: the parser says so
    } else if (text[i] == quote && (!long_one || text.substr(i, 3) == three)) {
      return i + (long_one ? 3 : 1);
    }
  }
  return text.size();
}

/// Levels of the key that is being read, and of everything around it.
class Depth {
 public:
  void dot() { ++key_; }
  void open() {
    around_.push_back(std::exchange(key_, 0) + 1);
    sum_ += around_.back();
  }
  void close() {
    key_ = 0;
    if (around_.empty()) return;
    sum_ -= around_.back();
    around_.pop_back();
  }
  /// A comma between two values of a list or table: the next key begins where this one did.
  void next() { key_ = 0; }
  void end_line() {
    if (around_.empty()) key_ = 0;
  }
  /// Of a line's [header], which the keys below it stand in.
  void header(std::size_t dots) { header_ = dots; }
  bool is_open() const { return !around_.empty(); }
  std::size_t levels() const { return header_ + sum_ + key_; }

 private:
  std::size_t key_ = 0, sum_ = 0, header_ = 0;
  std::vector<std::size_t> around_;
};

}  // namespace

std::optional<TooDeep> too_deep(std::string_view text) {
  Depth depth;
  TooDeep here;
  std::size_t line_began = 0;
  bool anything_on_line = false, in_header = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    std::size_t next = i + 1;
    if (c == '\n') {
      ++here.line;
      line_began = next;
      anything_on_line = in_header = false;
      depth.end_line();
    } else if (c == '#') {
      next = std::min(text.find('\n', i), text.size());
    } else if (c == '"' || c == '\'') {
      next = after_string(text, i);
      for (std::size_t k = i; k < next; ++k) {
        if (text[k] != '\n') continue;
        ++here.line;
        line_began = k + 1;
      }
    } else if (c == '[' && !depth.is_open() && (!anything_on_line || in_header)) {
      depth.header(0);
      in_header = true;
    } else if (c == '[' || c == '{') {
      depth.open();
    } else if (c == ']' && in_header) {
      depth.header(depth.levels());
      depth.next();
      in_header = false;
    } else if (c == ']' || c == '}') {
      depth.close();
    } else if (c == '.') {
      depth.dot();
    } else if (c == ',') {
      depth.next();
    }
    anything_on_line |= c != ' ' && c != '\t' && c != '\n';
    if (depth.levels() > kDeepestToml) {
      here.column = static_cast<std::uint32_t>(i - line_began + 1);
      return here;
    }
    i = next;
  }
  return std::nullopt;
}

}  // namespace apical
