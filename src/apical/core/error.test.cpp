// SPDX-License-Identifier: Apache-2.0
#include "apical/core/error.h"

#include <gtest/gtest.h>

namespace apical {
namespace {

TEST(Error, NearestNameForgivesATypoAndNoMore) {
  const std::vector<std::string> names{"soma", "basal", "apical"};
  EXPECT_EQ(nearest_name("apcial", names), "apical");
  EXPECT_EQ(nearest_name("volume", names), "");
  EXPECT_EQ(suggestion("volume", names), "known: soma, basal and apical");
}

TEST(Error, ConfigErrorSaysPlaceProblemAndHint) {
  const ConfigError e("unknown compartment 'apcial'", {"experiment.toml", 14, 9}, "did you mean 'apical'?");
  EXPECT_STREQ(e.what(), "experiment.toml:14:9: unknown compartment 'apcial'\n  did you mean 'apical'?");
  EXPECT_EQ(e.exit_code(), ExitCode::invalid_input);
}

TEST(Error, AFailedCheckNamesItselfADefect) { EXPECT_THROW(APICAL_CHECK(1 > 2), std::logic_error); }

}  // namespace
}  // namespace apical
