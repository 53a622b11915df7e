// SPDX-License-Identifier: Apache-2.0
// Series that are predicted or drawn, as samples with a target in each step; temporal_series.h has the laws.
#pragma once

#include "apical/core/names.h"
#include "apical/tasks/task.h"

namespace apical {

/// What tells the time while a sum of sines is drawn.
enum class SineClock {
  clock,   ///< input j is 1 in the j-th part of the sample
  spikes,  ///< inputs that spike at random, in every sample in the same steps
};
template <>
inline constexpr std::array<std::string_view, 2> kNames<SineClock>{"clock", "spikes"};

TaskInfo mackey_glass_task();
TaskInfo sines_task();

}  // namespace apical
