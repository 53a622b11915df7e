// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_teaching.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/engine/layered/test_networks.h"
#include "apical/rules/burstprop_relu.h"
#include "apical/rules/burstprop_rule.h"
#include "apical/rules/feedback_alignment.h"

namespace apical {
namespace {

using namespace layered;

Case<> logistic_case(std::vector<std::size_t> sizes, double size_of_weights_above = 1) {
  Case<> c(sizes, Activation::sigmoid, Activation::sigmoid, Loss::mse, 3, 12);
  for (std::size_t l = 1; l < c.net.description.depth(); ++l) {
    for (double& w : c.net.parameters.W[l].flat()) w *= size_of_weights_above;
  }
  return c;
}

Burstprop<double> burst_rule(const NetworkDescription& d, const BurstpropOptions& o) {
  return {d, o, burst_feedback<double>(d, o, 7), burst_recurrence<double>(d, o, 7)};
}

std::vector<std::vector<NamedFigure>> measured(CreditRule<double>& rule, const Case<>& c) {
  credit_of<double>(rule, c.net, c.batch());
  TeachingMeter<double> meter(c.net);
  meter.batch(rule, c.batch());
  return meter.result(rule);
}

double figure(const std::vector<NamedFigure>& figures, std::string_view name) {
  for (const NamedFigure& f : figures) {
    if (f.name == name) return f.value;
  }
  ADD_FAILURE() << "no " << name;
  return std::nan("");
}

bool has(const std::vector<NamedFigure>& figures, std::string_view name) {
  return std::any_of(figures.begin(), figures.end(), [&](const NamedFigure& f) { return f.name == name; });
}

TEST(TeachingMeter, BurstProbabilitiesFollowTheGradientForSmallSignalsThroughSymmetricFeedback) {
  const auto missing = [](double size) {  // from a correlation of 1
    const Case<> c = logistic_case({4, 6, 3}, size);
    auto rule = burst_rule(c.net.description, {.feedback = BurstFeedback::symmetric, .recurrence = false});
    const auto layers = measured(rule, c);
    EXPECT_EQ(figure(layers[0], "feedback_angle_deg"), 0);
    EXPECT_NEAR(figure(layers[1], "signal_correlation"), 1, 1e-12) << "the output's own error";
    return 1 - figure(layers[0], "signal_correlation");
  };
  EXPECT_LE(missing(0.01), 1e-8);
  EXPECT_GE(missing(3), 1e-5) << "the sigmoid bends";
  EXPECT_LE(missing(0.1), 0.1 * missing(1)) << "second order";
}

TEST(TeachingMeter, SignalTimesGainIsTheSlopeOfTheLossByFiniteDifferences) {
  Case<> c = logistic_case({4, 6, 3}, 0.01);
  constexpr double kStep = 1e-5;
  auto rule = burst_rule(c.net.description, {.feedback = BurstFeedback::symmetric, .recurrence = false});
  Credit<double> unused = Credit<double>::zeros(c.net.description);
  for (std::size_t n = 0; n < c.x.rows(); ++n) {
    const MatrixView<const double> x(c.x.row(n).data(), 1, c.x.cols()), y(c.y.row(n).data(), 1, c.y.cols());
    for (std::size_t l = 0; l < 2; ++l) {
      for (std::size_t i = 0; i < c.net.description.layers[l].size; ++i) {
        double& b = c.net.parameters.b[l][i];
        const double before = b;
        b = before + kStep;
        const double above = rule.credit({}, c.net, {x, y}, unused, 0);
        b = before - kStep;
        const double below = rule.credit({}, c.net, {x, y}, unused, 0);
        b = before;
        rule.credit({}, c.net, {x, y}, unused, 0);
        const Teaching<double> taught = rule.teaching(l);
        // p_baseline = 0.2 at the output; a quarter of it per layer below.
        const double expected = -(above - below) / (2 * kStep) * (l == 1 ? 0.2 : 0.05);
        EXPECT_NEAR(taught.signal(0, i) * taught.gain(0, i), expected, 2e-3 * std::abs(expected) + 1e-9)
            << l << " " << i;
      }
    }
  }
}

TEST(TeachingMeter, FeedbackOfItsOwnIsAtRightAnglesAndTeachesOtherSignals) {
  const Case<> c = logistic_case({20, 80, 60, 10});
  auto rule = burst_rule(c.net.description, {.feedback = BurstFeedback::fixed, .recurrence = false});
  const auto layers = measured(rule, c);
  for (std::size_t l = 0; l < 2; ++l) {
    EXPECT_NEAR(figure(layers[l], "feedback_angle_deg"), 90, 10);
    EXPECT_LT(std::abs(figure(layers[l], "signal_correlation")), 0.4);
  }
  EXPECT_FALSE(has(layers[2], "feedback_angle_deg")) << "nothing is above the output";
}

TEST(TeachingMeter, DendritesLeaveTheirLinearRangeAsFeedbackGrows) {
  const Case<> c = logistic_case({4, 30, 20, 3});
  const auto linear = [&](double deviation) {
    auto rule =
        burst_rule(c.net.description,
                   {.feedback = BurstFeedback::fixed, .feedback_deviation = deviation, .recurrence = false});
    const auto layers = measured(rule, c);
    EXPECT_FALSE(has(layers[2], "linear_fraction")) << "the output has no dendrite";
    return figure(layers[0], "linear_fraction");
  };
  EXPECT_EQ(linear(0.01), 1);
  EXPECT_LT(linear(100), 0.1);
  EXPECT_LT(linear(3), linear(0.5));
}

TEST(TeachingMeter, SlopeIsThatOfTheSigmoidAtTheFreePotential) {
  const Case<> c = logistic_case({4, 6, 3});
  auto rule = burst_rule(c.net.description, {.feedback = BurstFeedback::fixed, .recurrence = false});
  credit_of<double>(rule, c.net, c.batch());
  const Matrix<double>& Y = rule.feedback_weights()[0];
  Rows<double> out, hidden;
  Activity<double> activity;
  forward<double>({}, c.net, c.x.view(), activity);
  const Teaching<double> taught = rule.teaching(0);
  for (std::size_t n = 0; n < c.x.rows(); ++n) {
    for (std::size_t i = 0; i < 6; ++i) {
      double s = 0;
      for (std::size_t k = 0; k < 3; ++k) s += 0.2 * activity.h[1].view()(n, k) * Y(k, i);
      const double p = 1 / (1 + std::exp(-s * (1 - activity.h[0].view()(n, i))));
      EXPECT_NEAR(taught.slope(n, i), 4 * p * (1 - p), 1e-12);
    }
  }
}

TEST(TeachingMeter, SilentUnitsOfReluAreNeitherLinearNorBent) {
  Case<> c({3, 4, 2}, Activation::relu, Activation::softmax, Loss::ce, 3, 10);
  for (double& x : c.x.flat()) x = std::abs(x) + 0.1;
  for (double& w : c.net.parameters.W[0].flat()) w = std::abs(w) + 0.1;
  const auto measure = [&](double deviation) {
    const BurstpropOptions options{
        .feedback = BurstFeedback::fixed, .feedback_deviation = deviation, .recurrence = false};
    ReluBurstprop<double> rule(c.net.description, options,
                               burst_feedback<double>(c.net.description, options, 7));
    return measured(rule, c);
  };
  EXPECT_EQ(figure(measure(1e-3)[0], "linear_fraction"), 1);
  c.net.parameters.b[0][1] = -1e3;  // silent for all
  EXPECT_EQ(figure(measure(1e-3)[0], "linear_fraction"), 1);
  EXPECT_EQ(figure(measure(1e6)[0], "linear_fraction"), 0);
  for (double& b : c.net.parameters.b[0]) b = -1e3;
  EXPECT_FALSE(has(measure(1e-3)[0], "linear_fraction"));
}

TEST(TeachingMeter, BurstsOfReluFollowTheGradientForSmallSignalsThroughSymmetricFeedback) {
  Case<> c({4, 6, 3}, Activation::relu, Activation::softmax, Loss::ce, 3, 12);
  for (double& w : c.net.parameters.W[1].flat()) w *= 0.01;
  const BurstpropOptions options{.feedback = BurstFeedback::symmetric, .recurrence = false};
  ReluBurstprop<double> rule(c.net.description, options, {});
  const auto layers = measured(rule, c);
  EXPECT_GE(figure(layers[0], "signal_correlation"), 1 - 1e-3);
  EXPECT_NEAR(figure(layers[1], "signal_correlation"), 1, 1e-6);
}

TEST(TeachingMeter, UnitsThatSayTheSameToEverySampleAreCounted) {
  Case<> c = logistic_case({4, 8, 3}, 2);
  for (double& b : c.net.parameters.b[1]) b = 0;
  Backpropagation<double> rule;
  for (const auto& layer : measured(rule, c)) EXPECT_EQ(figure(layer, "constant_fraction"), 0);
  c.net.parameters.b[1][0] = -30;
  EXPECT_NEAR(figure(measured(rule, c)[1], "constant_fraction"), 1.0 / 3, 1e-12);
  c.net.parameters.b[0][2] = 40;
  c.net.parameters.b[0][5] = -40;
  EXPECT_EQ(figure(measured(rule, c)[0], "constant_fraction"), 0.25);
}

TEST(TeachingMeter, BackpropagationIsItsOwnMeasure) {
  const Case<> c = logistic_case({4, 6, 5, 3});
  Backpropagation<double> rule;
  const auto layers = measured(rule, c);
  for (std::size_t l = 0; l < 3; ++l) {
    EXPECT_NEAR(figure(layers[l], "signal_correlation"), 1, 1e-12);
    EXPECT_FALSE(has(layers[l], "linear_fraction")) << "errors pass no dendrite";
    if (l < 2) {
      EXPECT_NEAR(figure(layers[l], "feedback_angle_deg"), 0, 1e-5);
    }
  }
}

TEST(TeachingMeter, DirectFeedbackStandsBesideNoForwardWeights) {
  const Case<> c = logistic_case({4, 6, 5, 3});
  FeedbackAlignment<double> rule(
      c.net.description, FeedbackPath::direct,
      random_feedback<double>(c.net.description, FeedbackPath::direct, WeightInit::glorot_uniform, 1, 5));
  const auto layers = measured(rule, c);
  EXPECT_FALSE(has(layers[0], "feedback_angle_deg"));
  EXPECT_TRUE(has(layers[0], "signal_correlation"));
}

}  // namespace
}  // namespace apical
