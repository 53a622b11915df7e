// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/exact_gradient.h"

#include <gtest/gtest.h>

#include "apical/core/random.h"
#include "apical/models/error_neuron_microcircuit.h"

namespace apical {
namespace {

Matrix<double> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t object) {
  Matrix<double> m(rows, cols);
  for (std::size_t i = 0; i < m.size(); ++i)
    m.flat()[i] = uniform({3, Stream::initial_weight, object, i}, -1, 1);
  return m;
}

TEST(ExactGradient, AgreesWithCentralDifferencesThroughSkipConnections) {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {3, 4, 3, 2};
  m.forward = m.feedback = models::Wiring::skip;
  m.use_densities = false;
  m.conversion = models::RateConversion::fill_all;
  m.activation = {{ActivationKind::tanh, 0.8, 0.1}, {ActivationKind::logistic}, {ActivationKind::tanh}};
  const Circuit c = build(m);
  FeedforwardGradient g(c);
  EXPECT_EQ(g.learnable().size(), 6U);  // 3 areas: 1 + 2 + 3 afferents
  std::vector<Matrix<double>> w;
  for (ProjectionId j : g.learnable()) {
    w.push_back(random_matrix(c[c[j].to].size, c[c[j].from].size, j.value));
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
    for (std::size_t at = 0; at < w[n].size(); ++at) {
      const auto loss_with = [&](double shift) {
        Matrix<double> moved = w[n];
        moved.flat()[at] += shift;
        g.set_weights(g.learnable()[n], moved);
        g.forward(x);
        return g.loss(y);
      };
      const double numeric = -(loss_with(h) - loss_with(-h)) / (2 * h);
      g.set_weights(g.learnable()[n], w[n]);
      EXPECT_NEAR(exact[n].flat()[at], numeric, 1e-9) << c[g.learnable()[n]].name << " element " << at;
    }
  }
}

TEST(ExactGradient, ALoopOfForwardProjectionsIsRefused) {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {2, 2, 1};
  Circuit c = build(m);
  c.connect(c.population("a2.rep"), c.population("a1.rep"), {.compartment = "basal"});
  EXPECT_THROW(FeedforwardGradient{c}, ConfigError);
}

}  // namespace
}  // namespace apical
