// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/layout.h"

#include <gtest/gtest.h>

#include "apical/engine/spike/neuron_kernels.h"

namespace apical::spike {
namespace {

SpikingCircuit two_groups(std::size_t speakers, std::size_t listeners) {
  SpikingCircuit d;
  d.groups = {{.name = "speakers", .size = speakers, .model = BurstPoisson{}},
              {.name = "listeners", .size = listeners, .model = BurstPoisson{}}};
  d.connections = {{.name = "c",
                    .source = "speakers",
                    .target = "listeners",
                    .topology = RandomPairs{.probability = 0.1},
                    .weight = 1}};
  return d;
}

TEST(Layout, OwnsEveryNeuronOnce) {
  for (const std::size_t parts : {1U, 2U, 3U, 7U}) {
    for (const GroupLayout& group : layout(two_groups(1300, 40), parts)) {
      std::uint32_t next = 0;
      for (const BlockPlace& block : group.blocks) {
        EXPECT_EQ(block.first, next);
        EXPECT_LE(block.count, kBlock);
        ASSERT_LT(block.part, parts);
        EXPECT_GE(block.first, group.boundaries[block.part]);
        EXPECT_LE(block.first + block.count, group.boundaries[block.part + 1]);
        next += block.count;
      }
      EXPECT_EQ(group.boundaries.front(), 0U);
      EXPECT_EQ(group.boundaries.back(), next);
    }
  }
}

TEST(Layout, OnlyGroupsWithoutIncomingConnectionsAreDeaf) {
  const auto groups = layout(two_groups(10, 10), 1);
  EXPECT_TRUE(groups[0].deaf);
  EXPECT_FALSE(groups[1].deaf);
}

TEST(Layout, SharesNeuronsAndBackgroundAlike) {
  SpikingCircuit d = two_groups(8 * kBlock, 16 * kBlock);
  auto groups = layout(d, 2);
  EXPECT_EQ(groups[0].boundaries[1], 4 * kBlock);
  EXPECT_EQ(groups[1].boundaries[1], 8 * kBlock);

  // Listeners in two groups, one with so much background that each neuron costs five: 8 * 5 + 16 = 56 = 28
  // + 28.
  d.groups.push_back({.name = "noisy", .size = 8 * kBlock, .model = BurstPoisson{}});
  d.connections.push_back({.name = "n",
                           .source = "speakers",
                           .target = "noisy",
                           .topology = RandomPairs{.probability = 0.1},
                           .weight = 1});
  d.background = {
      {.target = "noisy", .receptor = Receptor::soma_excitatory, .rate_Hz = 1 / d.dt_s, .weight = 1}};
  groups = layout(d, 2);
  EXPECT_EQ(groups[1].boundaries[1], 16 * kBlock);
  EXPECT_EQ(groups[2].boundaries[1], 2 * kBlock);  // 2.4 blocks; a block goes where its middle lies
}

}  // namespace
}  // namespace apical::spike
