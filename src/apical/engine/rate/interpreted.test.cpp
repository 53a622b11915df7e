// SPDX-License-Identifier: Apache-2.0
// Rules that are interpreted, against the same formula computed synapse by synapse in a plain loop.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <optional>

#include "apical/circuit/formula_rule.h"
#include "apical/core/error.h"
#include "apical/core/random.h"
#include "apical/core/state_visitor.h"
#include "apical/engine/rate/engine.h"
#include "apical/engine/rate/rule_cost.h"

namespace apical::rate {
namespace {

constexpr double kDt = 0.1;
const Formula kOja{"eta * (rate * pre - rate^2 * w)", {{"eta", 0.05}}};

struct Shape {
  std::size_t pre = 7, post = 5;
  Topology topology = Topology::dense;
  double density = 1;
};

/// input -> n, with this rule; the activation is tanh, a second compartment has a constant input.
struct Learner {
  Circuit circuit;
  PopulationId input, other, to;
  ProjectionId j;

  Learner(const Shape& shape, const Formula& formula) {
    circuit.dt_ms = kDt;
    input = circuit.add_external("input", shape.pre);
    other = circuit.add_external("other", shape.post);
    Population p;
    p.name = "n";
    p.size = shape.post;
    p.leak = 0.03;
    p.compartments = {{"basal", 0.1}, {"apical", 0.06}};
    p.activation = ActivationKind::tanh;
    to = circuit.add_population(p);
    ConnectOptions o{.compartment = "basal", .topology = shape.topology, .density = shape.density};
    o.weights = InitialWeights::uniform(-0.5, 0.5);
    o.rule = rule_of(formula, "basal");
    j = circuit.connect(input, to, o);
    circuit.connect(
        other, to,
        {.compartment = "apical", .topology = Topology::one_to_one, .weights = InitialWeights::eye()});
    circuit.set_stimulus(input);
  }
};

double shown(Step t, std::size_t k) {
  return std::sin(0.3 * static_cast<double>(t) + static_cast<double>(k));
}

template <class Real>
void show(RateEngine<Real>& engine, const Learner& c, Step t) {
  std::vector<double> x(c.circuit[c.input].size), y(c.circuit[c.to].size);
  for (std::size_t k = 0; k < x.size(); ++k) x[k] = shown(t, k);
  for (std::size_t k = 0; k < y.size(); ++k) y[k] = 0.2 * shown(t, k + 50);
  for (std::size_t r = 0; r < engine.replicas(); ++r) {
    engine.set_external(c.input, r, std::span<const double>(x));
    engine.set_external(c.other, r, std::span<const double>(y));
  }
}

template <class Real>
std::vector<double> values(RateEngine<Real>& engine, PopulationId p, const char* variable,
                           std::size_t replica) {
  std::vector<double> out(engine.circuit()[p].size);
  engine.read(p, variable, replica, out);
  return out;
}

/// What one synapse knows in a step.
struct Known {
  double pre, look, v, apical, rate, w;
};
using Change = std::function<double(const Known&)>;

/// The largest difference of any weight from what a plain loop makes of it.
template <class Real>
double largest_difference(const Shape& shape, const Formula& formula, const Change& change, Layout layout,
                          std::size_t replicas) {
  const Learner c(shape, formula);
  EXPECT_TRUE(c.circuit[c.j].rule->interpreted);
  std::vector<std::uint64_t> seeds(replicas);
  for (std::size_t r = 0; r < replicas; ++r) seeds[r] = r + 1;
  ThreadPool pool(2);
  RateEngine<Real> engine(c.circuit, seeds, pool, {.layout = layout});
  const std::size_t last = replicas - 1;
  const bool one_to_one = shape.topology == Topology::one_to_one;
  double worst = 0;
  for (Step t = 0; t < 30; ++t) {
    show(engine, c, t);
    const Matrix<double> before = engine.weights(c.j, last);
    const auto look = values(engine, c.to, "prospective", last), v = values(engine, c.to, "basal", last),
               apical = values(engine, c.to, "apical", last);
    engine.advance(1, Learning::all());
    const auto rate = values(engine, c.to, "rate", last);
    const Matrix<double> after = engine.weights(c.j, last);
    for (std::size_t i = 0; i < before.rows(); ++i) {
      for (std::size_t k = 0; k < before.cols(); ++k) {
        const std::size_t post = one_to_one ? k : i;
        const bool exists = shape.density == 1 || before(i, k) != 0;
        const double w = before(i, k),
                     pre = t == 0 ? 0 : static_cast<double>(static_cast<Real>(shown(t - 1, k)));
        const double expected =
            exists ? w + kDt * change({pre, look[post], v[post], apical[post], rate[post], w}) : 0;
        worst = std::max(worst, std::abs(after(i, k) - expected));
      }
    }
  }
  return worst;
}

const Shape kShapes[] = {{7, 5},
                         {5, 7},
                         {300, 3},
                         {3, 300},
                         {40, 30, Topology::dense, 0.3},
                         {6, 6, Topology::one_to_one},
                         {4, 9, Topology::one_to_one}};

TEST(InterpretedRule, OfOjaIsThatOfAPlainLoop) {
  const Change oja = [](const Known& s) { return 0.05 * (s.rate * s.pre - s.rate * s.rate * s.w); };
  for (const Shape& shape : kShapes) {
    for (const auto& [layout, replicas] : {std::pair{Layout::wide, 1}, {Layout::lanes, 3}}) {
      SCOPED_TRACE(testing::Message()
                   << shape.pre << " to " << shape.post << ", " << replicas << " replicas");
      EXPECT_LT(largest_difference<double>(shape, kOja, oja, layout, static_cast<std::size_t>(replicas)),
                1e-12);
      EXPECT_LT(largest_difference<float>(shape, kOja, oja, layout, static_cast<std::size_t>(replicas)),
                1e-6);
    }
  }
}

TEST(InterpretedRule, OfEveryOperationIsThatOfAPlainLoop) {
  const Formula formula{
      "c * (tanh(look - 2 * v_apical) * pre / (1 + pre^2) + min(w, 0.1 * rate) * max(pre, v) - exp(-abs(w)) "
      "* "
      "log(2 + pre) + sqrt(relu(look)) * step(pre) * (1 + w^2)^0.7 - (1 + w^2)^-3 / 4 - a * w)",
      {{"c", 0.1}}};
  const double a = 0.1 / 0.19;
  const Change change = [&](const Known& s) {
    const double square = 1 + s.w * s.w;
    return 0.1 * (std::tanh(s.look - 2 * s.apical) * s.pre / (1 + s.pre * s.pre) +
                  std::min(s.w, 0.1 * s.rate) * std::max(s.pre, s.v) -
                  std::exp(-std::abs(s.w)) * std::log(2 + s.pre) +
                  std::sqrt(std::max(s.look, 0.0)) * (s.pre > 0 ? 1 : 0) * std::pow(square, 0.7) -
                  1 / (square * square * square) / 4 - a * s.w);
  };
  for (const Shape& shape : {kShapes[0], kShapes[1], kShapes[5]}) {
    EXPECT_LT(largest_difference<double>(shape, formula, change, Layout::wide, 1), 1e-12);
    EXPECT_LT(largest_difference<double>(shape, formula, change, Layout::lanes, 2), 1e-12);
    EXPECT_LT(largest_difference<float>(shape, formula, change, Layout::wide, 1), 1e-6);
  }
}

TEST(InterpretedRule, TheDeepestFormulaHasRoomForItsResults) {
  // A tree without leaves on the way: every result has to wait for another.
  std::string text = "(pre + w)";
  for (int k = 0; k < 6; ++k) text = fmt::format("({0} * 0.5 + 0.5 * {0})", text);
  EXPECT_LT(largest_difference<double>(
                {7, 5}, {text}, [](const Known& s) { return s.pre + s.w; }, Layout::wide, 1),
            1e-12);
}

/// Every weight after some steps of learning.
template <class Real>
std::vector<double> learned(const Circuit& circuit, const Learner& c, Layout layout, unsigned threads,
                            std::size_t replicas = 1) {
  std::vector<std::uint64_t> seeds(replicas);
  for (std::size_t r = 0; r < replicas; ++r) seeds[r] = r + 1;
  ThreadPool pool(threads);
  RateEngine<Real> engine(circuit, seeds, pool, {.layout = layout});
  std::vector<double> out;
  for (Step t = 0; t < 20; ++t) {
    show(engine, c, t);
    engine.advance(1, Learning::all());
  }
  const Matrix<double> w = engine.weights(c.j, 0);
  out.assign(w.flat().begin(), w.flat().end());
  return out;
}

TEST(InterpretedRule, HasTheSameBitsOnAnyNumberOfThreadsAndInBothLayouts) {
  const Learner large({600, 300}, kOja);
  const auto alone = learned<float>(large.circuit, large, Layout::wide, 1);
  EXPECT_EQ(learned<float>(large.circuit, large, Layout::wide, 3), alone);
  const Learner small({20, 9}, kOja);
  EXPECT_EQ(learned<float>(small.circuit, small, Layout::lanes, 2, 2),
            learned<float>(small.circuit, small, Layout::wide, 2, 2));
}

TEST(InterpretedRule, HasTheSameBitsWithAnyInstructions) {
  const Learner c({70, 30},
                  {"eta * (rate * pre - rate^2 * w) / (1 + abs(pre)) - 0.1 * max(w, 0.2) * sqrt(1 + w * w)",
                   {{"eta", 0.05}}});
  std::vector<double> first;
  for (const std::string& target : available_targets()) {
    force_target(target);
    // Products of rates with weights may differ without fused arithmetic; they are not what is compared.
    Circuit still = c.circuit;
    still.edit(c.to).compartments[0].conductance = 0;
    const auto now = learned<double>(still, c, Layout::wide, 1);
    if (first.empty()) first = now;
    double worst = 0;
    for (std::size_t i = 0; i < now.size(); ++i) worst = std::max(worst, std::abs(now[i] - first[i]));
    EXPECT_LT(worst, 1e-13) << target;
  }
  force_target("");
}

TEST(FormulaOfAProduct, IsTheRuleOfTheTableToTheBit) {
  struct Case {
    Formula formula;
    PlasticityRule table;
  };
  PlasticityRule residual{.eta = 0.02};
  residual.post = {.kind = PostFactor::Kind::voltage_residual, .compartment = "basal"};
  residual.pre.kind = PreFactor::Kind::transmitted;
  residual.decay.alpha = 1e-4 / 0.02;
  PlasticityRule hebb{.eta = -0.3};
  hebb.post.kind = PostFactor::Kind::rate;
  hebb.pre.kind = PreFactor::Kind::transmitted;
  PlasticityRule apical{.eta = 0.3};
  apical.post = {.kind = PostFactor::Kind::compartment, .compartment = "apical"};
  apical.pre.kind = PreFactor::Kind::transmitted;
  const Case cases[] = {
      {{"eta * (look - a * v) * pre - decay * w", {{"eta", 0.02}, {"decay", 1e-4}}}, residual},
      {{"-eta * rate * pre", {{"eta", 0.3}}}, hebb},
      {{"pre * v_apical * eta", {{"eta", 0.3}}}, apical},
  };
  for (const Case& k : cases) {
    for (const Shape& shape : kShapes) {
      const Learner c(shape, k.formula);
      ASSERT_FALSE(c.circuit[c.j].rule->interpreted) << k.formula.text;
      Circuit table = c.circuit;
      table.edit(c.j).rule = k.table;
      EXPECT_EQ(learned<float>(c.circuit, c, Layout::wide, 1), learned<float>(table, c, Layout::wide, 1))
          << k.formula.text;
      EXPECT_NE(learned<float>(c.circuit, c, Layout::wide, 1),
                learned<float>(Learner(shape, {"0 * w"}).circuit, c, Layout::wide, 1));
    }
  }
}

TEST(InterpretedRule, GoesOnFromASnapshotAsIfNothingHadHappened) {
  const Learner c({9, 6}, {"eta * tanh(look - v) * pre * w", {{"eta", 0.5}}});
  ThreadPool pool(1);
  RateEngine<float> engine(c.circuit, {1, 2}, pool);
  const auto steps = [&](Step from, Step to) {
    for (Step t = from; t < to; ++t) {
      show(engine, c, t);
      engine.advance(1, Learning::all());
    }
    return engine.weights(c.j, 1);
  };
  steps(0, 5);
  Snapshot snapshot;
  snapshot.take(engine);
  const Matrix<double> once = steps(5, 12);
  snapshot.restore(engine);
  EXPECT_EQ(steps(5, 12), once);
}

TEST(InterpretedRule, LearnsAtTheRateOfTheSchedule) {
  const Learner c({9, 6}, kOja);
  const auto change = [&](double factor) {
    ThreadPool pool(1);
    RateEngine<double> engine(c.circuit, {1}, pool);
    show(engine, c, 0);
    engine.advance(1);
    const Matrix<double> before = engine.weights(c.j, 0);
    engine.scale_learning(factor);
    engine.advance(1, Learning::all());
    return engine.weights(c.j, 0)(2, 3) - before(2, 3);
  };
  EXPECT_NE(change(1), 0);
  EXPECT_NEAR(change(0.25), 0.25 * change(1), 1e-15);
  EXPECT_EQ(change(0), 0);
}

TEST(InterpretedRule, ShowsItsWholeChangeAsCreditAndLeavesTheWeightsAlone) {
  for (const Shape& shape : kShapes) {
    const Learner c(shape, kOja);
    ThreadPool pool(1);
    RateEngine<double> watched(c.circuit, {1, 2}, pool, {.layout = Layout::lanes}),
        learning(c.circuit, {1, 2}, pool, {.layout = Layout::lanes});
    for (RateEngine<double>* e : {&watched, &learning}) {
      show(*e, c, 0);
      e->advance(3);
    }
    const Matrix<double> before = watched.weights(c.j, 1);
    Matrix<double> credit(before.rows(), before.cols());
    watched.advance(1, {.observe_credit = true});
    watched.network(1).credit(c.j, watched.lane(1), credit);
    EXPECT_EQ(watched.weights(c.j, 1), before);
    learning.advance(1, Learning::all());
    const Matrix<double> after = learning.weights(c.j, 1);
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_NEAR(after.flat()[i], before.flat()[i] + kDt * credit.flat()[i], 1e-15);
  }
}

TEST(InterpretedRule, ViewsLagByOneUpdateAsOfOtherRules) {
  Learner c({9, 6}, kOja);
  Population p;
  p.name = "back";
  p.size = 9;
  p.leak = 0.1;
  p.compartments = {{"basal", 0.1}};
  const PopulationId back = c.circuit.add_population(p);
  const ProjectionId view = c.circuit.connect(
      c.to, back, {.compartment = "basal", .pathway = Pathway::feedback, .view = TransposedView{.of = c.j}});
  ThreadPool pool(1);
  RateEngine<double> engine(c.circuit, {1}, pool);
  show(engine, c, 0);
  engine.advance(2, Learning::all());
  const Matrix<double> before = engine.weights(c.j, 0);
  engine.advance(1, Learning::all());
  const Matrix<double> seen = engine.weights(view, 0);
  for (std::size_t i = 0; i < before.rows(); ++i) {
    for (std::size_t k = 0; k < before.cols(); ++k) EXPECT_EQ(seen(k, i), before(i, k));
  }
  EXPECT_NE(engine.weights(c.j, 0), before);
}

TEST(InterpretedRule, WhatIsNoNumberIsAFaultWithItsPlace) {
  const auto fault = [](const Formula& formula) {
    const Learner c({9, 6}, formula);
    ThreadPool pool(1);
    RateEngine<float> engine(c.circuit, {4}, pool);
    show(engine, c, 0);
    try {
      engine.advance(3, Learning::all());
      engine.check_finite();
    } catch (const NumericalFault& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  EXPECT_EQ(fault(kOja), "none");
  EXPECT_NE(fault({"sqrt(-1 - w^2)"}).find("'n' is"), std::string::npos) << "the potentials show it";
  const Learner c({9, 6}, {"1 / (pre - pre)"});
  ThreadPool pool(1);
  RateEngine<float> engine(c.circuit, {4}, pool);
  show(engine, c, 0);
  engine.advance(1, Learning::all());
  try {
    engine.check_finite();
    FAIL();
  } catch (const NumericalFault& e) {
    EXPECT_EQ(e.where().population, "input->n.basal");
    EXPECT_EQ(e.where().quantity, "weight from unit 0");
    EXPECT_EQ(e.where().seed, 4U);
  }
}

TEST(InterpretedRule, AsksForCompartmentsThatAreThere) {
  Learner c({4, 3}, {"v_apcal * pre * w"});
  try {
    c.circuit.validate();
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("unknown compartment 'apcal'"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("did you mean 'apical'?"), std::string::npos) << e.what();
  }
  c.circuit.edit(c.j).rule->formula->text = "pre * w";
  c.circuit.edit(c.j).rule->eta = 3;
  EXPECT_THROW(c.circuit.validate(), ConfigError) << "rule and formula disagree";
  c.circuit.edit(c.j).rule->formula.reset();
  EXPECT_THROW(c.circuit.validate(), ConfigError) << "interpreted without a formula";
}

TEST(RuleCost, OfAFormulaIsMeasuredBesideAProduct) {
  const Learner c({200, 100}, {"exp(-abs(w * pre)) * log(2 + abs(w * rate))"});
  const RuleCost cost = measure_rule_cost<float>(c.circuit, c.j);
  EXPECT_GT(cost.interpreted_ns, 0);
  EXPECT_LT(cost.interpreted_ns, 1e4);
  EXPECT_LT(cost.product_ns, cost.interpreted_ns);
}

/// What the second of two projections onto one compartment has become, where the first has another rule or
/// none.
Matrix<double> beside(const std::optional<Formula>& first) {
  Learner c({}, {"eta * (look + v) * pre", {{"eta", 0.05}}});
  ConnectOptions o{.compartment = "basal", .pathway = Pathway::feedback, .weights = InitialWeights::eye()};
  Circuit circuit;
  circuit.dt_ms = kDt;
  const PopulationId input = circuit.add_external("input", 5), again = circuit.add_external("again", 5),
                     to = circuit.add_population(c.circuit[c.to]);
  if (first) o.rule = rule_of(*first, "basal");
  circuit.connect(again, to, o);
  ConnectOptions learned{.compartment = "basal", .weights = InitialWeights::uniform(-0.5, 0.5)};
  learned.rule = c.circuit[c.j].rule;
  const ProjectionId j = circuit.connect(input, to, learned);
  circuit.set_stimulus(input);
  ThreadPool pool(1);
  RateEngine<double> engine(circuit, {1}, pool);
  std::vector<double> x(5);
  for (std::size_t k = 0; k < x.size(); ++k) x[k] = shown(3, k);
  engine.set_external(input, 0, std::span<const double>(x));
  engine.set_external(again, 0, std::span<const double>(x));
  engine.advance(20, Learning::all());
  return engine.weights(j, 0);
}

// A factor of -1 in front of v must not be taken for one that is not given.
TEST(InterpretedRule, ARuleIsTheSameBesideOneWithAnotherShareOfThePotential) {
  const Matrix<double> alone = beside({}),
                       together = beside(Formula{"eta * (look - a * v) * pre", {{"eta", 1e-30}}});
  for (std::size_t i = 0; i < alone.rows(); ++i) {
    for (std::size_t k = 0; k < alone.cols(); ++k) EXPECT_NEAR(together(i, k), alone(i, k), 1e-12);
  }
}

}  // namespace
}  // namespace apical::rate
