// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/display_text.h"

#include <algorithm>
#include <utility>

namespace apical::cli {
namespace {

std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Blocks of Unicode Standard Annex 11 that are wide, and emoji; coarse, but never too narrow.
constexpr std::pair<char32_t, char32_t> kWide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},  {0xA960, 0xA97F}, {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
constexpr std::pair<char32_t, char32_t> kNone[] = {
    {0x0300, 0x036F}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

template <class Ranges>
bool within(char32_t c, const Ranges& ranges) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [c](const auto& r) { return r.first <= c && c <= r.second; });
}

std::size_t width_of(char32_t c) { return within(c, kNone) ? 0 : within(c, kWide) ? 2 : 1; }

/// Bytes of the longest beginning of so many columns.
std::size_t bytes_within(std::string_view text, std::size_t columns) {
  std::size_t taken = 0, at = 0;
  while (at < text.size()) {
    const Character c = first_character(text.substr(at));
    taken += width_of(c.code);
    if (taken > columns) break;
    at += c.bytes;
  }
  return at;
}

}  // namespace

Character first_character(std::string_view text) {
  const std::size_t length = length_of(static_cast<unsigned char>(text.front()));
  if (length == 0 || length > text.size()) return {0xFFFD, 1, false};
  constexpr unsigned kFirstBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t code = static_cast<unsigned char>(text.front()) & kFirstBits[length];
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(text[i])) return {0xFFFD, 1, false};
    code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  return {code, length, true};
}

std::size_t unfinished_bytes(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const char c = text[text.size() - back];
    if (continues(c)) continue;
    return length_of(static_cast<unsigned char>(c)) > back ? back : 0;
  }
  return 0;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    width += width_of(c.code);
    text.remove_prefix(c.bytes);
  }
  return width;
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  return std::string(text.substr(0, bytes_within(text, columns - 1))) + "…";
}

std::vector<std::string> broken_into_lines(std::string_view text, std::size_t columns) {
  if (columns == 0) return {std::string(text)};
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string_view word = text.substr(at, end - at);
    at = end + 1;
    const std::size_t used = display_width(lines.back());
    if (used > 0 && used + 1 + display_width(word) <= columns) {
      lines.back() += ' ';
      lines.back() += word;
      continue;
    }
    if (used > 0) lines.emplace_back();
    while (display_width(word) > columns) {
      const std::size_t part =
          std::max<std::size_t>(first_character(word).bytes, bytes_within(word, columns));
      lines.back() = word.substr(0, part);
      lines.emplace_back();
      word.remove_prefix(part);
    }
    lines.back() = word;
  }
  return lines;
}

std::string hanging(std::string_view term, std::size_t indent, std::string_view text, std::size_t columns) {
  constexpr std::size_t kLeast = 20;  // of text beside its term, if there is room for that at all
  if (columns > 0) indent = std::min(indent, columns > kLeast ? columns - kLeast : columns / 4);
  const std::size_t room = columns - std::min(columns, indent);
  std::string out;
  std::size_t used = 0;
  if (!term.empty()) {
    used = display_width(term);
    if (used >= indent && (columns == 0 || used + 1 + display_width(text) <= columns))
      return std::string(term) + " " + std::string(text) + "\n";
    out = shortened(term, columns == 0 ? used : columns);
    if (used >= indent) {
      out += '\n';
      used = 0;
    }
  }
  for (const std::string& line : broken_into_lines(text, room)) {
    out += std::string(indent - used, ' ') + line + '\n';
    used = 0;
  }
  return out;
}

}  // namespace apical::cli
