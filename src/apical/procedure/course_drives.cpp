// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_drives.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace apical {

using namespace course;

double DrivePiece::at(double s) const {
  if (s < from_s || s >= until_s) return 0;
  return constant_A + amplitude_A * std::sin(2 * std::numbers::pi * (s - from_s) / period_s);
}

std::vector<DrivePiece> drives_of(const Course& course) {
  std::vector<DrivePiece> out;
  for (const Stage& stage : course.stages) {
    if (stage.watched.empty()) continue;
    std::size_t shown = 1;
    if (stage.shows != Shows::nothing)
      shown =
          std::min(course.presentations(stage), stage.watched_first > 0 ? stage.watched_first : kMostWatched);
    double from = 0;
    for (std::size_t i = 0; i < shown; ++i) {
      for (const Phase& phase : stage.phases) {
        const auto add = [&](const std::vector<Injection>& injections) {
          for (const Injection& j : injections)
            out.push_back({stage.watched, j.population, j.into, from, from + phase.duration_s, j.constant_A,
                           j.amplitude_A, j.period_s});
        };
        if (stage.shows == Shows::stimuli) add(course.stimuli.at(i).injections);
        add(phase.injections);
        from += phase.duration_s;
      }
    }
  }
  return out;
}

}  // namespace apical
