// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/circuit_toml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>

#include "apical/circuit/formula_rule.h"
#include "apical/core/random.h"
#include "apical/engine/rate/engine.h"
#include "apical/experiment/experiment.h"
#include "apical/experiment/toml/circuit_fields.h"
#include "apical/experiment/toml/test_circuit_text.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/layered_reference.h"
#include "apical/models/registry.h"
#include "support/pages.h"

namespace apical {
namespace {

Circuit read(const std::string& text, Circuit circuit = {}, std::string* resolved = nullptr) {
  return circuit_from(read_populations_and_projections, text, std::move(circuit), resolved);
}

std::string error_of(const std::string& text, const Circuit& circuit = {}) {
  return error_from(read_populations_and_projections, text, circuit);
}

/// All rates, potentials and weights after 100 steps of learning with input and target.
std::vector<double> run(const Circuit& circuit) {
  ThreadPool pool(1);
  rate::RateEngine<float> engine(circuit, {1, 2}, pool);
  std::vector<double> out;
  for (std::uint32_t p = 0; p < circuit.populations().size(); ++p) {
    const Population& population = circuit.populations()[p];
    if (population.kind != Population::Kind::external) continue;
    std::vector<double> values(population.size);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = uniform({5, Stream::task_input, p, i}, -0.5, 0.5);
    for (std::size_t r = 0; r < 2; ++r) engine.set_external({p}, r, std::span<const double>(values));
  }
  engine.advance(100, rate::Learning::all());
  for (std::size_t r = 0; r < 2; ++r) {
    for (std::uint32_t p = 0; p < circuit.populations().size(); ++p) {
      std::vector<double> values(circuit.populations()[p].size);
      engine.read({p}, "rate", r, values);
      out.insert(out.end(), values.begin(), values.end());
    }
    for (std::uint32_t j = 0; j < circuit.projections().size(); ++j) {
      if (circuit.projections()[j].view) continue;
      const Matrix<double> w = engine.weights({j}, r);
      out.insert(out.end(), w.flat().begin(), w.flat().end());
    }
  }
  return out;
}

void expect_survives_writing(const Circuit& circuit) {
  const std::string text = circuit_toml(circuit);
  std::string resolved;
  const Circuit back = read(text, {}, &resolved);
  EXPECT_EQ(describe(back), describe(circuit)) << text;
  EXPECT_EQ(back, circuit) << text;
  EXPECT_EQ(circuit_toml(back), text);
  EXPECT_EQ(read(resolved), circuit) << resolved;
  EXPECT_EQ(run(back), run(circuit)) << text;
}

models::ErrorNeuronMicrocircuit microcircuit(models::Wiring wiring) {
  models::ErrorNeuronMicrocircuit m{.layers = {4, 6, 5, 3}};
  m.forward = m.feedback = wiring;
  m.activation = {{ActivationKind::tanh}, {ActivationKind::logistic, 2, 0.1}, {ActivationKind::linear}};
  return m;
}

TEST(CircuitToml, TheErrorNeuronMicrocircuitSurvivesWriting) {
  models::ErrorNeuronMicrocircuit m = microcircuit(models::Wiring::layered);
  expect_survives_writing(build(m));
  m.feedback_deviation = 0.1;
  m.slope_sd = 0.1;
  m.lateral_range = 0.2;
  m.eta_rep_to_err = m.eta_err_to_rep = 0.01;
  m.update_low_pass_ms = 3;
  m.rep_lookahead = false;
  m.absent_input_holds = true;
  m.released_derivative = true;
  expect_survives_writing(build(m));
  m = microcircuit(models::Wiring::skip);
  m.feedback_deviation = 0.1;
  m.rate_rule = true;
  m.error_neurons = {4, 5, 3};
  expect_survives_writing(build(m));
  m.transposed_feedback = false;
  expect_survives_writing(build(m));
}

TEST(CircuitToml, TheLayeredReferenceSurvivesWriting) {
  models::LayeredReference m{.layers = {4, 6, 3}};
  expect_survives_writing(build(m));
  m.transposed_feedback = false;
  expect_survives_writing(build(m));
}

TEST(CircuitToml, EveryPublishedModelSurvivesWriting) {
  for (const models::Model& model : models::all()) {
    SCOPED_TRACE(model.name);
    expect_survives_writing(models::build_default(model, {3, 4, 2}));
  }
}

/// A valid circuit made of anything the description can say, drawn with `seed`.
class RandomCircuit {
 public:
  explicit RandomCircuit(std::uint64_t seed) : seed_(seed) {}

  Circuit make() {
    c_.name = "random";
    c_.dt_ms = 0.05;
    const std::size_t externals = below(3), populations = 1 + below(4);
    for (std::size_t k = 0; k < externals; ++k)
      c_.edit(c_.add_external("in" + std::to_string(k), 1 + below(4))).absent_input_holds = maybe();
    for (std::size_t k = 0; k < populations; ++k) add_population(k);
    for (std::size_t k = below(10); k > 0; --k) add_projection();
    if (externals > 0) c_.set_stimulus({0});
    c_.set_readout({static_cast<std::uint32_t>(externals)});
    // Lesions leave gaps in the addresses.
    for (std::uint32_t k = 0; k < c_.projections().size(); ++k) {
      if (below(6) == 0 && !is_viewed({k})) c_.remove({k});
    }
    return c_;
  }

 private:
  std::size_t below(std::size_t n) { return uniform_integer({seed_, Stream::task_input, 0, count_++}, n); }
  bool maybe() { return below(2) == 0; }
  double real(double low, double high) {
    return uniform({seed_, Stream::task_input, 0, count_++}, low, high);
  }
  template <class Enum>
  Enum any() {
    return static_cast<Enum>(below(kNames<Enum>.size()));
  }
  bool is_viewed(ProjectionId id) const {
    for (const Projection& j : c_.projections()) {
      if (j.view && j.view->of == id) return true;
      if (j.weights.derivation && (j.weights.derivation->of == id || j.weights.derivation->times == id))
        return true;
    }
    return false;
  }

  InitialWeights weights(std::size_t rows, std::size_t cols) {
    InitialWeights w;
    w.law = any<InitialWeights::Law>();
    if (w.law == InitialWeights::Law::derived) {
      // Mostly of the wrong size or deriving from derived weights; those are taken out again.
      if (c_.projections().empty()) return {};
      w.derivation = DerivedWeights{.of = {static_cast<std::uint32_t>(below(c_.projections().size()))},
                                    .transposed = maybe()};
      if (maybe())
        w.derivation->times = ProjectionId{static_cast<std::uint32_t>(below(c_.projections().size()))};
    } else if (w.law == InitialWeights::Law::explicit_values) {
      w.values = Matrix<double>(rows, cols);
      for (double& x : w.values->flat()) x = real(-0.3, 0.3);
    } else {
      w.low = real(-0.3, 0);
      if (w.law != InitialWeights::Law::constant) w.high = real(0, 0.3);
    }
    if (maybe()) w.scale = real(0, 1);
    if (maybe()) w.identity = 1;
    return w;
  }

  void add_population(std::size_t number) {
    Population p;
    p.name = "area" + std::to_string(number / 2) + ".p" + std::to_string(number);
    p.area = maybe() ? "elsewhere" : "area" + std::to_string(number / 2);
    p.size = 1 + below(5);
    p.leak = real(0.01, 0.1);
    for (std::size_t k = 1 + below(3); k > 0; --k) {
      p.compartments.push_back(
          {"c" + std::to_string(k), real(0, 0.1), any<WhenAbsent>(), maybe() ? 0 : real(1, 5)});
    }
    p.activation = static_cast<ActivationKind>(below(activation_names().size()));
    if (maybe()) p.slope = real(0.5, 1.5);
    if (maybe()) p.offset = real(-0.2, 0.2);
    if (maybe()) p.slope_sd = 0.1;
    if (maybe()) p.slopes.assign(p.size, real(0.5, 1));
    if (maybe()) p.offsets.assign(p.size, real(0, 0.1));
    if (maybe()) p.derivative_of = ActivationKind::relu;
    p.derivative = any<DerivativeForm>();
    p.lookahead = maybe();
    if (maybe()) p.lookahead_gain = real(0.5, 1);
    if (maybe()) p.initial_soma_sd = real(0, 0.5);
    for (std::uint32_t k = 0; k < c_.populations().size(); ++k) {
      const Population& other = c_.populations()[k];
      if (other.kind == Population::Kind::external && other.size == p.size) p.teacher = PopulationId{k};
    }
    if (maybe()) {
      p.noise = CompartmentNoise{.compartment = "c1",
                                 .process = any<CompartmentNoise::Process>(),
                                 .amplitude = any<CompartmentNoise::Amplitude>(),
                                 .scale = real(0, 0.1),
                                 .hold_steps = static_cast<int>(1 + below(3))};
      if (p.noise->process == CompartmentNoise::Process::ornstein_uhlenbeck) p.noise->tau_ms = real(0.5, 2);
    }
    c_.add_population(p);
  }

  PlasticityRule rule(const Population& from, const Population& to) {
    if (below(4) == 0) {
      static const std::vector<std::string> formulas{"eta * (look - a * v) * pre - d * w",
                                                     "eta * rate * pre * (d - w)",
                                                     "d * tanh(v_c1) * pre / (1 + eta^2)", "-eta * d * w"};
      return rule_of({formulas[below(formulas.size())], {{"eta", real(0, 0.01)}, {"d", real(0, 0.1)}}},
                     compartment_);
    }
    PlasticityRule r;
    r.eta = real(0, 0.01);
    if (maybe()) {
      r.post.kind = static_cast<PostFactor::Kind>(1 + below(5));
      if (r.post.kind == PostFactor::Kind::noise && !to.noise) r.post.kind = PostFactor::Kind::rate;
      if (r.post.kind != PostFactor::Kind::rate) r.post.compartment = "c1";
      const bool residual =
          r.post.kind == PostFactor::Kind::voltage_residual || r.post.kind == PostFactor::Kind::rate_residual;
      if (residual && maybe()) r.post.attenuation = real(0.1, 1);
      if (r.post.kind == PostFactor::Kind::compartment) r.post.now = maybe();
      if (maybe()) r.post.gain = real(-1, 1);
      if (maybe()) r.post.low_pass_ms = real(0.1, 2);
      r.pre.kind = static_cast<PreFactor::Kind>(1 + below(from.kind == Population::Kind::external ? 2 : 3));
      if (r.pre.kind == PreFactor::Kind::transmitted && maybe()) r.pre.low_pass_ms = real(0.1, 2);
      if (r.pre.kind == PreFactor::Kind::high_passed_rate) r.pre.high_pass_ms = 1.5;
    }
    if (maybe()) {
      r.decay = {real(0, 0.1), any<WeightDecay::Toward>(), any<WeightDecay::PostGate>(),
                 any<WeightDecay::PreGate>()};
    }
    if (maybe()) r.update_low_pass_ms = real(0.1, 1);
    return r;
  }

  /// One that is not valid is taken out again.
  void add_projection() {
    const PopulationId from{static_cast<std::uint32_t>(below(c_.populations().size()))};
    const PopulationId to{static_cast<std::uint32_t>(below(c_.populations().size()))};
    ConnectOptions o;
    o.compartment = compartment_ = "c" + std::to_string(1 + below(3));
    if (maybe()) o.name = "j" + std::to_string(count_);
    for (const Projection& j : c_.projections()) {
      if (j.from == from && j.to == to && j.compartment == o.compartment)
        o.name = "k" + std::to_string(count_);
    }
    o.transmits = any<Quantity>();
    o.effect = any<Effect>();
    o.topology = any<Topology>();
    o.pathway = any<Pathway>();
    if (maybe()) o.density = real(0, 1);
    o.delay_steps = static_cast<int>(below(3));
    const std::size_t post = c_[to].size, pre = c_[from].size;
    if (maybe() && !c_.projections().empty()) {
      o.view = TransposedView{.of = {static_cast<std::uint32_t>(below(c_.projections().size()))}};
      if (maybe()) o.view->scale = real(-1, 1);
      if (maybe()) o.view->deviation = weights(post, pre);
    } else {
      o.weights = o.topology == Topology::dense ? weights(post, pre) : weights(1, std::min(post, pre));
      if (maybe()) o.rule = rule(c_[from], c_[to]);
    }
    const ProjectionId id = c_.connect(from, to, o);
    try {
      c_.validate();
      ThreadPool pool(1);
      rate::RateEngine<float>(c_, {1}, pool);
    } catch (const ConfigError&) {
      c_.remove(id);
    }
  }

  std::uint64_t seed_;
  std::uint64_t count_ = 0;
  std::string compartment_;
  Circuit c_;
};

RC_GTEST_PROP(CircuitToml, AnyCircuitSurvivesWriting, ()) {
  const Circuit circuit = RandomCircuit(*rc::gen::arbitrary<std::uint64_t>()).make();
  const std::string text = circuit_toml(circuit);
  std::string resolved;
  const Circuit back = read(text, {}, &resolved);
  RC_ASSERT(describe(back) == describe(circuit));
  RC_ASSERT(back == circuit);
  RC_ASSERT(read(resolved) == circuit);
  std::vector<double> a, b;
  try {
    a = run(circuit);
  } catch (const NumericalFault&) {
    RC_DISCARD("diverges");
  }
  b = run(back);
  RC_ASSERT(a.size() == b.size());
  RC_ASSERT(std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

// ---- the documentation's example -------------------------------------------------------------------------

std::string page() { return test::read_page("docs/circuits.md"); }

std::vector<test::Block> blocks_of_page() { return test::blocks_of("docs/circuits.md", "toml"); }

Circuit example() {
  return read_experiment(TomlDocument::parse(blocks_of_page().at(0).text, "circuits.md")).circuit();
}

TEST(CircuitsPage, ItsExampleRunsAndLearns) {
  const Circuit c = example();
  expect_survives_writing(c);
  EXPECT_EQ(c[*c.readout()].name, "v3.pyr");
  ThreadPool pool(1);
  rate::RateEngine<double> engine(c, {3}, pool);
  const std::vector<double> input{0.4, 0.2, 0.6, 0.8}, label{1, 0, 0};
  engine.set_external(c.population("input"), 0, std::span<const double>(input));
  engine.set_external(c.population("label"), 0, std::span<const double>(label));
  const Matrix<double> before = engine.weights(c.projection("ff3"), 0);
  engine.advance(200, rate::Learning::all());
  EXPECT_NE(engine.weights(c.projection("ff3"), 0), before);
}

TEST(CircuitsPage, DisinhibitionScalesTheApicalDendriteOfOneArea) {
  const Circuit c = example();
  ThreadPool pool(1);
  rate::RateEngine<double> engine(c, {3}, pool);
  const std::vector<double> input{0.4, 0.2, 0.6, 0.8}, label{1, 0, 0};
  engine.set_external(c.population("input"), 0, std::span<const double>(input));
  engine.set_external(c.population("label"), 0, std::span<const double>(label));
  engine.advance(20);
  const std::size_t cells = c[c.population("v1.pyr")].size;
  std::vector<double> error(cells), vip(2), apical(cells);
  engine.read(c.population("v1.err"), "rate", 0, error);
  engine.read(c.population("v1.vip"), "rate", 0, vip);
  engine.read(c.population("v1.pyr"), "apical", 0, apical);
  for (std::size_t i = 0; i < apical.size(); ++i) {
    EXPECT_NEAR(apical[i], error[i] * (vip[0] + vip[1]), 1e-12);
    EXPECT_NE(apical[i], 0);
  }
}

TEST(CircuitsPage, OneOfItsFormulasIsAProductAndTheOtherInterpreted) {
  const Circuit c =
      read(blocks_of_page().at(1).text, build(models::ErrorNeuronMicrocircuit{.layers = {4, 6, 3}}));
  EXPECT_FALSE(c[c.projection("a1.rep->a2.rep.basal")].rule->interpreted);
  EXPECT_TRUE(c[c.projection("input->a1.rep.basal")].rule->interpreted);
  expect_survives_writing(c);
}

TEST(CircuitsPage, ItsEditsApplyToTheMicrocircuit) {
  Circuit c = read(blocks_of_page().at(2).text, build(models::ErrorNeuronMicrocircuit{.layers = {4, 6, 3}}));
  EXPECT_EQ(c[c.population("a2.rep")].compartments[1].conductance, 0.02);
  EXPECT_EQ(c[c.population("a2.rep")].compartments[0].conductance, 0.1);
  const Projection& up = c[c.projection("a1.rep->a2.rep.basal")];
  EXPECT_EQ(up.density, 0.5);
  EXPECT_EQ(up.rule->eta, 0.3);
  EXPECT_EQ(up.rule->post.kind, PostFactor::Kind::voltage_residual);
  EXPECT_THROW(c.projection("a1.err->a1.rep.apical"), ConfigError);
}

/// Collects the keys of a part and of the parts inside it.
struct KeyCollector {
  std::vector<std::string>& keys;
  bool when(bool condition) const { return condition; }
  template <class Whole, class Member>
  void operator()(const Field& f, Member Whole::*) {
    keys.push_back(f.name);
  }
};

TEST(CircuitsPage, ExplainsEveryKeyAndEveryName) {
  const std::string text = page();
  std::vector<std::string> words;
  KeyCollector keys{words};
  fields(keys, Compartment{});
  fields(keys, CompartmentNoise{});
  fields(keys, Population{});
  Population external;
  external.kind = Population::Kind::external;
  fields(keys, external);
  fields(keys, InitialWeights::uniform(0, 1));
  fields(keys, InitialWeights::explicit_matrix({}));
  fields(keys, InitialWeights::derived({}, 1));
  fields(keys, DerivedWeights{});
  fields(keys, TransposedView{.of = {}, .deviation = InitialWeights{}});
  for (const auto kind : {PostFactor::Kind::voltage_residual, PostFactor::Kind::compartment}) {
    PostFactor post;
    post.kind = kind;
    fields(keys, post);
  }
  for (const auto kind : {PreFactor::Kind::transmitted, PreFactor::Kind::high_passed_rate})
    fields(keys, PreFactor{.kind = kind});
  fields(keys, WeightDecay{});
  fields(keys, PlasticityRule{});
  fields(keys, Projection{});
  for (const std::string& key : words) {
    EXPECT_TRUE(text.find("| `" + key + "`") != std::string::npos ||
                text.find(", `" + key + "` |") != std::string::npos)
        << key;
  }
  const auto explains = [&](const auto& names) {
    for (const std::string_view name : names) {
      EXPECT_TRUE(text.find(fmt::format("`{}`", name)) != std::string::npos ||
                  text.find(fmt::format("\"{}\"", name)) != std::string::npos)
          << name;
    }
  };
  explains(activation_names());
  explains(kNames<Quantity>);
  explains(kNames<WhenAbsent>);
  explains(kNames<DerivativeForm>);
  explains(kNames<CompartmentNoise::Process>);
  explains(kNames<CompartmentNoise::Amplitude>);
  explains(kNames<Population::Kind>);
  explains(kNames<Effect>);
  explains(kNames<Topology>);
  explains(kNames<Pathway>);
  explains(kNames<InitialWeights::Law>);
  explains(kNames<PostFactor::Kind>);
  explains(kNames<PreFactor::Kind>);
  explains(kNames<WeightDecay::Toward>);
  explains(kNames<WeightDecay::PreGate>);
}

// ---- adding to and editing a model -----------------------------------------------------------------------

Circuit small_microcircuit() { return build(models::ErrorNeuronMicrocircuit{.layers = {2, 3, 2}}); }

TEST(CircuitToml, AddsAPopulationToAModel) {
  std::string resolved;
  const std::string text = R"(
[[population]]
name = "a1.vip"
size = 1
leak = 0.1
compartments = [{name = "dendrite", conductance = 0.1}]
activation = "logistic"
[[projection]]
from = "a1.vip"
to = "a1.rep"
compartment = "gain"
[[edit]]
population = "a1.rep"
compartments = [{name = "gain", conductance = 0.05}]
)";
  const Circuit c = read(text, small_microcircuit(), &resolved);
  EXPECT_EQ(c.populations().size(), small_microcircuit().populations().size() + 1);
  EXPECT_EQ(c[c.population("a1.rep")].compartments.back().name, "gain");
  EXPECT_EQ(c.name, "error-neuron-microcircuit");
  EXPECT_EQ(read(resolved, small_microcircuit()), c) << resolved;
}

TEST(CircuitToml, EditsChangeOnlyWhatTheyName) {
  const Circuit before = small_microcircuit();
  const Circuit c = read(R"(
[[edit]]
population = "a1.rep"
activation = "relu"
lookahead = false
leak = 0.05
noise = {compartment = "apical", scale = 0.1}
[[edit]]
projection = "input->a1.rep.basal"
delay_steps = 3
weights = {low = -0.1, high = 0.1}
rule = {eta = 0.5}
[[edit]]
projection = "a1.rep->a2.rep.basal"
rule = "none"
[circuit]
dt_ms = 0.02
)",
                         before);
  Circuit expected = before;
  expected.dt_ms = 0.02;
  Population& p = expected.edit(expected.population("a1.rep"));
  p.activation = ActivationKind::relu;
  p.lookahead = false;
  p.leak = 0.05;
  p.noise = CompartmentNoise{.compartment = "apical", .scale = 0.1};
  Projection& j = expected.edit(expected.projection("input->a1.rep.basal"));
  j.delay_steps = 3;
  j.weights = InitialWeights::uniform(-0.1, 0.1);
  j.rule->eta = 0.5;
  expected.edit(expected.projection("a1.rep->a2.rep.basal")).rule.reset();
  EXPECT_EQ(c, expected);
}

TEST(CircuitToml, AFormulaStandsWithItsNumbersInTheTableOfTheRule) {
  const Formula formula{"eta * (look - a * v) * pre - decay * w", {{"decay", 1e-4}, {"eta", 0.02}}};
  const auto with = [](const std::string& rule) {
    return read("[[edit]]\nprojection = 'input->a1.rep.basal'\nrule = " + rule + "\n", small_microcircuit());
  };
  const auto rule_in = [](const Circuit& c) { return *c[c.projection("input->a1.rep.basal")].rule; };
  const Circuit c = with("{formula = 'eta * (look - a * v) * pre - decay * w', eta = 0.02, decay = 1e-4}");
  EXPECT_EQ(rule_in(c), rule_of(formula, "basal"));
  EXPECT_NE(circuit_toml(c).find(
                "rule = {formula = \"eta * (look - a * v) * pre - decay * w\", decay = 0.0001, eta = 0.02}"),
            std::string::npos)
      << circuit_toml(c);
  expect_survives_writing(c);
  const Circuit interpreted = with("{formula = 'eta * tanh(rate) * pre', eta = 2}");
  EXPECT_TRUE(rule_in(interpreted).interpreted);
  EXPECT_NE(describe(interpreted).find("dw/dt = eta * tanh(rate) * pre, eta = 2 (interpreted)"),
            std::string::npos);
  expect_survives_writing(interpreted);

  const std::string edit = "[[edit]]\nprojection = 'input->a1.rep.basal'\nrule = ";
  EXPECT_EQ(rule_in(read(edit + "{eta = 0.5}\n", interpreted)),
            rule_of({"eta * tanh(rate) * pre", {{"eta", 0.5}}}, "basal"));
  EXPECT_EQ(rule_in(read(edit + "{formula = '-eta * w'}\n", interpreted)),
            rule_of({"-eta * w", {{"eta", 2}}}, "basal"));
  const PlasticityRule table = rule_in(read(edit + "{formula = 'none', eta = 0.5}\n", c));
  EXPECT_FALSE(table.formula);
  EXPECT_EQ(table.eta, 0.5);
  EXPECT_EQ(table.post.kind, PostFactor::Kind::voltage_residual);
}

TEST(CircuitToml, WhatIsNoFormulaOfLocalQuantitiesIsRefusedAtItsPlace) {
  const auto error = [](const std::string& rule) {
    return error_of("[[edit]]\nprojection = 'input->a1.rep.basal'\nrule = " + rule + "\n",
                    small_microcircuit());
  };
  EXPECT_EQ(
      error("{formula = 'eta * error * pre', eta = 1}"),
      "x.toml:3:19: 'error' is not local to a synapse: an error must be the activity of some population that "
      "projects to the synapse's neuron");
  EXPECT_NE(
      error("{formula = 'eta * pre * w'}").find("x.toml:3:19: 'eta' is neither a number that was given"),
      std::string::npos);
  EXPECT_EQ(error("{formula = 'eta * pre * w', eta = 1, eat = 2}"),
            "x.toml:3:45: unknown key 'eat' in [edit[1].rule]\n  did you mean 'eta'?");
  EXPECT_NE(error("{formula = 'eta * pre * w', eta = 1, post = {kind = 'rate'}}").find("unknown key 'post'"),
            std::string::npos);
  EXPECT_NE(error("{formula = 'eta * pre * w', eta = 'fast'}").find("expected a number"), std::string::npos);
  EXPECT_NE(error("{formula = 'pre * (', eta = 1}").find("x.toml:3:19: 'pre * (' is no formula"),
            std::string::npos);
  EXPECT_NE(error("{formula = 'pre * w * v_bsal'}").find("unknown compartment 'bsal'"), std::string::npos);
}

TEST(CircuitToml, ALesionLeavesTheOtherWeightsAsTheyWere) {
  models::ErrorNeuronMicrocircuit m = microcircuit(models::Wiring::skip);
  m.feedback_deviation = 0.2;
  const Circuit intact = build(m);
  // The last forward projection, so that all feedback behind it moves up, except what shows its transpose.
  const Circuit lesioned = read("[[edit]]\nprojection = 'a*.err->a1.err.dendrite'\nremove = true\n", intact);
  ASSERT_LT(lesioned.projections().size(), intact.projections().size());
  ThreadPool pool(1);
  rate::RateEngine<double> a(intact, {1}, pool), b(lesioned, {1}, pool);
  for (std::uint32_t k = 0; k < lesioned.projections().size(); ++k) {
    const ProjectionId old = intact.projection(lesioned.projections()[k].name);
    EXPECT_EQ(b.weights({k}, 0), a.weights(old, 0)) << lesioned.projections()[k].name;
  }
  EXPECT_EQ(read(circuit_toml(lesioned)), lesioned);
}

TEST(Circuit, AViewedProjectionCannotBeRemoved) {
  Circuit c = small_microcircuit();
  EXPECT_THROW(c.remove(c.projection("a1.rep->a2.rep.basal")), ConfigError);
}

TEST(CircuitToml, AddressesSurviveWritingAfterALesion) {
  Circuit c;
  Population p;
  p.name = "p";
  p.size = 2;
  p.compartments = {{"d", 1}};
  const PopulationId id = c.add_population(p);
  for (const char* name : {"lesioned", "second", "third"})
    c.connect(id, id, {.compartment = "d", .name = name, .weights = InitialWeights::uniform(-1, 1)});
  c.remove(c.projection("lesioned"));
  const Circuit back = read(circuit_toml(c));
  EXPECT_EQ(back, c);
  EXPECT_EQ(back[back.projection("third")].draw_address, 2U);
}

TEST(CircuitToml, WeightsMayDeriveFromOtherWeights) {
  const Circuit c = read(
      "[[population]]\nname = 'a.p'\nsize = 2\nleak = 1\ncompartments = [{name = 'd', conductance = 1}]\n"
      "[[population]]\nname = 'b.p'\nsize = 3\nleak = 1\ncompartments = [{name = 'd', conductance = 1}]\n"
      "[[projection]]\nfrom = 'a.p'\nto = 'b.p'\ncompartment = 'd'\nweights = {law = 'uniform', low = -1, "
      "high = 1}\n"
      "[[projection]]\nfrom = 'b.p'\nto = 'a.p'\ncompartment = 'd'\nweights = {derivation = {of = "
      "'a.p->b.p.d', transposed = true}, scale = -2}\n"
      "[[projection]]\nname = 'edited'\nfrom = 'b.p'\nto = 'a.p'\ncompartment = 'd'\n"
      "weights = {law = 'derived', derivation = {of = 'a.p->b.p.d', transposed = true}}\n"
      "[[edit]]\nprojection = 'edited'\nweights = {law = 'constant', low = 0.5}\n");
  EXPECT_EQ(read(circuit_toml(c)), c);
  EXPECT_FALSE(c[c.projection("edited")].weights.derivation);
  ThreadPool pool(1);
  rate::RateEngine<double> engine(c, {4}, pool);
  const Matrix<double> w = engine.weights(c.projection("a.p->b.p.d"), 0),
                       back = engine.weights(c.projection("b.p->a.p.d"), 0);
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(back(i, k), -2 * w(k, i));
  }
}

TEST(Circuit, AProjectionWhoseWeightsOthersBeginWithCannotBeRemoved) {
  Circuit c;
  Population p;
  p.name = "p";
  p.size = 3;
  p.compartments = {{"d", 1}};
  const PopulationId id = c.add_population(p);
  c.connect(id, id, {.compartment = "d", .name = "first"});
  const ProjectionId of =
      c.connect(id, id, {.compartment = "d", .name = "of", .weights = InitialWeights::uniform(-1, 1)});
  c.connect(id, id,
            {.compartment = "d",
             .name = "after",
             .weights = InitialWeights::derived({.of = of, .transposed = true}, 1)});
  EXPECT_THROW(c.remove(of), ConfigError);
  c.remove(c.projection("first"));
  EXPECT_EQ(c[c.projection("after")].weights.derivation->of, c.projection("of"));
}

TEST(Circuit, RefusesDeviationsThatCannotBeFilled) {
  Circuit c = small_microcircuit();
  Projection& feedback = c.edit(c.projection("a2.err->a1.err.dendrite"));
  feedback.view->deviation = InitialWeights::explicit_matrix(Matrix<double>(2, 2));
  EXPECT_THROW(c.validate(), ConfigError);
  feedback.view->deviation = InitialWeights::explicit_matrix(Matrix<double>(3, 2));
  c.validate();
  feedback.view->deviation = InitialWeights::derived({}, 1);
  EXPECT_THROW(c.validate(), ConfigError);
}

TEST(Circuit, ASharedDeviationPassesOnWhenItsOwnerIsRemoved) {
  Circuit c;
  Population p;
  p.name = "p";
  p.size = 3;
  p.compartments = {{"d", 1}, {"e", 1}, {"f", 1}};
  const PopulationId id = c.add_population(p);
  const ProjectionId w =
      c.connect(id, id, {.compartment = "d", .name = "w", .weights = InitialWeights::uniform(-1, 1)});
  TransposedView view{.of = w, .deviation = InitialWeights::uniform(-1, 1)};
  const ProjectionId owner = c.connect(id, id, {.compartment = "e", .name = "owner", .view = view});
  view.shares_deviation_with = owner;
  c.connect(id, id, {.compartment = "f", .name = "heir", .view = view});
  c.connect(id, id, {.compartment = "e", .name = "third", .view = view});
  ThreadPool pool(1);
  const Matrix<double> before = rate::RateEngine<double>(c, {1}, pool).weights(c.projection("heir"), 0);
  c.remove(owner);
  c.validate();
  rate::RateEngine<double> engine(c, {1}, pool);
  EXPECT_EQ(engine.weights(c.projection("heir"), 0), before);
  EXPECT_EQ(engine.weights(c.projection("third"), 0), before);
}

// ---- mistakes --------------------------------------------------------------------------------------------

constexpr const char* kTwoPopulations = R"([[population]]
name = "v1.pyr"
size = 2
compartments = [{name = "basal", conductance = 0.1}, {name = "apical", conductance = 0.1}]
[[population]]
name = "x"
kind = "external"
size = 2
)";

TEST(CircuitToml, MistakesAreShownAtTheirPlaceWithTheNearestName) {
  const auto after = [](const std::string& text) { return error_of(kTwoPopulations + text); };
  EXPECT_EQ(after("[[projection]]\nname = 'fb1'\nfrom = 'x'\nto = 'v1.pyr'\ncompartment = 'apcial'\n"),
            "x.toml:13:15: unknown compartment 'apcial' in projection 'fb1' (population 'v1.pyr' has basal "
            "and apical)\n"
            "  did you mean 'apical'?");
  EXPECT_EQ(after("[[projection]]\nfrom = 'x'\nto = 'v1.pry'\ncompartment = 'apical'\n"),
            "x.toml:11:6: unknown population 'v1.pry'\n  did you mean 'v1.pyr'?");
  const std::string good = "[[projection]]\nfrom = 'x'\nto = 'v1.pyr'\ncompartment = 'apical'\n";
  EXPECT_EQ(after(good + "denisty = 0.5\n"),
            "x.toml:13:1: unknown key 'denisty' in [projection[1]]\n  did you mean 'density'?");
  EXPECT_EQ(after(good + "density = 1.5\n"),
            "x.toml:13:11: 'projection[1].density' is 1.5; expected a number from 0 to 1\n  density: "
            "probability that a "
            "synapse exists");
  EXPECT_EQ(after(good + "effect = 'multipy'\n"),
            "x.toml:13:10: 'projection[1].effect' is 'multipy'; expected add or multiply\n  did you mean "
            "'multiply'?");
  EXPECT_EQ(after(good + "transmits = 'soma'\n"),
            "x.toml:13:13: projection 'x->v1.pyr.apical' transmits soma of 'x', but an external population "
            "has only a rate");
  EXPECT_EQ(after(good + "rule = {eta = 1, post = {kind = 'compartment', compartment = 'bsal'}, pre = {kind "
                         "= 'transmitted'}}\n"),
            "x.toml:13:8: unknown compartment 'bsal' in the rule of projection 'x->v1.pyr.apical' "
            "(population 'v1.pyr' has basal and "
            "apical)\n  did you mean 'basal'?");
  EXPECT_EQ(
      after(good + "rule = {eta = 1, post = {kind = 'rate', now = true}}\n"),
      "x.toml:13:41: unknown key 'now' in [projection[1].rule.post]\n  known: gain, kind and low_pass_ms");
  EXPECT_EQ(after(good + "weights = {law = 'explicit_values', values = [[1, 2, 3]]}\n"),
            "x.toml:13:11: weights of projection 'x->v1.pyr.apical' are 1 x 3; expected 2 x 2 (post x pre)");
  EXPECT_EQ(after(good + "view = {of = 'ff'}\n"),
            "x.toml:13:14: unknown projection 'ff'\n  known: x->v1.pyr.apical");
  EXPECT_EQ(after(good + good),
            "x.toml:13:1: there are two projections named 'x->v1.pyr.apical'\n  give one of them a name of "
            "its own");
  EXPECT_EQ(after("[circuit]\nreadout = 'v1'\n"),
            "x.toml:10:11: unknown population 'v1'\n  known: v1.pyr and x");
  EXPECT_EQ(after("[circuit]\ndt_ms = -1\n"),
            "x.toml:10:9: 'circuit.dt_ms' is -1; expected a positive time step in ms");
  EXPECT_EQ(after("[[population]]\nname = 'x'\nsize = 1\n"),
            "x.toml:10:8: there are two populations named 'x'");
  EXPECT_EQ(
      after("[[population]]\nname = 'y'\nsize = 1\nleak = -2\n"),
      "x.toml:12:8: 'population[3].leak' is -2; expected 0 or more\n  leak: leak conductance of the soma, in "
      "1/ms");
  EXPECT_EQ(after("[[population]]\nname = 'y'\nsize = 2\nleak = 1\nteacher = 'v1.pyr'\n"),
            "x.toml:13:11: the teacher of 'y' must be an external population of 2 rates; 'v1.pyr' has 2");
  EXPECT_EQ(after("[[population]]\nname = 'y'\nkind = 'external'\nsize = 2\nleak = 1\n"),
            "x.toml:13:1: unknown key 'leak' in [population[3]]\n  known: absent_input_holds, area, kind, "
            "name and size");
  EXPECT_EQ(after("[[population]]\nname = 'y'\nsize = 0\n"),
            "x.toml:11:8: 'population[3].size' is 0; expected 1 … 1000000000");
}

TEST(CircuitToml, MistakesInEditsAreShownAtTheirPlace) {
  const auto with = [](const std::string& text) { return error_of(text, small_microcircuit()); };
  EXPECT_EQ(with("[[edit]]\npopulation = 'a1.rpe'\n"),
            "x.toml:2:14: no population is named 'a1.rpe'\n  did you mean 'a1.rep'?");
  EXPECT_EQ(
      with("[[edit]]\nprojection = 'a1.rep->a2.rep.basl'\n"),
      "x.toml:2:14: no projection is named 'a1.rep->a2.rep.basl'\n  did you mean 'a1.rep->a2.rep.basal'?");
  EXPECT_EQ(with("[[edit]]\npopulation = 'a1.rep'\nactivaton = 'relu'\n"),
            "x.toml:3:1: unknown key 'activaton' in [edit[1]]\n  did you mean 'activation'?");
  EXPECT_EQ(with("[[edit]]\nleak = 1\n"),
            "x.toml:1:1: an edit names neither 'population' nor 'projection'\n"
            "  say what is to be edited, e.g. projection = \"a1.rep->a2.rep.basal\"");
  EXPECT_EQ(with("[[edit]]\npopulation = 'a1.rep'\nprojection = 'input->a1.rep.basal'\n"),
            "x.toml:1:1: an edit names both populations and projections; expected one of them\n  write two "
            "[[edit]] entries");
  EXPECT_EQ(with("[[edit]]\nprojection = 'a1.rep->a2.rep.basal'\nremove = true\n"),
            "x.toml:2:14: projection 'a1.rep->a2.rep.basal' cannot be removed: 'a2.err->a1.err.dendrite' "
            "shows its transpose\n"
            "  remove 'a2.err->a1.err.dendrite' first, or give it weights of its own");
  EXPECT_EQ(with("[[edit]]\nprojection = 'input->a1.rep.basal'\ndelay_steps = 2\ndensity = 3\n"),
            "x.toml:4:11: 'edit[1].density' is 3; expected a number from 0 to 1\n  density: probability that "
            "a synapse "
            "exists");
}

TEST(Circuit, RefusesWhatNoEngineWouldDo) {
  const auto with = [](const std::string& text) { return error_of(text, small_microcircuit()); };
  const std::string feedback = "[[edit]]\nprojection = 'a2.err->a1.err.dendrite'\n";
  const std::string lateral = "[[edit]]\nprojection = 'a1.err->a1.rep.apical'\n";
  const std::string forward = "[[edit]]\nprojection = 'input->a1.rep.basal'\n";
  EXPECT_NE(with(feedback + "effect = 'multiply'\n").find("a transposed view can only add"),
            std::string::npos);
  EXPECT_NE(with(feedback + "density = 0.5\n").find("a transposed view has no synapses to leave out"),
            std::string::npos);
  EXPECT_NE(with(lateral + "density = 0.5\n").find("a one_to_one projection has no synapses"),
            std::string::npos);
  EXPECT_NE(with(lateral + "rule = {update_low_pass_ms = 1}\n").find("is for dense projections"),
            std::string::npos);
  EXPECT_NE(with(lateral + "rule = {decay = {alpha = 1, pre = 'positive'}}\n").find("no presynaptic factor"),
            std::string::npos);
  EXPECT_NE(with(forward + "weights = {law = 'explicit_values'}\n").find("no values are given"),
            std::string::npos);
  Circuit c = small_microcircuit();
  PreFactor& pre = c.edit(c.projection("input->a1.rep.basal")).rule->pre;
  pre = {.kind = PreFactor::Kind::transmitted_now, .low_pass_ms = 1};
  EXPECT_THROW(c.validate(), ConfigError);
}

}  // namespace
}  // namespace apical
