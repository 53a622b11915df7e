// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "support/report_samples.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using test::malformed;
using test::occurrences;
using test::without_script;

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
  const std::string page = without_script(render_report(samples::report()));
  for (const char* loads :
       {" src=", "@import", "url(", "<link", "<img", "<iframe", "fetch(", "XMLHttpRequest"})
    EXPECT_FALSE(contains(page, loads)) << loads;
  EXPECT_EQ(occurrences(page, " href=\""), occurrences(page, " href=\"https://doi.org/10."));
  EXPECT_TRUE(contains(page, "<a href=\"https://doi.org/10.1000/made.up\">10.1000/made.up</a>"));
}

TEST(Report, ShowsEveryModelAndEverySeed) {
  const ReportData data = samples::report();
  const std::string page = render_report(data);
  for (const RunData& r : data.runs) {
    EXPECT_GE(occurrences(page, r.label), 4U) << r.label;
    for (const SeedValue& s : last_of(r.measured, "test", "accuracy"))
      EXPECT_TRUE(contains(page, r.label + ", seed " + std::to_string(s.seed)));
  }
  EXPECT_TRUE(contains(page, "sizes = [4, 120, 3] # &lt;inputs &amp; outputs&gt;"));
}

TEST(Report, DrawsTheFallsOfAPlantWithTheTeachersLine) {
  ReportData data;
  RunData r{.label = "steering", .model = "made-up"};
  const std::vector<double> x{0, 1, 2};
  samples::measure(r, "validation", "falls", {{1, x, {700, 30, 5}}, {2, x, {600, 40, 6}}});
  samples::measure(r, "validation", "teacher_falls", {{1, x, {4, 4, 4}}, {2, x, {4, 4, 4}}});
  samples::measure(r, "validation", "loss", {{1, x, {0.3, 0.2, 0.1}}, {2, x, {0.3, 0.2, 0.1}}});
  samples::measure(r, "test", "falls", 2, {{1, 5}, {2, 7}});
  samples::measure(r, "test", "teacher_falls", 2, {{1, 3}, {2, 3}});
  samples::measure(r, "test", "loss", 2, {{1, 0.1}, {2, 0.1}});
  data.runs = {r};
  const std::string page = render_report(data);
  EXPECT_EQ(malformed(page), "");
  EXPECT_TRUE(contains(
      page,
      "steering let its plant fall 6 times in the test (median of 2 seeds; mean 6, 95\u00A0% interval"));
  EXPECT_TRUE(contains(page, "its teacher, from the same starts, 3 times"));
  EXPECT_TRUE(contains(page, "The teacher fell 4 times from the same starts."));
  EXPECT_EQ(occurrences(page, "class=\"reference\""), 1U);
  EXPECT_FALSE(contains(page, "teacher_falls"));
  // Starts that differ after all have no common line.
  for (Measurement& m : data.runs[0].measured) {
    if (m.metric == "teacher_falls" && m.where == "validation" && m.seed == 2 && m.epoch == 2) m.value = 5;
  }
  EXPECT_EQ(occurrences(render_report(data), "class=\"reference\""), 0U);
}

TEST(Report, OfASweepBeginsWithItsFigures) {
  ReportData d = samples::report();
  d.runs.clear();
  for (const double width : {50.0, 100.0, 1000.0}) {
    RunData r{.label = "width " + std::to_string(width), .model = "circuit"};
    samples::measure(r, "test", "loss", 1, {{1, 3 / width}, {2, 4 / width}});
    d.runs.push_back(r);
    d.sweep.push_back({.label = r.label, .axis = "neurons", .at = width, .logarithmic = true});
  }
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_LT(page.find("Along the sweep"), page.find("<h2>Results"));
  EXPECT_TRUE(contains(page, "Test loss along the sweep"));
  for (const char* tick : {">50</text>", ">100</text>", ">1000</text>"})
    EXPECT_TRUE(contains(page, tick)) << tick;
  EXPECT_TRUE(contains(page, "circuit, seed 2"));
  EXPECT_TRUE(contains(page, "Test loss over neurons"));
  EXPECT_FALSE(contains(page, "lowest")) << "the last is";
}

TEST(Report, OfManyValuesSaysTheBestAndHasRoundTicks) {
  ReportData d = samples::report();
  d.runs.clear();
  for (int i = 1; i <= 40; ++i) {
    RunData r{.label = "width " + std::to_string(i), .model = "circuit"};
    samples::measure(r, "test", "accuracy", 1, {{1, i == 17 ? 0.9 : 0.5}, {2, 0.5}, {3, 0.6}});
    d.runs.push_back(r);
    d.sweep.push_back({.label = r.label, .axis = "neurons", .at = i + 0.375});
  }
  const std::string page = render_report(d);
  EXPECT_TRUE(contains(page, ", highest ")) << page.substr(page.find("Test accuracy over"), 300);
  EXPECT_TRUE(contains(page, " at 17.375."));
  EXPECT_FALSE(contains(page, ">9.375</text>"));
  EXPECT_TRUE(contains(page, ">20</text>"));
}

TEST(Report, OfTwoHundredRunsCanBeSent) {
  for (const bool swept : {true, false}) {
    ReportData d{.title = "many"};
    for (int i = 0; i < 200; ++i) {
      RunData r{.label = "learning_rate " + std::to_string(0.001 * i), .model = "backpropagation"};
      for (const char* metric : {"accuracy", "loss"}) {
        samples::measure(r, "validation", metric, samples::curves(3, 50, {.3, .9, 5, .02}, 1));
        samples::measure(r, "test", metric, 50, {{100, 0.912345}, {101, 0.923456}, {102, 0.934567}});
      }
      samples::measure(r, "total", "angle_deg", samples::curves(3, 50, {40, 20, 1, .1}, 1));
      d.runs.push_back(r);
      if (swept) d.sweep.push_back({.label = r.label, .axis = "model.learning_rate", .at = 0.001 * i});
    }
    const Page page = page_of(d);
    EXPECT_LT(page.text().size(), swept ? 1'500'000U : 1'600'000U) << swept;
    EXPECT_FALSE(page.figures().empty());
  }
}

TEST(Report, OfASweepHasOneFigureOfAlignmentAndFoldsThoseOfSingleRuns) {
  ReportData d{.title = "swept"};
  for (const double at : {0.0, 1.0, 2.0}) {
    for (const char* variant : {"a", "b"}) {
      RunData r{.label = std::string(variant) + (at == 0 ? " 0" : at == 1 ? " 1" : " 2"), .model = variant};
      samples::measure(r, "total", "angle_deg", samples::curves(2, 3, {40, 20, 1, .1}, 1));
      samples::measure(r, "test", "loss", 1, {{1, 3}, {2, 4}});
      d.runs.push_back(r);
      d.sweep.push_back({.label = r.label, .axis = "deviation", .at = at, .series = variant});
    }
  }
  const Page page = page_of(d);
  const auto named = [&](const std::string& name) {
    const auto at = std::find_if(page.figures().begin(), page.figures().end(),
                                 [&](const Figure& f) { return f.name == name; });
    EXPECT_NE(at, page.figures().end()) << name;
    return std::get<LinePlot>(at->plot);
  };
  const LinePlot all = named("alignment-of-all-areas-together-over-training");
  ASSERT_EQ(all.series.size(), 6U);
  EXPECT_EQ(all.series[0].style, all.series[2].style) << "one model, one dash";
  EXPECT_NE(all.series[0].style, all.series[1].style);
  EXPECT_EQ(all.series[0].shade, all.series[1].shade) << "one value, one colour";
  EXPECT_EQ(all.series[4].shade, 1.0);
  const std::string text = page.text();
  EXPECT_EQ(malformed(text), "");
  EXPECT_LT(text.find("| Alignment of all areas together"),
            text.find("<h2>Alignment, run by run</h2></summary>"));
  EXPECT_LT(text.find("<h2>Alignment, run by run</h2></summary>"), text.find("| Alignment of a 0"));
}

TEST(Report, AxesOfAnglesBeginAtZeroAndEndWhereNoCreditIs) {
  ReportData d{.title = "angles"};
  for (const double end : {5.0, 100.0}) {
    RunData r{.label = end > 90 ? "against" : "along", .model = "m"};
    samples::measure(r, "total", "angle_deg", {{1, {0, 1}, {80, end}}, {2, {0, 1}, {2, 1}}});
    d.runs.push_back(r);
  }
  const auto ranges = [&] {
    std::vector<std::pair<double, double>> out;
    const Page page = page_of(d);
    for (const Figure& f : page.figures()) {
      if (f.metric != "angle_deg" || !std::holds_alternative<LinePlot>(f.plot)) continue;
      const Axis y = axes_of(std::get<LinePlot>(f.plot)).y;
      out.emplace_back(y.low, y.high);
    }
    return out;
  };
  EXPECT_EQ(ranges(), (std::vector<std::pair<double, double>>{{0, 180}, {0, 180}})) << "side by side";
  d.runs.pop_back();
  EXPECT_EQ(ranges(), (std::vector<std::pair<double, double>>{{0, 90}})) << "180 only where it is needed";
}

TEST(Report, DrawsWhatASingleRunWasAskedToRecord) {
  ReportData d = samples::report();
  d.runs.resize(1);
  d.runs[0].recordings = {{.name = "a1.err/rate",
                           .unit = "Hz",
                           .seed = 3,
                           .x_label = "time (ms)",
                           .width = 9,
                           .rows = 4,
                           .every = 2,
                           .x = {0, 2},
                           .units = {{1, 2}, {3, 4}},
                           .mean = {5, 6}}};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  for (const char* part :
       {"| Recorded: a1.err/rate.", "a1.err/rate (Hz)", "mean of 9", "One of 2 rows is drawn"})
    EXPECT_TRUE(contains(page, part)) << part;
}

TEST(Report, SaysWhatWasExpectedAndShowsPictures) {
  ReportData d = samples::report();
  d.reproduces = "A paper, Fig. 1";
  d.expectations = {{"median <loss>", "3 [2, 4]", "3 ± 1", "because", "source", "reproduced", "program"},
                    {"mean loss", "3 [2, 4]", "4 ± 1", "because", "source", "undecided", "law", "a table"},
                    {"angle", "50", "at most 40", "because", "source", "deviates", "paper"}};
  d.runs[0].pictures = {"Zm9v", "YmFy"};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_TRUE(contains(page, "Compared with A paper, Fig. 1"));
  EXPECT_TRUE(contains(page, "median &lt;loss&gt;"));
  EXPECT_EQ(occurrences(page, "<td>reproduced</td>"), 1U);
  EXPECT_EQ(occurrences(page, "<b>undecided</b>"), 1U);
  EXPECT_EQ(occurrences(page, "<b>deviates</b>"), 1U);
  EXPECT_TRUE(contains(page, "(widened after a look: a table)"));
  EXPECT_TRUE(contains(page, "src=\"data:image/png;base64,Zm9v\""));
}

TEST(Report, EscapesEverythingThatComesFromOutside) {
  const std::string evil = "<script>alert(\"x\")</script>&'";
  ReportData d = samples::report();
  d.runs.resize(1);
  d.title = d.description = d.question = d.reproduces = evil;
  d.expectations = {{evil, evil, evil, evil, evil, evil, evil, evil}};
  RunData& r = d.runs[0];
  r.label = r.model = r.task = r.task_description = r.data_provenance = r.seed_draws = r.x_label = evil;
  r.experiment_toml = r.task_citation = evil;
  r.citation = evil + " doi:10.1000/x\"onclick=\"y";
  r.method = r.provenance = {{evil, evil}};
  samples::measure(r, evil, evil, samples::curves(2, 3, {0, 1, 1, .1}, 1));
  samples::measure(r, evil, "angle_deg", samples::curves(2, 3, {0, 1, 1, .1}, 1));
  samples::measure(r, "test", "shown", samples::curves(2, 3, {0, 1, 1, .1}, 1));
  r.needs = {{evil, true, evil}};
  r.warnings = {{"", evil}};
  const std::string page = render_report(d);
  // What a run displays takes the place of the catalogue's panels.
  r.display = {.headlines = {{"shown", evil, evil}},
               .dots = {{evil, evil, evil, {{evil, "shown"}}}},
               .figures = {{evil, evil, evil, evil, "test", {{evil, "shown"}}, 0.5, evil}},
               .curve_x = evil,
               .activity = evil};
  d.sweep = {{.label = evil, .axis = evil, .at = 1, .series = evil}};
  for (const std::string& text : {page, render_report(d)}) {
    EXPECT_EQ(malformed(text), "");
    EXPECT_FALSE(contains(text, "<script>alert"));
    EXPECT_EQ(occurrences(text, "<script>"), 1U) << "our own";
    EXPECT_EQ(occurrences(text, "<script"), occurrences(text, "</script>"));
    EXPECT_FALSE(contains(without_script(text), "onclick=\""));
  }
}

TEST(Report, OneSeedHasNoIntervalsAndSaysSo) {
  ReportData d = samples::report();
  d.runs = {samples::classifier("only", {.seeds = 1}, 3)};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_TRUE(contains(page, "one seed, hence no interval"));
  EXPECT_TRUE(contains(page, "One seed: no interval."));
  EXPECT_EQ(occurrences(page, "class=\"band\""), 0U);
  EXPECT_EQ(occurrences(page, "class=\"bar\""), 0U);
}

TEST(Report, RegressionWithoutAccuracyOrAlignment) {
  ReportData d = samples::report();
  RunData r = samples::classifier("layered-reference", {.loss = 3.3e-5}, 3);
  samples::forget(r, "accuracy");
  samples::forget(r, "angle_deg");
  d.runs = {r};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_FALSE(contains(page, "Test accuracy"));
  EXPECT_TRUE(contains(page, "×\u00A010⁻⁵"));
  EXPECT_TRUE(contains(page, "Alignment was not recorded for layered-reference."));
}

TEST(Report, AnAngleThatIsNotDefinedYetLosesNoSeed) {
  ReportData d = samples::report();
  RunData r = samples::classifier("late learner", {.seeds = 2}, 3);
  samples::forget(r, "angle_deg");
  samples::measure(r, "total", "angle_deg",
                   {{1, {0, 1, 2}, {std::nan(""), 60, 50}}, {2, {0, 1, 2}, {std::nan(""), 62, 52}}});
  d.runs = {r};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_FALSE(contains(page, "late learner: values that are not finite"));
  EXPECT_FALSE(contains(page, "ceased to be finite"));
}

TEST(Report, ManyModelsWithLostSeedsStayReadableAndWarn) {
  ReportData d = samples::report();
  d.runs.clear();
  for (std::size_t i = 0; i < 10; ++i)
    d.runs.push_back(samples::classifier("model " + std::to_string(i), {.seeds = 3, .epochs = 20}, 10 * i));
  const auto lose = [&](RunData& r, const char* where, double epoch, std::uint64_t seed) {
    for (Measurement& m : r.measured) {
      if (m.metric == "accuracy" && m.where == where && m.epoch == epoch && m.seed == seed)
        m.value = std::nan("");
    }
  };
  lose(d.runs[8], "test", 20, 101);
  lose(d.runs[7], "validation", 9, 102);
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_TRUE(contains(page, "model 8: values that are not finite in seed 101"));
  EXPECT_TRUE(contains(page, "model 7: values that are not finite in seed 102"));
  const std::string ours = without_script(page);
  EXPECT_FALSE(contains(ours, ">nan") || contains(ours, "\"nan") || contains(ours, "[nan"));
}

TEST(Report, AMetricThatNobodyKnowsIsDrawnUnderItsName) {
  ReportData d{.title = "own"};
  RunData r{.label = "a", .model = "a"};
  samples::measure(r, "validation", "my_own_metric", samples::curves(2, 3, {0, 1, 1, .1}, 1));
  d.runs = {r};
  EXPECT_TRUE(contains(render_report(d), "Validation my own metric over training"));
}

TEST(Report, RunsOfCoursesStandSideBySideInWhatTheyWantToBeShown) {
  ReportData d{.title = "courses"};
  for (const char* label : {"published", "own"}) {
    RunData r{.label = label, .model = "burst"};
    samples::measure(r, "test", "answer", 0, {{1, 2}, {2, 3}});
    samples::measure(r, "test", "answer", 5, {{1, 8}, {2, 9}});
    samples::measure(r, "train", "cost_of_all", samples::curves(2, 5, {3, 1, 1, .1}, 1));
    samples::measure(r, "train", "w1", samples::curves(2, 5, {3, 1, 1, .1}, 2));
    samples::measure(r, "train", "w2", samples::curves(2, 5, {3, 1, 1, .1}, 3));
    r.display.headlines = {{"answer", "output for 1,0", "Hz"}};
    r.display.figures = {{"Cost of an epoch", "", "epoch", "cost", "train", {{"cost", "cost_of_all"}}},
                         {"Weights", "", "epoch", "weight", "train", {{"one", "w1"}, {"two", "w2"}}}};
    d.runs.push_back(r);
  }
  const std::string both = render_report(d);
  EXPECT_EQ(malformed(both), "");
  EXPECT_TRUE(contains(both, "<th scope=\"row\">output for 1,0</th><td class=\"n\">8.5\u00A0Hz ["));
  EXPECT_EQ(occurrences(both, "| Cost of an epoch."), 1U) << "both runs in one figure";
  EXPECT_TRUE(contains(both, "| published: Weights.") && contains(both, "| own: Weights."));
  EXPECT_FALSE(contains(both, "cost of all")) << "what is displayed has no panel of its own";
  // One run: before and after training.
  d.runs.resize(1);
  const std::string one = render_report(d);
  EXPECT_TRUE(contains(one, "<th>untrained [95 %]</th><th>trained [95 %]</th>"));
  EXPECT_TRUE(contains(one, "<th scope=\"row\">output for 1,0</th><td class=\"n\">2.5\u00A0Hz ["));
}

TEST(Report, ShowsContrastsAndResponsesOfAProtocol) {
  ReportData d{.title = "probe", .question = "Does it?"};
  ProtocolRecord p{.control = "control", .conditions = {"control", "silenced"}, .seeds = {1, 2}};
  p.measures = {{.model = "m",
                 .name = "errors",
                 .variable = "rate",
                 .magnitude = true,
                 .populations = {"a1.err"},
                 .from_ms = 0,
                 .until_ms = 2}};
  p.result.time_ms = {0, 1, 2};
  p.result.models.resize(1);
  p.result.models[0].label = "m";
  for (const char* condition : {"control", "silenced"}) {
    Trace t{"errors", condition, 3, Matrix<double>(2, 3), {}};
    std::fill(t.mean.flat().begin(), t.mean.flat().end(), 0.5);
    p.result.models[0].traces.push_back(t);
  }
  p.result.models[0].contrasts = {{"errors", "silenced", 3, {1, 1.1}, {0, 0}}};
  d.protocol = p;
  d.runs = {{.label = "m", .model = "m"}};
  const std::string page = render_report(d);
  EXPECT_EQ(malformed(page), "");
  EXPECT_LT(page.find("<figure"), page.find("<table")) << "the answer comes before the numbers";
  for (const char* part : {"<p class=\"lead\">Does it?</p>", "Every contrast in figures", "after 3 epochs",
                           "yes, less", "Where predictions part", "m: errors, after 3 epochs",
                           "Distinct from the control: m after 3 epochs (", "class=\"zero\"",
                           "Absolute rate of a1.err", "without correction for the number of comparisons"})
    EXPECT_TRUE(contains(page, part)) << part;
}

TEST(Report, AllClearIsSaidToo) {
  ReportData d = samples::report();
  EXPECT_TRUE(contains(render_report(d), "One warning"));
  d.runs[1].warnings.clear();
  EXPECT_TRUE(contains(render_report(d), "No warnings"));
}

TEST(Report, EmptyDataStillMakeAPage) {
  EXPECT_EQ(malformed(render_report(ReportData{.title = "nothing"})), "");
}

TEST(Report, RefusesTwoModelsOfOneLabel) {
  ReportData d = samples::report();
  d.runs[1].label = d.runs[0].label;
  EXPECT_THROW(render_report(d), ConfigError);
}

}  // namespace
}  // namespace apical
