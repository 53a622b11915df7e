// SPDX-License-Identifier: Apache-2.0
// Times that are used in whole steps. One between two steps is refused rather than rounded: nobody would see
// that another time was used than the one written down.
#pragma once

#include <string>

namespace apical {

/// A time and what it is counted in, in one unit.
struct StepGrid {
  double step = 0;   ///< 0: none, every time will do
  std::string name;  ///< of the step, for people: "a time step"
  std::string unit;  ///< "ms"
};

/// Whether the steps of that time can be told apart; false for NaN.
bool can_be_counted(double time, double step);
/// Whether it is a whole number of steps, but for what numbers of twelve digits cannot say.
bool on_grid(double time, double step);
/// FieldError about `field` for a time between two steps, or for one of more steps than can be counted:
/// "onset_ms is 0.74; expected a multiple of a time step of 0.1 ms" with the nearest two as its hint.
void check_on_grid(const char* field, double time, const StepGrid& grid);
/// The nearest time on the grid, at least one step: for defaults, which adapt to it.
double nearest_on_grid(double time, double step);
/// "0.7 or 0.8"; of times below one step only what is longer.
std::string nearest_two(double time, double step);

}  // namespace apical
