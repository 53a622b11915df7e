// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/ingredients.h"

#include <gtest/gtest.h>

#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/layered_reference.h"
#include "apical/models/registry.h"

namespace apical {
namespace {

Ingredient find(const Circuit& c, std::string_view name) {
  for (const Ingredient& i : ingredients(c)) {
    if (i.name == name) return i;
  }
  ADD_FAILURE() << "no ingredient " << name;
  return {};
}

std::vector<std::string> needs(const Circuit& c) {
  std::vector<std::string> out;
  for (const Ingredient& i : ingredients(c)) {
    EXPECT_FALSE(i.reason.empty()) << i.name;
    if (i.needed) out.push_back(i.name);
  }
  return out;
}

models::ErrorNeuronMicrocircuit microcircuit() { return {.layers = {4, 6, 3}}; }

TEST(Ingredients, OfTheErrorNeuronMicrocircuit) {
  const Circuit c = build(microcircuit());
  EXPECT_EQ(needs(c),
            (std::vector<std::string>{"weight transport", "signed signals", "mixed signs",
                                      "one-to-one wiring", "identity laterals", "lookahead", "target"}));
  EXPECT_EQ(find(c, "weight transport").reason,
            "exact transposes: a2.err->a1.err.dendrite (of a1.rep->a2.rep.basal)");
  EXPECT_EQ(find(c, "signed signals").reason,
            "can be negative: a1.rep (tanh rate), a1.err (linear rate), a2.rep (mismatch) and a2.err (linear "
            "rate)");
  EXPECT_EQ(find(c, "target").reason,
            "a2.rep compares its rates with target and the mismatch reaches a2.err.target");
  EXPECT_EQ(find(c, "separate phases").reason,
            "all 2 rules act in every step; a rule has no way to wait for a phase");
}

TEST(Ingredients, FixedRandomFeedbackNeedsNoWeightTransport) {
  models::ErrorNeuronMicrocircuit m = microcircuit();
  m.transposed_feedback = false;
  EXPECT_FALSE(find(build(m), "weight transport").needed);
  models::LayeredReference reference{.layers = {4, 6, 3}};
  EXPECT_TRUE(find(build(reference), "weight transport").needed);
  reference.transposed_feedback = false;
  EXPECT_FALSE(find(build(reference), "weight transport").needed);
}

TEST(Ingredients, DeviationsFromTheTransposeAreSaid) {
  models::ErrorNeuronMicrocircuit m = microcircuit();
  m.feedback_deviation = 0.1;
  EXPECT_EQ(find(build(m), "weight transport").reason,
            "transposes plus a fixed deviation: a2.err->a1.err.dendrite (of a1.rep->a2.rep.basal)");
}

TEST(Ingredients, OfTheLayeredReference) {
  const Circuit c = build(models::LayeredReference{.layers = {4, 6, 3}});
  EXPECT_EQ(needs(c),
            (std::vector<std::string>{"weight transport", "signed signals", "mixed signs",
                                      "one-to-one wiring", "identity laterals", "lookahead", "target"}));
}

TEST(Ingredients, LateralsThatRelaxToTheIdentityAreNotTakenForGranted) {
  models::ErrorNeuronMicrocircuit m = microcircuit();
  m.lateral_range = 0.1;
  EXPECT_FALSE(find(build(m), "identity laterals").needed);
  m.eta_rep_to_err = m.eta_err_to_rep = 0.01;
  const Ingredient learned = find(build(m), "identity laterals");
  EXPECT_FALSE(learned.needed);
  EXPECT_NE(learned.reason.find("drawn towards the identity by a rule: a1.rep->a1.err.dendrite"),
            std::string::npos)
      << learned.reason;
}

TEST(Ingredients, WithoutLookaheadNothingIsProspectiveButSlopesAndMismatch) {
  models::ErrorNeuronMicrocircuit m = microcircuit();
  m.rep_lookahead = m.error_lookahead = false;
  const Circuit c = build(m);
  EXPECT_EQ(find(c, "lookahead").reason,
            "send what their potential is about to be (prospective coding): a1.rep and a2.rep");
}

/// Excitatory and inhibitory neurons with rectified rates.
Circuit dale() {
  Circuit c;
  Population p;
  p.leak = 0.1;
  p.size = 3;
  p.compartments = {{"soma", 0.1}};
  p.activation = ActivationKind::relu;
  p.lookahead = false;
  p.name = p.area = "e";
  const PopulationId e = c.add_population(p);
  p.name = p.area = "i";
  const PopulationId i = c.add_population(p);
  c.connect(e, i, {.compartment = "soma", .weights = InitialWeights::uniform(0, 1)});
  c.connect(i, e, {.compartment = "soma", .weights = InitialWeights::uniform(-1, 0)});
  return c;
}

TEST(Ingredients, ACircuitOfExcitatoryAndInhibitoryRatesNeedsNothing) { EXPECT_TRUE(needs(dale()).empty()); }

TEST(Ingredients, PlasticityMayCarryAWeightAcrossZero) {
  Circuit c = dale();
  PlasticityRule rule;
  rule.eta = 1;
  rule.decay.alpha = 1;
  c.edit(ProjectionId{0}).rule = rule;
  EXPECT_FALSE(find(c, "mixed signs").needed) << "decay to zero does not cross it";
  rule.post.kind = PostFactor::Kind::rate;
  rule.pre.kind = PreFactor::Kind::transmitted;
  c.edit(ProjectionId{0}).rule = rule;
  EXPECT_EQ(find(c, "mixed signs").reason, "excite and inhibit at once (against Dale's law): e");
}

TEST(Ingredients, ANegativeSlopeMakesRectifiedRatesNegative) {
  Circuit c = dale();
  c.edit(PopulationId{0}).slopes = {1, -1, 1};
  EXPECT_EQ(find(c, "signed signals").reason, "can be negative: e (relu rate)");
  c.edit(PopulationId{0}).activation = ActivationKind::logistic;
  EXPECT_FALSE(find(c, "signed signals").needed);
}

TEST(Ingredients, ABroadcastNumberIsAGlobalSignal) {
  Circuit c = dale();
  const PopulationId reward = c.add_external("reward", 1);
  for (std::uint32_t k = 0; k < 2; ++k)
    c.connect(reward, {k}, {.compartment = "soma", .weights = {.low = 1}});
  EXPECT_EQ(find(c, "global signal").reason, "one number is broadcast: reward (to 2 areas)");
}

TEST(Ingredients, SharedDeviationsAndAddressesAreCopies) {
  Circuit c = dale();
  const TransposedView view{.of = {0}, .deviation = InitialWeights::uniform(-1, 1)};
  TransposedView copy = view;
  const ProjectionId first = c.connect({1}, {0}, {.compartment = "soma", .name = "b", .view = view});
  copy.shares_deviation_with = first;
  copy.scale = -1;
  c.connect({1}, {0}, {.compartment = "soma", .name = "minus b", .view = copy});
  EXPECT_EQ(find(c, "shared weights").reason, "minus b (deviation of b, negated)");
  Circuit d = dale();
  d.edit(ProjectionId{1}).draw_address = 0;
  EXPECT_EQ(find(d, "shared weights").reason, "i->e.soma (starts like e->i.soma)");
}

TEST(Ingredients, WeightsThatBeginAsOthersAreSaidAndKeepTheirSign) {
  Circuit c = dale();
  c.connect({0}, {1},
            {.compartment = "soma", .name = "copy", .weights = InitialWeights::derived({.of = {0}}, 1)});
  EXPECT_EQ(find(c, "shared weights").reason, "copy (begins as e->i.soma)");
  EXPECT_FALSE(find(c, "mixed signs").needed);
  c.connect({0}, {0},
            {.compartment = "soma",
             .name = "loop",
             .weights = InitialWeights::derived({.of = {1}, .times = {{0}}}, 1)});
  EXPECT_TRUE(find(c, "mixed signs").needed) << "excitation times inhibition is negative";
  c.edit(c.projection("loop")).weights.scale = -1;
  EXPECT_FALSE(find(c, "mixed signs").needed);
}

TEST(Ingredients, EveryPublishedModelHasAReasonForEach) {
  for (const models::Model& model : models::all()) {
    SCOPED_TRACE(model.name);
    EXPECT_FALSE(needs(models::build_default(model, {3, 4, 2})).empty());
  }
}

}  // namespace
}  // namespace apical
