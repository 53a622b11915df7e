// SPDX-License-Identifier: Apache-2.0
// The exact gradient of steering a body: through the circuit's steps and through the plant, in one sweep. The
// plant's state z is shown for some steps, the force is a gain times what the readout shows in the last of
// them, z' = plant(z, force). Two losses:
//   plant      sum_k 1/2 z_{k+1}^T Q z_{k+1}, backwards through circuit and plant
//   imitation  sum_k 1/2 (r - wanted(z_k))^2 in the last step of each control step, states taken as given
// A redraw after a fall puts a state in place of what the plant left; nothing passes back through the plant
// there, while the circuit's own state still does.
#pragma once

#include <functional>
#include <map>

#include "apical/engine/rate/trial_gradient.h"

namespace apical {

/// A plant as a function, and its adjoint. Forces are one number.
struct DifferentiablePlant {
  using State = std::vector<double>;
  struct Back {
    State state;
    double force = 0;
  };
  std::function<State(const State& state, double force)> act;
  /// Adjoints of state and force, of that of the state after it.
  std::function<Back(const State& state, double force, const State& after)> back;
};

/// The cart-pole of tasks/cart_pole.h in steps of dt_s.
struct CartPolePhysics;
DifferentiablePlant differentiable_cart_pole(double dt_s, const CartPolePhysics& physics);

struct SteeringTrial {
  rate::TrialState start;        ///< of the circuit
  std::vector<double> position;  ///< z of the plant at the start
  std::size_t control_steps = 0, steps_per_control = 1;
  double gain = 1;                                     ///< force at readout 1
  std::vector<double> Q;                               ///< diagonal
  std::map<std::size_t, std::vector<double>> redraws;  ///< put in place before that control step
  /// What the readout should show for a state; for imitation.
  std::function<double(const std::vector<double>& state)> wanted = {};
};

struct SteeringGradient {
  std::vector<std::vector<double>>
      states;  ///< before each control step and after the last, as the plant left it
  std::vector<double> forces;
  double loss = 0;
  std::vector<Matrix<double>> of_weights;  ///< by projection, uphill
  std::vector<double> of_position;         ///< dL/dz at the start

  double imitation_loss = 0;
  std::vector<Matrix<double>> imitation_of_weights;  ///< empty unless the trial says what is wanted
};

/// Called with every step, in order.
using SteeringWatch = std::function<void(const rate::TrialStep& step)>;

/// ConfigError unless the circuit names a stimulus of the plant's size and a readout of one neuron.
SteeringGradient gradient_of_steering(const rate::TrialNetwork& network, const DifferentiablePlant& plant,
                                      const SteeringTrial& trial, const SteeringWatch& watch = {});

}  // namespace apical
