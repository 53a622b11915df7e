// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/learner.h"

#include <algorithm>

#include "apical/analysis/diagnosis.h"
#include "apical/core/error.h"

namespace apical {

std::string_view name_of(SplitName split) {
  return split == SplitName::train ? "train" : split == SplitName::validation ? "validation" : "test";
}

const Split& split_of(const Dataset& data, SplitName split) {
  return split == SplitName::train        ? data.train
         : split == SplitName::validation ? data.validation
                                          : data.test;
}

std::size_t samples_of(const Dataset& data, SplitName split) {
  if (data.episodes && split != SplitName::train) {
    return split == SplitName::validation ? data.episodes->validation_episodes : data.episodes->test_episodes;
  }
  const bool steers = split != SplitName::train && data.closed_loop;
  return steers ? data.closed_loop->stretches : split_of(data, split).size();
}

void Score::count_decision(std::int32_t decided, std::int32_t label) {
  APICAL_CHECK(decided >= 0 && label >= 0);
  const auto highest = static_cast<std::size_t>(std::max(decided, label));
  if (classes.size() <= highest) classes.resize(highest + 1);
  ++classes[static_cast<std::size_t>(label)].shown;
  ++classes[static_cast<std::size_t>(decided)].decided;
  correct += decided == label ? 1 : 0;
}

std::size_t Score::classes_never_decided() const {
  return static_cast<std::size_t>(std::count_if(
      classes.begin(), classes.end(), [](const ClassCount& c) { return c.shown > 0 && c.decided == 0; }));
}

Examination Learner::examine() { return {}; }

}  // namespace apical
