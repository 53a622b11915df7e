// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/perturbation.h"

#include <gtest/gtest.h>

#include "apical/engine/layered/test_networks.h"
#include "apical/rules/backpropagation.h"
#include "apical/rules/three_factor.h"

namespace apical::layered {
namespace {

Credit<double> backpropagated(const Case<>& c) {
  Backpropagation<double> rule;
  return credit_of<double>(rule, c.net, c.batch());
}

void add(Credit<double>& to, const Credit<double>& c, double factor) {
  for (std::size_t l = 0; l < to.dW.size(); ++l) {
    for (std::size_t i = 0; i < to.dW[l].size(); ++i) to.dW[l].flat()[i] += factor * c.dW[l].flat()[i];
    for (std::size_t i = 0; i < to.db[l].size(); ++i) to.db[l][i] += factor * c.db[l][i];
  }
}

/// Mean of `pairs` antithetic estimates.
Credit<double> estimate(const Case<>& c, std::uint64_t seed, int pairs) {
  PerturbationRule<double> rule(c.net.description, {.baseline = Baseline::antithetic, .sigma = 0.02}, seed);
  auto mean = Credit<double>::zeros(c.net.description);
  for (int k = 0; k < pairs; ++k) add(mean, credit_of<double>(rule, c.net, c.batch()), 1.0 / pairs);
  return mean;
}

TEST(Perturbation, ManyAntitheticPairsPointAlongTheGradient) {
  const Case<> c({4, 5, 3}, Activation::tanh, Activation::linear, Loss::mse, 1);
  const auto mean = estimate(c, 7, 4000), exact = backpropagated(c);
  for (std::size_t l = 0; l < 2; ++l) EXPECT_GE(cosine<double>(mean.dW[l].flat(), exact.dW[l].flat()), 0.97);
}

TEST(Perturbation, VarianceFallsAsOneOverThePairs) {
  const Case<> c({4, 5, 3}, Activation::tanh, Activation::linear, Loss::mse, 1);
  const auto exact = backpropagated(c);
  const auto squared_error = [&](int pairs) {
    double sum = 0;
    for (std::uint64_t repeat = 0; repeat < 150; ++repeat) {
      auto e = estimate(c, 1000 * static_cast<std::uint64_t>(pairs) + repeat, pairs);
      add(e, exact, -1);
      sum += norm(e) * norm(e);
    }
    return sum;
  };
  const double slope = std::log(squared_error(64) / squared_error(4)) / std::log(64.0 / 4.0);
  EXPECT_NEAR(slope, -1, 0.1);
}

TEST(Perturbation, OneUnitAtATimeIsExactForAnySizeInALinearNetwork) {
  const Case<> c({4, 5, 3}, Activation::linear, Activation::linear, Loss::mse, 1);
  Backpropagation<double> rule;
  credit_of<double>(rule, c.net, c.batch());
  LayerRows<double> xi;
  resize(xi, c.net.description, 3);
  for (Rows<double>& layer : xi) fill(layer.view(), 0);
  Activity<double> noisy;
  std::vector<double> up(3), down(3);
  for (const double s : {1e-3, 0.7}) {
    for (std::size_t i = 0; i < 5; ++i) {
      for (std::size_t n = 0; n < 3; ++n) xi[0].view()(n, i) = 1;
      noisy_forward<double>(Workers(), c.net, c.x.view(), xi, s, noisy);
      sample_losses<double>(c.net.description, noisy, c.y.view(), up);
      noisy_forward<double>(Workers(), c.net, c.x.view(), xi, -s, noisy);
      sample_losses<double>(c.net.description, noisy, c.y.view(), down);
      for (std::size_t n = 0; n < 3; ++n) {
        EXPECT_NEAR((up[n] - down[n]) / (2 * s), rule.delta()[0].view()(n, i), 1e-9);
        xi[0].view()(n, i) = 0;
      }
    }
  }
}

// A saturated output far from its target adds the same to the loss with and without noise.
TEST(Perturbation, AConstantInTheLossChangesNothing) {
  Case<> c({4, 5, 3}, Activation::tanh, Activation::hard_sigmoid, Loss::mse, 1);
  std::fill(c.net.parameters.W[1].row(2).begin(), c.net.parameters.W[1].row(2).end(), 0.0);
  c.net.parameters.b[1][2] = 5;
  Matrix<double> shifted = c.y;
  for (std::size_t n = 0; n < c.y.rows(); ++n) {
    c.y(n, 2) = 1;
    shifted(n, 2) = 3;
  }
  for (const auto& [form, baseline] : {std::pair{PerturbationForm::node_perturbation, Baseline::clean_pass},
                                       {PerturbationForm::reinforce, Baseline::clean_pass},
                                       {PerturbationForm::node_perturbation, Baseline::running_mean},
                                       {PerturbationForm::node_perturbation, Baseline::antithetic}}) {
    const PerturbationOptions options{.form = form, .baseline = baseline};
    PerturbationRule<double> rule(c.net.description, options, 3), other(c.net.description, options, 3);
    auto plain = Credit<double>::zeros(c.net.description), with_constant = plain;
    for (int batch = 0; batch < 2; ++batch) {
      const double loss = rule.credit(Workers(), c.net, c.batch(), plain, 0);
      EXPECT_NEAR(other.credit(Workers(), c.net, {c.x.view(), shifted.view()}, with_constant, 0), loss + 2,
                  1e-12);
      EXPECT_GT(norm(plain), 1e-3);
      add(with_constant, plain, -1);
      EXPECT_LT(norm(with_constant), 1e-12);
    }
  }
}

TEST(Perturbation, SettingsThatCannotWorkAreRefused) {
  const Case<> c({4, 5, 3}, Activation::tanh, Activation::linear, Loss::mse, 1);
  EXPECT_THROW(PerturbationRule<double>(c.net.description, {.sigma = 0}, 1), ConfigError);
  EXPECT_THROW(
      PerturbationRule<double>(c.net.description,
                               {.form = PerturbationForm::reinforce, .baseline = Baseline::antithetic}, 1),
      ConfigError);
  EXPECT_THROW(ThreeFactor<double>(c.net.description, {.lambda = 1}, 1), ConfigError);
  EXPECT_THROW(ThreeFactor<double>(c.net.description, {.sigma = 0}, 1), ConfigError);
}

TEST(ThreeFactor, RowsOfABatchAreSuccessiveMoments) {
  // The folded sums must be what a synapse does moment by moment: e <- lambda e + xi h^T/sigma, dW = mean M
  // e.
  const Case<> c({4, 5, 3}, Activation::tanh, Activation::linear, Loss::mse, 1, 6);
  const double lambda = 0.8, sigma = 0.1;
  ThreeFactor<double> rule(c.net.description, {.lambda = lambda, .sigma = sigma}, 5);
  auto trace = Credit<double>::zeros(c.net.description);
  for (std::uint64_t batch = 0; batch < 2; ++batch) {
    const auto credit = credit_of<double>(rule, c.net, c.batch());
    LayerRows<double> xi;
    Activity<double> noisy;
    draw_noise<double>(c.net.description, 6, 5, batch, xi);
    noisy_forward<double>(Workers(), c.net, c.x.view(), xi, sigma, noisy);
    auto expected = Credit<double>::zeros(c.net.description);
    for (std::size_t t = 0; t < 6; ++t) {
      for (std::size_t l = 0; l < 2; ++l) {
        const auto pre = presynaptic<double>(c.x.view(), noisy.h, l);
        for (std::size_t i = 0; i < trace.dW[l].rows(); ++i) {
          const double noise = xi[l].view()(t, i) / sigma;
          for (std::size_t j = 0; j < trace.dW[l].cols(); ++j) {
            trace.dW[l](i, j) = lambda * trace.dW[l](i, j) + noise * pre(t, j);
          }
          trace.db[l][i] = lambda * trace.db[l][i] + noise;
        }
      }
      add(expected, trace, rule.neuromodulator()[t] / 6);
    }
    EXPECT_LE(distance(credit, expected), 1e-12);
    EXPECT_LE(distance(rule.eligibility(), trace), 1e-12);
  }
}

}  // namespace
}  // namespace apical::layered
