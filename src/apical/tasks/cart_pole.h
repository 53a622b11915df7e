// SPDX-License-Identifier: Apache-2.0
// Cart-pole: keep a pole upright by pushing its cart. No friction, explicit Euler, all derivatives from the
// old state (Barto, Sutton & Anderson 1983 in the corrected form of Florian 2007, eqs. 23-24):
//   t = (F + m_p l th'^2 sin th) / M,  M = m_c + m_p
//   th'' = (g sin th - cos th t) / (l (4/3 - m_p cos^2 th / M)),  x'' = t - m_p l th'' cos th / M
// Two conventions of use are values: regulation with a real-valued force (a linear teacher exists; used
// for supervised circuits) and the bang-bang control of gym's CartPole-v1 (used for policy gradients).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <numbers>
#include <span>

#include "apical/tasks/task.h"

namespace apical {

/// x (m), x' (m/s), theta (rad, 0 = upright), theta' (rad/s).
using CartPoleState = std::array<double, 4>;

struct CartPolePhysics {
  double gravity = 9.8;      ///< m/s^2
  double cart_mass = 1.0;    ///< kg
  double pole_mass = 0.1;    ///< kg
  double half_length = 0.5;  ///< m
};

/// One Euler step; force in N, dt in s.
CartPoleState cart_pole_step(const CartPoleState& state, double force, double dt_s,
                             const CartPolePhysics& physics = {});

/// Adjoints of a state and a force, of that of the state one step later: (d z'/d z)^T after, (d z'/d F) .
/// after.
struct CartPoleAdjoint {
  CartPoleState state{};
  double force = 0;
};
CartPoleAdjoint cart_pole_adjoint(const CartPoleState& state, double force, double dt_s,
                                  const CartPoleState& after, const CartPolePhysics& physics = {});

struct CartPoleConvention {
  double dt_s;
  double start_range;     ///< every state variable starts uniform in [-start_range, start_range)
  double position_limit;  ///< fallen beyond, in m
  double angle_limit;     ///< fallen beyond, in rad
  std::uint32_t steps;    ///< of a stretch (regulation) or of an episode at most (gym)
};

/// Max, Jaras, Granier, Wilmes & Petrovici 2025: 20 s stretches from anywhere within 1 rad.
inline constexpr CartPoleConvention kCartPoleRegulation{0.01, 1.0, 2.4, 70 * std::numbers::pi / 180, 2000};
/// CartPole-v1 of OpenAI gym (Brockman et al. 2016).
inline constexpr CartPoleConvention kCartPoleGym{0.02, 0.05, 2.4, 12 * std::numbers::pi / 180, 500};

/// Force in N per unit of each state variable of the linear teacher, F = + K . state (Max et al. 2025).
inline constexpr CartPoleState kCartPoleGains{1.0, 4.2, 62.8, 16.3};
/// Force in N at network output 1 (Max et al. 2025).
inline constexpr double kCartPoleForceScale = 76.6;

double linear_teacher_force(const CartPoleState& state);
bool has_fallen(const CartPoleState& state, const CartPoleConvention& convention);
/// Start number `index` of a seed; the same for everybody who is compared.
CartPoleState cart_pole_start(const CartPoleConvention& convention, std::uint64_t seed, std::uint64_t index);

/// Force in N for a state. A network scales its output by kCartPoleForceScale and decides itself how many
/// of its steps a control step lasts (published: 4).
using CartPoleController = std::function<double(const CartPoleState&)>;

struct RegulationScore {
  std::uint32_t falls = 0;
  std::uint64_t control_steps = 0;
  CartPoleState mean_square{};  ///< of each state variable, over all control steps (fallen states included)
};

/// Stretch s begins at start s * 2^32; a fall counts, redraws start s * 2^32 + number of the fall, and the
/// stretch goes on.
class CartPolePlant final : public Plant {
 public:
  explicit CartPolePlant(std::uint64_t seed, const CartPoleConvention& convention = kCartPoleRegulation)
      : seed_(seed), convention_(convention) {
    begin(0);
  }
  void begin(std::uint64_t stretch) override;
  std::span<const double> observation() const override { return state_; }
  /// One output; the force is kCartPoleForceScale times it.
  void act(std::span<const double> outputs) override;
  std::uint32_t falls() const override { return falls_; }
  /// Of theta, rad^2.
  double squared_deviation() const override { return squares_[2]; }

  /// Force in N.
  void push(double force);
  /// Of each state variable, summed over control steps (fallen states included).
  const CartPoleState& squares() const { return squares_; }

 private:
  std::uint64_t seed_;
  CartPoleConvention convention_;
  std::uint64_t start_ = 0;
  CartPoleState state_{}, squares_{};
  std::uint32_t falls_ = 0, steps_ = 0;
};

/// Ten stretches of 2000 steps by default. Score students relative to the linear teacher on the same seed: it
/// survives only some 58 % of such starts itself. NumericalFault if a force is not finite.
RegulationScore regulate(const CartPoleController& controller, std::uint64_t seed,
                         std::uint32_t stretches = 10,
                         const CartPoleConvention& convention = kCartPoleRegulation);

/// Episodes of CartPole-v1: action 1 pushes with +10 N, action 0 with -10 N; reward 1 for every step
/// including the one that ends the episode. (The original hands out observations in single precision; this
/// does not.)
class GymCartPole {
 public:
  explicit GymCartPole(const CartPoleConvention& convention = kCartPoleGym) : convention_(convention) {}
  struct Outcome {
    CartPoleState state{};
    double reward = 1;
    bool terminated = false;  ///< fallen
    bool truncated = false;   ///< 500 steps (of the convention) without a fall
    bool done() const { return terminated || truncated; }
  };
  /// Starts episode number `episode` of a seed.
  CartPoleState reset(std::uint64_t seed, std::uint64_t episode);
  CartPoleState reset_to(const CartPoleState& start);
  /// `action` is 0 or 1; must not be called after the episode is done.
  Outcome step(int action);
  const CartPoleState& state() const { return now_.state; }

  template <class Archive>
  void visit_state(Archive& a) {
    a("state", std::span<double>(now_.state));
    a("terminated", now_.terminated);
    a("truncated", now_.truncated);
    a("steps", steps_);
  }

 private:
  CartPoleConvention convention_;
  Outcome now_;
  std::uint32_t steps_ = 0;
};

/// The regulation task: training states ~ U[-1.5, 1.5)^4 with targets K . state / 76.6; evaluations steer a
/// CartPolePlant.
TaskInfo cart_pole_task();

}  // namespace apical
