// SPDX-License-Identifier: Apache-2.0
// Forward mode: how a small change of one weight moves every step of a trial.
#include <algorithm>

#include "apical/core/error.h"
#include "apical/engine/rate/trial_gradient.h"

namespace apical::rate {
namespace {

/// A change of quantities shown in a step, by population.
struct Moved {
  std::vector<Vector> rate, soma, prospective, slope, mismatch;
  const Vector& of(PopulationId p, Quantity q) const {
    const std::vector<Vector>* all[] = {&rate, &soma, &prospective, &slope, &mismatch};
    return (*all[static_cast<std::size_t>(q)])[p.value];
  }
};

class Tangent {
 public:
  Tangent(const TrialNetwork& network, const WeightIndex& weight, Views views)
      : network_(network), circuit_(network.circuit()), state_(network.rest()) {
    for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
      const Projection& j = circuit_.projections()[k];
      Matrix<double> change = network.zeros({k});
      if (k == weight.projection.value) change(weight.row, weight.col) = 1;
      if (j.view && j.view->of == weight.projection && views == Views::tied) {
        const bool of_dense = circuit_[weight.projection].topology == Topology::dense;
        const std::size_t of_post = of_dense ? weight.row : weight.col;  // row 0 of a one-to-one projection
        const std::size_t post = weight.col, pre = of_post;
        const bool dense = j.topology == Topology::dense;
        if (dense ? post < change.rows() && pre < change.cols() : post == pre && post < change.cols()) {
          change(dense ? post : 0, dense ? pre : post) = j.view->scale;
        }
      }
      change_.push_back(std::move(change));
    }
  }

  Moved show(const TrialStep& step) const {
    Moved m;
    m.soma = state_.soma;
    m.prospective = state_.prospective;
    for (std::uint32_t k = 0; k < circuit_.populations().size(); ++k) {
      const Population& p = circuit_.populations()[k];
      Vector rate(p.size, 0.0), slope = rate, mismatch = rate;
      if (p.kind != Population::Kind::external) {
        for (std::size_t i = 0; i < p.size; ++i) {
          const double a = (p.lookahead ? step.before.prospective : step.before.soma)[k][i];
          const double da = (p.lookahead ? state_.prospective : state_.soma)[k][i];
          rate[i] = network_.rate_slope({k}, i, a) * da;
          slope[i] = network_.transmitted_curvature({k}, i, step.before.prospective[k][i]) *
                     state_.prospective[k][i];
          if (step.taught[k]) mismatch[i] = slope[i] * step.teaching[k][i] - step.slope[k][i] * rate[i];
        }
      }
      m.rate.push_back(std::move(rate));
      m.slope.push_back(std::move(slope));
      m.mismatch.push_back(std::move(mismatch));
    }
    return m;
  }

  /// `steps` and `moved` up to and with this step.
  void integrate(std::span<const TrialStep> steps, std::span<const Moved> moved, const TrialStep& origin) {
    const TrialStep& step = steps.back();
    const auto& projections = circuit_.projections();
    std::vector<Vector> drive;
    for (std::uint32_t k = 0; k < projections.size(); ++k) {
      const Projection& j = projections[k];
      const auto delay = static_cast<std::size_t>(j.delay_steps);
      const std::size_t n = circuit_[j.to].size;
      const bool before = delay >= steps.size();
      const bool held = circuit_[j.from].absent_input_holds && !step.present[j.from.value];
      const TrialStep& source = before ? origin : steps[steps.size() - 1 - delay];
      Vector d =
          held ? Vector(n, 0.0)
               : transmit(change_[k], j.topology, TrialNetwork::quantity(source, j.from, j.transmits), n);
      if (!before && !held) {
        plain::add_scaled(d, 1,
                          transmit(network_.weights({k}), j.topology,
                                   moved[moved.size() - 1 - delay].of(j.from, j.transmits), n));
      }
      drive.push_back(std::move(d));
    }
    for (std::uint32_t p = 0; p < circuit_.populations().size(); ++p) {
      const Population& population = circuit_.populations()[p];
      if (population.kind == Population::Kind::external) continue;
      Vector D(population.size, 0.0);
      for (std::size_t c = 0; c < population.compartments.size(); ++c) {
        Vector v = input(p, c, step, drive);
        const Compartment& compartment = population.compartments[c];
        if (compartment.low_pass_ms > 0) {
          Vector& slow = state_.low_passed[p][c];
          const double rate = circuit_.dt_ms / compartment.low_pass_ms;
          for (std::size_t i = 0; i < v.size(); ++i) v[i] = slow[i] += rate * (v[i] - slow[i]);
        }
        plain::add_scaled(D, step.share[p][c], v);
      }
      const double rate = circuit_.dt_ms * population.total_conductance();
      for (std::size_t i = 0; i < D.size(); ++i) {
        double& u = state_.soma[p][i];
        state_.prospective[p][i] = u + population.lookahead_gain * (D[i] - u);
        u += rate * (D[i] - u);
      }
    }
  }

 private:
  /// Change of (sum of added) times (product of multiplied), by the product rule.
  Vector input(std::uint32_t p, std::size_t c, const TrialStep& step,
               const std::vector<Vector>& drive) const {
    const Population& population = circuit_.populations()[p];
    Vector value(population.size, 0.0), moved = value;
    for (const Effect effect : {Effect::add, Effect::multiply}) {
      for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
        const Projection& j = circuit_.projections()[k];
        if (j.to.value != p || j.effect != effect || population.compartment_index(j.compartment) != c)
          continue;
        for (std::size_t i = 0; i < value.size(); ++i) {
          if (effect == Effect::add) {
            value[i] += step.drive[k][i];
            moved[i] += drive[k][i];
          } else {
            moved[i] = moved[i] * step.drive[k][i] + value[i] * drive[k][i];
            value[i] *= step.drive[k][i];
          }
        }
      }
    }
    return moved;
  }

  const TrialNetwork& network_;
  const Circuit& circuit_;
  TrialState state_;
  std::vector<Matrix<double>> change_;
};

}  // namespace

Vector tangent_through_time(const TrialNetwork& network, const CircuitTrial& trial, const WeightIndex& weight,
                            Views views) {
  Tangent tangent(network, weight, views);
  const TrialStep origin = network.origin(trial.start);
  std::vector<TrialStep> steps;
  std::vector<Moved> moved;
  TrialState state = trial.start;
  Vector by_step;
  for (std::size_t t = 0; t < trial.steps(); ++t) {
    steps.push_back(network.step(state, trial.inputs[t], steps, t, origin));
    moved.push_back(tangent.show(steps.back()));
    const LossGradient loss = loss_of_step(trial, t, steps.back());
    double sum = 0;
    if (!loss.of_rate.empty()) sum += plain::dot(loss.of_rate, moved.back().rate[trial.readout.value]);
    if (!loss.of_potential.empty()) {
      sum += plain::dot(loss.of_potential, moved.back().prospective[trial.readout.value]);
    }
    by_step.push_back(sum);
    tangent.integrate(steps, moved, origin);
  }
  return by_step;
}

}  // namespace apical::rate
