// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apical/core/error.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/model_tables.h"

namespace apical::models {
namespace {

std::vector<Parameter> table() {
  using Numbers = std::vector<double>;
  return joined(
      joined(joined(area_parameters(), feedback_parameters()), derivative_parameters()),
      {
          {"error_neurons", Numbers{}, "neurons",
           "error neurons per area; empty: as many as representation neurons"},
          {"error_activation", std::string("linear"), "", "activation function of error neurons",
           activation_names()},
          {"g_apical", 0.06, "1/ms", "conductance from the apical dendrite to the soma"},
          {"g_dendrite", 0.1, "1/ms", "conductance from an error neuron's dendrite to its soma"},
          {"g_target", 0.06, "1/ms", "conductance of the target on the output's error neurons"},
          {"wiring",
           std::string("layered"),
           "",
           "forward projections: to the next area, or to all higher areas",
           {"layered", "skip"}},
          {"feedback_wiring",
           std::string(""),
           "",
           "projections of error neurons; empty: as wiring",
           {"", "layered", "skip"}},
          {"areas", std::vector<std::string>{}, "",
           "names of the areas; empty: a1, a2 …. Picks rows and columns of a table given as CSV"},
          {"densities", Matrix<double>{}, "",
           "skip wiring: relative densities, [target][source], or a CSV file; not given: macaque visual "
           "areas"},
          {"use_densities", true, "", "skip wiring: scale weights and rates by densities"},
          {"feedback_deviation", 0.0, "", "transposed feedback deviates by a fixed uniform +- this"},
          {"slope_transfer", true, "",
           "error neurons are multiplied by phi' of their representation neurons"},
          {"rule", std::string("voltage"), "", "plasticity compares voltages, or rates", {"voltage", "rate"}},
          {"eta_pairs", Matrix<double>{}, "1/ms",
           "learning rates [area][source], column 0 the input; replaces eta"},
          {"conversion",
           std::string("fill_scaled"),
           "",
           "how eta per area becomes eta per pair of areas",
           {"fill_diag", "fill_all", "fill_scaled"}},
          {"eta_rep_to_err", 0.0, "1/ms", "relaxation of lateral weights onto error neurons to the identity"},
          {"eta_err_to_rep", 0.0, "1/ms",
           "relaxation of lateral weights onto representation neurons to the identity"},
          {"update_low_pass_ms", 0.0, "ms", "time constant of a low-pass on forward updates; 0: off"},
          {"lookahead", true, "", "rates follow the prospective potential"},
          {"error_lookahead", true, "", "the same for error neurons"},
          {"lookahead_gain", 1.0, "", "multiplies tau du/dt in the prospective potential"},
          {"skip_weight_range", 1.0, "",
           "initial skip weights without a density table are uniform in +- this"},
          {"lateral_range", 0.0, "",
           "lateral weights start at the identity + uniform +- this; 0: one-to-one"},
          {"dense_laterals", false, "",
           "store lateral weights as full matrices even where they are the identity"},
          {"slope_sd", 0.0, "", "sd of the slope over representation neurons, drawn per seed"},
          {"offset_sd", 0.0, "", "sd of the offset over representation neurons, drawn per seed"},
          {"deviation_everywhere", false, "",
           "feedback deviations also where no projection is, as in the authors' program"},
          {"absent_input_holds", false, "",
           "a missing input keeps the last basal potential, as in the authors' program"},
      });
}

Circuit build_from(const Values& v) {
  ErrorNeuronMicrocircuit m;
  read_areas(v, m);
  m.areas = v.texts("areas");
  m.error_neurons = counts_of(v, "error_neurons");
  m.error_activation = activation_named(v.text("error_activation"));
  m.g_apical = v.number("g_apical");
  m.g_dendrite = v.number("g_dendrite");
  m.g_target = v.number("g_target");
  m.forward = v.text("wiring") == "skip" ? Wiring::skip : Wiring::layered;
  const std::string& down = v.text("feedback_wiring");
  m.feedback = down.empty() ? m.forward : down == "skip" ? Wiring::skip : Wiring::layered;
  if (const auto& d = v.get<Matrix<double>>("densities"); d.size() > 0) m.densities = d;
  m.use_densities = v.flag("use_densities");
  m.feedback_deviation = v.number("feedback_deviation");
  m.slope_transfer = v.flag("slope_transfer");
  m.rate_rule = v.text("rule") == "rate";
  if (const auto& e = v.get<Matrix<double>>("eta_pairs"); e.size() > 0) {
    const std::size_t areas = m.layers.empty() ? 0 : m.layers.size() - 1;
    if (e.rows() != areas || e.cols() != areas) {
      throw ConfigError(
          fmt::format("eta_pairs is {} x {}; expected {} x {} ([area][source], column 0 the input)", e.rows(),
                      e.cols(), areas, areas));
    }
    m.eta_pairs = e;
  }
  const std::string& conversion = v.text("conversion");
  m.conversion = conversion == "fill_diag"  ? RateConversion::fill_diag
                 : conversion == "fill_all" ? RateConversion::fill_all
                                            : RateConversion::fill_scaled;
  m.eta_rep_to_err = v.number("eta_rep_to_err");
  m.eta_err_to_rep = v.number("eta_err_to_rep");
  m.update_low_pass_ms = v.number("update_low_pass_ms");
  m.rep_lookahead = v.flag("lookahead");
  m.error_lookahead = v.flag("error_lookahead");
  m.lookahead_gain = v.number("lookahead_gain");
  m.skip_weight_range = v.number("skip_weight_range");
  m.lateral_range = v.number("lateral_range");
  m.dense_laterals = v.flag("dense_laterals");
  m.slope_sd = v.number("slope_sd");
  m.offset_sd = v.number("offset_sd");
  m.deviation_everywhere = v.flag("deviation_everywhere");
  m.absent_input_holds = v.flag("absent_input_holds");
  return build(m);
}

}  // namespace

Model error_neuron_microcircuit_model() {
  return {"error-neuron-microcircuit",
          "cortical areas of representation and error neurons, always on, local rule of presynaptic rate and "
          "postsynaptic voltage difference",
          "Max, Jaras, Granier, Wilmes & Petrovici, PLoS Comput Biol 2026, doi:10.1371/journal.pcbi.1014164 "
          "(bioRxiv 2025.07.11.664263)",
          table(), build_from};
}

}  // namespace apical::models
