// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burstprop_relu.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/engine/layered/model.h"
#include "apical/engine/layered/test_networks.h"
#include "apical/rules/burstprop_rule.h"
#include "apical/rules/test_burstprop.h"

namespace apical::layered {
namespace {

ReluBurstprop<double> rule_for(const NetworkDescription& d, BurstpropOptions options) {
  options.recurrence = false;
  return {d, options, burst_feedback<double>(d, options, 7)};
}

Case<> random_case(std::uint64_t seed) {
  return {{4, 6, 5, 3}, Activation::relu, Activation::softmax, Loss::ce, seed, 4};
}

/// Two inputs, two hidden units of which one is silent, two classes that look alike so far.
Case<> small_case() {
  Case<> c({2, 2, 2}, Activation::relu, Activation::softmax, Loss::ce, 1, 1);
  auto& W = c.net.parameters.W;
  W[0](0, 0) = 1, W[0](0, 1) = 0.5, W[0](1, 0) = -1, W[0](1, 1) = -1;  // drives 2 and -3
  fill<double>(W[1].view(), 0);
  for (auto& b : c.net.parameters.b) std::fill(b.begin(), b.end(), 0.0);
  c.x(0, 0) = 1, c.x(0, 1) = 2, c.y(0, 0) = 1, c.y(0, 1) = 0;
  return c;
}

TEST(ReluBurstprop, AgreesWithACaseComputedByHand) {
  const Case<> c = small_case();
  FeedbackWeights<double> Y{Matrix<double>(2, 2)};
  Y[0](0, 0) = 0.5, Y[0](0, 1) = 1, Y[0](1, 0) = -0.5, Y[0](1, 1) = 2;
  ReluBurstprop<double> rule(c.net.description, {.feedback = BurstFeedback::fixed, .recurrence = false}, Y);
  const auto credit = credit_of<double>(rule, c.net, c.batch());
  // Output: a = 1/2, (b^t - b)/kappa = 0.2 (t - a) = +-0.1; hidden events 2 and 0.
  const double tolerance = 1e-8;
  EXPECT_NEAR(credit.dW[1](0, 0), 0.2, tolerance);
  EXPECT_NEAR(credit.dW[1](1, 0), -0.2, tolerance);
  EXPECT_EQ(credit.dW[1](0, 1), 0);
  EXPECT_NEAR(credit.db[1][0], 0.1, tolerance);
  // s = 0.1 (0.5 - 0.5) = 0, s^t = s + 0.1 (0.5 + 0.5) = 0.1: p = 1/2, p^t = sigmoid(0.1/2) =
  // 0.5124973964842103, times two events.
  const double difference = 2 * (0.5124973964842103 - 0.5);
  EXPECT_NEAR(credit.db[0][0], difference, tolerance);
  EXPECT_NEAR(credit.dW[0](0, 0), difference, tolerance);
  EXPECT_NEAR(credit.dW[0](0, 1), 2 * difference, tolerance);
  EXPECT_EQ(credit.db[0][1], 0);  // without events no bursts
}

TEST(ReluBurstprop, TheTeacherCannotRaiseABurstProbabilityAboveOne) {
  Case<> c = small_case();
  c.net.parameters.b[1][0] = -30;  // the target's class is next to impossible
  auto rule = rule_for(c.net.description, {.feedback = BurstFeedback::symmetric});
  const auto credit = credit_of<double>(rule, c.net, c.batch());
  const double a = std::exp(-30.0) / (1 + std::exp(-30.0));
  EXPECT_NEAR(credit.db[1][0] / (a * (1 - 0.2) / 1e-5), 1, 1e-9);
}

/// One hidden layer's bursts as published, with differences taken as they stand.
Matrix<double> published_bursts(In<double> e, const Matrix<double>& s) {
  Matrix<double> b(e.rows(), e.cols());
  for (std::size_t i = 0; i < e.rows(); ++i) {
    for (std::size_t j = 0; j < e.cols(); ++j)
      b(i, j) = e(i, j) / (1 + std::exp(-(e(i, j) > 0 ? s(i, j) / (e(i, j) + 1e-8) : 0)));
  }
  return b;
}

RC_GTEST_PROP(ReluBurstprop, IsThePublishedRule, ()) {
  const Case<> c = random_case(*rc::gen::inRange<std::uint64_t>(0, 1000));
  const BurstpropOptions options{.feedback = BurstFeedback::fixed, .kappa = 1e-3};
  auto rule = rule_for(c.net.description, options);
  const auto credit = credit_of<double>(rule, c.net, c.batch());
  Activity<double> activity;
  forward<double>(Workers(), c.net, c.x.view(), activity);
  const auto a = activity.h.back().view();
  const std::size_t N = a.rows();
  const double P = 0.2;
  Matrix<double> b(N, a.cols()), taught = b;
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t k = 0; k < a.cols(); ++k) {
      b(n, k) = P * a(n, k);
      taught(n, k) =
          a(n, k) * std::min(1.0, P * (1 + options.kappa * (c.y(n, k) - a(n, k)) / (a(n, k) + 1e-8)));
    }
  }
  double scale = options.kappa;
  for (std::size_t l = 3; l-- > 0;) {
    const auto pre = l == 0 ? MatrixView<const double>(c.x.view()) : activity.h[l - 1].view();
    for (std::size_t i = 0; i < b.cols(); ++i) {
      for (std::size_t j = 0; j < pre.cols(); ++j) {
        double sum = 0;
        for (std::size_t n = 0; n < N; ++n)
          sum += (taught(n, i) - b(n, i)) / scale * pre(n, j) / static_cast<double>(N);
        RC_ASSERT(std::abs(sum - credit.dW[l](i, j)) <= 1e-9);
      }
    }
    if (l == 0) break;
    Matrix<double> s(N, pre.cols()), s_taught = s;
    const Matrix<double>& Y = rule.feedback_weights()[l - 1];
    gemm<double>(Workers(), Op::none, Op::none, 1, b.view(), Y.view(), 0, s.view());
    gemm<double>(Workers(), Op::none, Op::none, 1, taught.view(), Y.view(), 0, s_taught.view());
    for (std::size_t i = 0; i < s.size(); ++i)
      s_taught.flat()[i] = s.flat()[i] + (s_taught.flat()[i] - s.flat()[i]) / scale;
    b = published_bursts(pre, s);
    taught = published_bursts(pre, s_taught);
    scale = 1;  // divided out once, below the output
  }
}

double error_to_scaled_backpropagation(const Case<>& c, double size) {
  return error_to_scaled_backpropagation(
      c, rule_for(c.net.description, {.feedback = BurstFeedback::symmetric}), size);
}

TEST(ReluBurstprop, SymmetricFeedbackAndSmallSignalsGiveScaledBackpropagation) {
  for (const bool images : {false, true}) {
    const Case<> c = images ? Case<>(image_network(Activation::relu, Activation::softmax, Loss::ce), 5, 4)
                            : random_case(5);
    const double small = error_to_scaled_backpropagation(c, 1e-3);
    EXPECT_LE(small, 1e-3) << images;
    EXPECT_LE(small, 0.1 * error_to_scaled_backpropagation(c, 1e-1)) << images;
  }
}

TEST(ReluBurstprop, LearnedFeedbackFollowsTheForwardWeights) {
  const Case<> c = random_case(3);
  auto owned =
      std::make_unique<ReluBurstprop<double>>(c.net.description, BurstpropOptions{.recurrence = false},
                                              burst_feedback<double>(c.net.description, {}, 7));
  const ReluBurstprop<double>& rule = *owned;
  const auto before = rule.feedback_weights();
  LayeredModel<double> model(
      c.net, std::move(owned),
      {.optimiser = {.kind = OptimiserKind::momentum, .learning_rate = 0.1}, .feedback_optimiser = {}});
  for (int k = 0; k < 5; ++k) model.learn_batch(c.x.view(), c.y.view());
  for (std::size_t l = 1; l < 3; ++l) {
    const Matrix<double>& W = model.network().parameters.W[l];
    double moved = 0;
    for (std::size_t i = 0; i < W.size(); ++i) {
      const double change = W.flat()[i] - c.net.parameters.W[l].flat()[i];
      moved = std::max(moved, std::abs(change));
      EXPECT_NEAR(rule.feedback_weights()[l - 1].flat()[i] - before[l - 1].flat()[i], change, 1e-12);
    }
    EXPECT_GT(moved, 1e-4);
  }
}

TEST(ReluBurstprop, WhatCannotWorkIsRefused) {
  const Case<> tanh({4, 6, 3}, Activation::tanh, Activation::softmax, Loss::ce, 1);
  EXPECT_THROW(rule_for(tanh.net.description, {}), ConfigError);
  const auto d = random_case(1).net.description;
  EXPECT_THROW(rule_for(d, {.kappa = 0}), ConfigError);
  EXPECT_THROW(rule_for(d, {.baseline = 1}), ConfigError);
  EXPECT_THROW(ReluBurstprop<double>(d, {.recurrence = false}, {}), ConfigError);
  // Recurrence needs logistic units, and acts in dense hidden layers only.
  EXPECT_THROW(ReluBurstprop<double>(d, {}, burst_feedback<double>(d, {}, 1)), ConfigError);
  const Convolution only{.in = {1, 4, 4}, .channels = 2, .kernel_height = 3, .kernel_width = 3};
  const NetworkDescription image{
      .inputs = 16,
      .layers = {convolution_layer(only, Activation::relu), {3, Activation::softmax}},
      .loss = Loss::ce};
  EXPECT_NO_THROW(ReluBurstprop<double>(image, {}, burst_feedback<double>(image, {}, 1)));
}

}  // namespace
}  // namespace apical::layered
