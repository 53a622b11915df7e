// SPDX-License-Identifier: Apache-2.0
// What a course's teacher says to a population: how far its answer is off, and the current into each neuron.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "apical/circuit/course.h"
#include "apical/engine/spike/network.h"

namespace apical {

/// Of one phase that is over.
struct Answer {
  bool right = false;
  double cost = 0;
};

/// Current in A for a neuron that is wanted (or not) and has this event rate; `model` of the taught
/// population. Law distance: Payeur et al. 2021, Methods; law burst_probability: on top of the current that
/// keeps the dendrite at the resting probability.
double teaching_current_A(const course::Teacher& teacher, const spike::NeuronModel& model, bool wanted,
                          double rate_Hz);

/// How far mean event rates of the classes are off.
double cost_of_answer(const course::Teacher& teacher, std::span<const double> rates_Hz,
                      std::span<const double> target);

class Teaching {
 public:
  Teaching(const course::Teacher& teacher, const SpikingCircuit& circuit);

  /// Mean event rates of the classes: as the teacher sees them, or counted in the phase that took
  /// `counted_s`.
  std::vector<double> seen_Hz(const spike::Network<float>& network, double counted_s,
                              std::size_t classes) const;
  std::vector<double> counted_Hz(const spike::Network<float>& network, double counted_s,
                                 std::size_t classes) const;
  /// Right: one class, on the right side of the middle between the rates that mean 0 and 1; or several, and
  /// the wanted one has most events (of equals the first).
  Answer judge(const spike::Network<float>& network, double counted_s, std::span<const double> target) const;
  /// Begins: a current per neuron, from its own event rate as it is now.
  void teach(spike::Network<float>& network, double counted_s, std::span<const double> target) const;
  void stop(spike::Network<float>& network) const;

 private:
  course::Teacher teacher_;
  std::size_t group_, neurons_;
  spike::NeuronModel model_;
};

}  // namespace apical
