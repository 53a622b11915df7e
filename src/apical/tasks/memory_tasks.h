// SPDX-License-Identifier: Apache-2.0
// Tasks whose answer needs memory, as samples that run their course: copy, store and recall (Bellec et al.
// 2018), and evidence accumulation (Bellec et al. 2020 after Morcos & Harvey 2016). What is made of the draws
// stands in memory_trials.h; samples end with the steps in which the answer is wanted.
#pragma once

#include "apical/core/names.h"
#include "apical/tasks/task.h"

namespace apical {

/// How evidence arrives.
enum class EvidenceCoding {
  spikes,  ///< ten inputs per group that spike with its probability while it is active
  rate,    ///< one input per group, 1 while it is active; that of the noise with probability 0.25 per step
};
template <>
inline constexpr std::array<std::string_view, 2> kNames<EvidenceCoding>{"spikes", "rate"};

TaskInfo copy_task();
TaskInfo store_recall_task();
TaskInfo evidence_accumulation_task();

}  // namespace apical
