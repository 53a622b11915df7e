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

void fields(FieldVisitor& v, DendriticPredictiveCoding& m) {
  pyramidal_fields(v, m);
  transposed_fields(v, m);
  v({"eta_lateral", "1/ms", "learning rate of synapses within an area, one per area but the last, or one"},
    m.eta_lateral);
}

Model dendritic_predictive_coding_model() {
  return {"dendritic-predictive-coding",
          "synapses within an area cancel, in its apical dendrites, the feedback it caused itself; what "
          "remains there is the error",
          "Mikulasch, Rudelt, Wibral & Priesemann, Trends Neurosci 46:45, 2023; constants and prospective "
          "coding as in Max et al. 2026, doi:10.1371/journal.pcbi.1014164",
          Recipe<Circuit>(DendriticPredictiveCoding{})};
}

}  // namespace apical::models
