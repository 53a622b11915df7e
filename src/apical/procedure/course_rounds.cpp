// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_rounds.h"

#include <algorithm>
#include <numeric>

#include "apical/core/random.h"

namespace apical {

using course::Phase;
using course::Stage;
using course::When;

namespace {

bool is_trained_in(const Stage& s) {
  return s.when == When::epoch &&
         std::any_of(s.phases.begin(), s.phases.end(), [](const Phase& p) { return p.plastic; });
}

}  // namespace

std::vector<std::uint32_t> sample_order(const Course& course, const Stage& stage, std::uint64_t seed,
                                        std::size_t epoch) {
  const std::size_t all = course.presentations(stage);
  if (stage.shuffled) return permutation({seed, Stream::sample_order, 0, epoch}, all);
  std::vector<std::uint32_t> order(all);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

std::vector<Presented> presentations_of(const Course& course, std::uint64_t seed) {
  std::vector<Presented> out;
  std::vector<std::uint32_t> order;
  double now = 0;
  for (const CourseRound& round : rounds_of(course)) {
    const Stage& stage = course.stages[round.stage];
    if (round.first == 0) order = sample_order(course, stage, seed, round.epoch);
    for (std::size_t i = round.first; i < round.last; ++i) {
      const std::size_t shown = stage.shows == course::Shows::stimuli ? i : order[i];
      out.push_back({round.stage, round.epoch, shown, now, now + stage.shown_s()});
      now = out.back().stop_s;
    }
  }
  return out;
}

double seconds_of(const Course& course, const CourseRound& round) {
  return static_cast<double>(round.last - round.first) * course.stages[round.stage].shown_s();
}

bool trains(const Course& course, const CourseRound& round) {
  return is_trained_in(course.stages[round.stage]);
}

bool ends_training(const Course& course, const CourseRound& round) {
  if (!round.ends_stage || !trains(course, round)) return false;
  const auto next = course.stages.begin() + static_cast<std::ptrdiff_t>(round.stage) + 1;
  return std::none_of(next, course.stages.end(), is_trained_in);
}

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
