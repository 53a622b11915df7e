// SPDX-License-Identifier: Apache-2.0
// The order of a course: stages cut into rounds, between which it can be saved.
#pragma once

#include <cstddef>
#include <vector>

#include "apical/circuit/course.h"

namespace apical {

struct CourseRound {
  std::size_t stage = 0;
  std::size_t epoch = 0;            ///< 0 before training, then from 1; of stages after it the last
  std::size_t first = 0, last = 0;  ///< of what the stage shows
  bool ends_stage = false;
  bool watched = false;
  bool operator==(const CourseRound&) const = default;
};

/// Presentations between two chances to save, at most. What is watched lies within the first round of a
/// stage.
inline constexpr std::size_t kRoundPresentations = course::kMostWatched;

/// Biological seconds that it takes.
double seconds_of(const Course& course, const CourseRound& round);
/// Whether weights change in it and it is of an epoch.
bool trains(const Course& course, const CourseRound& round);
/// Whether it ends the training of its epoch: no later round of the epoch trains.
bool ends_training(const Course& course, const CourseRound& round);

/// Stages before training in their order, those of an epoch as often as there are epochs, those after it.
std::vector<CourseRound> rounds_of(const Course& course);

}  // namespace apical
