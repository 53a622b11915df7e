// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/eligibility_propagation.h"

#include <utility>

namespace apical::recurrent {

using plain::add_outer;
using plain::add_scaled;
using plain::product;
using plain::transposed_product;
namespace {

/// Traces of the synapses from one kind of source: ev per source, ea, e and filtered e per synapse.
struct Traces {
  Vector membrane;
  Matrix<double> adaptation, now, filtered, sum;

  Traces(std::size_t post, std::size_t pre)
      : membrane(pre, 0.0), adaptation(post, pre), now(post, pre), filtered(post, pre), sum(post, pre) {}

  /// `psi_before` is that of the step before; `autapses` says whether the diagonal exists.
  void follow(const SpikingNetwork& network, const Vector& psi_before, const Vector& psi,
              std::span<const double> source, bool autapses) {
    for (std::size_t j = 0; j < psi.size(); ++j) {
      const double kept = network.rho - network.beta[j] * psi_before[j];
      const auto row = adaptation.row(j);
      for (std::size_t i = 0; i < row.size(); ++i) row[i] = kept * row[i] + psi_before[j] * membrane[i];
    }
    for (std::size_t i = 0; i < membrane.size(); ++i) {
      membrane[i] = network.alpha * membrane[i] + network.c_in * source[i];
    }
    for (std::size_t j = 0; j < psi.size(); ++j) {
      for (std::size_t i = 0; i < membrane.size(); ++i) {
        const double e =
            !autapses && i == j ? 0 : psi[j] * (membrane[i] - network.beta[j] * adaptation(j, i));
        now(j, i) = e;
        filtered(j, i) = network.kappa * filtered(j, i) + network.c_out * e;
        sum(j, i) += e;
      }
    }
  }
  void add_credit(const Vector& signal, Matrix<double>& to) const {
    for (std::size_t j = 0; j < signal.size(); ++j) {
      if (signal[j] != 0) add_scaled(to.row(j), signal[j], filtered.row(j));
    }
  }
};

}  // namespace

EligibilityPropagation eligibility_propagation(
    const SpikingNetwork& network, const SpikingTrial& trial, const std::vector<SpikingStep>& course,
    const Matrix<double>* feedback, double target_rate,
    const std::function<void(std::size_t step, const EligibilityTraces&)>& watch) {
  const std::size_t n = network.units(), steps = course.size();
  EligibilityPropagation result{SpikingGradient::zeros(network), SpikingGradient::zeros(network),
                                Vector(n, 0.0)};
  Traces recurrent(n, n), input(n, network.U.cols());
  const Vector rest(n, 0.0);
  Vector shown(n, 0.0);
  for (std::size_t t = 0; t < steps; ++t) {
    const SpikingStep& s = course[t];
    const Vector& psi_before = t > 0 ? course[t - 1].psi : rest;
    recurrent.follow(network, psi_before, s.psi, t > 0 ? course[t - 1].z : rest, false);
    input.follow(network, psi_before, s.psi, trial.inputs.row(t), true);
    for (std::size_t j = 0; j < n; ++j) {
      shown[j] = network.kappa * shown[j] + network.c_out * s.z[j];
      result.average_rate[j] += s.z[j];
    }
    const Vector signal = feedback ? product(*feedback, s.error) : transposed_product(network.V, s.error);
    recurrent.add_credit(signal, result.gradient.W);
    input.add_credit(signal, result.gradient.U);
    add_outer(result.gradient.V, s.error, shown);
    if (watch) {
      watch(t, {recurrent.now, input.now, recurrent.adaptation, recurrent.filtered, input.filtered, signal});
    }
  }
  const double per_step = steps > 0 ? 1.0 / static_cast<double>(steps) : 0;
  for (std::size_t j = 0; j < n; ++j) {
    result.average_rate[j] *= per_step;
    const double excess = (result.average_rate[j] - target_rate) * per_step;
    add_scaled(result.regularisation.W.row(j), excess, recurrent.sum.row(j));
    add_scaled(result.regularisation.U.row(j), excess, input.sum.row(j));
  }
  return result;
}

void apply_with_adaptive_feedback(SpikingNetwork& network, Matrix<double>& feedback,
                                  const SpikingGradient& gradient, double eta, double decay) {
  for (std::size_t k = 0; k < network.V.rows(); ++k) {
    for (std::size_t j = 0; j < network.V.cols(); ++j) {
      const double change = eta * gradient.V(k, j);
      network.V(k, j) = (1 - decay) * network.V(k, j) - change;
      feedback(j, k) = (1 - decay) * feedback(j, k) - change;
    }
  }
  add_scaled(network.W.flat(), -eta, gradient.W.flat());
  add_scaled(network.U.flat(), -eta, gradient.U.flat());
}

}  // namespace apical::recurrent
