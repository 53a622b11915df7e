// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_teaching.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace apical {

using course::Teacher;

namespace {

constexpr double kLeast = 0.01;  // of probabilities and of outputs in a logarithm

double towards_range_A(const Teacher& t, bool wanted, double rate_Hz) {
  const double high = t.high_Hz - 1, low = t.low_Hz + 1;
  if (wanted) {
    if (rate_Hz <= low) return t.largest_A;
    return rate_Hz >= high ? 0 : t.largest_A / (rate_Hz - t.low_Hz);
  }
  if (rate_Hz >= high) return -t.largest_A;
  return rate_Hz <= low ? 0 : -t.largest_A / (t.high_Hz - rate_Hz);
}

double towards_bursts_A(const Teacher& t, const spike::EscapeBurst& neuron, bool wanted, double rate_Hz) {
  const double aim_Hz = wanted ? t.high_Hz : t.low_Hz;
  const double p = t.resting_burst_probability * (1 + (aim_Hz - rate_Hz) / std::max(rate_Hz, t.low_Hz));
  return neuron.dendrite_current_A(std::clamp(p, kLeast, 1 - kLeast)) -
         neuron.dendrite_current_A(t.resting_burst_probability);
}

double cross_entropy(const Teacher& t, bool wanted, double rate_Hz) {
  const double y = std::clamp((rate_Hz - t.low_Hz) / (t.high_Hz - t.low_Hz), kLeast, 1 - kLeast);
  return wanted ? -std::log(y) : -std::log(1 - y);
}

}  // namespace

double cost_of_answer(const Teacher& t, std::span<const double> rates_Hz, std::span<const double> target) {
  double cost = 0;
  for (std::size_t c = 0; c < target.size(); ++c) {
    const bool wanted = target[c] > 0.5;
    if (t.cost == Teacher::Cost::cross_entropy) {
      cost += cross_entropy(t, wanted, rates_Hz[c]);
    } else {
      const double off = (rates_Hz[c] - (wanted ? t.high_Hz : t.low_Hz)) / (t.high_Hz - t.low_Hz);
      cost += off * off / static_cast<double>(target.size());
    }
  }
  return cost;
}

double teaching_current_A(const Teacher& teacher, const spike::NeuronModel& model, bool wanted,
                          double rate_Hz) {
  return teacher.law == Teacher::Law::distance
             ? towards_range_A(teacher, wanted, rate_Hz)
             : towards_bursts_A(teacher, std::get<spike::EscapeBurst>(model), wanted, rate_Hz);
}

Teaching::Teaching(const Teacher& teacher, const SpikingCircuit& circuit)
    : teacher_(teacher),
      group_(spike::group_index(circuit, teacher.population)),
      neurons_(circuit.groups[group_].size),
      model_(circuit.groups[group_].model) {}

std::vector<double> Teaching::counted_Hz(const spike::Network<float>& network, double counted_s,
                                         std::size_t classes) const {
  if (classes == 1)
    return {static_cast<double>(network.counts(group_).events) / (counted_s * static_cast<double>(neurons_))};
  const std::size_t each = neurons_ / classes;
  std::vector<double> Hz(classes, 0.0);
  const std::vector<std::uint32_t> events = network.event_counts(group_);
  for (std::size_t i = 0; i < events.size(); ++i)
    Hz[i / each] += events[i] / (counted_s * static_cast<double>(each));
  return Hz;
}

std::vector<double> Teaching::seen_Hz(const spike::Network<float>& network, double counted_s,
                                      std::size_t classes) const {
  if (teacher_.sees == Teacher::Sees::counts) return counted_Hz(network, counted_s, classes);
  const std::vector<double> rates = network.event_rates(group_);
  const auto each = static_cast<std::ptrdiff_t>(neurons_ / classes);
  std::vector<double> Hz;
  for (auto from = rates.begin(); Hz.size() < classes; from += each)
    Hz.push_back(std::accumulate(from, from + each, 0.0) / static_cast<double>(each));
  return Hz;
}

Answer Teaching::judge(const spike::Network<float>& network, double counted_s,
                       std::span<const double> target) const {
  const std::vector<double> answer = counted_Hz(network, counted_s, target.size());
  Answer a;
  if (target.size() == 1) {
    a.right = (answer[0] > 0.5 * (teacher_.low_Hz + teacher_.high_Hz)) == (target[0] > 0.5);
  } else {
    const auto largest = std::max_element(answer.begin(), answer.end()) - answer.begin();
    a.right = target[static_cast<std::size_t>(largest)] > 0.5;
  }
  a.cost = cost_of_answer(teacher_, seen_Hz(network, counted_s, target.size()), target);
  return a;
}

void Teaching::teach(spike::Network<float>& network, double counted_s, std::span<const double> target) const {
  const std::size_t each = neurons_ / target.size();
  std::vector<double> rates;
  if (teacher_.sees == Teacher::Sees::counts) {
    for (const std::uint32_t events : network.event_counts(group_)) rates.push_back(events / counted_s);
  } else {
    rates = network.event_rates(group_);
  }
  for (std::size_t i = 0; i < rates.size(); ++i)
    rates[i] = teaching_current_A(teacher_, model_, target[i / each] > 0.5, rates[i]);
  network.set_currents(group_, spike::CurrentTarget::dendrite, rates);
}

void Teaching::stop(spike::Network<float>& network) const {
  network.set_currents(group_, spike::CurrentTarget::dendrite, {});
}

}  // namespace apical
