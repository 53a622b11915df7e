// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/predictive_coding.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/engine/layered/test_networks.h"
#include "apical/rules/backpropagation.h"

namespace apical::layered {
namespace {

Case<> random_case(std::uint64_t seed) {
  return {{4, 6, 5, 3}, Activation::tanh, Activation::linear, Loss::mse, seed};
}

double error_to_backpropagation(const Case<>& c, const PredictiveOptions& options) {
  Backpropagation<double> reference;
  PredictiveCoding<double> rule(c.net.description, options);
  return relative_error(credit_of<double>(rule, c.net, c.batch()).dW,
                        credit_of<double>(reference, c.net, c.batch()).dW);
}

RC_GTEST_PROP(PredictiveCoding, FixedPredictionsConvergeToBackpropagation, ()) {
  const auto prediction = *rc::gen::element(Prediction::of_drive, Prediction::of_activity);
  const Case<> c = random_case(*rc::gen::inRange<std::uint64_t>(0, 1000));
  RC_ASSERT(error_to_backpropagation(c, {.prediction = prediction,
                                         .inference = Inference::fixed_prediction,
                                         .steps = 1000,
                                         .gamma = 0.1,
                                         .guard = false}) <= 1e-11);
}

RC_GTEST_PROP(PredictiveCoding, ZeroDivergenceInferenceIsBackpropagationForEveryLoss, ()) {
  const auto prediction = *rc::gen::element(Prediction::of_drive, Prediction::of_activity);
  const auto seed = *rc::gen::inRange<std::uint64_t>(0, 1000);
  for (const auto& [output, loss] :
       {std::pair{Activation::linear, Loss::mse}, std::pair{Activation::softmax, Loss::ce},
        std::pair{Activation::sigmoid, Loss::bce}, std::pair{Activation::sigmoid, Loss::mse}}) {
    const Case<> c({4, 6, 5, 3}, Activation::sigmoid, output, loss, seed);
    RC_ASSERT(error_to_backpropagation(
                  c, {.prediction = prediction, .inference = Inference::zero_divergence}) <= 1e-12);
  }
}

RC_GTEST_PROP(PredictiveCoding, InferenceNeverRaisesTheEnergyForASmallStep, ()) {
  const Case<> c = random_case(*rc::gen::inRange<std::uint64_t>(0, 1000));
  PredictiveCoding<double> rule(c.net.description, {.steps = 100, .gamma = 0.02, .record_energy = true});
  credit_of<double>(rule, c.net, c.batch());
  const auto& F = rule.energies();
  RC_ASSERT(F.size() == 101U);
  for (std::size_t k = 1; k < F.size(); ++k) RC_ASSERT(F[k] <= F[k - 1] + 1e-12);
}

TEST(PredictiveCoding, StrictEquilibriumIsNotBackpropagationButTendsToItWithTheOutputPrecision) {
  const Case<> c = random_case(3);
  PredictiveOptions options{.steps = 5000, .gamma = 0.1};
  EXPECT_GE(error_to_backpropagation(c, options), 0.02);
  options.output_precision = 0.01;
  const double at_10 = error_to_backpropagation(c, options);
  options.output_precision = 0.005;
  EXPECT_NEAR(at_10 / error_to_backpropagation(c, options), 2, 0.2);
}

TEST(PredictiveCoding, TheGuardKeepsInferenceStableWhereAFixedStepDiverges) {
  Case<> c({4, 12, 3}, Activation::relu, Activation::linear, Loss::mse, 6, 8);
  // One singular value of 10: scaled rank one.
  Matrix<double>& W = c.net.parameters.W[1];
  for (std::size_t k = 0; k < W.rows(); ++k) {
    for (std::size_t i = 0; i < W.cols(); ++i)
      W(k, i) = 10 * (k == 0 ? 1 : 0) * (i % 2 == 0 ? 1 : -1) / std::sqrt(12.0);
  }
  PredictiveCoding<double> guarded(c.net.description, {.steps = 20, .gamma = 0.1, .record_energy = true});
  credit_of<double>(guarded, c.net, c.batch());
  EXPECT_NEAR(guarded.gamma_used(), 1.0 / 101, 2e-4);
  for (std::size_t k = 1; k < guarded.energies().size(); ++k) {
    EXPECT_LE(guarded.energies()[k], guarded.energies()[k - 1] + 1e-12);
  }
  PredictiveCoding<double> fixed(c.net.description,
                                 {.steps = 20, .gamma = 0.1, .guard = false, .record_energy = true});
  credit_of<double>(fixed, c.net, c.batch());
  EXPECT_GT(fixed.energies().back(), 10 * fixed.energies().front());
}

TEST(PredictiveCoding, ForcesVanishAtTheEquilibrium) {
  const Case<> c = random_case(3);
  PredictiveCoding<double> rule(c.net.description, {.steps = 20000});
  credit_of<double>(rule, c.net, c.batch());
  EXPECT_LE(rule.stationarity(Workers(), c.net), 1e-12);
  PredictiveCoding<double> early(c.net.description, {.steps = 2});
  credit_of<double>(early, c.net, c.batch());
  EXPECT_GT(early.stationarity(Workers(), c.net), 1e-3);
}

TEST(PredictiveCoding, SettingsThatCannotWorkAreRefused) {
  const Case<> c = random_case(3);
  EXPECT_THROW(PredictiveCoding<double>(c.net.description, {.steps = 0}), ConfigError);
  EXPECT_THROW(PredictiveCoding<double>(c.net.description, {.gamma = 0}), ConfigError);
  EXPECT_THROW(PredictiveCoding<double>(c.net.description, {.output_precision = 0}), ConfigError);
}

}  // namespace
}  // namespace apical::layered
