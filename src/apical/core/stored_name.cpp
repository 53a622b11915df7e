// SPDX-License-Identifier: Apache-2.0
#include "apical/core/stored_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "apical/core/error.h"

namespace apical {
namespace {

constexpr std::size_t kLongest = 255;

/// Of ASCII; others are letters of some script, or invisible.
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool has_control(std::string_view text) { return std::any_of(text.begin(), text.end(), is_control); }

}  // namespace

std::string wrong_in_name(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name == "." || name == "..") return fmt::format("is '{}'", name);
  if (name.find('/') != std::string_view::npos) return "has a '/'";
  if (has_control(name)) return "has a line break or another control character";
  if (name.size() > kLongest) return fmt::format("has {} bytes", name.size());
  return "";
}

void require_storable(std::string_view name, const std::string& what, const char* field,
                      std::initializer_list<std::string_view> taken) {
  if (const std::string wrong = wrong_in_name(name); !wrong.empty()) {
    throw FieldError::about(
        {field},
        fmt::format("{} is named '{}', which {}; expected 1 to {} bytes without '/' and control characters, "
                    "other than '.' and '..'",
                    what, name.substr(0, kLongest), wrong, kLongest),
        "files keep what is measured of it under this name");
  }
  if (std::find(taken.begin(), taken.end(), name) == taken.end()) return;
  const std::vector<std::string> names(taken.begin(), taken.end());
  throw FieldError::about(
      {field}, fmt::format("{} is named '{}', as is what files keep beside it; expected a name other "
                           "than {}",
                           what, name, join_names(names, "or")));
}

void require_one_line(std::string_view text, const std::string& what, const char* field) {
  if (text.find_first_of("\r\n") == std::string_view::npos) return;
  throw FieldError::about({field}, fmt::format("{} has a line break; expected one line of text", what));
}

}  // namespace apical
