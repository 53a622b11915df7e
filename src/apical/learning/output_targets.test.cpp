// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/output_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/models/dendritic_microcircuit.h"
#include "apical/models/layered_reference.h"

namespace apical {
namespace {

using testing::HasSubstr;

Circuit taught_potentials(ActivationKind kind) {
  models::DendriticMicrocircuit m;
  m.layers = {2, 3, 2};
  m.activation = {{.kind = kind}};
  return build(m);
}

Dataset task(double low, double high) {
  Dataset d;
  d.name = "two";
  d.train.targets = Matrix<double>(1, 2);
  d.train.targets(0, 0) = low;
  d.train.targets(0, 1) = high;
  return d;
}

OutputTargets targets_of(const Circuit& c, const Dataset& d,
                         TargetPotentials kind = TargetPotentials::inverse) {
  return {c, d, kind, {1, 1}, {0, 0}};
}

TEST(OutputTargets, OfRatesAreTheTasksNumbers) {
  models::LayeredReference m;
  m.layers = {2, 3, 2};
  const Dataset d = task(0, 1);
  const OutputTargets t = targets_of(build(m), d);
  std::vector<double> y(2);
  t.read(d.train, 0, y);
  EXPECT_EQ(y, (std::vector<double>{0, 1}));
  EXPECT_EQ(t.rate(y[1], 1), 1);
}

TEST(OutputTargets, OfPotentialsAreWhereTheOutputHasTheRate) {
  const Dataset d = task(-0.5, 0.9);
  const OutputTargets t = targets_of(taught_potentials(ActivationKind::tanh), d);
  std::vector<double> y(2);
  t.read(d.train, 0, y);
  EXPECT_NEAR(y[0], std::atanh(-0.5), 1e-15);
  EXPECT_NEAR(t.rate(y[0], 0), -0.5, 1e-15);
  EXPECT_NEAR(t.rate(y[1], 1), 0.9, 1e-15);
}

TEST(OutputTargets, OfPotentialsAreTheTasksOwnIfItHasThem) {
  Dataset d = task(-0.5, 0.9);
  d.train.target_potentials = d.train.targets;
  d.train.target_potentials(0, 0) = 2;
  for (TargetPotentials kind : {TargetPotentials::inverse, TargetPotentials::task_numbers}) {
    const OutputTargets t = targets_of(taught_potentials(ActivationKind::tanh), d, kind);
    std::vector<double> y(2);
    t.read(d.train, 0, y);
    EXPECT_EQ(y, (std::vector<double>{2, 0.9}));
    EXPECT_EQ(t.rate(2, 0), std::tanh(2.0));
  }
}

TEST(OutputTargets, WithoutAPotentialAreRefusedOrTakenAsPotentials) {
  const Dataset d = task(0, 1);
  const Circuit c = taught_potentials(ActivationKind::logistic);
  try {
    targets_of(c, d);
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_THAT(
        e.what(),
        HasSubstr(
            "no potential gives 'a2.pyr' the rate 0 that task 'two' asks for: its activation is logistic"));
    EXPECT_THAT(e.hint(), HasSubstr("training.target_potentials = \"task_numbers\""));
  }
  const OutputTargets t = targets_of(c, d, TargetPotentials::task_numbers);
  std::vector<double> y(2);
  t.read(d.train, 0, y);
  EXPECT_EQ(y, (std::vector<double>{0, 1}));
  EXPECT_EQ(t.rate(0, 0), 0.5);
}

}  // namespace
}  // namespace apical
