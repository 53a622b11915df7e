// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/recurrent_ingredients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/models/recurrent_models.h"

namespace apical {
namespace {

std::vector<std::string> needed(const models::RecurrentNetwork& network) {
  std::vector<std::string> out;
  for (const Ingredient& i : ingredients(network)) {
    EXPECT_FALSE(i.reason.empty());
    if (i.needed) out.push_back(i.name);
  }
  return out;
}

std::vector<std::string> needed(const std::string& model, const char* feedback = nullptr) {
  models::RecurrentNetwork n = models::example_of(*models::find_recurrent(model));
  if (feedback != nullptr)
    n.rule.feedback =
        std::string(feedback) == "symmetric" ? recurrent::Feedback::symmetric : recurrent::Feedback::adaptive;
  return needed(n);
}

TEST(RecurrentIngredients, AreWhatSetsTheRulesApart) {
  using testing::ElementsAre;
  EXPECT_THAT(needed("bptt"), ElementsAre("weight transport", "separate phases", "signed signals",
                                          "non-local terms", "memory beyond a trace"));
  EXPECT_THAT(needed("rtrl"),
              ElementsAre("weight transport", "signed signals", "non-local terms", "memory beyond a trace"));
  EXPECT_THAT(needed("snap-1"), ElementsAre("weight transport", "signed signals"));
  EXPECT_THAT(needed("rflo"), ElementsAre("signed signals"));
  EXPECT_THAT(needed("rflo", "symmetric"), ElementsAre("weight transport", "signed signals"));
  EXPECT_THAT(needed("e-prop", "adaptive"), ElementsAre("signed signals"));
  EXPECT_THAT(needed("uoro"),
              ElementsAre("weight transport", "signed signals", "non-local terms", "global signal"));
  EXPECT_THAT(needed("reward-eligibility"), ElementsAre("global signal"));
}

TEST(RecurrentIngredients, OfAReadoutThatLearnsAloneAreNone) {
  models::RecurrentNetwork n = models::example_of(*models::find_recurrent("bptt"));
  n.rates = {0, 0, 1};
  EXPECT_THAT(needed(n), testing::IsEmpty());
}

}  // namespace
}  // namespace apical
