// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/trial_gradient.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/core/random.h"
#include "apical/engine/rate/engine.h"

namespace apical::rate {
namespace {

Matrix<double> drawn(std::size_t rows, std::size_t cols, double sd, std::uint32_t object) {
  Matrix<double> m(rows, cols);
  for (std::size_t k = 0; k < m.size(); ++k)
    m.flat()[k] = sd * normal({11, Stream::initial_weight, object, k});
  return m;
}

InitialWeights weights(std::size_t rows, std::size_t cols, double sd, std::uint32_t object) {
  return InitialWeights::explicit_matrix(drawn(rows, cols, sd, object));
}

/// All that a step can do, in one circuit: recurrence, delays of every quantity, a low-passed compartment,
/// dense and one-to-one multiplication of unequal sizes, views with and without deviation, a teacher, a
/// compartment that disconnects, gains, soma and prospective rates.
Circuit everything() {
  Circuit c;
  c.dt_ms = 0.5;
  const PopulationId in = c.add_external("in", 3), label = c.add_external("label", 2);
  Population rep{.name = "rep", .area = "a", .size = 4, .leak = 0.03};
  rep.compartments = {{.name = "basal", .conductance = 0.1},
                      {.name = "apical", .conductance = 0.06},
                      {.name = "slow", .conductance = 0.05, .low_pass_ms = 4},
                      {.name = "unused", .conductance = 0}};
  rep.activation = ActivationKind::tanh;
  rep.slopes = {0.9, 1.1, 1.3, 0.8};
  rep.offsets = {0.1, -0.1, 0, 0.2};
  rep.lookahead_gain = 0.7;
  rep.initial_soma_sd = 0;
  const PopulationId r = c.add_population(rep);
  Population out{.name = "out", .area = "b", .size = 2, .leak = 0.03};
  out.compartments = {{.name = "basal", .conductance = 0.1},
                      {.name = "target", .conductance = 0.05, .when_absent = WhenAbsent::disconnects}};
  out.activation = ActivationKind::logistic;
  out.slope = 1.5;
  out.lookahead = false;
  out.teacher = label;
  out.initial_soma_sd = 0;
  const PopulationId o = c.add_population(out);
  Population err{.name = "err", .area = "b", .size = 3, .leak = 0.02};
  err.compartments = {{.name = "dendrite", .conductance = 0.2}};
  err.activation = ActivationKind::soft_relu;
  err.initial_soma_sd = 0;
  const PopulationId e = c.add_population(err);

  c.connect(in, r, {.compartment = "basal", .name = "in", .delay_steps = 2, .weights = weights(4, 3, 1, 1)});
  c.connect(r, r,
            {.compartment = "slow", .name = "memory", .delay_steps = 1, .weights = weights(4, 4, 1, 2)});
  c.connect(r, r,
            {.compartment = "apical",
             .name = "slopes",
             .transmits = Quantity::slope,
             .weights = weights(4, 4, 1, 3)});
  c.connect(
      e, r,
      {.compartment = "apical", .name = "gate", .effect = Effect::multiply, .weights = weights(4, 3, 1, 4)});
  c.connect(r, r,
            {.compartment = "apical",
             .name = "own",
             .effect = Effect::multiply,
             .topology = Topology::one_to_one,
             .weights = weights(1, 4, 1, 5)});
  const ProjectionId up =
      c.connect(r, o, {.compartment = "basal", .name = "up", .weights = weights(2, 4, 1, 6)});
  c.connect(label, o,
            {.compartment = "target",
             .name = "teach",
             .topology = Topology::one_to_one,
             .weights = weights(1, 2, 1, 7)});
  c.connect(o, e,
            {.compartment = "dendrite",
             .name = "mismatch",
             .transmits = Quantity::mismatch,
             .weights = weights(3, 2, 1, 8)});
  c.connect(o, e,
            {.compartment = "dendrite",
             .name = "potentials",
             .transmits = Quantity::lookahead,
             .delay_steps = 1,
             .weights = weights(3, 2, 1, 9)});
  c.connect(r, e,
            {.compartment = "dendrite",
             .name = "somata",
             .transmits = Quantity::soma,
             .weights = weights(3, 4, 1, 10)});
  const ProjectionId down = c.connect(o, r, {.compartment = "basal", .name = "down"});
  c.edit(down).view = TransposedView{.of = up, .scale = 1.5};
  const ProjectionId cut = c.connect(o, e, {.compartment = "dendrite", .name = "cut"});
  c.edit(cut).view = TransposedView{.of = up, .scale = 0.5, .deviation = weights(3, 2, 0.5, 11)};
  c.connect(in, r, {.compartment = "unused", .name = "to_nothing", .weights = weights(4, 3, 1, 12)});
  c.set_stimulus(in);
  c.set_target(label);
  c.set_readout(o);
  return c;
}

CircuitTrial trial_of(const TrialNetwork& network, TrialLoss loss = TrialLoss::rate, std::size_t steps = 20) {
  CircuitTrial trial;
  const Circuit& c = network.circuit();
  trial.start = network.rest();
  trial.loss = loss;
  trial.readout = *c.readout();
  for (std::uint32_t p = 0; p < c.populations().size(); ++p) {
    if (c.populations()[p].kind == Population::Kind::external) continue;
    for (std::size_t i = 0; i < c.populations()[p].size; ++i) {
      trial.start.soma[p][i] = 0.3 * normal({5, Stream::initial_voltage, p, i});
      trial.start.prospective[p][i] = 0.3 * normal({6, Stream::initial_voltage, p, i});
    }
  }
  for (std::size_t t = 0; t < steps; ++t) {
    TrialInputs inputs(c.populations().size());
    const auto numbers = [&](std::uint32_t object, std::size_t n) {
      const Matrix<double> m = drawn(1, n, 0.7, 100 + object + 10 * static_cast<std::uint32_t>(t));
      return Vector(m.flat().begin(), m.flat().end());
    };
    inputs[0] = numbers(0, 3);
    if (t >= 5 && t < 15) inputs[1] = numbers(1, 2);
    trial.inputs.push_back(inputs);
    trial.targets.push_back(loss == TrialLoss::softmax_ce ? Vector{1, 0} : numbers(2, 2));
    trial.mask.push_back(t < 4 ? 0 : 1.0 + 0.1 * static_cast<double>(t));
  }
  return trial;
}

double loss_of(const TrialNetwork& network, const CircuitTrial& trial) {
  double sum = 0;
  run_trial(network, trial, [&](std::size_t t, const TrialStep& step, const TrialState&) {
    sum += loss_of_step(trial, t, step).loss;
  });
  return sum;
}

double length(const Matrix<double>& m) {
  double sum = 0;
  for (const double x : m.flat()) sum += x * x;
  return std::sqrt(sum);
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
  double largest = 0;
  for (std::size_t k = 0; k < a.size(); ++k) largest = std::max(largest, std::abs(a.flat()[k] - b.flat()[k]));
  return largest;
}

/// Of a difference of two losses of about 20, divided by 2e-6.
constexpr double kRounding = 1e-8;

class GradientThroughTime : public testing::TestWithParam<TrialLoss> {};

TEST_P(GradientThroughTime, AdjointForwardModeAndDifferencesAgreeForEverythingThatAStepDoes) {
  TrialNetwork network(everything());
  const CircuitTrial trial = trial_of(network, GetParam());
  for (const Views views : {Views::tied, Views::frozen}) {
    TrialGradientOptions options;
    options.adjoint.views = views;
    const TrialGradient exact = gradient_through_time(network, trial, options);
    EXPECT_NEAR(exact.loss, loss_of(network, trial), 1e-12);
    for (std::uint32_t j = 0; j < network.circuit().projections().size(); ++j) {
      if (network.circuit().projections()[j].view) continue;
      const Matrix<double> at = network.weights({j});
      const double scale = std::max(1e-3, length(exact.of_weights[j]));
      for (std::size_t row = 0; row < at.rows(); ++row) {
        for (std::size_t col = 0; col < at.cols(); ++col) {
          const std::string where = network.circuit().projections()[j].name;
          const Vector by_step = tangent_through_time(network, trial, {{j}, row, col}, views);
          double tangent = 0;
          for (const double d : by_step) tangent += d;
          EXPECT_NEAR(exact.of_weights[j](row, col), tangent, 1e-12 * scale) << where;
          if (views == Views::frozen) continue;  // weights cannot be moved alone
          constexpr double h = 1e-6;
          Matrix<double> moved = at;
          moved(row, col) = at(row, col) + h;
          network.set_weights({j}, moved);
          const double above = loss_of(network, trial);
          moved(row, col) = at(row, col) - h;
          network.set_weights({j}, moved);
          const double below = loss_of(network, trial);
          network.set_weights({j}, at);
          EXPECT_NEAR(exact.of_weights[j](row, col), (above - below) / (2 * h), 1e-6 * scale + kRounding)
              << where;
        }
      }
    }
  }
}

TEST_P(GradientThroughTime, IsThatOfTheStartingPotentialsAndOfTheStimulus) {
  const TrialNetwork network(everything());
  CircuitTrial trial = trial_of(network, GetParam());
  // What delays hold at the start is left out, so the start is moved where nothing is delayed.
  const TrialGradient exact = gradient_through_time(network, trial);
  constexpr double h = 1e-6;
  const auto slope = [&](double& x) {
    const double value = x;
    x = value + h;
    const double above = loss_of(network, trial);
    x = value - h;
    const double below = loss_of(network, trial);
    x = value;
    return (above - below) / (2 * h);
  };
  const PopulationId err = network.circuit().population("err");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(exact.of_start_soma[err.value][i], slope(trial.start.soma[err.value][i]), 1e-7);
    EXPECT_NEAR(exact.of_start_prospective[err.value][i], slope(trial.start.prospective[err.value][i]), 1e-7);
  }
  for (const std::size_t t : {0U, 9U, 17U, 18U, 19U}) {
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(exact.of_stimulus[t][i], slope((*trial.inputs[t][0])[i]), 1e-7) << t;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, GradientThroughTime,
                         testing::Values(TrialLoss::rate, TrialLoss::potential, TrialLoss::softmax_ce));

TEST(TrialGradient, StatesKeptSeldomGiveTheSameBits) {
  const TrialNetwork network(everything());
  const CircuitTrial trial = trial_of(network, TrialLoss::rate, 29);
  const TrialGradient all = gradient_through_time(network, trial, {.keep_every = 29});
  for (const std::size_t every : {1U, 2U, 5U, 28U, 40U}) {
    const TrialGradient found = gradient_through_time(network, trial, {.keep_every = every});
    EXPECT_EQ(found.of_weights, all.of_weights) << every;
    EXPECT_EQ(found.of_stimulus, all.of_stimulus) << every;
    EXPECT_EQ(found.loss, all.loss) << every;
  }
  EXPECT_EQ(gradient_through_time(network, trial).of_weights, all.of_weights);
}

TEST(TrialGradient, UsesAndLossesAddUpToTheSame) {
  const TrialNetwork network(everything());
  const CircuitTrial trial = trial_of(network);
  const TrialGradient exact = gradient_through_time(network, trial, {.by_step_of_use = true});
  std::vector<Matrix<double>> by_loss;
  by_loss.reserve(network.circuit().projections().size());
  for (std::uint32_t j = 0; j < network.circuit().projections().size(); ++j)
    by_loss.push_back(network.zeros({j}));
  for (std::size_t t = 0; t < trial.steps(); ++t) {
    CircuitTrial one = trial;
    for (std::size_t s = 0; s < trial.steps(); ++s) one.mask[s] = s == t ? trial.mask[t] : 0;
    const auto g = gradient_through_time(network, one).of_weights;
    for (std::size_t j = 0; j < g.size(); ++j) plain::add_scaled(by_loss[j].flat(), 1, g[j].flat());
  }
  for (std::size_t j = 0; j < by_loss.size(); ++j) {
    EXPECT_LT(largest_difference(by_loss[j], exact.of_weights[j]), 1e-12 * (1 + length(by_loss[j])));
  }
}

TEST(TrialGradient, TheLossUpToAStepKnowsNothingOfInputsFromThatStepOn) {
  const TrialNetwork network(everything());
  CircuitTrial trial = trial_of(network);
  for (std::size_t t = 12; t < trial.steps(); ++t) trial.mask[t] = 0;
  const TrialGradient exact = gradient_through_time(network, trial);
  for (std::size_t t = 11; t < trial.steps(); ++t) EXPECT_THAT(exact.of_stimulus[t], testing::Each(0.0)) << t;
  EXPECT_THAT(exact.of_stimulus[5], testing::Contains(testing::Ne(0.0)));
}

TEST(TrialGradient, HorizonsAndChunksOfTheWholeTrialAreExact) {
  const TrialNetwork network(everything());
  const CircuitTrial trial = trial_of(network);
  const auto exact = gradient_through_time(network, trial).of_weights;
  const auto horizon = gradient_through_time(network, trial, {.horizon = 20}).of_weights;
  const auto chunk = gradient_through_time(network, trial, {.chunk = 21}).of_weights;
  const auto none = gradient_through_time(network, trial, {.horizon = 0}).of_weights;
  const auto short_sight = gradient_through_time(network, trial, {.horizon = 3}).of_weights;
  const auto short_chunks = gradient_through_time(network, trial, {.chunk = 4}).of_weights;
  const ProjectionId up = network.circuit().projection("up");
  for (std::size_t j = 0; j < exact.size(); ++j) {
    EXPECT_LT(largest_difference(horizon[j], exact[j]), 1e-13 * (1 + length(exact[j])));
    EXPECT_EQ(chunk[j], exact[j]);
    EXPECT_EQ(length(none[j]), 0);
  }
  EXPECT_GT(largest_difference(short_sight[up.value], exact[up.value]), 1e-4);
  EXPECT_GT(largest_difference(short_chunks[up.value], exact[up.value]), 1e-4);
  EXPECT_THROW(gradient_through_time(network, trial, {.horizon = 3, .chunk = 3}), ConfigError);
}

TEST(TrialGradient, ACompartmentWithoutConductanceGetsNone) {
  const TrialNetwork network(everything());
  const auto exact = gradient_through_time(network, trial_of(network)).of_weights;
  EXPECT_EQ(length(exact[network.circuit().projection("to_nothing").value]), 0);
}

TEST(TrialGradient, AbsentSynapsesHaveNone) {
  TrialNetwork network(everything());
  const ProjectionId memory = network.circuit().projection("memory");
  Matrix<double> existing(4, 4, 1.0), w = network.weights(memory);
  existing(1, 2) = w(1, 2) = 0;
  network.set_weights(memory, w);
  network.set_existing(memory, existing);
  const CircuitTrial trial = trial_of(network);
  EXPECT_EQ(gradient_through_time(network, trial).of_weights[memory.value](1, 2), 0);
  EXPECT_EQ(gradient_through_time(network, trial, {.horizon = 20}).of_weights[memory.value](1, 2), 0);
}

TEST(TrialNetworkSteps, AreThoseOfTheRateEngine) {
  const TrialNetwork network(everything());
  CircuitTrial trial = trial_of(network, TrialLoss::rate, 60);
  trial.start = network.rest();
  for (const Layout layout : {Layout::wide, Layout::lanes}) {
    ThreadPool pool(1);
    RateEngine<double> engine(network.circuit(), {1}, pool, {.layout = layout, .all_quantities = true});
    const Circuit& c = engine.circuit();
    for (std::uint32_t p = 2; p < c.populations().size(); ++p) {
      engine.write({p}, "soma", 0, trial.start.soma[p]);
      engine.write({p}, "prospective", 0, trial.start.prospective[p]);
    }
    run_trial(network, trial, [&](std::size_t t, const TrialStep& step, const TrialState& after) {
      for (std::uint32_t p = 0; p < 2; ++p) {
        if (trial.inputs[t][p]) {
          engine.template set_external<double>({p}, 0, *trial.inputs[t][p]);
        } else {
          engine.clear_external({p});
        }
      }
      engine.advance(1);
      for (std::uint32_t p = 2; p < c.populations().size(); ++p) {
        Vector rate(c.populations()[p].size), soma = rate;
        engine.read({p}, "rate", 0, rate);
        engine.read({p}, "soma", 0, soma);
        for (std::size_t i = 0; i < rate.size(); ++i) {
          EXPECT_NEAR(step.rate[p][i], rate[i], 1e-12) << t << " " << c.populations()[p].name;
          EXPECT_NEAR(after.soma[p][i], soma[i], 1e-12) << t << " " << c.populations()[p].name;
        }
      }
    });
  }
}

TEST(TrialNetworkSteps, KnowWhichProjectionsLearn) {
  Circuit c = everything();
  EXPECT_TRUE(TrialNetwork(c).plastic().empty());
  PlasticityRule rule{.eta = 0.1};
  rule.post.kind = PostFactor::Kind::rate;
  rule.pre.kind = PreFactor::Kind::transmitted;
  c.edit(c.projection("up")).rule = rule;
  rule.eta = 0;
  c.edit(c.projection("in")).rule = rule;
  EXPECT_THAT(TrialNetwork(c).plastic(), testing::ElementsAre(c.projection("up")));
}

TEST(TrialNetworkSteps, NoiseAndShapesThatDoNotFitAreRefused) {
  Circuit c = everything();
  c.edit(c.population("rep")).noise = CompartmentNoise{.compartment = "apical", .scale = 0.1};
  EXPECT_THROW(TrialNetwork{c}, ConfigError);
  TrialNetwork network(everything());
  EXPECT_THROW(network.set_weights(network.circuit().projection("up"), Matrix<double>(3, 3)), ConfigError);
  CircuitTrial trial = trial_of(network);
  trial.mask.pop_back();
  EXPECT_THROW(gradient_through_time(network, trial), DataError);
  trial = trial_of(network);
  trial.targets[10].clear();
  EXPECT_THROW(gradient_through_time(network, trial), DataError);
  trial = trial_of(network);
  trial.inputs[3].pop_back();
  EXPECT_THROW(gradient_through_time(network, trial), DataError);
}

TEST(TrialGradient, WhatIsKeptGrowsWithTheRootOfTheSteps) {
  const TrialNetwork network(everything());
  // 2 x (4 + 2 + 3) potentials, 4 low-passed ones, and what delays hold: 2 x 3 + 4 + 2.
  EXPECT_EQ(network.state_size(), 34U);
  EXPECT_EQ(kept_numbers(network, 10000), 200 * network.state_size());
  EXPECT_EQ(kept_numbers(network, 10000, 10000), 10001 * network.state_size());
}

}  // namespace
}  // namespace apical::rate
