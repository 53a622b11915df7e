// SPDX-License-Identifier: Apache-2.0
#include "apical/models/error_neuron_microcircuit.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"
#include "apical/models/area_densities.h"
#include "apical/models/area_fields.h"
#include "apical/models/per_area.h"

namespace apical::models {
namespace {

struct Builder {
  const ErrorNeuronMicrocircuit& m;
  std::size_t areas;
  Circuit c;
  PopulationId input{}, target{};
  std::vector<PopulationId> rep, err;
  std::vector<std::vector<std::optional<ProjectionId>>> up;  ///< up[i][j]: from j (0 = input) to area i

  bool last(std::size_t i) const { return i + 1 == areas; }

  double density(std::size_t to, std::size_t from) const {
    if (m.densities) return (*m.densities)(to, from);
    return m.use_densities ? macaque_visual_densities()(to, from) : 1.0;
  }

  double eta(std::size_t area, std::size_t source) const {
    if (m.eta_pairs) return (*m.eta_pairs)(area, source);
    const double of_area = per_area(m.eta, area, areas, "eta");
    if (source == area) return of_area;
    if (m.forward == Wiring::layered || m.conversion == RateConversion::fill_diag) return 0;
    if (m.conversion == RateConversion::fill_all) return of_area;
    return source == 0 ? 0 : of_area * density(area, source - 1);
  }

  PlasticityRule forward_rule(double rate) const {
    PlasticityRule r;
    r.eta = rate;
    r.post.kind = m.rate_rule ? PostFactor::Kind::rate_residual : PostFactor::Kind::voltage_residual;
    r.post.compartment = "basal";
    r.pre.kind = PreFactor::Kind::transmitted;
    r.update_low_pass_ms = m.update_low_pass_ms;
    return r;
  }

  void add_populations() {
    input = c.add_external("input", m.layers[0]);
    c.edit(input).absent_input_holds = m.absent_input_holds && m.forward == Wiring::layered;
    target = c.add_external("target", m.layers.back());
    for (std::size_t i = 0; i < areas; ++i) {
      const std::string area = m.areas.empty() ? fmt::format("a{}", i + 1) : m.areas[i];
      const AreaActivation& f = per_area(m.activation, i, areas, "activation");
      Population r;
      r.name = area + ".rep";
      r.area = area;
      r.size = m.layers[i + 1];
      r.leak = m.g_leak;
      r.compartments = {{"basal", m.g_basal}, {"apical", m.g_apical}};
      set_activation(r, f, m.released_derivative);
      r.slope_sd = m.slope_sd;
      r.offset_sd = m.offset_sd;
      r.lookahead = m.rep_lookahead_per_area.empty() ? m.rep_lookahead : m.rep_lookahead_per_area.at(i);
      r.lookahead_gain = m.lookahead_gain;
      r.initial_soma_sd = m.initial_voltage_sd;
      if (last(i)) r.teacher = target;
      rep.push_back(c.add_population(r));

      Population e;
      e.name = area + ".err";
      e.area = area;
      e.size = m.error_neurons.empty() ? r.size : m.error_neurons.at(i);
      e.leak = m.g_leak;
      e.compartments = {last(i) ? Compartment{"target", m.g_target} : Compartment{"dendrite", m.g_dendrite}};
      e.activation = m.error_activation;
      e.lookahead = m.error_lookahead_per_area.empty() ? m.error_lookahead : m.error_lookahead_per_area.at(i);
      e.lookahead_gain = m.lookahead_gain;
      e.initial_soma_sd = m.initial_voltage_sd;
      err.push_back(c.add_population(e));
    }
    c.set_stimulus(input);
    c.set_target(target);
    c.set_readout(rep.back());
  }

  void connect_upwards() {
    up.assign(areas, std::vector<std::optional<ProjectionId>>(areas));
    const bool tabled = m.use_densities || m.densities;
    for (std::size_t i = 0; i < areas; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const bool hierarchical = j == i;
        if (!hierarchical && m.forward == Wiring::layered) continue;
        const double range = per_area(m.weight_range, i, areas, "weight_range");
        InitialWeights w = InitialWeights::uniform(-range, range);
        if (m.forward == Wiring::skip && tabled) {
          // The input reaches the first area only; between areas the table decides.
          w.scale = j == 0 ? (i == 0 ? 1.0 : 0.0) : density(i, j - 1);
        } else if (!hierarchical) {
          w = InitialWeights::uniform(-m.skip_weight_range, m.skip_weight_range);
        }
        if (w.scale == 0 && !m.eta_pairs) continue;
        ConnectOptions o{.compartment = "basal", .pathway = Pathway::forward, .weights = w};
        if (eta(i, j) != 0 || hierarchical) o.rule = forward_rule(eta(i, j));
        up[i][j] = c.connect(j == 0 ? input : rep[j - 1], rep[i], o);
      }
    }
  }

  InitialWeights lateral() const {
    InitialWeights w = InitialWeights::eye();
    if (m.lateral_range > 0) {
      w = InitialWeights::uniform(-m.lateral_range, m.lateral_range);
      w.identity = 1;
    }
    return w;
  }

  void connect_laterally(PopulationId from, PopulationId to, const std::string& compartment, Quantity q,
                         Effect effect, double rate) {
    ConnectOptions o{.compartment = compartment,
                     .transmits = q,
                     .effect = effect,
                     .pathway = Pathway::lateral,
                     .weights = lateral()};
    const bool dense = m.lateral_range > 0 || m.dense_laterals;
    o.topology = dense ? Topology::dense : Topology::one_to_one;
    if (rate != 0) {
      PlasticityRule r;
      r.eta = rate;
      r.decay = {.alpha = 1, .toward = WeightDecay::Toward::identity};
      o.rule = r;
    }
    c.connect(from, to, o);
  }

  void connect_downwards() {
    const std::size_t reach = m.feedback == Wiring::skip ? areas : 2;
    for (std::size_t i = 0; i + 1 < areas; ++i) {
      const std::size_t first = m.feedback == Wiring::skip && m.deviation_everywhere ? i : i + 1;
      for (std::size_t k = first; k < std::min(areas, i + reach); ++k) {
        ConnectOptions o{.compartment = "dendrite", .pathway = Pathway::feedback};
        const bool tabled = m.feedback == Wiring::skip && (m.use_densities || m.densities);
        if (!m.transposed_feedback) {
          o.weights = InitialWeights::uniform(-m.random_feedback, m.random_feedback);
          if (tabled) o.weights.scale = density(i, k);
          if (o.weights.scale == 0) continue;
        } else if (k > i && up[k][i + 1]) {
          o.view = TransposedView{.of = *up[k][i + 1]};
          if (m.feedback_deviation > 0)
            o.view->deviation = InitialWeights::uniform(-m.feedback_deviation, m.feedback_deviation);
        } else {
          if (!m.deviation_everywhere || m.feedback_deviation == 0) continue;
          o.weights = InitialWeights::uniform(-m.feedback_deviation, m.feedback_deviation);
          // The program keeps the upper triangle of its matrix over all error neurons.
          if (k == i) o.weights.law = InitialWeights::Law::uniform_upper;
        }
        c.connect(err[k], err[i], o);
      }
    }
  }
};

}  // namespace

Circuit build(const ErrorNeuronMicrocircuit& m) {
  check_layers(m.layers, 2);
  if (!m.areas.empty() && m.areas.size() + 1 != m.layers.size()) {
    throw FieldError("areas",
                     fmt::format("has {} names; expected one for each of the {} areas after the input",
                                 m.areas.size(), m.layers.size() - 1));
  }
  const std::size_t after_input = m.layers.size() - 1;
  if (m.eta_pairs && (m.eta_pairs->rows() != after_input || m.eta_pairs->cols() != after_input)) {
    throw FieldError("eta_pairs",
                     fmt::format("is {} x {}; expected {} x {} ([area][source], column 0 the input)",
                                 m.eta_pairs->rows(), m.eta_pairs->cols(), after_input, after_input));
  }
  Builder b{.m = m, .areas = m.layers.size() - 1, .c = {}, .rep = {}, .err = {}, .up = {}};
  if (!m.error_neurons.empty() && m.error_neurons.size() != b.areas) {
    throw FieldError("error_neurons", fmt::format("has {} entries; expected one for each of the {} areas",
                                                  m.error_neurons.size(), b.areas));
  }
  const bool skip = m.forward == Wiring::skip || m.feedback == Wiring::skip;
  const std::size_t table =
      m.densities ? std::min(m.densities->rows(), m.densities->cols()) : macaque_visual_densities().rows();
  if (skip && (m.use_densities || m.densities) && b.areas > table) {
    throw FieldError::about({"densities", "use_densities", "layers"},
                            fmt::format("the density table has {} areas; the circuit has {}", table, b.areas),
                            "give densities of your own, or set use_densities = false");
  }
  if (m.densities && !m.use_densities) {
    throw FieldError::about(
        {"use_densities", "densities"},
        "use_densities = false says that no densities scale anything, but densities are given",
        "leave one of them out");
  }
  if (m.densities && !skip) {
    throw FieldError::about({"densities", "wiring"},
                            "densities scale projections between all areas, but the wiring is layered",
                            "set wiring = \"skip\", or leave out densities");
  }
  if (m.densities &&
      std::any_of(m.densities->flat().begin(), m.densities->flat().end(), [](double d) { return d < 0; })) {
    throw FieldError("densities", "holds a negative number; expected 0 (no projection) or more");
  }
  b.c.name = "error-neuron-microcircuit";
  b.c.dt_ms = m.dt_ms;
  b.add_populations();
  b.connect_upwards();
  for (std::size_t i = 0; i < b.areas; ++i) {
    const double to_err =
        m.eta_rep_to_err_per_area.empty() ? m.eta_rep_to_err : m.eta_rep_to_err_per_area.at(i);
    const double to_rep =
        m.eta_err_to_rep_per_area.empty() ? m.eta_err_to_rep : m.eta_err_to_rep_per_area.at(i);
    if (b.last(i)) {
      b.connect_laterally(b.rep[i], b.err[i], "target", Quantity::mismatch, Effect::add, to_err);
    } else if (m.slope_transfer) {
      b.connect_laterally(b.rep[i], b.err[i], "dendrite", Quantity::slope, Effect::multiply, to_err);
    }
    b.connect_laterally(b.err[i], b.rep[i], "apical", Quantity::rate, Effect::add, to_rep);
  }
  b.connect_downwards();
  b.c.validate();
  return b.c;
}

void fields(FieldVisitor& v, ErrorNeuronMicrocircuit& m) {
  area_fields(v, m);
  feedback_fields(v, m.transposed_feedback);
  derivative_fields(v, m.activation, m.released_derivative);
  v({"error_neurons", "neurons", "error neurons per area; empty: as many as representation neurons",
     within(0, 1e8)},
    m.error_neurons);
  v({"error_activation", "", "activation function of error neurons"}, m.error_activation);
  v({"g_apical", "1/ms", "conductance from the apical dendrite to the soma", at_least(0)}, m.g_apical);
  v({"g_dendrite", "1/ms", "conductance from an error neuron's dendrite to its soma", at_least(0)},
    m.g_dendrite);
  v({"g_target", "1/ms", "conductance of the target on the output's error neurons", at_least(0)}, m.g_target);
  std::string down = m.feedback == m.forward ? "" : std::string(name_of(m.feedback));
  v({"wiring", "", "forward projections: to the next area, or to all higher areas"}, m.forward);
  v({.name = "feedback_wiring",
     .meaning = "projections of error neurons; empty: as wiring",
     .choices = {"", "layered", "skip"}},
    down);
  m.feedback = down.empty() ? m.forward : down == "skip" ? Wiring::skip : Wiring::layered;
  v({"areas", "", "names of the areas; empty: a1, a2 …. Picks rows and columns of a table given as CSV"},
    m.areas);
  v({.name = "densities",
     .meaning = "skip wiring: relative densities, [target][source], or a CSV file; not given: macaque visual "
                "areas",
     .areas = m.areas},
    m.densities);
  v({"use_densities", "", "skip wiring: scale weights and rates by densities"}, m.use_densities);
  v({"feedback_deviation", "", "transposed feedback deviates by a fixed uniform +- this", at_least(0)},
    m.feedback_deviation);
  v({"slope_transfer", "", "error neurons are multiplied by phi' of their representation neurons"},
    m.slope_transfer);
  v.words({"rule", "", "plasticity compares voltages, or rates"}, m.rate_rule, "rate", "voltage");
  v({.name = "eta_pairs",
     .unit = "1/ms",
     .meaning = "learning rates [area][source], column 0 the input; replaces eta",
     .areas = m.areas},
    m.eta_pairs);
  v({"conversion", "", "how eta per area becomes eta per pair of areas"}, m.conversion);
  v({"eta_rep_to_err", "1/ms", "relaxation of lateral weights onto error neurons to the identity"},
    m.eta_rep_to_err);
  v({"eta_err_to_rep", "1/ms", "relaxation of lateral weights onto representation neurons to the identity"},
    m.eta_err_to_rep);
  v({"update_low_pass_ms", "ms", "time constant of a low-pass on forward updates; 0: off", at_least(0)},
    m.update_low_pass_ms);
  v({"lookahead", "", "rates follow the prospective potential"}, m.rep_lookahead);
  v({"error_lookahead", "", "the same for error neurons"}, m.error_lookahead);
  v({"lookahead_gain", "", "multiplies tau du/dt in the prospective potential", more_than(0)},
    m.lookahead_gain);
  v({"skip_weight_range", "", "initial skip weights without a density table are uniform in +- this",
     at_least(0)},
    m.skip_weight_range);
  v({"lateral_range", "", "lateral weights start at the identity + uniform +- this; 0: one-to-one",
     at_least(0)},
    m.lateral_range);
  v({"dense_laterals", "", "store lateral weights as full matrices even where they are the identity"},
    m.dense_laterals);
  v({"slope_sd", "", "sd of the slope over representation neurons, drawn per seed", at_least(0)}, m.slope_sd);
  v({"offset_sd", "", "sd of the offset over representation neurons, drawn per seed", at_least(0)},
    m.offset_sd);
  v({"deviation_everywhere", "",
     "feedback deviations also where no projection is, as in the authors' program"},
    m.deviation_everywhere);
  v({"absent_input_holds", "", "a missing input keeps the last basal potential, as in the authors' program"},
    m.absent_input_holds);
}

Model error_neuron_microcircuit_model() {
  return {"error-neuron-microcircuit",
          "cortical areas of representation and error neurons, always on, local rule of presynaptic rate and "
          "postsynaptic voltage difference",
          "Max, Jaras, Granier, Wilmes & Petrovici, PLoS Comput Biol 2026, doi:10.1371/journal.pcbi.1014164 "
          "(bioRxiv 2025.07.11.664263)",
          Recipe<Circuit>(ErrorNeuronMicrocircuit{})};
}

}  // namespace apical::models
