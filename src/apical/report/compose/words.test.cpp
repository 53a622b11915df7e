// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/words.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/report_samples.h"

namespace apical {
namespace {

ModelResult model(const std::string& label, std::vector<double> accuracies, bool reference = false) {
  ModelResult m{.label = label, .model = label, .reference = reference};
  for (std::size_t i = 0; i < accuracies.size(); ++i) m.test_accuracy.push_back({i, accuracies[i]});
  return m;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ReportWords, GapIsPairedBySeedSoThatSharedVarianceCancels) {
  const ModelResult a = model("a", {.90, .95, .80}), b = model("b", {.91, .96, .81}, true);
  const MeanInterval gap = accuracy_gap(a, b);
  EXPECT_NEAR(gap.mean, -0.01, 1e-12);
  EXPECT_NEAR(gap.high - gap.low, 0, 1e-12);
}

TEST(ReportWords, SaysBelowOnlyWhereTheIntervalExcludesZero) {
  ReportData d{.title = "t"};
  d.models = {model("a", {.900, .902, .901}), model("b", {.950, .951, .953}, true)};
  EXPECT_TRUE(contains(summary_sentences(d), "points below b"));
  d.models[0] = model("a", {.93, .97, .952});
  EXPECT_TRUE(contains(summary_sentences(d), "not distinguishable from b"));
}

TEST(ReportWords, OneSeedIsSaidAndWarnedOf) {
  ReportData d{.title = "t"};
  d.models = {model("a", {.9})};
  EXPECT_TRUE(contains(summary_sentences(d), "one seed, hence no interval"));
  ASSERT_EQ(all_warnings(d).size(), 1U);
  EXPECT_TRUE(contains(all_warnings(d)[0], "one seed only"));
}

TEST(ReportWords, NoMeanOverTheSeedsThatSurvived) {
  ReportData d{.title = "t"};
  d.models = {model("a", {.9, std::nan(""), .92})};
  EXPECT_EQ(accuracy_interval(d.models[0]).n, 0U);
  EXPECT_TRUE(contains(summary_sentences(d), "no finite test result"));
  EXPECT_TRUE(contains(all_warnings(d).at(0), "seed 1"));
}

TEST(ReportWords, LossesAreSummarisedGeometricallyUnlessOneIsNotPositive) {
  ReportData d{.title = "t"};
  d.models = {ModelResult{.label = "a", .model = "a", .test_loss = {{1, 1e-6}, {2, 1e-2}}}};
  EXPECT_NEAR(loss_interval(d, d.models[0]).mean, 1e-4, 1e-12);
  d.models[0].test_loss[0].value = 0;
  EXPECT_NEAR(loss_interval(d, d.models[0]).mean, 5e-3, 1e-12);
}

TEST(ReportWords, LossGapIsAPairedRatio) {
  ReportData d{.title = "t"};
  d.models = {
      ModelResult{.label = "a", .model = "a", .test_loss = {{1, 2e-4}, {2, 2.2e-2}, {3, 2e-3}}},
      ModelResult{
          .label = "b", .model = "b", .reference = true, .test_loss = {{1, 1e-4}, {2, 1e-2}, {3, 1e-3}}}};
  EXPECT_NEAR(loss_ratio(d, d.models[0], d.models[1]).mean, std::cbrt(2 * 2.2 * 2), 1e-9);
  EXPECT_TRUE(contains(summary_sentences(d), "2.06 times that of b"));
  d.models[0].test_loss[0].value = 2e-5;
  EXPECT_TRUE(contains(summary_sentences(d), "not distinguishable from b"));
  d.models[1].test_loss[0].value = 0;
  EXPECT_EQ(loss_ratio(d, d.models[0], d.models[1]).n, 0U);
}

TEST(ReportWords, ManyModelsAreSummarisedByReferenceHighestAndLowest) {
  ReportData d{.title = "t"};
  for (int i = 0; i < 10; ++i)
    d.models.push_back(model("model" + std::to_string(i), {.5 + .01 * i, .505 + .01 * i}, i == 4));
  const std::string text = summary_sentences(d);
  EXPECT_TRUE(contains(text, "10 models") && contains(text, "The reference: model4") &&
              contains(text, "highest mean: model9") && contains(text, "lowest: model0"));
  EXPECT_FALSE(contains(text, "model5 "));
}

TEST(ReportWords, AngleIsThatOfTheTotalAtTheEnd) {
  ModelResult m = model("a", {.9, .9});
  EXPECT_EQ(angle_interval(m).n, 0U);
  m.alignment = {{"v1", {{1, {0, 1}, {80, 70}}}}, {"total", {{1, {0, 1}, {60, 20}}, {2, {0, 1}, {60, 30}}}}};
  EXPECT_DOUBLE_EQ(angle_interval(m).mean, 25);
}

}  // namespace
}  // namespace apical
