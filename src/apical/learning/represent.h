// SPDX-License-Identifier: Apache-2.0
// What areas of a network do when they are shown something: without target, without learning.
#pragma once

#include <string>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/learning/layered_learner.h"
#include "apical/learning/rate_learner.h"

namespace apical {

/// One variable of an area or population, stimuli x units, in its own units.
struct AreaActivity {
  std::string area, variable;
  Matrix<double> values;
};

/// Of every area ("a1", …) the `rate`: activities after the layer's function, of a forward pass. Shown are
/// the samples of the test split. DataError for a rule whose answer is not that of a forward pass, because it
/// settles.
template <class Real>
std::vector<AreaActivity> represent(LayeredLearner<Real>& learner, std::size_t replica);

/// Of every population but that which holds the stimulus: all that can be read of it (`rate`, `soma`,
/// `apical` …), a mean over the last half of the steps for which each stimulus is held. Every stimulus
/// follows `blank` steps without one. The learner's state moves on.
template <class Real>
std::vector<AreaActivity> represent(RateLearner<Real>& learner, std::size_t replica, rate::Step blank,
                                    rate::Step hold);

}  // namespace apical
