// SPDX-License-Identifier: Apache-2.0
// Dendritic microcircuits with interneurons (Sacramento, Costa, Bengio & Senn 2018, Adv Neural Inf Process
// Syst 31:8721): interneurons of an area, one per pyramidal neuron of the area above, learn to predict that
// area, and learn to cancel its feedback in the apical dendrites; what they cannot cancel is the error.
// Always on, no phases.
//
//   apical_i   = B_i r_{i+1} + I_i r^I_i
//   tau duI/dt = tau (g_dendrite P_i r_i + g_nudge u_{i+1}) - uI            r^I = phi_{i+1}(uI)
//   dP_i/dt = eta (r^I_i - phi(g_dendrite / (g_leak + g_dendrite) P_i r_i)) (x) r_i
//   dI_i/dt = eta (-apical_i) (x) r^I_i
// Targets are somatic potentials.
#pragma once

#include "apical/models/pyramidal_hierarchy.h"

namespace apical::models {

/// The self-predicting state: I = -B and P proportional to W of the area above, so that interneurons cancel
/// the feedback exactly while there is no target.
struct DendriticMicrocircuit : PyramidalHierarchy {
  double g_dendrite = 0.1, g_nudge = 0.06;     ///< of interneurons, 1/ms
  double inter_low_pass_ms = 0;                ///< of the interneurons' dendrites; 0: instantaneous
  std::vector<double> eta_pyr_to_inter = {0};  ///< 1/ms, one per area but the last, or one for all
  std::vector<double> eta_inter_to_pyr = {0};
  /// With transposed feedback: I = -B, refreshed with it. A learned increment of I then survives one step
  /// only, as in the program of Max et al. Otherwise I has weights of its own.
  bool mirrored_inhibition = true;
};

/// Populations "a1.pyr", "a1.inter", …, external "input" and "target" (a potential). Throws ConfigError.
Circuit build(const DendriticMicrocircuit& m);

void interneuron_fields(FieldVisitor& v, DendriticMicrocircuit& m);
void fields(FieldVisitor& v, DendriticMicrocircuit& m);
Model dendritic_microcircuit_model();

}  // namespace apical::models
