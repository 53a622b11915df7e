// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/exact_gradient.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"
#include "apical/learning/output_targets.h"

namespace apical {
namespace {

bool is_forward(const Projection& j) {
  return j.pathway == Pathway::forward && j.effect == Effect::add && j.transmits == Quantity::rate && !j.view;
}

/// What a forward projection does that a feed-forward network does not; empty if nothing.
std::string_view what_differs(const Projection& j) {
  if (j.view) return "shows the weights of another";
  if (j.effect != Effect::add) return "multiplies";
  return j.transmits != Quantity::rate ? "transmits no rates" : "";
}

double attenuation(const Population& p, std::string_view compartment) {
  double total = p.leak, own = 0;
  for (const Compartment& c : p.compartments) {
    if (c.when_absent != WhenAbsent::disconnects) total += c.conductance;
    if (c.name == compartment) own = c.conductance;
  }
  return own / total;
}

/// A rule without one of its factors only decays, unless it is a formula that no factors say.
bool assigns_credit(const Projection& j) {
  if (!j.rule || j.rule->eta == 0) return false;
  return j.rule->interpreted ||
         (j.rule->post.kind != PostFactor::Kind::none && j.rule->pre.kind != PreFactor::Kind::none);
}

std::vector<ProjectionId> forward_projections(const Circuit& circuit) {
  std::vector<ProjectionId> forward;
  for (std::uint32_t k = 0; k < circuit.projections().size(); ++k) {
    const Projection& j = circuit.projections()[k];
    if (j.pathway != Pathway::forward) continue;
    if (!is_forward(j)) {
      throw ConfigError(
          fmt::format("the exact gradient knows forward projections that add rates with weights "
                      "of their own; '{}' {}",
                      j.name, what_differs(j)),
          {}, "label it 'lateral', or leave out align_every and align_epochs");
    }
    forward.push_back({k});
  }
  return forward;
}

/// Neurons from the input on: a population comes when all that projects to it has come.
std::vector<PopulationId> in_order(const Circuit& circuit, const std::vector<ProjectionId>& forward) {
  const std::size_t populations = circuit.populations().size();
  std::vector<PopulationId> order;
  std::vector<bool> done(populations, false);
  for (std::size_t k = 0; k < populations; ++k)
    done[k] = circuit.populations()[k].kind == Population::Kind::external;
  const auto has_forward_input = [&](std::uint32_t p) {
    return std::any_of(forward.begin(), forward.end(),
                       [&](ProjectionId j) { return circuit[j].to.value == p; });
  };
  for (bool progress = true; progress;) {
    progress = false;
    for (std::uint32_t p = 0; p < populations; ++p) {
      if (done[p] || !has_forward_input(p)) continue;
      const bool ready = std::all_of(forward.begin(), forward.end(), [&](ProjectionId j) {
        return circuit[j].to.value != p || done[circuit[j].from.value];
      });
      if (!ready) continue;
      order.push_back({p});
      done[p] = progress = true;
    }
  }
  for (ProjectionId j : forward) {
    if (!done[circuit[j].to.value]) {
      throw ConfigError(fmt::format("forward projections form a loop through '{}': the exact gradient of a "
                                    "feed-forward network does not exist",
                                    circuit[circuit[j].to].name),
                        {}, "label recurrent projections 'lateral' or 'feedback', or switch alignment off");
    }
  }
  return order;
}

void check_ends(const Circuit& circuit) {
  if (circuit.stimulus() && circuit.readout()) return;
  throw ConfigError(
      fmt::format("circuit '{}' names no {}", circuit.name, circuit.stimulus() ? "readout" : "stimulus"), {},
      "credit can only be compared where input and output are known");
}

}  // namespace

void check_has_gradient(const Circuit& circuit) {
  check_ends(circuit);
  in_order(circuit, forward_projections(circuit));
}

FeedforwardGradient::FeedforwardGradient(const Circuit& circuit) : circuit_(circuit) {
  check_ends(circuit);
  forward_ = forward_projections(circuit);
  order_ = in_order(circuit, forward_);
  const std::size_t projections = circuit.projections().size();
  gamma_.assign(projections, 0);
  weights_.resize(projections);
  existing_.resize(projections);
  for (ProjectionId j : forward_) {
    gamma_[j.value] = attenuation(circuit[circuit[j].to], circuit[j].compartment);
    if (assigns_credit(circuit[j])) learnable_.push_back(j);
  }
  for (const Population& p : circuit.populations()) {
    potential_.emplace_back(p.size, 0.0);
    rate_.emplace_back(p.size, 0.0);
    delta_.emplace_back(p.size, 0.0);
    slope_.push_back(p.slopes.empty() ? std::vector<double>(p.size, p.slope) : p.slopes);
    offset_.push_back(p.offsets.empty() ? std::vector<double>(p.size, p.offset) : p.offsets);
  }
  rate_targets_ = has_rate_targets(circuit);
}

void FeedforwardGradient::set_neuron_parameters(PopulationId p, std::vector<double> slopes,
                                                std::vector<double> offsets) {
  slope_[p.value] = std::move(slopes);
  offset_[p.value] = std::move(offsets);
}

void FeedforwardGradient::set_weights(ProjectionId j, Matrix<double> weights) {
  const Projection& p = circuit_[j];
  if (p.topology == Topology::dense) {
    weights_[j.value] = std::move(weights);
    return;
  }
  Matrix<double> whole(circuit_[p.to].size, circuit_[p.from].size), existing = whole;
  for (std::size_t i = 0; i < weights.cols(); ++i) {
    whole(i, i) = weights(0, i);
    existing(i, i) = 1;
  }
  weights_[j.value] = std::move(whole);
  existing_[j.value] = std::move(existing);
}

void FeedforwardGradient::set_existing(ProjectionId j, Matrix<double> existing) {
  existing_[j.value] = std::move(existing);
}

std::span<const double> FeedforwardGradient::forward(std::span<const double> input) {
  std::copy(input.begin(), input.end(), rate_[circuit_.stimulus()->value].begin());
  for (PopulationId p : order_) {
    std::vector<double>& u = potential_[p.value];
    std::fill(u.begin(), u.end(), 0.0);
    for (ProjectionId j : forward_) {
      if (circuit_[j].to != p) continue;
      const Matrix<double>& w = weights_[j.value];
      const std::vector<double>& r = rate_[circuit_[j].from.value];
      for (std::size_t i = 0; i < u.size(); ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < r.size(); ++k) sum += w(i, k) * r[k];
        u[i] += gamma_[j.value] * sum;
      }
    }
    for (std::size_t i = 0; i < u.size(); ++i) {
      rate_[p.value][i] = activate(circuit_[p].activation, u[i], slope_[p.value][i], offset_[p.value][i]);
    }
  }
  return rate_[circuit_.readout()->value];
}

double FeedforwardGradient::loss(std::span<const double> target) const {
  const auto& out = rate_targets_ ? rate_[circuit_.readout()->value] : potential_[circuit_.readout()->value];
  double sum = 0;
  for (std::size_t i = 0; i < out.size(); ++i) sum += 0.5 * (target[i] - out[i]) * (target[i] - out[i]);
  return sum;
}

void FeedforwardGradient::backward(std::span<const double> target) {
  const PopulationId readout = *circuit_.readout();
  const auto slope_at = [&](PopulationId p, std::size_t i) {
    return activation_derivative(circuit_[p].activation, potential_[p.value][i], slope_[p.value][i],
                                 offset_[p.value][i]);
  };
  for (PopulationId p : order_) std::fill(delta_[p.value].begin(), delta_[p.value].end(), 0.0);
  for (std::size_t i = 0; i < target.size(); ++i) {
    delta_[readout.value][i] = rate_targets_ ? (target[i] - rate_[readout.value][i]) * slope_at(readout, i)
                                             : target[i] - potential_[readout.value][i];
  }
  for (auto p = order_.rbegin(); p != order_.rend(); ++p) {
    if (*p != readout) {
      for (std::size_t i = 0; i < delta_[p->value].size(); ++i) delta_[p->value][i] *= slope_at(*p, i);
    }
    // What p passes down is complete: everything above it came before.
    for (ProjectionId j : forward_) {
      if (circuit_[j].to != *p || circuit_[circuit_[j].from].kind == Population::Kind::external) continue;
      const Matrix<double>& w = weights_[j.value];
      std::vector<double>& below = delta_[circuit_[j].from.value];
      for (std::size_t i = 0; i < w.rows(); ++i) {
        const double d = gamma_[j.value] * delta_[p->value][i];
        for (std::size_t k = 0; k < w.cols(); ++k) below[k] += d * w(i, k);
      }
    }
  }
}

}  // namespace apical
