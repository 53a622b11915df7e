// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/circuits.h"
#include "apical/errors.h"
#include "golden/microcircuits.h"

namespace apical::golden {

using nlohmann::json;

std::vector<double> doubles(const json& j) { return j.get<std::vector<double>>(); }

namespace {
/// "d_tanh" → tanh.
ActivationKind derivative_named(const std::string& name) {
  return activation_named(name.starts_with("d_") ? name.substr(2) : name);
}
}  // namespace

std::vector<models::AreaActivation> activations(const json& params) {
  std::vector<models::AreaActivation> out;
  for (std::size_t i = 0; i < params.at("activation").size(); ++i) {
    models::AreaActivation a;
    a.kind = activation_named(params["activation"][i].at("name").get<std::string>());
    a.derivative_of = derivative_named(params.at("slope_function").at(i).get<std::string>());
    out.push_back(a);
  }
  return out;
}

std::string area_name(std::size_t i, const char* suffix) { return fmt::format("a{}.{}", i + 1, suffix); }

void set_neuron_parameters(Circuit& c, const std::string& population, const json& activation) {
  Population& p = c.edit(c.population(population));
  p.activation = activation_named(activation.at("name").get<std::string>());
  p.slopes = doubles(activation.at("slope"));
  p.offsets = doubles(activation.at("offset"));
}

namespace {

struct Shape {
  std::vector<std::size_t> layers, errors;  ///< with the input in front (errors: 0)
  std::size_t areas() const { return layers.size() - 1; }
  static std::size_t before(const std::vector<std::size_t>& sizes, std::size_t k) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < k; ++i) sum += sizes[i];
    return sum;
  }
};

struct Block {
  ProjectionId projection;
  std::size_t row, rows, col, cols;
};

}  // namespace

MicrocircuitReplay error_neuron_replay(const json& trace) {
  const json& p = trace.at("params");
  const json& initial = trace.at("initial");
  Shape shape;
  shape.layers = p.at("layers").get<std::vector<std::size_t>>();
  shape.errors =
      p.contains("error_layers") ? p.at("error_layers").get<std::vector<std::size_t>>() : shape.layers;
  const std::size_t areas = shape.areas();

  models::ErrorNeuronMicrocircuit m;
  m.layers = shape.layers;
  m.error_neurons.assign(shape.errors.begin() + 1, shape.errors.end());
  m.activation = activations(p);
  m.dt_ms = p.at("dt");
  m.g_leak = p.at("g_leak");
  m.g_basal = p.at("g_basal");
  m.g_apical = p.at("g_apical");
  m.g_dendrite = p.at("g_dendrite");
  m.g_target = p.at("g_target");
  const bool skip_up = p.value("forward_connectivity", "layered") == "skip";
  const bool skip_down = p.value("feedback_connectivity", "layered") == "skip";
  m.forward = skip_up ? models::Wiring::skip : models::Wiring::layered;
  m.feedback = skip_down ? models::Wiring::skip : models::Wiring::layered;
  m.use_densities = false;
  m.transposed_feedback = p.at("feedback_mode") == "BP";
  // Any positive range makes room for the recorded deviations.
  m.feedback_deviation = m.transposed_feedback ? 1 : 0;
  m.deviation_everywhere = true;
  m.slope_transfer = p.value("slope_transfer", true);
  m.rate_rule = p.value("update_uses_activation", false);
  Matrix<double> eta(areas, areas);
  for (std::size_t i = 0; i < areas; ++i) {
    if (p.at("eta_forward").at(i).is_array()) {
      for (std::size_t j = 0; j < p["eta_forward"][i].size(); ++j) eta(i, j) = p["eta_forward"][i][j];
    } else {
      eta(i, i) = p["eta_forward"][i];
    }
  }
  m.eta_pairs = eta;
  m.eta_rep_to_err_per_area = p.value("eta_rep_to_err", std::vector<double>(areas, 0.0));
  m.eta_err_to_rep_per_area = p.value("eta_err_to_rep", std::vector<double>(areas, 0.0));
  if (p.value("low_pass_forward_update", false)) m.update_low_pass_ms = p.at("tau_low_pass");
  m.rep_lookahead_per_area = p.value("rep_lookahead", std::vector<bool>(areas, true));
  m.error_lookahead_per_area = p.value("error_lookahead", std::vector<bool>(areas, true));
  m.lookahead_gain = p.value("taur", 1.0);
  m.dense_laterals = true;
  m.released_derivative = true;
  m.absent_input_holds = !skip_up;

  MicrocircuitReplay r;
  r.circuit = build(m);
  for (std::size_t i = 0; i < areas; ++i) {
    set_neuron_parameters(r.circuit, area_name(i, "rep"), p.at("activation").at(i));
    if (p.contains("error_activation"))
      set_neuron_parameters(r.circuit, area_name(i, "err"), p["error_activation"].at(i));
  }
  const Circuit& c = r.circuit;

  for (std::size_t i = 0; i < areas; ++i) {
    const std::string rep = area_name(i, "rep"), err = area_name(i, "err");
    r.variables["soma_rep"].push_back({rep, "soma"});
    r.variables["soma_rep_lookahead"].push_back({rep, "lookahead"});
    r.variables["rate_rep"].push_back({rep, "rate"});
    r.variables["slope_rep"].push_back({rep, "slope"});
    r.variables["basal_rep"].push_back({rep, "basal"});
    r.variables["apical_rep"].push_back({rep, "apical"});
    r.variables["soma_err"].push_back({err, "soma"});
    r.variables["soma_err_lookahead"].push_back({err, "lookahead"});
    r.variables["rate_err"].push_back({err, "rate"});
    r.variables["dendrite_err"].push_back({err, i + 1 < areas ? "dendrite" : ""});
  }

  // Where each block of the recorded matrices lives: [matrix in the list] → blocks.
  std::map<std::pair<std::string, std::size_t>, std::vector<Block>> blocks;
  const auto find = [&](const std::string& from, const std::string& to,
                        const std::string& compartment) -> std::optional<ProjectionId> {
    for (std::uint32_t k = 0; k < c.projections().size(); ++k) {
      const Projection& j = c.projections()[k];
      if (c[j.from].name == from && c[j.to].name == to && j.compartment == compartment)
        return ProjectionId{k};
    }
    return std::nullopt;
  };
  for (std::size_t i = 0; i < areas; ++i) {
    const std::string rep = area_name(i, "rep"), err = area_name(i, "err");
    const std::size_t n = shape.layers[i + 1], e = shape.errors[i + 1];
    for (std::size_t j = skip_up ? 0 : i; j <= i; ++j) {
      const auto id = find(j == 0 ? "input" : area_name(j - 1, "rep"), rep, "basal");
      if (!id) throw DataError("a forward projection is missing");
      if (skip_up) {
        blocks[{"w_forward", 0}].push_back(
            {*id, Shape::before(shape.layers, i + 1), n, Shape::before(shape.layers, j), shape.layers[j]});
      } else {
        blocks[{"w_forward", i}].push_back({*id, 0, n, 0, shape.layers[j]});
      }
    }
    if (const auto id = find(rep, err, i + 1 < areas ? "dendrite" : "target"))
      blocks[{"w_rep_to_err", i}].push_back({*id, 0, e, 0, n});
    blocks[{"w_err_to_rep", i}].push_back({find(err, rep, "apical").value(), 0, n, 0, e});
    for (std::size_t k = skip_down ? i : i + 1;
         k < (skip_down ? areas : std::min(areas, i + 2)) && i + 1 < areas; ++k) {
      const auto id = find(area_name(k, "err"), err, "dendrite");
      if (!id) continue;
      const std::size_t ek = shape.errors[k + 1];
      if (skip_down) {
        blocks[{"w_feedback_error", 0}].push_back(
            {*id, Shape::before(shape.errors, i + 1), e, Shape::before(shape.errors, k + 1), ek});
      } else {
        blocks[{"w_feedback_error", i}].push_back({*id, 0, e, 0, ek});
      }
    }
  }
  const auto each_block = [blocks](const json& from, const auto& f) {
    for (const auto& [where, list] : blocks) {
      if (!from.contains(where.first)) continue;
      const Matrix<double> whole = matrix_of(from.at(where.first).at(where.second));
      for (const Block& b : list) f(b, block_of(whole, b.row, b.rows, b.col, b.cols), where);
    }
  };
  r.weights = [each_block](const json& snapshot) {
    std::vector<ExpectedMatrix> out;
    each_block(snapshot, [&](const Block& b, Matrix<double> values, const auto&) {
      out.push_back({b.projection, std::move(values)});
    });
    return out;
  };

  r.prepare = [=](rate::RateEngine<double>& engine, const json& start) {
    const Circuit& circuit = engine.circuit();
    for (std::size_t i = 0; i < areas; ++i) {
      const PopulationId rep = circuit.population(area_name(i, "rep")),
                         err = circuit.population(area_name(i, "err"));
      engine.set_soma(rep, 0, doubles(start.at("soma_rep")[i]), doubles(start.at("soma_rep_previous")[i]));
      engine.set_soma(err, 0, doubles(start.at("soma_err")[i]), doubles(start.at("soma_err_previous")[i]));
      engine.write(rep, "rate", 0, doubles(start.at("rate_rep")[i]));
      engine.write(err, "rate", 0, doubles(start.at("rate_err")[i]));
      engine.write(rep, "basal", 0, doubles(start.at("basal_rep")[i]));
      engine.write(rep, "apical", 0, doubles(start.at("apical_rep")[i]));
      if (i + 1 < areas) engine.write(err, "dendrite", 0, doubles(start.at("dendrite_err")[i]));
    }
    if (start.contains("input_previous") && !start.at("input_previous").is_null()) {
      engine.write(circuit.population("input"), "rate", 0, doubles(start.at("input_previous")));
    }
    each_block(start, [&](const Block& b, const Matrix<double>& values, const auto& where) {
      if (where.first != "w_feedback_error" && !circuit[b.projection].view)
        engine.set_weights(b.projection, 0, values);
    });
    const bool noisy = start.contains("feedback_noise");
    each_block(start, [&](const Block& b, const Matrix<double>& values, const auto& where) {
      if (where.first != "w_feedback_error") return;
      Matrix<double> noise(values.rows(), values.cols());
      if (noisy)
        noise =
            block_of(matrix_of(start.at("feedback_noise").at(where.second)), b.row, b.rows, b.col, b.cols);
      if (circuit[b.projection].view) {
        engine.network(0).set_deviation(b.projection, 0, noise);
        engine.network(0).set_until_refresh(b.projection, 0, values);
        return;
      }
      // Blocks on the diagonal (skip wiring): transposes of nothing, so noise alone, above the diagonal.
      engine.set_weights(b.projection, 0, values);
    });
  };
  const auto resets = p.value("soma_reset_steps", std::vector<std::size_t>{});
  std::vector<std::vector<double>> somata;
  for (std::size_t i = 0; i < areas; ++i) somata.push_back(doubles(initial.at("soma_rep")[i]));
  // What the rules see of a missing input in the step after: the last one that was there.
  std::vector<std::vector<double>> remembered;
  for (const json& x : trace.at("inputs")) {
    const bool first = remembered.empty();
    remembered.push_back(!x.is_null() ? doubles(x)
                         : !first     ? remembered.back()
                                      : doubles(initial.at("input_previous")));
  }
  const bool refreshed =
      m.transposed_feedback &&
      (p.value("learn_forward", true) || p.value("learn_lateral", true) || p.value("learn_feedback", false));
  const json noise = refreshed && initial.contains("feedback_noise") ? initial.at("feedback_noise") : json();
  const std::vector<bool> missing = [&] {
    std::vector<bool> list;
    for (const json& x : trace.at("inputs")) list.push_back(x.is_null());
    return list;
  }();
  r.before_step = [=](rate::RateEngine<double>& engine, std::size_t step) {
    const Circuit& circuit = engine.circuit();
    if (std::find(resets.begin(), resets.end(), step) != resets.end()) {
      for (std::size_t i = 0; i < areas; ++i)
        engine.reset_soma(circuit.population(area_name(i, "rep")), 0, somata[i]);
    }
    if (skip_up && step > 0 && missing.at(step - 1))
      engine.write(circuit.population("input"), "rate", 0, remembered[step - 1]);
  };
  r.after_step = [=](rate::RateEngine<double>& engine, std::size_t step) {
    if (step != 0 || noise.is_null()) return;
    const Circuit& circuit = engine.circuit();
    // From the first refresh on, feedback without a forward partner is the noise itself, above the diagonal.
    each_block(json{{"w_feedback_error", noise}}, [&](const Block& b, Matrix<double> values, const auto&) {
      if (circuit[b.projection].view) return;
      for (std::size_t a = 0; a < b.rows; ++a) {
        for (std::size_t k = 0; k < b.cols; ++k) {
          if (b.row + a > b.col + k) values(a, k) = 0;
        }
      }
      engine.set_weights(b.projection, 0, values);
    });
  };
  return r;
}

MicrocircuitReplay layered_reference_replay(const json& trace) {
  const json& p = trace.at("params");
  models::LayeredReference m;
  m.layers = p.at("layers").get<std::vector<std::size_t>>();
  m.activation = activations(p);
  m.dt_ms = p.at("dt");
  m.g_leak = p.at("g_leak");
  m.g_basal = p.at("g_basal");
  m.transposed_feedback = p.at("feedback_mode") == "BP";
  m.eta = doubles(p.at("eta_forward"));
  m.released_derivative = true;
  MicrocircuitReplay r;
  r.circuit = build(m);
  const std::size_t areas = m.layers.size() - 1;
  for (std::size_t i = 0; i < areas; ++i)
    set_neuron_parameters(r.circuit, area_name(i, "rep"), p.at("activation").at(i));
  const Circuit& c = r.circuit;
  std::vector<ProjectionId> up, down;
  for (std::size_t i = 0; i < areas; ++i) {
    // Voltages and errors are recorded after they were replaced, i.e. as the next step will see them.
    r.variables["soma"].push_back({area_name(i, "rep"), "prospective"});
    r.variables["rate"].push_back({area_name(i, "rep"), "rate"});
    r.variables["slope"].push_back({area_name(i, "rep"), "slope"});
    r.variables["error"].push_back({area_name(i, "err"), "prospective"});
    up.push_back(c.projection(
        fmt::format("{}->{}.basal", i == 0 ? "input" : area_name(i - 1, "rep"), area_name(i, "rep"))));
    if (i + 1 < areas)
      down.push_back(
          c.projection(fmt::format("{}->{}.dendrite", area_name(i + 1, "err"), area_name(i, "err"))));
  }
  r.weights = [=](const json& snapshot) {
    std::vector<ExpectedMatrix> out;
    for (std::size_t i = 0; i < areas; ++i) out.push_back({up[i], matrix_of(snapshot.at("w_forward").at(i))});
    for (std::size_t i = 0; i + 1 < areas; ++i)
      out.push_back({down[i], matrix_of(snapshot.at("w_feedback").at(i))});
    return out;
  };
  r.prepare = [=](rate::RateEngine<double>& engine, const json& start) {
    const Circuit& circuit = engine.circuit();
    for (std::size_t i = 0; i < areas; ++i) {
      const PopulationId rep = circuit.population(area_name(i, "rep")),
                         err = circuit.population(area_name(i, "err"));
      engine.write(rep, "prospective", 0, doubles(start.at("soma")[i]));
      engine.write(rep, "rate", 0, doubles(start.at("rate")[i]));
      engine.write(err, "prospective", 0, doubles(start.at("error")[i]));
      engine.set_weights(up[i], 0, matrix_of(start.at("w_forward").at(i)));
    }
    engine.write(circuit.population("input"), "rate", 0, doubles(start.at("input_previous")));
    for (std::size_t i = 0; i + 1 < areas; ++i) {
      const Matrix<double> feedback = matrix_of(start.at("w_feedback").at(i));
      if (circuit[down[i]].view) {
        engine.network(0).set_until_refresh(down[i], 0, feedback);
      } else {
        engine.set_weights(down[i], 0, feedback);
      }
    }
  };
  return r;
}

}  // namespace apical::golden
