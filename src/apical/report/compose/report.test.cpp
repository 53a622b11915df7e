// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"
#include "support/report_samples.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using test::malformed;
using test::occurrences;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Report, IsWellFormedAndDeterministic) {
  const ReportData data = samples::report();
  const std::string page = render_report(data);
  EXPECT_EQ(malformed(page), "");
  EXPECT_EQ(page, render_report(data));
}

TEST(Report, LoadsNothingAndLinksOnlyToDois) {
  const std::string page = render_report(samples::report());
  for (const char* loads :
       {" src=", "@import", "url(", "<link", "<img", "<iframe", "fetch(", "XMLHttpRequest"})
    EXPECT_FALSE(contains(page, loads)) << loads;
  EXPECT_EQ(occurrences(page, " href=\""), occurrences(page, " href=\"https://doi.org/10."));
  EXPECT_TRUE(contains(page, "<a href=\"https://doi.org/10.1000/made.up\">10.1000/made.up</a>"));
}

TEST(Report, ShowsEveryModelAndEverySeed) {
  const ReportData data = samples::report();
  const std::string page = render_report(data);
  for (const ModelResult& m : data.models) {
    EXPECT_GE(occurrences(page, m.label), 4U) << m.label;
    for (const SeedValue& s : m.test_accuracy)
      EXPECT_TRUE(contains(page, m.label + ", seed " + std::to_string(s.seed)));
  }
  EXPECT_TRUE(contains(page, "sizes = [4, 120, 3] # &lt;inputs &amp; outputs&gt;"));
}

TEST(Report, DrawsTheFallsOfAPlantWithTheTeachersLine) {
  ReportData data;
  ModelResult m{.label = "steering", .model = "made-up"};
  m.metrics = {{"falls", "validation", {{1, {0, 1, 2}, {700, 30, 5}}, {2, {0, 1, 2}, {600, 40, 6}}}},
               {"teacher_falls", "validation", {{1, {0, 1, 2}, {4, 4, 4}}, {2, {0, 1, 2}, {4, 4, 4}}}},
               {"loss", "validation", {{1, {0, 1, 2}, {0.3, 0.2, 0.1}}, {2, {0, 1, 2}, {0.3, 0.2, 0.1}}}}};
  m.test_falls = {{1, 5}, {2, 7}};
  m.teacher_falls = {{1, 3}, {2, 3}};
  m.test_loss = {{1, 0.1}, {2, 0.1}};
  data.models = {m};
  const std::string page = render_report(data);
  EXPECT_EQ(malformed(page), "");
  EXPECT_TRUE(contains(
      page,
      "steering let its plant fall 6 times in the test (median of 2 seeds; mean 6.0, 95\u00A0% interval"));
  EXPECT_TRUE(contains(page, "its teacher, from the same starts, 3 times"));
  EXPECT_TRUE(contains(page, "The teacher fell 4 times from the same starts."));
  EXPECT_EQ(occurrences(page, "class=\"reference\""), 1U);
  EXPECT_FALSE(contains(page, "teacher_falls"));
  // Starts that differ after all have no common line.
  data.models[0].metrics[1].seeds[1].y[2] = 5;
  EXPECT_EQ(occurrences(render_report(data), "class=\"reference\""), 0U);
}

TEST(Report, OfASweepBeginsWithItsFigures) {
  ReportData d = samples::report();
  FigureExtra f{"Loss over width",
                "neurons",
                "test loss",
                "",
                true,
                {{"circuit", {{1, {50, 100, 1000}, {3, 2, 1}}, {2, {50, 100, 1000}, {4, 2, 1}}}}}};
  f.log_x = true;
  f.x_ticks = {50, 100, 1000};
  d.sweep = {f};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_LT(page.find("Along the sweep"), page.find("<h2>Results"));
  for (const char* tick : {">50</text>", ">100</text>", ">1000</text>"})
    EXPECT_TRUE(contains(page, tick)) << tick;
  EXPECT_TRUE(contains(page, "circuit, seed 2"));
}

TEST(Report, SaysWhatWasExpectedAndShowsPictures) {
  ReportData d = samples::report();
  d.reproduces = "A paper, Fig. 1";
  d.expectations = {{"median <loss>", "3 [2, 4]", "3 ± 1", "because", "source", true},
                    {"angle", "50", "at most 40", "because", "source", false}};
  d.pictures = {{"targets", "Zm9v"}};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_TRUE(contains(page, "Compared with A paper, Fig. 1"));
  EXPECT_TRUE(contains(page, "median &lt;loss&gt;"));
  EXPECT_EQ(occurrences(page, "<td>reproduced</td>"), 1U);
  EXPECT_EQ(occurrences(page, "<b>deviates</b>"), 1U);
  EXPECT_TRUE(contains(page, "src=\"data:image/png;base64,Zm9v\""));
}

TEST(Report, EscapesEverythingThatComesFromOutside) {
  const std::string evil = "<script>alert(\"x\")</script>&'";
  ReportData d = samples::report();
  d.title = d.summary = d.task = d.task_description = d.evaluation = d.experiment_toml = d.x_label = evil;
  d.models.resize(1);
  ModelResult& m = d.models[0];
  m.label = m.model = evil;
  m.citation = evil + " doi:10.1000/x\"onclick=\"y";
  m.metrics[0].metric = m.metrics[0].split = evil;
  m.alignment[0].area = evil;
  m.needs = {{evil, evil, evil}};
  m.warnings = {evil};
  d.provenance = {{evil, evil}};
  d.citations = {evil};
  d.extras = {{evil, evil, evil, evil, false, {{evil, samples::curves(2, 3, {0, 1, 1, .1}, 1)}}}};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_FALSE(contains(page, "<script>alert"));
  EXPECT_EQ(occurrences(page, "<script>"), 1U) << "our own";
  EXPECT_FALSE(contains(page, "onclick=\""));
}

TEST(Report, OneSeedHasNoIntervalsAndSaysSo) {
  ReportData d = samples::report();
  d.models = {samples::classifier("only", {.seeds = 1}, 3)};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_TRUE(contains(page, "one seed, hence no interval"));
  EXPECT_TRUE(contains(page, "One seed: no interval."));
  EXPECT_EQ(occurrences(page, "class=\"band\""), 0U);
  EXPECT_EQ(occurrences(page, "class=\"bar\""), 0U);
}

TEST(Report, RegressionWithoutAccuracyOrAlignment) {
  ReportData d = samples::report();
  ModelResult m = samples::classifier("layered-reference", {.loss = 3.3e-5}, 3);
  m.test_accuracy.clear();
  std::erase_if(m.metrics, [](const MetricCurves& c) { return c.metric == "accuracy"; });
  m.alignment.clear();
  d.models = {m};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_FALSE(contains(page, "Test accuracy"));
  EXPECT_TRUE(contains(page, "×\u00A010⁻⁵"));
  EXPECT_TRUE(contains(page, "Alignment was not recorded for layered-reference."));
}

TEST(Report, ManyModelsWithLostSeedsStayReadableAndWarn) {
  ReportData d = samples::report();
  d.models.clear();
  for (std::size_t i = 0; i < 10; ++i)
    d.models.push_back(samples::classifier("model " + std::to_string(i), {.seeds = 3, .epochs = 20}, 10 * i));
  d.models[8].test_accuracy[1].value = std::nan("");
  d.models[7].metrics[0].seeds[2].y[9] = std::nan("");
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_TRUE(contains(page, "model 8: values that are not finite in seed 101"));
  EXPECT_TRUE(contains(page, "model 7: values that are not finite in seed 102"));
  EXPECT_FALSE(contains(page, ">nan") || contains(page, "\"nan") || contains(page, "[nan"));
}

TEST(Report, AllClearIsSaidToo) {
  ReportData d = samples::report();
  EXPECT_TRUE(contains(render_report(d), "One warning"));
  d.models[1].warnings.clear();
  EXPECT_TRUE(contains(render_report(d), "No warnings"));
}

TEST(Report, EmptyDataStillMakeAPage) {
  EXPECT_EQ(malformed(render_report(ReportData{.title = "nothing"})), "");
}

TEST(Report, RefusesTwoModelsOfOneLabel) {
  ReportData d = samples::report();
  d.models[1].label = d.models[0].label;
  EXPECT_THROW(render_report(d), ConfigError);
}

}  // namespace
}  // namespace apical
