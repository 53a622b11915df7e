// SPDX-License-Identifier: Apache-2.0
#include "apical/circuit/course.h"

#include <algorithm>
#include <limits>

namespace apical {

using namespace course;

double Stage::shown_s() const {
  double sum = 0;
  for (const Phase& p : phases) sum += p.duration_s;
  return sum;
}

double WeightChangeCurve::crossing() const {
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (delta_w[i - 1] > 0 || delta_w[i] <= 0) continue;
    return x[i - 1] + (x[i] - x[i - 1]) * delta_w[i - 1] / (delta_w[i - 1] - delta_w[i]);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

bool Course::trains() const {
  return std::any_of(stages.begin(), stages.end(), [](const Stage& s) { return s.when == When::epoch; });
}

std::size_t Course::presentations(const Stage& stage) const {
  const auto first = [&](std::size_t all) { return stage.at_most == 0 ? all : std::min(stage.at_most, all); };
  switch (stage.shows) {
    case Shows::nothing:
      return 1;
    case Shows::stimuli:
      return first(stimuli.size());
    case Shows::training_samples:
      return samples ? first(samples->train) : 0;
    case Shows::test_samples:
      return samples ? first(samples->test) : 0;
  }
  return 0;
}

std::size_t Course::passes(const Stage& stage) const {
  if (stage.when == When::before) return 1;
  return stage.when == When::epoch ? epochs : epochs > 0 ? 1 : 0;
}

double Course::duration_s() const {
  double sum = protocol ? protocol->duration_s : 0;
  for (const Stage& s : stages)
    sum += static_cast<double>(passes(s)) * static_cast<double>(presentations(s)) * s.shown_s();
  return sum;
}

}  // namespace apical
