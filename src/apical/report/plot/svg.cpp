// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/svg.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

namespace apical::svg {
namespace {

/// Length of the UTF-8 sequence at `i`, or 0 if it is broken.
std::size_t sequence_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char lead = byte(i);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(i + 1) < 0xA0) return 0;                          // overlong
  if (lead == 0xED && byte(i + 1) > 0x9F) return 0;                          // surrogate
  if (lead == 0xF0 && byte(i + 1) < 0x90) return 0;                          // overlong
  if (lead == 0xF4 && byte(i + 1) > 0x8F) return 0;                          // beyond U+10FFFF
  if (lead == 0xEF && byte(i + 1) == 0xBF && byte(i + 2) >= 0xBE) return 0;  // U+FFFE, U+FFFF: not characters
  return length;
}

std::size_t characters(std::string_view utf8) {
  std::size_t n = 0;
  for (char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

/// Characters that turn the order of those after them (U+202A to U+202E, U+2066 to U+2069): with them a name
/// reads as another than it is.
bool turns_direction(std::string_view character) {
  if (character.size() != 3 || character[0] != '\xE2') return false;
  const auto last = static_cast<unsigned char>(character[2]);
  return (character[1] == '\x80' && last >= 0xAA && last <= 0xAE) ||
         (character[1] == '\x81' && last >= 0xA6 && last <= 0xA9);
}

}  // namespace

std::string sound(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text, i);
    const char c = text[i];
    if (length == 0 || c == 0x7F || (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t')) {
      out += "\xEF\xBF\xBD";
      ++i;
      continue;
    }
    const std::string_view character = text.substr(i, length);
    out += turns_direction(character) ? "\xEF\xBF\xBD" : character;
    i += length;
  }
  return out;
}

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : sound(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string num(double value) {
  const double tenths = std::round(value * 10);
  std::string text = fmt::format("{:.1f}", tenths == 0 ? 0.0 : tenths / 10);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string point(double x, double y) { return num(x) + "," + num(y); }

double text_width(std::string_view utf8, double font_px) {
  return 0.58 * font_px * static_cast<double>(characters(utf8));
}

std::vector<std::string> wrap(std::string_view utf8, std::size_t max_chars, std::size_t max_lines) {
  std::vector<std::string> words;  // each with the space or hyphen that ends it
  std::string word;
  for (char c : utf8) {
    word += c;
    if (c == ' ' || c == '-' || c == '/') {
      words.push_back(word);
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(word);
  const auto bare = [](const std::string& w) { return characters(w) - (w.ends_with(' ') ? 1 : 0); };
  std::vector<std::string> out{""};
  for (const std::string& w : words) {
    if (!out.back().empty() && characters(out.back()) + bare(w) > max_chars) out.emplace_back();
    out.back() += w;
  }
  if (out.size() <= max_lines) return out;
  out.resize(max_lines);
  if (max_lines == 1) {
    out.back() += "…";
    return out;
  }
  std::string end = words.back();
  for (std::size_t i = words.size() - 1; i-- > 0 && 1 + characters(words[i]) + bare(end) <= max_chars;)
    end.insert(0, words[i]);
  out.back() = "…" + end;
  return out;
}

std::vector<std::vector<std::string>> wrap_apart(const std::vector<std::string>& texts, std::size_t max_chars,
                                                 std::size_t max_lines) {
  constexpr std::size_t kAsManyAsNeeded = 1000;
  const std::set<std::string> different(texts.begin(), texts.end());
  std::set<std::vector<std::string>> drawn;
  for (const std::string& text : different) drawn.insert(wrap(text, max_chars, max_lines));
  if (drawn.size() < different.size()) max_lines = kAsManyAsNeeded;
  std::vector<std::vector<std::string>> out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.push_back(wrap(text, max_chars, max_lines));
  return out;
}

std::string lines(const std::vector<std::string>& lines, double x, double y, double line_height,
                  std::string_view attributes) {
  std::string out;
  double at = y - 0.5 * line_height * static_cast<double>(lines.size() - 1);
  for (const std::string& line : lines) {
    out += fmt::format("<text x=\"{}\" y=\"{}\" dy=\".35em\"{}{}>{}</text>", num(x), num(at),
                       attributes.empty() ? "" : " ", attributes, escape(line));
    at += line_height;
  }
  return out;
}

}  // namespace apical::svg
