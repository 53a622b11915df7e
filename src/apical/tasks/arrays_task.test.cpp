// SPDX-License-Identifier: Apache-2.0
// Samples of one's own: what arrays and tables become, and what is said of wrong ones.
#include "apical/tasks/arrays_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "apical/io/npz.h"
#include "apical/io/test_directory.h"
#include "apical/tasks/array_data.h"
#include "apical/tasks/fingerprint.h"

namespace apical {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> input_of(const Split& split, std::size_t sample) {
  std::vector<double> x(split.inputs.features());
  split.read_input(sample, std::span<double>(x));
  return x;
}

class ArraysTask : public testing::Test {
 protected:
  Dataset made(const TaskParameters& p) const {
    Resources resources{pool_, data_.path()};
    resources.arrays = handed_;
    return make_dataset("arrays", p, resources);
  }
  std::string refusal(const TaskParameters& p) const {
    try {
      made(p);
    } catch (const Error& e) {
      return e.what();
    }
    return "nothing was thrown";
  }
  /// Files lie in the folder of data sets: relative paths are sought there.
  template <class T>
  void npz(const std::string& file, std::vector<std::uint64_t> shape, const std::vector<T>& inputs,
           const std::vector<std::int32_t>& labels) const {
    io::write_npz(data_ / file, std::vector{io::npy_array<T>("inputs", std::move(shape), inputs),
                                            io::npy_array<std::int32_t>("labels", {labels.size()}, labels)});
  }
  void text(const std::string& file, const std::string& content) const {
    io::write_atomically(data_ / file, std::string_view(content));
  }
  static TaskParameters from(const std::string& train) { return TaskParameters{}.set("train", train); }

  io::TestDirectory data_;
  mutable ThreadPool pool_{1};
  std::shared_ptr<const HandedArrays> handed_;
};

TEST_F(ArraysTask, ReadsInputsAndLabelsOfAnArchive) {
  npz<float>("train.npz", {3, 2}, {1, 2, 3, 4, 5, 6}, {7, 3, 7});
  npz<float>("test.npz", {1, 2}, {8, 9}, {3});
  const Dataset d = made(from("train.npz").set("test", "test.npz"));
  EXPECT_EQ(d.inputs(), 2U);
  EXPECT_EQ(d.outputs(), 2U);
  EXPECT_THAT(d.class_names, ElementsAre("3", "7"));
  EXPECT_THAT(d.train.labels, ElementsAre(1, 0, 1));
  EXPECT_THAT(d.test.labels, ElementsAre(0));
  EXPECT_EQ(input_of(d.train, 1), (std::vector<double>{3, 4}));
  EXPECT_EQ(input_of(d.test, 0), (std::vector<double>{8, 9}));
  EXPECT_EQ(d.validation.size(), 0U);
  EXPECT_EQ(d.readout, Readout::largest_output);
  std::vector<double> y(2);
  d.train.read_target(0, std::span<double>(y));
  EXPECT_EQ(y, (std::vector<double>{0, 1}));
}

TEST_F(ArraysTask, NamesMayDependOnThePart) {
  const std::vector<float> x{1, 2};
  const std::vector<std::int32_t> y{0, 1};
  io::write_npz(
      data_ / "all.npz",
      std::vector{io::npy_array<float>("x_train", {2, 1}, x), io::npy_array<std::int32_t>("y_train", {2}, y),
                  io::npy_array<float>("x_test", {2, 1}, x), io::npy_array<std::int32_t>("y_test", {2}, y)});
  const TaskParameters p = from("all.npz")
                               .set("test", "all.npz")
                               .set("inputs", std::vector<std::string>{"x_{part}"})
                               .set("labels", "y_{part}");
  EXPECT_EQ(made(p).test.size(), 2U);
  EXPECT_THAT(refusal(TaskParameters(p).set("labels", "y_{part}s")),
              testing::AllOf(HasSubstr("all.npz has no array 'y_trains', which 'task.labels' names"),
                             HasSubstr("x_test [2, 1]"), HasSubstr("did you mean 'y_train'?")));
}

TEST_F(ArraysTask, AFolderOfNpyFilesIsAnArchive) {
  const std::vector<double> x{1, 2, 3, 4}, y{0.5, -0.5};
  std::filesystem::create_directory(data_ / "own");
  io::write_npy(data_ / "own/inputs.npy", io::npy_array<double>("", {2, 2}, x));
  io::write_npy(data_ / "own/wanted.npy", io::npy_array<double>("", {2}, y));
  const Dataset d = made(from("own").set("targets", std::vector<std::string>{"wanted"}));
  EXPECT_EQ(d.readout, Readout::regression);
  EXPECT_EQ(d.outputs(), 1U);
  EXPECT_EQ(d.train.targets(1, 0), -0.5);
  EXPECT_THAT(
      refusal(from("own/inputs.npy")),
      testing::AllOf(HasSubstr("holds a single array"), HasSubstr("own, whose .npy files are its arrays")));
}

TEST_F(ArraysTask, ATableHasColumnsAndLabelsInWords) {
  text("iris.csv", "length,width,species\n1,2,setosa\n3,4,virginica\n5,6,setosa\n");
  const Dataset d = made(from("iris.csv").set("labels", "species"));
  EXPECT_THAT(d.class_names, ElementsAre("setosa", "virginica"));
  EXPECT_THAT(d.train.labels, ElementsAre(0, 1, 0));
  EXPECT_EQ(input_of(d.train, 2), (std::vector<double>{5, 6}));
  const Dataset one =
      made(from("iris.csv").set("labels", "species").set("inputs", std::vector<std::string>{"width"}));
  EXPECT_EQ(input_of(one.train, 2), (std::vector<double>{6}));
  const Dataset regression = made(from("iris.csv")
                                      .set("inputs", std::vector<std::string>{"length"})
                                      .set("targets", std::vector<std::string>{"width"}));
  EXPECT_EQ(regression.train.targets(2, 0), 6);
}

TEST_F(ArraysTask, LabelsAreTheSameWholeNumbersHoweverTheyArePrinted) {
  text("mixed.csv", "x,y,label\n1,2,1\n3,4,1.0\n5,6,0.0\n7,8,0.5\n");
  const Dataset d = made(from("mixed.csv").set("labels", "label"));
  EXPECT_THAT(d.class_names, ElementsAre("0", "0.5", "1"));
  EXPECT_EQ(d.train.labels[0], d.train.labels[1]);
}

TEST_F(ArraysTask, WrongTablesNameTheLine) {
  text("a.csv", "x,y,label\n1,2,0\n3,,1\n");
  text("b.csv", "x,y,label\n1,2,0\n3,1\n");
  text("c.csv", "x,y,label\n1,2,0\n3,nan,1\n");
  text("d.csv", "x,y,label\n1,2,\n3,4,1\n");
  text("e.csv", "x;y;label\n1;2;0\n");
  const auto said = [&](const std::string& file) { return refusal(from(file).set("labels", "label")); };
  EXPECT_THAT(said("a.csv"), HasSubstr("a.csv:3: column 'y' is empty; expected a finite number"));
  EXPECT_THAT(said("b.csv"), HasSubstr("b.csv:3: has 2 cells; expected 3"));
  EXPECT_THAT(said("c.csv"), HasSubstr("c.csv:3: column 'y' is 'nan'"));
  EXPECT_THAT(said("d.csv"), HasSubstr("d.csv:2: column 'label' is empty; expected a label"));
  EXPECT_THAT(said("e.csv"), HasSubstr("its cells are not separated by commas"));
  EXPECT_THAT(refusal(from("a.csv")),
              HasSubstr("no column 'labels', which 'task.labels' names; did you mean 'label'?"));
}

TEST_F(ArraysTask, WrongArraysAreExplainedWithShapesAndIndices) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  npz<float>("flat.npz", {3}, {1, 2, 3}, {0, 1, 0});
  npz<float>("deep.npz", {3, 1, 1}, {1, 2, 3}, {0, 1, 0});
  npz<float>("nan.npz", {3, 2}, {1, 2, 3, nan, 5, 6}, {0, 1, 0});
  npz<float>("few.npz", {3, 1}, {1, 2, 3}, {0, 1});
  npz<float>("empty.npz", {0, 2}, {}, {});
  npz<float>("good.npz", {3, 2}, {1, 2, 3, 4, 5, 6}, {0, 1, 0});
  npz<float>("wide.npz", {1, 3}, {1, 2, 3}, {0});
  npz<float>("seven.npz", {1, 2}, {1, 2}, {7});
  EXPECT_THAT(refusal(from("flat.npz")),
              HasSubstr("inputs is [3]; expected [sample, feature]; of one feature [sample, 1]"));
  EXPECT_THAT(refusal(from("deep.npz")), HasSubstr("axes = \"time\" takes [sample, time, feature]"));
  EXPECT_THAT(refusal(from("nan.npz")), HasSubstr("nan.npz: inputs[1, 1] is nan; expected finite numbers"));
  EXPECT_THAT(refusal(from("few.npz")), HasSubstr("inputs [3, 1] has 3 samples, but labels is [2]"));
  EXPECT_THAT(refusal(from("empty.npz")), HasSubstr("inputs is [0, 2], which is empty"));
  EXPECT_THAT(refusal(from("good.npz").set("test", "wide.npz")),
              HasSubstr("wide.npz: inputs is [1, 3], but inputs [3, 2] of"));
  EXPECT_THAT(refusal(from("good.npz").set("test", "seven.npz")),
              HasSubstr("seven.npz: labels[0] is 7; expected a class of the training samples: 0 and 1"));
  EXPECT_THAT(refusal(from("good.npz").set("classes", 1)),
              HasSubstr("good.npz: labels[1] is 1; expected a whole number from 0 to 0 (classes = 1)"));
  EXPECT_EQ(made(from("good.npz").set("classes", 4)).outputs(), 4U);
  EXPECT_THAT(refusal(from("godo.npz")),
              testing::AllOf(HasSubstr("there is no godo.npz"), HasSubstr("did you mean good.npz?")));
  EXPECT_THAT(refusal({}), HasSubstr("task 'arrays' needs 'train'"));
}

TEST_F(ArraysTask, LabelsThatAreNoWholeNumbersAreTargets) {
  const std::vector<float> x{1, 2}, y{0, 0.5};
  io::write_npz(data_ / "a.npz", std::vector{io::npy_array<float>("inputs", {2, 1}, x),
                                             io::npy_array<float>("labels", {2}, y)});
  EXPECT_THAT(refusal(from("a.npz")), HasSubstr("labels[1] is 0.5; expected a whole number"));
  const TaskParameters regression = from("a.npz").set("targets", std::vector<std::string>{"labels"});
  EXPECT_EQ(made(regression).train.targets(1, 0), 0.5);
}

TEST_F(ArraysTask, FractionsAreTakenOutAtRandomOnceForAll) {
  std::vector<float> x(100);
  std::vector<std::int32_t> y(100);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<float>(i);
    y[i] = static_cast<std::int32_t>(i % 2);
  }
  npz<float>("a.npz", {100, 1}, x, y);
  const TaskParameters p = from("a.npz").set("validation_fraction", 0.2).set("test_fraction", 0.1);
  const Dataset d = made(p);
  std::set<double> seen;
  for (const Split* s : {&d.train, &d.validation, &d.test}) {
    for (std::size_t i = 0; i < s->size(); ++i) {
      const double value = input_of(*s, i).front();
      seen.insert(value);
      EXPECT_EQ(s->labels[i], static_cast<std::int32_t>(value) % 2) << "a sample keeps its label";
    }
  }
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(d.validation.size(), 20U);
  EXPECT_EQ(d.test.size(), 10U);
  const Dataset other = made(TaskParameters(p).set("split_seed", 1));
  EXPECT_NE(input_of(d.test, 0), input_of(other.test, 0));
  EXPECT_THAT(refusal(from("a.npz").set("validation_fraction", 0.7).set("test_fraction", 0.4)),
              HasSubstr("leaves none of 100 samples"));
  EXPECT_THAT(refusal(from("a.npz").set("validation", "a.npz").set("validation_fraction", 0.4)),
              HasSubstr("there are samples of their own for that"));
}

TEST_F(ArraysTask, NormalisationIsThatOfTheTrainingSamples) {
  npz<float>("a.npz", {2, 2}, {1, 5, 3, 5}, {0, 1});
  npz<float>("b.npz", {1, 2}, {4, 6}, {0});
  const Dataset d = made(from("a.npz").set("test", "b.npz").set("normalisation", "standard"));
  EXPECT_EQ(input_of(d.train, 0), (std::vector<double>{-1, 0}));
  EXPECT_EQ(input_of(d.test, 0), (std::vector<double>{2, 1})) << "a constant feature is shifted only";
  // The mean of many equal numbers is none of them, by rounding: what never changes is 0 all the same.
  for (const double constant : {0.1, 0.3, 3.0, 1000.0, 1e-300, -7e17}) {
    std::vector<double> x;
    std::vector<std::int32_t> labels;
    for (int i = 0; i < 480; ++i) {
      x.push_back(constant);
      x.push_back(i);
      labels.push_back(i % 2);
    }
    npz<double>("constant.npz", {480, 2}, x, labels);
    const Dataset same = made(from("constant.npz").set("normalisation", "standard"));
    EXPECT_EQ(input_of(same.train, 7)[0], 0) << constant;
    EXPECT_LT(std::abs(input_of(same.train, 7)[1]), 2);
  }
  npz<std::uint8_t>("bytes.npz", {2, 1}, {0, 255}, {0, 1});
  EXPECT_EQ(input_of(made(from("bytes.npz")).train, 1), (std::vector<double>{255}));
  EXPECT_EQ(input_of(made(from("bytes.npz").set("normalisation", "unit")).train, 1),
            (std::vector<double>{1}));
  EXPECT_THAT(refusal(from("a.npz").set("normalisation", "unit")), HasSubstr("are no bytes"));
}

TEST_F(ArraysTask, AnAxisOfTimeMakesSequences) {
  npz<float>("a.npz", {2, 3, 1}, {1, 2, 3, 4, 5, 6}, {0, 1});
  const TaskParameters p = from("a.npz").set("axes", "time").set("dt_ms", 0.5).set("steps_per_row", 2);
  const Dataset d = made(p);
  ASSERT_TRUE(d.is_sequence());
  EXPECT_EQ(d.inputs(), 1U);
  EXPECT_EQ(d.train.sequences[1].steps(), 6U);
  EXPECT_EQ(d.train.sequences[1].at(3)[0], 5);
  EXPECT_EQ(d.sequence_dt_ms, 0.5);
  const TaskInfo info = task_with("arrays", p);
  EXPECT_TRUE(info.sequences && info.classifies);
  EXPECT_FALSE(
      task_with("arrays", TaskParameters(p).set("targets", std::vector<std::string>{"y"})).classifies);
  EXPECT_EQ(made(from("a.npz").set("axes", "flatten")).inputs(), 3U);
}

TEST_F(ArraysTask, ArraysInMemoryAreSharedNotCopied) {
  const io::Array x = io::array_of<float>({2, 2}, {1, 2, 3, 4});
  HandedArrays mine;
  mine.by_name["day 1"] = {.inputs = x, .label_names = {"left", "right"}};
  handed_ = std::make_shared<const HandedArrays>(mine);
  const Dataset d = made(from("memory:day 1"));
  EXPECT_EQ(static_cast<const void*>(d.train.inputs.bytes().data()),
            static_cast<const void*>(x.values.data()));
  EXPECT_THAT(d.class_names, ElementsAre("left", "right"));
  EXPECT_THAT(refusal(from("memory:day 2")),
              HasSubstr("no arrays of this name were handed in; did you mean 'day 1'?"));
  handed_.reset();
  EXPECT_THAT(refusal(from("memory:day 1")), HasSubstr("only a program that has them in memory"));
}

TEST_F(ArraysTask, TheFingerprintSeesEveryNumber) {
  npz<float>("a.npz", {2, 2, 1}, {1, 2, 3, 4}, {0, 1});
  npz<float>("b.npz", {2, 2, 1}, {1, 2, 3, 5}, {0, 1});
  for (const char* axes : {"time", "flatten"}) {
    const auto print = [&](const char* file) {
      return fingerprint_of(made(from(file).set("axes", axes)), pool_);
    };
    EXPECT_TRUE(differences(print("a.npz"), print("a.npz")).empty());
    EXPECT_THAT(differences(print("a.npz"), print("b.npz")), ElementsAre("train inputs differ")) << axes;
  }
}

}  // namespace
}  // namespace apical
