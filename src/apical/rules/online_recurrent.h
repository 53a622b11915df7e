// SPDX-License-Identifier: Apache-2.0
// Rules for recurrent networks that need no step run backwards: each keeps a trace of how th moved the
// states, and turns the error of a step into a credit for th at once. Values: begin with the network, then
// for every step follow() and, with the signal that arrives at the units, credit().
//
//   RTRL (Williams & Zipser 1989)       M <- J M + [reach_i z at (i, i, .)];  credit signal . M     exact
//   SnAp-1 (Menick et al. 2021)         p_i <- J_ii p_i + reach_i z;          credit signal o p
//   RFLO (Murray 2019), e-prop for rates (Bellec et al. 2020): the own leak alone,
//                                       p_i <- keep_i p_i + reach_i z;        credit signal o p
//   UORO (Tallec & Ollivier 2018)       M ~ s (x) q of rank one, unbiased over its signs nu
//   KF-RTRL (Mujika, Meier & Steger 2018)   M ~ A (x) B, a vector of the presynaptic side and an n x n
//   matrix,
//                                       unbiased over its two signs per step
// In the rate leak the third is RFLO, in the potential leak e-prop. The signal is slope o (B error): B = V^T
// ("symmetric") or fixed and random, see learning_signal(); UORO, KF-RTRL and RTRL are derived for V^T.
#pragma once

#include "apical/engine/recurrent/network.h"

namespace apical::recurrent {

/// Memory n^2 (n + inputs + 1), the influence of every synapse on every unit.
class RealTimeRecurrent {
 public:
  explicit RealTimeRecurrent(const Network& network);
  void follow(const Network& network, const Step& step);
  /// Adds d loss / d th of the step's signal.
  void credit(std::span<const double> signal, Matrix<double>& th) const;

 private:
  std::size_t rows_, cols_;
  Matrix<double> influence_;  ///< n x (n cols): of all of th on unit i
};

/// One trace per synapse.
class SynapseTrace {
 public:
  enum class Follows {
    diagonal,  ///< SnAp-1
    leak,      ///< RFLO, e-prop for rates
  };
  SynapseTrace(const Network& network, Follows follows);
  void follow(const Network& network, const Step& step);
  void credit(std::span<const double> signal, Matrix<double>& th) const;
  const Matrix<double>& trace() const { return trace_; }

 private:
  Follows follows_;
  Matrix<double> trace_;
};

/// q = (nu o reach) (x) z; r0 = sqrt(|theta| / (|J s| + eps)) + eps, r1 = sqrt(|q| / (|nu| + eps)) + eps;
/// s <- r0 J s + r1 nu, theta <- theta / r0 + q / r1; credit (signal . s) theta.
class UnbiasedOnline {
 public:
  static constexpr double kEpsilon = 1e-7;  ///< of the paper
  explicit UnbiasedOnline(const Network& network);
  /// `signs` nu: n numbers that are 1 or -1.
  void follow(const Network& network, const Step& step, std::span<const double> signs);
  void credit(std::span<const double> signal, Matrix<double>& th) const;
  const Vector& state_vector() const { return s_; }
  const Matrix<double>& parameter_vector() const { return theta_; }
  double rho0() const { return rho0_; }
  double rho1() const { return rho1_; }

 private:
  Vector s_;
  Matrix<double> theta_;
  double rho0_ = 0, rho1_ = 0;
};

/// p0 = sqrt(|J B| / |A|), p1 = sqrt(|diag reach| / |z|), 1 where a norm is 0;
/// A <- c0 p0 A + c1 p1 z, B <- c0 J B / p0 + c1 diag(reach) / p1; credit (B^T signal) (x) A.
class KroneckerFactored {
 public:
  explicit KroneckerFactored(const Network& network);
  /// `signs`: two numbers that are 1 or -1.
  void follow(const Network& network, const Step& step, std::span<const double> signs);
  void credit(std::span<const double> signal, Matrix<double>& th) const;
  const Vector& presynaptic() const { return A_; }
  const Matrix<double>& units() const { return B_; }
  double p0() const { return p0_; }
  double p1() const { return p1_; }

 private:
  Vector A_;
  Matrix<double> B_;
  double p0_ = 1, p1_ = 1;
};

}  // namespace apical::recurrent
