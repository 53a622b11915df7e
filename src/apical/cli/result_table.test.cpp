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

}  // namespace
}  // namespace apical::cli
