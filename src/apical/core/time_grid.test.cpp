// SPDX-License-Identifier: Apache-2.0
#include "apical/core/time_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "apical/core/field_error.h"

namespace apical {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kSteps[] = {0.01, 0.1, 0.03, 1e-3, 0.25, 5, 1.0 / 3};

TEST(TimeGrid, EveryWholeNumberOfStepsLiesOnIt) {
  for (const double step : kSteps) {
    for (const double n : {0.0, 1.0, 3.0, 7.0, 1e3 + 1, 1e6 + 7, 1e9 + 3}) {
      EXPECT_TRUE(on_grid(n * step, step)) << n << " steps of " << step;
      EXPECT_NO_THROW(check_on_grid("t", -n * step, {step, "a step", "ms"}));
    }
  }
}

TEST(TimeGrid, WhatLiesBetweenTwoStepsIsRefusedWithBoth) {
  for (const double step : kSteps) {
    for (const double n : {0.0, 1.0, 9.0, 1e4}) {
      for (const double part : {0.1, 0.4, 0.5, 0.9}) EXPECT_FALSE(on_grid((n + part) * step, step));
    }
  }
  EXPECT_THAT(
      [] {
        check_on_grid("onset_ms", 0.74, {0.1, "a time step", "ms"});
      },
      ThrowsMessage<FieldError>(
          AllOf(HasSubstr("onset_ms is 0.74 ms; expected a multiple of a time step of 0.1 ms"),
                HasSubstr("the nearest: 0.7 or 0.8"))));
  EXPECT_EQ(nearest_two(-0.25, 0.1), "-0.3 or -0.2");
  EXPECT_EQ(nearest_two(0.04, 0.1), "0.1");  // nothing may take no time at all
}

TEST(TimeGrid, TimesThatCannotBeCountedAreRefused) {
  for (const double time : {1e300, std::numeric_limits<double>::infinity()})
    EXPECT_THAT(
        [&] {
          check_on_grid("t", time, {0.1, "a time step", "ms"});
        },
        ThrowsMessage<FieldError>(HasSubstr("2^52")));
  EXPECT_THROW(check_on_grid("t", std::numeric_limits<double>::quiet_NaN(), {0.1, "a step", "ms"}),
               FieldError);
}

TEST(TimeGrid, DefaultsAdapt) {
  EXPECT_EQ(nearest_on_grid(0.2, 0.03), 0.21);
  EXPECT_EQ(nearest_on_grid(0.2, 0.1), 0.2);
  EXPECT_EQ(nearest_on_grid(0.01, 0.1), 0.1);
}

}  // namespace
}  // namespace apical
