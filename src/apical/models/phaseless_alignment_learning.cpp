// SPDX-License-Identifier: Apache-2.0
#include "apical/models/phaseless_alignment_learning.h"

#include <fmt/format.h>

#include "apical/models/per_area.h"

namespace apical::models {

Circuit build(const PhaselessAlignmentLearning& m) {
  if (m.transposed_feedback) {
    throw ConfigError("phaseless alignment learning learns its feedback weights; they cannot be transposes",
                      {}, "set transposed_feedback = false, or take the dendritic microcircuit");
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

}  // namespace apical::models
