// SPDX-License-Identifier: Apache-2.0
// Traces of models whose errors live in apical dendrites: sacramento2018, dPC, pal.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apical/circuits.h"
#include "apical/errors.h"
#include "golden/microcircuits.h"

namespace apical::golden {
namespace {

using models::DendriticMicrocircuit;
using models::DendriticPredictiveCoding;
using models::PhaselessAlignmentLearning;
using nlohmann::json;

void read(models::PyramidalHierarchy& m, const json& p) {
  m.layers = p.at("layers").get<std::vector<std::size_t>>();
  m.activation = activations(p);
  m.dt_ms = p.at("dt");
  m.g_leak = p.at("g_leak");
  m.g_basal = p.at("g_basal");
  m.g_apical = p.at("g_apical");
  m.g_target = p.at("g_target");
  m.transposed_feedback = p.at("feedback_mode") == "BP";
  // Any positive range makes room for the recorded deviations.
  m.feedback_deviation = m.transposed_feedback ? 1 : 0;
  m.rate_rule = p.value("update_uses_activation", false);
  m.eta = doubles(p.at("eta_forward"));
  if (p.value("low_pass_forward_update", false)) m.update_low_pass_ms = p.at("tau_low_pass");
  m.lookahead_gain = p.value("taur", 1.0);
  m.self_predicting = false;
  m.released_derivative = true;
  m.absent_input_holds = true;
}

/// A list with one entry per area but the last; a net of one area has none.
std::vector<double> hidden_list(const json& p, const char* key, std::size_t hidden) {
  return hidden == 0 ? std::vector<double>{0} : p.value(key, std::vector<double>(hidden, 0.0));
}

void read(DendriticMicrocircuit& m, const json& p) {
  read(static_cast<models::PyramidalHierarchy&>(m), p);
  const std::size_t hidden = m.areas() - 1;
  m.g_dendrite = p.at("g_dendrite");
  m.g_nudge = p.at("g_nudge_inter");
  if (p.value("inter_low_pass", false)) m.inter_low_pass_ms = p.at("tau_low_pass");
  m.eta_pyr_to_inter = hidden_list(p, "eta_pyr_to_inter", hidden);
  m.eta_inter_to_pyr = hidden_list(p, "eta_inter_to_pyr", hidden);
}

void read(DendriticPredictiveCoding& m, const json& p) {
  read(static_cast<models::PyramidalHierarchy&>(m), p);
  m.eta_lateral = hidden_list(p, "eta_lateral", m.areas() - 1);
}

void read(PhaselessAlignmentLearning& m, const json& p) {
  read(static_cast<DendriticMicrocircuit&>(m), p);
  const std::size_t hidden = m.areas() - 1;
  m.eta_feedback = hidden_list(p, "eta_feedback", hidden);
  m.alpha = hidden_list(p, "alpha", hidden);
  m.noise_scale = hidden_list(p, "noise_scale", hidden);
  m.noise_process = p.at("noise_type") == "OU" ? CompartmentNoise::Process::ornstein_uhlenbeck
                                               : CompartmentNoise::Process::held_white;
  m.noise_tau_ms = p.value("tau_noise", 0.1);
  m.high_pass = p.value("high_pass_rates", true);
  if (m.high_pass) m.high_pass_ms = p.at("tau_high_pass").get<double>();
  if (p.value("gate_regularizer", false)) m.decay = models::FeedbackDecay::gated;
  if (p.value("slope_regularizer", false)) m.decay = models::FeedbackDecay::slope_weighted;
  m.released_output_slope = true;
  if (p.value("low_pass_presynaptic", false)) m.presynaptic_low_pass_ms = p.at("tau_low_pass");
  if (p.value("low_pass_postsynaptic", false)) m.postsynaptic_low_pass_ms = p.at("tau_low_pass");
}

template <class Model>
Circuit circuit_of(const json& p) {
  Model m;
  read(m, p);
  return build(m);
}

/// Hands out the recorded draws. The released program shares one counter between areas and counts its calls,
/// so with more than one hidden area and held noise not every area is drawn anew (meant: one counter of
/// steps).
class RecordedNoise {
 public:
  RecordedNoise(const json& trace, rate::RateEngine<double>& engine)
      : engine_(engine), hold_(trace.at("params").value("noise_hold_steps", std::int64_t{1})) {
    for (const json& step : trace.at("noise_draws")) {
      auto& draws = draws_.emplace_back();
      for (const json& entry : step) {
        if (entry.is_array()) {
          for (double z : doubles(entry)) draws.push_back(z);
        } else {
          draws.push_back(entry.get<double>());
        }
      }
    }
  }

  bool operator()(PopulationId p, rate::Step step, std::span<double> out) {
    if (step != step_) {
      check_used_up();
      step_ = step;
      next_ = 0;
    }
    std::vector<double> noise(out.size());
    engine_.read(p, "noise", 0, noise);
    const bool silent = std::all_of(noise.begin(), noise.end(), [](double x) { return x == 0; });
    const bool draw = silent || counter_ % hold_ == 0;
    if (draw) {
      counter_ = 0;
      const auto& draws = draws_.at(static_cast<std::size_t>(step));
      if (next_ + out.size() > draws.size())
        throw DataError(fmt::format("step {} has {} noise draws; more were asked for", step, draws.size()));
      for (double& x : out) x = draws[next_++];
    }
    ++counter_;
    return draw;
  }

  void check_used_up() const {
    if (step_ < 0) return;
    const std::size_t drawn = draws_.at(static_cast<std::size_t>(step_)).size();
    if (next_ != drawn)
      throw DataError(fmt::format("step {} has {} noise draws; {} were asked for", step_, drawn, next_));
  }

 private:
  rate::RateEngine<double>& engine_;
  std::int64_t hold_, counter_ = 0;
  std::vector<std::vector<double>> draws_;
  rate::Step step_ = -1;
  std::size_t next_ = 0;
};

}  // namespace

MicrocircuitReplay dendritic_replay(const json& trace) {
  const json& p = trace.at("params");
  const std::string model = trace.at("model");
  const auto layers = p.at("layers").get<std::vector<std::size_t>>();
  const std::size_t areas = layers.size() - 1, hidden = areas - 1;
  const bool has_inter = model != "dPC", has_noise = model == "pal";

  MicrocircuitReplay r;
  r.circuit = model == "sacramento2018" ? circuit_of<DendriticMicrocircuit>(p)
              : model == "dPC"          ? circuit_of<DendriticPredictiveCoding>(p)
                                        : circuit_of<PhaselessAlignmentLearning>(p);
  const bool high_pass = has_noise && p.value("high_pass_rates", true);
  if (has_noise && !high_pass) r.note = "rate_pyr_highpass: recorded, but no rule of this circuit reads it";

  using Matrices = std::map<std::string, std::vector<std::pair<ProjectionId, std::optional<ProjectionId>>>>;
  Matrices matrices;
  // A net of one area records empty lists of these.
  for (const char* name : {"apical_pyr", "apical_pyr_noisy", "rate_lateral", "soma_inter",
                           "soma_inter_lookahead", "rate_inter", "dendrite_inter"}) {
    r.variables[name] = {};
  }
  const auto projection = [&](const std::string& from, const std::string& to) {
    return r.circuit.projection(from + "->" + to);
  };
  for (std::size_t i = 0; i < areas; ++i) {
    const std::string pyr = area_name(i, "pyr"), inter = area_name(i, "inter");
    set_neuron_parameters(r.circuit, pyr, p.at("activation").at(i));
    matrices["w_forward"].push_back(
        {projection(i == 0 ? "input" : area_name(i - 1, "pyr"), pyr + ".basal"), {}});
    for (const auto& [name, variable] : {std::pair{"soma_pyr", "soma"},
                                         {"soma_pyr_lookahead", "lookahead"},
                                         {"rate_pyr", "rate"},
                                         {"basal_pyr", "basal"}}) {
      r.variables[name].push_back({pyr, variable});
    }
    r.variables["rate_pyr_highpass"].push_back({pyr, high_pass && i > 0 ? "rate_highpass" : ""});
    r.variables["noise"].push_back({pyr, i < hidden ? "noise" : ""});
    if (i == hidden) continue;
    r.variables["apical_pyr"].push_back({pyr, "apical"});
    r.variables["apical_pyr_noisy"].push_back({pyr, "apical_noisy"});
    r.variables["rate_lateral"].push_back({pyr, "rate_delayed1"});
    matrices["w_feedback"].push_back({projection(area_name(i + 1, "pyr"), pyr + ".apical"), {}});
    if (!has_inter) {
      matrices["w_lateral"].push_back({projection(pyr, pyr + ".apical"), {}});
      continue;
    }
    set_neuron_parameters(r.circuit, inter, p.at("activation").at(i + 1));
    for (const auto& [name, variable] : {std::pair{"soma_inter", "soma"},
                                         {"soma_inter_lookahead", "lookahead"},
                                         {"rate_inter", "rate"},
                                         {"dendrite_inter", "dendrite"}}) {
      r.variables[name].push_back({inter, variable});
    }
    matrices["w_pyr_to_inter"].push_back({projection(pyr, inter + ".dendrite"), {}});
    const ProjectionId cancel = projection(inter, pyr + ".apical");
    const bool increments = r.circuit[cancel].view && doubles(p.at("eta_inter_to_pyr")).at(i) != 0;
    matrices["w_inter_to_pyr"].push_back(
        {cancel, increments ? std::optional(projection(inter, pyr + ".apical.increment")) : std::nullopt});
  }

  r.weights = [matrices](const json& snapshot) {
    std::vector<ExpectedMatrix> out;
    for (const auto& [name, list] : matrices) {
      for (std::size_t i = 0; i < list.size(); ++i)
        out.push_back({list[i].first, matrix_of(snapshot.at(name).at(i)), list[i].second});
    }
    return out;
  };

  r.prepare = [=](rate::RateEngine<double>& engine, const json& start) {
    const Circuit& c = engine.circuit();
    const auto soma = [&](const char* suffix, const std::string& key) {
      for (std::size_t i = 0; i < start.at(key).size(); ++i) {
        engine.set_soma(c.population(area_name(i, suffix)), 0, doubles(start.at(key)[i]),
                        doubles(start.at(key + "_previous")[i]));
      }
    };
    const auto write = [&](const char* suffix, const char* variable, const char* key, std::size_t first = 0) {
      if (!start.contains(key)) return;
      for (std::size_t i = first; i < start.at(key).size(); ++i) {
        engine.write(c.population(area_name(i, suffix)), variable, 0, doubles(start.at(key)[i]));
      }
    };
    soma("pyr", "soma_pyr");
    write("pyr", "rate", "rate_pyr");
    write("pyr", "basal", "basal_pyr");
    write("pyr", "apical", "apical_pyr");
    write("pyr", "rate_delayed1", "rate_lateral");
    if (has_inter) {
      soma("inter", "soma_inter");
      write("inter", "rate", "rate_inter");
      write("inter", "dendrite", "dendrite_inter");
    }
    if (high_pass) write("pyr", "rate_highpass", "rate_pyr_highpass", 1);
    if (start.contains("input_previous") && !start.at("input_previous").is_null()) {
      engine.write(c.population("input"), "rate", 0, doubles(start.at("input_previous")));
    }
    for (const auto& [name, list] : matrices) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        const ProjectionId j = list[i].first;
        const Matrix<double> values = matrix_of(start.at(name).at(i));
        if (!c[j].view) {
          engine.set_weights(j, 0, values);
        } else if (start.contains("feedback_noise")) {
          engine.network(0).set_deviation(j, 0, matrix_of(start.at("feedback_noise").at(i)));
        } else {
          engine.network(0).set_deviation(j, 0, Matrix<double>(values.rows(), values.cols()));
        }
      }
    }
    // The views' first matrices need the forward weights in place.
    for (const auto& [name, list] : matrices) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (c[list[i].first].view)
          engine.network(0).set_until_refresh(list[i].first, 0, matrix_of(start.at(name).at(i)));
      }
    }
    if (!has_noise) return;
    for (std::size_t i = 0; i < hidden && start.contains("noise"); ++i) {
      engine.write(c.population(area_name(i, "pyr")), "noise", 0, doubles(start.at("noise")[i]));
    }
    if (trace.contains("noise_draws")) {
      auto noise = std::make_shared<RecordedNoise>(trace, engine);
      engine.network(0).set_noise_source([noise](PopulationId id, rate::Step step, std::span<double> out) {
        return (*noise)(id, step, out);
      });
    }
  };
  return r;
}

}  // namespace apical::golden
