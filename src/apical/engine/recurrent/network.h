// SPDX-License-Identifier: Apache-2.0
// A recurrent network of n rate neurons with m_x inputs and a linear readout. With z_t = [pre; x_t; 1] and
// th = [W U b], in steps of k = dt / tau:
//   rate leak (Murray, eLife 2019)       a = th z, pre = h(t-1);    h = (1-k) h(t-1) + k f(a);   o = h
//   potential leak (Miconi, eLife 2017)  a = th z, pre = f(u(t-1)); u = (1-k) u(t-1) + k (a + xi);  o = f(u)
//   y = V o + c
// What a step does to a small change of the state before it has one form for both,
//   J = diag(keep) + diag(reach) W diag(sent),
// so that no rule has to ask which of them it serves. Time is in steps, everything else without unit.
#pragma once

#include <cstddef>
#include <vector>

#include "apical/core/activation.h"
#include "apical/core/names.h"
#include "apical/engine/algebra.h"
#include "apical/engine/readout_loss.h"

namespace apical::recurrent {

using plain::Vector;

enum class Leak { rate, potential };
}  // namespace apical::recurrent

namespace apical {
template <>
inline constexpr std::array<std::string_view, 2> kNames<recurrent::Leak>{"rate", "potential"};
}  // namespace apical

namespace apical::recurrent {

/// A unit whose state is put back to `state` after every step; nothing reaches it.
struct HeldUnit {
  std::size_t unit = 0;
  double state = 0;
};

struct Network {
  Leak leak = Leak::rate;
  ActivationKind activation = ActivationKind::tanh;
  double k = 0.1;  ///< dt / tau, in (0, 1]
  ReadoutLoss loss = ReadoutLoss::mse;
  Matrix<double> th;  ///< [W U b], n x (n + inputs + 1)
  Matrix<double> V;   ///< outputs x n
  Vector c;           ///< outputs
  std::vector<HeldUnit> held = {};

  std::size_t units() const { return th.rows(); }
  std::size_t inputs() const { return th.cols() - th.rows() - 1; }
  std::size_t outputs() const { return V.rows(); }
  /// Throws ConfigError for shapes that do not fit and k outside (0, 1].
  void validate() const;
};

/// One sample's course in time: T rows of inputs, and per step what is wanted and how much it counts.
struct Trial {
  Matrix<double> inputs;     ///< T x inputs
  Matrix<double> targets;    ///< T x outputs: values, or probabilities of classes
  Vector mask;               ///< T; the loss of a step is multiplied by it
  Vector start;              ///< h or u before the first step; empty: 0
  Matrix<double> push = {};  ///< T x n: xi of the potential leak; empty: none
  std::size_t steps() const { return inputs.rows(); }
};

/// What one step left behind: all that a rule may look at.
struct Step {
  Vector z;      ///< [pre; x; 1]
  Vector state;  ///< h or u
  Vector shown;  ///< o
  Vector keep, reach,
      sent;      ///< the factors of J; reach is also what a row of th does to its unit: d = reach z
  Vector slope;  ///< d o / d state
  Vector y;
  Vector error;  ///< d loss / d y, mask included
  double loss = 0;
};

/// What happens in one step from a state; `push` may be empty. Shapes are the caller's business.
Step advance(const Network& network, std::span<const double> state, std::span<const double> input,
             std::span<const double> target, double mask, std::span<const double> push = {});

/// All steps of a trial. DataError if its shapes do not fit the network.
std::vector<Step> run(const Network& network, const Trial& trial);

double total_loss(const std::vector<Step>& course);

/// J v and J^T v of a step.
Vector carry(const Network& network, const Step& step, std::span<const double> v);
Vector carry_back(const Network& network, const Step& step, std::span<const double> v);

/// What of the error of a step arrives at each unit's state: slope o (B error), B = V^T unless given (n x
/// outputs).
Vector learning_signal(const Network& network, const Step& step, const Matrix<double>* feedback = nullptr);

/// Of all parameters; points uphill.
struct Gradient {
  Matrix<double> th, V;
  Vector c;
  static Gradient zeros(const Network& network);
  void add(const Gradient& other);
};

/// dL/dV and dL/dc of one step, which all rules share: error (x) o.
void add_readout(Gradient& gradient, const Step& step);

}  // namespace apical::recurrent
