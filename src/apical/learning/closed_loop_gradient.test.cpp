// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/closed_loop_gradient.h"

#include <gtest/gtest.h>

#include "apical/core/error.h"
#include "apical/core/random.h"
#include "apical/learning/exact_gradient.h"
#include "apical/tasks/cart_pole.h"

namespace apical {
namespace {

InitialWeights drawn(std::size_t rows, std::size_t cols, double sd, std::uint32_t object) {
  Matrix<double> m(rows, cols);
  for (std::size_t k = 0; k < m.size(); ++k)
    m.flat()[k] = sd * normal({3, Stream::initial_weight, object, k});
  return InitialWeights::explicit_matrix(std::move(m));
}

/// 4 - 5 - 1, both with lookahead, the hidden area's rates in `hidden`.
Circuit driver(std::size_t outputs = 1) {
  Circuit c;
  c.dt_ms = 0.1;
  const PopulationId state = c.add_external("state", 4);
  Population p{.name = "hidden", .area = "hidden", .size = 5, .leak = 0.03};
  p.compartments = {{.name = "basal", .conductance = 0.1}};
  p.activation = ActivationKind::tanh;
  const PopulationId hidden = c.add_population(p);
  p.name = p.area = "out";
  p.size = outputs;
  p.activation = ActivationKind::linear;
  const PopulationId out = c.add_population(p);
  PlasticityRule rule{.eta = 1};
  rule.post.kind = PostFactor::Kind::rate;
  rule.pre.kind = PreFactor::Kind::transmitted;
  c.connect(state, hidden,
            {.compartment = "basal", .name = "in", .weights = drawn(5, 4, 0.8, 1), .rule = rule});
  c.connect(hidden, out,
            {.compartment = "basal", .name = "read", .weights = drawn(outputs, 5, 0.8, 2), .rule = rule});
  c.set_stimulus(state);
  c.set_readout(out);
  return c;
}

SteeringTrial steering(const rate::TrialNetwork& network) {
  SteeringTrial trial;
  trial.start = network.rest();
  trial.position = {0.1, -0.2, 0.3, 0.1};
  trial.control_steps = 6;
  trial.steps_per_control = 3;
  trial.gain = 10;
  trial.Q = {0.1, 0.01, 1, 0.05};
  return trial;
}

TEST(CartPoleAdjoint, IsThatOfTheStep) {
  const CartPoleState state{0.3, -0.7, 0.4, 1.1}, after{0.2, -1.3, 0.7, 0.9};
  const double force = 3.5, dt = 0.02, h = 1e-6;
  const CartPoleAdjoint back = cart_pole_adjoint(state, force, dt, after);
  const auto shown = [&](const CartPoleState& s, double f) {
    const CartPoleState next = cart_pole_step(s, f, dt);
    double sum = 0;
    for (std::size_t i = 0; i < 4; ++i) sum += after[i] * next[i];
    return sum;
  };
  for (std::size_t i = 0; i < 4; ++i) {
    CartPoleState above = state, below = state;
    above[i] += h;
    below[i] -= h;
    EXPECT_NEAR(back.state[i], (shown(above, force) - shown(below, force)) / (2 * h), 1e-8);
  }
  EXPECT_NEAR(back.force, (shown(state, force + h) - shown(state, force - h)) / (2 * h), 1e-8);
}

TEST(SteeringGradient, IsThatOfTheLossThroughCircuitAndPlant) {
  rate::TrialNetwork network(driver());
  const DifferentiablePlant plant = differentiable_cart_pole(0.02, {});
  SteeringTrial trial = steering(network);
  trial.redraws[4] = {0.2, 0.1, -0.3, 0};
  const SteeringGradient exact = gradient_of_steering(network, plant, trial);
  constexpr double h = 1e-6;
  for (std::uint32_t j = 0; j < 2; ++j) {
    const Matrix<double> at = network.weights({j});
    for (std::size_t k = 0; k < at.size(); ++k) {
      Matrix<double> moved = at;
      moved.flat()[k] += h;
      network.set_weights({j}, moved);
      const double above = gradient_of_steering(network, plant, trial).loss;
      moved.flat()[k] -= 2 * h;
      network.set_weights({j}, moved);
      const double below = gradient_of_steering(network, plant, trial).loss;
      network.set_weights({j}, at);
      EXPECT_NEAR(exact.of_weights[j].flat()[k], (above - below) / (2 * h), 1e-8);
    }
  }
  for (std::size_t i = 0; i < 4; ++i) {
    SteeringTrial above = trial, below = trial;
    above.position[i] += h;
    below.position[i] -= h;
    EXPECT_NEAR(exact.of_position[i],
                (gradient_of_steering(network, plant, above).loss -
                 gradient_of_steering(network, plant, below).loss) /
                    (2 * h),
                1e-8);
  }
}

TEST(SteeringGradient, NothingPassesBackThroughThePlantWhereAStateWasRedrawn) {
  const rate::TrialNetwork network(driver());
  const DifferentiablePlant plant = differentiable_cart_pole(0.02, {});
  SteeringTrial trial = steering(network);
  trial.redraws[0] = {0.2, 0.1, -0.3, 0};
  for (const double x : gradient_of_steering(network, plant, trial).of_position) EXPECT_EQ(x, 0);
}

TEST(SteeringGradient, ImitationComparesTheLastStepOfEachControlStep) {
  rate::TrialNetwork network(driver());
  const DifferentiablePlant plant = differentiable_cart_pole(0.02, {});
  SteeringTrial trial = steering(network);
  trial.wanted = [](const std::vector<double>& z) { return 0.1 * z[0] + z[2]; };
  const SteeringGradient found = gradient_of_steering(network, plant, trial);
  // The same as a trial whose inputs are the visited states.
  rate::CircuitTrial shown;
  shown.start = network.rest();
  shown.readout = *network.circuit().readout();
  for (std::size_t t = 0; t < 18; ++t) {
    rate::TrialInputs inputs(3);
    inputs[0] = found.states[t / 3];
    shown.inputs.push_back(inputs);
    shown.targets.push_back({trial.wanted(found.states[t / 3])});
    shown.mask.push_back(t % 3 == 2 ? 1 : 0);
  }
  const rate::TrialGradient exact = rate::gradient_through_time(network, shown);
  EXPECT_NEAR(found.imitation_loss, exact.loss, 1e-12);
  for (std::size_t j = 0; j < 2; ++j) {
    for (std::size_t k = 0; k < exact.of_weights[j].size(); ++k) {
      EXPECT_NEAR(found.imitation_of_weights[j].flat()[k], exact.of_weights[j].flat()[k], 1e-12);
    }
  }
}

TEST(SteeringGradient, ACircuitThatCannotSteerIsRefused) {
  const rate::TrialNetwork network(driver(2));
  EXPECT_THROW(gradient_of_steering(network, differentiable_cart_pole(0.02, {}), steering(network)),
               ConfigError);
}

TEST(GradientOfAHeldSample, IsTheInstantaneousOneOfTheFeedforwardNetwork) {
  const Circuit circuit = driver(2);
  const rate::TrialNetwork network(circuit);
  FeedforwardGradient instantaneous(circuit);
  for (std::uint32_t j = 0; j < 2; ++j) instantaneous.set_weights({j}, network.weights({j}));
  const std::vector<double> input{0.5, -0.3, 0.8, 0.1}, target{0.4, -0.6};
  instantaneous.forward(input);
  instantaneous.backward(target);
  rate::CircuitTrial trial;
  trial.start = network.rest();
  trial.readout = *circuit.readout();
  for (std::size_t t = 0; t < 6; ++t) {
    rate::TrialInputs inputs(3);
    inputs[0] = input;
    trial.inputs.push_back(inputs);
    trial.targets.push_back(target);
    trial.mask.push_back(t == 5 ? 1 : 0);
  }
  const rate::TrialGradient exact = rate::gradient_through_time(network, trial);
  for (std::uint32_t j = 0; j < 2; ++j) {
    const Projection& p = circuit.projections()[j];
    const auto delta = instantaneous.delta(p.to), rate = instantaneous.rate(p.from);
    for (std::size_t i = 0; i < delta.size(); ++i) {
      for (std::size_t k = 0; k < rate.size(); ++k) {
        EXPECT_NEAR(exact.of_weights[j](i, k), -instantaneous.gamma({j}) * delta[i] * rate[k], 1e-14);
      }
    }
  }
}

}  // namespace
}  // namespace apical
