// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cart_pole.h"

#include <cmath>

#include "apical/core/random.h"

namespace apical {
namespace {

Split make_split(const TaskParameters& p, std::uint32_t split_number) {
  const std::size_t samples = p.count("samples");
  const double range = p.number("range");
  Matrix<double> inputs(samples, 4);
  Split split;
  split.targets = Matrix<double>(samples, 1);
  for (std::size_t i = 0; i < samples; ++i) {
    CartPoleState state;
    for (std::size_t k = 0; k < 4; ++k) {
      state[k] = uniform({p.count("seed"), Stream::task_input, split_number, i * 4 + k}, -range, range);
      inputs(i, k) = state[k];
    }
    split.targets(i, 0) = linear_teacher_force(state) / kCartPoleForceScale;
  }
  split.inputs = Inputs(std::move(inputs));
  return split;
}

Dataset make(const TaskParameters& p) {
  Dataset data;
  data.name = "cart-pole";
  data.train = make_split(p, 0);
  data.validation = make_split(p, 1);
  data.test = make_split(p, 2);
  data.readout = Readout::regression;
  return data;
}

}  // namespace

CartPoleState cart_pole_step(const CartPoleState& state, double force, double dt_s,
                             const CartPolePhysics& physics) {
  const auto [x, x_dot, theta, theta_dot] = state;
  const double total_mass = physics.cart_mass + physics.pole_mass;
  const double moment = physics.pole_mass * physics.half_length;
  const double sine = std::sin(theta), cosine = std::cos(theta);
  const double t = (force + moment * theta_dot * theta_dot * sine) / total_mass;
  const double theta_acceleration =
      (physics.gravity * sine - cosine * t) /
      (physics.half_length * (4.0 / 3.0 - physics.pole_mass * cosine * cosine / total_mass));
  const double x_acceleration = t - moment * theta_acceleration * cosine / total_mass;
  return {x + dt_s * x_dot, x_dot + dt_s * x_acceleration, theta + dt_s * theta_dot,
          theta_dot + dt_s * theta_acceleration};
}

double linear_teacher_force(const CartPoleState& state) {
  double force = 0;
  for (std::size_t k = 0; k < 4; ++k) force += kCartPoleGains[k] * state[k];
  return force;
}

bool has_fallen(const CartPoleState& state, const CartPoleConvention& convention) {
  return std::abs(state[0]) > convention.position_limit || std::abs(state[2]) > convention.angle_limit;
}

CartPoleState cart_pole_start(const CartPoleConvention& convention, std::uint64_t seed,
                              std::uint64_t index) {
  CartPoleState start;
  for (std::uint32_t k = 0; k < 4; ++k) {
    start[k] =
        uniform({seed, Stream::environment, k, index}, -convention.start_range, convention.start_range);
  }
  return start;
}

RegulationScore regulate(const CartPoleController& controller, std::uint64_t seed, std::uint32_t stretches,
                         const CartPoleConvention& convention) {
  RegulationScore score;
  for (std::uint64_t stretch = 0; stretch < stretches; ++stretch) {
    std::uint64_t start = stretch << 32;
    CartPoleState state = cart_pole_start(convention, seed, start);
    for (std::uint32_t i = 0; i < convention.steps; ++i) {
      const double force = controller(state);
      if (!std::isfinite(force)) {
        throw NumericalFault({.population = "cart-pole controller",
                              .quantity = "force",
                              .unit = 0,
                              .seed = seed,
                              .step = static_cast<std::int64_t>(score.control_steps),
                              .time_ms = 1000 * convention.dt_s * static_cast<double>(score.control_steps),
                              .value = force});
      }
      state = cart_pole_step(state, force, convention.dt_s);
      for (std::size_t k = 0; k < 4; ++k) score.mean_square[k] += state[k] * state[k];
      ++score.control_steps;
      if (has_fallen(state, convention)) {
        ++score.falls;
        state = cart_pole_start(convention, seed, ++start);
      }
    }
  }
  for (double& sum : score.mean_square) sum /= static_cast<double>(score.control_steps);
  return score;
}

CartPoleState GymCartPole::reset(std::uint64_t seed, std::uint64_t episode) {
  return reset_to(cart_pole_start(kCartPoleGym, seed, episode));
}

CartPoleState GymCartPole::reset_to(const CartPoleState& start) {
  now_ = Outcome{};
  now_.state = start;
  steps_ = 0;
  return start;
}

GymCartPole::Outcome GymCartPole::step(int action) {
  APICAL_CHECK(!now_.done() && (action == 0 || action == 1));
  now_.state = cart_pole_step(now_.state, action == 1 ? 10.0 : -10.0, kCartPoleGym.dt_s);
  ++steps_;
  now_.terminated = has_fallen(now_.state, kCartPoleGym);
  now_.truncated = !now_.terminated && steps_ == kCartPoleGym.steps;
  return now_;
}

TaskInfo cart_pole_task() {
  const std::string source = "Max et al. 2025";
  ParameterInfo range;
  range.name = "range";
  range.unit = "SI";
  range.default_value = 1.5;
  range.meaning = "every state variable is uniform in [-range, range)";
  range.minimum = 1e-6;
  range.maximum = 10;
  range.source = source;
  TaskInfo info;
  info.name = "cart-pole";
  info.description =
      "regression on the force of a linear cart-pole controller, divided by 76.6 N; "
      "the closed loop is scored by regulate() in tasks/cart_pole.h";
  info.parameters = {
      count_parameter("samples", 500, "samples in each of train, validation and test", 1, 1e6, source),
      range, seed_parameter()};
  info.citation =
      "Florian (2007) Correct equations for the dynamics of the cart-pole system; "
      "Max, Jaras, Granier, Wilmes & Petrovici (2025) bioRxiv 2025.07.11.664263, Fig. 2a";
  info.make = make;
  return info;
}

}  // namespace apical
