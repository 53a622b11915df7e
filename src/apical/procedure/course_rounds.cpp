// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_rounds.h"

#include <algorithm>

namespace apical {

using course::Stage;
using course::When;

std::vector<CourseRound> rounds_of(const Course& course) {
  std::vector<CourseRound> out;
  const auto add = [&](When when, std::size_t epoch) {
    for (std::size_t s = 0; s < course.stages.size(); ++s) {
      const Stage& stage = course.stages[s];
      if (stage.when != when) continue;
      const std::size_t all = course.presentations(stage);
      const bool seen = !stage.watched.empty() && (when != When::epoch || epoch == course.epochs);
      for (std::size_t first = 0; first < all; first += kRoundPresentations) {
        const std::size_t last = std::min(all, first + kRoundPresentations);
        out.push_back({s, epoch, first, last, last == all, seen && first == 0});
      }
    }
  };
  add(When::before, 0);
  for (std::size_t epoch = 1; epoch <= course.epochs; ++epoch) add(When::epoch, epoch);
  if (course.epochs > 0) add(When::after, course.epochs);
  return out;
}

}  // namespace apical
