// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/trial_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"

namespace apical::rate {
namespace {

bool is_external(const Population& p) { return p.kind == Population::Kind::external; }

/// phi'' of phi(x; slope, offset); that of relu, linear and hard_sigmoid is 0 where it exists.
double curvature(ActivationKind kind, double x, double slope, double offset) {
  const double y = x - offset;
  switch (kind) {
    case ActivationKind::tanh: {
      const double t = std::tanh(slope * y);
      return -2 * slope * slope * t * (1 - t * t);
    }
    case ActivationKind::logistic: {
      const double p = activate(ActivationKind::logistic, y, slope, 0.0);
      return slope * slope * p * (1 - p) * (1 - 2 * p);
    }
    case ActivationKind::soft_relu: {
      const double p = activate(ActivationKind::logistic, y, 10.0, 0.0);
      return 10 * slope * p * (1 - p);
    }
    case ActivationKind::linear:
    case ActivationKind::relu:
    case ActivationKind::hard_sigmoid:
      return 0;
  }
  return 0;
}

/// Of a matrix as it is stored, 0 where it has no synapse.
double synapse(const Matrix<double>& stored, Topology topology, std::size_t post, std::size_t pre) {
  if (topology == Topology::one_to_one) return post == pre && post < stored.cols() ? stored(0, post) : 0;
  return post < stored.rows() && pre < stored.cols() ? stored(post, pre) : 0;
}

/// Each unit to its partner, the same both ways: weights are a row.
Vector one_to_one(const Matrix<double>& weights, std::span<const double> x, std::size_t size) {
  Vector out(size, 0.0);
  for (std::size_t i = 0; i < weights.cols(); ++i) out[i] = weights(0, i) * x[i];
  return out;
}

}  // namespace

Vector transmit(const Matrix<double>& weights, Topology topology, std::span<const double> x,
                std::size_t post) {
  return topology == Topology::dense ? plain::product(weights, x) : one_to_one(weights, x, post);
}

Vector transmit_back(const Matrix<double>& weights, Topology topology, std::span<const double> b,
                     std::size_t pre) {
  return topology == Topology::dense ? plain::transposed_product(weights, b) : one_to_one(weights, b, pre);
}

void add_correlation(Matrix<double>& g, Topology topology, std::span<const double> b,
                     std::span<const double> x, double scale) {
  if (topology == Topology::dense) {
    for (std::size_t i = 0; i < g.rows(); ++i) {
      if (b[i] != 0) plain::add_scaled(g.row(i), scale * b[i], x);
    }
  } else {
    for (std::size_t i = 0; i < g.cols(); ++i) g(0, i) += scale * b[i] * x[i];
  }
}

TrialNetwork::TrialNetwork(Circuit circuit) : circuit_(std::move(circuit)) {
  circuit_.validate();
  for (const Population& p : circuit_.populations()) {
    if (p.noise) {
      throw ConfigError(
          fmt::format("population '{}' has noise: there is no gradient through time yet of "
                      "circuits with noise",
                      p.name));
    }
    slopes_.push_back(p.slopes.empty() ? Vector(p.size, p.slope) : p.slopes);
    offsets_.push_back(p.offsets.empty() ? Vector(p.size, p.offset) : p.offsets);
  }
  const std::size_t projections = circuit_.projections().size();
  existing_.resize(projections);
  deviation_.resize(projections);
  for (std::uint32_t k = 0; k < projections; ++k) {
    const Projection& j = circuit_.projections()[k];
    longest_delay_ = std::max(longest_delay_, j.delay_steps);
    Matrix<double> w = zeros({k});
    if (j.view && j.view->deviation) {
      if (j.view->deviation->values) deviation_[k] = *j.view->deviation->values;
    } else if (!j.view && j.weights.law == InitialWeights::Law::explicit_values && j.weights.values) {
      w = *j.weights.values;
      for (double& x : w.flat()) x *= j.weights.scale;
    }
    if (!j.view && j.weights.identity != 0) {
      for (std::size_t i = 0; i < std::min(w.cols(), j.topology == Topology::dense ? w.rows() : w.cols());
           ++i) {
        w(j.topology == Topology::dense ? i : 0, i) += j.weights.identity;
      }
    }
    if (!j.view && j.weights.law == InitialWeights::Law::constant && j.weights.low != 0) {
      for (double& x : w.flat()) x += j.weights.low * j.weights.scale;
    }
    weights_.push_back(std::move(w));
  }
  refresh_views();
}

std::size_t TrialNetwork::one_to_one_size(ProjectionId j) const {
  return std::min(circuit_[circuit_[j].from].size, circuit_[circuit_[j].to].size);
}

Matrix<double> TrialNetwork::zeros(ProjectionId j) const {
  const Projection& p = circuit_[j];
  if (p.topology == Topology::one_to_one) return Matrix<double>(1, one_to_one_size(j));
  return Matrix<double>(circuit_[p.to].size, circuit_[p.from].size);
}

void TrialNetwork::set_neuron_parameters(PopulationId p, Vector slopes, Vector offsets) {
  slopes_[p.value] = std::move(slopes);
  offsets_[p.value] = std::move(offsets);
}

void TrialNetwork::set_weights(ProjectionId j, Matrix<double> weights) {
  const Matrix<double>& now = weights_[j.value];
  if (weights.rows() != now.rows() || weights.cols() != now.cols()) {
    throw ConfigError(fmt::format("weights of '{}' are {} x {}, expected {} x {}", circuit_[j].name,
                                  weights.rows(), weights.cols(), now.rows(), now.cols()));
  }
  weights_[j.value] = std::move(weights);
  refresh_views();
}

void TrialNetwork::set_existing(ProjectionId j, Matrix<double> existing) {
  existing_[j.value] = std::move(existing);
}

void TrialNetwork::set_deviation(ProjectionId j, Matrix<double> deviation) {
  deviation_[j.value] = std::move(deviation);
  refresh_views();
}

void TrialNetwork::refresh_views() {
  for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
    const Projection& j = circuit_.projections()[k];
    if (!j.view) continue;
    Matrix<double>& w = weights_[k];
    const Matrix<double>& of = weights_[j.view->of.value];
    const Topology topology = circuit_[j.view->of].topology;
    const bool dense = j.topology == Topology::dense;
    for (std::size_t i = 0; i < w.rows(); ++i) {
      for (std::size_t c = 0; c < w.cols(); ++c) {
        double value = synapse(of, topology, c, dense ? i : c);
        if (deviation_[k].size() != 0) value += deviation_[k](i, c);
        w(i, c) = j.view->scale * value;
      }
    }
  }
}

double TrialNetwork::rate_slope(PopulationId p, std::size_t neuron, double x) const {
  return activation_derivative(circuit_[p].activation, x, slope(p, neuron), offset(p, neuron));
}

double TrialNetwork::transmitted_slope(PopulationId p, std::size_t neuron, double x) const {
  const ActivationKind kind = circuit_[p].derivative_of.value_or(circuit_[p].activation);
  if (circuit_[p].derivative == DerivativeForm::released) return released_derivative(kind, x);
  return activation_derivative(kind, x, slope(p, neuron), offset(p, neuron));
}

double TrialNetwork::transmitted_curvature(PopulationId p, std::size_t neuron, double x) const {
  const ActivationKind kind = circuit_[p].derivative_of.value_or(circuit_[p].activation);
  if (circuit_[p].derivative == DerivativeForm::released) return curvature(kind, x, 1, 0);
  return curvature(kind, x, slope(p, neuron), offset(p, neuron));
}

TrialState TrialNetwork::rest() const {
  TrialState s;
  for (const Population& p : circuit_.populations()) {
    s.soma.emplace_back(p.size, 0.0);
    s.prospective.emplace_back(p.size, 0.0);
    s.held.emplace_back(p.size, 0.0);
    std::vector<Vector> slow;
    for (const Compartment& c : p.compartments) slow.emplace_back(c.low_pass_ms > 0 ? p.size : 0, 0.0);
    s.low_passed.push_back(std::move(slow));
  }
  return s;
}

const Vector& TrialNetwork::quantity(const TrialStep& shown, PopulationId p, Quantity q) {
  switch (q) {
    case Quantity::rate:
      return shown.rate[p.value];
    case Quantity::soma:
      return shown.before.soma[p.value];
    case Quantity::lookahead:
      return shown.before.prospective[p.value];
    case Quantity::slope:
      return shown.slope[p.value];
    case Quantity::mismatch:
      return shown.mismatch[p.value];
  }
  return shown.rate[p.value];
}

void TrialNetwork::show(TrialStep& s) const {
  for (std::uint32_t k = 0; k < circuit_.populations().size(); ++k) {
    const Population& p = circuit_.populations()[k];
    if (is_external(p)) continue;
    const Vector &soma = s.before.soma[k], &prospective = s.before.prospective[k];
    for (std::size_t i = 0; i < p.size; ++i) {
      const double a = p.lookahead ? prospective[i] : soma[i];
      s.rate[k][i] = activate(p.activation, a, slopes_[k][i], offsets_[k][i]);
      s.slope[k][i] = transmitted_slope({k}, i, prospective[i]);
    }
    if (!p.teacher || !s.present[p.teacher->value]) continue;
    s.taught[k] = true;
    s.teaching[k].resize(p.size);
    for (std::size_t i = 0; i < p.size; ++i) {
      s.teaching[k][i] = s.rate[p.teacher->value][i] - s.rate[k][i];
      s.mismatch[k][i] = s.slope[k][i] * s.teaching[k][i];
    }
  }
}

TrialStep TrialNetwork::origin(const TrialState& state) const {
  TrialStep s;
  const std::size_t n = circuit_.populations().size();
  s.before = state;
  s.present.assign(n, false);
  s.taught.assign(n, false);
  s.teaching.resize(n);
  for (const Population& p : circuit_.populations()) {
    s.rate.emplace_back(p.size, 0.0);
    s.slope.emplace_back(p.size, 0.0);
    s.mismatch.emplace_back(p.size, 0.0);
  }
  show(s);
  return s;
}

TrialStep TrialNetwork::step(TrialState& state, const TrialInputs& inputs, std::span<const TrialStep> past,
                             std::size_t steps_since_start, const TrialStep& origin) const {
  const auto& populations = circuit_.populations();
  const auto& projections = circuit_.projections();
  TrialStep s;
  s.before = state;
  s.present.assign(populations.size(), false);
  s.taught.assign(populations.size(), false);
  s.teaching.resize(populations.size());
  for (std::uint32_t k = 0; k < populations.size(); ++k) {
    const Population& p = populations[k];
    s.rate.emplace_back(p.size, 0.0);
    s.slope.emplace_back(p.size, 0.0);
    s.mismatch.emplace_back(p.size, 0.0);
    if (!is_external(p)) continue;
    s.present[k] = inputs[k].has_value();
    if (s.present[k]) {
      s.rate[k] = *inputs[k];
      if (p.absent_input_holds) state.held[k] = *inputs[k];
    } else if (p.absent_input_holds) {
      s.rate[k] = state.held[k];
    }
  }
  show(s);

  std::vector<std::vector<Vector>> input(populations.size());
  for (std::uint32_t k = 0; k < populations.size(); ++k) {
    input[k].assign(populations[k].compartments.size(), Vector(populations[k].size, 0.0));
  }
  for (std::uint32_t k = 0; k < projections.size(); ++k) {
    const Projection& j = projections[k];
    const auto delay = static_cast<std::size_t>(j.delay_steps);
    APICAL_CHECK(delay > steps_since_start || delay <= past.size());
    const TrialStep& shown = delay == 0 ? s : delay > steps_since_start ? origin : past[past.size() - delay];
    s.drive.push_back(transmit(weights_[k], j.topology, quantity(shown, j.from, j.transmits),
                               populations[j.to.value].size));
  }
  for (const Effect effect : {Effect::add, Effect::multiply}) {
    for (std::uint32_t k = 0; k < projections.size(); ++k) {
      const Projection& j = projections[k];
      if (j.effect != effect) continue;
      Vector& in = input[j.to.value][populations[j.to.value].compartment_index(j.compartment)];
      for (std::size_t i = 0; i < in.size(); ++i) {
        if (effect == Effect::add) {
          in[i] += s.drive[k][i];
        } else {
          in[i] *= s.drive[k][i];
        }
      }
    }
  }
  s.share.resize(populations.size());
  for (std::uint32_t k = 0; k < populations.size(); ++k) {
    const Population& p = populations[k];
    if (is_external(p)) continue;
    // A compartment that disconnects does so while the external input of one of them is absent.
    bool connected = true;
    for (const Projection& j : projections) {
      if (j.to.value == k && is_external(populations[j.from.value]) &&
          p.compartments[p.compartment_index(j.compartment)].when_absent == WhenAbsent::disconnects) {
        connected = s.present[j.from.value];
      }
    }
    const auto connects = [&](const Compartment& c) {
      return connected || c.when_absent != WhenAbsent::disconnects;
    };
    double total = p.leak, all = p.leak;
    for (const Compartment& c : p.compartments) {
      total += connects(c) ? c.conductance : 0;
      all += c.conductance;
    }
    Vector D(p.size, 0.0);
    for (std::size_t c = 0; c < p.compartments.size(); ++c) {
      const Compartment& compartment = p.compartments[c];
      s.share[k].push_back(connects(compartment) ? compartment.conductance / total : 0);
      Vector& v = input[k][c];
      if (compartment.low_pass_ms > 0) {
        Vector& slow = state.low_passed[k][c];
        const double step = circuit_.dt_ms / compartment.low_pass_ms;
        for (std::size_t i = 0; i < p.size; ++i) slow[i] += step * (v[i] - slow[i]);
        v = slow;
      }
      plain::add_scaled(D, s.share[k].back(), v);
    }
    const double step = circuit_.dt_ms * all;
    Vector &u = state.soma[k], &P = state.prospective[k];
    for (std::size_t i = 0; i < p.size; ++i) {
      P[i] = u[i] + p.lookahead_gain * (D[i] - u[i]);
      u[i] += step * (D[i] - u[i]);
    }
  }
  return s;
}

std::size_t TrialNetwork::state_size() const {
  std::size_t n = 0;
  for (const Population& p : circuit_.populations()) {
    if (is_external(p)) continue;
    n += 2 * p.size;
    for (const Compartment& c : p.compartments) n += c.low_pass_ms > 0 ? p.size : 0;
  }
  for (const Projection& j : circuit_.projections()) {
    n += static_cast<std::size_t>(j.delay_steps) * circuit_[j.from].size;
  }
  return n;
}

std::vector<ProjectionId> TrialNetwork::plastic() const {
  std::vector<ProjectionId> ids;
  for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
    const Projection& j = circuit_.projections()[k];
    if (!j.view && j.rule && j.rule->eta != 0) ids.push_back({k});
  }
  return ids;
}

}  // namespace apical::rate
