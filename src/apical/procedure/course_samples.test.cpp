// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "apical/core/error.h"
#include "apical/models/payeur2021_mnist.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

using testing::HasSubstr;

/// Yin-yang's four inputs and three classes, shown to a network of four sources.
struct Shown {
  SpikingCircuit circuit = payeur2021::mnist_network({.hidden = 10, .per_class = 3}, 4);
  Course course;
  Dataset data = make_dataset(
      "yin-yang",
      TaskParameters().set("train_samples", 20).set("validation_samples", 1).set("test_samples", 10));
  Shown() {
    course.samples = course::Samples{.task = "yin-yang", .population = "in", .train = 20, .test = 10};
    course.teacher = course::Teacher{.population = "out"};
  }
};

std::string complaint(const std::function<void(Shown&)>& spoil) {
  Shown s;
  spoil(s);
  try {
    check_samples(s.course, s.data, s.circuit);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(CourseSamples, ThatDoNotFitAreRefused) {
  EXPECT_EQ(complaint([](Shown&) {}), "");
  EXPECT_THAT(complaint([](Shown& s) { s.course.samples->pooling = 3; }),
              HasSubstr("samples.pooling is 3; expected a divisor of the 2 pixels per side"));
  EXPECT_THAT(complaint([](Shown& s) { s.course.samples->pooling = 2; }),
              HasSubstr("population 'in' has 4 sources; task 'yin-yang' sets 1"));
  EXPECT_THAT(complaint([](Shown& s) {
                s.course.samples->pooling = 2;
                Matrix<double> inputs(20, 3);
                s.data.train.inputs = Inputs(inputs);
              }),
              HasSubstr("are no square picture"));
  EXPECT_THAT(complaint([](Shown& s) {
                Matrix<double> inputs(20, 4);
                inputs(19, 2) = -0.5;
                s.data.train.inputs = Inputs(inputs);
              }),
              HasSubstr("an input of task 'yin-yang' is -0.5"));
  EXPECT_EQ(complaint([](Shown& s) {  // that is not shown
              Matrix<double> inputs(20, 4);
              inputs(19, 2) = -0.5;
              s.data.train.inputs = Inputs(inputs);
              s.course.samples->train = 19;
            }),
            "");
  EXPECT_THAT(complaint([](Shown& s) { s.course.samples->test = 11; }), HasSubstr("10 test samples"));
  EXPECT_THAT(
      complaint([](Shown& s) { s.circuit = payeur2021::mnist_network({.hidden = 10, .per_class = 2}, 4); }),
      HasSubstr("which 3 classes of task 'yin-yang' cannot share equally"));
}

}  // namespace
}  // namespace apical
