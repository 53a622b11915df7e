// SPDX-License-Identifier: Apache-2.0
#include "apical/models/registry.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/layered_models.h"
#include "apical/models/layered_reference.h"

namespace apical::models {
namespace {

std::vector<std::size_t> sizes(const std::vector<double>& numbers, const char* name) {
  std::vector<std::size_t> out;
  for (double n : numbers) {
    if (!(n >= 0) || n != std::floor(n) || n > 1e8) throw ConfigError(fmt::format("{} holds {}; expected counts of neurons", name, n));
    out.push_back(static_cast<std::size_t>(n));
  }
  return out;
}

std::vector<AreaActivation> activations(const Values& v) {
  const auto& kinds = v.texts("activation");
  const auto& slopes = v.numbers("slope");
  const auto& offsets = v.numbers("offset");
  const auto& derivatives = v.texts("derivative_of");
  const std::size_t n = std::max({kinds.size(), slopes.size(), offsets.size(), derivatives.size()});
  std::vector<AreaActivation> out(n);
  const auto at = [n](const auto& list, std::size_t i, const char* name) -> const auto& {
    if (list.size() != 1 && list.size() != n) {
      throw ConfigError(fmt::format("{} has {} entries; expected 1 or {}", name, list.size(), n));
    }
    return list.size() == 1 ? list.front() : list[i];
  };
  for (std::size_t i = 0; i < n; ++i) {
    out[i].kind = activation_named(at(kinds, i, "activation"));
    out[i].slope = at(slopes, i, "slope");
    out[i].offset = at(offsets, i, "offset");
    if (!derivatives.empty() && !at(derivatives, i, "derivative_of").empty()) {
      out[i].derivative_of = activation_named(at(derivatives, i, "derivative_of"));
    }
  }
  return out;
}

std::vector<Parameter> layered_parameters() {
  using Numbers = std::vector<double>;
  using Texts = std::vector<std::string>;
  return {
      {"layers", Numbers{}, "neurons", "sizes: the input, then each area up to the output", {}, true},
      {"activation", Texts{"tanh"}, "", "activation function, one for all areas or one per area", activation_names()},
      {"slope", Numbers{1}, "", "slope of the activation, one for all areas or one per area"},
      {"offset", Numbers{0}, "", "offset of the activation"},
      {"derivative_of", Texts{}, "", "another function for phi' (released delayed-match task: linear)"},
      {"dt_ms", 0.01, "ms", "Euler step"},
      {"g_leak", 0.03, "1/ms", "leak conductance of the soma"},
      {"g_basal", 0.1, "1/ms", "conductance from the basal dendrite to the soma"},
      {"feedback", std::string("transposed"), "", "feedback weights: the transpose of the forward weights, or fixed random", {"transposed", "random"}},
      {"random_feedback", 1.0, "", "fixed random feedback weights are uniform in +- this"},
      {"eta", Numbers{1}, "1/ms", "learning rate of the forward weights, one for all areas or one per area"},
      {"weight_range", Numbers{1}, "", "initial forward weights are uniform in +- this, one for all areas or one per area"},
      {"initial_voltage_sd", 1.0, "", "initial somatic potentials are normal with this sd"},
      {"released_derivative", false, "", "phi' ignores slope and offset, as in the authors' program"},
  };
}

std::vector<Parameter> error_neuron_parameters() {
  using Numbers = std::vector<double>;
  using Texts = std::vector<std::string>;
  std::vector<Parameter> p = layered_parameters();
  const std::vector<Parameter> more{
      {"error_neurons", Numbers{}, "neurons", "error neurons per area; empty: as many as representation neurons"},
      {"error_activation", std::string("linear"), "", "activation function of error neurons", activation_names()},
      {"g_apical", 0.06, "1/ms", "conductance from the apical dendrite to the soma"},
      {"g_dendrite", 0.1, "1/ms", "conductance from an error neuron's dendrite to its soma"},
      {"g_target", 0.06, "1/ms", "conductance of the target on the output's error neurons"},
      {"wiring", std::string("layered"), "", "forward projections: to the next area, or to all higher areas", {"layered", "skip"}},
      {"feedback_wiring", std::string(""), "", "projections of error neurons; empty: as wiring", {"", "layered", "skip"}},
      {"areas", Texts{}, "", "names of the areas; empty: a1, a2 …. Picks rows and columns of a table given as CSV"},
      {"densities", Matrix<double>{}, "", "skip wiring: relative densities, [target][source], or a CSV file; not given: macaque visual areas"},
      {"use_densities", true, "", "skip wiring: scale weights and rates by densities"},
      {"feedback_deviation", 0.0, "", "transposed feedback deviates by a fixed uniform +- this"},
      {"slope_transfer", true, "", "error neurons are multiplied by phi' of their representation neurons"},
      {"rule", std::string("voltage"), "", "plasticity compares voltages, or rates", {"voltage", "rate"}},
      {"eta_pairs", Matrix<double>{}, "1/ms", "learning rates [area][source], column 0 the input; replaces eta"},
      {"conversion", std::string("fill_scaled"), "", "how eta per area becomes eta per pair of areas", {"fill_diag", "fill_all", "fill_scaled"}},
      {"eta_rep_to_err", 0.0, "1/ms", "relaxation of lateral weights onto error neurons to the identity"},
      {"eta_err_to_rep", 0.0, "1/ms", "relaxation of lateral weights onto representation neurons to the identity"},
      {"update_low_pass_ms", 0.0, "ms", "time constant of a low-pass on forward updates; 0: off"},
      {"lookahead", true, "", "rates follow the prospective potential"},
      {"error_lookahead", true, "", "the same for error neurons"},
      {"lookahead_gain", 1.0, "", "multiplies tau du/dt in the prospective potential"},
      {"skip_weight_range", 1.0, "", "initial skip weights without a density table are uniform in +- this"},
      {"lateral_range", 0.0, "", "lateral weights start at the identity + uniform +- this; 0: one-to-one"},
      {"dense_laterals", false, "", "store lateral weights as full matrices even where they are the identity"},
      {"slope_sd", 0.0, "", "sd of the slope over representation neurons, drawn per seed"},
      {"offset_sd", 0.0, "", "sd of the offset over representation neurons, drawn per seed"},
      {"deviation_everywhere", false, "", "feedback deviations also where no projection is, as in the authors' program"},
      {"absent_input_holds", false, "", "a missing input keeps the last basal potential, as in the authors' program"},
  };
  p.insert(p.end(), more.begin(), more.end());
  return p;
}

template <class Recipe>
void read_common(const Values& v, Recipe& m) {
  m.layers = sizes(v.numbers("layers"), "layers");
  m.activation = activations(v);
  m.dt_ms = v.number("dt_ms");
  m.g_leak = v.number("g_leak");
  m.g_basal = v.number("g_basal");
  m.transposed_feedback = v.text("feedback") == "transposed";
  m.random_feedback = v.number("random_feedback");
  m.eta = v.numbers("eta");
  m.weight_range = v.numbers("weight_range");
  m.initial_voltage_sd = v.number("initial_voltage_sd");
  m.released_derivative = v.flag("released_derivative");
}

Circuit build_error_neuron(const Values& v) {
  ErrorNeuronMicrocircuit m;
  read_common(v, m);
  m.areas = v.texts("areas");
  m.error_neurons = sizes(v.numbers("error_neurons"), "error_neurons");
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
      throw ConfigError(fmt::format("eta_pairs is {} x {}; expected {} x {} ([area][source], column 0 the input)", e.rows(), e.cols(), areas, areas));
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

Circuit build_layered(const Values& v) {
  LayeredReference m;
  read_common(v, m);
  return build(m);
}

}  // namespace

const std::vector<Model>& all() {
  static const std::vector<Model> models{
      {"error-neuron-microcircuit",
       "cortical areas of representation and error neurons, always on, local rule of presynaptic rate and postsynaptic voltage difference",
       "Max, Jaras, Granier, Wilmes & Petrovici, PLoS Comput Biol 2026, doi:10.1371/journal.pcbi.1014164 (bioRxiv 2025.07.11.664263)",
       error_neuron_parameters(), build_error_neuron},
      {"layered-reference",
       "layered network with backpropagation or, with feedback = \"random\", feedback alignment, pipelined over time",
       "Rumelhart, Hinton & Williams, Nature 323:533, 1986; feedback alignment: Lillicrap, Cownden, Tweed & Akerman, Nat Commun 7:13276, 2016",
       layered_parameters(), build_layered},
  };
  return models;
}

const Model& find(std::string_view name) {
  std::vector<std::string> names;
  for (const Model& m : all()) {
    if (m.name == name) return m;
    names.push_back(m.name);
  }
  for (const LayeredModelRecipe& m : layered_models()) names.push_back(m.name);
  throw ConfigError(fmt::format("unknown model '{}'", name), {}, suggestion(name, names));
}

Circuit build_default(const Model& model, const std::vector<double>& layers) {
  std::map<std::string, Value, std::less<>> values;
  for (const Parameter& p : model.parameters) values[p.name] = p.default_value;
  values["layers"] = layers;
  return model.build(Values(std::move(values)));
}

}  // namespace apical::models
