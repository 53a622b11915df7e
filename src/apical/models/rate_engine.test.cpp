// SPDX-License-Identifier: Apache-2.0
// The rate engine on circuits of this room: its promises about layouts, threads, seeds, faults and saved
// state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "apical/core/error.h"
#include "apical/core/random.h"
#include "apical/engine/rate/benchmark.h"
#include "apical/engine/rate/engine.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/layered_reference.h"
#include "apical/models/rate_benchmarks.h"

namespace apical::rate {
namespace {

using models::ErrorNeuronMicrocircuit;
using models::Wiring;
using Seeds = std::vector<std::uint64_t>;

ErrorNeuronMicrocircuit layered(std::vector<std::size_t> layers, ActivationKind kind = ActivationKind::tanh) {
  ErrorNeuronMicrocircuit m;
  m.layers = std::move(layers);
  m.activation = {{.kind = kind}};
  m.eta = {0.5};
  m.weight_range = {0.5};
  return m;
}

ErrorNeuronMicrocircuit with_laterals(ErrorNeuronMicrocircuit m) {
  m.lateral_range = 0.3;
  m.feedback_deviation = 0.5;
  return m;
}

Circuit teacher_student_421() {
  ErrorNeuronMicrocircuit m = with_laterals(layered({4, 2, 1}));
  m.forward = m.feedback = Wiring::skip;
  return build(m);
}

/// Dense laterals that relax to the identity, a low-passed update, and slopes and offsets per neuron.
Circuit elaborate_4532() {
  ErrorNeuronMicrocircuit m = with_laterals(layered({4, 5, 3, 2}, ActivationKind::logistic));
  m.eta_rep_to_err = m.eta_err_to_rep = 0.4;
  m.update_low_pass_ms = 0.05;
  m.slope_sd = m.offset_sd = 0.2;
  return build(m);
}

std::vector<std::pair<std::string, Circuit>> circuits() {
  ErrorNeuronMicrocircuit rate_rule = with_laterals(layered({4, 5, 3, 2}));
  rate_rule.rate_rule = true;
  return {{"4-2-1 skip", teacher_student_421()},
          {"4-5-3-2", build(with_laterals(layered({4, 5, 3, 2})))},
          {"4-5-3-2 rate rule", build(rate_rule)},
          {"4-5-3-2 elaborate", elaborate_4532()},
          {"4-120-3", build(layered({4, 120, 3}, ActivationKind::logistic))},
          {"layered reference", build(models::LayeredReference{.layers = {4, 20, 3}, .eta = {0.5}})}};
}

template <class Real>
void show(RateEngine<Real>& engine, PopulationId id, std::uint64_t sample, Seeds seeds = {}) {
  if (seeds.empty()) seeds.assign(engine.seeds().begin(), engine.seeds().end());
  std::vector<double> values(engine.circuit()[id].size);
  for (std::size_t r = 0; r < engine.replicas(); ++r) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = uniform({seeds[r], Stream::task_input, id.value, sample * values.size() + i}, -1, 1);
    }
    engine.template set_external<double>(id, r, values);
  }
}

/// Input before target, learning on and off, in part and whole, targets shown and taken away. The samples are
/// those of `seeds`, by default the engine's own.
template <class Real>
void live(RateEngine<Real>& engine, const Seeds& seeds = {}) {
  const PopulationId stimulus = *engine.circuit().stimulus(), target = *engine.circuit().target();
  show(engine, stimulus, 0, seeds);
  engine.advance(5);
  show(engine, target, 0, seeds);
  engine.advance(11, Learning::all());
  show(engine, stimulus, 1, seeds);
  engine.advance(1, Learning::all());
  engine.advance(7);
  engine.advance(3, {.forward = true});
  engine.clear_external(target);
  engine.advance(4, {.lateral = true});
  show(engine, target, 1, seeds);
  engine.advance(13, Learning::all());
  engine.clear_external(stimulus);
  engine.advance(2, Learning::all());
  engine.advance(2);
  show(engine, stimulus, 2, seeds);
  engine.advance(9, Learning::all());
}

/// Everything a replica is: all variables, all weights.
template <class Real>
std::vector<double> everything(RateEngine<Real>& engine, std::size_t replica) {
  std::vector<double> all;
  const Circuit& c = engine.circuit();
  const auto add = [&](PopulationId id, const std::string& variable) {
    std::vector<double> values(c[id].size);
    engine.read(id, variable, replica, values);
    all.insert(all.end(), values.begin(), values.end());
  };
  for (std::uint32_t k = 0; k < c.populations().size(); ++k) {
    add({k}, "rate");
    if (c.populations()[k].kind == Population::Kind::external) continue;
    for (const char* variable : {"soma", "prospective"}) add({k}, variable);
    for (const Compartment& compartment : c.populations()[k].compartments) add({k}, compartment.name);
  }
  for (std::uint32_t k = 0; k < c.projections().size(); ++k) {
    const Matrix<double> w = engine.weights({k}, replica);
    all.insert(all.end(), w.flat().begin(), w.flat().end());
  }
  return all;
}

Seeds some_seeds(std::size_t n) {
  Seeds seeds;
  for (std::size_t i = 0; i < n; ++i) seeds.push_back(100 + 7 * i);
  return seeds;
}

template <class Real>
std::vector<std::vector<double>> lives(const Circuit& circuit, const Seeds& seeds, unsigned threads,
                                       Layout layout) {
  ThreadPool pool(threads);
  RateEngine<Real> engine(circuit, seeds, pool, {.layout = layout});
  live(engine);
  std::vector<std::vector<double>> all;
  for (std::size_t r = 0; r < engine.replicas(); ++r) all.push_back(everything(engine, r));
  return all;
}

template <class Real>
class RateEngineOf : public ::testing::Test {};
using Reals = ::testing::Types<float, double>;
TYPED_TEST_SUITE(RateEngineOf, Reals);

// ---- layouts and threads ---------------------------------------------------------------------------------

TYPED_TEST(RateEngineOf, AReplicaHasTheSameBitsInLanesAsAlone) {
  for (const auto& [name, circuit] : circuits()) {
    const Seeds seeds = some_seeds(3);
    EXPECT_EQ(lives<TypeParam>(circuit, seeds, 1, Layout::lanes),
              lives<TypeParam>(circuit, seeds, 1, Layout::wide))
        << name;
  }
}

TYPED_TEST(RateEngineOf, AReplicaDoesNotDependOnItsNeighbours) {
  const Circuit circuit = teacher_student_421();
  const Seeds seeds = some_seeds(35);
  const auto many = lives<TypeParam>(circuit, seeds, 1, Layout::lanes);
  for (const std::size_t r : {0, 15, 16, 34}) {
    EXPECT_EQ(lives<TypeParam>(circuit, {seeds[r]}, 1, Layout::lanes).front(), many[r]) << r;
  }
}

RC_GTEST_PROP(RateEngineProperty, LanesHaveTheBitsOfWideReplicasForAnyShape, ()) {
  ErrorNeuronMicrocircuit m = layered(*rc::gen::container<std::vector<std::size_t>>(
      static_cast<std::size_t>(*rc::gen::inRange(2, 5)), rc::gen::inRange<std::size_t>(1, 36)));
  m.activation = {{.kind = *rc::gen::element(ActivationKind::tanh, ActivationKind::logistic,
                                             ActivationKind::linear, ActivationKind::soft_relu)}};
  m.forward = m.feedback = *rc::gen::element(Wiring::skip, Wiring::layered);
  m.use_densities = false;
  // Small weights: in a circuit that diverges, zeros of the padding times infinity differ from no padding.
  m.weight_range = {0.2};
  m.skip_weight_range = 0.1;
  m.eta = {0.1};
  m.lateral_range = *rc::gen::element(0.0, 0.1);
  m.feedback_deviation = *rc::gen::element(0.0, 0.1);
  m.eta_rep_to_err = *rc::gen::element(0.0, 0.3);
  m.rate_rule = *rc::gen::arbitrary<bool>();
  m.rep_lookahead = *rc::gen::arbitrary<bool>();
  const Circuit circuit = build(m);
  const Seeds seeds = some_seeds(2);
  const auto wide = lives<float>(circuit, seeds, 1, Layout::wide),
             lanes = lives<float>(circuit, seeds, 1, Layout::lanes);
  for (const auto& replica : wide) {
    for (const double value : replica) RC_PRE(std::isfinite(value));
  }
  const bool same_bits = wide == lanes;
  RC_ASSERT(same_bits);
}

TYPED_TEST(RateEngineOf, ALargeCircuitHasTheSameBitsForAnyNumberOfThreads) {
  for (const bool laterals : {false, true}) {
    ErrorNeuronMicrocircuit m = layered({10, 300, 784}, ActivationKind::logistic);
    m.weight_range = {0.1};
    const Circuit circuit = build(laterals ? with_laterals(m) : m);
    const auto one = lives<TypeParam>(circuit, {5}, 1, Layout::wide);
    ThreadPool pool(2);
    ASSERT_TRUE(RateEngine<TypeParam>(circuit, {5}, pool).uses_threads()) << "too small to be split";
    for (const unsigned threads : {2, 3, 7})
      EXPECT_EQ(lives<TypeParam>(circuit, {5}, threads, Layout::wide), one) << threads;
  }
}

TYPED_TEST(RateEngineOf, ManyReplicasHaveTheSameBitsForAnyNumberOfThreads) {
  const Circuit circuit = elaborate_4532();
  for (const Layout layout : {Layout::wide, Layout::lanes}) {
    const Seeds seeds = some_seeds(layout == Layout::wide ? 9 : 50);
    const auto one = lives<TypeParam>(circuit, seeds, 1, layout);
    for (const unsigned threads : {2, 3, 7})
      EXPECT_EQ(lives<TypeParam>(circuit, seeds, threads, layout), one) << threads;
  }
}

TYPED_TEST(RateEngineOf, ARefreshIsAPathwayThatLearnsAtRateZero) {
  for (const auto& named : circuits()) {
    const auto& name = named.first;
    const Circuit& circuit = named.second;
    ThreadPool pool(1);
    const auto life = [&](const Learning& resting) {
      RateEngine<TypeParam> engine(circuit, {3, 4}, pool);
      for (std::uint32_t j = 0; j < circuit.projections().size(); ++j) {
        if (circuit.projections()[j].pathway != Pathway::lateral) continue;
        for (std::size_t r = 0; r < 2; ++r) engine.network(r).set_eta({j}, 0);
      }
      for (std::uint64_t sample = 0; sample < 3; ++sample) {
        show(engine, *circuit.stimulus(), sample);
        show(engine, *circuit.target(), sample);
        engine.advance(2, Learning::all());
        engine.advance(5, resting);
      }
      return everything(engine, 1);
    };
    EXPECT_EQ(life({.refresh = true}), life({.lateral = true})) << name;
  }
  // Without it, transposed feedback stays behind the weights; with it, weights rest all the same.
  ThreadPool pool(1);
  RateEngine<TypeParam> engine(teacher_student_421(), {3}, pool);
  show(engine, *engine.circuit().stimulus(), 0);
  show(engine, *engine.circuit().target(), 0);
  engine.advance(10, Learning::all());
  const ProjectionId up = engine.circuit().projection("a1.rep->a2.rep.basal"),
                     down = engine.circuit().projection("a2.err->a1.err.dendrite");
  const Matrix<double> weights = engine.weights(up, 0), stale = engine.weights(down, 0);
  engine.advance(5);
  EXPECT_EQ(engine.weights(down, 0), stale);
  engine.advance(5, {.refresh = true});
  EXPECT_NE(engine.weights(down, 0), stale);
  EXPECT_EQ(engine.weights(up, 0), weights);
}

TEST(RateEngine, TakesLanesForSmallCircuitsWithManySeedsAndOneThreadEachForLargeOnes) {
  ThreadPool pool(1);
  const auto lanes = [&](const Circuit& circuit, std::size_t replicas) {
    return RateEngine<float>(circuit, some_seeds(replicas), pool).uses_lanes();
  };
  EXPECT_TRUE(lanes(teacher_student_421(), 10));
  EXPECT_FALSE(lanes(teacher_student_421(), 1));
  EXPECT_FALSE(lanes(build(layered({4, 120, 3})), 10));
}

// ---- precision and seeds ---------------------------------------------------------------------------------

/// Also where a schedule has lowered the learning rate: w = dt eta post pre, nothing of the step before.
TEST(RateEngine, WhatIsForgottenLeavesNothingAtAnyLearningRate) {
  Circuit c;
  const PopulationId input = c.add_external("input", 2);
  Population p;
  p.name = p.area = "a";
  p.size = 3;
  p.leak = 0.03;
  p.compartments = {{"basal", 0.1}};
  const PopulationId to = c.add_population(p);
  PlasticityRule rule;
  rule.eta = 0.5;
  rule.post.kind = PostFactor::Kind::rate;
  rule.pre.kind = PreFactor::Kind::transmitted_now;
  rule.decay = {.alpha = 1, .toward = WeightDecay::Toward::forget};
  c.connect(input, to, {.compartment = "basal", .weights = InitialWeights::uniform(0.5, 1), .rule = rule});
  ThreadPool pool(1);
  rate::RateEngine<double> engine(c, {1}, pool, {});
  engine.scale_learning(0.25);
  const std::vector<double> x{1, -2};
  engine.for_each_network([&](rate::Network<double>& n, std::size_t, std::size_t) {
    n.set_external(input, 0, std::span<const double>(x));
    n.advance(3, rate::Learning::all());
    std::vector<double> rates(3);
    n.read(to, "rate", 0, rates);
    const Matrix<double> w = n.weights(c.projection("input->a.basal"), 0);
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_NE(rates[i], 0);
      for (std::size_t j = 0; j < 2; ++j) EXPECT_NEAR(w(i, j), c.dt_ms * 0.125 * rates[i] * x[j], 1e-15);
    }
  });
}

TEST(RateEngine, FloatFollowsDouble) {
  // 58 steps, 8 of them with weights changing by up to 1e-2; the lookahead of this engine is not a difference
  // of potentials, so that float errors stay near its epsilon times the length of the sums.
  constexpr double kTolerance = 2e-5;
  for (const auto& [name, circuit] : circuits()) {
    const auto rough = lives<float>(circuit, {11}, 1, Layout::wide).front(),
               fine = lives<double>(circuit, {11}, 1, Layout::wide).front();
    ASSERT_EQ(rough.size(), fine.size());
    double worst = 0;
    for (std::size_t i = 0; i < fine.size(); ++i)
      worst = std::max(worst, std::abs(rough[i] - fine[i]) / (1 + std::abs(fine[i])));
    EXPECT_LE(worst, kTolerance) << name;
    EXPECT_GT(worst, 0) << name;
  }
}

TYPED_TEST(RateEngineOf, AnotherSeedChangesEverythingThatIsDrawn) {
  ThreadPool pool(1);
  for (const Layout layout : {Layout::wide, Layout::lanes}) {
    RateEngine<TypeParam> engine(build(with_laterals(layered({4, 5, 3, 2}))), {1, 2, 1}, pool,
                                 {.layout = layout});
    const auto first = everything(engine, 0), second = everything(engine, 1), again = everything(engine, 2);
    EXPECT_EQ(first, again);
    const Circuit& c = engine.circuit();
    for (std::uint32_t k = 0; k < c.projections().size(); ++k) {
      const Matrix<double> a = engine.weights({k}, 0), b = engine.weights({k}, 1);
      for (std::size_t i = 0; i < a.flat().size(); ++i)
        EXPECT_NE(a.flat()[i], b.flat()[i]) << c.projections()[k].name;
    }
    for (std::uint32_t k = 0; k < c.populations().size(); ++k) {
      if (c.populations()[k].kind == Population::Kind::external) continue;
      std::vector<double> a(c.populations()[k].size), b(a.size());
      engine.read({k}, "soma", 0, a);
      engine.read({k}, "soma", 1, b);
      for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NE(a[i], b[i]) << c.populations()[k].name;
    }
  }
}

// ---- faults ----------------------------------------------------------------------------------------------

/// Advances until the fault, which has to come within `steps`.
template <class Real>
NumericalFault::Where fault_of(RateEngine<Real>& engine, Step steps) {
  try {
    engine.advance(steps, Learning::all());
  } catch (const NumericalFault& e) {
    return e.where();
  }
  ADD_FAILURE() << "no fault within " << steps << " steps";
  return {};
}

TEST(RateEngine, AnUpperTriangleHoldsTheOtherHalfAtZero) {
  ErrorNeuronMicrocircuit m;
  m.layers = {3, 5, 4, 2};
  m.forward = m.feedback = Wiring::skip;
  m.feedback_deviation = 0.5;
  m.deviation_everywhere = true;
  ThreadPool pool(1);
  RateEngine<double> engine(build(m), {1, 2}, pool);
  const Matrix<double> w = engine.weights(engine.circuit().projection("a1.err->a1.err.dendrite"), 1);
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t k = 0; k < 5; ++k) EXPECT_EQ(w(i, k) != 0, k >= i) << i << ", " << k;
  }
}

TYPED_TEST(RateEngineOf, ANaNWeightStopsTheRunWithItsPopulationStepAndSeed) {
  ThreadPool pool(2);
  for (const Layout layout : {Layout::wide, Layout::lanes}) {
    RateEngine<TypeParam> engine(build(layered({4, 5, 3})), {41, 42, 43}, pool, {.layout = layout});
    show(engine, *engine.circuit().stimulus(), 0);
    engine.advance(10, Learning::all());
    const ProjectionId j = engine.circuit().projection("input->a1.rep.basal");
    Matrix<double> w = engine.weights(j, 1);
    w(3, 0) = std::numeric_limits<double>::quiet_NaN();
    engine.set_weights(j, 1, w);
    const NumericalFault::Where where = fault_of(engine, 256);
    // Which of its values is named first depends on how far the fault has spread.
    EXPECT_THAT(where.population, ::testing::MatchesRegex("a[12]\\.(rep|err)"));
    EXPECT_EQ(where.seed, 42U);
    EXPECT_GT(where.step, 10);
    EXPECT_LE(where.step, 256);
    EXPECT_FALSE(std::isfinite(where.value));
    try {
      engine.advance(1);
      FAIL() << "went on after a fault";
    } catch (const NumericalFault&) {
      FAIL() << "advanced before it refused";
    } catch (const Error& e) {
      EXPECT_EQ(e.exit_code(), ExitCode::numerical_fault);
      EXPECT_THAT(e.what(), ::testing::HasSubstr("not usable"));
    }
  }
}

TYPED_TEST(RateEngineOf, DivergenceStopsTheRun) {
  ThreadPool pool(1);
  RateEngine<TypeParam> engine(build(layered({4, 5, 3}, ActivationKind::linear)), {7}, pool);
  show(engine, *engine.circuit().stimulus(), 0);
  show(engine, *engine.circuit().target(), 0);
  engine.advance(100, Learning::all());  // learns as it is
  engine.scale_learning(1000);
  const NumericalFault::Where where = fault_of(engine, 256 + 100);
  EXPECT_EQ(where.seed, 7U);
  EXPECT_GT(where.step, 100);
  EXPECT_THROW(engine.advance(1), Error);
}

// ---- saved state -----------------------------------------------------------------------------------------

/// Fields in the order in which they come, in memory.
template <bool kReads>
class Archive {
 public:
  static constexpr bool kReading = kReads;
  explicit Archive(std::vector<std::pair<std::string, std::vector<double>>>& fields) : fields_(fields) {}
  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(const std::string& name, T& value) { (*this)(name, std::span<T>(&value, 1)); }
  template <class T>
  void operator()(const std::string& name, std::span<T> values) {
    if constexpr (kReads) {
      ASSERT_LT(at_, fields_.size());
      const auto& [stored_name, stored] = fields_[at_++];
      ASSERT_EQ(stored_name, where_ + name);
      ASSERT_EQ(stored.size(), values.size());
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(stored[i]);
    } else {
      std::vector<double> copy;
      for (const T& v : values) copy.push_back(static_cast<double>(v));
      fields_.emplace_back(where_ + name, std::move(copy));
    }
  }
  template <class F>
  void section(const std::string& name, const F& fields) {
    const std::string outer = where_;
    where_ += name + "/";
    fields();
    where_ = outer;
  }
  bool used_up() const { return at_ == fields_.size(); }

 private:
  std::vector<std::pair<std::string, std::vector<double>>>& fields_;
  std::string where_;
  std::size_t at_ = 0;
};

TYPED_TEST(RateEngineOf, ARestoredRunEqualsAnUninterruptedOne) {
  ThreadPool pool(2);
  for (const auto& [name, circuit] : circuits()) {
    for (const Layout layout : {Layout::wide, Layout::lanes}) {
      for (const bool saved_while_learning : {true, false}) {
        const Seeds seeds = some_seeds(3);
        RateEngine<TypeParam> original(circuit, seeds, pool, {.layout = layout});
        live(original);
        if (!saved_while_learning) original.advance(5);
        std::vector<std::pair<std::string, std::vector<double>>> fields;
        Archive<false> writer(fields);
        original.visit_state(writer);
        live(original);

        // Other seeds, so that what is not restored shows. Parameters of neurons are state, too.
        RateEngine<TypeParam> restored(circuit, Seeds(3, 999), pool, {.layout = layout});
        Archive<true> reader(fields);
        restored.visit_state(reader);
        EXPECT_TRUE(reader.used_up()) << name;
        live(restored, seeds);
        for (std::size_t r = 0; r < seeds.size(); ++r)
          EXPECT_EQ(everything(restored, r), everything(original, r)) << name;
        EXPECT_EQ(restored.step(), original.step());
      }
    }
  }
}

// ---- benchmark -------------------------------------------------------------------------------------------

TEST(RateBenchmarks, ReportWhatWasTimed) {
  std::size_t heard = 0;
  const auto results = models::bench_rate_engine({.threads = 2,
                                                  .repeats = 3,
                                                  .seconds_per_repeat = 0.0005,
                                                  .only = {"4-2-1", "4-2-1-x10"},
                                                  .on_result = [&](const BenchmarkResult&) { ++heard; }});
  ASSERT_EQ(results.size(), 4U);  // one and ten seeds, in float and double; one thread is all they can use
  EXPECT_EQ(heard, results.size());
  for (const BenchmarkResult& r : results) {
    EXPECT_EQ(r.name, r.replicas == 10 ? "4-2-1-x10" : "4-2-1");
    EXPECT_EQ(r.lanes, r.replicas == 10);
    EXPECT_GT(r.min_ns, 0);
    EXPECT_LE(r.min_ns, r.median_ns);
    // 10 plastic synapses a replica.
    EXPECT_NEAR(r.synapse_updates_per_second * r.median_ns * 1e-9, 10.0 * static_cast<double>(r.replicas),
                1e-6);
    EXPECT_NEAR(r.fraction, r.gigabytes_per_second / r.plain_gigabytes_per_second, 1e-9);
    EXPECT_GT(r.bytes_per_step, r.bytes_written_per_step);
  }
}

TEST(RateBenchmarks, EveryCircuitHasANameOfItsOwn) {
  std::set<std::string> names;
  for (const BenchmarkCase& c : models::rate_benchmark_cases())
    EXPECT_TRUE(names.insert(c.name).second) << c.name << " stands twice";
}

TEST(RateBenchmarks, ANameAsItIsPrintedIsTakenToo) {
  const auto results = models::bench_rate_engine({.threads = 1,
                                                  .repeats = 1,
                                                  .seconds_per_repeat = 0.0005,
                                                  .only = {"4-2-1, skip, dense laterals, deviation"}});
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].name, "4-2-1");
}

TEST(RateBenchmarks, AnUnknownNameIsRefusedWithASuggestion) {
  try {
    models::bench_rate_engine({.only = {"4-120-4"}});
    FAIL() << "accepted an unknown name";
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), ::testing::HasSubstr("4-120-3"));
  }
}

}  // namespace
}  // namespace apical::rate
