// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/learner.h"

namespace apical {

std::string_view name_of(SplitName split) {
  return split == SplitName::train ? "train" : split == SplitName::validation ? "validation" : "test";
}

const Split& split_of(const Dataset& data, SplitName split) {
  return split == SplitName::train ? data.train : split == SplitName::validation ? data.validation : data.test;
}

}  // namespace apical
