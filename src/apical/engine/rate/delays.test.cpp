// SPDX-License-Identifier: Apache-2.0
// Parts of the vocabulary that no published model combines: longer delays, sparse learning projections, noise
// in a population whose teaching compartment disconnects.
#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/engine/rate/engine.h"

namespace apical::rate {
namespace {

using Engine = RateEngine<double>;

Population point(const char* name, std::size_t size) {
  Population p;
  p.name = name;
  p.size = size;
  p.leak = 0.03;
  p.compartments = {{"basal", 0.1}};
  p.activation = ActivationKind::tanh;
  return p;
}

std::vector<double> read(Engine& e, PopulationId p, const char* variable, std::size_t replica = 0) {
  std::vector<double> out(e.circuit()[p].size);
  e.read(p, variable, replica, out);
  return out;
}

TEST(DelayedProjection, ShowsTheRateOfSoManyStepsAgoAndLearnsFromTheStepBefore) {
  for (const Layout layout : {Layout::wide, Layout::lanes}) {
    for (int delay = 0; delay <= 4; ++delay) {
      Circuit c;
      const PopulationId input = c.add_external("input", 3);
      const PopulationId to = c.add_population(point("to", 3));
      ConnectOptions o;
      o.compartment = "basal";
      o.delay_steps = delay;
      o.weights = InitialWeights::eye();
      PlasticityRule rule;
      rule.eta = 1;
      rule.post.kind = PostFactor::Kind::rate;
      rule.pre.kind = PreFactor::Kind::transmitted;
      o.rule = rule;
      const ProjectionId j = c.connect(input, to, o);
      c.set_stimulus(input);
      ThreadPool pool(1);
      Engine engine(c, {1, 2}, pool, {.layout = layout});
      const auto value = [](int t) { return t < 0 ? 0.0 : 1.0 + t; };
      for (int t = 0; t < 12; ++t) {
        const std::vector<double> x(3, value(t));
        for (std::size_t k = 0; k < 2; ++k) engine.set_external<double>(input, k, x);
        engine.advance(1, {.observe_credit = true});
        ASSERT_EQ(read(engine, to, "basal", 1), std::vector<double>(3, value(t - delay)))
            << "delay " << delay << " step " << t;
        std::vector<double> post(3), pre(3);
        engine.credit(j, 1, post, pre);
        ASSERT_EQ(pre, std::vector<double>(3, value(t - delay - 1)));
        ASSERT_EQ(post, read(engine, to, "rate", 1));
      }
    }
  }
}

TEST(AbsentInput, HoldsWhatItLeftHoweverManyWeightsThereAre) {
  constexpr std::size_t kMany = 400;  // so many that other products are cut into parts
  Circuit c;
  const PopulationId input = c.add_external("input", kMany);
  c.edit(input).absent_input_holds = true;
  const PopulationId to = c.add_population(point("to", kMany));
  ConnectOptions o;
  o.compartment = "basal";
  o.weights = InitialWeights::uniform(-1, 1);
  c.connect(input, to, o);
  c.set_stimulus(input);
  ThreadPool pool(2);
  Engine engine(c, {1}, pool, {});
  std::vector<double> x(kMany);
  for (std::size_t i = 0; i < kMany; ++i) x[i] = std::sin(static_cast<double>(i));
  engine.set_external<double>(input, 0, x);
  engine.advance(1);
  const std::vector<double> shown = read(engine, to, "basal");
  EXPECT_NE(shown.front(), 0);
  engine.clear_external(input);
  engine.advance(3);
  EXPECT_EQ(read(engine, to, "basal"), shown);
}

/// The law of delays: what a projection shows at step t is what one without delay showed at t - d.
TEST(DelayedProjection, DelaysEveryQuantityByItsSteps) {
  for (const Quantity q :
       {Quantity::rate, Quantity::soma, Quantity::lookahead, Quantity::slope, Quantity::mismatch}) {
    for (const Layout layout : {Layout::wide, Layout::lanes}) {
      for (const int delay : {1, 2, 5}) {
        Circuit c;
        const PopulationId input = c.add_external("input", 2), teacher = c.add_external("teacher", 2);
        Population from = point("from", 2);
        from.teacher = teacher;
        const PopulationId source = c.add_population(from), at_once = c.add_population(point("at_once", 2)),
                           late = c.add_population(point("late", 2));
        ConnectOptions o;
        o.compartment = "basal";
        o.weights = InitialWeights::eye();
        c.connect(input, source, o);
        o.transmits = q;
        c.connect(source, at_once, o);
        o.delay_steps = delay;
        c.connect(source, late, o);
        c.set_stimulus(input);
        ThreadPool pool(1);
        Engine engine(c, {1, 2}, pool, {.layout = layout});
        std::vector<std::vector<double>> shown;
        for (int t = 0; t < 15; ++t) {
          for (std::size_t k = 0; k < 2; ++k) {
            engine.set_external<double>(input, k,
                                        std::vector<double>{std::sin(1.0 + t), 2.0 * std::cos(0.7 * t)});
            engine.set_external<double>(teacher, k, std::vector<double>{0.3, -0.1 * t});
          }
          engine.advance(1, {});
          shown.push_back(read(engine, at_once, "basal", 1));
          if (t < delay + 1) continue;
          ASSERT_EQ(read(engine, late, "basal", 1), shown[static_cast<std::size_t>(t - delay)])
              << kNames<Quantity>[static_cast<std::size_t>(q)] << " after " << delay << " steps, at step "
              << t;
          ASSERT_NE(shown[static_cast<std::size_t>(t)], shown[static_cast<std::size_t>(t - 1)])
              << "or it proves nothing";
        }
      }
    }
  }
}

TEST(SparseProjection, KeepsAbsentSynapsesAbsentWhileItLearns) {
  Circuit c;
  const PopulationId input = c.add_external("input", 40), to = c.add_population(point("to", 30));
  ConnectOptions o;
  o.compartment = "basal";
  o.density = 0.3;
  o.weights = InitialWeights::uniform(0.1, 0.2);
  PlasticityRule rule;
  rule.eta = 1;
  rule.post = {.kind = PostFactor::Kind::voltage_residual, .compartment = "basal", .attenuation = 0.5};
  rule.pre.kind = PreFactor::Kind::transmitted;
  o.rule = rule;
  const ProjectionId j = c.connect(input, to, o);
  ConnectOptions copy;
  copy.compartment = "basal";
  copy.name = "copy";
  copy.weights = InitialWeights::derived({.of = j}, 2);
  const ProjectionId derived = c.connect(input, to, copy);
  ThreadPool pool(1);
  Engine engine(c, {5}, pool);
  const Matrix<double> before = engine.weights(j, 0), doubled = engine.weights(derived, 0);
  const std::vector<double> x(40, 0.5);
  engine.set_external<double>(input, 0, x);
  engine.advance(20, Learning::all());
  const Matrix<double> after = engine.weights(j, 0);
  std::size_t present = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(doubled.flat()[i], 2 * before.flat()[i]);
    if (before.flat()[i] == 0) {
      EXPECT_EQ(after.flat()[i], 0);
      continue;
    }
    ++present;
    EXPECT_NE(after.flat()[i], before.flat()[i]);
  }
  // 1200 synapses with probability 0.3: 360 +- 5 x 15.9.
  EXPECT_NEAR(static_cast<double>(present), 360, 80);
}

TEST(NoisyPopulation, MayHaveATeachingCompartmentThatDisconnects) {
  Circuit c;
  const PopulationId teacher = c.add_external("teacher", 2);
  Population p = point("taught", 2);
  p.compartments.push_back({.name = "target", .conductance = 0.06, .when_absent = WhenAbsent::disconnects});
  p.noise =
      CompartmentNoise{.compartment = "basal", .process = CompartmentNoise::Process::held_white, .scale = 1};
  const PopulationId taught = c.add_population(p);
  ConnectOptions o;
  o.compartment = "target";
  o.topology = Topology::one_to_one;
  o.weights = InitialWeights::eye();
  c.connect(teacher, taught, o);
  ThreadPool pool(1);
  Engine engine(c, {9}, pool);
  const std::vector<double> y{1, -1};
  for (const bool present : {true, false, true}) {
    if (present) {
      engine.set_external<double>(teacher, 0, y);
    } else {
      engine.clear_external(teacher);
    }
    engine.advance(1, Learning::all());
    const auto noisy = read(engine, taught, "basal_noisy"), look = read(engine, taught, "prospective");
    for (std::size_t i = 0; i < 2; ++i) {
      const double expected = present ? (0.1 * noisy[i] + 0.06 * y[i]) / 0.19 : 0.1 * noisy[i] / 0.13;
      EXPECT_NEAR(look[i], expected, 1e-14);
    }
  }
  EXPECT_NE(read(engine, taught, "noise")[0], 0);
}

}  // namespace
}  // namespace apical::rate
