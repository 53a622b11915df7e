// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/trial_adjoint.h"

#include <algorithm>
#include <utility>

#include "apical/core/error.h"

namespace apical::rate {
namespace {

constexpr auto at(Quantity q) { return static_cast<std::size_t>(q); }

void scale_by(Vector& x, const Vector& by) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= by[i];
}

}  // namespace

TrialAdjoint::TrialAdjoint(const TrialNetwork& network, AdjointOptions options)
    : network_(network), options_(std::move(options)), cut_(network.circuit().projections().size(), false) {
  for (const ProjectionId j : options_.cut) cut_.at(j.value) = true;
  for (std::uint32_t k = 0; k < cut_.size(); ++k) gradient_.push_back(network.zeros({k}));
  cut_here();
}

void TrialAdjoint::cut_here() {
  TrialState zero = network_.rest();
  soma_ = std::move(zero.soma);
  prospective_ = std::move(zero.prospective);
  low_passed_ = std::move(zero.low_passed);
  later_.clear();
  shown_ = nothing_shown();
}

std::vector<Matrix<double>> TrialAdjoint::take_gradient() {
  std::vector<Matrix<double>> taken = std::move(gradient_);
  gradient_.clear();
  for (std::uint32_t k = 0; k < cut_.size(); ++k) gradient_.push_back(network_.zeros({k}));
  return taken;
}

TrialAdjoint::Shown TrialAdjoint::nothing_shown() const {
  Shown shown;
  for (const Population& p : network_.circuit().populations()) {
    Quantities q;
    q.fill(Vector(p.size, 0.0));
    shown.push_back(std::move(q));
  }
  return shown;
}

void TrialAdjoint::back(std::size_t number, const TrialStep& step, std::span<const TrialStep> past,
                        const TrialStep& origin, const LossGradient& loss,
                        std::optional<PopulationId> readout) {
  const Circuit& circuit = network_.circuit();
  const auto& populations = circuit.populations();
  const auto& projections = circuit.projections();
  if (const auto sent = later_.find(number); sent != later_.end()) {
    shown_ = std::move(sent->second);
    later_.erase(sent);
  } else {
    shown_ = nothing_shown();
  }

  // Integration: from potentials to what compartments received, per compartment.
  std::vector<std::vector<Vector>> received(populations.size());
  for (std::uint32_t k = 0; k < populations.size(); ++k) {
    const Population& p = populations[k];
    if (p.kind == Population::Kind::external) continue;
    const double step_size = circuit.dt_ms * p.total_conductance(), gain = p.lookahead_gain;
    Vector D(p.size);
    for (std::size_t i = 0; i < p.size; ++i) {
      D[i] = gain * prospective_[k][i] + step_size * soma_[k][i];
      soma_[k][i] = (1 - step_size) * soma_[k][i] + (1 - gain) * prospective_[k][i];
      prospective_[k][i] = 0;
    }
    for (std::size_t c = 0; c < p.compartments.size(); ++c) {
      Vector a(p.size, 0.0);
      plain::add_scaled(a, step.share[k][c], D);
      if (p.compartments[c].low_pass_ms > 0) {
        Vector& slow = low_passed_[k][c];
        const double rate = circuit.dt_ms / p.compartments[c].low_pass_ms;
        for (std::size_t i = 0; i < p.size; ++i) {
          a[i] += slow[i];
          slow[i] = (1 - rate) * a[i];
          a[i] *= rate;
        }
      }
      received[k].push_back(std::move(a));
    }
  }

  // Synapses: weights, and what they transmitted.
  for (std::uint32_t k = 0; k < projections.size(); ++k) {
    const Projection& j = projections[k];
    const Population& from = populations[j.from.value];
    if (from.absent_input_holds && !step.present[j.from.value]) continue;  // a held product is constant
    Vector b = received[j.to.value][populations[j.to.value].compartment_index(j.compartment)];
    if (std::all_of(b.begin(), b.end(), [](double x) { return x == 0; })) continue;
    Vector added(j.effect == Effect::multiply ? b.size() : 0, 0.0);
    for (std::uint32_t other = 0; other < projections.size(); ++other) {
      const Projection& o = projections[other];
      if (o.to != j.to || o.compartment != j.compartment || other == k) continue;
      if (o.effect == Effect::multiply) {
        scale_by(b, step.drive[other]);
      } else if (j.effect == Effect::multiply) {
        plain::add_scaled(added, 1, step.drive[other]);
      }
    }
    if (j.effect == Effect::multiply) scale_by(b, added);

    const auto delay = static_cast<std::size_t>(j.delay_steps);
    APICAL_CHECK(delay > number || delay <= past.size());
    const TrialStep& source = delay == 0 ? step : delay > number ? origin : past[past.size() - delay];
    const Vector& x = TrialNetwork::quantity(source, j.from, j.transmits);
    if (!j.view) {
      add_correlation(gradient_[k], j.topology, b, x);
    } else if (options_.views == Views::tied) {
      Matrix<double>& g = gradient_[j.view->of.value];
      const bool of_dense = circuit[j.view->of].topology == Topology::dense;
      const bool dense = j.topology == Topology::dense;
      const Matrix<double>& w = network_.weights({k});
      for (std::size_t post = 0; post < (dense ? w.rows() : w.cols()); ++post) {
        for (std::size_t pre = dense ? 0 : post; pre < (dense ? w.cols() : post + 1); ++pre) {
          // W_of is seen transposed, and cut where the sizes differ.
          if (of_dense ? pre >= g.rows() || post >= g.cols() : pre != post || post >= g.cols()) continue;
          g(of_dense ? pre : 0, post) += j.view->scale * b[post] * x[pre];
        }
      }
    }
    if (cut_[k] || delay > number) continue;
    const auto replaced = options_.back_by.find(k);
    const Vector passed = replaced != options_.back_by.end()
                              ? plain::product(replaced->second, b)
                              : transmit_back(network_.weights({k}), j.topology, b, from.size);
    if (delay == 0) {
      plain::add_scaled(shown_[j.from.value][at(j.transmits)], 1, passed);
    } else {
      auto earlier = later_.try_emplace(number - delay);
      if (earlier.second) earlier.first->second = nothing_shown();
      plain::add_scaled(earlier.first->second[j.from.value][at(j.transmits)], 1, passed);
    }
  }

  // What the step showed, from potentials before it.
  if (readout) {
    if (!loss.of_rate.empty()) plain::add_scaled(shown_[readout->value][at(Quantity::rate)], 1, loss.of_rate);
    if (!loss.of_potential.empty()) {
      plain::add_scaled(shown_[readout->value][at(Quantity::lookahead)], 1, loss.of_potential);
    }
  }
  for (std::uint32_t k = 0; k < populations.size(); ++k) {
    const Population& p = populations[k];
    if (p.kind == Population::Kind::external) continue;
    auto& [rate, soma, prospective, slope, mismatch] = shown_[k];
    for (std::size_t i = 0; i < p.size; ++i) {
      if (step.taught[k]) {
        slope[i] += mismatch[i] * step.teaching[k][i];
        rate[i] -= mismatch[i] * step.slope[k][i];
      }
      const double P = step.before.prospective[k][i];
      if (slope[i] != 0) prospective[i] += slope[i] * network_.transmitted_curvature({k}, i, P);
      if (rate[i] != 0) {
        const double a = p.lookahead ? P : step.before.soma[k][i];
        (p.lookahead ? prospective[i] : soma[i]) += rate[i] * network_.rate_slope({k}, i, a);
      }
      soma_[k][i] += soma[i];
      prospective_[k][i] += prospective[i];
    }
  }
}

}  // namespace apical::rate
