// SPDX-License-Identifier: Apache-2.0
#include "apical/circuit/circuit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "apical/core/error.h"

namespace apical {
namespace {

using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Input and teacher of two, a hidden population of three with noise, an output of two.
struct Small {
  Circuit c;
  PopulationId input, teacher, hidden, output;
  ProjectionId up, out, view;

  Small() {
    c.name = "small";
    input = c.add_external("input", 2);
    teacher = c.add_external("teacher", 2);
    Population h{.name = "a1.pyr",
                 .area = "a1",
                 .size = 3,
                 .leak = 0.03,
                 .compartments = {{"basal", 0.1}, {"apical", 0.06}}};
    h.noise = CompartmentNoise{.compartment = "apical", .scale = 0.1};
    hidden = c.add_population(h);
    Population o{.name = "a2.pyr", .area = "a2", .size = 2, .leak = 0.03, .compartments = {{"basal", 0.1}}};
    o.teacher = teacher;
    output = c.add_population(o);
    PlasticityRule rule{.eta = 0.5};
    rule.post = {.kind = PostFactor::Kind::voltage_residual, .compartment = "basal"};
    rule.pre.kind = PreFactor::Kind::transmitted;
    up = c.connect(input, hidden,
                   {.compartment = "basal", .weights = InitialWeights::uniform(-1, 1), .rule = rule});
    out = c.connect(hidden, output,
                    {.compartment = "basal", .weights = InitialWeights::uniform(-1, 1), .rule = rule});
    view =
        c.connect(output, hidden,
                  {.compartment = "apical", .pathway = Pathway::feedback, .view = TransposedView{.of = out}});
  }
  Population& population() { return c.edit(hidden); }
  Projection& projection() { return c.edit(out); }
  PlasticityRule& rule() { return *c.edit(out).rule; }
};

std::string refusal(const std::function<void(Small&)>& spoil) {
  Small s;
  try {
    spoil(s);
    s.c.validate();
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Circuit, AcceptsTheSmallOne) {
  EXPECT_EQ(refusal([](Small&) {}), "accepted");
}

Projection& connect(Circuit& c, PopulationId from, PopulationId to, const char* compartment,
                    const char* name = "") {
  ConnectOptions o;
  o.compartment = compartment;
  o.name = name;
  return c.edit(c.connect(from, to, o));
}

struct Mistake {
  const char* says;  ///< part of the message
  std::function<void(Small&)> make;
};

TEST(Circuit, RefusesPopulationsThatCannotRun) {
  const Mistake mistakes[] = {
      {"dt_ms is 0; expected a positive time step", [](Small& s) { s.c.dt_ms = 0; }},
      {"has no populations", [](Small& s) { s.c = Circuit(); }},
      {"a population is named '', which is empty", [](Small& s) { s.population().name = ""; }},
      {"size of population 'a1.pyr' is 0", [](Small& s) { s.population().size = 0; }},
      {"leak of population 'a1.pyr' is -1; expected 0 or more", [](Small& s) { s.population().leak = -1; }},
      {"conductance of compartment 'basal' of 'a1.pyr' is nan",
       [](Small& s) { s.population().compartments[0].conductance = kNan; }},
      {"is named 'soma', which is a variable of the population",
       [](Small& s) { s.population().compartments[1].name = "soma"; }},
      {"a compartment of 'a1.pyr' is named '', which is empty",
       [](Small& s) { s.population().compartments[1].name = ""; }},
      {"has two compartments named 'basal'", [](Small& s) { s.population().compartments[1].name = "basal"; }},
      {"low_pass_ms of compartment 'basal' of 'a1.pyr' is -1",
       [](Small& s) { s.population().compartments[0].low_pass_ms = -1; }},
      {"is 0.001 ms, shorter than the time step",
       [](Small& s) { s.population().compartments[0].low_pass_ms = 0.001; }},
      {"has neither leak nor conductance",
       [](Small& s) {
         s.population().leak = 0;
         for (Compartment& c : s.population().compartments) c.conductance = 0;
       }},
      {"the Euler step is unstable",
       [](Small& s) {
         s.population().lookahead = false;
         s.population().leak = 1000;
       }},
      {"has 3 neurons but 1 values", [](Small& s) { s.population().slopes = {1}; }},
      {"slope of population 'a1.pyr' is nan", [](Small& s) { s.population().slope = kNan; }},
      {"offset of population 'a1.pyr' is nan", [](Small& s) { s.population().offset = kNan; }},
      {"slope_sd of population", [](Small& s) { s.population().slope_sd = -1; }},
      {"offset_sd of population", [](Small& s) { s.population().offset_sd = -1; }},
      {"initial_soma_sd of population", [](Small& s) { s.population().initial_soma_sd = -1; }},
      {"lookahead_gain of population 'a1.pyr' is 0; expected a positive number",
       [](Small& s) { s.population().lookahead_gain = 0; }},
      {"the teacher of 'a1.pyr' must be an external population of 3 rates",
       [](Small& s) { s.population().teacher = s.teacher; }},
      {"unknown compartment 'apcial' in the noise of population 'a1.pyr' (population 'a1.pyr' has",
       [](Small& s) { s.population().noise->compartment = "apcial"; }},
      {"noise scale of population", [](Small& s) { s.population().noise->scale = -1; }},
      {"noise tau_ms of population 'a1.pyr' is 0", [](Small& s) { s.population().noise->tau_ms = 0; }},
      {"noise hold_steps of population 'a1.pyr' is 0",
       [](Small& s) { s.population().noise->hold_steps = 0; }},
      {"there are two populations named 'input'", [](Small& s) { s.c.add_external("input", 1); }},
  };
  for (const Mistake& m : mistakes) EXPECT_THAT(refusal(m.make), HasSubstr(m.says));
}

TEST(Circuit, RefusesProjectionsThatCannotRun) {
  const Mistake mistakes[] = {
      {"there are two projections named", [](Small& s) { connect(s.c, s.hidden, s.output, "basal"); }},
      {"ends at the external population 'teacher'", [](Small& s) { s.projection().to = s.teacher; }},
      {"unknown compartment 'soma'", [](Small& s) { s.projection().compartment = "soma"; }},
      {"an external population has only a rate",
       [](Small& s) { s.c.edit(s.up).transmits = Quantity::slope; }},
      {"transmits the mismatch of 'a1.pyr', which has no teacher",
       [](Small& s) { s.projection().transmits = Quantity::mismatch; }},
      {"delay_steps of projection", [](Small& s) { s.projection().delay_steps = -1; }},
      {"density of projection", [](Small& s) { s.projection().density = 1.5; }},
      {"are 1 x 1; expected 2 x 3 (post x pre)",
       [](Small& s) { s.projection().weights = InitialWeights::explicit_matrix(Matrix<double>(1, 1)); }},
      {"a weight of projection",
       [](Small& s) {
         s.projection().weights = InitialWeights::explicit_matrix(Matrix<double>(2, 3, kNan));
       }},
      {"are explicit_values, but no values are given",
       [](Small& s) { s.projection().weights.law = InitialWeights::Law::explicit_values; }},
      {"have values, but their law is uniform",
       [](Small& s) { s.projection().weights.values = Matrix<double>(2, 3); }},
      {"the deviation of projection",
       [](Small& s) {
         s.c.edit(s.view).view->deviation = InitialWeights::derived({.of = s.out, .transposed = true}, 1);
       }},
      {"law = derived and a derivation belong together",
       [](Small& s) { s.projection().weights.law = InitialWeights::Law::derived; }},
      {"a constant of initial weights", [](Small& s) { s.projection().weights.scale = kNan; }},
      {"can only show the transpose of a dense projection",
       [](Small& s) { s.c.edit(s.view).view->of = s.view; }},
  };
  for (const Mistake& m : mistakes) EXPECT_THAT(refusal(m.make), HasSubstr(m.says));
}

TEST(Circuit, RefusesDerivedWeightsThatDoNotFit) {
  const auto derive = [](Small& s, DerivedWeights d) {
    s.c.edit(s.up).weights = InitialWeights::derived(d, 1);
  };
  const Mistake mistakes[] = {
      {"derive from weights that are derived themselves", [&](Small& s) { derive(s, {.of = s.up}); }},
      {"only be derived between dense projections",
       [&](Small& s) {
         derive(s, {.of = s.out});
         s.projection().topology = Topology::one_to_one;
         s.c.edit(s.view).view.reset();
       }},
      {"from a transpose or from a product, not both",
       [&](Small& s) { derive(s, {.of = s.out, .transposed = true, .times = s.out}); }},
      {"does not exist: 3 columns meet 2 rows", [&](Small& s) { derive(s, {.of = s.out, .times = s.out}); }},
      {"are 2 x 3; expected 3 x 2", [&](Small& s) { derive(s, {.of = s.out}); }},
  };
  for (const Mistake& m : mistakes) EXPECT_THAT(refusal(m.make), HasSubstr(m.says));
  EXPECT_EQ(refusal([&](Small& s) { derive(s, {.of = s.out, .transposed = true}); }), "accepted");
  EXPECT_THAT(refusal([&](Small& s) {
                derive(s, {.of = s.out, .transposed = true});
                s.c.remove(s.view);
                s.c.remove(s.out);
              }),
              HasSubstr("begins with weights derived from it"));
}

TEST(Circuit, DerivedWeightsFollowTheirSourceWhenAnEarlierProjectionIsRemoved) {
  Small s;
  const ProjectionId copy{3};
  connect(s.c, s.hidden, s.output, "basal", "copy").weights = InitialWeights::derived({.of = s.out}, 2);
  s.c.remove(s.up);
  s.c.validate();
  EXPECT_EQ(s.c[ProjectionId{copy.value - 1}].weights.derivation->of, s.c.projection("a1.pyr->a2.pyr.basal"));
}

TEST(Circuit, RefusesRulesThatAreNotLocalOrNotDefined) {
  const Mistake mistakes[] = {
      {"eta of the rule of projection", [](Small& s) { s.rule().eta = kNan; }},
      {"cannot have a rule of its own", [](Small& s) { s.c.edit(s.view).rule = s.rule(); }},
      {"unknown compartment 'apical' in the rule of projection 'a1.pyr->a2.pyr.basal' (population 'a2.pyr'",
       [](Small& s) { s.rule().post.compartment = "apical"; }},
      {"reads noise in 'basal', but population 'a2.pyr' has none there",
       [](Small& s) { s.rule().post.kind = PostFactor::Kind::noise; }},
      {"update_low_pass_ms of the rule", [](Small& s) { s.rule().update_low_pass_ms = -1; }},
      {"shorter than the time step", [](Small& s) { s.rule().pre.low_pass_ms = 0.001; }},
      {"high_passed_rate needs the filter's time constant",
       [](Small& s) { s.rule().pre.kind = PreFactor::Kind::high_passed_rate; }},
      {"is external and has no high-passed rate",
       [](Small& s) {
         s.c.edit(s.up).rule->pre = {.kind = PreFactor::Kind::high_passed_rate, .high_pass_ms = 1};
       }},
      {"is external and has no slope",
       [](Small& s) { s.c.edit(s.up).rule->decay = {.alpha = 1, .pre = WeightDecay::PreGate::slope}; }},
      {"a product needs both factors", [](Small& s) { s.rule().pre.kind = PreFactor::Kind::none; }},
  };
  for (const Mistake& m : mistakes) EXPECT_THAT(refusal(m.make), HasSubstr(m.says));
}

TEST(Circuit, FindsByNameOrSuggestsTheNearest) {
  const Small s;
  EXPECT_EQ(s.c.population("a2.pyr"), s.output);
  EXPECT_EQ(s.c.projection("a1.pyr->a2.pyr.basal"), s.out);
  const auto message = [](const auto& f) -> std::string {
    try {
      f();
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(message([&] { (void)s.c.population("a2.pry"); }),
              testing::AllOf(HasSubstr("unknown population 'a2.pry'"), HasSubstr("'a2.pyr'")));
  EXPECT_THAT(message([&] { (void)s.c.projection("a1.pyr->a2.pyr.bassal"); }),
              testing::AllOf(HasSubstr("unknown projection"), HasSubstr("a1.pyr->a2.pyr.basal")));
}

TEST(Circuit, CountsNeuronsAndSynapses) {
  Small s;
  EXPECT_EQ(s.c.neuron_count(), 5u);
  EXPECT_EQ(s.c.synapse_count(), 12u);  // a view stores nothing
  EXPECT_EQ(s.c.plastic_synapse_count(), 12u);
  s.c.edit(s.view).view->deviation = InitialWeights::uniform(-1, 1);
  EXPECT_EQ(s.c.synapse_count(), 18u);
  connect(s.c, s.hidden, s.output, "basal", "pairs").topology = Topology::one_to_one;
  EXPECT_EQ(s.c.synapse_count(), 20u);
  EXPECT_EQ(s.c.plastic_synapse_count(), 12u);
}

TEST(Circuit, MembraneTimeConstantFollowsFromConductances) {
  const Small s;
  EXPECT_DOUBLE_EQ(s.c[s.hidden].tau_ms(), 1 / 0.19);
  EXPECT_DOUBLE_EQ(s.c[s.output].tau_ms(), 1 / 0.13);
}

TEST(Circuit, IsDescribedOnOnePage) {
  Small s;
  s.rule().decay = {.alpha = 0.1, .toward = WeightDecay::Toward::identity};
  s.rule().post.gain = 2;
  s.projection().delay_steps = 3;
  Projection& gate = connect(s.c, s.hidden, s.output, "basal", "gate");
  gate.transmits = Quantity::slope;
  gate.effect = Effect::multiply;
  const std::string text = describe(s.c);
  for (const char* part :
       {"circuit 'small', dt = 0.01 ms, 5 neurons", "input [2] external",
        "a1.pyr [3] linear of lookahead, tau = 5.263 ms, leak 0.03, basal 0.1, apical 0.06",
        "teacher 'teacher'", "dw/dt = 0.5 [(u_look - 0.5263 v_basal) x rate_pre]",
        "dw/dt = 0.5 [2 (u_look - 0.7692 v_basal) x rate_pre - 0.1 (w - I)]", "3 steps later",
        "1 x transpose of a1.pyr->a2.pyr.basal",
        "gate: slope of a1.pyr ⇒ multiplies a2.pyr.basal (dense, forward)"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(Circuit, EveryFactorIsDescribed) {
  using Post = PostFactor::Kind;
  using Pre = PreFactor::Kind;
  const auto rule = [](const PostFactor& post, const PreFactor& pre) {
    Small s;
    connect(s.c, s.output, s.hidden, "apical", "learned").rule =
        PlasticityRule{.eta = 1, .post = post, .pre = pre};
    s.c.validate();
    return describe(s.c);
  };
  EXPECT_THAT(rule({.kind = Post::rate_residual, .compartment = "basal", .attenuation = 0.5},
                   {.kind = Pre::transmitted_now}),
              HasSubstr("[(r - phi(0.5 v_basal)) x rate_pre]"));
  EXPECT_THAT(rule({.kind = Post::compartment, .compartment = "apical"}, {.kind = Pre::transmitted}),
              HasSubstr("[v_apical x rate_pre]"));
  EXPECT_THAT(rule({.kind = Post::noise, .compartment = "apical"},
                   {.kind = Pre::high_passed_rate, .high_pass_ms = 0.1}),
              HasSubstr("[noise_apical x highpass(rate_pre)]"));
  EXPECT_THAT(rule({.kind = Post::rate}, {.kind = Pre::transmitted}), HasSubstr("[r x rate_pre]"));
}

TEST(Circuit, EveryNameIsAWordOfItsOwn) {
  EXPECT_EQ(name_of(Quantity::mismatch), "mismatch");
  EXPECT_EQ(name_of(Pathway::teaching), "teaching");
  EXPECT_EQ(name_of(Effect::multiply), "multiply");
  EXPECT_EQ(name_of(Topology::one_to_one), "one_to_one");
  EXPECT_EQ(name_of(PostFactor::Kind::rate), "rate");
  EXPECT_EQ(name_of(PreFactor::Kind::high_passed_rate), "high_passed_rate");
}

}  // namespace
}  // namespace apical
