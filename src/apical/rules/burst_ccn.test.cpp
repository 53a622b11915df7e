// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burst_ccn.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/engine/layered/model.h"
#include "apical/engine/layered/test_networks.h"
#include "apical/rules/backpropagation.h"

namespace apical::layered {
namespace {

Case<> dense_case(std::uint64_t seed = 3, std::size_t rows = 5) {
  return {{6, 8, 7, 5, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, seed, rows, 1.5};
}
Case<> image_case() { return {image_network(Activation::sigmoid, Activation::sigmoid, Loss::mse), 5, 4}; }

BurstCcn<double> rule_for(const NetworkDescription& d, const BurstCcnOptions& options) {
  auto Y = ccn_burst_weights<double>(d, options, 7);
  auto Q = ccn_event_weights<double>(options, Y, 7);
  return {d, options, std::move(Y), std::move(Q)};
}

double squares(const Rows<double>& rows) {
  double sum = 0;
  for (const double x : rows.flat()) sum += x * x;
  return sum;
}

TEST(BurstCcn, SymmetricFeedbackAndSmallErrorsGiveTheGradientWithNoFactorLostInAnyLayer) {
  for (const bool images : {false, true}) {
    const Case<> c = images ? image_case() : dense_case();
    Backpropagation<double> exact;
    const auto gradient = credit_of<double>(exact, c.net, c.batch());
    const auto error = [&](double P, double s) {
      auto rule =
          rule_for(c.net.description, {.feedback = CcnFeedback::symmetric, .baseline = P, .error_scale = s});
      return distance(credit_of<double>(rule, c.net, c.batch()), gradient);
    };
    for (const double P : {0.5, 0.2}) EXPECT_LE(error(P, 1e-5), 1e-7) << images << P;  // asked for: 1e-4
    EXPECT_GT(error(0.5, 1), 1e-5) << "large errors meet a bent dendrite";
  }
}

TEST(BurstCcn, TheCreditOfTheFirstProgramIsThatOfTheSecondTimesBaselineAndErrorScale) {
  const Case<> c = dense_case();
  BurstCcnOptions options{.feedback = CcnFeedback::fixed, .baseline = 0.4, .error_scale = 0.5};
  auto divided = rule_for(c.net.description, options);
  options.divide_scales = false;
  auto plain = rule_for(c.net.description, options);
  const auto a = credit_of<double>(divided, c.net, c.batch()), b = credit_of<double>(plain, c.net, c.batch());
  for (std::size_t i = 0; i < a.dW[0].size(); ++i)
    EXPECT_NEAR(0.2 * a.dW[0].flat()[i], b.dW[0].flat()[i], 1e-15);
}

TEST(BurstCcn, ABalancedQOfItsOwnIsTheSameAsNone) {
  for (const bool images : {false, true}) {
    const Case<> c = images ? image_case() : dense_case();
    auto none = rule_for(c.net.description, {.feedback = CcnFeedback::fixed});
    auto own =
        rule_for(c.net.description, {.feedback = CcnFeedback::fixed, .cancelling = CcnCancelling::apart});
    ASSERT_FALSE(own.event_weights().empty());
    const auto expected = credit_of<double>(none, c.net, c.batch());
    EXPECT_LE(distance(credit_of<double>(own, c.net, c.batch()), expected), 1e-12) << images;
    own.event_weights()[0](0, 0) += 0.1;
    EXPECT_GT(distance(credit_of<double>(own, c.net, c.batch()), expected), 1e-3) << images;
  }
}

TEST(BurstCcn, WithoutATeacherBalancedDendritesAreSilentAndUnbalancedOnesAreNot) {
  for (const bool images : {false, true}) {
    Case<> c = images ? image_case() : dense_case();
    const auto dendrites = [&](CcnCancelling cancelling, double deviation) {
      auto rule =
          rule_for(c.net.description,
                   {.feedback = CcnFeedback::fixed, .cancelling = cancelling, .cancelling_start = deviation});
      credit_of<double>(rule, c.net, c.batch());
      copy<double>(rule.output(), c.y.view());
      credit_of<double>(rule, c.net, c.batch());
      return squares(rule.apical().front());
    };
    EXPECT_EQ(dendrites(CcnCancelling::balanced, 0), 0) << images;
    EXPECT_GT(dendrites(CcnCancelling::apart, 1), 1e-3) << images;
  }
}

TEST(BurstCcn, ApicalLearningOfQGoesDownTheSquaredInputOfTheDendrite) {
  for (const bool images : {false, true}) {
    const Case<> c = images ? image_case() : dense_case();
    auto rule = rule_for(c.net.description, {.feedback = CcnFeedback::apical_events,
                                             .cancelling = CcnCancelling::apart,
                                             .cancelling_start = 0.3});
    const std::size_t top = c.net.description.depth() - 2;
    const auto cost = [&] {
      credit_of<double>(rule, c.net, c.batch());
      return 0.5 * squares(rule.apical()[top]) / static_cast<double>(c.x.rows());
    };
    cost();
    const auto slots = rule.learned_feedback();
    ASSERT_EQ(slots.size(), 2 * (top + 1));  // Y, then Q
    const std::vector<double> credit(slots.back().credit.begin(), slots.back().credit.end());
    for (std::size_t k = 0; k < 6; ++k) {
      double& q = rule.event_weights()[top].flat()[k];
      EXPECT_NEAR(credit[k], -central_difference(q, cost), 1e-8) << images << k;
    }
  }
}

TEST(BurstCcn, ApicalLearningWithoutATeacherSilencesDendritesOfAllLayers) {
  Case<> c = dense_case(4, 8);
  BurstCcnOptions options{.feedback = CcnFeedback::apical_events,
                          .cancelling = CcnCancelling::apart,
                          .cancelling_start = 0.3,
                          .Y_rate = 0};
  LayeredModel<double> model(c.net, make_rule<double>(options, c.net.description, 3),
                             {{.learning_rate = 0}, OptimiserSettings{.learning_rate = 0.2}});
  auto& rule = dynamic_cast<BurstCcn<double>&>(model.rule());
  model.predict(c.x.view(), c.y.view());
  model.learn_batch(c.x.view(), c.y.view());
  std::vector<double> before;
  for (std::size_t l = 0; l + 1 < c.net.description.depth(); ++l) before.push_back(squares(rule.apical()[l]));
  for (int k = 0; k < 3000; ++k) model.learn_batch(c.x.view(), c.y.view());
  for (std::size_t l = 0; l < before.size(); ++l) EXPECT_LT(squares(rule.apical()[l]), 0.05 * before[l]) << l;
  EXPECT_EQ(model.network().parameters.W, c.net.parameters.W);
}

TEST(BurstCcn, LearnedFeedbackApproachesTheForwardWeightsByTheDecayAlone) {
  const Case<> c = dense_case();
  const double decay = 0.02;
  BurstCcnOptions options{.feedback = CcnFeedback::learned, .cancelling = CcnCancelling::apart};
  LayeredModel<double> model(
      c.net, make_rule<double>(options, c.net.description, 5),
      {{.learning_rate = 0.3, .weight_decay = decay, .decay = DecayKind::unscaled}, {}});
  auto& rule = dynamic_cast<BurstCcn<double>&>(model.rule());
  const auto gap = [&] {
    std::vector<double> of;
    for (std::size_t l = 0; l < rule.burst_weights().size(); ++l) {
      const auto W = model.network().parameters.W[l + 1].flat();
      for (std::size_t i = 0; i < W.size(); ++i) of.push_back(rule.burst_weights()[l].flat()[i] - W[i]);
    }
    return of;
  };
  const auto start = gap();
  for (int k = 0; k < 100; ++k) model.learn_batch(c.x.view(), c.y.view());
  const auto end = gap();
  for (std::size_t i = 0; i < start.size(); ++i)
    EXPECT_NEAR(end[i], std::pow(1 - decay, 100) * start[i], 1e-13);
  for (std::size_t l = 0; l < rule.burst_weights().size(); ++l) {
    for (std::size_t i = 0; i < rule.burst_weights()[l].size(); ++i)
      EXPECT_NEAR(rule.event_weights()[l].flat()[i], 0.5 * rule.burst_weights()[l].flat()[i], 1e-13);
  }
}

TEST(BurstCcn, CreditOfNearlyRightSamplesIsNotLostInSinglePrecision) {
  const NetworkDescription d =
      dense_network({4, 30, 20, 10, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse);
  const Case<double> c(d, 4, 1);
  const Case<float> f(d, 4, 1);
  Activity<double> activity;
  forward<double>({}, c.net, c.x.view(), activity);
  Matrix<double> y(1, 3);
  Matrix<float> y_float(1, 3);
  for (std::size_t k = 0; k < 3; ++k) {
    y_float(0, k) = static_cast<float>(activity.h.back().view()(0, k) + 1e-4);
    y(0, k) = static_cast<double>(y_float(0, k));
  }
  const BurstCcnOptions options{.feedback = CcnFeedback::fixed};
  auto rule = rule_for(d, options);
  BurstCcn<float> single(d, options, ccn_burst_weights<float>(d, options, 7));
  const auto exact = credit_of<double>(rule, c.net, {c.x.view(), y.view()});
  const auto rounded = credit_of<float>(single, f.net, {f.x.view(), y_float.view()});
  for (std::size_t l = 0; l < 4; ++l) {
    const std::vector<double> a(rounded.dW[l].flat().begin(), rounded.dW[l].flat().end());
    EXPECT_LE(angle_degrees<double>(std::span<const double>(a), exact.dW[l].flat()), 1) << l;
  }
}

TEST(BurstCcn, NeedsNoPhasesAndOnlySymmetricFeedbackTransportsWeights) {
  const Case<> c = dense_case();
  for (const CcnFeedback feedback : {CcnFeedback::fixed, CcnFeedback::learned, CcnFeedback::symmetric}) {
    const auto rule = rule_for(c.net.description, {.feedback = feedback});
    EXPECT_EQ(rule.needs().weight_transport, feedback == CcnFeedback::symmetric);
    EXPECT_FALSE(rule.needs().separate_phases);
    EXPECT_FALSE(rule.needs().signed_errors);
  }
}

TEST(BurstCcn, WhatCannotWorkIsRefused) {
  const Case<> tanh({4, 6, 3}, Activation::tanh, Activation::sigmoid, Loss::mse, 1);
  EXPECT_THROW(rule_for(tanh.net.description, {}), ConfigError);
  const auto d = dense_case().net.description;
  EXPECT_THROW(rule_for(d, {.baseline = 1}), ConfigError);
  EXPECT_THROW(rule_for(d, {.error_scale = 0}), ConfigError);
  EXPECT_THROW(rule_for(d, {.feedback = CcnFeedback::symmetric, .cancelling = CcnCancelling::apart}),
               ConfigError);
  EXPECT_THROW(rule_for(d, {.feedback = CcnFeedback::apical_events}), ConfigError);
  EXPECT_THROW(BurstCcn<double>(d, {}, {}), ConfigError);
  BurstCcnOptions apart{.cancelling = CcnCancelling::apart};
  EXPECT_THROW(BurstCcn<double>(d, apart, ccn_burst_weights<double>(d, apart, 1), {}), ConfigError);
}

}  // namespace
}  // namespace apical::layered
