// SPDX-License-Identifier: Apache-2.0
#include "apical/circuit/formula.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "apical/circuit/formula_rule.h"
#include "apical/core/error.h"

namespace apical {
namespace {

using formula::Local;
using formula::Operation;
using testing::HasSubstr;

/// What a formula gives for these local quantities.
double value(const Formula& f, const std::map<Local, double>& locals = {}) {
  const formula::Expression e = formula::parse(f);
  std::vector<double> values;
  for (const formula::Node& n : e.nodes) {
    if (n.operation == Operation::number) {
      values.push_back(n.number);
    } else if (n.operation == Operation::local) {
      values.push_back(locals.at(n.local));
    } else {
      values.push_back(formula::value_of(n.operation, values[n.left], values[n.right]));
    }
  }
  return values.back();
}

std::string refusal(const Formula& f) {
  try {
    formula::parse(f);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "none";
}

TEST(Formula, IsReadAsMathematicsIs) {
  const std::map<Local, double> at{{Local::pre, 3}, {Local::w, 2}};
  EXPECT_EQ(value({"1 + 2 * 3"}), 7);
  EXPECT_EQ(value({"(1 + 2) * 3"}), 9);
  EXPECT_EQ(value({"7 - 2 - 1"}), 4);
  EXPECT_EQ(value({"12 / 2 / 3"}), 2);
  EXPECT_EQ(value({"2 ^ 3 ^ 2"}), 512);
  EXPECT_EQ(value({"-pre ^ 2"}, at), -9);
  EXPECT_EQ(value({"(-pre) ** 2"}, at), 9);
  EXPECT_EQ(value({"w ^ -1"}, at), 0.5);
  EXPECT_EQ(value({"+pre - -w"}, at), 5);
  EXPECT_EQ(value({".5e1 * pre"}, at), 15);
  EXPECT_EQ(value({"a * pre", {{"a", 0.25}}}, at), 0.75);
  EXPECT_EQ(value({"min(pre, w) + 10 * max(pre, w)"}, at), 32);
  EXPECT_EQ(value({"relu(-pre) + step(w) + 10 * step(-w) + abs(-w) + sqrt(pre * pre)"}, at), 6);
  EXPECT_EQ(value({"exp(log(pre))"}, at), std::exp(std::log(3.0)));
  EXPECT_EQ(value({"tanh(1 / 2)"}), std::tanh(0.5));
}

TEST(Formula, ConstantsAreComputedOnce) {
  const formula::Expression e = formula::parse({"eta / tau * pre", {{"eta", 3}, {"tau", 6}}});
  EXPECT_EQ(e.whole().operation, Operation::multiply);
  EXPECT_EQ(e.nodes[e.whole().left].number, 0.5);
}

TEST(Formula, ReadsOtherCompartmentsByName) {
  const formula::Expression e = formula::parse({"v_apical * pre - v * v_apical"});
  EXPECT_EQ(e.compartments(), std::vector<std::string>{"apical"});
  EXPECT_TRUE(e.uses(Local::v));
  EXPECT_FALSE(e.uses(Local::rate));
  EXPECT_EQ(value({"v_th * w", {{"v_th", 2}}}, {{Local::w, 4}}), 8) << "a number that is given goes first";
}

TEST(Formula, NamesAreThoseThatAreNoFunctions) {
  EXPECT_EQ(formula::names_in("eta * tanh(look - a*v) + eta2 * pre"),
            (std::vector<std::string>{"eta", "look", "a", "v", "eta2", "pre"}));
}

TEST(Formula, WhatIsNotLocalIsRefusedWithTheReason) {
  const std::map<std::string, double> eta{{"eta", 1}};
  EXPECT_THAT(
      refusal({"eta * error * pre", eta}),
      HasSubstr("'error' is not local to a synapse: an error must be the activity of some population"));
  EXPECT_THAT(refusal({"eta * W", eta}), HasSubstr("its own weight is w"));
  EXPECT_THAT(refusal({"eta * reward * pre", eta}), HasSubstr("not available in rate circuits"));
  EXPECT_THAT(refusal({"eta * post * pre", eta}),
              HasSubstr("'post' is neither a number that was given nor local"));
  EXPECT_THAT(refusal({"eta * rat * pre", eta}), HasSubstr("did you mean 'rate'?"));
  EXPECT_THAT(refusal({"etta * pre", eta}), HasSubstr("did you mean 'eta'?"));
  EXPECT_THAT(refusal({"eta * pre", {{"eta", 1}, {"decay", 2}}}), HasSubstr("'decay' does not occur in"));
  EXPECT_THAT(refusal({"eta * pre", {{"eta", NAN}}}), HasSubstr("expected a finite number"));
  EXPECT_THAT(refusal({"w * pre", {{"w", 1}}}),
              HasSubstr("what the synapse knows and no number (the weight)"));
}

TEST(Formula, WhatIsNoFormulaIsRefusedWithThePlace) {
  EXPECT_THAT(refusal({"pre * ("}),
              HasSubstr("its end where a number, a name or '(' was expected at column 8"));
  EXPECT_THAT(refusal({"pre * (w"}), HasSubstr("its end where ')' was expected at column 9"));
  EXPECT_THAT(refusal({""}), HasSubstr("at column 1"));
  EXPECT_THAT(refusal({"pre w"}), HasSubstr("'w' where an operation, or the end, was expected at column 5"));
  EXPECT_THAT(refusal({"__import__('os')"}), HasSubstr("unknown function '__import__'"));
  EXPECT_THAT(refusal({"tahn(pre)"}), HasSubstr("did you mean 'tanh'?"));
  EXPECT_THAT(refusal({"tanh * pre"}), HasSubstr("'*' where '(' after tanh was expected"));
  EXPECT_THAT(refusal({"min(pre)"}), HasSubstr("')' where the second value of min was expected"));
  EXPECT_THAT(refusal({"tanh(pre, w)"}), HasSubstr("',' where ')' was expected"));
  EXPECT_THAT(refusal({"pre * ."}), HasSubstr("'.' is no number"));
  EXPECT_THAT(refusal({"1e999 * pre"}), HasSubstr("beyond all that can be computed with"));
  EXPECT_THAT(refusal({"pre ? w"}), HasSubstr("'?'"));
  EXPECT_THAT(refusal({"1 / 0 * pre"}), HasSubstr("made of numbers alone is inf"));
  EXPECT_THAT(refusal({std::string(100, '(') + "w" + std::string(100, ')')}),
              HasSubstr("more than 64 parentheses"));
  EXPECT_THAT(refusal({std::string(100, '-') + "w"}), HasSubstr("more than 64"));
  std::string long_one = "w";
  for (int k = 0; k < 1000; ++k) long_one += "+w";
  EXPECT_THAT(refusal({long_one}), HasSubstr("more than 1000 names"));
}

// ---- which rule it is ------------------------------------------------------------------------------------

TEST(RuleOfFormula, ProductsAreTheRulesThatTheEngineHas) {
  const Formula predicted{"eta * (look - a * v) * pre - decay * w", {{"eta", 0.02}, {"decay", 1e-4}}};
  PlasticityRule expected{.eta = 0.02};
  expected.post = {.kind = PostFactor::Kind::voltage_residual, .compartment = "basal"};
  expected.pre.kind = PreFactor::Kind::transmitted;
  expected.decay.alpha = 0.005;
  expected.formula = predicted;
  EXPECT_EQ(rule_of(predicted, "basal"), expected);

  EXPECT_EQ(rule_of({"2 * pre * (look - 0.25 * v)"}, "basal").post.attenuation, 0.25);
  EXPECT_EQ(rule_of({"pre * look"}, "basal").post.attenuation, 0);
  EXPECT_EQ(rule_of({"pre * (look - b * v)", {{"b", 0.5}}}, "basal").post.attenuation, 0.5);
  EXPECT_EQ(rule_of({"pre * look - a * v * pre", {{"a", 0.5}}}, "basal").post.attenuation, 0.5);

  const PlasticityRule potential = rule_of({"-v * pre / 4"}, "apical");
  EXPECT_EQ(potential.eta, -0.25);
  EXPECT_EQ(potential.post, (PostFactor{.kind = PostFactor::Kind::compartment, .compartment = "apical"}));
  EXPECT_EQ(rule_of({"v_apical * pre"}, "basal").post, potential.post);
  EXPECT_EQ(rule_of({"(look - 0.5 * v_apical) * pre"}, "basal").post.compartment, "apical");

  const PlasticityRule hebb =
      rule_of({"eta * rate * pre - (d + d) * w", {{"eta", 0.5}, {"d", 0.25}}}, "basal");
  EXPECT_EQ(hebb.post.kind, PostFactor::Kind::rate);
  EXPECT_EQ(hebb.decay.alpha, 1);
  EXPECT_FALSE(hebb.interpreted);

  const PlasticityRule decays = rule_of({"-0.1 * w"}, "basal");
  EXPECT_EQ(decays.eta, 1);
  EXPECT_EQ(decays.decay.alpha, 0.1);
  EXPECT_EQ(decays.post.kind, PostFactor::Kind::none);
  EXPECT_EQ(rule_of({"0 * pre * rate"}, "basal").eta, 0);
}

TEST(RuleOfFormula, EverythingElseIsInterpreted) {
  for (const char* text : {"rate * pre - rate^2 * w", "look * v * pre", "(look - a * v) * pre + rate * pre",
                           "(look - 2 * a * v) * pre", "(look - a * v_apical) * pre", "pre", "0.1", "rate",
                           "pre / rate", "tanh(rate) * pre", "rate * pre * w", "pre^2 * rate",
                           "v * pre + v_apical * pre", "(1 + pre)^20", "(1 + pre)^0.5"}) {
    const PlasticityRule rule = rule_of({text}, "basal");
    EXPECT_TRUE(rule.interpreted) << text;
    EXPECT_EQ(rule.eta, 1) << text;
    EXPECT_EQ(rule.post.kind, PostFactor::Kind::none) << text;
  }
}

TEST(RuleOfFormula, TermsThatCancelAreNotThere) {
  EXPECT_FALSE(rule_of({"rate * pre + w * pre - pre * w"}, "basal").interpreted);
}

spike::BurstRule spiking(const Formula& f) {
  spike::BurstRule rule;
  rule.formula = f;
  take_formula(rule);
  return rule;
}

TEST(RuleOfSpikingFormula, BurstsAgainstEventsAreTheKernel) {
  const auto expect = [](const Formula& f, double eta, std::optional<double> fixed) {
    const spike::BurstRule r = spiking(f);
    EXPECT_FALSE(r.interpreted) << f.text;
    EXPECT_EQ(r.eta, eta) << f.text;
    EXPECT_EQ(r.fixed_burst_probability, fixed) << f.text;
  };
  const std::map<std::string, double> eta{{"eta", 0.02}};
  expect({"eta * (burst - p * event) * pre", eta}, 0.02, {});
  expect({"pre * eta * burst - eta * event * p * pre", eta}, 0.02, {});
  expect({"(burst - 0.25 * event) * pre"}, 1, 0.25);
  expect({"-2 * burst * pre"}, -2, 0);
}

TEST(RuleOfSpikingFormula, OtherFactorsOfEventsAndBurstsAreInterpreted) {
  for (const char* text :
       {"event * pre", "(burst + event) * pre", "(burst - 2 * event) * pre", "burst * p * pre",
        "(burst - p^2 * event) * pre", "relu(10 - event_rate) * event * pre / 3"}) {
    const spike::BurstRule r = spiking({text});
    EXPECT_TRUE(r.interpreted) << text;
    EXPECT_EQ(r.eta, 1) << text;
  }
  const Jumps both = jumps_of({"(k * burst - p^2 * event + event_rate * event) * pre / 2", {{"k", 3}}});
  EXPECT_EQ(value_of(both.at_event, 0.5, 4, 1), (4 - 0.25) / 2);
  EXPECT_EQ(value_of(both.at_burst, 0.5, 4, 1), 1.5);
  const Jumps difference = jumps_of({"burst_rate * pre * burst - event * pre"});
  EXPECT_EQ(value_of(difference.at_event, 0, 0, 7), -1);
  EXPECT_EQ(value_of(difference.at_burst, 0, 0, 7), 7);
  // What is not there is nothing, whatever stands before it.
  const Jumps bursts = jumps_of({"burst * pre / event_rate"});
  EXPECT_EQ(value_of(bursts.at_event, 0, 0, 0), 0);
  EXPECT_EQ(value_of(bursts.at_burst, 0, 4, 0), 0.25);
}

TEST(RuleOfSpikingFormula, WhatIsNoJumpInProportionToTheTraceIsRefused) {
  const auto refusal = [](const Formula& f) -> std::string {
    try {
      spiking(f);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "none";
  };
  EXPECT_THAT(refusal({"p * pre"}), HasSubstr("it has neither 'event' nor 'burst'"));
  EXPECT_THAT(refusal({"burst"}), HasSubstr("it has no 'pre'"));
  EXPECT_THAT(refusal({"burst * pre + pre"}), HasSubstr("another one between them"));
  EXPECT_THAT(refusal({"burst * pre + burst"}), HasSubstr("another one has not"));
  EXPECT_THAT(refusal({"burst * event * pre"}), HasSubstr("instants"));
  EXPECT_THAT(refusal({"burst * pre * pre"}), HasSubstr("multiplied with itself"));
  EXPECT_THAT(refusal({"burst / pre"}), HasSubstr("divides by"));
  EXPECT_THAT(refusal({"burst * tanh(pre)"}), HasSubstr("stand in no function or power"));
  EXPECT_THAT(refusal({"burst * pre * pre^2"}), HasSubstr("possible is (f * event + g * burst) * pre"));
  EXPECT_THAT(refusal({"burst * pre * w"}), HasSubstr("'w' is not local to a synapse: a weight that jumps"));
  EXPECT_THAT(refusal({"burst * pre * rate"}),
              HasSubstr("'rate' is neither a number that was given nor local"));
  EXPECT_THAT(refusal({"burst * pre * p", {{"p", 2}}}), HasSubstr("'p' is what the synapse knows"));
  // And neurons with rates have no bursts.
  EXPECT_THROW(formula::parse({"burst * pre"}), ConfigError);
  EXPECT_THROW(formula::parse({"v_soma * burst * pre"}, formula::Synapse::spiking), ConfigError);
}

}  // namespace
}  // namespace apical
