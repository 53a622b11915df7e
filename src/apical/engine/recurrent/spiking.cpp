// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/recurrent/spiking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"

namespace apical::recurrent {

using plain::add_outer;
using plain::add_scaled;
using plain::product;
using plain::transposed_product;

void SpikingNetwork::validate() const {
  const std::size_t n = W.rows();
  if (n == 0 || W.cols() != n || U.rows() != n || V.cols() != n || beta.size() != n) {
    throw ConfigError(
        fmt::format("W is {} x {}, U {} x {}, V {} x {}, beta of {}: expected n x n, n x inputs, "
                    "outputs x n and n",
                    W.rows(), W.cols(), U.rows(), U.cols(), V.rows(), V.cols(), beta.size()));
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (W(i, i) != 0) throw ConfigError(fmt::format("neuron {} projects to itself (W is {})", i, W(i, i)));
  }
  for (const double decay : {alpha, rho, kappa}) {
    if (!(decay >= 0 && decay <= 1)) {
      throw ConfigError(
          fmt::format("alpha {}, rho {}, kappa {}: expected decays from 0 to 1", alpha, rho, kappa));
    }
  }
  if (!(v_th > 0)) throw ConfigError(fmt::format("v_th is {}, expected a positive threshold", v_th));
  if (n_ref < 1) throw ConfigError(fmt::format("n_ref is {}, expected at least 1", n_ref));
}

std::vector<SpikingStep> run(const SpikingNetwork& network, const SpikingTrial& trial) {
  const std::size_t steps = trial.steps(), n = network.units(), outputs = network.outputs();
  if (trial.inputs.cols() != network.U.cols() || trial.targets.rows() != steps ||
      trial.targets.cols() != outputs || trial.mask.size() != steps) {
    throw DataError(
        fmt::format("trial of a spiking network: inputs {} x {}, targets {} x {}, {} masks; expected {} x "
                    "{}, {} x {}, {}",
                    steps, trial.inputs.cols(), trial.targets.rows(), trial.targets.cols(), trial.mask.size(),
                    steps, network.U.cols(), steps, outputs, steps));
  }
  std::vector<SpikingStep> course;
  course.reserve(steps);
  Vector z(n, 0.0), v(n, 0.0), a(n, 0.0), y(outputs, 0.0);
  std::vector<int> silent(n, 0);
  for (std::size_t t = 0; t < steps; ++t) {
    SpikingStep s;
    s.psi.resize(n);
    s.refractory.resize(n);
    s.error.resize(outputs);
    const Vector recurrent = product(network.W, z), input = product(network.U, trial.inputs.row(t));
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = network.rho * a[i] + z[i];
      v[i] = network.alpha * v[i] + network.c_in * (recurrent[i] + input[i]) - network.v_th * z[i];
      const double threshold = network.v_th + network.beta[i] * a[i];
      s.refractory[i] = silent[i] > 0;
      z[i] = !s.refractory[i] && v[i] > threshold ? 1 : 0;
      s.psi[i] = s.refractory[i] ? 0
                                 : network.gamma / network.v_th *
                                       std::max(0.0, 1 - std::abs(v[i] - threshold) / network.v_th);
      silent[i] = z[i] > 0 ? network.n_ref - 1 : std::max(0, silent[i] - 1);
    }
    const Vector shown = product(network.V, z);
    for (std::size_t k = 0; k < outputs; ++k) y[k] = network.kappa * y[k] + network.c_out * shown[k];
    s.z = z;
    s.v = v;
    s.a = a;
    s.y = y;
    s.loss = readout_loss(network.loss, y, trial.targets.row(t), trial.mask[t], s.error);
    course.push_back(std::move(s));
  }
  return course;
}

SpikingGradient SpikingGradient::zeros(const SpikingNetwork& network) {
  return {Matrix<double>(network.W.rows(), network.W.cols()),
          Matrix<double>(network.U.rows(), network.U.cols()),
          Matrix<double>(network.V.rows(), network.V.cols())};
}

SpikingGradient surrogate_gradient(const SpikingNetwork& network, const SpikingTrial& trial,
                                   const std::vector<SpikingStep>& course, SurrogatePaths paths,
                                   const Matrix<double>* feedback) {
  const std::size_t n = network.units(), outputs = network.outputs();
  SpikingGradient g = SpikingGradient::zeros(network);
  Vector ly(outputs, 0.0), lv(n, 0.0), la(n, 0.0), scaled(outputs);
  const Vector rest(n, 0.0);
  for (std::size_t t = course.size(); t-- > 0;) {
    const SpikingStep& s = course[t];
    for (std::size_t k = 0; k < outputs; ++k) {
      ly[k] = network.kappa * ly[k] + s.error[k];
      scaled[k] = network.c_out * ly[k];
    }
    add_outer(g.V, scaled, s.z);
    Vector lz = feedback ? product(*feedback, scaled) : transposed_product(network.V, scaled);
    if (paths != SurrogatePaths::adaptation) {
      add_scaled(lz, network.c_in, transposed_product(network.W, lv));
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (paths == SurrogatePaths::all) lz[i] -= network.v_th * lv[i];
      lz[i] += la[i];
      lv[i] = s.psi[i] * lz[i] + network.alpha * lv[i];
      la[i] = network.rho * la[i] - network.beta[i] * s.psi[i] * lz[i];
    }
    Vector drive(n);
    for (std::size_t i = 0; i < n; ++i) drive[i] = network.c_in * lv[i];
    add_outer(g.W, drive, t > 0 ? course[t - 1].z : rest);
    add_outer(g.U, drive, trial.inputs.row(t));
  }
  for (std::size_t i = 0; i < n; ++i) g.W(i, i) = 0;
  return g;
}

}  // namespace apical::recurrent
