// SPDX-License-Identifier: Apache-2.0
#include "apical/models/dendritic_predictive_coding.h"

#include "apical/models/per_area.h"

namespace apical::models {

Circuit build(const DendriticPredictiveCoding& m) {
  Pyramids b = build_pyramids(m);
  Circuit& c = b.circuit;
  c.name = "dendritic-predictive-coding";
  const std::size_t hidden = m.areas() - 1;
  for (std::size_t i = 0; i < hidden; ++i) {
    ConnectOptions cancel{.compartment = "apical", .pathway = Pathway::lateral, .delay_steps = 1};
    cancel.weights = m.self_predicting
                         ? InitialWeights::derived({.of = b.down[i], .times = b.up[i + 1]}, -m.gamma(i + 1))
                         : InitialWeights::uniform(-m.lateral_range, m.lateral_range);
    cancel.rule = PlasticityRule{};
    cancel.rule->eta = per_area(m.eta_lateral, i, hidden, "eta_lateral");
    cancel.rule->post = {.kind = PostFactor::Kind::compartment, .compartment = "apical", .gain = -1};
    cancel.rule->pre.kind = PreFactor::Kind::transmitted;
    c.connect(b.pyr[i], b.pyr[i], cancel);
  }
  c.validate();
  return c;
}

}  // namespace apical::models
