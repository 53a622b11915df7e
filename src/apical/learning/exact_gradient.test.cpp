// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/exact_gradient.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "apical/core/random.h"
#include "apical/learning/alignment.h"
#include "apical/models/error_neuron_microcircuit.h"

namespace apical {
namespace {

Matrix<double> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t object) {
  Matrix<double> m(rows, cols);
  for (std::size_t i = 0; i < m.size(); ++i)
    m.flat()[i] = uniform({3, Stream::initial_weight, object, i}, -1, 1);
  return m;
}

/// Three areas, each with afferents from all below.
Circuit with_skip_connections() {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {3, 4, 3, 2};
  m.forward = m.feedback = models::Wiring::skip;
  m.use_densities = false;
  m.conversion = models::RateConversion::fill_all;
  m.activation = {{ActivationKind::tanh, 0.8, 0.1}, {ActivationKind::logistic}, {ActivationKind::tanh}};
  return build(m);
}

/// Every other synapse, in a pattern of the projection's own.
Matrix<double> every_other(std::size_t rows, std::size_t cols, std::uint32_t object) {
  Matrix<double> m(rows, cols);
  for (std::size_t i = 0; i < m.size(); ++i)
    m.flat()[i] = uniform({4, Stream::connectivity, object, i}) < 0.5 ? 1 : 0;
  return m;
}

/// All weights shifted one by one, those of synapses that do not exist left out.
void expect_central_differences(const Circuit& c, FeedforwardGradient& g) {
  std::vector<Matrix<double>> w;
  for (ProjectionId j : g.learnable()) {
    const bool dense = c[j].topology == Topology::dense;
    const std::size_t rows = dense ? c[c[j].to].size : 1, cols = c[c[j].from].size;
    w.push_back(random_matrix(rows, cols, j.value));
    for (std::size_t i = 0; dense && g.existing(j).size() > 0 && i < w.back().size(); ++i)
      w.back().flat()[i] *= g.existing(j).flat()[i];
    g.set_weights(j, w.back());
  }
  const std::vector<double> x{0.3, -0.7, 0.9}, y{0.2, -0.4};
  g.forward(x);
  g.backward(y);
  std::vector<Matrix<double>> exact;
  for (ProjectionId j : g.learnable()) {
    Matrix<double> e(c[c[j].to].size, c[c[j].from].size);
    for (std::size_t i = 0; i < e.rows(); ++i) {
      for (std::size_t k = 0; k < e.cols(); ++k)
        e(i, k) = g.gamma(j) * g.delta(c[j].to)[i] * g.rate(c[j].from)[k];
    }
    exact.push_back(e);
  }
  const double h = 1e-5;
  for (std::size_t n = 0; n < w.size(); ++n) {
    const ProjectionId j = g.learnable()[n];
    const bool dense = c[j].topology == Topology::dense;
    for (std::size_t at = 0; at < w[n].size(); ++at) {
      if (dense && g.existing(j).size() > 0 && g.existing(j).flat()[at] == 0) continue;
      const auto loss_with = [&](double shift) {
        Matrix<double> moved = w[n];
        moved.flat()[at] += shift;
        g.set_weights(j, moved);
        g.forward(x);
        return g.loss(y);
      };
      const double numeric = -(loss_with(h) - loss_with(-h)) / (2 * h);
      g.set_weights(j, w[n]);
      EXPECT_NEAR(dense ? exact[n].flat()[at] : exact[n](at, at), numeric, 1e-9)
          << c[j].name << " element " << at;
    }
  }
}

TEST(ExactGradient, AgreesWithCentralDifferencesThroughSkipConnections) {
  const Circuit c = with_skip_connections();
  FeedforwardGradient g(c);
  EXPECT_EQ(g.learnable().size(), 6U);  // 3 areas: 1 + 2 + 3 afferents
  expect_central_differences(c, g);
}

TEST(ExactGradient, AgreesWithCentralDifferencesWhereSynapsesAreMissing) {
  Circuit c = with_skip_connections();
  for (std::uint32_t k = 0; k < c.projections().size(); ++k) {
    if (c.projections()[k].pathway == Pathway::forward) c.edit(ProjectionId{k}).density = 0.5;
  }
  FeedforwardGradient g(c);
  EXPECT_EQ(g.learnable().size(), 6U);
  for (ProjectionId j : g.learnable())
    g.set_existing(j, every_other(c[c[j].to].size, c[c[j].from].size, j.value));
  expect_central_differences(c, g);
}

TEST(ExactGradient, AgreesWithCentralDifferencesThroughAOneToOneProjection) {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {3, 3, 2};
  Circuit c = build(m);
  const auto first = std::find_if(c.projections().begin(), c.projections().end(), [&](const Projection& j) {
    return j.pathway == Pathway::forward && j.from == *c.stimulus();
  });
  ASSERT_NE(first, c.projections().end());
  c.edit(c.projection(first->name)).topology = Topology::one_to_one;
  FeedforwardGradient g(c);
  expect_central_differences(c, g);
  EXPECT_EQ(g.existing(c.projection(first->name))(0, 0), 1);
  EXPECT_EQ(g.existing(c.projection(first->name))(0, 1), 0);
}

/// What a rule wants of synapses that do not exist is no credit.
TEST(ExactGradient, AlignmentCountsSynapsesThatExist) {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {2, 1};
  Circuit c = build(m);
  FeedforwardGradient g(c);
  ASSERT_EQ(g.learnable().size(), 1U);
  const ProjectionId j = g.learnable().front();
  Matrix<double> w(1, 2), first_only(1, 2);
  w(0, 0) = first_only(0, 0) = 1;
  g.set_weights(j, w);
  const auto angle = [&] {
    AlignmentMeter meter(c, g);
    meter.post(0)[0] = 1;
    meter.pre(0)[0] = 1;
    meter.pre(0)[1] = -1;  // the opposite of what the gradient wants there
    meter.sample(std::vector{1.0, 1.0}, std::vector{5.0});
    return meter.result().back();
  };
  EXPECT_NEAR(angle().mean_angle, 90, 1e-9);
  g.set_existing(j, first_only);
  EXPECT_NEAR(angle().mean_angle, 0, 1e-5);
  EXPECT_NEAR(angle().batch_angle, 0, 1e-5);
}

TEST(ExactGradient, ALoopOfForwardProjectionsIsRefused) {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {2, 2, 1};
  Circuit c = build(m);
  c.connect(c.population("a2.rep"), c.population("a1.rep"), {.compartment = "basal"});
  EXPECT_THROW(FeedforwardGradient{c}, ConfigError);
  EXPECT_THROW(check_has_gradient(c), ConfigError);
}

TEST(ExactGradient, ForwardProjectionsThatMultiplyAreRefusedByName) {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {2, 2, 1};
  Circuit c = build(m);
  const ProjectionId j = c.connect(*c.stimulus(), c.population("a1.rep"),
                                   {.compartment = "basal", .name = "gate", .effect = Effect::multiply});
  EXPECT_THAT([&] { check_has_gradient(c); },
              ::testing::ThrowsMessage<ConfigError>(::testing::HasSubstr("'gate' multiplies")));
  c.edit(j).pathway = Pathway::lateral;
  EXPECT_NO_THROW(check_has_gradient(c));
}

}  // namespace
}  // namespace apical
