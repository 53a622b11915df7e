// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/spiking_burstprop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apical/engine/layered/model.h"
#include "apical/engine/layered/test_networks.h"

namespace apical::layered {
namespace {

/// Four patterns of eight inputs in two classes that no single input tells apart: an XOR of two groups.
struct Patterns {
  Matrix<float> x{4, 8}, y{4, 2};
  Patterns() {
    for (std::size_t n = 0; n < 4; ++n) {
      for (std::size_t j = 0; j < 8; ++j) {
        const bool on = (n >> (j / 4)) % 2 == 1;  // the group of the input
        x(n, j) = on == (j % 2 == 0) ? 0.9F : 0.1F;
      }
      const std::size_t label = (n & 1) ^ (n >> 1);
      y(n, label) = 1;
    }
  }
};

NetworkDescription small_network(std::size_t hidden = 40) {
  return dense_network({8, hidden, 2}, Activation::sigmoid, Activation::sigmoid, Loss::mse);
}

SpikingBurstpropOptions quick() {
  SpikingBurstpropOptions o;
  o.calibration = 80;
  o.mean_pictures = 100;
  return o;
}

LayeredModel<float> model_for(const SpikingBurstpropOptions& options, double hidden_rate, double output_rate,
                              std::size_t hidden = 40) {
  const auto d = small_network(hidden);
  auto network = make_network<float>(d, WeightInit::he_normal, 3, {2.5, 0.1}, 0);
  for (float& b : network.parameters.b.back()) b = -2.2F;
  LayeredSettings settings{{.kind = OptimiserKind::sgd, .learning_rate = 1}, {}};
  settings.layer_rates = {hidden_rate, output_rate};
  return {std::move(network), make_rule<float>(options, d, 3), settings};
}

std::size_t right_answers(LayeredModel<float>& model, const Patterns& p) {
  Matrix<float> out(4, 2);
  model.predict(p.x.view(), out.view());
  std::size_t right = 0;
  for (std::size_t n = 0; n < 4; ++n) right += (out(n, 1) > out(n, 0)) == (p.y(n, 1) > p.y(n, 0)) ? 1 : 0;
  return right;
}

TEST(SpikingBurstprop, LearnsWhatNeedsHiddenNeuronsThatLearn) {
  const Patterns p;
  for (const ClassFeedback feedback : {ClassFeedback::learned, ClassFeedback::symmetric}) {
    SpikingBurstpropOptions options = quick();
    options.feedback = feedback;
    auto model = model_for(options, 0.2, 0.05);
    for (int k = 0; k < 600; ++k) model.learn_batch(p.x.view(), p.y.view());
    EXPECT_EQ(right_answers(model, p), 4U) << static_cast<int>(feedback);
  }
}

TEST(SpikingBurstprop, NothingIsLearnedWhileItCalibrates) {
  const Patterns p;
  auto model = model_for(quick(), 0.2, 0.05);
  const auto before = model.network().parameters.W;
  for (int k = 0; k < 20; ++k) model.learn_batch(p.x.view(), p.y.view());
  EXPECT_EQ(model.network().parameters.W, before);
  auto& rule = dynamic_cast<SpikingBurstprop<float>&>(model.rule());
  for (const float m : rule.mean_inputs()) EXPECT_NEAR(m, 0.5, 1e-5);
  double drive = 0;  // at the mean input hidden units begin where they are asked to
  for (std::size_t j = 0; j < 8; ++j) drive += static_cast<double>(before[0](5, j)) * 0.5;
  EXPECT_NEAR(rule.excitability()[5] + drive, -3.5, 1e-4);
  model.learn_batch(p.x.view(), p.y.view());
  EXPECT_NE(model.network().parameters.W, before);
}

TEST(SpikingBurstprop, LearnedFeedbackMakesTheMeanChangeOfItsClass) {
  const Patterns p;
  SpikingBurstpropOptions options = quick();
  options.calibration = 0;
  options.follow = 30;
  auto model = model_for(options, 0.2, 0.05);
  auto& rule = dynamic_cast<SpikingBurstprop<float>&>(model.rule());
  const Matrix<float> Y = rule.class_feedback(), O = model.network().parameters.W[1];
  for (int k = 0; k < 20; ++k) model.learn_batch(p.x.view(), p.y.view());
  double moved = 0;
  for (std::size_t i = 0; i < Y.size(); ++i) {
    const double by = model.network().parameters.W[1].flat()[i] - O.flat()[i];
    moved += std::abs(by);
    EXPECT_NEAR(rule.class_feedback().flat()[i] - Y.flat()[i], 30 * by, 1e-4 + 1e-4 * std::abs(by));
  }
  EXPECT_GT(moved, 1e-3);
}

TEST(SpikingBurstprop, AnAnswerDependsOnTheSampleAlone) {
  const Patterns p;
  auto model = model_for(quick(), 0.2, 0.05);
  for (int k = 0; k < 30; ++k) model.learn_batch(p.x.view(), p.y.view());
  Matrix<float> together(4, 2), again(4, 2), alone(1, 2);
  model.predict(p.x.view(), together.view());
  model.predict(p.x.view(), again.view());
  EXPECT_EQ(together, again);
  model.predict(MatrixView<const float>(p.x.row(2).data(), 1, 8), alone.view());
  EXPECT_EQ(alone(0, 0), together(2, 0));
  EXPECT_EQ(alone(0, 1), together(2, 1));
}

TEST(SpikingBurstprop, WhileItRestsMeansAndExcitabilitiesStay) {
  const Patterns p;
  SpikingBurstpropOptions options = quick();
  options.calibration = 0;
  auto model = model_for(options, 0.2, 0.05);
  auto& rule = dynamic_cast<SpikingBurstprop<float>&>(model.rule());
  const std::vector<float> before(rule.excitability().begin(), rule.excitability().end());
  {
    const Resting<float> resting(rule);
    model.credit(p.x.view(), p.y.view());
  }
  EXPECT_TRUE(std::equal(before.begin(), before.end(), rule.excitability().begin()));
  model.credit(p.x.view(), p.y.view());
  EXPECT_FALSE(std::equal(before.begin(), before.end(), rule.excitability().begin()));
}

TEST(SpikingBurstprop, ItsGradientIsThatOfTheRatesThatEventsAreDrawnFrom) {
  const auto d = dense_network({5, 6, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse);
  Case<> c(d, 3, 4);
  for (double& x : c.x.flat()) x = std::min(std::abs(x), 1.0);
  SpikingBurstpropOptions options = quick();
  SpikingBurstprop<double> rule(d, options, class_feedback<double>(d, 1), 1);
  for (std::size_t i = 0; i < 6; ++i) rule.excitability()[i] = 0.1 * static_cast<double>(i) - 2;
  for (double& w : c.net.parameters.W[1].flat()) w *= 0.3;
  const SpikingBurstPhysiology& p = options.physiology;
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto loss = [&] {
    double sum = 0;
    for (std::size_t n = 0; n < c.x.rows(); ++n) {
      std::vector<double> h(6);
      for (std::size_t i = 0; i < 6; ++i) {
        double a = c.net.parameters.b[0][i] + rule.excitability()[i];
        for (std::size_t j = 0; j < 5; ++j) a += c.net.parameters.W[0](i, j) * c.x(n, j);
        h[i] = p.maximum_Hz * sigmoid(a) / p.hidden_reference_Hz;
      }
      for (std::size_t k = 0; k < 3; ++k) {
        double a = c.net.parameters.b[1][k];
        for (std::size_t i = 0; i < 6; ++i) a += c.net.parameters.W[1](k, i) * h[i];
        const double answer = (p.maximum_Hz * sigmoid(a) - p.low_Hz) / (p.high_Hz - p.low_Hz);
        sum += 0.5 * (answer - c.y(n, k)) * (answer - c.y(n, k));
      }
    }
    return sum / static_cast<double>(c.x.rows());
  };
  auto credit = Credit<double>::zeros(d);
  ASSERT_TRUE(rule.exact_credit({}, c.net, c.batch(), credit));
  for (std::size_t l = 0; l < 2; ++l) {
    for (std::size_t k = 0; k < 12; ++k)
      EXPECT_NEAR(credit.dW[l].flat()[k], -central_difference(c.net.parameters.W[l].flat()[k], loss), 1e-6)
          << l;
    EXPECT_NEAR(credit.db[l][1], -central_difference(c.net.parameters.b[l][1], loss), 1e-6) << l;
  }
}

TEST(SpikingBurstprop, RestoredFromItsStateItLearnsOnBitByBit) {
  const Patterns p;
  auto original = model_for(quick(), 0.2, 0.05), restored = model_for(quick(), 0.2, 0.05);
  for (int k = 0; k < 30; ++k) original.learn_batch(p.x.view(), p.y.view());
  Snapshot state;
  state.take(original);
  for (int k = 0; k < 10; ++k) original.learn_batch(p.x.view(), p.y.view());
  restored.learn_batch(p.x.view(), p.y.view());  // somewhere else
  state.restore(restored);
  for (int k = 0; k < 10; ++k) restored.learn_batch(p.x.view(), p.y.view());
  EXPECT_EQ(restored.network().parameters.W, original.network().parameters.W);
}

TEST(SpikingBurstprop, AClassMayHaveSeveralUnits) {
  const auto d = dense_network({8, 40, 4}, Activation::sigmoid, Activation::sigmoid, Loss::mse);
  SpikingBurstpropOptions options = quick();
  options.units_per_class = 2;
  auto owned = make_rule<float>(options, d, 3);
  EXPECT_EQ(dynamic_cast<SpikingBurstprop<float>&>(*owned).class_feedback().rows(), 2U);
  LayeredModel<float> model(make_network<float>(d, WeightInit::he_normal, 3, {2.5, 0.1}, 0), std::move(owned),
                            {{.kind = OptimiserKind::sgd, .learning_rate = 0.1}, {}});
  const Patterns p;
  Matrix<float> y(4, 4);
  for (std::size_t n = 0; n < 4; ++n) {
    for (std::size_t k = 0; k < 4; ++k) y(n, k) = p.y(n, k / 2);
  }
  model.learn_batch(p.x.view(), y.view());
  y(2, 1) = 1 - y(2, 0);  // of one class, but not the same
  EXPECT_THROW(model.learn_batch(p.x.view(), y.view()), DataError);
  options.units_per_class = 3;
  EXPECT_THROW(make_rule<float>(options, d, 3), ConfigError);
}

TEST(SpikingBurstprop, WhatItsLayersDoIsWhatTheyDoAsItAnswers) {
  const Patterns p;
  auto model = model_for(quick(), 0.2, 0.05);
  for (int k = 0; k < 60; ++k) model.learn_batch(p.x.view(), p.y.view());
  Matrix<float> out(4, 2);
  model.predict(p.x.view(), out.view());
  Activity<float> activity;
  auto* const timed = dynamic_cast<SimulatedTime<float>*>(&model.rule());
  ASSERT_NE(timed, nullptr);
  timed->activity({}, model.network(), p.x.view(), activity);
  ASSERT_EQ(activity.h.size(), 2U);
  double sum = 0;
  for (std::size_t n = 0; n < 4; ++n) {
    EXPECT_TRUE(std::equal(out.row(n).begin(), out.row(n).end(), activity.h[1].view().row(n).begin()));
    for (const float h : activity.h[0].view().row(n)) {
      // Whole events in 0.6 s, over 100 Hz; refractoriness keeps them below that.
      EXPECT_NEAR(h * 60, std::round(h * 60), 1e-4);
      EXPECT_TRUE(h >= 0 && h < 0.5F);
      sum += static_cast<double>(h);
    }
  }
  const auto figures = timed->hidden_figures();
  ASSERT_EQ(figures.size(), 2U);
  EXPECT_EQ(figures[0].first, "hidden_event_Hz");
  EXPECT_NEAR(figures[0].second, 100 * sum / 160, 0.5 * figures[0].second);  // patterns are equally frequent
}

/// Counts events of constant drive.
class Counting final : public SpikeSource {
 public:
  std::span<const std::uint32_t> inputs(std::size_t) override { return {}; }
  double burst_uniform() override { return 0.5; }
  double event_uniform() override {
    ++drawn_;
    return uniform({1, Stream::poisson_spike, 9, drawn_});
  }
  void event(bool of_output, std::size_t, std::size_t, bool) override { events += of_output ? 0 : 1; }
  std::size_t events = 0;

 private:
  std::uint64_t drawn_ = 0;
};

TEST(SpikingBursts, RegularEventsComeAtTheRateThatRefractorinessLeavesAndHazardsAtTheSameInTheMean) {
  const double offset = -1;  // 26.9 Hz: an event every 37 ms and 15 ms without accumulation
  const double lambda = 100 / (1 + std::exp(1.0)), expected = 1 / (1 / lambda + 0.015);
  double variance[2] = {};
  for (const EventTiming timing : {EventTiming::regular, EventTiming::hazard}) {
    SpikingBurstPhysiology p;
    p.predict_s = 1;
    p.timing = timing;
    SpikingBursts<double> one(p, 1, 1, 1, 1);
    const Matrix<double> zero(1, 1);
    const std::vector<double> offsets{offset}, silent{-20}, none{0};
    Counting source;
    std::vector<double> counts;
    for (int n = 0; n < 400; ++n) {
      const std::size_t before = source.events;
      one.show({zero.view(), zero.view(), zero.view(), offsets, silent}, none, source);
      counts.push_back(static_cast<double>(source.events - before));
    }
    const double seconds = 1.7;
    double mean = 0, squares = 0;
    for (const double x : counts) mean += x / 400;
    for (const double x : counts) squares += (x - mean) * (x - mean) / 400;
    EXPECT_NEAR(mean / seconds, expected, 0.03 * expected) << static_cast<int>(timing);
    variance[static_cast<int>(timing)] = squares;
  }
  EXPECT_LT(variance[0], 0.3);
  EXPECT_GT(variance[1], 4 * variance[0]);
}

TEST(SpikingBurstprop, WhatCannotWorkIsRefused) {
  const auto refuse = [](const NetworkDescription& d, const SpikingBurstpropOptions& o = {}) {
    EXPECT_THROW(make_rule<double>(o, d, 1), ConfigError);
  };
  refuse(dense_network({8, 6, 5, 2}, Activation::sigmoid, Activation::sigmoid, Loss::mse));
  refuse(dense_network({8, 6, 2}, Activation::tanh, Activation::sigmoid, Loss::mse));
  refuse(dense_network({8, 6, 2}, Activation::sigmoid, Activation::sigmoid, Loss::bce));
  const auto d = small_network();
  EXPECT_THROW((SpikingBurstprop<double>(d, {}, Matrix<double>(3, 40), 1)), ConfigError);
  EXPECT_THROW((SpikingBurstprop<double>(d, {}, Matrix<double>(2, 41), 1)), ConfigError);
  SpikingBurstpropOptions o;
  o.physiology.settle_s = 0.0123;
  refuse(d, o);
  o = {};
  o.physiology.input_Hz = 300;
  refuse(d, o);
  o = {};
  o.physiology.low_Hz = 30;
  refuse(d, o);
  o = {};
  o.physiology.refractory_s = 1e-12;
  refuse(d, o);
  o = {};
  o.physiology.teach_s = 0;  // nothing could be learned
  refuse(d, o);
  auto model = model_for({}, 0.1, 0.1);
  Patterns p;
  p.x(1, 2) = 1.5F;
  EXPECT_THROW(model.learn_batch(p.x.view(), p.y.view()), DataError);
}

}  // namespace
}  // namespace apical::layered
