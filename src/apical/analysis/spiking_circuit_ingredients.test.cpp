// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/spiking_circuit_ingredients.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "apical/models/payeur2021_mnist.h"
#include "apical/models/payeur2021_propagation.h"
#include "apical/models/payeur2021_xor.h"

namespace apical {
namespace {

using namespace payeur2021;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> needs(const SpikingCircuit& circuit) {
  std::vector<std::string> out;
  for (const Ingredient& i : ingredients(circuit)) {
    if (i.needed) out.push_back(i.name);
  }
  return out;
}

std::string reason(const SpikingCircuit& circuit, const std::string& name) {
  const auto all = ingredients(circuit);
  const auto at = std::find_if(all.begin(), all.end(), [&](const Ingredient& i) { return i.name == name; });
  return at == all.end() ? "missing" : at->reason;
}

SpikingCircuit digits(MnistFeedback feedback) {
  return mnist_network({.hidden = 20, .per_class = 2, .feedback = feedback}, 49);
}

TEST(SpikingIngredients, PublishedCircuitsNeedWhatTheyAreMadeOf) {
  EXPECT_THAT(needs(xor_network()), ElementsAre("mixed signs", "separate pathways"));
  EXPECT_THAT(needs(propagation_network()), ElementsAre("mixed signs"));
  EXPECT_THAT(needs(multiplexing_population()), IsEmpty());
  EXPECT_THAT(needs(digits(MnistFeedback::cut)),
              ElementsAre("mixed signs", "separate pathways", "known burst probability"));
  EXPECT_THAT(needs(digits(MnistFeedback::random)),
              ElementsAre("shared weights", "mixed signs", "separate pathways", "known burst probability"));
  EXPECT_THAT(needs(digits(MnistFeedback::learned)),
              ElementsAre("shared weights", "mirrored updates", "mixed signs", "separate pathways",
                          "known burst probability"));
}

TEST(SpikingIngredients, TheyAreFoundWhereTheyAre) {
  const SpikingCircuit c = digits(MnistFeedback::learned);
  EXPECT_EQ(reason(c, "shared weights"), "out->hid events (0.2 times out->hid bursts)");
  EXPECT_EQ(reason(c, "mirrored updates"),
            "two synapses see the same signals and change alike: out->hid bursts (as hid->out)");
  EXPECT_THAT(reason(c, "separate pathways"), HasSubstr("only bursts pass out->hid bursts"));
  EXPECT_THAT(reason(propagation_network(), "separate pathways"), HasSubstr("short-term plasticity"));
  EXPECT_THAT(reason(xor_network(), "mixed signs"), HasSubstr("in1, in2, hid1, hid2 and out"));
}

TEST(SpikingIngredients, ATransposeIsWeightTransportAndASourceAlwaysOnIsNoSignal) {
  SpikingCircuit c = digits(MnistFeedback::random);
  for (spike::Connection& j : c.connections) {
    if (j.name == "out->hid bursts") j.view = spike::WeightView{.of = "hid->out"};
  }
  c.connections.pop_back();  // a view of what is a view now
  validate(c);
  EXPECT_EQ(reason(c, "weight transport"), "exact transposes: out->hid bursts (of hid->out)");
  EXPECT_THAT(reason(c, "global signal"), HasSubstr("no single cell"));
}

TEST(SpikingIngredients, AViewOfOppositeSignMixesSigns) {
  SpikingCircuit c;
  c.groups = {{.name = "a", .size = 3, .model = spike::BurstPoisson{}},
              {.name = "b", .size = 3, .model = spike::BurstPoisson{}}};
  c.connections = {{.name = "one", .source = "a", .target = "b", .weight = 1},
                   {.name = "two", .source = "a", .target = "b"}};
  c.connections[1].view = spike::WeightView{.of = "one", .scale = 0.5, .transposed = false};
  EXPECT_THAT(needs(c), ElementsAre("shared weights"));
  c.connections[1].view->scale = -0.5;
  EXPECT_THAT(needs(c), ElementsAre("shared weights", "mixed signs"));
}

}  // namespace
}  // namespace apical
