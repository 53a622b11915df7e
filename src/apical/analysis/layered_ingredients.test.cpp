// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/layered_ingredients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/models/layered_models.h"

namespace apical {
namespace {

std::vector<std::string> needs(const std::string& model) {
  std::vector<std::string> out;
  for (const Ingredient& i : ingredients(models::example_of(*models::find_layered(model)))) {
    EXPECT_FALSE(i.reason.empty());
    if (i.needed) out.push_back(i.name);
  }
  return out;
}

TEST(LayeredIngredients, AreWhatSetsTheRulesApart) {
  using testing::ElementsAre;
  EXPECT_THAT(needs("backpropagation"), ElementsAre("weight transport", "separate phases", "signed signals"));
  EXPECT_THAT(needs("feedback-alignment"), ElementsAre("separate phases", "signed signals"));
  EXPECT_THAT(needs("node-perturbation"), ElementsAre("separate phases", "global signal"));
  EXPECT_THAT(needs("three-factor"), ElementsAre("global signal"));
  EXPECT_THAT(needs("two-site"), ElementsAre("signed signals"));
  EXPECT_THAT(needs("difference-target-propagation"), ElementsAre("separate phases"));
}

}  // namespace
}  // namespace apical
