// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/axis.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace apical {
namespace {

TEST(Axis, TicksAreRoundAndCoverTheData) {
  const Axis axis = linear_axis(33.1, 98.7, 5, true);
  ASSERT_GE(axis.ticks.size(), 4U);
  EXPECT_EQ(axis.ticks.front().label, "30");
  EXPECT_EQ(axis.ticks.back().label, "100");
  EXPECT_EQ(linear_axis(-0.2, 0.2, 4, true).ticks.front().label, "\u22120.2");
}

RC_GTEST_PROP(Axis, LinearTicksStayInsideAFiniteRangeAndAreFew, ()) {
  const double low = *rc::gen::inRange(-100000, 100000) * 0.01;
  const double width = *rc::gen::inRange(0, 100000) * 0.01;
  const bool to_ticks = *rc::gen::arbitrary<bool>();
  const Axis axis = linear_axis(low, low + width, 5, to_ticks);
  RC_ASSERT(axis.high > axis.low);
  RC_ASSERT(axis.ticks.size() >= 2U && axis.ticks.size() <= 12U);
  for (const Tick& t : axis.ticks) RC_ASSERT(axis.at(t.value) >= -1e-6 && axis.at(t.value) <= 1 + 1e-6);
  if (to_ticks) RC_ASSERT(axis.at(low) >= -1e-6 && axis.at(low + width) <= 1 + 1e-6);
}

RC_GTEST_PROP(Axis, LogTicksStayInsideAndAreFew, ()) {
  const double low = std::pow(10, *rc::gen::inRange(-1200, 600) * 0.01);
  const double high = low * std::pow(10, *rc::gen::inRange(0, 1500) * 0.01);
  const Axis axis = log_axis(low, high);
  RC_ASSERT(axis.at(low) >= 0 && axis.at(high) <= 1);
  RC_ASSERT(axis.ticks.size() <= 9U);
  for (const Tick& t : axis.ticks) RC_ASSERT(axis.at(t.value) >= -1e-9 && axis.at(t.value) <= 1 + 1e-9);
  RC_ASSERT(std::isnan(axis.at(0)) && std::isnan(axis.at(-1)));
}

TEST(Axis, WithinADecadeTicksAreRoundAndReachTheData) {
  const Axis axis = log_axis(0.23, 1.04);
  EXPECT_EQ(axis.ticks.front().label, "0.2");
  EXPECT_EQ(axis.ticks.back().label, "1");
  EXPECT_GE(log_axis(0.332, 0.338).ticks.size(), 2U);
}

TEST(Axis, PowersOfTenAreTypeset) {
  EXPECT_EQ(power_of_ten(-12), "10⁻¹²");
  EXPECT_EQ(log_axis(1e-6, 1).ticks.front().label, "10⁻⁶");
}

}  // namespace
}  // namespace apical
