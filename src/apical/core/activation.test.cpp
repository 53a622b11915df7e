// SPDX-License-Identifier: Apache-2.0
#include "apical/core/activation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"

namespace apical {
namespace {

TEST(Activation, DerivativeAgreesWithCentralDifferences) {
  for (const std::string& name : activation_names()) {
    const ActivationKind kind = activation_named(name);
    for (double slope : {1.0, 0.7, 2.5}) {
      for (double offset : {0.0, 0.4}) {
        for (double x = -4.01; x < 4; x += 0.3712) {
          const double h = 1e-6;
          const double numeric =
              (activate(kind, x + h, slope, offset) - activate(kind, x - h, slope, offset)) / (2 * h);
          EXPECT_NEAR(activation_derivative(kind, x, slope, offset), numeric, 1e-8) << name << " at " << x;
        }
      }
    }
  }
}

TEST(Activation, SoftReluNeitherOverflowsNorLosesItsTail) {
  EXPECT_DOUBLE_EQ(activate(ActivationKind::soft_relu, 1000.0, 1.0, 0.0), 1000.0);
  EXPECT_NEAR(activate(ActivationKind::soft_relu, -3.0, 1.0, 0.0), std::exp(-30.0) / 10, 1e-25);
}

TEST(Activation, ReleasedDerivativeIgnoresSlopeAndOffsetAndTheSixth) {
  EXPECT_EQ(released_derivative(ActivationKind::hard_sigmoid, 0.5), 1.0);
  EXPECT_EQ(released_derivative(ActivationKind::tanh, 0.5),
            activation_derivative(ActivationKind::tanh, 0.5, 1.0, 0.0));
}

TEST(Activation, TheInverseGivesBackTheRate) {
  for (std::size_t k = 0; k < activation_names().size(); ++k) {
    const auto kind = static_cast<ActivationKind>(k);
    for (double x : {-1.3, -0.2, 0.31, 0.9, 2.5}) {
      const double rate = activate(kind, x, 1.5, 0.2);
      const auto back = inverse_activation(kind, rate, 1.5, 0.2);
      ASSERT_TRUE(back) << name_of(kind) << " at " << x;
      EXPECT_NEAR(activate(kind, *back, 1.5, 0.2), rate, 1e-14) << name_of(kind) << " at " << x;
      if (kind == ActivationKind::relu) continue;
      EXPECT_NEAR(*back, x, 1e-8) << name_of(kind);
    }
  }
  EXPECT_EQ(inverse_activation(ActivationKind::relu, 0, 2, 0.5), 0.5);
  EXPECT_EQ(inverse_activation(ActivationKind::hard_sigmoid, 1, 1, 0), 3);
}

TEST(Activation, RatesOutOfReachHaveNoInverse) {
  using Kind = ActivationKind;
  for (double rate : {0.0, 1.0, -0.1, 1.1}) EXPECT_FALSE(inverse_activation(Kind::logistic, rate, 1, 0));
  for (double rate : {-1.0, 1.0, 2.0}) EXPECT_FALSE(inverse_activation(Kind::tanh, rate, 1, 0));
  for (double rate : {0.0, -1.0}) EXPECT_FALSE(inverse_activation(Kind::soft_relu, rate, 1, 0));
  for (double rate : {-0.1, 2.1}) EXPECT_FALSE(inverse_activation(Kind::hard_sigmoid, rate, 2, 0));
  EXPECT_FALSE(inverse_activation(Kind::relu, -0.1, 1, 0));
  EXPECT_FALSE(inverse_activation(Kind::linear, 0.5, 0, 0));
}

TEST(Activation, AnUnknownNameSuggestsTheNearest) {
  try {
    activation_named("logstic");
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_EQ(e.hint(), "did you mean 'logistic'?");
  }
}

}  // namespace
}  // namespace apical
