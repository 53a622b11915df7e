// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/learner.h"

#include <functional>
#include <numeric>

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

std::size_t Parameter::size() const {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

std::vector<double> Learner::parameter(std::size_t, std::size_t) const { return {}; }
void Learner::set_parameters(const std::vector<ParameterValues>& of_replicas) {
  for (const ParameterValues& values : of_replicas) APICAL_CHECK(values.empty());
}

}  // namespace apical
