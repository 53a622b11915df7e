// SPDX-License-Identifier: Apache-2.0
// Credit of whole circuits against the exact gradient, as RateLearner::align measures it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "apical/circuit/formula_rule.h"
#include "apical/learning/rate_learner.h"
#include "apical/models/dendritic_microcircuit.h"
#include "apical/models/dendritic_predictive_coding.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/phaseless_alignment_learning.h"

namespace apical {
namespace {

const std::vector<std::uint64_t> kSeeds{1, 2, 3, 4, 5, 6};

/// The exact network with the weights that the circuit has at the start.
FeedforwardGradient initial_network(const Circuit& c, rate::RateEngine<double>& engine, std::size_t replica) {
  FeedforwardGradient g(c);
  for (ProjectionId j : g.projections()) g.set_weights(j, engine.weights(j, replica));
  return g;
}

/// Eight inputs; targets lie next to what the circuit answers before it learns, as far away as `error`.
std::shared_ptr<const Dataset> nearly_solved(const Circuit& c, std::uint64_t seed, double error) {
  ThreadPool pool(1);
  rate::RateEngine<double> engine(c, {seed}, pool);
  FeedforwardGradient network = initial_network(c, engine, 0);
  const std::size_t inputs = c[*c.stimulus()].size, outputs = c[*c.readout()].size;
  Matrix<double> x(8, inputs);
  auto data = std::make_shared<Dataset>();
  data->name = "nearly-solved";
  Split& s = data->train;
  s.targets = s.target_potentials = Matrix<double>(8, outputs);
  for (std::size_t i = 0; i < 8; ++i) {
    for (std::size_t k = 0; k < inputs; ++k) x(i, k) = uniform({seed, Stream::task_input, 0, i * inputs + k});
    const auto rates = network.forward(x.row(i));
    for (std::size_t k = 0; k < outputs; ++k) {
      const double e = error * normal({seed, Stream::task_input, 1, i * outputs + k});
      s.targets(i, k) = rates[k] + e;
      s.target_potentials(i, k) = network.potential(*c.readout())[k] + e;
    }
  }
  s.inputs = Inputs(std::move(x));
  return data;
}

struct Angles {
  double worst = 0, mean = 0;  ///< over seeds and areas, of means over samples; degrees
};

Angles angles(const Circuit& c, double error) {
  std::vector<std::shared_ptr<const Dataset>> data;
  data.reserve(kSeeds.size());
  for (std::uint64_t seed : kSeeds) data.push_back(nearly_solved(c, seed, error));
  ThreadPool pool(1);
  // Held until the feedback that circulates has died away.
  RateLearner<double> learner(c, data, kSeeds, {.presentation_ms = 1}, pool);
  const std::vector<std::uint32_t> indices{0, 1, 2, 3, 4, 5, 6, 7};
  const Order order(kSeeds.size(), std::span(indices));
  learner.settle(order);
  Angles a;
  double count = 0;
  for (const auto& replica : learner.align(order)) {
    for (const AreaAlignment& area : replica) {
      EXPECT_EQ(area.undefined, 0U) << area.area;
      a.worst = std::max(a.worst, area.mean_angle);
      a.mean += area.mean_angle;
      ++count;
    }
  }
  a.mean /= count;
  return a;
}

template <class Model>
Circuit with_apical_conductance(Model m, double g_apical) {
  m.layers = {4, 6, 5, 3};
  m.g_apical = g_apical;
  return build(m);
}

/// Feedback moves the rates that credit is computed from, by a part that is proportional to g_apical. So the
/// angle is, too, once it is small, as long as errors are small as well.
template <class Model>
void expect_linear_in_apical_conductance(const Model& m) {
  constexpr double kError = 1e-4;
  const Angles released = angles(with_apical_conductance(m, 0.06), kError);
  EXPECT_LT(released.worst, 60);
  Angles before = angles(with_apical_conductance(m, 6e-3), kError);
  EXPECT_LT(before.mean, released.mean / 3);
  for (double g : {6e-4, 6e-5}) {
    const Angles now = angles(with_apical_conductance(m, g), kError);
    EXPECT_NEAR(before.mean / now.mean, 10, 2) << "g_apical " << g;
    before = now;
  }
  EXPECT_LT(before.worst, 0.1);
}

TEST(CreditOfCircuits, OfErrorNeuronsApproachesTheGradientAsTheApicalConductanceFalls) {
  expect_linear_in_apical_conductance(models::ErrorNeuronMicrocircuit{});
}

TEST(CreditOfCircuits, OfInterneuronsApproachesTheGradientAsTheApicalConductanceFalls) {
  models::DendriticMicrocircuit m;
  // The rate rule brings phi' into the output's credit, which the gradient of potentials does not have.
  m.activation = {
      {.kind = ActivationKind::tanh}, {.kind = ActivationKind::tanh}, {.kind = ActivationKind::linear}};
  m.eta_pyr_to_inter = {0.3};  // lateral plasticity is not compared
  expect_linear_in_apical_conductance(m);
}

TEST(CreditOfCircuits, OfPredictiveCodingApproachesTheGradientAsTheApicalConductanceFalls) {
  models::DendriticPredictiveCoding m;
  m.eta_lateral = {0.3};
  expect_linear_in_apical_conductance(m);
}

TEST(CreditOfCircuits, OfAnInterpretedRuleIsThatOfTheProductThatItComesTo) {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {4, 6, 5, 3};
  const Circuit product = build(m);
  Circuit interpreted = product;
  for (const std::uint32_t k : {0U, 1U, 2U}) {
    Projection& j = interpreted.edit(interpreted.projection(
        k == 0 ? "input->a1.rep.basal" : fmt::format("a{}.rep->a{}.rep.basal", k, k + 1)));
    j.rule = rule_of({"eta * (look - a * v) * pre + 0 * tanh(w)", {{"eta", j.rule->eta}}}, j.compartment);
    ASSERT_TRUE(j.rule->interpreted);
  }
  const Angles a = angles(product, 0.1), b = angles(interpreted, 0.1);
  EXPECT_GT(a.mean, 0.1);
  EXPECT_NEAR(a.mean, b.mean, 1e-9);
  EXPECT_NEAR(a.worst, b.worst, 1e-9);
}

TEST(CreditOfCircuits, IsComparedInForwardProjectionsOnly) {
  models::PhaselessAlignmentLearning m;
  m.layers = {4, 6, 5, 3};
  m.eta_pyr_to_inter = m.eta_inter_to_pyr = {0.3};
  const Circuit c = build(m);
  const FeedforwardGradient g(c);
  ASSERT_EQ(g.learnable().size(), 3U);
  for (ProjectionId j : g.learnable()) EXPECT_EQ(c[j].compartment, "basal");
  EXPECT_FALSE(g.rate_targets());
}

}  // namespace
}  // namespace apical
