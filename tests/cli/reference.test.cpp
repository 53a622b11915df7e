// SPDX-License-Identifier: Apache-2.0
// The reference page is what the program says.
#include "apical/experiment/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/io/file.h"
#include "support/paths.h"

namespace apical {
namespace {

TEST(Reference, PageInTheRepositoryIsWhatTheProgramPrints) {
  EXPECT_EQ(io::read_text(std::string(test::kSourceDir) + "/docs/reference.md"), reference_page())
      << "after a change of options: apical reference > docs/reference.md";
}

TEST(Reference, HasEveryTableAndEveryRecipe) {
  const std::string page = reference_page();
  for (const char* part :
       {"## [training]", "## [run]", "## [reward]", "### yin-yang", "### burstprop-xor",
        "### error-neuron-microcircuit", "### weight-mirror", "`mirror_sigma`", "`eta_decay`",
        "`low_pass_ms`", "`quirks`", "`soma_tau_ms`", "### [[stage.phase]]", "### neuron of escape_burst"})
    EXPECT_THAT(page, testing::HasSubstr(part));
}

}  // namespace
}  // namespace apical
