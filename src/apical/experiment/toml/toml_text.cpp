// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/toml_text.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace apical {

std::string toml_number(double v) {
  if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
  if (v == 0 && std::signbit(v)) return "-0.0";
  if (v == std::floor(v) && std::abs(v) < 1e15) return fmt::format("{}", static_cast<std::int64_t>(v));
  return fmt::format("{}", v);
}

std::string toml_rows(const std::vector<std::vector<double>>& rows) {
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (const double cell : row) line += (line.empty() ? "" : ", ") + toml_number(cell);
    text += (text.empty() ? "[" : ", [") + line + "]";
  }
  return "[" + text + "]";
}

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_key(std::string_view key) {
  constexpr std::string_view kBare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  const bool bare = !key.empty() && key.find_first_not_of(kBare) == std::string_view::npos;
  return bare ? std::string(key) : toml_quoted(key);
}

}  // namespace apical
