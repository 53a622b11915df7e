// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/run_axes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apical {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(RunAxes, AreTheKeysWithNumbersThatVary) {
  std::vector<ExperimentValues> runs;
  for (const double width : {10., 100., 1000.})
    runs.push_back({{"model.name", "burstprop"}, {"model.width", width}, {"run.threads", width}});
  const RunAxes one = axes_of_runs(runs);
  ASSERT_THAT(one.axes, SizeIs(1));
  EXPECT_EQ(one.axes[0].name, "model.width");
  EXPECT_THAT(one.axes[0].at, ElementsAre(10, 100, 1000));
  EXPECT_TRUE(one.axes[0].logarithmic);
  EXPECT_THAT(one.series, ElementsAre("", "", ""));
  runs[2]["training.epochs"] = 3.;
  EXPECT_THAT(axes_of_runs(runs).axes, IsEmpty()) << "the others have no such key";
  runs[0]["training.epochs"] = 3.;
  runs[1]["training.epochs"] = 5.;
  EXPECT_THAT(axes_of_runs(runs).axes, SizeIs(2));
  runs.push_back(runs[0]);
  EXPECT_THAT(axes_of_runs(runs).axes, IsEmpty()) << "two runs at one place";
}

TEST(RunAxes, OfWhatGoesTogetherThereIsOne) {
  std::vector<ExperimentValues> runs;
  for (const double eta : {1., 2., 3.})
    runs.push_back(
        {{"model.eta", "[" + std::to_string(eta) + ", …]"}, {"model.eta.1", eta}, {"model.eta.2", eta}});
  RunAxes axes = axes_of_runs(runs);
  ASSERT_THAT(axes.axes, SizeIs(1));
  EXPECT_EQ(axes.axes[0].name, "model.eta");
  EXPECT_FALSE(axes.axes[0].logarithmic);
  for (ExperimentValues& run : runs) run["training.epochs"] = 10 * std::get<double>(run["model.eta.1"]);
  axes = axes_of_runs(runs);
  ASSERT_THAT(axes.axes, SizeIs(1));
  EXPECT_EQ(axes.axes[0].name, "model.eta.1, model.eta.2, training.epochs");
  for (ExperimentValues& run : runs) run["training.epochs"] = 40 - 10 * std::get<double>(run["model.eta.1"]);
  EXPECT_THAT(axes_of_runs(runs).axes, SizeIs(2)) << "one falls as the other rises";
  runs[1]["training.epochs"] = 35.;  // different in each run, as in a random search
  EXPECT_THAT(axes_of_runs(runs).axes, SizeIs(2));
}

TEST(RunAxes, PartRunsOfOtherModelsIntoSeries) {
  std::vector<ExperimentValues> runs;
  for (const double width : {8., 16., 32.}) {
    runs.push_back({{"model.name", "burstprop"}, {"model.eta", 0.1}, {"model.width", width}});
    runs.push_back({{"model.name", "backpropagation"}, {"model.rate", 0.3}, {"model.width", width}});
  }
  const RunAxes axes = axes_of_runs(runs);
  ASSERT_THAT(axes.axes, SizeIs(1));
  EXPECT_EQ(axes.axes[0].name, "model.width");
  EXPECT_EQ(axes.series[0], "burstprop");
  EXPECT_EQ(axes.series[1], "backpropagation");
  runs[0]["model.eta"] = runs[2]["model.eta"] = runs[4]["model.eta"] = 0.1;
  runs.push_back({{"model.name", "hebbian"}, {"model.width", 8.}});
  EXPECT_THAT(axes_of_runs(runs).axes, IsEmpty()) << "one run is no line";
  runs.pop_back();
  runs[0]["model.eta"] = 0.2;
  EXPECT_THAT(axes_of_runs(runs).axes, IsEmpty()) << "eta varies in one series, and the other has none";
}

TEST(RunAxes, NameTheNumbersInWhichSeriesDiffer) {
  std::vector<ExperimentValues> runs;
  for (const double eta : {0.1, 0.2}) {
    runs.push_back({{"model.activation", "relu"}, {"model.width", 100.}, {"model.eta", eta}});
    runs.push_back({{"model.activation", "tanh"}, {"model.width", 500.}, {"model.eta", eta}});
  }
  const RunAxes axes = axes_of_runs(runs);
  ASSERT_THAT(axes.axes, SizeIs(1));
  EXPECT_EQ(axes.series[0], "activation relu, width 100");
  EXPECT_EQ(axes.series[3], "activation tanh, width 500");
}

TEST(RunAxes, SeedsOfTasksAreNames) {
  std::vector<ExperimentValues> runs;
  for (const double seed : {1., 2., 3.}) runs.push_back({{"task.split_seed", seed}, {"model.eta", 0.1}});
  EXPECT_THAT(axes_of_runs(runs).axes, IsEmpty());
  EXPECT_EQ(axes_of_runs(runs).series[1], "split_seed 2");
}

TEST(RunAxes, AreLogarithmicWhereValuesLieMoreEvenlySo) {
  EXPECT_TRUE(ask_for_log({0.001, 0.01, 0.1}));
  EXPECT_TRUE(ask_for_log({8, 1, 4, 2}));
  EXPECT_FALSE(ask_for_log({1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_FALSE(ask_for_log({100, 200, 400})) << "less than a decade, nearly";
  EXPECT_FALSE(ask_for_log({0, 1, 10, 100}));
  EXPECT_FALSE(ask_for_log({-100, -1, 1}));
}

}  // namespace
}  // namespace apical
