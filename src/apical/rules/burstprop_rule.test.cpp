// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/burstprop_rule.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/engine/layered/model.h"
#include "apical/engine/layered/test_networks.h"
#include "apical/rules/test_burstprop.h"
#include "golden/burstprop_reference.h"

namespace apical::layered {
namespace {

Case<> random_case(std::uint64_t seed, std::size_t rows = 5) {
  return {{4, 6, 5, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, seed, rows};
}

Burstprop<double> rule_for(const NetworkDescription& d, const BurstpropOptions& options) {
  return {d, options, burst_feedback<double>(d, options, 7), burst_recurrence<double>(d, options, 7)};
}

/// The same state as the plain implementation has it.
std::vector<burstprop::Layer> plain_layers(const Network<double>& net, const Burstprop<double>& rule) {
  std::vector<burstprop::Layer> layers;
  for (std::size_t l = 0; l < net.description.depth(); ++l) {
    burstprop::Layer layer;
    layer.weight = net.parameters.W[l];
    layer.feedback =
        l == 0 || rule.feedback_weights().empty() ? layer.weight : rule.feedback_weights()[l - 1];
    if (l + 1 < net.description.depth() && !rule.recurrent_weights().empty())
      layer.recurrent = rule.recurrent_weights()[l];
    layer.bias.assign(net.parameters.b[l].begin(), net.parameters.b[l].end());
    layers.push_back(std::move(layer));
  }
  return layers;
}

double largest_difference(std::span<const double> a, std::span<const double> b) {
  double largest = a.size() == b.size() ? 0 : 1e300;
  for (std::size_t i = 0; i < a.size() && largest < 1e300; ++i)
    largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

RC_GTEST_PROP(Burstprop, LearnsAsThePlainImplementationDoes, ()) {
  const Case<> c = random_case(*rc::gen::inRange<std::uint64_t>(0, 1000));
  const BurstpropOptions options{
      .feedback = *rc::gen::element(BurstFeedback::fixed, BurstFeedback::learned, BurstFeedback::symmetric),
      .recurrence = *rc::gen::arbitrary<bool>(),
      .recurrent_range = 0.2,
      .recurrent_rate = 0.3};
  auto owned = std::make_unique<Burstprop<double>>(c.net.description, options,
                                                   burst_feedback<double>(c.net.description, options, 7),
                                                   burst_recurrence<double>(c.net.description, options, 7));
  Burstprop<double>& rule = *owned;
  auto layers = plain_layers(c.net, rule);
  const double N = static_cast<double>(c.x.rows());
  // Credit is a mean, the published update a sum: rates differ by the batch size.
  burstprop::Settings plain{.learning_rates = {0.1, 0.1, 0.02},
                            .momentum = 0.8,
                            .weight_decay = 1e-3,
                            .recurrent_learning_rate = 0.3 / N,
                            .baseline = 0.2,
                            .feedback = options.feedback,
                            .recurrent = options.recurrence};
  LayeredModel<double> model(c.net, std::move(owned),
                             {.optimiser = {.kind = OptimiserKind::momentum,
                                            .learning_rate = 0.1 * N,
                                            .momentum = 0.8,
                                            .weight_decay = 1e-3,
                                            .decay = DecayKind::unscaled},
                              .feedback_optimiser = {},
                              .layer_rates = {1, 1, 0.2}});
  for (int k = 0; k < 4; ++k) {
    const burstprop::Step step = burstprop::evaluate(layers, c.x, c.y, plain);
    burstprop::apply(layers, step, plain);
    const double loss = model.learn_batch(c.x.view(), c.y.view());
    RC_ASSERT(std::abs(loss - 0.5 * 3 * step.mean_squared_error) <= 1e-13);
  }
  for (std::size_t l = 0; l < layers.size(); ++l) {
    RC_ASSERT(largest_difference(layers[l].weight.flat(), model.network().parameters.W[l].flat()) <= 1e-12);
    RC_ASSERT(largest_difference(layers[l].bias, model.network().parameters.b[l]) <= 1e-12);
    if (l > 0 && options.feedback != BurstFeedback::symmetric) {
      RC_ASSERT(largest_difference(layers[l].feedback.flat(), rule.feedback_weights()[l - 1].flat()) <=
                1e-12);
    }
    if (l + 1 < layers.size() && options.recurrence) {
      RC_ASSERT(largest_difference(layers[l].recurrent.flat(), rule.recurrent_weights()[l].flat()) <= 1e-12);
    }
  }
}

/// What a connection with kernels `w` does, as the matrix (units above, units below) of all-to-all weights.
Matrix<double> unrolled(const NetworkDescription& d, std::size_t l, const Matrix<double>& w) {
  const std::size_t below = l == 0 ? d.inputs : d.layers[l - 1].size;
  Matrix<double> each(below, below), sent(below, d.layers[l].size), out(d.layers[l].size, below);
  for (std::size_t j = 0; j < below; ++j) each(j, j) = 1;
  transmit<double>(Workers(), d.connection(l), std::as_const(each).view(), w.view(), sent.view());
  for (std::size_t j = 0; j < below; ++j) {
    for (std::size_t i = 0; i < out.rows(); ++i) out(i, j) = sent(j, i);
  }
  return out;
}

/// The gradient of the kernels: each weight acts wherever its kernel does.
Matrix<double> folded(const NetworkDescription& d, std::size_t l, const Matrix<double>& gradient) {
  Matrix<double> one(d.weight_rows(l), d.weight_cols(l)), out(one.rows(), one.cols());
  for (std::size_t k = 0; k < one.size(); ++k) {
    one.flat()[k] = 1;
    const Matrix<double> places = unrolled(d, l, one);
    for (std::size_t i = 0; i < places.size(); ++i) out.flat()[k] += places.flat()[i] * gradient.flat()[i];
    one.flat()[k] = 0;
  }
  return out;
}

TEST(Burstprop, ConvolutionsGetTheCreditOfThePlainImplementationUnrolled) {
  const Case<> c(image_network(Activation::sigmoid, Activation::sigmoid, Loss::mse), 5, 4);
  const NetworkDescription& d = c.net.description;
  auto rule = rule_for(d, {.feedback = BurstFeedback::fixed, .recurrence = false});
  const auto credit = credit_of<double>(rule, c.net, c.batch());
  std::vector<burstprop::Layer> layers;
  for (std::size_t l = 0; l < d.depth(); ++l) {
    burstprop::Layer& layer = layers.emplace_back();
    layer.weight = unrolled(d, l, c.net.parameters.W[l]);
    layer.feedback = l == 0 ? layer.weight : unrolled(d, l, rule.feedback_weights()[l - 1]);
    const auto& b = c.net.parameters.b[l];  // one per channel
    for (std::size_t i = 0; i < d.layers[l].size; ++i)
      layer.bias.push_back(b[i / (d.layers[l].size / b.size())]);
  }
  const burstprop::Settings plain{
      .learning_rates = std::vector<double>(d.depth(), 0), .baseline = 0.2, .recurrent = false};
  const burstprop::Step step = burstprop::evaluate(layers, c.x, c.y, plain);
  const double rows = static_cast<double>(c.x.rows());
  for (std::size_t l = 0; l < d.depth(); ++l) {
    const Matrix<double> gradient = folded(d, l, step.layers[l].grad_weight);
    double largest = 0;
    for (const double g : credit.dW[l].flat()) largest = std::max(largest, std::abs(g));
    ASSERT_GT(largest, 1e-6);
    // The plain implementation subtracts bursts of up to 1.
    for (std::size_t k = 0; k < gradient.size(); ++k)
      EXPECT_NEAR(credit.dW[l].flat()[k], -gradient.flat()[k] / rows, 1e-14) << l;
    std::vector<double> bias(credit.db[l].size(), 0);
    const std::size_t places = d.layers[l].size / bias.size();
    for (std::size_t i = 0; i < d.layers[l].size; ++i) bias[i / places] -= step.layers[l].grad_bias[i] / rows;
    for (std::size_t k = 0; k < bias.size(); ++k) EXPECT_NEAR(credit.db[l][k], bias[k], 1e-14) << l;
  }
}

double error_to_scaled_backpropagation(const Case<>& c, double size) {
  return error_to_scaled_backpropagation(
      c, rule_for(c.net.description, {.feedback = BurstFeedback::symmetric, .recurrence = false}), size);
}

TEST(Burstprop, SymmetricFeedbackAndSmallSignalsGiveScaledBackpropagation) {
  for (const bool images : {false, true}) {
    const Case<> c = images ? Case<>(image_network(Activation::sigmoid, Activation::sigmoid, Loss::mse), 5, 4)
                            : random_case(5);
    // Differences of bursts shrink with every layer: much smaller weights would be lost in round-off.
    const double size = images ? 0.1 : 0.01, small = error_to_scaled_backpropagation(c, size);
    EXPECT_LE(small, 1e-4) << images;
    EXPECT_LE(small, 0.05 * error_to_scaled_backpropagation(c, 10 * size)) << images;  // second order
  }
}

TEST(Burstprop, RecurrenceBringsTheDendriticPotentialTowardsTheLinearRange) {
  const Case<> c = random_case(3, 20);
  const BurstpropOptions options{.feedback = BurstFeedback::fixed, .recurrent_rate = 0.5};
  const auto burst_slope = [](const Burstprop<double>& rule, const Case<>& of) {
    // p = b / e; distance from 0.5 of the free burst probability, through one plain evaluation
    burstprop::Settings plain{.learning_rates = {0, 0, 0}, .baseline = 0.2, .recurrent = true};
    const auto step = burstprop::evaluate(plain_layers(of.net, rule), of.x, of.y, plain);
    double sum = 0;
    for (const double p : step.layers[0].burst_prob.flat()) sum += std::abs(p - 0.5);
    return sum;
  };
  auto rule = rule_for(c.net.description, options);
  const double before = burst_slope(rule, c);
  for (int k = 0; k < 300; ++k) credit_of<double>(rule, c.net, c.batch());
  EXPECT_LT(burst_slope(rule, c), 0.5 * before);
}

TEST(Burstprop, CreditOfNearlyRightSamplesIsNotLostInSinglePrecision) {
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
  const BurstpropOptions options{.feedback = BurstFeedback::fixed, .recurrence = false};
  auto rule = rule_for(d, options);
  Burstprop<float> single(d, options, burst_feedback<float>(d, options, 7), {});
  const auto exact = credit_of<double>(rule, c.net, {c.x.view(), y.view()});
  const auto rounded = credit_of<float>(single, f.net, {f.x.view(), y_float.view()});
  for (std::size_t l = 0; l < 4; ++l) {
    std::vector<double> a(rounded.dW[l].flat().begin(), rounded.dW[l].flat().end());
    EXPECT_LE(angle_degrees<double>(std::span<const double>(a), exact.dW[l].flat()), 1) << l;
  }
}

TEST(Burstprop, ConvolutionsHaveNoRecurrence) {
  const auto d = image_network(Activation::sigmoid, Activation::sigmoid, Loss::mse);
  const auto rule = burst_recurrence<double>(d, {}, 1);
  ASSERT_EQ(rule.size(), 3U);
  EXPECT_EQ(rule[0].size(), 0U);
  EXPECT_EQ(rule[1].size(), 0U);
  EXPECT_EQ(rule[2].size(), 25U);
}

TEST(Burstprop, OnlySymmetricFeedbackTransportsWeights) {
  const auto c = random_case(1);
  for (const BurstFeedback feedback :
       {BurstFeedback::fixed, BurstFeedback::learned, BurstFeedback::symmetric}) {
    auto rule = rule_for(c.net.description, {.feedback = feedback});
    EXPECT_EQ(rule.needs().weight_transport, feedback == BurstFeedback::symmetric);
    EXPECT_FALSE(rule.needs().signed_errors);
    EXPECT_EQ(rule.learned_feedback().size(), feedback == BurstFeedback::learned ? 2U : 0U);
  }
}

TEST(Burstprop, WhatCannotWorkIsRefused) {
  const Case<> tanh({4, 6, 3}, Activation::tanh, Activation::sigmoid, Loss::mse, 1);
  EXPECT_THROW(rule_for(tanh.net.description, {}), ConfigError);
  const Case<> bce({4, 6, 3}, Activation::sigmoid, Activation::sigmoid, Loss::bce, 1);
  EXPECT_THROW(rule_for(bce.net.description, {}), ConfigError);
  const auto d = random_case(1).net.description;
  EXPECT_THROW(rule_for(d, {.baseline = 0}), ConfigError);
  EXPECT_THROW(rule_for(d, {.baseline = 1}), ConfigError);
  EXPECT_THROW(Burstprop<double>(d, {}, {}, burst_recurrence<double>(d, {}, 1)), ConfigError);
  EXPECT_THROW(Burstprop<double>(d, {}, burst_feedback<double>(d, {}, 1), {}), ConfigError);
}

}  // namespace
}  // namespace apical::layered
