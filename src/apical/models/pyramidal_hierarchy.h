// SPDX-License-Identifier: Apache-2.0
// What the dendritic models share: areas of pyramidal neurons with basal and apical dendrites, basal synapses
// that learn what the soma does beyond what they foresaw (Urbanczik & Senn 2014, Neuron 81:521), apical
// feedback from the area above, and a soma that is nudged towards a target potential in the output area.
//
//   tau du_i/dt = tau (g_basal W_i r_{i-1} + g_apical v_api,i) - u_i        r = phi(u + tau du/dt)
//   output:       tau (g_basal W r + g_target y) - u                        (g_target disconnects without y)
//   dW_i/dt = eta (r_i - phi(gamma_i v_bas,i)) (x) r_{i-1}   or   eta (u_i - gamma_i v_bas,i) (x) r_{i-1}
//   gamma_i = g_basal / (g_leak + g_basal + g_apical),  output: g_basal / (g_leak + g_basal)
//
// Constants and prospective coding are those of Max, Jaras, Granier, Wilmes & Petrovici (PLoS Comput Biol
// 2026, 10.1371/journal.pcbi.1014164), who simulated all of these models alike; the models' own papers differ
// there.
#pragma once

#include <optional>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/models/area_activation.h"
#include "apical/models/model.h"

namespace apical::models {

struct PyramidalHierarchy {
  std::vector<std::size_t> layers;                ///< sizes: input, area 1, …, output area
  std::vector<AreaActivation> activation = {{}};  ///< one for all areas, or one per area

  double dt_ms = 0.01;
  double g_leak = 0.03, g_basal = 0.1, g_apical = 0.06, g_target = 0.06;  ///< 1/ms

  bool transposed_feedback = true;  ///< W^T + deviation; otherwise fixed random
  double feedback_deviation = 0;    ///< uniform in +- this, fixed
  double random_feedback = 1;       ///< fixed random feedback uniform in +- this
  bool rate_rule = true;            ///< r - phi(gamma basal); false: the voltage difference
  std::vector<double> eta = {1};    ///< forward, 1/ms; one per area or one for all
  double update_low_pass_ms = 0;    ///< of the forward update; 0: off
  bool self_predicting = true;      ///< laterals start so that they cancel the feedback

  bool lookahead = true;
  double lookahead_gain = 1;
  std::vector<double> weight_range = {
      1};                    ///< forward weights uniform in +- this; one per area or one for all
  double lateral_range = 1;  ///< laterals that do not start self-predicting: uniform in +- this
  double slope_sd = 0, offset_sd = 0;
  double initial_voltage_sd = 1;

  // Behaviour of the released program that differs from what is meant; off by default.
  bool released_derivative = false;  ///< phi' ignores slope and offset
  bool absent_input_holds = false;   ///< a missing input keeps the last basal potential

  std::size_t areas() const { return layers.size() - 1; }
  /// gamma of the area: the part of the basal potential that reaches an unperturbed soma.
  double gamma(std::size_t area) const {
    return g_basal / (g_leak + g_basal + (area + 1 == areas() ? 0.0 : g_apical));
  }
};

/// The circuit so far, and where to add to it.
struct Pyramids {
  Circuit circuit;
  std::vector<PopulationId> pyr;   ///< per area
  std::vector<ProjectionId> up;    ///< per area, from the area below or the input
  std::vector<ProjectionId> down;  ///< per area but the last, from the area above
};

/// Populations "a1.pyr", …, external "input" and "target". Throws ConfigError.
Pyramids build_pyramids(const PyramidalHierarchy& m);

/// All but feedback.
void pyramidal_fields(FieldVisitor& v, PyramidalHierarchy& m);
/// Of models whose feedback does not learn.
void transposed_fields(FieldVisitor& v, PyramidalHierarchy& m);

}  // namespace apical::models
