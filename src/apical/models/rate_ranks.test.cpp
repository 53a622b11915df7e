// SPDX-License-Identifier: Apache-2.0
// Rate circuits that several ranks share: the bits of one process, whatever the number of ranks and threads.
// Ranks are threads here; with MPI: tests/cli/mpi.test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

#include "apical/circuit/formula_rule.h"
#include "apical/core/random.h"
#include "apical/core/state_visitor.h"
#include "apical/core/test_ranks.h"
#include "apical/engine/rate/engine.h"
#include "apical/models/dendritic_microcircuit.h"
#include "apical/models/dendritic_predictive_coding.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/phaseless_alignment_learning.h"

namespace apical::rate {
namespace {

using test::as_ranks;
using testing::HasSubstr;

using Bytes = std::vector<std::byte>;
using State = std::map<std::string, Bytes>;

/// A state as one process has it, by name.
class Whole final : public StateVisitor {
 public:
  Whole(State& state, bool reading) : StateVisitor(reading), state_(state) {}

 private:
  void visit(std::string_view name, Element, bool, std::span<std::byte> field) override {
    Bytes& kept = state_[within_ + std::string(name)];
    if (!kReading) {
      kept.assign(field.begin(), field.end());
    } else {
      ASSERT_EQ(kept.size(), field.size()) << name;
      std::copy(kept.begin(), kept.end(), field.begin());
    }
  }
  void begin(std::string_view name) override { within_ = std::string(name) + "/"; }
  void end() override {}
  State& state_;
  std::string within_;
};

template <class Real>
State state_of(RateEngine<Real>& engine) {
  State state;
  Whole whole(state, false);
  engine.visit_state(whole);
  return state;
}

// ---- circuits whose matrices are large enough to be divided, and to have several chunks for each rank
// ----------------------------------------------

models::ErrorNeuronMicrocircuit large() {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {600, 640, 620, 10};
  m.activation = {{.kind = ActivationKind::tanh}};
  m.eta = {0.5};
  m.weight_range = {0.05};
  return m;
}

/// Feedback through the transpose with deviations, learned dense laterals that relax to the identity.
Circuit error_neurons() {
  models::ErrorNeuronMicrocircuit m = large();
  m.lateral_range = 0.05;
  m.feedback_deviation = 0.05;
  m.eta_rep_to_err = m.eta_err_to_rep = 0.4;
  m.update_low_pass_ms = 0.05;
  return build(m);
}

/// Two views of one matrix: feedback, and interneurons that cancel it.
Circuit dendrites() {
  models::DendriticMicrocircuit m;
  m.layers = {600, 640, 620, 10};
  m.activation = {{.kind = ActivationKind::logistic}};
  m.eta = {0.5};
  m.eta_pyr_to_inter = {0.3};
  return build(m);
}

Circuit phaseless() {
  models::PhaselessAlignmentLearning m;
  m.layers = {600, 640, 620, 10};
  m.eta = {0.5};
  return build(m);
}

Circuit predictive() {
  models::DendriticPredictiveCoding m;
  m.layers = {600, 640, 620, 10};
  m.weight_range = {0.05};
  m.eta = {0.05};
  m.eta_lateral = {0.05};
  return build(m);
}

Population point(const char* name, std::size_t size) {
  Population p;
  p.name = name;
  p.size = size;
  p.leak = 0.03;
  p.compartments = {{"basal", 0.1}, {"gate", 0.05}};
  p.activation = ActivationKind::tanh;
  p.initial_soma_sd = 0.3;
  return p;
}

/// What published models do not combine: more neurons than before, delays, sparse projections that learn, a
/// product that multiplies, a rule that is interpreted, and a matrix that begins with others' product.
Circuit mixed() {
  Circuit c;
  c.dt_ms = 0.05;
  const PopulationId input = c.add_external("input", 500), target = c.add_external("target", 700);
  const PopulationId wide = c.add_population(point("wide", 700)), deep = c.add_population(point("deep", 600));
  ConnectOptions up{.compartment = "basal", .name = "up", .delay_steps = 2};
  up.weights = InitialWeights::uniform(-0.1, 0.1);
  up.rule = PlasticityRule{.eta = 0.2,
                           .post = {.kind = PostFactor::Kind::voltage_residual, .compartment = "basal"},
                           .pre = {.kind = PreFactor::Kind::transmitted}};
  c.connect(input, wide, up);
  ConnectOptions sparse{.compartment = "basal", .name = "sparse", .density = 0.3};
  sparse.weights = InitialWeights::uniform(-0.2, 0.2);
  sparse.rule = PlasticityRule{.eta = 0.2,
                               .post = {.kind = PostFactor::Kind::rate},
                               .pre = {.kind = PreFactor::Kind::transmitted},
                               .decay = {.alpha = 0.1}};
  const ProjectionId of = c.connect(wide, deep, sparse);
  ConnectOptions back{.compartment = "basal", .name = "back", .delay_steps = 1};
  back.view = TransposedView{.of = of, .scale = 0.5, .deviation = InitialWeights::uniform(-0.05, 0.05)};
  c.connect(deep, wide, back);
  ConnectOptions gate{.compartment = "gate", .name = "gate", .effect = Effect::multiply};
  gate.weights = InitialWeights::uniform(-0.1, 0.1);
  c.connect(deep, wide, gate);
  c.connect(target, wide,
            {.compartment = "gate", .topology = Topology::one_to_one, .weights = InitialWeights::eye()});
  ConnectOptions lateral{.compartment = "basal", .name = "lateral", .pathway = Pathway::lateral};
  lateral.weights = InitialWeights::uniform(-0.05, 0.05);
  lateral.rule = rule_of(Formula{"0.05 * (rate * pre - rate^2 * w)", {}}, "basal");
  c.connect(wide, wide, lateral);
  ConnectOptions expanding{.compartment = "basal", .name = "expanding", .density = 0.5};
  expanding.weights = InitialWeights::uniform(-0.05, 0.05);
  expanding.rule = rule_of(Formula{"0.05 * (rate * pre - rate^2 * w)", {}}, "basal");
  const ProjectionId opened = c.connect(deep, wide, expanding);
  ConnectOptions shown{.compartment = "gate", .name = "shown"};
  shown.view = TransposedView{.of = opened};
  c.connect(wide, deep, shown);
  c.set_stimulus(input);
  c.set_target(target);
  c.set_readout(wide);
  return c;
}

std::map<std::string, Circuit> circuits() {
  return {{"error neurons", error_neurons()},
          {"dendrites", dendrites()},
          {"phaseless", phaseless()},
          {"predictive", predictive()},
          {"mixed", mixed()}};
}

// ---- what is done to them --------------------------------------------------------------------------------

template <class Real>
void show(RateEngine<Real>& engine, PopulationId id, std::uint64_t sample) {
  std::vector<double> values(engine.circuit()[id].size);
  for (std::size_t r = 0; r < engine.replicas(); ++r) {
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] =
          uniform({engine.seeds()[r], Stream::task_input, id.value, sample * values.size() + i}, -1, 1);
    engine.template set_external<double>(id, r, values);
  }
}

template <class Real>
void live(RateEngine<Real>& engine, std::uint64_t from = 0) {
  const PopulationId stimulus = *engine.circuit().stimulus(), target = *engine.circuit().target();
  show(engine, stimulus, from);
  engine.advance(2);
  show(engine, target, from);
  engine.advance(5, Learning::all());
  show(engine, stimulus, from + 1);
  engine.advance(1);
  engine.advance(2, {.forward = true});
  engine.clear_external(target);
  engine.advance(3, Learning::all());
}

constexpr std::uint64_t kSeed = 5;

template <class Real>
State alone(const Circuit& c, const std::vector<std::uint64_t>& seeds = {kSeed}) {
  ThreadPool pool(1);
  RateEngine<Real> engine(c, seeds, pool, {.layout = Layout::wide});
  live(engine);
  return state_of(engine);
}

template <class Real>
State on_ranks(const Circuit& c, std::size_t ranks, unsigned threads = 1, Sums sums = Sums::of_one_process,
               const std::vector<std::uint64_t>& seeds = {kSeed}) {
  State state;
  as_ranks(ranks, [&](Ranks& r) {
    ThreadPool pool(threads);
    RateEngine<Real> engine(c, seeds, pool, {.layout = Layout::wide, .sharing = {.ranks = &r, .sums = sums}});
    live(engine);
    State here = state_of(engine);
    if (r.leads()) state = std::move(here);
  });
  return state;
}

std::string differing(const State& a, const State& b) {
  std::string names;
  for (const auto& [name, bytes] : a) {
    if (!b.contains(name) || b.at(name) != bytes) names += name + " ";
  }
  return a.size() == b.size() ? names : names + "and others";
}

TEST(RateRanks, GiveTheBitsOfOneForAnyNumberOfThem) {
  for (const auto& [name, c] : circuits()) {
    ASSERT_EQ(why_not_shared(c), "") << name;
    const State expected = alone<float>(c);
    for (const std::size_t ranks : {1U, 2U, 3U, 4U})
      EXPECT_EQ(differing(on_ranks<float>(c, ranks), expected), "") << name << " on " << ranks;
    EXPECT_EQ(differing(on_ranks<float>(c, 2, 3), expected), "") << name << " with threads";
  }
  EXPECT_EQ(differing(on_ranks<double>(mixed(), 3), alone<double>(mixed())), "");
  EXPECT_EQ(differing(on_ranks<float>(error_neurons(), 2, 2, Sums::of_one_process, {3, 4}),
                      alone<float>(error_neurons(), {3, 4})),
            "");
}

/// The test that would notice: sums in another order, as a library's reduction gives, or as messages happen
/// to come, lead to other weights.
TEST(RateRanks, SumsInAnotherOrderChangeTheWeights) {
  const Circuit c = error_neurons();
  const State expected = alone<float>(c);
  for (const Sums sums : {Sums::of_each_rank, Sums::from_the_last}) {
    EXPECT_EQ(differing(on_ranks<float>(c, 1, 1, sums), expected), "");
    EXPECT_THAT(differing(on_ranks<float>(c, 2, 1, sums), expected), HasSubstr(".weights"));
  }
}

TEST(RateRanks, DivideLargeMatrices) {
  const Circuit c = error_neurons();
  ThreadPool pool(1);
  RateEngine<float> whole(c, {kSeed}, pool, {.layout = Layout::wide});
  const std::size_t all = whole.own_bytes();
  EXPECT_EQ(all, whole.bytes());
  as_ranks(4, [&](Ranks& r) {
    ThreadPool own(1);
    const RateEngine<float> engine(c, {kSeed}, own, {.layout = Layout::wide, .sharing = {.ranks = &r}});
    EXPECT_LT(engine.own_bytes(), all / 3);
    EXPECT_EQ(engine.bytes(), all);
  });
}

TEST(RateRanks, GoOnFromTheStateOfAnotherNumberOfRanks) {
  for (const auto& [name, described] : circuits()) {
    const Circuit& c = described;  // what a lambda may hold on to
    ThreadPool pool(1);
    RateEngine<float> engine(c, {kSeed}, pool, {.layout = Layout::wide});
    live(engine);
    live(engine, 7);
    live(engine, 9);
    const State expected = state_of(engine);
    State state;
    std::uint64_t from = 0;
    for (const std::size_t ranks : {2U, 3U, 1U}) {
      State next;
      as_ranks(ranks, [&](Ranks& r) {
        ThreadPool own(1);
        RateEngine<float> shared(c, {kSeed}, own, {.layout = Layout::wide, .sharing = {.ranks = &r}});
        State had = state;  // every rank reads a checkpoint of its own
        Whole reader(had, true);
        if (!had.empty()) shared.visit_state(reader);
        live(shared, from);
        State here = state_of(shared);
        if (r.leads()) next = std::move(here);
      });
      state = std::move(next);
      from = from == 0 ? 7 : 9;
    }
    EXPECT_EQ(differing(state, expected), "") << name;
  }
}

TEST(RateRanks, WhatIsSaidOfWeightsIsSaidOfTheWholeOnEveryRank) {
  for (const auto& [name, c] : circuits()) {
    ThreadPool pool(1);
    RateEngine<float> whole(c, {kSeed}, pool, {.layout = Layout::wide});
    live(whole);
    as_ranks(3, [&, &c = c](Ranks& r) {
      ThreadPool own(1);
      RateEngine<float> engine(c, {kSeed}, own, {.layout = Layout::wide, .sharing = {.ranks = &r}});
      live(engine);
      for (std::uint32_t j = 0; j < c.projections().size(); ++j) {
        const Projection& p = c.projections()[j];
        EXPECT_EQ(engine.weights({j}, 0), whole.weights({j}, 0)) << p.name;
        EXPECT_EQ(engine.network(0).existing({j}, 0), whole.network(0).existing({j}, 0)) << p.name;
        if (p.view && p.view->deviation) {
          EXPECT_EQ(engine.network(0).deviation({j}, 0), whole.network(0).deviation({j}, 0)) << p.name;
        }
      }
      for (std::uint32_t j = 0; j < c.projections().size(); ++j) {
        const Projection& p = c.projections()[j];
        if (p.view || !p.rule) continue;
        Matrix<double> w = whole.weights({j}, 0);
        for (double& x : w.flat()) x *= 0.5;
        engine.set_weights({j}, 0, w);
        EXPECT_EQ(engine.weights({j}, 0), w) << p.name;
      }
    });
  }
}

TEST(RateRanks, AWeightThatIsNotFiniteIsTheFaultOfOneProcessOnEveryRank) {
  Circuit c = mixed();
  c.edit(c.projection("expanding")).rule = rule_of(Formula{"1e30 * (rate * pre - rate^2 * w)", {}}, "basal");
  const auto fault_of = [](RateEngine<float>& engine) {
    try {
      show(engine, *engine.circuit().stimulus(), 0);
      engine.advance(260, Learning::all());
    } catch (const NumericalFault& fault) {
      return std::string(fault.what());
    }
    return std::string("none");
  };
  ThreadPool pool(1);
  RateEngine<float> whole(c, {kSeed}, pool, {.layout = Layout::wide});
  const std::string expected = fault_of(whole);
  EXPECT_NE(expected, "none");
  as_ranks(3, [&](Ranks& r) {
    ThreadPool own(1);
    RateEngine<float> engine(c, {kSeed}, own, {.layout = Layout::wide, .sharing = {.ranks = &r}});
    EXPECT_EQ(fault_of(engine), expected);
  });
}

TEST(RateRanks, SayWhyACircuitCannotBeShared) {
  models::ErrorNeuronMicrocircuit small = large();
  small.layers = {4, 6, 3};
  EXPECT_THAT(why_not_shared(build(small)), HasSubstr("none of its projections has 131072"));
  Circuit c = mixed();
  const PopulationId few = c.add_population(point("few", 20));
  ConnectOptions cut{.compartment = "basal", .name = "cut"};
  cut.view = TransposedView{.of = c.projection("up")};
  c.connect(few, c.population("deep"), cut);
  EXPECT_THAT(why_not_shared(c), HasSubstr("'cut' shows a part of 'up'"));
}

}  // namespace
}  // namespace apical::rate
