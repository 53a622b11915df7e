// SPDX-License-Identifier: Apache-2.0
// The order of a course: stages cut into rounds, between which it can be saved.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// One thing that a course shows.
struct Presented {
  std::size_t stage = 0, epoch = 0;  ///< as of rounds
  std::size_t shown = 0;             ///< which stimulus, or which of the samples; 0 where nothing is shown
  double start_s = 0, stop_s = 0;    ///< biological time
};
/// All of a course, in order; of a protocol of its own nothing.
std::vector<Presented> presentations_of(const Course& course, std::uint64_t seed);
/// In which order a stage shows its samples.
std::vector<std::uint32_t> sample_order(const Course& course, const course::Stage& stage, std::uint64_t seed,
                                        std::size_t epoch);

/// Stages before training in their order, those of an epoch as often as there are epochs, those after it.
std::vector<CourseRound> rounds_of(const Course& course);

}  // namespace apical
