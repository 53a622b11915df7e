// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/closed_loop_gradient.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"
#include "apical/tasks/cart_pole.h"

namespace apical {
namespace {

CartPoleState cart_pole_state(const std::vector<double>& z) {
  CartPoleState state;
  APICAL_CHECK(z.size() == state.size());
  std::copy(z.begin(), z.end(), state.begin());
  return state;
}

}  // namespace

DifferentiablePlant differentiable_cart_pole(double dt_s, const CartPolePhysics& physics) {
  const auto plain = [](const CartPoleState& s) { return std::vector<double>(s.begin(), s.end()); };
  return {[=](const std::vector<double>& z, double force) {
            return plain(cart_pole_step(cart_pole_state(z), force, dt_s, physics));
          },
          [=](const std::vector<double>& z, double force, const std::vector<double>& after) {
            const CartPoleAdjoint a =
                cart_pole_adjoint(cart_pole_state(z), force, dt_s, cart_pole_state(after), physics);
            return DifferentiablePlant::Back{plain(a.state), a.force};
          }};
}

SteeringGradient gradient_of_steering(const rate::TrialNetwork& network, const DifferentiablePlant& plant,
                                      const SteeringTrial& trial, const SteeringWatch& watch) {
  const Circuit& circuit = network.circuit();
  const auto stimulus = circuit.stimulus(), readout = circuit.readout();
  if (!stimulus || !readout || circuit[*stimulus].size != trial.position.size() ||
      circuit[*readout].size != 1) {
    throw ConfigError(
        fmt::format("circuit '{}' cannot steer: expected a stimulus of {} neurons and a readout of one",
                    circuit.name, trial.position.size()));
  }
  const std::size_t per = trial.steps_per_control, variables = trial.position.size();
  SteeringGradient result;
  std::vector<std::vector<double>> shown;  // what the circuit was shown, redraws included
  std::vector<rate::TrialStep> steps;
  const rate::TrialStep origin = network.origin(trial.start);
  rate::TrialState state = trial.start;
  std::vector<double> z = trial.position;
  for (std::size_t control = 0; control < trial.control_steps; ++control) {
    result.states.push_back(z);
    if (const auto redraw = trial.redraws.find(control); redraw != trial.redraws.end()) {
      z = redraw->second;
    }
    shown.push_back(z);
    rate::TrialInputs inputs(circuit.populations().size());
    inputs[stimulus->value] = z;
    for (std::size_t n = 0; n < per; ++n) {
      steps.push_back(network.step(state, inputs, steps, steps.size(), origin));
      if (watch) watch(steps.back());
    }
    result.forces.push_back(trial.gain * steps.back().rate[readout->value][0]);
    z = plant.act(z, result.forces.back());
    for (std::size_t i = 0; i < variables; ++i) result.loss += 0.5 * trial.Q[i] * z[i] * z[i];
  }
  result.states.push_back(z);

  const auto back = [&](rate::TrialAdjoint& adjoint, std::size_t t, double of_readout) {
    const auto past = std::span(steps).first(t);
    if (of_readout == 0) {
      adjoint.back(t, steps[t], past, origin);
    } else {
      adjoint.back(t, steps[t], past, origin, {.loss = 0, .of_rate = {of_readout}, .of_potential = {}},
                   readout);
    }
  };
  rate::TrialAdjoint adjoint(network);
  std::vector<double> lambda(variables, 0.0);
  for (std::size_t control = trial.control_steps; control-- > 0;) {
    // What the plant left behind enters the loss, whatever was put in its place afterwards.
    const std::vector<double>& after = result.states[control + 1];
    for (std::size_t i = 0; i < variables; ++i) lambda[i] += trial.Q[i] * after[i];
    DifferentiablePlant::Back through = plant.back(shown[control], result.forces[control], lambda);
    for (std::size_t n = per; n-- > 0;) {
      back(adjoint, control * per + n, n + 1 == per ? trial.gain * through.force : 0);
      plain::add_scaled(through.state, 1, adjoint.of_rate(*stimulus));
    }
    lambda = std::move(through.state);
    if (trial.redraws.contains(control)) std::fill(lambda.begin(), lambda.end(), 0.0);
  }
  result.of_position = lambda;
  result.of_weights = adjoint.take_gradient();

  if (!trial.wanted) return result;
  rate::TrialAdjoint imitation(network);
  for (std::size_t t = steps.size(); t-- > 0;) {
    double error = 0;
    if ((t + 1) % per == 0) {
      error = steps[t].rate[readout->value][0] - trial.wanted(shown[t / per]);
      result.imitation_loss += 0.5 * error * error;
    }
    back(imitation, t, error);
  }
  result.imitation_of_weights = imitation.take_gradient();
  return result;
}

}  // namespace apical
