// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/learner.h"

#include "apical/analysis/diagnosis.h"

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

void Learner::examine(Examination&) {}

}  // namespace apical
