// SPDX-License-Identifier: Apache-2.0
// Recipes of Payeur et al. 2021 against their protocol and against what the authors' program gave.
#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/models/payeur2021_pairing.h"
#include "apical/models/payeur2021_propagation.h"
#include "apical/models/payeur2021_rule.h"
#include "apical/models/payeur2021_xor.h"

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
  const XorOptions o;
  EXPECT_DOUBLE_EQ(xor_teacher_A(true, 2.5, o), 1e-9);
  EXPECT_DOUBLE_EQ(xor_teacher_A(true, 6, o), 1e-9 / 4);
  EXPECT_DOUBLE_EQ(xor_teacher_A(true, 9.5, o), 0);
  EXPECT_DOUBLE_EQ(xor_teacher_A(false, 9.5, o), -1e-9);
  EXPECT_DOUBLE_EQ(xor_teacher_A(false, 6, o), -1e-9 / 4);
  EXPECT_DOUBLE_EQ(xor_teacher_A(false, 2.5, o), 0);
  EXPECT_NEAR(xor_cost(true, 6, o), std::log(2), 1e-15);
  EXPECT_NEAR(xor_cost(false, 20, o), -std::log(0.01), 1e-12);
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
  const auto responses = run_xor(o, 0, 1).trained;
  // Inputs and hidden populations: one run of the authors' program. Output: means over eight seeds of a
  // program written from its equations, since that one run (4.56 Hz for (1,0)) lies three standard deviations
  // below them.
  const double expected[4][5] = {{2.06, 2.07, 2.83, 2.81, 3.77},
                                 {8.38, 2.02, 4.39, 4.38, 4.77},
                                 {2.04, 8.37, 4.33, 4.27, 4.75},
                                 {8.31, 8.28, 5.01, 4.97, 5.08}};
  const double expected_bp[4] = {0.400, 0.409, 0.413, 0.410};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t g = 0; g < 5; ++g) {
      EXPECT_NEAR(responses[i].event_Hz[g], expected[i][g], (g < 2 ? 0.03 : 0.05) * expected[i][g])
          << i << " " << g;
    }
    EXPECT_NEAR(responses[i].burst_probability(4), expected_bp[i], 0.02);
  }
  EXPECT_LT(patterns_correct(responses, o), 4);
}

TEST(PayeurPairing, PeriodicPairingDepressesSlowTrainsAndPotentiatesFastOnes) {
  EXPECT_LT(periodic_pairing(10), -0.2);
  EXPECT_GT(periodic_pairing(80), 0.1);
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

TEST(PayeurPropagation, BinsWithoutEventsHaveNoBurstProbability) {
  PropagationSeries s;
  s.event_Hz[0] = {4, 0, 2, 5};
  s.burst_Hz[0] = {1, 0, 1, 1};
  const auto bp = s.burst_probability(0);
  EXPECT_TRUE(std::isnan(bp[1]));
  EXPECT_DOUBLE_EQ(mean_of_bins(bp), (0.25 + 0.5 + 0.2) / 3);
  // The same as without that bin.
  EXPECT_DOUBLE_EQ(correlation(bp, {1, 100, 3, 2}), correlation({0.25, 0.5, 0.2}, {1, 3, 2}));
  EXPECT_TRUE(std::isnan(mean_of_bins({bp[1]})));
  EXPECT_EQ(correlation({bp[1]}, {1}), 0);
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
  other.quirks.facilitation_jump = spike::FacilitationJump::f;
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
  const auto s = run_multiplexing(o, 1);
  const auto bp = s.burst_probability(0);
  EXPECT_GT(correlation(s.event_Hz[0], s.soma_drive_A), 0.95);
  EXPECT_LT(std::abs(correlation(s.event_Hz[0], s.dendrite_drive_A)), 0.2);
  EXPECT_GT(correlation(bp, s.dendrite_drive_A), 0.8);
  EXPECT_GT(correlation(bp, s.dendrite_drive_A), correlation(bp, s.soma_drive_A) + 0.3);
}

TEST(SlowPayeurPropagation, TwoSignalsPassInOppositeDirections) {
  const auto s = run_propagation({}, 1);
  const auto bp1 = s.burst_probability(0), bp2 = s.burst_probability(1);
  EXPECT_NEAR(mean_of_bins(s.event_Hz[0]), 5.5, 0.3);
  EXPECT_NEAR(mean_of_bins(s.event_Hz[1]), 5.7, 0.3);
  EXPECT_NEAR(mean_of_bins(bp1), 0.24, 0.03);
  EXPECT_NEAR(mean_of_bins(bp2), 0.28, 0.03);
  EXPECT_NEAR(correlation(s.event_Hz[0], s.soma_drive_A), 0.99, 0.02);
  EXPECT_NEAR(correlation(s.event_Hz[1], s.event_Hz[0]), 0.92, 0.04);
  EXPECT_NEAR(correlation(bp1, s.burst_Hz[1]), 0.88, 0.04);
  EXPECT_NEAR(correlation(bp2, s.dendrite_drive_A), 0.97, 0.03);
  EXPECT_LT(correlation(bp2, s.soma_drive_A), 0.2);
}

TEST(SlowPayeurPropagation, DemultiplexingFailsWithTheArticlesFacilitationAndTheseWeights) {
  PropagationOptions o;
  o.quirks.facilitation_jump = spike::FacilitationJump::f;
  const auto s = run_propagation(o, 1);
  EXPECT_LT(correlation(s.event_Hz[0], s.soma_drive_A), 0.7);
  EXPECT_LT(correlation(s.burst_probability(0), s.burst_Hz[1]), 0.7);
}

// Authors' program, one realisation: 0.0800, 0.0806, 0.0856, 0.0801, 0.0766, 0.0794, 0.0795.
TEST(SlowPayeurRule, WeightsFollowChangesOfBurstProbability) {
  RuleNetworkOptions o;
  o.quirks = spike::Quirks::published();
  const auto phases = run_rule_network(o, 1);
  const double expected[7] = {0.0800, 0.0806, 0.0856, 0.0801, 0.0766, 0.0794, 0.0795};
  ASSERT_EQ(phases.size(), 7U);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_NEAR(phases[i].mean_weight, expected[i], 0.0012) << i;
  EXPECT_NEAR(phases[2].post_burst_probability, 0.245, 0.02);
  EXPECT_NEAR(phases[4].post_burst_probability, 0.018, 0.01);
  EXPECT_NEAR(phases[6].pre_burst_probability, 0.255, 0.02);
  EXPECT_NEAR(phases[0].post_event_Hz, 4.54, 0.15);
}

// Two fifths of the published training: the epoch cost of a re-implementation from the article was 1.4 at
// 200.
TEST(SlowPayeurXor, LearnsXorAndNotWithoutHiddenPlasticity) {
  XorOptions o;
  o.quirks = spike::Quirks::published();
  const auto late_cost = [](const XorResult& r) {
    double sum = 0;
    for (std::size_t e = r.epochs.size() - 25; e < r.epochs.size(); ++e) sum += r.cost(e) / 25;
    return sum;
  };
  const auto learned = run_xor(o, 200, 1);
  EXPECT_LT(late_cost(learned), 1.8);
  std::array<XorResponse, 4> within;
  for (std::size_t i = 0; i < 4; ++i) within[i] = learned.epochs.back()[i].prediction;
  EXPECT_EQ(patterns_correct(within, o), 4);
  o.hidden_plasticity = false;
  // Its cost stayed at 2.6 for 500 epochs; a network that learns still has more than 2.3 at 100.
  const double frozen = late_cost(run_xor(o, 200, 1));
  EXPECT_GT(frozen, 2.3);
  EXPECT_GT(frozen, late_cost(learned) + 0.5);
}

}  // namespace
}  // namespace apical::payeur2021
