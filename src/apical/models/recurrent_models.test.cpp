// SPDX-License-Identifier: Apache-2.0
#include "apical/models/recurrent_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apical::models {
namespace {

using testing::HasSubstr;

RecurrentNetwork build_named(const std::string& model, FieldValues values) {
  const RecurrentModelRecipe* found = find_recurrent(model);
  APICAL_CHECK(found != nullptr);
  if (values.find("layers") == nullptr) values.set("layers", std::vector<double>{3, 8, 2});
  return build_with(found->recipe, values);
}

std::string complaint_about(const std::string& model, const FieldValues& values) {
  try {
    build_named(model, values);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(RecurrentModels, AreTheRulesByName) {
  for (const RecurrentModelRecipe& m : recurrent_models()) {
    EXPECT_FALSE(m.description.empty() || m.citation.empty()) << m.name;
    const RecurrentNetwork n = example_of(m);
    EXPECT_EQ(n.units, 5U);
    EXPECT_EQ(n.spiking(), m.name == "e-prop");
  }
  EXPECT_EQ(find_recurrent("backpropagation"), nullptr);
}

TEST(RecurrentModels, ALearningRateOfAGroupIsAFactorOnTheHighest) {
  const RecurrentNetwork n =
      build_named("rflo", FieldValues().set("learning_rate", std::vector<double>{0, 0.01, 0.04}));
  EXPECT_EQ(n.optimiser.learning_rate, 0.04);
  EXPECT_THAT(n.rates, testing::ElementsAre(0, 0.25, 1));
}

TEST(RecurrentModels, NeuronsThatSpikeBeginWithoutAutapses) {
  const RecurrentNetwork n = build_named("bptt", FieldValues().set("neurons", std::string("alif")));
  const recurrent::Weights w = initial_weights(n, 1);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(w.W(i, i), 0);
  recurrent::SpikingNetwork net = spiking_network(n);
  recurrent::set_weights(net, w);
  net.validate();
  EXPECT_THAT(std::vector<double>(net.beta.begin(), net.beta.begin() + 4), testing::Each(0));
  EXPECT_NEAR(net.beta[7], 1.7 * (1 - std::exp(-1 / 2000.0)) / (1 - std::exp(-1 / 10.0)), 1e-15);
}

TEST(RecurrentModels, ComplaintsOpenWithTheParameter) {
  EXPECT_THAT(complaint_about("bptt", FieldValues().set("layers", std::vector<double>{3, 2})),
              HasSubstr("layers has 2 entries; expected 3"));
  EXPECT_THAT(complaint_about("bptt", FieldValues().set("learning_rate", std::vector<double>{1, 2})),
              HasSubstr("learning_rate has 2 entries"));
  EXPECT_THAT(complaint_about("bptt", FieldValues().set("tau_steps", 0.5)), HasSubstr("tau_steps is 0.5"));
  EXPECT_THAT(complaint_about("rtrl", FieldValues().set("neurons", std::string("lif"))),
              HasSubstr("neurons"));
  EXPECT_THAT(complaint_about("e-prop", FieldValues().set("feedback", std::string("adaptive"))),
              HasSubstr("weight_decay"));
}

}  // namespace
}  // namespace apical::models
