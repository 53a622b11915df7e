// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/teacher_student.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace apical {
namespace {

TaskParameters with_seed(double seed) { return TaskParameters{}.set("seed", seed).set("layers", "4-2-1"); }

std::vector<double> inputs_of(const Split& split) {
  std::vector<double> all, row(split.inputs.features());
  for (std::size_t i = 0; i < split.size(); ++i) {
    split.read_input(i, std::span<double>(row));
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

TEST(TeacherStudent, TargetsAreTheTeachersAnswers) {
  const Dataset data = make_dataset("teacher-student", with_seed(5));
  ASSERT_EQ(data.train.size(), 100U);
  ASSERT_EQ(data.inputs(), 4U);
  ASSERT_EQ(data.outputs(), 1U);
  const Teacher teacher = draw_teacher(5, {4, 2, 1});
  const double gamma = 0.1 / 0.13;
  std::vector<double> x(4);
  for (std::size_t i = 0; i < 100; ++i) {
    data.train.read_input(i, std::span<double>(x));
    double u = 0;
    for (std::size_t h = 0; h < 2; ++h) {
      double sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += teacher.weights[0](h, k) * x[k];
      u += teacher.weights[1](0, h) * std::tanh(gamma * sum);
    }
    EXPECT_NEAR(data.train.targets(i, 0), std::tanh(gamma * u), 1e-15);
  }
}

TEST(TeacherStudent, TargetPotentialsAreTheRatesBeforeTheActivation) {
  const Dataset data = make_dataset("teacher-student", with_seed(5));
  for (const Split* split : {&data.train, &data.validation, &data.test}) {
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(std::tanh(split->target_potentials(i, 0)), split->targets(i, 0));
    }
  }
}

TEST(TeacherStudent, EverySeedHasItsOwnTeacherAndItsOwnInputs) {
  const Teacher a = draw_teacher(1, {8, 4, 1}), b = draw_teacher(2, {8, 4, 1});
  std::set<double> weights;
  for (const Teacher* teacher : {&a, &b}) {
    for (const auto& w : teacher->weights) weights.insert(w.flat().begin(), w.flat().end());
  }
  EXPECT_EQ(weights.size(), 2U * (8 * 4 + 4));
  // Over many seeds inputs of two seeds are uncorrelated: five standard errors of n = 400 products.
  const auto x = inputs_of(make_dataset("teacher-student", with_seed(1)).train);
  const auto y = inputs_of(make_dataset("teacher-student", with_seed(2)).train);
  double covariance = 0;
  for (std::size_t i = 0; i < x.size(); ++i) covariance += (x[i] - 0.5) * (y[i] - 0.5);
  EXPECT_LT(std::abs(covariance) * 12 / static_cast<double>(x.size()),
            5 / std::sqrt(static_cast<double>(x.size())));
}

TEST(TeacherStudent, SplitsShareTheTeacherButNoInput) {
  const Dataset data = make_dataset("teacher-student", with_seed(9));
  std::set<double> seen;
  for (const Split* split : {&data.train, &data.validation, &data.test}) {
    EXPECT_EQ(split->size(), 100U);
    for (double value : inputs_of(*split)) {
      EXPECT_TRUE(value >= 0 && value < 1);
      EXPECT_TRUE(seen.insert(value).second);
    }
  }
}

TEST(TeacherStudent, WeightsAreUniformBetweenMinusOneAndOne) {
  const Teacher teacher = draw_teacher(3, {100, 100, 1});
  double sum = 0, squares = 0;
  for (double w : teacher.weights[0].flat()) {
    EXPECT_TRUE(w >= -1 && w < 1);
    sum += w;
    squares += w * w;
  }
  EXPECT_NEAR(sum / 1e4, 0, 5 * std::sqrt(1.0 / 3 / 1e4));
  EXPECT_NEAR(squares / 1e4, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / 1e4));
}

TEST(TeacherStudent, ALinearTeacherIsAProductOfMatrices) {
  const Dataset data =
      make_dataset("teacher-student", with_seed(4).set("activation", "linear").set("gamma", 1));
  const Teacher teacher = draw_teacher(4, {4, 2, 1});
  std::vector<double> x(4);
  data.train.read_input(0, std::span<double>(x));
  double expected = 0;
  for (std::size_t h = 0; h < 2; ++h) {
    for (std::size_t k = 0; k < 4; ++k)
      expected += teacher.weights[1](0, h) * teacher.weights[0](h, k) * x[k];
  }
  EXPECT_NEAR(data.train.targets(0, 0), expected, 1e-15);
}

TEST(TeacherStudent, NormalInputsHaveUnitVariance) {
  const auto p = with_seed(6).set("input_law", "normal").set("samples", 2500);
  double squares = 0;
  const auto x = inputs_of(make_dataset("teacher-student", p).train);
  for (double value : x) squares += value * value;
  EXPECT_NEAR(squares / 1e4, 1.0, 5 * std::sqrt(2.0 / 1e4));
}

}  // namespace
}  // namespace apical
