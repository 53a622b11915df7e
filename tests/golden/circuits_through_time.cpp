// SPDX-License-Identifier: Apache-2.0
// Kinds "circuit" and "closed_loop" of credit-through-time-golden/1. Circuits run twice: in the rate engine,
// for what its steps show, and with a memory of them, for the gradient.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "apical/gradients.h"
#include "apical/simulation.h"
#include "apical/tasks.h"
#include "golden/credit_through_time.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

using Compare = CaseComparison<double>;
using plain::add_scaled;
using rate::CircuitTrial;
using rate::TrialNetwork;
using rate::Vector;

template <Named Enum>
Enum named(const json& object, const char* key, Enum otherwise) {
  if (!object.contains(key) || object.at(key).is_null()) return otherwise;
  const auto name = object.at(key).get<std::string>();
  for (std::size_t k = 0; k < kNames<Enum>.size(); ++k) {
    if (kNames<Enum>[k] == name) return static_cast<Enum>(k);
  }
  throw DataError("'" + name + "' is no " + key);
}

template <class T>
void take(const json& object, const char* key, T& value) {
  if (object.contains(key) && !object.at(key).is_null()) value = object.at(key).get<T>();
}

void refuse_unknown(const json& object, const std::set<std::string>& known, const std::string& what) {
  for (const auto& [key, value] : object.items()) {
    if (!known.contains(key))
      throw DataError(what + " has a key '" + key + "' that this replay does not know");
  }
}

Population population_of(const json& j) {
  refuse_unknown(j,
                 {"name", "kind", "size", "area", "leak", "compartments", "activation", "slope", "offset",
                  "slopes", "offsets", "derivative_of", "derivative", "lookahead", "lookahead_gain",
                  "initial_soma_sd", "teacher", "absent_input_holds"},
                 "a population");
  Population p;
  p.name = j.at("name").get<std::string>();
  p.area = p.name.substr(0, p.name.find('.'));
  take(j, "area", p.area);
  p.size = j.at("size").get<std::size_t>();
  p.kind = named(j, "kind", Population::Kind::neurons);
  take(j, "leak", p.leak);
  if (j.contains("compartments")) {
    for (const json& c : j.at("compartments")) {
      refuse_unknown(c, {"name", "conductance", "when_absent", "low_pass_ms"}, "a compartment");
      Compartment compartment{.name = c.at("name").get<std::string>()};
      take(c, "conductance", compartment.conductance);
      take(c, "low_pass_ms", compartment.low_pass_ms);
      compartment.when_absent = named(c, "when_absent", WhenAbsent::counts_as_zero);
      p.compartments.push_back(std::move(compartment));
    }
  }
  if (j.contains("activation")) p.activation = activation_named(j.at("activation").get<std::string>());
  take(j, "slope", p.slope);
  take(j, "offset", p.offset);
  take(j, "slopes", p.slopes);
  take(j, "offsets", p.offsets);
  if (j.contains("derivative_of") && !j.at("derivative_of").is_null()) {
    p.derivative_of = activation_named(j.at("derivative_of").get<std::string>());
  }
  p.derivative = named(j, "derivative", DerivativeForm::exact);
  take(j, "lookahead", p.lookahead);
  take(j, "lookahead_gain", p.lookahead_gain);
  p.initial_soma_sd = 0;
  take(j, "absent_input_holds", p.absent_input_holds);
  return p;
}

InitialWeights weights_of(const json& j) {
  if (named(j, "law", InitialWeights::Law::constant) != InitialWeights::Law::explicit_values) {
    throw DataError("weights of a golden circuit are explicit_values");
  }
  InitialWeights w = InitialWeights::explicit_matrix(read_matrix<double>(j.at("values")));
  take(j, "scale", w.scale);
  return w;
}

Circuit circuit_of(const json& config) {
  Circuit c;
  const json& head = config.at("circuit");
  take(head, "dt_ms", c.dt_ms);
  for (const json& j : config.at("population")) {
    Population p = population_of(j);
    if (p.kind == Population::Kind::external) {
      const PopulationId id = c.add_external(p.name, p.size);
      c.edit(id).absent_input_holds = p.absent_input_holds;
    } else {
      c.add_population(std::move(p));
    }
  }
  for (const json& j : config.at("population")) {
    if (j.contains("teacher") && !j.at("teacher").is_null()) {
      c.edit(c.population(j.at("name").get<std::string>())).teacher =
          c.population(j.at("teacher").get<std::string>());
    }
  }
  // Views may stand before what they show: projections first, then views' references by name.
  std::vector<std::pair<ProjectionId, json>> views;
  for (const json& j : config.at("projection")) {
    refuse_unknown(j,
                   {"name", "from", "to", "compartment", "transmits", "effect", "topology", "pathway",
                    "delay_steps", "weights", "view", "plastic"},
                   "a projection");
    ConnectOptions o;
    o.name = j.at("name").get<std::string>();
    const PopulationId from = c.population(j.at("from").get<std::string>()),
                       to = c.population(j.at("to").get<std::string>());
    o.compartment = j.at("compartment").get<std::string>();
    o.transmits = named(j, "transmits", Quantity::rate);
    o.effect = named(j, "effect", Effect::add);
    o.topology = named(j, "topology", Topology::dense);
    o.pathway = named(j, "pathway", Pathway::forward);
    take(j, "delay_steps", o.delay_steps);
    if (j.contains("weights") && !j.at("weights").is_null()) o.weights = weights_of(j.at("weights"));
    const ProjectionId id = c.connect(from, to, std::move(o));
    if (j.contains("view") && !j.at("view").is_null()) views.emplace_back(id, j.at("view"));
  }
  for (const auto& [id, j] : views) {
    TransposedView view{.of = c.projection(j.at("of").get<std::string>())};
    take(j, "scale", view.scale);
    if (j.contains("deviation") && !j.at("deviation").is_null())
      view.deviation = weights_of(j.at("deviation"));
    c.edit(id).view = std::move(view);
  }
  if (head.contains("stimulus") && !head.at("stimulus").is_null())
    c.set_stimulus(c.population(head.at("stimulus").get<std::string>()));
  if (head.contains("target") && !head.at("target").is_null())
    c.set_target(c.population(head.at("target").get<std::string>()));
  c.set_readout(c.population(head.at("readout").get<std::string>()));
  return c;
}

struct Case {
  TrialNetwork network;
  CircuitTrial trial;
};

Case case_of(const json& file) {
  const json &config = file.at("config"), &inputs = file.at("inputs");
  Case c{TrialNetwork(circuit_of(config)), {}};
  const Circuit& circuit = c.network.circuit();
  c.trial.start = c.network.rest();
  if (inputs.contains("initial")) {
    for (const auto& [name, potentials] : inputs.at("initial").items()) {
      const PopulationId p = circuit.population(name);
      take(potentials, "soma", c.trial.start.soma[p.value]);
      take(potentials, "prospective", c.trial.start.prospective[p.value]);
    }
  }
  c.trial.mask = inputs.at("mask").get<Vector>();
  c.trial.readout = *circuit.readout();
  c.trial.loss = named(config, "loss", rate::TrialLoss::rate);
  const std::size_t steps = c.trial.mask.size(), outputs = circuit[c.trial.readout].size;
  c.trial.inputs.assign(steps, rate::TrialInputs(circuit.populations().size()));
  for (const auto& [name, values] : inputs.at("external").items()) {
    const PopulationId p = circuit.population(name);
    for (std::size_t t = 0; t < steps; ++t) {
      if (!values.at(t).is_null()) c.trial.inputs[t][p.value] = values.at(t).get<Vector>();
    }
  }
  for (const json& target : inputs.at("targets")) {
    Vector y;
    if (target.is_array()) {
      y = target.get<Vector>();
    } else if (!target.is_null()) {
      y.assign(outputs, 0.0);
      y.at(target.get<std::size_t>()) = 1;
    }
    c.trial.targets.push_back(std::move(y));
  }
  return c;
}

/// A gradient by projection, as the file has it: one-to-one as a vector.
void compare_weights(Compare& compare, const std::string& name, const Circuit& circuit,
                     const std::vector<Matrix<double>>& found, const json& expected) {
  for (const auto& [projection, values] : expected.items()) {
    compare.check(name + "." + projection, found[circuit.projection(projection).value], values);
  }
}

using Traces = std::map<std::string, std::map<std::string, std::vector<Vector>>>;

/// What the engine itself shows in every step.
Traces run_engine(const Case& c, const json& expected) {
  ThreadPool pool(1);
  rate::RateEngine<double> engine(c.network.circuit(), {1}, pool, {.all_quantities = true});
  const Circuit& circuit = engine.circuit();
  for (std::uint32_t p = 0; p < circuit.populations().size(); ++p) {
    if (circuit.populations()[p].kind == Population::Kind::external) continue;
    engine.write({p}, "soma", 0, c.trial.start.soma[p]);
    engine.write({p}, "prospective", 0, c.trial.start.prospective[p]);
  }
  Traces traces;
  for (const rate::TrialInputs& inputs : c.trial.inputs) {
    for (std::uint32_t p = 0; p < inputs.size(); ++p) {
      if (circuit.populations()[p].kind != Population::Kind::external) continue;
      if (inputs[p]) {
        engine.set_external<double>({p}, 0, *inputs[p]);
      } else {
        engine.clear_external({p});
      }
    }
    engine.advance(1);
    for (const char* quantity : {"rate", "soma", "prospective"}) {
      if (!expected.contains(quantity)) continue;
      for (const auto& [name, values] : expected.at(quantity).items()) {
        Vector out(circuit[circuit.population(name)].size);
        engine.read(circuit.population(name), quantity, 0, out);
        traces[quantity][name].push_back(std::move(out));
      }
    }
  }
  return traces;
}

/// What a step shows, by the names of the file.
void compare_course(Compare& compare, const Case& c, const json& expected) {
  const Circuit& circuit = c.network.circuit();
  Traces traces;
  Vector losses;
  rate::run_trial(c.network, c.trial,
                  [&](std::size_t t, const rate::TrialStep& step, const rate::TrialState& after) {
                    losses.push_back(rate::loss_of_step(c.trial, t, step).loss);
                    const auto keep = [&](const char* quantity, const std::vector<Vector>& by_population) {
                      if (!expected.contains(quantity)) return;
                      for (const auto& [name, values] : expected.at(quantity).items()) {
                        traces[quantity][name].push_back(by_population[circuit.population(name).value]);
                      }
                    };
                    keep("rate", step.rate);
                    keep("slope", step.slope);
                    keep("mismatch", step.mismatch);
                    keep("soma", after.soma);
                    keep("prospective", after.prospective);
                    if (!expected.contains("low_passed")) return;
                    for (const auto& [name, values] : expected.at("low_passed").items()) {
                      const std::size_t dot = name.rfind('.');
                      const PopulationId p = circuit.population(name.substr(0, dot));
                      traces["low_passed"][name].push_back(
                          after.low_passed[p.value][circuit[p].compartment_index(name.substr(dot + 1))]);
                    }
                  });
  for (const auto& [quantity, populations] : traces) {
    for (const auto& [name, rows] : populations) {
      compare.check(quantity + "." + name, rows, expected.at(quantity).at(name));
    }
  }
  // Written potentials reach the engine's delays one step late, so it is asked only where they start at 0.
  const bool at_rest = std::all_of(c.trial.start.soma.begin(), c.trial.start.soma.end(), [](const Vector& u) {
    return std::all_of(u.begin(), u.end(), [](double x) { return x == 0; });
  });
  if (c.network.longest_delay() > 0 && !at_rest)
    compare.mention("delays from potentials: not run in the engine");
  const Traces engine = c.network.longest_delay() > 0 && !at_rest ? Traces{} : run_engine(c, expected);
  for (const auto& [quantity, populations] : engine) {
    for (const auto& [name, rows] : populations) {
      compare.check("engine: " + quantity + "." + name, rows, expected.at(quantity).at(name));
    }
  }
  compare.check("loss_per_step", losses, expected.at("loss_per_step"));
}

/// d(loss of every step)/dW by forward mode, one weight at a time.
std::vector<std::vector<Matrix<double>>> by_step_of_loss(const Case& c,
                                                         const std::set<std::string>& projections) {
  const Circuit& circuit = c.network.circuit();
  std::vector<std::vector<Matrix<double>>> by_step(c.trial.steps());
  for (auto& step : by_step) {
    for (std::uint32_t k = 0; k < circuit.projections().size(); ++k) step.push_back(c.network.zeros({k}));
  }
  for (const std::string& name : projections) {
    const ProjectionId j = circuit.projection(name);
    const Matrix<double> shape = c.network.zeros(j);
    for (std::size_t row = 0; row < shape.rows(); ++row) {
      for (std::size_t col = 0; col < shape.cols(); ++col) {
        const Vector d = rate::tangent_through_time(c.network, c.trial, {j, row, col});
        for (std::size_t t = 0; t < d.size(); ++t) by_step[t][j.value](row, col) = d[t];
      }
    }
  }
  return by_step;
}

void compare_by_loss(Compare& compare, const Case& c, const rate::TrialGradient& exact,
                     const json& expected) {
  const Circuit& circuit = c.network.circuit();
  std::set<std::string> names;
  for (const auto& [key, step] : expected.items()) {
    for (const auto& [name, values] : step.items()) names.insert(name);
  }
  const auto by_step = by_step_of_loss(c, names);
  if (expected.is_array()) {
    for (std::size_t t = 0; t < expected.size(); ++t) {
      compare_weights(compare, "gradient_by_step_of_loss", circuit, by_step.at(t), expected.at(t));
    }
  } else {
    for (const auto& [t, step] : expected.items()) {
      compare_weights(compare, "gradient_by_step_of_loss." + t, circuit, by_step.at(std::stoul(t)), step);
    }
  }
  // Forward mode and adjoint are two programs: their sums must agree, whatever the file holds.
  for (const std::string& name : names) {
    const ProjectionId j = circuit.projection(name);
    Matrix<double> sum = c.network.zeros(j);
    for (const auto& step : by_step) add_scaled(sum.flat(), 1, step[j.value].flat());
    compare.check("forward mode." + name, sum,
                  json(std::vector<double>(exact.of_weights[j.value].flat().begin(),
                                           exact.of_weights[j.value].flat().end())));
  }
}

}  // namespace

Verdict replay_circuit_through_time(const json& file) {
  Compare compare(file);
  const json& expected = file.at("expected");
  const Case c = case_of(file);
  const Circuit& circuit = c.network.circuit();
  compare_course(compare, c, expected);
  const rate::TrialGradient exact = rate::gradient_through_time(
      c.network, c.trial, {.by_step_of_use = expected.contains("gradient_by_step_of_use")});
  const auto cut_at_recurrence = [&](const Matrix<double>* B) {
    rate::TrialGradientOptions options;
    options.adjoint.cut = {circuit.projection("rec")};
    if (B) options.adjoint.back_by.emplace(circuit.projection("read").value, *B);
    return rate::gradient_through_time(c.network, c.trial, options).of_weights;
  };
  for (const auto& [key, value] : expected.items()) {
    if (key == "loss") {
      compare.check(key, exact.loss, value);
    } else if (key == "gradient") {
      compare_weights(compare, key, circuit, exact.of_weights, value);
    } else if (key == "gradient_views_frozen") {
      rate::TrialGradientOptions options;
      options.adjoint.views = rate::Views::frozen;
      compare_weights(compare, key, circuit,
                      rate::gradient_through_time(c.network, c.trial, options).of_weights, value);
    } else if (key == "gradient_of_initial_state") {
      for (const auto& [name, potentials] : value.items()) {
        const PopulationId p = circuit.population(name);
        compare.check(key + "." + name + ".soma", exact.of_start_soma[p.value], potentials.at("soma"));
        compare.check(key + "." + name + ".prospective", exact.of_start_prospective[p.value],
                      potentials.at("prospective"));
      }
    } else if (key == "gradient_by_step_of_use") {
      for (std::size_t t = 0; t < value.size(); ++t) {
        compare_weights(compare, key, circuit, exact.by_use.at(t), value.at(t));
      }
    } else if (key == "gradient_by_step_of_loss") {
      compare_by_loss(compare, c, exact, value);
    } else if (key == "truncated") {
      for (const auto& [horizon, cut] : value.items()) {
        const auto found = rate::gradient_through_time(c.network, c.trial, {.horizon = std::stoul(horizon)});
        compare_weights(compare, "truncated." + horizon, circuit, found.of_weights, cut.at("gradient"));
      }
    } else if (key == "adjoint_of_stimulus") {
      compare.check(key, exact.of_stimulus, value);
    } else if (key == "eprop_symmetric") {
      compare_weights(compare, key, circuit, cut_at_recurrence(nullptr), value);
    } else if (key == "eprop_random") {
      const auto B = read_matrix<double>(file.at("inputs").at("B"));
      compare_weights(compare, key, circuit, cut_at_recurrence(&B), value);
    } else if (key != "rate" && key != "slope" && key != "mismatch" && key != "soma" &&
               key != "prospective" && key != "low_passed" && key != "loss_per_step") {
      compare.mention("'" + key + "' is not compared");
    }
  }
  return compare.verdict();
}

namespace {

/// The population called "hidden", or the first that is neither shown nor read.
PopulationId hidden_of(const Circuit& circuit) {
  for (std::uint32_t p = 0; p < circuit.populations().size(); ++p) {
    if (circuit.populations()[p].name == "hidden") return {p};
  }
  for (std::uint32_t p = 0; p < circuit.populations().size(); ++p) {
    if (circuit.populations()[p].kind == Population::Kind::neurons && PopulationId{p} != *circuit.readout())
      return {p};
  }
  throw DataError("a circuit that steers has no hidden population");
}

}  // namespace

Verdict replay_closed_loop(const json& file) {
  Compare compare(file);
  const json &config = file.at("config"), &inputs = file.at("inputs"), &expected = file.at("expected");
  const TrialNetwork network(circuit_of(config));
  const Circuit& circuit = network.circuit();
  const json& body = config.at("plant");
  CartPolePhysics physics;
  take(body, "m_c", physics.cart_mass);
  take(body, "m_p", physics.pole_mass);
  take(body, "half_length", physics.half_length);
  take(body, "g", physics.gravity);

  SteeringTrial trial;
  trial.start = network.rest();
  trial.position = inputs.at("start").get<Vector>();
  trial.control_steps = inputs.at("control_steps").get<std::size_t>();
  trial.steps_per_control = config.at("steps_per_control").get<std::size_t>();
  trial.gain = config.at("gain").get<double>();
  trial.Q = config.at("Q").get<Vector>();
  if (inputs.contains("redraw") && !inputs.at("redraw").is_null()) {
    for (const auto& [control, state] : inputs.at("redraw").items())
      trial.redraws[std::stoul(control)] = state.get<Vector>();
  }
  const Vector K = config.at("teacher_K").get<Vector>();
  trial.wanted = [&](const Vector& z) { return plain::dot(K, z) / trial.gain; };

  std::vector<Vector> hidden;
  const PopulationId watched = hidden_of(circuit);
  const SteeringGradient found = gradient_of_steering(
      network, differentiable_cart_pole(config.at("dt_plant").get<double>(), physics), trial,
      [&](const rate::TrialStep& step) { hidden.push_back(step.rate[watched.value]); });
  for (const auto& [key, value] : expected.items()) {
    if (key == "states") {
      compare.check(key, found.states, value);
    } else if (key == "forces") {
      compare.check(key, found.forces, value);
    } else if (key == "hidden_rate") {
      compare.check(key, hidden, value);
    } else if (key == "loss") {
      compare.check(key, found.loss, value);
    } else if (key == "gradient") {
      compare_weights(compare, key, circuit, found.of_weights, value);
    } else if (key == "adjoint_of_start") {
      compare.check(key, found.of_position, value);
    } else if (key == "imitation_loss") {
      compare.check(key, found.imitation_loss, value);
    } else if (key == "imitation_gradient") {
      compare_weights(compare, key, circuit, found.imitation_of_weights, value);
    } else {
      compare.mention("'" + key + "' is not compared");
    }
  }
  return compare.verdict();
}

}  // namespace apical::golden
