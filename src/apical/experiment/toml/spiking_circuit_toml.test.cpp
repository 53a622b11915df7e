// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/spiking_circuit_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/core/random.h"
#include "apical/core/time_grid.h"
#include "apical/engine/spike/network.h"
#include "apical/experiment/toml/spiking_circuit_fields.h"
#include "apical/experiment/toml/test_circuit_text.h"
#include "apical/models/payeur2021_mnist.h"
#include "apical/models/payeur2021_propagation.h"
#include "apical/models/payeur2021_rule.h"
#include "apical/models/payeur2021_xor.h"
#include "support/pages.h"

namespace apical::spike {
namespace {

using ::testing::HasSubstr;

SpikingCircuit read(const std::string& text, SpikingCircuit circuit = {}, std::string* resolved = nullptr) {
  return circuit_from(read_spiking_circuit, text, std::move(circuit), resolved);
}

std::string error_of(const std::string& text, const SpikingCircuit& circuit = {}) {
  return error_from(read_spiking_circuit, text, circuit);
}

/// Spikes, potentials and weights after a phase with plasticity and one without.
std::vector<double> run(const SpikingCircuit& circuit) {
  Network<float> net(circuit, 3);
  for (std::size_t g = 0; g < circuit.groups.size(); ++g) net.record(g, true);
  net.set_plasticity(true);
  net.advance(300);
  net.set_plasticity(false);
  net.advance(100);
  std::vector<double> out;
  for (std::size_t g = 0; g < circuit.groups.size(); ++g) {
    for (const Spike& s : net.take_spikes(g))
      out.insert(out.end(), {static_cast<double>(s.step), static_cast<double>(s.neuron)});
    const NeuronState s = net.state(g, 0);
    out.insert(out.end(), {s.v, s.vd, s.wd});
  }
  for (std::size_t c = 0; c < circuit.connections.size(); ++c) {
    const auto w = net.weights(c);
    out.insert(out.end(), w.begin(), w.end());
  }
  return out;
}

void expect_survives_writing(const SpikingCircuit& circuit) {
  const std::string text = circuit_toml(circuit);
  std::string resolved;
  const SpikingCircuit back = read(text, {}, &resolved);
  EXPECT_TRUE(back == circuit) << text;
  EXPECT_EQ(circuit_toml(back), text);
  EXPECT_TRUE(read(resolved) == circuit) << resolved;
  EXPECT_EQ(run(back), run(circuit));
}

/// Every network of the published experiments, small, in all its variants.
std::vector<SpikingCircuit> published() {
  using namespace payeur2021;
  std::vector<SpikingCircuit> out;
  for (const Quirks& quirks : {Quirks{}, Quirks::published()}) {
    for (const XorFeedback feedback : {XorFeedback::asymmetric, XorFeedback::symmetric, XorFeedback::cut}) {
      XorOptions o{.neurons = 40, .in_degree = 20, .feedback = feedback, .quirks = quirks};
      o.hidden_plasticity = feedback != XorFeedback::symmetric;
      out.push_back(xor_network(o));
    }
    for (const ShortTerm short_term : {ShortTerm::dynamic, ShortTerm::none}) {
      PropagationOptions o{
          .pyramidal = 60, .interneurons = 20, .in_degree_fraction = 0.2, .short_term = short_term};
      o.quirks = quirks;
      out.push_back(propagation_network(o));
      out.push_back(multiplexing_population(o));
    }
    out.push_back(rule_network({.neurons = 50, .pool = 300, .quirks = quirks}));
  }
  for (const MnistFeedback feedback :
       {MnistFeedback::random, MnistFeedback::learned, MnistFeedback::bursts, MnistFeedback::cut}) {
    out.push_back(mnist_network({.hidden = 30, .per_class = 2, .feedback = feedback}, 49));
  }
  return out;
}

TEST(SpikingCircuitToml, EveryPublishedCircuitSurvivesWritingToTheLastBit) {
  for (const SpikingCircuit& circuit : published()) expect_survives_writing(circuit);
}

TEST(SpikingCircuitToml, TheCircuitAtItsFullSizeIsTheSameValue) {
  for (const SpikingCircuit& circuit :
       {payeur2021::xor_network(), payeur2021::propagation_network(), payeur2021::rule_network()}) {
    EXPECT_TRUE(read(circuit_toml(circuit)) == circuit);
  }
}

TEST(SpikingCircuitToml, ListedPairsAndLesionsSurviveWriting) {
  SpikingCircuit c = payeur2021::rule_network({.neurons = 20, .pool = 200});
  c.connections.back().topology = ListedPairs{{{0, 3}, {2, 1}}, {0.25, 0.1}};
  expect_survives_writing(c);
  const auto plastic = Network<float>(c, 1).weights(connection_index(c, "plastic"));
  remove_connection(c, 0);
  expect_survives_writing(c);
  EXPECT_EQ(Network<float>(c, 1).weights(connection_index(c, "plastic")), plastic);
}

/// Moves every number that a field walk shows a little, so that none is round.
struct Jitter {
  std::uint64_t seed, draw = 0;
  double factor() { return 1 + 0.02 * uniform({seed, Stream::task_input, 0, draw++}, -1, 1); }

  template <class T>
  struct Bound {
    Jitter& jitter;
    T& object;
    bool when(bool condition) const { return condition; }
    void move(double& x) const {
      if (std::isfinite(x)) x *= jitter.factor();
    }
    void operator()(const Field&, double T::*member) { move(object.*member); }
    void operator()(const Quantity&, double T::*member) { move(object.*member); }
    void operator()(const OrUnbounded&, double T::*member) { move(object.*member); }
    template <class Part>
    requires requires(int& v, const Part& p) { spike::fields(v, p); }
    void operator()(const Field&, Part T::*member) { jitter.move(object.*member); }
    template <class Part>
    requires requires(int& v, const Part& p) { spike::fields(v, p); }
    void operator()(const Field&, std::optional<Part> T::*member) {
      if (object.*member) jitter.move(*(object.*member));
    }
    template <class Other>
    void operator()(const Field&, Other T::*) {}
  };
  template <class T>
  void move(T& object) {
    Bound<T> bound{*this, object};
    spike::fields(bound, object);
  }
};

RC_GTEST_PROP(SpikingCircuitToml, NoBitOfAnyNumberIsLost, (std::uint64_t seed)) {
  static const std::vector<SpikingCircuit> all = published();
  SpikingCircuit circuit = all[seed % all.size()];
  Jitter jitter{seed};
  for (NeuronGroup& g : circuit.groups) {
    with_constants(g.model, [&](auto& constants, const auto&, const auto& walk) {
      Jitter::Bound<std::remove_cvref_t<decltype(constants)>> bound{jitter, constants};
      walk(bound, constants);
    });
    jitter.move(g);
  }
  for (Background& b : circuit.background) jitter.move(b);
  for (Connection& c : circuit.connections) {
    std::visit([&](auto& topology) { jitter.move(topology); }, c.topology);
    jitter.move(c);
  }
  for (Connection& c : circuit.connections) {  // mirrors have the wiring of what they mirror
    if (c.follow) c.topology = circuit.connections[connection_index(circuit, c.follow->of)].topology;
  }
  circuit.dt_s *= 0.95 * jitter.factor();  // shorter, so that no interval is too short for it
  // Refractory times and pulses of a dendrite are counted in steps.
  const auto on_grid = [&](double& time_s) { time_s = nearest_on_grid(time_s, circuit.dt_s); };
  for (NeuronGroup& g : circuit.groups) {
    if (auto* m = std::get_if<TwoCompartment>(&g.model)) on_grid(m->parameters.back_propagation_s);
    if (auto* m = std::get_if<BurstPoisson>(&g.model)) on_grid(m->parameters.refractory_s);
    if (auto* m = std::get_if<EscapeBurst>(&g.model)) on_grid(m->refractory_s);
    if (auto* m = std::get_if<ExponentialIf>(&g.model)) on_grid(m->refractory_s);
  }
  validate(circuit);
  std::string resolved;
  RC_ASSERT(read(circuit_toml(circuit), {}, &resolved) == circuit);
  RC_ASSERT(read(resolved) == circuit);
}

// ---- the documentation -----------------------------------------------------------------------------------

std::string page() { return test::read_page("docs/spiking-circuits.md"); }

std::vector<test::Block> blocks_of_page() { return test::blocks_of("docs/spiking-circuits.md", "toml"); }

TEST(SpikingCircuitsPage, ItsExampleRunsLearnsAndSurvivesWriting) {
  ASSERT_EQ(blocks_of_page().size(), 3U);
  const SpikingCircuit c = read(blocks_of_page()[0].text);
  expect_survives_writing(c);
  Network<float> net(c, 1);
  const auto before = net.weights(net.connection("down"));
  net.set_plasticity(true);
  net.advance(10000);
  net.set_plasticity(false);
  EXPECT_GT(net.counts(net.group("high")).bursts, 0U);
  EXPECT_NE(net.weights(net.connection("down")), before);
}

TEST(SpikingCircuitsPage, ItsEditsChangeWhatTheyName) {
  const SpikingCircuit c = read(blocks_of_page()[0].text),
                       edited = read(blocks_of_page()[0].text + blocks_of_page()[2].text);
  EXPECT_TRUE(edited == read(blocks_of_page()[2].text, c));
  const auto of = [&](const char* name) { return edited.connections[connection_index(edited, name)]; };
  EXPECT_EQ(of("up").rule->eta, 0.02);
  EXPECT_EQ(of("up").rule->w_max, 2);
  EXPECT_EQ(of("input->low").rule->eta, 0.02);
  EXPECT_TRUE(edited.groups[group_index(edited, "som")].model == NeuronModel{BurstPoisson{}});
  EXPECT_EQ(edited.background[0].rate_Hz, 1000);
  EXPECT_EQ(edited.background[1].rate_Hz, 1500);
  EXPECT_EQ(edited.connections.size() + 1, c.connections.size());
}

struct Keys {
  std::vector<std::string> words;
  bool when(bool) const { return true; }
  template <class Member>
  void operator()(const Field& f, Member) {
    words.push_back(f.name);
  }
  template <class Member>
  void operator()(const Quantity& q, Member) {
    words.push_back(q.field.name);
  }
  template <class Member>
  void operator()(const OrUnbounded& u, Member) {
    words.push_back(u.field.name);
  }
};

TEST(SpikingCircuitsPage, ExplainsEveryKeyAndEveryName) {
  Keys keys;
  visit_pyramidal(keys, true);
  visit_pyramidal(keys, false);
  spike::fields(keys, EscapeBurst{});
  spike::fields(keys, ExponentialIf{});
  spike::fields(keys, RateEstimator{});
  spike::fields(keys, Drive{});
  spike::fields(keys, NeuronGroup{.name = "n", .size = 1, .model = BurstPoisson{}});
  spike::fields(keys, RandomPairs{});
  spike::fields(keys, ListedPairs{});
  spike::fields(keys, ShortTermParameters{});
  spike::fields(keys, BurstRule{});
  spike::fields(keys, FollowRule{});
  spike::fields(keys, WeightView{});
  spike::fields(keys, Connection{});
  spike::fields(keys, Background{});
  const std::string text = page();
  for (const std::string& key : keys.words) {
    EXPECT_TRUE(text.find("| `" + key + "`") != std::string::npos ||
                text.find(", `" + key + "`") != std::string::npos)
        << key;
  }
  const auto explains = [&](const auto& names) {
    for (const std::string_view name : names) {
      EXPECT_TRUE(text.find("`" + std::string(name) + "`") != std::string::npos ||
                  text.find("\"" + std::string(name) + "\"") != std::string::npos)
          << name;
    }
  };
  explains(kNeuronKinds);
  explains(kTopologies);
  explains(kNames<DendriticDrive>);
  explains(kNames<DetectorKind>);
  explains(kNames<FacilitationJump>);
  explains(kNames<HomeostaticRate>);
  explains(kNames<FirstEvent>);
  explains(kNames<Receptor>);
  explains(kNames<Reads>);
}

// ---- mistakes --------------------------------------------------------------------------------------------

TEST(SpikingCircuitToml, NamesMayBeUsedBeforeTheyAreDefined) {
  const SpikingCircuit c = read(R"([[projection]]
from = "a"
to = "b"
[[background]]
to = "b"
receptor = "soma_excitatory"
[[population]]
name = "b"
kind = "burst_poisson"
size = 2
[[population]]
name = "a"
kind = "relay"
size = 3
)");
  EXPECT_EQ(c.connections[0].name, "a->b");
  EXPECT_EQ(c.groups[0].name, "b");
}

TEST(SpikingCircuitToml, MistakesAreShownAtTheirPlaceWithTheNearestName) {
  const std::string base = R"([circuit]
neurons = "spiking"
[[population]]
name = "a"
kind = "relay"
size = 3
[[population]]
name = "b"
kind = "burst_poisson"
size = 2
)";
  const auto with = [&](const std::string& text) { return error_of(base + text); };
  EXPECT_EQ(with("[[projection]]\nfrom = 'a'\nto = 'bb'\n"),
            "x.toml:13:6: unknown population 'bb'\n  did you mean 'b'?");
  EXPECT_THAT(with("neuron = {soma_tua_ms = 3}\n"),
              HasSubstr("x.toml:11:11: unknown key 'soma_tua_ms' in [population[2].neuron]\n  did you mean "
                        "'soma_tau_ms'?"));
  EXPECT_THAT(with("neuron = {soma_tau_ms = 16, soma_tau_s = 3}\n"),
              HasSubstr("x.toml:11:42: both 'soma_tau_ms' and 'soma_tau_s' are given"));
  EXPECT_THAT(with("neuron = {soma_tau_ms = 0}\n"),
              HasSubstr("x.toml:11:25: 'population[2].neuron.soma_tau_ms' is 0; expected more than 0\n  "
                        "soma_tau_ms: somatic membrane, in ms"));
  EXPECT_THAT(with("neuron = {soma_tau_s = -1e-3}\n"),
              HasSubstr("'population[2].neuron.soma_tau_s' is -0.001; expected more than 0"));
  EXPECT_THAT(with("neuron = {soma_tau_ms = 0.05}\n"),  // less than a step
              HasSubstr("x.toml:11:10: population 'b' has a time constant"));
  EXPECT_THAT(with("[[population]]\nname = 'c'\nkind = 'burst_poison'\nsize = 1\n"),
              HasSubstr("did you mean 'burst_poisson'?"));
  EXPECT_THAT(with("[[population]]\nname = 'b'\nkind = 'relay'\nsize = 1\n"),
              HasSubstr("x.toml:12:8: there are two populations named 'b'"));
  const std::string projection = "[[projection]]\nfrom = 'a'\nto = 'b'\n";
  EXPECT_THAT(with(projection + projection),
              HasSubstr("x.toml:16:6: there are two projections named 'a->b'\n  give one of them a name"));
  EXPECT_THAT(with(projection + "transmit = 'events'\n"), HasSubstr("did you mean 'transmits'?"));
  EXPECT_THAT(with(projection + "density = 2\n"), HasSubstr("x.toml:14:11: "));
  EXPECT_THAT(with(projection + "rule = {eta = 1}\n"), HasSubstr("x.toml:14:8: "));
  EXPECT_THAT(with(projection + "view = {of = 'x'}\n"), HasSubstr("unknown projection 'x'\n"));
  EXPECT_THAT(with(projection + "view = {scale = 2}\n"), HasSubstr("missing key 'projection[1].view.of'"));
  EXPECT_THAT(with(projection + "topology = 'listed'\npairs = [[0, 1.5]]\n"),
              HasSubstr("x.toml:15:9: a pair is not two neurons"));
  EXPECT_THAT(with(projection + "topology = 'dense'\ndensity = 0.5\n"), HasSubstr("unknown key 'density'"));
  EXPECT_THAT(with("[[background]]\nto = 'b'\nreceptor = 'soma'\n"), HasSubstr("x.toml:13:12: "));
  EXPECT_THAT(with("[[background]]\nto = 'b'\nreceptor = 'soma_excitatory'\nrate_Hz = -1\n"),
              HasSubstr("x.toml:14:11: 'background[1].rate_Hz' is -1; expected 0 or more"));
  EXPECT_THAT(with("[[edit]]\npopulation = 'c*'\n"), HasSubstr("x.toml:12:14: no population is named 'c*'"));
  EXPECT_THAT(with("[[edit]]\nsize = 3\n"), HasSubstr("an edit names none of"));
  EXPECT_THAT(with("[[edit]]\npopulation = 'b'\nestimator = {alpha_s = -1}\n"),
              HasSubstr("x.toml:13:24: 'edit[1].estimator.alpha_s' is -1; expected more than 0"));
  EXPECT_THAT(with(projection + "rule = {fixed_burst_probability = 1.5}\n"),
              HasSubstr("is 1.5; expected a number from 0 to 1"));
  EXPECT_THAT(with(projection + "rule = {maximum_rate_Hz = 0}\n"), HasSubstr("is 0; expected more than 0"));
  EXPECT_THAT(error_of("[circuit]\nneurons = 'spikes'\n"), HasSubstr("expected rate or spiking"));
  EXPECT_THAT(error_of("[circuit]\ndt_ms = 0\n"),
              HasSubstr("x.toml:2:9: 'circuit.dt_ms' is 0; expected more than 0"));
  EXPECT_THAT(error_of("[circuit]\nneurons = 'spiking'\n"), HasSubstr("at least one"));
}

TEST(SpikingCircuitToml, ATextSaysWhetherItsNeuronsSpike) {
  const auto spikes = [](const std::string& text) {
    const TomlDocument document = TomlDocument::parse(text, "x.toml");
    TomlReader root(document);
    return says_neurons_spike(root);
  };
  EXPECT_TRUE(spikes("[circuit]\nneurons = 'spiking'\n"));
  EXPECT_FALSE(spikes("[circuit]\nneurons = 'rate'\n"));
  EXPECT_FALSE(spikes("[circuit]\nname = 'spiking'\n"));
  EXPECT_FALSE(spikes(""));
}

TEST(SpikingCircuitToml, AFormulaStandsWithItsNumbersInTheTableOfTheRule) {
  const std::string base = R"([circuit]
neurons = 'spiking'
[[population]]
name = 'a'
kind = 'burst_poisson'
size = 6
[[projection]]
from = 'a'
to = 'a'
transmits = 'events'
delay_steps = 0
)";
  const auto rule_in = [&](const std::string& rule) {
    return *read(base + "rule = " + rule).connections[0].rule;
  };
  const BurstRule product = rule_in("{formula = 'eta * (burst - p * event) * pre', eta = 0.02, w_max = 2}");
  EXPECT_EQ(product.eta, 0.02);
  EXPECT_FALSE(product.interpreted);
  EXPECT_EQ(product.w_max, 2);
  EXPECT_EQ(product.minimum_rate_Hz, 0) << "a formula is all of dw/dt";
  EXPECT_TRUE(std::isinf(product.maximum_rate_Hz));
  EXPECT_EQ(rule_in("{formula = 'burst * pre', minimum_rate_Hz = 3}").minimum_rate_Hz, 3);
  EXPECT_TRUE(rule_in("{formula = 'eta * event * pre', eta = 2}").interpreted);
  for (const char* rule : {"{formula = 'eta * (burst - p * event) * pre', eta = 0.02, pre_tau_ms = 50}",
                           "{formula = 'k * (burst - p^2 * event) * pre', k = 0.01, maximum_rate_Hz = 12}"})
    expect_survives_writing(read(base + "rule = " + rule));
  // An edit may change numbers alone, or take the formula away.
  const std::string edit = "\n[[edit]]\nprojection = 'a->a'\nrule = ";
  const std::string written =
      base + "rule = {formula = 'eta * (burst - p * event) * pre', eta = 0.02}" + edit;
  EXPECT_EQ(read(written + "{eta = 0.5}").connections[0].rule->eta, 0.5);
  const BurstRule table = *read(written + "{formula = 'none', eta = 0.1}").connections[0].rule;
  EXPECT_FALSE(table.formula);
  EXPECT_EQ(table.eta, 0.1);
  const auto error = [&](const std::string& rule) { return error_of(base + "rule = " + rule); };
  EXPECT_THAT(error("{formula = 'eta * burst * pre * w', eta = 1}"),
              HasSubstr("x.toml:12:19: 'w' is not local to a synapse"));
  EXPECT_THAT(error("{formula = 'burst * pre + p'}"), HasSubstr("is no rule of a spiking projection"));
  EXPECT_THAT(error("{formula = 'burst * pre', fixed_burst_probability = 0.2}"),
              HasSubstr("unknown key 'fixed_burst_probability'"));
}

}  // namespace
}  // namespace apical::spike
