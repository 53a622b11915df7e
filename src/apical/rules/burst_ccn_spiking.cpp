// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burst_ccn_spiking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "apical/core/error.h"

namespace apical::spike {
namespace {

constexpr std::int64_t kNever = -1'000'000'000;

void rest(SpikingBurstCcn::Population& p, std::size_t n, const PyramidalParameters& neuron,
          std::size_t remembered) {
  p.V.assign(n, neuron.rest_V);
  p.Vd.assign(n, neuron.rest_V);
  p.theta.assign(n, neuron.threshold_V);
  p.soma_adaptation_A.assign(n, 0.0);
  p.dendrite_adaptation_A.assign(n, 0.0);
  p.label.assign(n, SpikeLabel::none);
  p.last_spike.assign(n, kNever);
  p.bursting.assign(n, 0);
  p.recent.assign(remembered, std::vector<std::uint8_t>(n, 0));
}

}  // namespace

SpikingBurstCcn::SpikingBurstCcn(SpikingBurstCcnOptions options, std::vector<double> in, Matrix<double> out,
                                 Matrix<double> Y)
    : o_(options), in_(std::move(in)), out_(std::move(out)), Y_(std::move(Y)) {
  if (in_.empty() || out_.cols() == 0 || out_.rows() != in_.size() || Y_.rows() != out_.rows() ||
      Y_.cols() != out_.cols()) {
    throw ConfigError(fmt::format(
        "spiking BurstCCN: {} input weights, {} x {} weights to the output and {} x {} feedback weights; "
        "expected (inputs, outputs) of both",
        in_.size(), out_.rows(), out_.cols(), Y_.rows(), Y_.cols()));
  }
  const PyramidalParameters& n = o_.neuron;
  if (!(o_.dt_s > 0 && o_.dt_s <= std::min({n.soma_tau_s, n.dendrite_tau_s, n.threshold_tau_s,
                                            n.soma_adaptation_tau_s, n.dendrite_adaptation_tau_s}))) {
    throw ConfigError(fmt::format(
        "spiking BurstCCN: a step of {} s; expected more than 0 and at most the shortest time constant",
        o_.dt_s));
  }
  const auto remembered = static_cast<std::size_t>(std::lround(n.back_propagation_s / o_.dt_s));
  rest(input_, in_.size(), n, remembered);
  rest(output_, out_.cols(), n, remembered);
  feedback_.assign(in_.size(), 0.0);
  input_before_ = input_.label;
  output_before_ = output_two_ago_ = output_.label;
}

void SpikingBurstCcn::advance(Population& p, std::span<const double> soma_A,
                              std::span<const double> dendrite_A, bool learns) {
  const PyramidalParameters& n = o_.neuron;
  const double dt = o_.dt_s;
  const auto limit = static_cast<std::int64_t>(std::llround(o_.burst_limit_s / dt));
  const auto check = [&](double potential, const char* quantity, std::size_t i) {
    if (std::isfinite(potential)) return;
    throw NumericalFault({.population = learns ? "input" : "output",
                          .quantity = quantity,
                          .unit = i,
                          .seed = 0,
                          .step = steps_,
                          .time_ms = static_cast<double>(steps_) * dt * 1e3,
                          .value = potential});
  };
  std::vector<std::uint8_t> spikes(p.V.size(), 0);
  for (std::size_t i = 0; i < p.V.size(); ++i) {
    const double f = 1 / (1 + std::exp(-(p.Vd[i] - n.dendrite_midpoint_V) / n.dendrite_slope_V));
    p.V[i] += dt / n.soma_capacitance_F *
              (-(n.soma_capacitance_F / n.soma_tau_s) * (p.V[i] - n.rest_V) + n.dendrite_to_soma_A * f +
               soma_A[i] - p.soma_adaptation_A[i]);
    check(p.V[i], "V", i);  // before a reset could hide it
    p.theta[i] += dt / n.threshold_tau_s * (n.threshold_V - p.theta[i]);
    p.label[i] = SpikeLabel::none;
    if (p.V[i] >= p.theta[i]) {
      p.V[i] = n.reset_V;
      p.theta[i] += n.threshold_jump_V;
      spikes[i] = 1;
      const bool inside = steps_ - p.last_spike[i] <= limit;
      p.label[i] = !inside ? SpikeLabel::event : p.bursting[i] != 0 ? SpikeLabel::later : SpikeLabel::burst;
      p.bursting[i] = inside ? 1 : 0;
      p.last_spike[i] = steps_;
    }
    if (learns && p.label[i] == SpikeLabel::burst)
      in_[i] = std::min(o_.largest_weight, in_[i] + dt * o_.eta * o_.input_A);
    if (learns && p.label[i] == SpikeLabel::event)
      in_[i] = std::max(0.0, in_[i] - dt * o_.eta * o_.baseline * o_.input_A);
    // The constant is what a spike adds to the current: here it is taken off.
    p.soma_adaptation_A[i] +=
        dt / n.soma_adaptation_tau_s *
        (-p.soma_adaptation_A[i] - n.soma_adaptation_A * n.soma_adaptation_tau_s * spikes[i]);
    double back_propagated = 0;
    for (const auto& step : p.recent) back_propagated += step[i];
    p.Vd[i] += dt / n.dendrite_capacitance_F *
               (-(n.dendrite_capacitance_F / n.dendrite_tau_s) * (p.Vd[i] - n.rest_V) +
                n.dendrite_regenerative_A * f + n.back_propagation_A * back_propagated + dendrite_A[i] -
                p.dendrite_adaptation_A[i]);
    p.dendrite_adaptation_A[i] +=
        dt / n.dendrite_adaptation_tau_s *
        (-p.dendrite_adaptation_A[i] - n.dendrite_adaptation_S * (p.Vd[i] - n.rest_V));
    check(p.Vd[i], "Vd", i);
  }
  if (p.recent.empty()) return;
  std::rotate(p.recent.begin(), p.recent.end() - 1, p.recent.end());
  p.recent.front() = spikes;
}

void SpikingBurstCcn::step(const Currents& into_input, const Currents& into_output) {
  const auto fit = [](const Currents& c, const Population& p) {
    return c.soma.size() == p.V.size() && c.dendrite.size() == p.V.size();
  };
  if (!fit(into_input, input_) || !fit(into_output, output_)) {
    throw DataError(
        fmt::format("spiking BurstCCN: expected a current for soma and dendrite of each of {} input "
                    "and {} output neurons",
                    input_.V.size(), output_.V.size()));
  }
  drive_.resize(in_.size());
  dendrite_.resize(in_.size());
  for (std::size_t j = 0; j < in_.size(); ++j) {
    feedback_[j] = 0;
    for (std::size_t k = 0; k < output_two_ago_.size(); ++k) {
      const SpikeLabel l = output_two_ago_[k];
      feedback_[j] +=
          Y_(j, k) * ((l == SpikeLabel::burst ? 1 : 0) - (l == SpikeLabel::event ? o_.baseline : 0));
    }
    drive_[j] = in_[j] * o_.input_A + into_input.soma[j];
    dendrite_[j] = feedback_[j] + into_input.dendrite[j];
  }
  advance(input_, drive_, dendrite_, true);
  drive_.assign(output_.V.size(), 0.0);
  for (std::size_t k = 0; k < drive_.size(); ++k) {
    for (std::size_t j = 0; j < in_.size(); ++j)
      drive_[k] += input_before_[j] == SpikeLabel::event ? out_(j, k) : 0;
    drive_[k] += into_output.soma[k];
  }
  advance(output_, drive_, into_output.dendrite, false);
  input_before_ = input_.label;
  output_two_ago_ = output_before_;
  output_before_ = output_.label;
  ++steps_;
}

void SpikingBurstCcn::visit_state(StateVisitor& visit) {
  const auto labels = [&](const std::string& name, std::vector<SpikeLabel>& list) {
    std::vector<std::uint8_t> numbers;
    for (const SpikeLabel l : list) numbers.push_back(static_cast<std::uint8_t>(l));
    visit(name, std::span<std::uint8_t>(numbers));
    for (std::size_t i = 0; i < list.size(); ++i) list[i] = static_cast<SpikeLabel>(numbers[i]);
  };
  const auto population = [&](const char* name, Population& p) {
    visit.section(name, [&] {
      visit("V", std::span<double>(p.V));
      visit("Vd", std::span<double>(p.Vd));
      visit("theta", std::span<double>(p.theta));
      visit("soma_adaptation", std::span<double>(p.soma_adaptation_A));
      visit("dendrite_adaptation", std::span<double>(p.dendrite_adaptation_A));
      labels("label", p.label);
      visit("last_spike", std::span<std::int64_t>(p.last_spike));
      visit("bursting", std::span<std::uint8_t>(p.bursting));
      for (std::size_t k = 0; k < p.recent.size(); ++k)
        visit("recent" + std::to_string(k), std::span<std::uint8_t>(p.recent[k]));
    });
  };
  population("input", input_);
  population("output", output_);
  visit("weights", std::span<double>(in_));
  labels("input_before", input_before_);
  labels("output_before", output_before_);
  labels("output_two_ago", output_two_ago_);
  visit("steps", steps_);
}

}  // namespace apical::spike
