// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/trace.h"

#include <gtest/gtest.h>

namespace apical::spike {
namespace {

TEST(DecayingTraces, EqualTheSumOfDecayedEventsOverManyPeriods) {
  const double rate = 1e-2;  // a period is 1024 steps
  DecayingTraces<double> traces(3, rate, 2.0);
  std::vector<double> plain(3, 2.0);
  for (Step k = 0; k < 10000; ++k) {
    traces.begin_step(k, 0, 3);
    for (std::size_t i = 0; i < 3; ++i) {
      if (k % (37 + 100 * static_cast<Step>(i)) == 0) {
        traces.add(i, traces.growth(k));
        plain[i] += 1;
      }
      ASSERT_NEAR(traces.value(i, k), plain[i], 1e-12 * (1 + plain[i]));
      plain[i] *= std::exp(-rate);
      ASSERT_NEAR(traces.value_after(i, k), plain[i], 1e-12 * (1 + plain[i]));
    }
  }
}

TEST(DecayingTraces, Float32FactorsDecayAtAnotherRate) {
  EXPECT_EQ(decay_rate(1e-4, 30, false), 1e-4 / 30);
  EXPECT_NEAR(decay_rate(1e-4, 30, true) / decay_rate(1e-4, 30, false), 1, 0.03);
  EXPECT_NE(decay_rate(1e-4, 30, true), decay_rate(1e-4, 30, false));
}

}  // namespace
}  // namespace apical::spike
