// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/result_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/report/compose/metric_look.h"

namespace apical::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

RunResult two_seeds() {
  RunResult r;
  r.label = "a model";
  r.seeds = {1, 2};
  r.measured = {{3, "test", "accuracy", 1, 0.9842}, {3, "test", "accuracy", 2, 0.9537},
                {3, "test", "loss", 1, 1e-3},       {3, "test", "loss", 2, 2e-2},
                {3, "total", "angle_deg", 1, 40},   {3, "total", "angle_deg", 2, 50}};
  return r;
}

TEST(ResultTable, HasTheFiguresOfTheCatalogueWithIntervalsWithinTheirBounds) {
  const std::string table = result_table({two_seeds()});
  for (const char* heading :
       {"test accuracy [95 %]", "test loss [95 %]", "median test loss", "angle to the gradient [95 %]"})
    EXPECT_THAT(table, HasSubstr(heading));
  EXPECT_THAT(table, HasSubstr("96.9 % ["));
  EXPECT_THAT(table, HasSubstr("45.0° ["));
  EXPECT_THAT(table, Not(testing::AnyOf(HasSubstr("[-"), HasSubstr("−"), HasSubstr("106."))));
  const std::vector<double> accuracies{0.9842, 0.9537};
  const Figures page = figures_of(metric_of("accuracy"), over_seeds(metric_of("accuracy"), accuracies));
  const std::string bounds = page.bounds.substr(0, page.bounds.find(','));
  EXPECT_THAT(table, HasSubstr(bounds)) << "one run has one number, on a page and in a terminal";
}

TEST(ResultTable, SaysWhereASeedHasNoValue) {
  RunResult r = two_seeds();
  r.measured[0].value = NAN;
  EXPECT_THAT(result_table({r}), HasSubstr("not finite in every seed"));
}

TEST(MeasureTable, PutsWhatRunsSayOfThemselvesSideBySide) {
  RunResult dense = two_seeds(), sparse = two_seeds();
  dense.label = "p = 0.1";
  sparse.label = "p = 0.05";
  dense.display.headlines = {{"r_events", "bursts follow the drive", ""}, {"accuracy", "accuracy", ""}};
  for (const double seed : {1.0, 2.0})
    dense.measured.push_back({0, "test", "r_events", static_cast<std::uint64_t>(seed), 0.5 + seed / 100});
  const std::string table = measure_table({sparse, dense});
  EXPECT_THAT(table, testing::MatchesRegex("\nmeasure .last. .95 %. +p = 0.05 +p = 0.1\n"
                                           "bursts follow the drive +- +0.515 .*\n"))
      << "a row for what one of them tells, and nothing twice";
  EXPECT_EQ(measure_table({two_seeds()}), "");
}

TEST(ResultTable, WhereNothingWasTestedTheLastValidationSpeaks) {
  RunResult r = two_seeds();
  for (Measurement& m : r.measured) {
    if (m.where == "test") m.where = "validation";
  }
  const std::string table = result_table({r});
  EXPECT_THAT(table, HasSubstr("validation accuracy [95 %]"));
  EXPECT_THAT(table, HasSubstr("96.9 % ["));
  EXPECT_THAT(table, HasSubstr("angle to the gradient [95 %]"));
}

TEST(ResultTable, HasADashWhereNothingCouldBeMeasured) {
  RunResult r = two_seeds();
  r.measured.push_back({3, "train", "return", 1, NAN});
  r.measured.push_back({3, "train", "return", 2, 12});
  const std::string table = result_table({r});
  EXPECT_THAT(table, HasSubstr("mean return of the last episodes"));
  EXPECT_THAT(table, Not(HasSubstr("finite"))) << "no episode of one seed has ended: that is no fault";
}

}  // namespace
}  // namespace apical::cli
