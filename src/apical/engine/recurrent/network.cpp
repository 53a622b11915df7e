// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/recurrent/network.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"

namespace apical::recurrent {

using plain::add_outer;
using plain::add_scaled;
using plain::product;
using plain::transposed_product;
namespace {

void expect(bool fits, std::string_view what, std::size_t found_rows, std::size_t found_cols,
            std::size_t rows, std::size_t cols) {
  if (fits) return;
  throw DataError(fmt::format("trial of a recurrent network: {} are {} x {}, expected {} x {} (steps x {})",
                              what, found_rows, found_cols, rows, cols,
                              what == "inputs"    ? "inputs"
                              : what == "targets" ? "outputs"
                                                  : "units"));
}

}  // namespace

void Network::validate() const {
  const std::size_t n = th.rows();
  if (n == 0) throw ConfigError("a recurrent network needs at least one unit");
  if (th.cols() < n + 1) {
    throw ConfigError(
        fmt::format("th = [W U b] of {} units has {} columns, expected at least {}", n, th.cols(), n + 1));
  }
  if (V.cols() != n || V.rows() != c.size()) {
    throw ConfigError(fmt::format("readout of {} x {} with {} offsets does not fit {} units", V.rows(),
                                  V.cols(), c.size(), n));
  }
  if (!(k > 0 && k <= 1)) throw ConfigError(fmt::format("k = dt/tau is {}, expected 0 < k <= 1", k));
  for (const HeldUnit& h : held) {
    if (h.unit >= n) throw ConfigError(fmt::format("held unit {} of a network of {} units", h.unit, n));
  }
}

Step advance(const Network& network, std::span<const double> state, std::span<const double> input,
             std::span<const double> target, double mask, std::span<const double> push) {
  const std::size_t n = network.units();
  const double k = network.k;
  const bool potential = network.leak == Leak::potential;
  const auto f = [&](double x) { return activate(network.activation, x, 1.0, 0.0); };
  const auto df = [&](double x) { return activation_derivative(network.activation, x, 1.0, 0.0); };

  Step s;
  s.z.reserve(network.th.cols());
  s.z.assign(state.begin(), state.end());
  if (potential) std::transform(s.z.begin(), s.z.end(), s.z.begin(), f);
  s.z.insert(s.z.end(), input.begin(), input.end());
  s.z.push_back(1);
  const Vector a = product(network.th, s.z);
  s.keep.assign(n, 1 - k);
  s.reach.resize(n);
  s.sent.resize(n);
  s.state.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    s.reach[i] = potential ? k : k * df(a[i]);
    s.sent[i] = potential ? df(state[i]) : 1;
    const double drive = potential ? a[i] + (push.empty() ? 0 : push[i]) : f(a[i]);
    s.state[i] = (1 - k) * state[i] + k * drive;
  }
  for (const HeldUnit& h : network.held) {
    s.state[h.unit] = h.state;
    s.keep[h.unit] = s.reach[h.unit] = 0;
  }
  s.shown = s.state;
  s.slope.assign(n, 1);
  if (potential) {
    for (std::size_t i = 0; i < n; ++i) {
      s.shown[i] = f(s.state[i]);
      s.slope[i] = df(s.state[i]);
    }
  }
  s.y = product(network.V, s.shown);
  add_scaled(s.y, 1, network.c);
  s.error.resize(s.y.size());
  s.loss = readout_loss(network.loss, s.y, target, mask, s.error);
  return s;
}

std::vector<Step> run(const Network& network, const Trial& trial) {
  const std::size_t steps = trial.steps(), n = network.units();
  expect(trial.inputs.cols() == network.inputs(), "inputs", steps, trial.inputs.cols(), steps,
         network.inputs());
  expect(trial.targets.rows() == steps && trial.targets.cols() == network.outputs(), "targets",
         trial.targets.rows(), trial.targets.cols(), steps, network.outputs());
  expect(trial.push.size() == 0 || (trial.push.rows() == steps && trial.push.cols() == n), "pushes",
         trial.push.rows(), trial.push.cols(), steps, n);
  if (trial.mask.size() != steps || (!trial.start.empty() && trial.start.size() != n)) {
    throw DataError(
        fmt::format("trial of a recurrent network: {} masks of {} steps, {} start states of {} units",
                    trial.mask.size(), steps, trial.start.size(), n));
  }
  if (trial.push.size() != 0 && network.leak != Leak::potential) {
    throw ConfigError("pushes xi act on potentials; the network leaks in its rates");
  }
  Vector start = trial.start.empty() ? Vector(n, 0.0) : trial.start;
  std::vector<Step> course;
  course.reserve(steps);
  for (std::size_t t = 0; t < steps; ++t) {
    course.push_back(advance(network, t == 0 ? start : course.back().state, trial.inputs.row(t),
                             trial.targets.row(t), trial.mask[t],
                             trial.push.size() == 0 ? std::span<const double>{} : trial.push.row(t)));
  }
  return course;
}

double total_loss(const std::vector<Step>& course) {
  double sum = 0;
  for (const Step& s : course) sum += s.loss;
  return sum;
}

Vector carry(const Network& network, const Step& step, std::span<const double> v) {
  Vector sent(v.size());
  for (std::size_t i = 0; i < v.size(); ++i) sent[i] = step.sent[i] * v[i];
  Vector out = product(network.th, sent);
  for (std::size_t i = 0; i < v.size(); ++i) out[i] = step.keep[i] * v[i] + step.reach[i] * out[i];
  return out;
}

Vector carry_back(const Network& network, const Step& step, std::span<const double> v) {
  Vector arrived(v.size());
  for (std::size_t i = 0; i < v.size(); ++i) arrived[i] = step.reach[i] * v[i];
  Vector out = transposed_product(network.th, arrived, v.size());
  for (std::size_t i = 0; i < v.size(); ++i) out[i] = step.keep[i] * v[i] + step.sent[i] * out[i];
  return out;
}

Vector learning_signal(const Network& network, const Step& step, const Matrix<double>* feedback) {
  Vector signal = feedback ? product(*feedback, step.error) : transposed_product(network.V, step.error);
  for (std::size_t i = 0; i < signal.size(); ++i) signal[i] *= step.slope[i];
  return signal;
}

Gradient Gradient::zeros(const Network& network) {
  return {Matrix<double>(network.th.rows(), network.th.cols()),
          Matrix<double>(network.V.rows(), network.V.cols()), Vector(network.c.size(), 0.0)};
}

void Gradient::add(const Gradient& other) {
  add_scaled(th.flat(), 1, other.th.flat());
  add_scaled(V.flat(), 1, other.V.flat());
  add_scaled(c, 1, other.c);
}

void add_readout(Gradient& gradient, const Step& step) {
  add_outer(gradient.V, step.error, step.shown);
  add_scaled(gradient.c, 1, step.error);
}

}  // namespace apical::recurrent
