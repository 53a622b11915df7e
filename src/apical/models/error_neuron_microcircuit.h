// SPDX-License-Identifier: Apache-2.0
// Error-neuron microcircuits (Max, Jaras, Granier, Wilmes & Petrovici, bioRxiv 2025.07.11.664263; PLoS Comput
// Biol 2026, 10.1371/journal.pcbi.1014164). Every area has representation neurons (soma, basal, apical) and
// error neurons (soma, dendrite). Representation neurons project up, error neurons down, both laterally;
// the output's error neurons compare rates with a target. Always on, no phases.
//
//   basal_i    = sum_j W_ij r_j                          apical_i   = E_i e_i
//   dendrite_i = (S_i phi'(u_i)) * sum_k B_ik e_k        target     = S (phi'(u) * (y - r))   (output area)
//   dW_ij/dt   = eta (u_i - gamma basal_i) (x) r_j       gamma = g_basal / (g_leak + g_basal + g_apical)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/models/area_activation.h"
#include "apical/models/model.h"

namespace apical {
namespace models {

enum class Wiring { layered, skip };

/// How a list of learning rates, one per area, becomes one per pair of areas (skip wiring).
enum class RateConversion {
  fill_diag,    ///< hierarchical projections only
  fill_all,     ///< every projection into an area learns at the area's rate
  fill_scaled,  ///< times the density of the projection
};

}  // namespace models
template <>
inline constexpr std::array<std::string_view, 2> kNames<models::Wiring>{"layered", "skip"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<models::RateConversion>{"fill_diag", "fill_all",
                                                                                "fill_scaled"};
}  // namespace apical

namespace apical::models {

struct ErrorNeuronMicrocircuit {
  std::vector<std::size_t> layers;                ///< sizes: input, area 1, …, output area
  std::vector<std::string> areas = {};            ///< names; empty: a1, a2 …
  std::vector<std::size_t> error_neurons = {};    ///< per area; empty: as many as representation neurons
  std::vector<AreaActivation> activation = {{}};  ///< one for all areas, or one per area
  ActivationKind error_activation = ActivationKind::linear;

  double dt_ms = 0.01;
  double g_leak = 0.03, g_basal = 0.1, g_apical = 0.06, g_dendrite = 0.1, g_target = 0.06;  ///< 1/ms

  Wiring forward = Wiring::layered;
  Wiring feedback = Wiring::layered;
  /// Skip wiring: densities (target, source); empty: macaque_visual_densities() if `use_densities`, else 1.
  std::optional<Matrix<double>> densities = {};
  bool use_densities = true;

  bool transposed_feedback = true;  ///< B = W^T + deviation; otherwise fixed random
  double feedback_deviation = 0;  ///< uniform in +- this, fixed; without a density table also in dead blocks
  double random_feedback = 1;     ///< fixed random feedback uniform in +- this
  bool slope_transfer = true;     ///< dendrites of error neurons are multiplied by phi' of their partners
  bool rate_rule = false;         ///< r - phi(gamma basal) instead of the voltage difference
  std::vector<double> eta = {1};  ///< 1/ms, one per area or one for all
  std::optional<Matrix<double>> eta_pairs =
      {};  ///< (area, source; column 0 = input); replaces eta, conversion
  RateConversion conversion = RateConversion::fill_scaled;
  double eta_rep_to_err = 0, eta_err_to_rep = 0;  ///< relaxation of the laterals to the identity, 1/ms
  std::vector<double> eta_rep_to_err_per_area = {}, eta_err_to_rep_per_area = {};
  double update_low_pass_ms = 0;  ///< 0: off

  bool rep_lookahead = true, error_lookahead = true;
  std::vector<bool> rep_lookahead_per_area = {}, error_lookahead_per_area = {};
  double lookahead_gain = 1;

  std::vector<double> weight_range = {
      1};                              ///< forward weights uniform in +- this; one per area or one for all
  double skip_weight_range = 1;        ///< of skip projections without a density table
  double lateral_range = 0;            ///< laterals = identity + U(+- this); 0: one-to-one
  bool dense_laterals = false;         ///< even where they are the identity
  double slope_sd = 0, offset_sd = 0;  ///< heterogeneity of representation neurons (Fig. 5)
  double initial_voltage_sd = 1;

  // Behaviour of the released program that differs from what is meant; off by default.
  bool released_derivative = false;  ///< phi' ignores slope and offset
  bool deviation_everywhere =
      false;  ///< skip feedback: deviations also where no projection is, and within areas
  bool absent_input_holds = false;  ///< layered: a missing input keeps the last basal potential
};

/// Populations "a1.rep", "a1.err", …, external "input" and "target". Throws ConfigError.
Circuit build(const ErrorNeuronMicrocircuit& m);

void fields(FieldVisitor& v, ErrorNeuronMicrocircuit& m);
Model error_neuron_microcircuit_model();

}  // namespace apical::models
