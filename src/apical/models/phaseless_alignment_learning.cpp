// SPDX-License-Identifier: Apache-2.0
#include "apical/models/phaseless_alignment_learning.h"

#include <fmt/format.h>

#include "apical/models/per_area.h"

namespace apical::models {

Circuit build(const PhaselessAlignmentLearning& m) {
  if (m.transposed_feedback) {
    throw FieldError::about(
        {"transposed_feedback"},
        "phaseless alignment learning learns its feedback weights; they cannot be transposes",
        "set transposed_feedback = false, or take the dendritic microcircuit");
  }
  Circuit c = build(static_cast<const DendriticMicrocircuit&>(m));
  c.name = "phaseless-alignment-learning";
  const std::size_t areas = m.areas(), hidden = areas - 1;
  const auto pyr = [](std::size_t i) { return fmt::format("a{}.pyr", i + 1); };
  for (std::size_t i = 0; i < areas; ++i) {
    Projection& up = c.edit(c.projection(fmt::format("{}->{}.basal", i == 0 ? "input" : pyr(i - 1), pyr(i))));
    up.rule->pre.low_pass_ms = m.presynaptic_low_pass_ms;
    up.rule->post.low_pass_ms = m.postsynaptic_low_pass_ms;
  }
  for (std::size_t i = 0; i < hidden; ++i) {
    c.edit(c.population(pyr(i))).noise =
        CompartmentNoise{.compartment = "apical",
                         .process = m.noise_process,
                         .amplitude = m.noise_amplitude,
                         .scale = per_area(m.noise_scale, i, hidden, "noise_scale"),
                         .tau_ms = m.noise_tau_ms,
                         .hold_steps = m.noise_hold_steps};
    PlasticityRule rule;
    rule.eta = per_area(m.eta_feedback, i, hidden, "eta_feedback");
    rule.post = {.kind = PostFactor::Kind::noise, .compartment = "apical"};
    if (m.high_pass) {
      rule.pre = {.kind = PreFactor::Kind::high_passed_rate,
                  .high_pass_ms = m.high_pass_ms.value_or(10 * m.dt_ms)};
    } else {
      rule.pre.kind = PreFactor::Kind::transmitted_now;
    }
    rule.decay.alpha = per_area(m.alpha, i, hidden, "alpha");
    if (m.decay == FeedbackDecay::gated) rule.decay.pre = WeightDecay::PreGate::positive;
    if (m.decay == FeedbackDecay::slope_weighted) {
      rule.decay.post = WeightDecay::PostGate::slope;
      rule.decay.pre = WeightDecay::PreGate::slope;
      if (m.released_output_slope && i + 1 == hidden) rule.decay = {};
    }
    c.edit(c.projection(fmt::format("{}->{}.apical", pyr(i + 1), pyr(i)))).rule = rule;
  }
  c.validate();
  return c;
}

void fields(FieldVisitor& v, PhaselessAlignmentLearning& m) {
  pyramidal_fields(v, m);
  interneuron_fields(v, m);
  v({"eta_feedback", "1/ms",
     "learning rate of the feedback weights, one per area but the last, or one; our choice"},
    m.eta_feedback);
  v({"alpha", "", "decay of the feedback weights, relative to eta_feedback; our choice"}, m.alpha);
  v({"feedback_decay", "", "feedback weights decay: all, where h > 0, or times both phi'"}, m.decay);
  v({"noise_scale", "",
     "multiplies the noise in apical dendrites, one per area but the last, or one; our choice", at_least(0)},
    m.noise_scale);
  v({"noise_process", "", "course of the noise in time"}, m.noise_process);
  v({"noise_amplitude", "", "its sd follows the size of this, per neuron"}, m.noise_amplitude);
  v({"noise_tau_ms", "ms", "correlation time of Ornstein-Uhlenbeck noise", more_than(0)}, m.noise_tau_ms);
  v({"noise_hold_steps", "steps", "Euler steps between draws", within(1, 1e8)}, m.noise_hold_steps);
  v({"high_pass", "", "feedback learns from high-passed rates h; false: from rates"}, m.high_pass);
  v.number_or({"high_pass_ms", "ms", "time constant of h; 0: ten Euler steps", at_least(0)}, m.high_pass_ms,
              0);
  v({"presynaptic_low_pass_ms", "ms", "low-pass of the presynaptic factor of the forward rule; 0: off",
     at_least(0)},
    m.presynaptic_low_pass_ms);
  v({"postsynaptic_low_pass_ms", "ms", "low-pass of its postsynaptic factor; 0: off", at_least(0)},
    m.postsynaptic_low_pass_ms);
  v({"released_output_slope", "",
     "slope_weighted: feedback from the output does not decay, as in the authors' program"},
    m.released_output_slope);
}

Model phaseless_alignment_learning_model() {
  return {
      "phaseless-alignment-learning",
      "the dendritic microcircuit with feedback weights that align with the forward ones, learned from noise "
      "in apical dendrites",
      "Max, Kriener, Pineda Garcia, Nowotny, Jaras, Senn & Petrovici, Nat Mach Intell 6:619, 2024; constants "
      "as in Max et al. 2026, doi:10.1371/journal.pcbi.1014164",
      Recipe<Circuit>(PhaselessAlignmentLearning{})};
}

}  // namespace apical::models
