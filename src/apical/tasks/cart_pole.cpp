// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cart_pole.h"

#include <algorithm>
#include <cmath>

#include "apical/core/random.h"
#include "apical/tasks/task_fields.h"

namespace apical {
namespace {

struct CartPoleOptions {
  std::size_t samples = 500;
  double range = 1.5;
  std::uint32_t stretches = 10, control_steps = kCartPoleRegulation.steps;
  std::uint64_t validation_seed = 123456, test_seed = 44, seed = 0;
};

void fields(FieldVisitor& v, CartPoleOptions& o) {
  const char* source = "Max et al. 2025";
  count_field(v, "samples", "samples in each of train, validation and test", o.samples, 1, 1e6, source);
  v({"range", "SI", "every state variable is uniform in [-range, range)", within(1e-6, 10), source}, o.range);
  count_field(v, "stretches", "stretches of an evaluation, each from a start of its own", o.stretches, 1, 1e6,
              source);
  count_field(v, "control_steps", "control steps of a stretch, 10 ms each", o.control_steps, 1, 1e9, source);
  seed_field(v, "validation_seed", "seed of the start states in validation", o.validation_seed);
  seed_field(v, "test_seed", "seed of the start states in the test", o.test_seed);
  seed_field(v, o.seed);
}

Split cart_pole_split(const CartPoleOptions& o, std::uint32_t split_number) {
  Matrix<double> inputs(o.samples, 4);
  Split split;
  split.targets = Matrix<double>(o.samples, 1);
  for (std::size_t i = 0; i < o.samples; ++i) {
    CartPoleState state;
    for (std::size_t k = 0; k < 4; ++k) {
      state[k] = uniform({o.seed, Stream::task_input, split_number, i * 4 + k}, -o.range, o.range);
      inputs(i, k) = state[k];
    }
    split.targets(i, 0) = linear_teacher_force(state) / kCartPoleForceScale;
  }
  split.inputs = Inputs(std::move(inputs));
  return split;
}

Dataset build(const CartPoleOptions& o) {
  Dataset data;
  data.name = "cart-pole";
  data.train = cart_pole_split(o, 0);
  data.validation = cart_pole_split(o, 1);
  data.test = cart_pole_split(o, 2);
  data.readout = Readout::regression;
  const auto plants = [](std::uint64_t seed) {
    return [seed]() -> std::unique_ptr<Plant> { return std::make_unique<CartPolePlant>(seed); };
  };
  ClosedLoop loop;
  loop.validation = plants(o.validation_seed);
  loop.test = plants(o.test_seed);
  loop.teacher = [](std::span<const double> observation, std::span<double> outputs) {
    CartPoleState state;
    std::ranges::copy(observation, state.begin());
    outputs[0] = linear_teacher_force(state) / kCartPoleForceScale;
  };
  loop.stretches = o.stretches;
  loop.control_steps = o.control_steps;
  loop.deviation = "theta, rad";
  data.closed_loop = std::move(loop);
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

CartPoleAdjoint cart_pole_adjoint(const CartPoleState& state, double force, double dt_s,
                                  const CartPoleState& after, const CartPolePhysics& physics) {
  const double theta = state[2], omega = state[3];
  const double M = physics.cart_mass + physics.pole_mass, l = physics.half_length, m = physics.pole_mass;
  const double ml = m * l, g = physics.gravity, s = std::sin(theta), c = std::cos(theta);
  // q the acceleration without the pole's, alpha = (g s - c q) / D, a = q - ml alpha c / M.
  const double q = (force + ml * omega * omega * s) / M;
  const double D = l * (4.0 / 3.0 - m * c * c / M);
  const double alpha = (g * s - c * q) / D;
  const double q_theta = ml * omega * omega * c / M, q_omega = 2 * ml * omega * s / M, q_force = 1 / M;
  const double D_theta = 2 * l * m * c * s / M;
  const double alpha_theta = (g * c + s * q - c * q_theta - alpha * D_theta) / D;
  const double alpha_omega = -c * q_omega / D, alpha_force = -c * q_force / D;
  const double a_theta = q_theta - ml * (alpha_theta * c - alpha * s) / M;
  const double a_omega = q_omega - ml * alpha_omega * c / M;
  const double a_force = q_force - ml * alpha_force * c / M;
  CartPoleAdjoint back;
  back.state = {after[0], after[1] + dt_s * after[0],
                after[2] + dt_s * (after[1] * a_theta + after[3] * alpha_theta),
                after[3] + dt_s * (after[2] + after[1] * a_omega + after[3] * alpha_omega)};
  back.force = dt_s * (after[1] * a_force + after[3] * alpha_force);
  return back;
}

double linear_teacher_force(const CartPoleState& state) {
  double force = 0;
  for (std::size_t k = 0; k < 4; ++k) force += kCartPoleGains[k] * state[k];
  return force;
}

bool has_fallen(const CartPoleState& state, const CartPoleConvention& convention) {
  return std::abs(state[0]) > convention.position_limit || std::abs(state[2]) > convention.angle_limit;
}

CartPoleState cart_pole_start(const CartPoleConvention& convention, std::uint64_t seed, std::uint64_t index) {
  CartPoleState start;
  for (std::uint32_t k = 0; k < 4; ++k) {
    start[k] =
        uniform({seed, Stream::environment, k, index}, -convention.start_range, convention.start_range);
  }
  return start;
}

void CartPolePlant::begin(std::uint64_t stretch) {
  start_ = stretch << 32;
  state_ = cart_pole_start(convention_, seed_, start_);
  squares_ = {};
  falls_ = steps_ = 0;
}

void CartPolePlant::act(std::span<const double> outputs) {
  APICAL_CHECK(outputs.size() == 1);
  push(kCartPoleForceScale * outputs[0]);
}

void CartPolePlant::push(double force) {
  if (!std::isfinite(force)) {
    throw NumericalFault({.population = "cart-pole controller",
                          .quantity = "force",
                          .unit = 0,
                          .seed = seed_,
                          .step = static_cast<std::int64_t>(steps_),
                          .time_ms = 1000 * convention_.dt_s * static_cast<double>(steps_),
                          .value = force});
  }
  state_ = cart_pole_step(state_, force, convention_.dt_s);
  ++steps_;
  for (std::size_t k = 0; k < 4; ++k) squares_[k] += state_[k] * state_[k];
  if (!has_fallen(state_, convention_)) return;
  ++falls_;
  state_ = cart_pole_start(convention_, seed_, ++start_);
}

RegulationScore regulate(const CartPoleController& controller, std::uint64_t seed, std::uint32_t stretches,
                         const CartPoleConvention& convention) {
  RegulationScore score;
  CartPolePlant plant(seed, convention);
  CartPoleState state;
  for (std::uint64_t stretch = 0; stretch < stretches; ++stretch) {
    plant.begin(stretch);
    for (std::uint32_t i = 0; i < convention.steps; ++i) {
      std::ranges::copy(plant.observation(), state.begin());
      plant.push(controller(state));
    }
    score.falls += plant.falls();
    score.control_steps += convention.steps;
    for (std::size_t k = 0; k < 4; ++k) score.mean_square[k] += plant.squares()[k];
  }
  for (double& sum : score.mean_square) sum /= static_cast<double>(score.control_steps);
  return score;
}

CartPoleState GymCartPole::reset(std::uint64_t seed, std::uint64_t episode) {
  return reset_to(cart_pole_start(convention_, seed, episode));
}

CartPoleState GymCartPole::reset_to(const CartPoleState& start) {
  now_ = Outcome{};
  now_.state = start;
  steps_ = 0;
  return start;
}

GymCartPole::Outcome GymCartPole::step(int action) {
  APICAL_CHECK(!now_.done() && (action == 0 || action == 1));
  now_.state = cart_pole_step(now_.state, action == 1 ? 10.0 : -10.0, convention_.dt_s);
  ++steps_;
  now_.terminated = has_fallen(now_.state, convention_);
  now_.truncated = !now_.terminated && steps_ == convention_.steps;
  return now_;
}

TaskInfo cart_pole_task() {
  return {.name = "cart-pole",
          .description =
              "keep a pole upright: regression on the force of a linear controller, divided by 76.6 "
              "N; validation and test close the loop through the plant and count falls, beside "
              "those of that controller on the same starts",
          .citation =
              "Florian (2007) Correct equations for the dynamics of the cart-pole system; "
              "Max, Jaras, Granier, Wilmes & Petrovici (2025) bioRxiv 2025.07.11.664263, Fig. 2a",
          .recipe = TaskRecipe(CartPoleOptions{}),
          .steers = true};
}

}  // namespace apical
