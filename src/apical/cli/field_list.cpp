// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/field_list.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/cli/display_text.h"

namespace apical::cli {

std::string line_of(const FieldInfo& f, std::size_t columns) {
  const std::string unit = f.unit.empty() ? "" : " " + f.unit;
  const std::string given =
      f.required ? "required" : fmt::format("default {}{}", text_of(f.default_value), unit);
  const std::string choices = f.choices.empty() ? "" : fmt::format(": {}", fmt::join(f.choices, ", "));
  const std::string bounds = f.bounds.text();
  constexpr std::size_t kIndent = 29;
  return hanging("    " + f.name, kIndent,
                 fmt::format("{}{} ({}{}{})", f.meaning, choices, given, bounds.empty() ? "" : "; " + bounds,
                             f.source.empty() ? "" : "; " + f.source),
                 columns);
}

nlohmann::json json_of(const FieldInfo& f) {
  nlohmann::json one{{"name", f.name},       {"type", type_of(f)},    {"unit", f.unit},
                     {"meaning", f.meaning}, {"choices", f.choices},  {"expected", f.bounds.text()},
                     {"source", f.source},   {"required", f.required}};
  if (const auto* number = std::get_if<double>(&f.default_value)) {
    one["default"] = *number;
  } else if (const auto* text = std::get_if<std::string>(&f.default_value)) {
    one["default"] = *text;
  } else if (const auto* flag = std::get_if<bool>(&f.default_value)) {
    one["default"] = *flag;
  } else {
    one["default"] = text_of(f.default_value);
  }
  return one;
}

}  // namespace apical::cli
