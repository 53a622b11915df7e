// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "apical/core/random.h"
#include "apical/engine/spike/network.h"

namespace apical::spike {
namespace {

constexpr double kFollow = 4, kShare = 0.3;

/// Two populations: "up" learns, "down" follows it, "share" shows what is
/// expected of "down", "transport" shows "up" from the other side.
SpikingCircuit mirrors(const Topology& topology) {
  SpikingCircuit d;
  d.groups = {{.name = "low", .size = 30, .model = BurstPoisson{}},
              {.name = "high", .size = 20, .model = BurstPoisson{}}};
  for (const char* name : {"low", "high"})
    d.background.push_back({name, Receptor::soma_excitatory, 3000, 0.4});
  const auto down = [&](const char* name, Reads reads) {
    return Connection{.name = name,
                      .source = "high",
                      .target = "low",
                      .receptor = Receptor::dendrite_excitatory,
                      .reads = reads,
                      .topology = topology};
  };
  Connection up{.name = "up",
                .source = "low",
                .target = "high",
                .reads = Reads::events,
                .delay_steps = 0,
                .topology = topology,
                .weight = 0.3,
                .weight_sd = 0.1,
                .rule = BurstRule{.eta = 0.05}};
  Connection follower = down("down", Reads::bursts), share = down("share", Reads::events),
             transport = down("transport", Reads::spikes);
  follower.weight = 0.1;
  follower.weight_sd = 0.1;
  follower.follow = FollowRule{.of = "up", .scale = kFollow};
  share.view = WeightView{.of = "down", .scale = -kShare, .transposed = false};
  transport.view = WeightView{.of = "up"};
  d.connections = {share, follower, up, transport};  // named before they are described
  return d;
}

template <class T>
std::map<std::pair<std::uint32_t, std::uint32_t>, double> by_pair(const Network<T>& net, const char* name,
                                                                  bool transposed = false) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> out;
  const auto pairs = net.pairs(net.connection(name));
  const auto weights = net.weights(net.connection(name));
  for (std::size_t i = 0; i < pairs.size(); ++i)
    out[transposed ? std::pair{pairs[i].second, pairs[i].first} : pairs[i]] = weights[i];
  return out;
}

class Mirrors : public ::testing::TestWithParam<Topology> {};

INSTANTIATE_TEST_SUITE_P(Wirings, Mirrors,
                         ::testing::Values(Topology{RandomPairs{.probability = 0.3}}, Topology{AllToAll{}}));

TEST_P(Mirrors, HaveTheSynapsesOfWhatTheyMirror) {
  const Network<double> net(mirrors(GetParam()), 3);
  const auto up = by_pair(net, "up", true);
  for (const char* name : {"down", "share", "transport"}) {
    const auto own = by_pair(net, name);
    ASSERT_EQ(own.size(), up.size());
    EXPECT_TRUE(std::equal(own.begin(), own.end(), up.begin(),
                           [](const auto& a, const auto& b) { return a.first == b.first; }));
  }
}

// Both change by the same signals, so their difference is what it was in the beginning (Kolen & Pollack
// 1994).
TEST_P(Mirrors, FollowersKeepTheirDifferenceFromWhatTheyFollow) {
  Network<double> net(mirrors(GetParam()), 3);
  const auto up = by_pair(net, "up", true), down = by_pair(net, "down");
  for (int phase = 0; phase < 3; ++phase) {
    net.set_plasticity(true);
    net.advance(2000);
    net.set_plasticity(false);
    net.advance(500);
  }
  double largest = 0;
  const auto up_after = by_pair(net, "up", true), down_after = by_pair(net, "down");
  for (const auto& [pair, w] : down_after) {
    EXPECT_NEAR(w - kFollow * up_after.at(pair), down.at(pair) - kFollow * up.at(pair), 1e-12);
    largest = std::max(largest, std::abs(w - down.at(pair)));
  }
  EXPECT_GT(largest, 0.01);
}

TEST_P(Mirrors, ViewsShowTheOthersWeightsWheneverPlasticityIsOff) {
  Network<double> net(mirrors(GetParam()), 3);
  const auto expect_shown = [&] {
    const auto up = by_pair(net, "up", true), down = by_pair(net, "down"), share = by_pair(net, "share"),
               transport = by_pair(net, "transport");
    for (const auto& [pair, w] : share) EXPECT_EQ(w, -kShare * down.at(pair));
    for (const auto& [pair, w] : transport) EXPECT_EQ(w, up.at(pair));
  };
  expect_shown();
  net.set_plasticity(true);
  net.advance(2000);
  net.set_plasticity(false);
  expect_shown();
  const std::size_t number = net.connection("up");
  std::vector<double> other = net.weights(number);
  for (double& w : other) w = 0.5 * w + 0.1;
  net.set_weights(number, other);
  expect_shown();
}

// A view does not draw anything of its own: other connections begin with the weights they had without it.
TEST(MirrorsOfNothing, OnlyChangeWhatMirrors) {
  SpikingCircuit with = mirrors(AllToAll{}), without = with;
  std::swap(with.connections[0], with.connections[2]);
  std::swap(without.connections[0], without.connections[2]);
  without.connections.resize(2);
  without.connections[1].follow.reset();
  EXPECT_EQ(Network<float>(with, 5).weights(0), Network<float>(without, 5).weights(0));
  EXPECT_EQ(Network<float>(with, 5).weights(1), Network<float>(without, 5).weights(1));
}

}  // namespace
}  // namespace apical::spike
