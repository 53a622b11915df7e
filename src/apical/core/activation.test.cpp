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
