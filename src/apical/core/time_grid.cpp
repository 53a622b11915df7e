// SPDX-License-Identifier: Apache-2.0
#include "apical/core/time_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "apical/core/field_error.h"

namespace apical {
namespace {

/// Beyond them a double does not tell one step from the next.
constexpr double kMostSteps = 4503599627370496.0;  // 2^52

/// As people write it: 0.30000000000000004 is 0.3.
std::string as_written(double time) { return fmt::format("{:.12g}", time); }

}  // namespace

bool can_be_counted(double time, double step) { return std::abs(time / step) <= kMostSteps; }

bool on_grid(double time, double step) {
  const double steps = time / step, whole = std::round(steps);
  constexpr double kRounding = 1e-6, kDigits = 1e-12;
  return can_be_counted(time, step) && std::abs(steps - whole) <= kRounding + kDigits * std::abs(whole);
}

double nearest_on_grid(double time, double step) {
  const std::string text = as_written(std::max(1.0, std::round(time / step)) * step);
  double nearest = 0;
  std::from_chars(text.data(), text.data() + text.size(), nearest);  // in any locale of the process
  return nearest;
}

std::string nearest_two(double time, double step) {
  const double below = std::floor(time / step), above = below + 1;
  const std::string longer = as_written(above * step);
  return time > 0 && below == 0 ? longer : fmt::format("{} or {}", as_written(below * step), longer);
}

void check_on_grid(const char* field, double time, const StepGrid& grid) {
  if (!(grid.step > 0) || on_grid(time, grid.step)) return;
  const std::string step = fmt::format("{} of {} {}", grid.name, as_written(grid.step), grid.unit);
  if (!can_be_counted(time, grid.step)) {
    throw FieldError(field, fmt::format("is {:g} {}; expected at most 2^52 times {}", time, grid.unit, step),
                     "it would never end");
  }
  throw FieldError(field,
                   fmt::format("is {} {}; expected a multiple of {}", as_written(time), grid.unit, step),
                   fmt::format("the nearest: {}", nearest_two(time, grid.step)));
}

}  // namespace apical
