// SPDX-License-Identifier: Apache-2.0
#include "apical/run/contrasts.h"

#include <gtest/gtest.h>

#include <limits>

namespace apical {
namespace {

Contrast contrast(std::vector<double> control, std::vector<double> value) {
  Contrast c;
  c.measure = "test accuracy";
  c.condition = "cut";
  c.control = std::move(control);
  c.value = std::move(value);
  return c;
}

TEST(Contrast, IsPairedBySeed) {
  const MeanInterval d = contrast({0.9, 0.5, 0.7}, {0.8, 0.4, 0.6}).difference();
  EXPECT_NEAR(d.mean, -0.1, 1e-15);
  EXPECT_NEAR(d.high - d.low, 0, 1e-14) << "seeds differ by more than the condition does";
}

TEST(Contrast, OfWhatASeedCouldNotMeasureIsNone) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const Contrast c = contrast({0.9, 0.5}, {0.8, none});
  EXPECT_EQ(c.difference().n, 0u);
  EXPECT_FALSE(c.is_distinct());
}

}  // namespace
}  // namespace apical
