// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/words.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/report/compose/metric_look.h"
#include "support/report_samples.h"

namespace apical {
namespace {

const Metric kAccuracy = metric_of("accuracy"), kLoss = metric_of("loss");

RunData model(const std::string& label, std::vector<double> accuracies, bool reference = false) {
  RunData m{.label = label, .model = label, .reference = reference};
  for (std::size_t i = 0; i < accuracies.size(); ++i)
    samples::measure(m, "test", "accuracy", 1, {{i, accuracies[i]}});
  return m;
}

RunData with_losses(const std::string& label, std::vector<double> losses, bool reference = false) {
  RunData m{.label = label, .model = label, .reference = reference};
  for (std::size_t i = 0; i < losses.size(); ++i) samples::measure(m, "test", "loss", 1, {{i, losses[i]}});
  return m;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ReportWords, GapIsPairedBySeedSoThatSharedVarianceCancels) {
  const RunData a = model("a", {.90, .95, .80}), b = model("b", {.91, .96, .81}, true);
  const MeanInterval gap = difference_of(a, b, kAccuracy);
  EXPECT_NEAR(gap.mean, -0.01, 1e-12);
  EXPECT_NEAR(gap.high - gap.low, 0, 1e-12);
}

TEST(ReportWords, SaysBelowOnlyWhereTheIntervalExcludesZero) {
  ReportData d{.title = "t"};
  d.runs = {model("a", {.900, .902, .901}), model("b", {.950, .951, .953}, true)};
  EXPECT_TRUE(contains(summary_sentences(d), "points below b"));
  d.runs[0] = model("a", {.93, .97, .952});
  EXPECT_TRUE(contains(summary_sentences(d), "not distinguishable from b"));
}

TEST(ReportWords, OneSeedIsSaidAndWarnedOf) {
  ReportData d{.title = "t"};
  d.runs = {model("a", {.9})};
  EXPECT_TRUE(contains(summary_sentences(d), "one seed, hence no interval"));
  ASSERT_EQ(all_warnings(d).size(), 1U);
  EXPECT_TRUE(contains(all_warnings(d)[0], "one seed only"));
}

TEST(ReportWords, AWarningOfManyRunsIsOneLine) {
  ReportData d{.title = "t"};
  for (int i = 0; i < 30; ++i) {
    d.runs.push_back(model("run " + std::to_string(i), {.9}));
    d.runs.back().warnings = {{"", "diagnosis: loss rose by " + std::to_string(i) + " %"}};
  }
  const std::vector<std::string> all = all_warnings(d);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0],
            "30 runs, from run 0: diagnosis: loss rose by 0 %, to run 29: diagnosis: loss rose by 29 %");
  EXPECT_TRUE(contains(all[1], "30 runs, for example run 0: one seed only"));
}

TEST(ReportWords, NoMeanOverTheSeedsThatSurvived) {
  ReportData d{.title = "t"};
  d.runs = {model("a", {.9, std::nan(""), .92})};
  EXPECT_EQ(interval_of(d.runs[0], kAccuracy).n, 0U);
  EXPECT_TRUE(contains(summary_sentences(d), "no finite test result"));
  EXPECT_TRUE(contains(all_warnings(d).at(0), "seed 1"));
}

TEST(ReportWords, ALossIsSummarisedAloneAndNeverBelowZero) {
  for (const std::vector<double>& losses : {std::vector{1e-6, 1e-2}, {0, 1e-2}}) {
    const MeanInterval i = interval_of(with_losses("a", losses), kLoss);
    EXPECT_NEAR(i.mean, (losses[0] + losses[1]) / 2, 1e-12);
    EXPECT_GT(i.low, 0);
    EXPECT_GT(i.high, i.mean);
  }
}

TEST(ReportWords, EveryMetricThatModelsAreComparedByHasASentence) {
  for (const Metric& m : metrics()) {
    if (m.headline_at != std::vector<std::string>{"test"} || m.better == Better::neither) continue;
    RunData run{.label = "this run", .model = "a"};
    samples::measure(run, "test", m.name, 1, {{1, 0.5}, {2, 0.75}});
    ReportData d{.title = "t"};
    d.runs = {run};
    const std::string text = summary_sentences(d);
    EXPECT_TRUE(contains(text, "this run") && contains(text, "interval [")) << m.name << ": " << text;
    EXPECT_FALSE(contains(text, "{")) << m.name << ": " << text;
  }
}

TEST(ReportWords, WhereNothingWasTestedTheLastValidationSpeaks) {
  RunData run{.label = "this run", .model = "a"};
  samples::measure(run, "validation", "accuracy", {{1, {0, 1}, {.5, .9}}, {2, {0, 1}, {.5, .92}}});
  samples::measure(run, "total", "angle_deg", {{1, {0, 1}, {80, 20}}, {2, {0, 1}, {80, 22}}});
  ReportData d{.title = "t"};
  d.runs = {run};
  EXPECT_TRUE(contains(summary_sentences(d), "reached a validation accuracy of 91")) << summary_sentences(d);
  samples::measure(d.runs[0], "test", "accuracy", 1, {{1, 0.7}, {2, 0.72}});
  EXPECT_TRUE(contains(summary_sentences(d), "reached a test accuracy of 71")) << summary_sentences(d);
}

TEST(ReportWords, LossGapIsAPairedRatio) {
  ReportData d{.title = "t"};
  d.runs = {with_losses("a", {2e-4, 2.2e-2, 2e-3}), with_losses("b", {1e-4, 1e-2, 1e-3}, true)};
  EXPECT_NEAR(ratio_of(d, d.runs[0], d.runs[1], kLoss).mean, std::cbrt(2 * 2.2 * 2), 1e-9);
  EXPECT_TRUE(contains(summary_sentences(d), "2.06 times that of b"));
  d.runs[0] = with_losses("a", {2e-5, 2.2e-2, 2e-3});
  EXPECT_TRUE(contains(summary_sentences(d), "not distinguishable from b"));
  d.runs[1] = with_losses("b", {0, 1e-2, 1e-3}, true);
  EXPECT_EQ(ratio_of(d, d.runs[0], d.runs[1], kLoss).n, 0U);
}

TEST(ReportWords, ManyModelsAreSummarisedByReferenceBestAndWorst) {
  ReportData d{.title = "t"};
  for (int i = 0; i < 10; ++i)
    d.runs.push_back(model("model" + std::to_string(i), {.5 + .01 * i, .505 + .01 * i}, i == 4));
  const std::string text = summary_sentences(d);
  EXPECT_TRUE(contains(text, "10 models") && contains(text, "The reference: model4") &&
              contains(text, "best mean: model9") && contains(text, "The worst: model0"));
  EXPECT_FALSE(contains(text, "model5 "));
}

TEST(ReportWords, TheBestLossIsTheLowest) {
  ReportData d{.title = "t"};
  for (int i = 1; i < 7; ++i) d.runs.push_back(with_losses("model" + std::to_string(i), {.1 * i, .1 * i}));
  EXPECT_TRUE(contains(summary_sentences(d), "best mean: model1"));
}

TEST(ReportWords, AngleIsThatOfTheTotalAtTheEnd) {
  RunData m = model("a", {.9, .9});
  const Metric angle = metric_of("angle_deg");
  EXPECT_EQ(interval_of(m, angle).n, 0U);
  samples::measure(m, "v1", "angle_deg", {{1, {0, 1}, {80, 70}}});
  samples::measure(m, "total", "angle_deg", {{1, {0, 1}, {60, 20}}, {2, {0, 1}, {60, 30}}});
  EXPECT_DOUBLE_EQ(interval_of(m, angle).mean, 25);
}

}  // namespace
}  // namespace apical
