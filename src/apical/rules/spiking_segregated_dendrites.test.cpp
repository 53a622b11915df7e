// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/spiking_segregated_dendrites.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "apical/engine/layered/model.h"
#include "apical/engine/layered/test_networks.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {
namespace {

struct Mean {
  double value = 0, error = 0;  ///< and its standard error
};
Mean mean_of(MatrixView<const double> repeats, std::size_t unit) {
  const double n = static_cast<double>(repeats.rows());
  double sum = 0, squares = 0;
  for (std::size_t r = 0; r < repeats.rows(); ++r) sum += repeats(r, unit);
  for (std::size_t r = 0; r < repeats.rows(); ++r) squares += std::pow(repeats(r, unit) - sum / n, 2);
  return {sum / n, std::sqrt(squares / (n - 1) / n)};
}

/// The same network, sample and feedback in both forms at `rate` times the published rates; weights shrink as
/// rates grow, so that the steady state is one and the same.
struct Both {
  static constexpr std::size_t kRepeats = 2000;
  SegregatedDendrites<double> steady;
  SpikingSegregatedDendrites<double> spiking;
  Credit<double> steady_credit, spiking_credit;

  explicit Both(double rate)
      : Both(rate, Case<>({4, 5, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, 2, kRepeats)) {}

 private:
  static SpikingSegregatedOptions options(double rate) {
    SpikingSegregatedOptions o;
    o.phase = 300;
    o.average = 200;
    o.steady.phi_max *= rate;
    return o;
  }
  static FeedbackWeights<double> feedback(const NetworkDescription& d, double rate) {
    return random_feedback<double>(d, FeedbackPath::direct, WeightInit::glorot_normal, 30 / rate, 3);
  }
  Both(double rate, Case<> c)
      : steady(c.net.description, options(rate).steady, feedback(c.net.description, rate)),
        spiking(c.net.description, options(rate), feedback(c.net.description, rate), 7) {
    for (auto& W : c.net.parameters.W) {
      for (double& w : W.flat()) w *= 15 / rate;
    }
    for (std::size_t n = kRepeats; n-- > 0;) {
      for (std::size_t i = 0; i < c.x.cols(); ++i) c.x(n, i) = 0.2 * rate * std::abs(c.x(0, i));
      for (std::size_t i = 0; i < c.y.cols(); ++i) c.y(n, i) = c.y(0, i);
    }
    spiking_credit = credit_of<double>(spiking, c.net, c.batch());
    steady_credit = credit_of<double>(steady, c.net,
                                      {MatrixView<const double>(c.x.row(0).data(), 1, c.x.cols()),
                                       MatrixView<const double>(c.y.row(0).data(), 1, c.y.cols())});
  }
};

TEST(SpikingSegregatedDendrites, PotentialsThatAreLinearInSpikesHaveTheSteadyStateAsTheirMean) {
  // Five units at three rates, each within 3.5 standard errors: a false alarm in one of 140 seeds, and the
  // seed is fixed.
  for (const double rate : {1., 4., 16.}) {
    const Both both(rate);
    for (std::size_t i = 0; i < 5; ++i) {
      const Mean m = mean_of(both.spiking.potential()[0].view(), i);
      EXPECT_NEAR(m.value, both.steady.potential()[0].view()(0, i), 3.5 * m.error)
          << "unit " << i << " at " << rate << " times the rate";
      EXPECT_LT(m.error, 0.02);
    }
  }
}

TEST(SpikingSegregatedDendrites, WhatComesAfterASigmoidTendsToTheSteadyStateAsSpikesBecomeMany) {
  // The mean of a sigmoid is not the sigmoid of the mean: the difference is proportional to the variance of
  // the potential, which falls as one over the rate. At the published rates it is 10 to 30 standard errors of
  // 2000 repeats.
  double credit_before = 0;
  std::vector<double> bias_before(3, 0);
  for (const double rate : {1., 4., 16.}) {
    const Both both(rate);
    const double credit = distance(both.spiking_credit, both.steady_credit);
    for (std::size_t i = 0; i < 3; ++i) {
      const Mean m = mean_of(both.spiking.potential()[1].view(), i);
      const double bias = std::abs(m.value - both.steady.potential()[1].view()(0, i));
      if (rate > 1) {
        EXPECT_LT(bias, 0.4 * bias_before[i] + 3 * m.error);
      }
      bias_before[i] = bias;
    }
    if (rate > 1) {
      EXPECT_LT(credit, 0.4 * credit_before);
    }
    credit_before = credit;
  }
  EXPECT_LT(credit_before, 0.01);
}

TEST(SpikingSegregatedDendrites, MoreNeuronsPerInputAverageItsNoise) {
  Case<> c({4, 5, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, 2, 1000);
  for (std::size_t n = c.x.rows(); n-- > 0;) {
    for (std::size_t i = 0; i < 4; ++i) c.x(n, i) = std::abs(c.x(0, i));
  }
  const auto error = [&](std::size_t neurons) {
    SpikingSegregatedOptions o;
    o.input_neurons = neurons;
    SpikingSegregatedDendrites<double> rule(
        c.net.description, o,
        random_feedback<double>(c.net.description, FeedbackPath::direct, WeightInit::glorot_normal, 1, 3), 7);
    credit_of<double>(rule, c.net, c.batch());
    return mean_of(rule.potential()[0].view(), 0).error;
  };
  EXPECT_NEAR(error(1) / error(16), 4,
              0.4);  // the error of a standard deviation from 1000 repeats is 2 %, of the ratio 3 %
}

TEST(SpikingSegregatedDendrites, AnswersDependOnTheSampleAndNotOnItsPlace) {
  Case<> c({4, 5, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, 2, 3);
  for (double& x : c.x.flat()) x = std::abs(x);
  std::copy(c.x.row(0).begin(), c.x.row(0).end(), c.x.row(2).begin());
  SpikingSegregatedDendrites<double> rule(
      c.net.description, {},
      random_feedback<double>(c.net.description, FeedbackPath::direct, WeightInit::glorot_normal, 1, 3), 7);
  Matrix<double> all(3, 3), one(1, 3);
  rule.predict(Workers(), c.net, c.x.view(), all.view());
  rule.predict(Workers(), c.net, MatrixView<const double>(c.x.row(1).data(), 1, 4), one.view());
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(all(0, k), all(2, k));
    EXPECT_EQ(all(1, k), one(0, k));
    EXPECT_NE(all(0, k), all(1, k));
  }
}

TEST(SpikingSegregatedDendrites, LearnASmallBatch) {
  Case<float> c({4, 20, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, 8, 6);
  for (float& x : c.x.flat()) x = std::abs(x);
  for (std::size_t n = 0; n < 6; ++n) {
    for (std::size_t k = 0; k < 3; ++k) c.y(n, k) = k == n % 3 ? 1 : 0;
  }
  SpikingSegregatedRuleOptions options;
  options.physiology.steady.phi_max = 1;
  options.physiology.steady.P_hidden = options.physiology.steady.P_out = 20;
  LayeredModel<float> model(c.net, make_rule<float>(options, c.net.description, 5),
                            {{.kind = OptimiserKind::adam, .learning_rate = 0.02}, {}});
  double start = 0, end = 0;
  for (int k = 0; k < 5; ++k) start += model.learn_batch(c.x.view(), c.y.view());
  for (int k = 0; k < 300; ++k) model.learn_batch(c.x.view(), c.y.view());
  for (int k = 0; k < 5; ++k) end += model.learn_batch(c.x.view(), c.y.view());
  EXPECT_LT(end, 0.3 * start);
}

TEST(SpikingSegregatedDendrites, WhatCannotWorkIsRefused) {
  const Case<> c({4, 5, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, 2);
  const auto Y =
      random_feedback<double>(c.net.description, FeedbackPath::direct, WeightInit::glorot_normal, 1, 3);
  const auto make = [&](void (*change)(SpikingSegregatedOptions&)) {
    SpikingSegregatedOptions o;
    change(o);
    return std::make_unique<SpikingSegregatedDendrites<double>>(c.net.description, o, Y, 1);
  };
  EXPECT_THROW(make([](auto& o) { o.phase = 10; }), ConfigError);  // shorter than the average
  EXPECT_THROW(make([](auto& o) { o.phase = 50.5; }), ConfigError);
  EXPECT_THROW(make([](auto& o) { o.dt = 2; }), ConfigError);  // overshoots
  EXPECT_THROW(make([](auto& o) { o.tau_long = 2; }), ConfigError);
  const auto rule = make([](auto&) {});
  EXPECT_THROW(credit_of<double>(*rule, c.net, c.batch()), DataError);  // inputs of both signs
}

}  // namespace
}  // namespace apical::layered
