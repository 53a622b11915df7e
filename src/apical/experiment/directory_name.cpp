// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/directory_name.h"

#include <fmt/format.h>

#include "apical/io/hash.h"

namespace apical {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// A point between digits: never ".", "..", a hidden file or a suffix such as ".json".
bool is_decimal_point(std::string_view label, std::size_t at) {
  return label[at] == '.' && at > 0 && is_digit(label[at - 1]) && at + 1 < label.size() &&
         is_digit(label[at + 1]);
}

/// How many bytes from here on are one letter of another script: no controls (U+0080 to U+009F), no marks of
/// direction (U+061C, U+2000 to U+206F, U+FEFF), no stray bytes.
std::size_t foreign_letter(std::string_view rest) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC2 ? 2 : 0;
  if (length == 0 || length > rest.size() || byte(0) > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  if (byte(0) == 0xC2 && byte(1) < 0xA0) return 0;
  if (byte(0) == 0xD8 && byte(1) == 0x9C) return 0;  // U+061C
  if (byte(0) == 0xE2 && (byte(1) == 0x80 || (byte(1) == 0x81 && byte(2) <= 0xAF))) return 0;
  if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF) return 0;
  return length;
}

/// At most so many bytes, and no letter cut in two.
std::string_view beginning(std::string_view name, std::size_t bytes) {
  while (bytes > 0 && (static_cast<unsigned char>(name[bytes]) & 0xC0U) == 0x80) --bytes;
  return name.substr(0, bytes);
}

}  // namespace

std::string directory_name(std::string_view label) {
  constexpr std::size_t kLongest = 200, kKept = 160;
  std::string out;
  for (std::size_t at = 0; at < label.size();) {
    const char c = label[at];
    const std::size_t foreign = foreign_letter(label.substr(at));
    if (foreign > 0) {
      out += label.substr(at, foreign);
      at += foreign;
      continue;
    }
    const bool sign = (c == '-' && at > 0) || c == '+' || c == ',' || c == '=';
    if (c == ' ') {
      out += '_';
    } else if (is_letter(c) || is_digit(c) || sign || is_decimal_point(label, at)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    ++at;
  }
  if (out.empty()) return "%";
  if (out.size() <= kLongest) return out;
  return fmt::format("{}~{}", beginning(out, kKept), io::xxh3_hex(label));
}

}  // namespace apical
