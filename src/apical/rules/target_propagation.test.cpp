// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/target_propagation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/engine/layered/test_networks.h"
#include "apical/rules/backpropagation.h"

namespace apical::layered {
namespace {

RC_GTEST_PROP(TargetPropagation, ALinearNetworkWithTransposedFeedbackLearnsByBackpropagation, ()) {
  const Case<> c({4, 6, 5, 3}, Activation::linear, Activation::linear, Loss::mse,
                 *rc::gen::inRange<std::uint64_t>(0, 1000));
  InverseMaps<double> maps = random_inverse<double>(c.net.description, 1, 1);
  for (std::size_t l = 0; l < maps.V.size(); ++l) {
    for (std::size_t i = 0; i < maps.V[l].rows(); ++i) {
      for (std::size_t j = 0; j < maps.V[l].cols(); ++j) maps.V[l](i, j) = c.net.parameters.W[l + 1](j, i);
    }
  }
  TargetPropagation<double> rule(c.net.description, {.step = 0.05}, maps, 1);
  Backpropagation<double> reference;
  RC_ASSERT(distance(credit_of<double>(rule, c.net, c.batch()),
                     credit_of<double>(reference, c.net, c.batch())) <= 1e-12);
}

TEST(TargetPropagation, WithoutAnErrorDifferenceTargetsAreTheActivitiesAndPlainTargetsAreNot) {
  Case<> c({4, 6, 5, 3}, Activation::tanh, Activation::linear, Loss::mse, 2);
  const auto maps = random_inverse<double>(c.net.description, 1, 1);
  TargetPropagation<double> difference(c.net.description, {}, maps, 1);
  TargetPropagation<double> plain(c.net.description, {.form = TargetForm::plain}, maps, 1);
  credit_of<double>(difference, c.net, c.batch());
  copy<double>(difference.output(), c.y.view());
  EXPECT_LE(norm(credit_of<double>(difference, c.net, c.batch())), 1e-13);
  EXPECT_GE(norm(credit_of<double>(plain, c.net, c.batch())), 0.1);
}

TEST(TargetPropagation, FeedbackCreditIsMinusTheGradientOfTheInverseLoss) {
  const Case<> c({4, 6, 5, 3}, Activation::tanh, Activation::softmax, Loss::ce, 2);
  auto maps = random_inverse<double>(c.net.description, 1, 1);
  Activity<double> activity;
  forward<double>(Workers(), c.net, c.x.view(), activity);
  for (std::size_t l = 0; l < 2; ++l) {
    const auto noise = random_rows<double>(3, c.net.description.layers[l].size, 5, 0.1);
    Rows<double> noisy, above, back;
    Matrix<double> dV = maps.V[l], ignored = dV;
    AlignedBuffer<double> dc = maps.c[l], ignored_c = dc;
    const auto loss = [&](Matrix<double>& d, AlignedBuffer<double>& e) {
      return inverse_credit<double>(Workers(), c.net, l, activity.h[l].view(), noise.view(), maps, noisy,
                                    above, back, d, std::span<double>(e));
    };
    loss(dV, dc);
    const auto check = [&](double& parameter, double downhill) {
      EXPECT_NEAR(central_difference(parameter, [&] { return loss(ignored, ignored_c); }), -downhill, 1e-8);
    };
    for (std::size_t i = 0; i < dV.size(); ++i) check(maps.V[l].flat()[i], dV.flat()[i]);
    for (std::size_t i = 0; i < dc.size(); ++i) check(maps.c[l][i], dc[i]);
  }
}

TEST(TargetPropagation, TheReconstructionLossIsStationaryAtTheDampedPseudoInverse) {
  // One sample, noise replaced by a +- sweep over the unit basis; the linear case makes J the product of the
  // weights above.
  const Case<> c({4, 5, 6, 3}, Activation::linear, Activation::linear, Loss::mse, 2, 1);
  Activity<double> activity;
  forward<double>(Workers(), c.net, c.x.view(), activity);
  const double lambda = 0.05;
  const std::size_t width = 5;
  Matrix<double> J(3, width);
  gemm<double>(Workers(), Op::none, Op::none, 1, c.net.parameters.W[2].view(), c.net.parameters.W[1].view(),
               0, J.view());
  const auto gradient_norm = [&](const Matrix<double>& Q) {
    Matrix<double> sum(width, 3), dQ(width, 3);
    LayerRows<double> above;
    Rows<double> scratch;
    for (std::size_t i = 0; i < width; ++i) {
      for (const double sign : {1.0, -1.0}) {
        Matrix<double> z(1, width);
        z(0, i) = sign;
        // lambda/n per sweep vector, so that the sum over the basis holds the decay once.
        reconstruction_credit<double>(Workers(), c.net, 0, activity.h, z.view(), {}, 1e-4,
                                      lambda / static_cast<double>(width), Q, above, scratch, dQ);
        for (std::size_t k = 0; k < dQ.size(); ++k) sum.flat()[k] += dQ.flat()[k] / 2;
      }
    }
    double squares = 0;
    for (const double x : sum.flat()) squares += x * x;
    return std::sqrt(squares);
  };
  // Gradient descent on the same loss finds the minimiser; it must be J^T (J J^T + lambda I)^-1, i.e. Q (J
  // J^T + lambda I) = J^T.
  Matrix<double> Q(width, 3), residual(width, 3), JJ(3, 3);
  gemm<double>(Workers(), Op::none, Op::transpose, 1, J.view(), J.view(), 0, JJ.view());
  for (std::size_t k = 0; k < 3; ++k) JJ(k, k) += lambda;
  const double at_zero = gradient_norm(Q);
  double largest = 0;
  for (const double x : JJ.flat()) largest += std::abs(x);
  for (int step = 0; step < 20000; ++step) {
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t k = 0; k < 3; ++k) residual(i, k) = J(k, i);
    }
    gemm<double>(Workers(), Op::none, Op::none, -1, Q.view(), JJ.view(), 1, residual.view());
    for (std::size_t i = 0; i < Q.size(); ++i) Q.flat()[i] += residual.flat()[i] / largest;
  }
  EXPECT_LE(gradient_norm(Q), 1e-6 * at_zero);
}

TEST(TargetPropagation, MapsThatDoNotFitAreRefused) {
  const Case<> c({4, 6, 5, 3}, Activation::tanh, Activation::linear, Loss::mse, 2);
  const auto maps = random_inverse<double>(c.net.description, 1, 1);
  const auto Q = random_direct<double>(c.net.description, 1, 1);
  using Rule = TargetPropagation<double>;
  EXPECT_THROW(Rule(c.net.description, {.form = TargetForm::direct_linear}, maps, 1), ConfigError);
  EXPECT_THROW(Rule(c.net.description, {.form = TargetForm::difference}, Q, 1), ConfigError);
  EXPECT_THROW(Rule(c.net.description, {.step = 0}, maps, 1), ConfigError);
  EXPECT_THROW(Rule(c.net.description, {.sigma = 0}, maps, 1), ConfigError);
}

}  // namespace
}  // namespace apical::layered
