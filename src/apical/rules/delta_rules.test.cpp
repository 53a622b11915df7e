// SPDX-License-Identifier: Apache-2.0
// Rules that carry an error: when they equal backpropagation, and what they promise when they don't.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/engine/layered/test_networks.h"
#include "apical/rules/backpropagation.h"
#include "apical/rules/feedback_alignment.h"
#include "apical/rules/sign_symmetry.h"
#include "apical/rules/two_site.h"
#include "apical/rules/weight_mirror.h"

namespace apical::layered {
namespace {

Case<> random_case(Activation hidden = Activation::tanh, Activation output = Activation::softmax,
                   Loss loss = Loss::ce) {
  const auto size = [] { return *rc::gen::inRange<std::size_t>(1, 7); };
  return {{size(), size(), size(), size()},          hidden, output, loss,
          *rc::gen::inRange<std::uint64_t>(0, 1000), size()};
}

Credit<double> backpropagated(const Case<>& c) {
  Backpropagation<double> rule;
  return credit_of<double>(rule, c.net, c.batch());
}

FeedbackWeights<double> transposes_of(const Case<>& c) {
  return {c.net.parameters.W.begin() + 1, c.net.parameters.W.end()};
}

RC_GTEST_PROP(FeedbackAlignment, WithTransposedWeightsItIsBackpropagation, ()) {
  const Case<> c = random_case();
  FeedbackAlignment<double> rule(c.net.description, FeedbackPath::chained, transposes_of(c));
  RC_ASSERT(distance(credit_of<double>(rule, c.net, c.batch()), backpropagated(c)) <= 1e-13);
}

RC_GTEST_PROP(FeedbackAlignment, DirectAndChainedPathsAgreeWithOneHiddenLayer, ()) {
  const Case<> c({4, 6, 3}, Activation::tanh, Activation::linear, Loss::mse,
                 *rc::gen::inRange<std::uint64_t>(0, 1000), 5);
  const auto B =
      random_feedback<double>(c.net.description, FeedbackPath::chained, WeightInit::glorot_normal, 1, 7);
  FeedbackAlignment<double> chained(c.net.description, FeedbackPath::chained, B);
  FeedbackAlignment<double> direct(c.net.description, FeedbackPath::direct, B);
  RC_ASSERT(distance(credit_of<double>(chained, c.net, c.batch()),
                     credit_of<double>(direct, c.net, c.batch())) <= 1e-15);
}

TEST(FeedbackAlignment, FeedbackOfTheWrongShapeIsRefused) {
  const Case<> c({4, 6, 5, 3}, Activation::tanh, Activation::linear, Loss::mse, 1);
  EXPECT_THROW(FeedbackAlignment<double>(c.net.description, FeedbackPath::direct, transposes_of(c)),
               ConfigError);
  EXPECT_THROW(FeedbackAlignment<double>(c.net.description, FeedbackPath::chained, {}), ConfigError);
}

RC_GTEST_PROP(SignSymmetry, FeedbackNeverOpposesTheForwardWeight, ()) {
  const Case<> c = random_case();
  SignSymmetry<double> rule(c.net.description, SignMagnitude::batch_random,
                            random_magnitude<double>(c.net.description, 4), 4);
  credit_of<double>(rule, c.net, c.batch());
  for (std::size_t l = 0; l < rule.feedback_weights().size(); ++l) {
    const auto B = rule.feedback_weights()[l].flat(), W = c.net.parameters.W[l + 1].flat();
    for (std::size_t i = 0; i < B.size(); ++i) RC_ASSERT(B[i] * W[i] >= 0);
  }
}

RC_GTEST_PROP(SignSymmetry, WithWeightsOfOneMagnitudeItIsBackpropagation, ()) {
  Case<> c = random_case();
  FeedbackWeights<double> magnitude = transposes_of(c);
  for (std::size_t l = 1; l < c.net.parameters.W.size(); ++l) {
    for (double& w : c.net.parameters.W[l].flat()) w = w > 0 ? 0.4 : -0.4;
    fill(magnitude[l - 1].view(), 0.4);
  }
  SignSymmetry<double> rule(c.net.description, SignMagnitude::uniform, magnitude);
  RC_ASSERT(distance(credit_of<double>(rule, c.net, c.batch()), backpropagated(c)) <= 1e-13);
}

TEST(SignSymmetry, AZeroWeightSendsNothingAndBatchesRedrawMagnitudes) {
  Case<> c({4, 6, 3}, Activation::tanh, Activation::linear, Loss::mse, 1);
  c.net.parameters.W[1](1, 2) = 0;
  SignSymmetry<double> rule(c.net.description, SignMagnitude::batch_random,
                            random_magnitude<double>(c.net.description, 4), 4);
  credit_of<double>(rule, c.net, c.batch());
  const auto first = rule.feedback_weights();
  EXPECT_EQ(first[0](1, 2), 0);
  credit_of<double>(rule, c.net, c.batch());
  EXPECT_NE(first, rule.feedback_weights());
}

TEST(WeightMirror, MeanOfManySamplesApproachesTheExpectationAsOneOverRootN) {
  // One step without decay on N samples: B - B_0 = eta mean xi y^T, whose expectation is eta sigma^2 W^T.
  const Case<> c({6, 5, 4}, Activation::linear, Activation::linear, Loss::mse, 2);
  const Matrix<double>& W = c.net.parameters.W[1];
  const double sigma = 0.5, eta = 2;
  const auto error = [&](std::size_t samples, std::uint64_t seed) {
    Matrix<double> Y(W.rows(), W.cols());
    Rows<double> response;
    const auto xi = random_rows<double>(samples, W.cols(), seed, sigma);
    mirror<double>(Workers(), kAllToAll, W, c.net.parameters.b[1], Activation::linear, xi.view(), 0, eta,
                   response, Y);
    double sum = 0;
    for (std::size_t i = 0; i < Y.size(); ++i) {
      const double d = Y.flat()[i] / (eta * sigma * sigma) - W.flat()[i];
      sum += d * d;
    }
    return sum;
  };
  double few = 0, many = 0;
  for (std::uint64_t repeat = 0; repeat < 40; ++repeat) {
    few += error(50, 100 + repeat);
    many += error(800, 500 + repeat);
  }
  // Squared errors fall 16-fold; 40 repeats of 20 entries make the ratio good to about 8 %.
  EXPECT_NEAR(few / many, 16, 4);
}

TEST(WeightMirror, WithoutGrowthFeedbackOnlyDecays) {
  const Case<> c({4, 6, 3}, Activation::tanh, Activation::linear, Loss::mse, 1);
  const auto B =
      random_feedback<double>(c.net.description, FeedbackPath::chained, WeightInit::glorot_normal, 1, 7);
  WeightMirror<double> rule(c.net.description, B, {.every = 2, .decay = 0.1, .eta = 0}, 1);
  for (int k = 0; k < 6; ++k) credit_of<double>(rule, c.net, c.batch());
  for (std::size_t i = 0; i < B[0].size(); ++i) {
    EXPECT_NEAR(rule.feedback_weights()[0].flat()[i], B[0].flat()[i] * 0.9 * 0.9 * 0.9, 1e-14);
  }
  EXPECT_THROW(WeightMirror<double>(c.net.description, B, {.every = 0}, 1), ConfigError);
}

RC_GTEST_PROP(TwoSite, WithTransposedApicalWeightsItIsBackpropagation, ()) {
  const Case<> c = random_case(Activation::sigmoid, Activation::sigmoid, Loss::mse);
  TwoSite<double> rule(c.net.description, transposes_of(c));
  RC_ASSERT(distance(credit_of<double>(rule, c.net, c.batch()), backpropagated(c)) <= 1e-13);
}

TEST(TwoSite, OtherUnitsAndMixingOutsideTheUnitIntervalAreRefused) {
  const Case<> tanh({4, 6, 3}, Activation::tanh, Activation::sigmoid, Loss::mse, 1);
  EXPECT_THROW(TwoSite<double>(tanh.net.description, transposes_of(tanh)), ConfigError);
  const Case<> c({4, 6, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, 1);
  EXPECT_THROW(TwoSite<double>(c.net.description, transposes_of(c), {.alpha = 1.5}), ConfigError);
  EXPECT_THROW(TwoSite<double>(c.net.description, transposes_of(c), {.p0 = 1}), ConfigError);
}

TEST(TwoSite, StochasticBurstsChangeWeightsAsBurstRatesDoInTheMean) {
  const std::size_t draws = 100000;
  Case<> c({4, 6, 5, 2}, Activation::sigmoid, Activation::sigmoid, Loss::mse, 4, draws);
  for (std::size_t n = 1; n < draws; ++n) {
    std::copy(c.x.row(0).begin(), c.x.row(0).end(), c.x.row(n).begin());
    std::copy(c.y.row(0).begin(), c.y.row(0).end(), c.y.row(n).begin());
  }
  TwoSite<double> rates(c.net.description, transposes_of(c)),
      bursts(c.net.description, transposes_of(c), {.spikes = DendriticSpikes::bursts}, 3);
  const auto expected = credit_of<double>(rates, c.net, c.batch());
  const auto drawn = credit_of<double>(bursts, c.net, c.batch());
  for (std::size_t l = 0; l < 3; ++l) {
    for (std::size_t i = 0; i < c.net.description.layers[l].size; ++i) {
      // All rows have the same presynaptic activity, so the change of a synapse errs as its neuron's signal
      // does: all or none around p0 = 1/2 gives a standard deviation of about 1/2.
      EXPECT_NEAR(drawn.db[l][i], expected.db[l][i], 4 * 0.5 / std::sqrt(static_cast<double>(draws)));
      for (std::size_t n = 0; n < 20; ++n) EXPECT_EQ(std::abs(bursts.delta()[l].view()(n, i)), 0.5);
    }
  }
  EXPECT_GT(norm(expected),
            20 * 0.5 / std::sqrt(static_cast<double>(draws)));  // so that the agreement says something
}

/// Mean squared error on XOR after 20000 single presentations, 2-4-1 (Koerding & Koenig's task). W, V ~ N(0,
/// 1), hidden biases with variance 0.25, rate 1, decay on W_2 and V.
double xor_error(std::uint64_t seed, double decay, double alpha) {
  Case<> c({2, 4, 1}, Activation::sigmoid, Activation::sigmoid, Loss::mse, seed, 4);
  const auto draw = [&](std::span<double> values, std::uint32_t object, double sd) {
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = sd * normal({seed, Stream::initial_weight, object, i});
  };
  draw(c.net.parameters.W[0].flat(), 0, 1);
  draw(c.net.parameters.W[1].flat(), 1, 1);
  draw(c.net.parameters.b[0], 2, 0.5);
  c.net.parameters.b[1][0] = 0;
  FeedbackWeights<double> V{Matrix<double>(1, 4)};
  draw(V[0].flat(), 3, 1);
  TwoSite<double> rule(c.net.description, V, {.alpha = alpha});
  for (std::size_t n = 0; n < 4; ++n) {
    c.x(n, 0) = static_cast<double>(n / 2);
    c.x(n, 1) = static_cast<double>(n % 2);
    c.y(n, 0) = n == 1 || n == 2 ? 1 : 0;
  }
  auto credit = Credit<double>::zeros(c.net.description);
  const auto learn = [](std::span<double> values, std::span<const double> change, double rate_of_decay) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += change[i] - rate_of_decay * values[i];
  };
  for (std::uint64_t k = 0; k < 20000; ++k) {
    const std::size_t n = uniform_integer({seed, Stream::sample_order, 0, k}, 4);
    rule.credit(Workers(), c.net,
                {MatrixView<const double>(c.x.row(n).data(), 1, 2),
                 MatrixView<const double>(c.y.row(n).data(), 1, 1)},
                credit, 0);
    learn(c.net.parameters.W[0].flat(), credit.dW[0].flat(), 0);
    learn(c.net.parameters.W[1].flat(), credit.dW[1].flat(), decay);
    for (std::size_t l = 0; l < 2; ++l) learn(c.net.parameters.b[l], credit.db[l], 0);
    for (const auto& slot : rule.learned_feedback()) learn(slot.values, slot.credit, decay);
  }
  return 2 * rule.credit(Workers(), c.net, c.batch(), credit, 0);  // the loss has a factor 1/2
}

TEST(SlowTwoSite, LearnsXorAndTheOneSiteControlDoesNot) {
  int solved = 0, control_solved = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    solved += xor_error(seed, 1e-4, 0) < 0.01 ? 1 : 0;
    control_solved += xor_error(seed, 1e-4, 0.5) < 0.1 ? 1 : 0;
  }
  EXPECT_GE(solved, 9);
  EXPECT_EQ(control_solved, 0);
}

}  // namespace
}  // namespace apical::layered
