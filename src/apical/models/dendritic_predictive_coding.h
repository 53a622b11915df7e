// SPDX-License-Identifier: Apache-2.0
// Dendritic hierarchical predictive coding (Mikulasch, Rudelt, Wibral & Priesemann 2023, Trends Neurosci
// 46:45): no interneurons; recurrent synapses within an area cancel, in its apical dendrites, the feedback
// that the area itself caused. What they cannot cancel is the error.
//
//   apical_i = B_i r_{i+1} + L_i r_i(t - dt)
//   dL_i/dt = eta (-apical_i) (x) r_i(t - dt)
//
// The step of delay fits the feedback, for r_{i+1} was caused by r_i a step ago.
// Linear, with the voltage rule, unless asked otherwise; targets are somatic potentials.
#pragma once

#include "apical/models/pyramidal_hierarchy.h"

namespace apical::models {

/// The self-predicting state: L_i = -gamma_{i+1} B_i W_{i+1}.
struct DendriticPredictiveCoding : PyramidalHierarchy {
  DendriticPredictiveCoding() {
    activation = {{.kind = ActivationKind::linear}};
    rate_rule = false;
  }
  std::vector<double> eta_lateral = {0};  ///< 1/ms, one per area but the last, or one for all
};

/// Populations "a1.pyr", …, external "input" and "target" (a potential). Throws ConfigError.
Circuit build(const DendriticPredictiveCoding& m);

void fields(FieldVisitor& v, DendriticPredictiveCoding& m);
Model dendritic_predictive_coding_model();

}  // namespace apical::models
