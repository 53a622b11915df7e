// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "apical/engine/layered/network.h"
#include "apical/engine/layered/test_networks.h"
#include "apical/rules/backpropagation.h"

namespace apical::layered {
namespace {

struct Head {
  Activation output;
  Loss loss;
};
const std::vector<Head> kHeads{{Activation::linear, Loss::mse},
                               {Activation::sigmoid, Loss::mse},
                               {Activation::tanh, Loss::mse},
                               {Activation::softmax, Loss::ce},
                               {Activation::sigmoid, Loss::bce}};
const std::vector<Activation> kSmooth{Activation::linear, Activation::sigmoid, Activation::tanh};

double loss_of(const Case<>& c) {
  Activity<double> activity;
  forward<double>(Workers(), c.net, c.x.view(), activity);
  return mean_loss<double>(c.net.description, activity, c.y.view());
}

Credit<double> backpropagated(const Case<>& c) {
  Backpropagation<double> rule;
  return credit_of<double>(rule, c.net, c.batch());
}

RC_GTEST_PROP(Network, GradientsAgreeWithCentralDifferences, ()) {
  const auto size = [] { return *rc::gen::inRange<std::size_t>(1, 6); };
  const Head head = kHeads[*rc::gen::inRange<std::size_t>(0, kHeads.size())];
  const Activation hidden = kSmooth[*rc::gen::inRange<std::size_t>(0, kSmooth.size())];
  Case<> c({size(), size(), size(), size()}, hidden, head.output, head.loss,
           *rc::gen::inRange<std::uint64_t>(0, 1000), size());
  const auto credit = backpropagated(c);
  const double step = 1e-5;
  const auto check = [&](double& parameter, double downhill) {
    const double kept = parameter;
    parameter = kept + step;
    const double up = loss_of(c);
    parameter = kept - step;
    const double down = loss_of(c);
    parameter = kept;
    RC_ASSERT(std::abs((up - down) / (2 * step) + downhill) <= 1e-8);
  };
  for (std::size_t l = 0; l < c.net.description.depth(); ++l) {
    for (std::size_t i = 0; i < credit.dW[l].size(); ++i)
      check(c.net.parameters.W[l].flat()[i], credit.dW[l].flat()[i]);
    for (std::size_t i = 0; i < credit.db[l].size(); ++i) check(c.net.parameters.b[l][i], credit.db[l][i]);
  }
}

TEST(Network, PiecewiseLinearGradientsAgreeWithCentralDifferencesAwayFromTheirCorners) {
  for (const Activation f : {Activation(Activation::relu), Activation(Activation::leaky_relu, 0.2),
                             Activation(Activation::hard_sigmoid)}) {
    Case<> c({4, 5, 3}, f, Activation::linear, Loss::mse, 11, 6);
    const auto credit = backpropagated(c);
    double& w = c.net.parameters.W[0](2, 1);
    const double kept = w;
    w = kept + 1e-6;
    const double up = loss_of(c);
    w = kept - 1e-6;
    const double down = loss_of(c);
    EXPECT_NEAR((up - down) / 2e-6, -credit.dW[0](2, 1), 1e-8) << activation_name(f.kind);
  }
}

RC_GTEST_PROP(Network, PermutingHiddenUnitsPermutesTheGradients, ()) {
  Case<> c({4, 6, 5, 3}, Activation::tanh, Activation::softmax, Loss::ce,
           *rc::gen::inRange<std::uint64_t>(0, 1000), 4);
  const auto order = permutation({*rc::gen::inRange<std::uint64_t>(0, 1000), Stream::sample_order, 0, 0}, 6);
  Case<> p = c;
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 4; ++j) p.net.parameters.W[0](i, j) = c.net.parameters.W[0](order[i], j);
    for (std::size_t k = 0; k < 5; ++k) p.net.parameters.W[1](k, i) = c.net.parameters.W[1](k, order[i]);
    p.net.parameters.b[0][i] = c.net.parameters.b[0][order[i]];
  }
  const auto g = backpropagated(c), q = backpropagated(p);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 4; ++j) RC_ASSERT(std::abs(q.dW[0](i, j) - g.dW[0](order[i], j)) <= 1e-13);
    for (std::size_t k = 0; k < 5; ++k) RC_ASSERT(std::abs(q.dW[1](k, i) - g.dW[1](k, order[i])) <= 1e-13);
    RC_ASSERT(std::abs(q.db[0][i] - g.db[0][order[i]]) <= 1e-13);
  }
}

TEST(Network, DescriptionsThatCannotWorkAreRefused) {
  const auto expect = [](NetworkDescription d, const char* part) {
    try {
      d.validate();
      FAIL() << "accepted: " << part;
    } catch (const ConfigError& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr(part));
    }
  };
  expect({.inputs = 0, .layers = {{3, Activation::linear}}}, "at least one input");
  expect({.inputs = 2, .layers = {}}, "at least one layer");
  expect({.inputs = 2, .layers = {{0, Activation::linear}}}, "layer 1 has no units");
  expect({.inputs = 2, .layers = {{3, Activation::softmax}, {3, Activation::linear}}}, "layer 1 is softmax");
  expect({.inputs = 2, .layers = {{3, Activation::softmax}}}, "softmax and ce go together");
  expect({.inputs = 2, .layers = {{3, Activation::linear}}, .loss = Loss::ce}, "softmax and ce go together");
  expect({.inputs = 2, .layers = {{3, Activation::tanh}}, .loss = Loss::bce}, "bce needs sigmoid");
  EXPECT_THROW(dense_network({3}, Activation::tanh, Activation::tanh, Loss::mse), ConfigError);
  EXPECT_THROW(make_network<double>(dense_network({3, 2}, Activation::tanh, Activation::tanh, Loss::mse),
                                    WeightInit::he_normal, 1, {1, 1}),
               ConfigError);
}

TEST(Network, UnknownNamesSuggestTheNearest) {
  const auto message = [](auto&& f) -> std::string {
    try {
      f();
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(message([] { activation_from_name("sigmiod"); }),
              testing::HasSubstr("did you mean 'sigmoid'?"));
  EXPECT_THAT(message([] { loss_from_name("mze"); }), testing::HasSubstr("did you mean 'mse'?"));
  EXPECT_THAT(message([] { weight_init_from_name("orthogonol"); }),
              testing::HasSubstr("did you mean 'orthogonal'?"));
  for (const auto* name : {"linear", "relu", "leaky_relu", "sigmoid", "tanh", "hard_sigmoid", "softmax"}) {
    EXPECT_EQ(activation_name(activation_from_name(name)), name);
  }
}

TEST(Network, BatchesThatDoNotFitAreDataErrors) {
  const Case<> c({4, 5, 3}, Activation::tanh, Activation::linear, Loss::mse, 1);
  const Matrix<double> narrow(3, 3), few(2, 3), none(0, 4);
  const auto check = [&](const Matrix<double>& x, const Matrix<double>& y) {
    check_batch<double>(c.net.description, x.view(), y.view());
  };
  EXPECT_THROW(check(narrow, c.y), DataError);
  EXPECT_THROW(check(c.x, few), DataError);
  EXPECT_THROW(check(none, c.y), DataError);
  EXPECT_NO_THROW(check(c.x, c.y));
}

TEST(Network, OutputBiasIsAddedToOutputUnitsAlone) {
  const auto d = dense_network({3, 4, 2}, Activation::tanh, Activation::sigmoid, Loss::mse);
  for (const WeightInit init : {WeightInit::glorot_normal, WeightInit::fan_in_uniform}) {
    const auto plain = make_network<double>(d, init, 5), shifted = make_network<double>(d, init, 5, {}, -2);
    EXPECT_EQ(shifted.parameters.W, plain.parameters.W);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(shifted.parameters.b[0][i], plain.parameters.b[0][i]);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(shifted.parameters.b[1][i], plain.parameters.b[1][i] - 2);
  }
}

TEST(Network, OrthogonalInitHasOrthonormalRowsOrColumns) {
  for (const auto& [rows, cols] : {std::pair{4, 7}, std::pair{7, 4}}) {
    Matrix<double> W(static_cast<std::size_t>(rows), static_cast<std::size_t>(cols));
    initialise(W, WeightInit::orthogonal, 2, 3, Stream::initial_weight, 0);
    const bool wide = rows < cols;
    const std::size_t n = std::min(W.rows(), W.cols());
    Matrix<double> gram(n, n);
    gemm<double>(Workers(), wide ? Op::none : Op::transpose, wide ? Op::transpose : Op::none, 1, W.view(),
                 W.view(), 0, gram.view());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) EXPECT_NEAR(gram(i, j), i == j ? 4 : 0, 1e-12);
    }
  }
}

TEST(Network, InitialWeightsHaveTheVarianceTheyPromise) {
  const auto variance = [](WeightInit init) {
    Matrix<double> W(200, 300);
    initialise(W, init, 1, 5, Stream::initial_weight, 0);
    double sum = 0;
    for (const double w : W.flat()) sum += w * w;
    return sum / static_cast<double>(W.size());
  };
  // 60000 draws: the relative standard error of a variance is below 0.6 %.
  EXPECT_NEAR(variance(WeightInit::glorot_normal) * 250, 1, 0.03);
  EXPECT_NEAR(variance(WeightInit::glorot_uniform) * 250, 1, 0.03);
  EXPECT_NEAR(variance(WeightInit::he_normal) * 150, 1, 0.03);
  EXPECT_NEAR(variance(WeightInit::fan_in_uniform) * 900, 1, 0.03);
}

}  // namespace
}  // namespace apical::layered
