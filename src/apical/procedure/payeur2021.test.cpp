// SPDX-License-Identifier: Apache-2.0
// Recipes of Payeur et al. 2021 against their protocol and against what the authors' program gave.
#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/engine/spike/network.h"
#include "apical/models/payeur2021_propagation.h"
#include "apical/models/payeur2021_rule.h"
#include "apical/models/payeur2021_xor.h"
#include "apical/procedure/course_teaching.h"
#include "apical/procedure/test_courses.h"
#include "apical/rules/burst_pairing.h"

namespace apical::payeur2021 {
namespace {

TEST(PayeurXor, NetworkHasThePublishedSize) {
  const spike::Network<float> net(xor_network(), 1);
  EXPECT_EQ(net.description().groups.size(), 5U);
  EXPECT_EQ(net.description().connections.size(), 16U);
  EXPECT_NEAR(static_cast<double>(net.synapses()), 800000, 5 * std::sqrt(800000 * 0.8));
  EXPECT_EQ(net.description().background.size(), 20U);
}

TEST(PayeurXor, TeacherPushesTowardsTheTargetAndLetsGo) {
  const course::Teacher t = *xor_course({}, 1).teacher;
  const auto current = [&](bool target, double rate_Hz) {
    return teaching_current_A(t, spike::BurstPoisson{}, target, rate_Hz);
  };
  EXPECT_DOUBLE_EQ(current(true, 2.5), 1e-9);
  EXPECT_DOUBLE_EQ(current(true, 6), 1e-9 / 4);
  EXPECT_DOUBLE_EQ(current(true, 9.5), 0);
  EXPECT_DOUBLE_EQ(current(false, 9.5), -1e-9);
  EXPECT_DOUBLE_EQ(current(false, 6), -1e-9 / 4);
  EXPECT_DOUBLE_EQ(current(false, 2.5), 0);
  const auto cost = [&](double target, double rate_Hz) {
    return cost_of_answer(t, std::vector{rate_Hz}, std::vector{target});
  };
  EXPECT_NEAR(cost(1, 6), std::log(2), 1e-15);
  EXPECT_NEAR(cost(0, 20), -std::log(0.01), 1e-12);
}

TEST(PayeurXor, ControlsRemoveWhatTheyName) {
  XorOptions o;
  o.neurons = 100;
  o.in_degree = 20;
  o.feedback = XorFeedback::cut;
  EXPECT_EQ(xor_network(o).connections.size(), 12U);
  o.hidden_plasticity = false;
  int plastic = 0;
  for (const auto& c : xor_network(o).connections) plastic += c.rule.has_value();
  EXPECT_EQ(plastic, 2);
  o.in_degree = 200;
  EXPECT_THROW(xor_network(o), ConfigError);
}

TEST(PayeurXor, CurrentBalancesInhibitoryFeedbackOnlyWhereThereIsSome) {
  for (const auto& [feedback, current_A] : {std::pair{XorFeedback::asymmetric, 500e-12},
                                            {XorFeedback::symmetric, 0.0},
                                            {XorFeedback::cut, 0.0}}) {
    XorOptions o;
    o.use(feedback);
    const auto network = xor_network(o);
    EXPECT_EQ(network.groups[spike::group_index(network, "hid2")].dendrite_current.constant_A, current_A);
  }
}

// Extended Data: with symmetric feedback learning rates are halved; rates that somebody chose are not
// touched.
TEST(PayeurXor, SymmetricFeedbackComesWithHalfTheLearningRates) {
  XorOptions o;
  o.use(XorFeedback::symmetric);
  EXPECT_EQ(o.hidden_eta, 4e-3);
  EXPECT_EQ(o.output_eta, 2e-3);
  o.output_eta = 5e-3;
  const auto network = xor_network(o);
  EXPECT_EQ(network.connections[spike::connection_index(network, "in1->hid1 exc")].rule->eta, 4e-3);
  EXPECT_EQ(network.connections[spike::connection_index(network, "hid1->out exc")].rule->eta, 5e-3);
  o.use(XorFeedback::cut);
  EXPECT_EQ(o.hidden_eta, XorOptions{}.hidden_eta);
}

// Authors' program, seed 1, second half of each 8 s test; 3 % for inputs, 5 % for the rest, as the spread
// over seeds asks.
TEST(PayeurXor, UntrainedResponsesAreThoseOfTheAuthorsProgram) {
  XorOptions o;
  o.quirks = spike::Quirks::published();
  Course twice = xor_course(o, 0);  // the second test is what the figures are of
  twice.stages[3].when = course::When::before;
  const test::Measured m = test::measured(xor_network(o), twice, 1);
  // Inputs and hidden populations: one run of the authors' program. Output: means over eight seeds of a
  // program written from its equations, since that one run (4.56 Hz for (1,0)) lies three standard deviations
  // below them.
  const double expected[4][5] = {{2.06, 2.07, 2.83, 2.81, 3.77},
                                 {8.38, 2.02, 4.39, 4.38, 4.77},
                                 {2.04, 8.37, 4.33, 4.27, 4.75},
                                 {8.31, 8.28, 5.01, 4.97, 5.08}};
  const double expected_bp[4] = {0.400, 0.409, 0.413, 0.410};
  const std::string patterns[] = {"00", "10", "01", "11"}, groups[] = {"in1", "in2", "hid1", "hid2", "out"};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t g = 0; g < 5; ++g) {
      EXPECT_NEAR(m("test", 0, groups[g] + "_event_Hz_" + patterns[i]), expected[i][g],
                  (g < 2 ? 0.03 : 0.05) * expected[i][g])
          << i << " " << g;
    }
    EXPECT_NEAR(m("test", 0, "out_burst_probability_" + patterns[i]), expected_bp[i], 0.02);
  }
  EXPECT_LT(m("test", 0, "patterns_correct"), 4);
}

TEST(PayeurPairing, PeriodicPairingDepressesSlowTrainsAndPotentiatesFastOnes) {
  EXPECT_LT(periodic_pairing(10), -0.2);
  EXPECT_GT(periodic_pairing(80), 0.1);
}

// One pairing depresses by the burst probability times the presynaptic trace as it is then, which decays by a
// factor in each step: a delay of n steps is n steps, also where n times the step is no exact number.
TEST(PayeurPairing, ADelayLastsAsManySteps) {
  PeriodicPairing one;
  one.pairings_per_epoch = one.epochs = 1;
  const PairingParameters& p = one.parameters;
  const double unit = -p.learning_rate * one.initial.burst_Hz / one.initial.event_Hz;
  for (int n = 0; n < 200; ++n) {
    one.post_delay_s = n * p.dt_s;
    EXPECT_NEAR(periodic_pairing(1, one), unit * std::pow(1 - p.dt_s / p.pre_tau_s, n), 1e-13) << n;
  }
}

TEST(PayeurPairing, TrainsKeepTheirRateAndRefractoryTime) {
  const auto train = poisson_train(20, 2e-3, 1000, 3, 0);
  EXPECT_NEAR(static_cast<double>(train.size()), 20000, 5 * std::sqrt(20000));
  for (std::size_t i = 1; i < train.size(); ++i) EXPECT_GE(train[i] - train[i - 1], 2e-3);
  EXPECT_THROW(poisson_train(600, 2e-3, 1, 3, 0), ConfigError);
  const auto bursts = burst_poisson_train({.event_rate_Hz = 5, .burst_probability = 0.4}, 2000, 3, 0);
  EXPECT_NEAR(static_cast<double>(bursts.size()), 14000, 5 * std::sqrt(20000));
  EXPECT_THROW(pair_trains(train, train, 0, {}, {}), ConfigError);
}

// What the published weights were chosen with, u jumping by U (1-u), is the same as a jump f of U, to the
// bit.
TEST(PayeurPropagation, QuirkDecidesWhatShortTermPlasticityJumpsBy) {
  PropagationOptions small;
  EXPECT_EQ(small.quirks.facilitation_jump, spike::FacilitationJump::u_rest);
  small.pyramidal = 100;
  small.interneurons = 40;
  small.in_degree_fraction = 0.2;
  const auto recipe = propagation_network(small);
  auto other = recipe;
  for (spike::Connection& c : other.connections) {
    if (c.short_term) c.short_term->jump = spike::FacilitationJump::f;
  }
  const auto spikes = [](const spike::SpikingCircuit& d) {
    spike::Network<float> net(d, 1);
    net.advance(2000);
    return std::pair{net.counts(0).spikes, net.state(0, 7).vd};
  };
  EXPECT_NE(spikes(recipe), spikes(other));
  for (spike::Connection& c : other.connections) {
    if (c.short_term) c.short_term->f = c.short_term->u_rest;
  }
  EXPECT_EQ(spikes(recipe), spikes(other));
}

// Without dynamics synapses keep the efficacy that those dynamics, whichever they are, have in regular
// firing.
TEST(PayeurPropagation, WithoutShortTermPlasticityEfficacyIsThatOfRegularFiring) {
  PropagationOptions o;
  o.short_term = ShortTerm::none;
  const auto weight = [&](spike::FacilitationJump jump) {
    o.quirks.facilitation_jump = jump;
    const auto d = propagation_network(o);
    for (const spike::Connection& c : d.connections) EXPECT_FALSE(c.short_term);
    return d.connections[spike::connection_index(d, "pyr2->pyr1")].weight;
  };
  EXPECT_GT(weight(spike::FacilitationJump::f), 1.5 * weight(spike::FacilitationJump::u_rest));
}

TEST(PayeurMultiplexing, EventRateFollowsTheSomaAndBurstProbabilityTheDendrite) {
  PropagationOptions o;
  o.pyramidal = 2000;
  const test::Measured m = test::measured(multiplexing_population(o), multiplexing_course(o), 1);
  const auto r = [&](const char* name) { return m("test", 0, name); };
  EXPECT_GT(r("r_event_rate_soma_drive"), 0.95);
  EXPECT_LT(std::abs(r("r_event_rate_dendrite_drive")), 0.2);
  EXPECT_GT(r("r_burst_probability_dendrite_drive"), 0.8);
  EXPECT_GT(r("r_burst_probability_dendrite_drive"), r("r_burst_probability_soma_drive") + 0.3);
}

TEST(SlowPayeurPropagation, TwoSignalsPassInOppositeDirections) {
  const test::Measured m = test::measured(propagation_network(), propagation_course({}), 1);
  const auto r = [&](const char* name) { return m("test", 0, name); };
  EXPECT_NEAR(r("pyr1_event_Hz"), 5.5, 0.3);
  EXPECT_NEAR(r("pyr2_event_Hz"), 5.7, 0.3);
  EXPECT_NEAR(r("pyr1_burst_probability"), 0.24, 0.03);
  EXPECT_NEAR(r("pyr2_burst_probability"), 0.28, 0.03);
  EXPECT_NEAR(r("r_event_rate_1_soma_drive"), 0.99, 0.02);
  EXPECT_NEAR(r("r_event_rate_2_event_rate_1"), 0.92, 0.04);
  EXPECT_NEAR(r("r_burst_probability_1_burst_rate_2"), 0.88, 0.04);
  EXPECT_NEAR(r("r_burst_probability_2_dendrite_drive"), 0.97, 0.03);
  EXPECT_LT(r("r_burst_probability_2_soma_drive"), 0.2);
}

TEST(SlowPayeurPropagation, DemultiplexingFailsWithTheArticlesFacilitationAndTheseWeights) {
  PropagationOptions o;
  o.quirks.facilitation_jump = spike::FacilitationJump::f;
  const test::Measured m = test::measured(propagation_network(o), propagation_course(o), 1);
  EXPECT_LT(m("test", 0, "r_event_rate_1_soma_drive"), 0.7);
  EXPECT_LT(m("test", 0, "r_burst_probability_1_burst_rate_2"), 0.7);
}

// Authors' program, one realisation: 0.0800, 0.0806, 0.0856, 0.0801, 0.0766, 0.0794, 0.0795.
TEST(SlowPayeurRule, WeightsFollowChangesOfBurstProbability) {
  RuleNetworkOptions o;
  o.quirks = spike::Quirks::published();
  const test::Measured m = test::measured(rule_network(o), rule_course(o), 1);
  const double expected[7] = {0.0800, 0.0806, 0.0856, 0.0801, 0.0766, 0.0794, 0.0795};
  for (std::size_t i = 0; i < 7; ++i) EXPECT_NEAR(m("phase", i, "weight"), expected[i], 0.0012) << i;
  EXPECT_FALSE(m.has("phase", 7, "weight"));
  EXPECT_NEAR(m("phase", 2, "post_burst_probability"), 0.245, 0.02);
  EXPECT_NEAR(m("phase", 4, "post_burst_probability"), 0.018, 0.01);
  EXPECT_NEAR(m("phase", 6, "pre_burst_probability"), 0.255, 0.02);
  EXPECT_NEAR(m("phase", 0, "post_event_Hz"), 4.54, 0.15);
}

// Two fifths of the published training: the epoch cost of a re-implementation from the article was 1.4 at
// 200.
TEST(SlowPayeurXor, LearnsXorAndNotWithoutHiddenPlasticity) {
  constexpr std::size_t kEpochs = 200;
  XorOptions o;
  o.quirks = spike::Quirks::published();
  const auto late_cost = [](const test::Measured& m) {
    double sum = 0;
    for (std::size_t e = kEpochs - 24; e <= kEpochs; ++e) sum += m("train", e, "cost") / 25;
    return sum;
  };
  const test::Measured learned = test::measured(xor_network(o), xor_course(o, kEpochs), 1);
  EXPECT_LT(late_cost(learned), 1.8);
  EXPECT_EQ(learned("train", kEpochs, "patterns_correct"), 4);
  o.hidden_plasticity = false;
  // Its cost stayed at 2.6 for 500 epochs; a network that learns still has more than 2.3 at 100.
  const double frozen = late_cost(test::measured(xor_network(o), xor_course(o, kEpochs), 1));
  EXPECT_GT(frozen, 2.3);
  EXPECT_GT(frozen, late_cost(learned) + 0.5);
}

}  // namespace
}  // namespace apical::payeur2021
