// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/score.h"

#include <algorithm>

#include "apical/core/error.h"

namespace apical {

void Score::count_decision(std::int32_t decided, std::int32_t label) {
  APICAL_CHECK(decided >= 0 && label >= 0);
  const auto highest = static_cast<std::size_t>(std::max(decided, label));
  if (classes.size() <= highest) classes.resize(highest + 1);
  ++classes[static_cast<std::size_t>(label)].shown;
  ++classes[static_cast<std::size_t>(decided)].decided;
  correct += decided == label ? 1 : 0;
}

void Score::count_episode(double episode_return) {
  return_sum += episode_return;
  episodes += 1;
  samples += 1;
  count_loss(-episode_return);
}

std::size_t Score::classes_never_decided() const {
  return static_cast<std::size_t>(std::count_if(
      classes.begin(), classes.end(), [](const ClassCount& c) { return c.shown > 0 && c.decided == 0; }));
}

std::vector<NamedFigure> Score::figures() const {
  std::vector<NamedFigure> all;
  if (episodes > 0) {
    all.push_back({"return", mean_return()});
  } else {
    all.push_back({"loss", loss()});
  }
  if (!classes.empty()) {
    all.push_back({"accuracy", accuracy()});
    all.push_back({"classes_never_decided", static_cast<double>(classes_never_decided())});
  }
  if (plant.control_steps > 0) {
    all.push_back({"falls", plant.falls});
    all.push_back({"teacher_falls", teacher.falls});
    all.push_back({"rms_deviation", plant.rms_deviation()});
    all.push_back({"teacher_rms_deviation", teacher.rms_deviation()});
  }
  all.push_back({"samples", samples});
  return all;
}

}  // namespace apical
