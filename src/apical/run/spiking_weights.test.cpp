// SPDX-License-Identifier: Apache-2.0
#include "apical/run/spiking_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"

namespace apical {
namespace {

using namespace spike;
using testing::HasSubstr;

/// Sparse and plastic; one to one; a view of the first; and one whose synapses share a number.
SpikingCircuit four() {
  SpikingCircuit c;
  c.groups = {{.name = "a", .size = 6, .model = BurstPoisson{}},
              {.name = "b", .size = 4, .model = BurstPoisson{}},
              {.name = "c", .size = 4, .model = BurstPoisson{}}};
  c.connections = {{.name = "up",
                    .source = "a",
                    .target = "b",
                    .reads = Reads::events,
                    .delay_steps = 0,
                    .topology = RandomPairs{.probability = 0.5},
                    .weight = 0.2,
                    .weight_sd = 0.05,
                    .rule = BurstRule{.w_max = 2}},
                   {.name = "beside",
                    .source = "b",
                    .target = "c",
                    .topology = OneToOne{},
                    .weight = 0.3,
                    .weight_sd = 0.1},
                   {.name = "down",
                    .source = "b",
                    .target = "a",
                    .topology = RandomPairs{.probability = 0.5},
                    .view = WeightView{.of = "up"}},
                   {.name = "shared", .source = "c", .target = "a", .topology = AllToAll{}, .weight = 0.1}};
  return c;
}

class OfFour : public testing::Test {
 protected:
  std::string refusal(std::size_t index, std::size_t at, double number) {
    std::vector<double> w = weights_.parameter(index, 0);
    w.at(at) = number;
    try {
      weights_.set_parameters({{{index, w}}});
    } catch (const DataError& e) {
      return e.what();
    }
    return "none";
  }
  /// The first place of `up` that has a synapse, or none.
  std::size_t place(bool synapse) const {
    const std::vector<double> w = weights_.parameter(0, 0);
    std::size_t at = 0;
    while (std::isnan(w.at(at)) == synapse) ++at;
    return at;
  }
  Network<float> network_{four(), 3}, other_{four(), 3};
  SpikingWeights weights_{{3}, {&network_}};
};

TEST_F(OfFour, ProjectionsHaveTheirsAndViewsNone) {
  const std::vector<Parameter> p = weights_.parameters();
  ASSERT_EQ(p.size(), 3U);
  EXPECT_EQ(p[0].name, "up");
  EXPECT_EQ(p[0].shape, (std::vector<std::uint64_t>{4, 6}));
  EXPECT_TRUE(p[0].sparse);
  EXPECT_EQ(p[0].from + " " + p[0].to, "a b");
  EXPECT_EQ(p[1].shape, (std::vector<std::uint64_t>{4}));
  EXPECT_FALSE(p[1].sparse);
  EXPECT_EQ(p[2].name, "shared");
}

TEST_F(OfFour, WhatIsReadCanBeSet) {
  SpikingWeights other({3}, {&other_});
  ParameterValues doubled;
  for (std::size_t k = 0; k < 3; ++k) {
    for (const double w : weights_.parameter(k, 0)) doubled[k].push_back(2 * w);
  }
  other.set_parameters({doubled});
  for (std::size_t c = 0; c < four().connections.size(); ++c) {
    const std::vector<double> before = network_.weights(c), after = other_.weights(c);
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_FLOAT_EQ(static_cast<float>(after[i]), static_cast<float>(2 * before[i])) << c;  // the view, too
  }
}

TEST_F(OfFour, WhatNoSynapseCanHaveIsRefused) {
  EXPECT_EQ(refusal(0, place(true), 1.5), "none");
  EXPECT_EQ(refusal(0, place(false), 0), "none") << "no weight at all";
  EXPECT_THAT(refusal(0, place(false), 0.25), HasSubstr("'up' has a weight of 0.25 at ("));
  EXPECT_THAT(refusal(0, place(false), 0.25), HasSubstr("where seed 3 has no synapse"));
  EXPECT_THAT(refusal(0, place(true), std::nan("")), HasSubstr("weights of a seed are for that seed"));
  EXPECT_THAT(refusal(0, place(true), 2.5), HasSubstr("outside the bounds [0, 2] of its rule"));
  EXPECT_THAT(refusal(2, 0, 0.5), HasSubstr("synapses of 'shared' share one weight"));
}

}  // namespace
}  // namespace apical
