// SPDX-License-Identifier: Apache-2.0
#include "apical/models/spiking_quirks.h"

namespace apical::spike {
namespace {

constexpr double kProgramMinimum_Hz = 2;

PyramidalParameters* pyramidal(NeuronModel& model) {
  if (auto* m = std::get_if<TwoCompartment>(&model)) return &m->parameters;
  if (auto* m = std::get_if<BurstPoisson>(&model)) return &m->parameters;
  return nullptr;
}

}  // namespace

void apply(const Quirks& q, SpikingCircuit& circuit) {
  for (NeuronGroup& g : circuit.groups) {
    g.estimator.detector = q.detector;
    g.estimator.presynaptic_lag_steps = q.presynaptic_detector_lag_steps;
    g.estimator.float32_decay = q.float32_trace_decay;
    if (PyramidalParameters* p = pyramidal(g.model)) {
      p->dendritic_drive = q.dendritic_drive;
      g.initial_dendritic_adaptation_V = q.initial_dendritic_adaptation_V;
    }
  }
  for (Connection& c : circuit.connections) {
    if (c.short_term) c.short_term->jump = q.facilitation_jump;
    if (!c.rule) continue;
    c.rule->homeostatic_rate = q.homeostatic_rate;
    c.rule->first_event = q.first_event;
    c.rule->float32_decay = q.float32_trace_decay;
    if (q.minimum_rate_ignored) c.rule->minimum_rate_Hz = kProgramMinimum_Hz;
  }
}

}  // namespace apical::spike
