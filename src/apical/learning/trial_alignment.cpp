// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/trial_alignment.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"

namespace apical {
namespace {

CreditProducts products_of_matrices(const Matrix<double>& credit, const Matrix<double>& gradient) {
  return {plain::dot(credit.flat(), gradient.flat()), plain::dot(credit.flat(), credit.flat()),
          plain::dot(gradient.flat(), gradient.flat())};
}

void add(CreditProducts& to, const CreditProducts& more) {
  to.ab += more.ab;
  to.aa += more.aa;
  to.bb += more.bb;
}

}  // namespace

void check_has_gradient_through_time(const Circuit& circuit) {
  if (!circuit.stimulus() || !circuit.readout()) {
    throw ConfigError(
        fmt::format("circuit '{}' names no {}", circuit.name, circuit.stimulus() ? "readout" : "stimulus"),
        {}, "credit can only be compared where input and output are known");
  }
  for (const Population& p : circuit.populations()) {
    if (!p.noise) continue;
    throw ConfigError(fmt::format("population '{}' has noise: the gradient through time is that of circuits "
                                  "without noise",
                                  p.name),
                      {}, "leave out align_every and align_epochs, or the noise");
  }
  for (const Projection& j : circuit.projections()) {
    if (j.delay_steps == 0) continue;
    throw ConfigError(
        fmt::format("projection '{}' has a delay of {} steps: alignment on samples that run their "
                    "course is measured of circuits without delays",
                    j.name, j.delay_steps),
        {}, "leave out align_every and align_epochs, or the delay");
  }
}

template <class Real>
rate::TrialNetwork trial_network_of(const Circuit& circuit, const rate::Network<Real>& n, std::size_t lane) {
  rate::TrialNetwork network(circuit);
  for (std::uint32_t p = 0; p < circuit.populations().size(); ++p) {
    if (circuit.populations()[p].kind == Population::Kind::external) continue;
    network.set_neuron_parameters({p}, n.neuron_slopes({p}, lane), n.neuron_offsets({p}, lane));
  }
  for (std::uint32_t k = 0; k < circuit.projections().size(); ++k) {
    const Projection& j = circuit.projections()[k];
    if (j.view) {
      if (j.view->deviation) network.set_deviation({k}, n.deviation({k}, lane));
      continue;
    }
    network.set_weights({k}, n.weights({k}, lane));
    if (Matrix<double> existing = n.existing({k}, lane); existing.size() > 0) {
      network.set_existing({k}, std::move(existing));
    }
  }
  return network;
}

template <class Real>
rate::TrialState trial_state_of(const rate::TrialNetwork& network, rate::Network<Real>& n, std::size_t lane) {
  const Circuit& circuit = network.circuit();
  rate::TrialState state = network.rest();
  for (std::uint32_t k = 0; k < circuit.populations().size(); ++k) {
    const Population& p = circuit.populations()[k];
    if (p.kind == Population::Kind::external) {
      if (p.absent_input_holds) n.read({k}, "rate", lane, state.held[k]);
      continue;
    }
    n.read({k}, "soma", lane, state.soma[k]);
    n.read({k}, "prospective", lane, state.prospective[k]);
    for (std::size_t c = 0; c < p.compartments.size(); ++c) {
      if (p.compartments[c].low_pass_ms > 0)
        n.read({k}, p.compartments[c].name, lane, state.low_passed[k][c]);
    }
  }
  return state;
}

TrialAlignmentMeter::TrialAlignmentMeter(const rate::TrialNetwork& network) {
  const Circuit& circuit = network.circuit();
  std::vector<std::string> areas;
  for (const ProjectionId j : network.plastic()) {
    const PlasticityRule& rule = *circuit[j].rule;
    // A rule without one of its factors only decays, unless it is a formula that no factors say.
    if (!rule.interpreted &&
        (rule.post.kind == PostFactor::Kind::none || rule.pre.kind == PreFactor::Kind::none)) {
      continue;
    }
    const Population &to = circuit[circuit[j].to], &from = circuit[circuit[j].from];
    const auto at = std::find(areas.begin(), areas.end(), to.area);
    area_of_.push_back(static_cast<std::size_t>(at - areas.begin()));
    if (at == areas.end()) areas.push_back(to.area);
    learnable_.push_back(j);
    interpreted_.push_back(rule.interpreted);
    topology_.push_back(circuit[j].topology);
    sizes_.emplace_back(to.size, from.size);
    credit_.push_back(network.zeros(j));
  }
  credit_sum_ = gradient_sum_ = credit_;
  areas_ = areas.size();
  angles_.emplace(std::move(areas));
}

void TrialAlignmentMeter::begin() {
  for (Matrix<double>& c : credit_) std::fill(c.flat().begin(), c.flat().end(), 0.0);
}

template <class Real>
void TrialAlignmentMeter::add_step(rate::Network<Real>& n, std::size_t lane) {
  for (std::size_t m = 0; m < learnable_.size(); ++m) {
    if (interpreted_[m]) {
      Matrix<double> whole(credit_[m].rows(), credit_[m].cols());
      n.credit(learnable_[m], lane, whole);
      plain::add_scaled(credit_[m].flat(), 1, whole.flat());
    } else {
      std::vector<double> post(sizes_[m].first), pre(sizes_[m].second);
      n.credit(learnable_[m], lane, post, pre);
      rate::add_correlation(credit_[m], topology_[m], post, pre);
    }
  }
}

void TrialAlignmentMeter::end(const rate::TrialNetwork& network, const rate::CircuitTrial& trial) {
  const std::vector<Matrix<double>> exact = rate::gradient_through_time(network, trial).of_weights;
  std::vector<CreditProducts> products(areas_);
  for (std::size_t m = 0; m < learnable_.size(); ++m) {
    Matrix<double> downhill = exact[learnable_[m].value];
    for (double& g : downhill.flat()) g = -g;
    const Matrix<double>& existing = network.existing(learnable_[m]);
    for (std::size_t k = 0; k < existing.size(); ++k) credit_[m].flat()[k] *= existing.flat()[k];
    add(products[area_of_[m]], products_of_matrices(credit_[m], downhill));
    plain::add_scaled(credit_sum_[m].flat(), 1, credit_[m].flat());
    plain::add_scaled(gradient_sum_[m].flat(), 1, downhill.flat());
  }
  angles_->count(std::move(products));
}

std::vector<AreaAlignment> TrialAlignmentMeter::result() const {
  std::vector<CreditProducts> batch(areas_);
  for (std::size_t m = 0; m < learnable_.size(); ++m) {
    add(batch[area_of_[m]], products_of_matrices(credit_sum_[m], gradient_sum_[m]));
  }
  return angles_->result(std::move(batch));
}

template rate::TrialNetwork trial_network_of(const Circuit&, const rate::Network<float>&, std::size_t);
template rate::TrialNetwork trial_network_of(const Circuit&, const rate::Network<double>&, std::size_t);
template rate::TrialState trial_state_of(const rate::TrialNetwork&, rate::Network<float>&, std::size_t);
template rate::TrialState trial_state_of(const rate::TrialNetwork&, rate::Network<double>&, std::size_t);
template void TrialAlignmentMeter::add_step(rate::Network<float>&, std::size_t);
template void TrialAlignmentMeter::add_step(rate::Network<double>&, std::size_t);

}  // namespace apical
