// SPDX-License-Identifier: Apache-2.0
#include "apical/models/layered_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/rules/equilibrium_propagation.h"
#include "apical/rules/rule_list.h"

namespace apical::models {
namespace {

using testing::HasSubstr;

LayeredNetwork build(const std::string& model, const std::map<std::string, FieldValue>& given) {
  const LayeredModelRecipe* found = find_layered(model);
  APICAL_CHECK(found != nullptr);
  FieldValues values;
  values.set("layers", std::vector<double>{4, 6, 5, 3});
  for (const auto& [name, value] : given) values.set(name, value);
  return build_with(found->recipe, values);
}

std::string complaint(const std::string& model, const std::map<std::string, FieldValue>& given) {
  try {
    build(model, given);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(LayeredModels, AreTheRulesOfTheEngine) {
  std::vector<std::string> expected;
  for (std::string rule : layered::rule_names()) {
    std::replace(rule.begin(), rule.end(), '_', '-');
    expected.push_back(rule);
  }
  std::vector<std::string> found;
  for (const LayeredModelRecipe& m : layered_models()) {
    found.push_back(m.name);
    EXPECT_FALSE(m.citation.empty() || m.description.empty()) << m.name;
    std::string rule = m.name;
    std::replace(rule.begin(), rule.end(), '-', '_');
    const LayeredNetwork n = example_of(m);
    EXPECT_EQ(layered::make_rule<float>(n.rule, n.network, 1)->name(), rule);
  }
  EXPECT_EQ(found, expected);
}

TEST(LayeredModels, ParametersReachTheRule) {
  const LayeredNetwork n =
      build("equilibrium-propagation", {{"beta", 0.3},
                                        {"free_steps", 7.0},
                                        {"dynamics", std::string("sweeps")},
                                        {"learning_rate", std::vector<double>{0.04, 0.02, 0.01}},
                                        {"gain", std::vector<double>{0.5}},
                                        {"output_bias", -2.0}});
  const auto& o = *n.rule.as<layered::EquilibriumOptions>();
  EXPECT_EQ(o.beta, 0.3);
  EXPECT_EQ(o.free.max_steps, 7);
  EXPECT_EQ(o.nudged.dynamics, layered::Dynamics::sweeps);
  EXPECT_EQ(n.settings.optimiser.learning_rate, 0.04);
  EXPECT_THAT(n.settings.layer_rates, testing::ElementsAre(1, 0.5, 0.25));
  EXPECT_THAT(n.gains, testing::ElementsAre(0.5, 0.5, 0.5));
  EXPECT_EQ(n.output_bias, -2);
}

TEST(LayeredModels, FeedbackMapsHaveALearningRateOfTheirOwn) {
  const LayeredNetwork n = build("difference-target-propagation",
                                 {{"feedback_learning_rate", 0.25}, {"feedback_weight_decay", 0.125}});
  ASSERT_TRUE(n.settings.feedback_optimiser);
  EXPECT_EQ(n.settings.feedback_optimiser->learning_rate, 0.25);
  EXPECT_EQ(n.settings.feedback_optimiser->weight_decay, 0.125);
}

TEST(LayeredModels, ComplaintsOpenWithTheParameter) {
  EXPECT_THAT(complaint("backpropagation", {{"layers", Entries{4.0}}}),
              HasSubstr("layers has 1 entries; expected at least 2"));
  EXPECT_THAT(complaint("backpropagation", {{"layers", Entries{4.0, 0.5}}}), HasSubstr("layers holds 0.5"));
  EXPECT_THAT(complaint("backpropagation", {{"learning_rate", std::vector<double>{1, 2}}}),
              HasSubstr("learning_rate has 2 entries; expected 1 or one for each of the 3"));
  EXPECT_THAT(complaint("backpropagation", {{"learning_rate", std::vector<double>{1, -1, 1}}}),
              HasSubstr("learning_rate holds -1"));
  EXPECT_THAT(complaint("backpropagation", {{"batch", 0.0}}), HasSubstr("batch is 0"));
  EXPECT_THAT(complaint("backpropagation", {{"batch", 2.5}}),
              HasSubstr("batch is 2.5; expected a whole number"));
  EXPECT_THAT(complaint("backpropagation", {{"output", std::string("linear")}}),
              HasSubstr("softmax and ce go together"));
  EXPECT_THAT(complaint("two-site", {{"activation", std::string("relu")}}), HasSubstr("sigmoid units"));
  EXPECT_THAT(complaint("recirculation", {}), HasSubstr("two layers"));
  EXPECT_THAT(complaint("node-perturbation", {{"sigma", 0.0}}), HasSubstr("sigma"));
}

}  // namespace
}  // namespace apical::models
