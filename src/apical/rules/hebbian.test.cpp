// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/hebbian.h"

#include <gtest/gtest.h>

#include "apical/engine/layered/test_networks.h"

namespace apical::layered {
namespace {

/// Samples with variances 4, 2, 1, 0.5, 0.25 along the axes.
Matrix<double> samples(std::size_t rows) {
  Matrix<double> X = random_rows<double>(rows, 5, 3);
  for (std::size_t n = 0; n < rows; ++n) {
    for (std::size_t i = 0; i < 5; ++i) X(n, i) *= std::pow(2.0, 1 - 0.5 * static_cast<double>(i));
  }
  return X;
}

Matrix<double> trained(HebbianForm form, std::size_t units, std::size_t steps) {
  const Matrix<double> X = samples(4000);
  Matrix<double> W = random_rows<double>(units, 5, 9, 0.3), y(1, units), dW(units, 5);
  Rows<double> lateral;
  for (std::size_t k = 0; k < steps; ++k) {
    const MatrixView<const double> x(X.row(k % X.rows()).data(), 1, 5);
    gemm<double>(Workers(), Op::none, Op::transpose, 1, x, W.view(), 0, y.view());
    hebbian_change<double>(Workers(), form, W.view(), y.view(), x, lateral, dW.view());
    for (std::size_t i = 0; i < W.size(); ++i) W.flat()[i] += 0.002 * dW.flat()[i];
  }
  return W;
}

TEST(Hebbian, OjasUnitFindsTheFirstPrincipalComponentWithUnitNorm) {
  const auto w = trained(HebbianForm::oja, 1, 8000);
  double squares = 0;
  for (const double x : w.flat()) squares += x * x;
  EXPECT_NEAR(std::sqrt(squares), 1, 0.06);
  EXPECT_GE(std::abs(w(0, 0)) / std::sqrt(squares), 0.99);
}

TEST(Hebbian, TheGeneralisedRuleOrdersComponentsAndTheSubspaceRuleSpansThem) {
  const auto ordered = trained(HebbianForm::gha, 2, 12000);
  EXPECT_GE(std::abs(ordered(0, 0)), 0.95);
  EXPECT_GE(std::abs(ordered(1, 1)), 0.95);
  const auto subspace = trained(HebbianForm::subspace, 2, 12000);
  double outside = 0;
  for (std::size_t m = 0; m < 2; ++m) {
    for (std::size_t i = 2; i < 5; ++i) outside += subspace(m, i) * subspace(m, i);
  }
  EXPECT_LE(outside, 0.02);
}

TEST(Hebbian, HiddenLayersDoNotSeeTheTargets) {
  Case<> c({4, 6, 5, 3}, Activation::tanh, Activation::softmax, Loss::ce, 2, 6);
  HebbianRule<double> rule(c.net.description, HebbianForm::oja);
  const auto first = credit_of<double>(rule, c.net, c.batch());
  for (std::size_t n = 0; n < 3; ++n)
    std::swap_ranges(c.y.row(n).begin(), c.y.row(n).end(), c.y.row(5 - n).begin());
  const auto shuffled = credit_of<double>(rule, c.net, c.batch());
  EXPECT_EQ(first.dW[0], shuffled.dW[0]);
  EXPECT_EQ(first.dW[1], shuffled.dW[1]);
  EXPECT_NE(first.dW[2], shuffled.dW[2]);
}

}  // namespace
}  // namespace apical::layered
