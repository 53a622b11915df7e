// SPDX-License-Identifier: Apache-2.0
// A network that ranks share has the bits of one that is whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/core/test_ranks.h"
#include "apical/engine/spike/network.h"
#include "apical/engine/spike/test_networks.h"

namespace apical::spike {
namespace {

using test::as_ranks;

/// What rank 0 keeps of a network, as bytes, and what anybody can ask of it between steps.
struct Kept {
  std::map<std::string, std::vector<std::byte>> state;
  std::vector<Spike> spikes;
  std::vector<double> rates;
  double mean_weight = 0;
  bool operator==(const Kept&) const = default;
};

template <class T>
Kept kept_of(Network<T>& net) {
  Kept k;
  TestArchive archive;
  net.visit_state(archive);
  k.state = archive.bytes;
  k.spikes = net.take_spikes(1);
  for (std::size_t g = 0; g < net.description().groups.size(); ++g) {
    for (const double r : net.event_rates(g)) k.rates.push_back(r);
    for (const double r : net.burst_rates(g)) k.rates.push_back(r);
    const Counts c = net.counts(g);
    for (const std::uint64_t n : {c.spikes, c.events, c.bursts}) k.rates.push_back(static_cast<double>(n));
  }
  for (std::size_t c = 0; c < net.description().connections.size(); ++c) {
    const auto w = net.weights(c);
    k.rates.insert(k.rates.end(), w.begin(), w.end());
  }
  k.mean_weight = net.mean_weight(0);
  return k;
}

/// Learning and not, so that ranks meet every step and now and then.
template <class T>
void live(Network<T>& net) {
  net.set_plasticity(true);
  net.set_learning_rate(0, 0.03);
  net.record(1, true);
  net.advance(260);
  net.set_plasticity(false);
  net.advance(151);
  net.set_currents(1, CurrentTarget::dendrite, std::vector<double>(net.description().groups[1].size, 50e-12));
  net.set_background_rate(0, 300);
  net.advance(249);
}

template <class T>
void expect_same_on_ranks(const SpikingCircuit& d, std::size_t ranks, unsigned threads) {
  Network<T> alone(d, 5);
  live(alone);
  const Kept expected = kept_of(alone);
  EXPECT_GT(expected.spikes.size(), 50U);
  as_ranks(ranks, [&](Ranks& r) {
    ThreadPool pool(threads);
    Network<T> shared(d, 5, &pool, {.ranks = &r});
    live(shared);
    const Kept found = kept_of(shared);
    if (r.leads()) {
      for (const auto& [name, bytes] : expected.state) {
        ASSERT_TRUE(found.state.contains(name)) << name;
        EXPECT_EQ(found.state.at(name), bytes) << name;
      }
      EXPECT_EQ(found.state.size(), expected.state.size());
    }
    EXPECT_EQ(found.spikes, expected.spikes);
    EXPECT_EQ(found.rates, expected.rates);
    EXPECT_EQ(found.mean_weight, expected.mean_weight);
  });
}

TEST(SpikeRanks, GiveTheBitsOfOneForAnyNumberOfThem) {
  for (const SpikingCircuit& d : {lively(1300), with_other_options(lively(1300))}) {
    for (const std::size_t ranks : {1U, 2U, 3U, 4U}) expect_same_on_ranks<float>(d, ranks, 1);
  }
  expect_same_on_ranks<float>(lively(1300), 2, 3);
  expect_same_on_ranks<double>(lively(1300), 3, 1);
}

TEST(SpikeRanks, DivideTheSynapses) {
  const SpikingCircuit d = lively(1300);
  const std::size_t all = Network<float>(d, 5).synapses();
  std::atomic<std::size_t> sum{0};
  as_ranks(3, [&](Ranks& r) {
    const Network<float> shared(d, 5, nullptr, {.ranks = &r});
    EXPECT_LT(shared.synapses(), all / 2);
    sum += shared.synapses();
  });
  EXPECT_EQ(sum, all);
}

/// The test that would notice: spikes that are added up as messages come give other conductances, and other
/// ones for other numbers of ranks. Spikes hide that for a while, since they fall into steps.
TEST(SpikeRanks, DeliveryInOrderOfRanksChangesTheState) {
  const SpikingCircuit d = lively(1300);
  const auto state_on = [&](std::size_t ranks, Arrivals arrivals) {
    std::map<std::string, std::vector<std::byte>> state;
    as_ranks(ranks, [&](Ranks& r) {
      Network<float> shared(d, 5, nullptr, {.ranks = &r, .arrivals = arrivals});
      live(shared);
      TestArchive archive;
      shared.visit_state(archive);
      if (r.leads()) state = archive.bytes;
    });
    return state;
  };
  const auto sorted = state_on(2, Arrivals::sorted);
  EXPECT_EQ(state_on(1, Arrivals::by_rank), sorted);
  EXPECT_NE(state_on(2, Arrivals::by_rank), sorted);
  EXPECT_NE(state_on(3, Arrivals::by_rank), state_on(2, Arrivals::by_rank));
}

TEST(SpikeRanks, MeetOncePerShortestDelayUnlessWeightsChange) {
  SpikingCircuit d = lively(1300);
  while (d.connections.front().rule) remove_connection(d, 0);  // what learns has no delay
  for (Connection& c : d.connections) c.delay_steps = std::max(c.delay_steps, 4);
  as_ranks(2, [&](Ranks& r) {
    Network<float> shared(d, 5, nullptr, {.ranks = &r});
    const auto exchanges_of = [&](Step steps) {
      const std::uint64_t before = r.exchanges();
      shared.advance(steps);
      return r.exchanges() - before;
    };
    EXPECT_EQ(exchanges_of(100), 20U + 1U);  // and one in which all hear of faults
  });
  const SpikingCircuit learns = lively(1300);
  as_ranks(2, [&](Ranks& r) {
    Network<float> shared(learns, 5, nullptr, {.ranks = &r});
    const std::uint64_t before = r.exchanges();
    shared.advance(50);
    EXPECT_EQ(r.exchanges() - before, 50U + 1U);
  });
}

TEST(SpikeRanks, GoOnFromTheStateOfAnotherNumberOfRanks) {
  for (const SpikingCircuit& d : {lively(1300), with_other_options(lively(1300))}) {
    const auto begin = [](Network<float>& net) {
      net.set_plasticity(true);
      net.record(1, true);
    };
    Network<float> whole(d, 3);
    begin(whole);
    whole.advance(400);
    whole.take_spikes(1);
    whole.advance(200);
    const Kept expected = kept_of(whole);

    TestArchive archive;
    Kept found;
    const std::vector<std::size_t> numbers{2, 3, 1};
    for (std::size_t n = 0; n < numbers.size(); ++n) {
      as_ranks(numbers[n], [&](Ranks& r) {
        Network<float> shared(d, 3, nullptr, {.ranks = &r});
        begin(shared);
        TestArchive from = archive;
        if (n > 0) {
          from.kReading = true;
          shared.visit_state(from);
        }
        shared.advance(200);
        if (n + 1 == numbers.size()) {
          found = kept_of(shared);
          return;
        }
        TestArchive to;
        shared.visit_state(to);
        r.exchange({});  // all have read
        if (r.leads()) archive = to;
      });
    }
    EXPECT_EQ(found, expected);
  }
}

TEST(SpikeRanks, AllThrowTheFaultOfOne) {
  SpikingCircuit d = lively(1300);
  std::vector<std::string> said(3);
  as_ranks(3, [&](Ranks& r) {
    Network<float> shared(d, 5, nullptr, {.ranks = &r});
    // The last neuron is another rank's than the first.
    shared.set_state(0, 1299, {.v = std::numeric_limits<double>::quiet_NaN(), .vd = -70e-3});
    try {
      shared.advance(2000);
      ADD_FAILURE() << "no fault";
    } catch (const NumericalFault& fault) {
      EXPECT_EQ(fault.where().unit, 1299U);
      EXPECT_EQ(fault.where().population, "low");
      said[r.rank()] = fault.what();
    }
    EXPECT_EQ(shared.step(), 256);
  });
  EXPECT_EQ(said[1], said[0]);
  EXPECT_EQ(said[2], said[0]);
  EXPECT_NE(said[0], "");
}

/// The fault that a network which learns by a formula comes to, and the state that it leaves.
struct Fallen {
  NumericalFault::Where where;
  Step step = 0;
  std::map<std::string, std::vector<std::byte>> state;
};
Fallen fallen(const SpikingCircuit& d, unsigned threads, Ranks* ranks) {
  ThreadPool pool(threads);
  Network<float> net(d, 5, &pool, {.ranks = ranks});
  net.set_plasticity(true);
  Fallen out;
  try {
    net.advance(40);
    net.advance(2000);
    ADD_FAILURE() << "no fault";
  } catch (const NumericalFault& fault) {
    out.where = fault.where();
  }
  EXPECT_THROW(net.advance(1), Error);
  out.step = net.step();
  TestArchive archive;
  net.visit_state(archive);
  out.state = archive.bytes;
  return out;
}

/// Found by whoever has the neuron, in the middle of a step in which ranks learn.
TEST(SpikeRanks, AFaultOfAFormulaIsTheSameForAnyNumberOfRanksAndThreads) {
  for (const char* text :
       {"burst * pre / (p - p)", "log(p - 0.9) * event * pre", "exp(40 * event_rate) * burst * pre"}) {
    SpikingCircuit d = lively(1300);
    BurstRule& rule = *d.connections[0].rule;
    rule.formula = Formula{text};
    take_formula(rule);
    const Fallen alone = fallen(d, 1, nullptr);
    EXPECT_EQ(alone.where.population, "high");
    EXPECT_THAT(alone.where.quantity, testing::HasSubstr("change of weights"));
    EXPECT_LE(alone.where.step, alone.step);
    const auto expect_same = [&](const Fallen& other, bool leads) {
      EXPECT_STREQ(NumericalFault(other.where).what(), NumericalFault(alone.where).what());
      EXPECT_EQ(other.step, alone.step);
      EXPECT_TRUE(!leads || other.state == alone.state) << text;
    };
    expect_same(fallen(d, 3, nullptr), true);
    for (const std::size_t ranks : {1U, 2U, 3U})
      as_ranks(ranks, [&](Ranks& r) { expect_same(fallen(d, ranks == 2 ? 2 : 1, &r), r.leads()); });
  }
}

TEST(SpikeRanks, ViewsAndFollowersShowWhatLiesElsewhere) {
  SpikingCircuit d = lively(1300);
  Connection view{.name = "shown back",
                  .source = "high",
                  .target = "low",
                  .receptor = Receptor::dendrite_excitatory,
                  .reads = Reads::bursts,
                  .topology = d.connections.front().topology,
                  .view = WeightView{.of = "plastic", .scale = 0.5}};
  Connection follower = view;
  follower.name = "follows";
  follower.view = {};
  follower.weight = 0.1;
  follower.follow = FollowRule{.of = "plastic"};
  d.connections.push_back(view);
  d.connections.push_back(follower);
  for (const std::size_t ranks : {2U, 3U}) expect_same_on_ranks<float>(d, ranks, 1);
}

}  // namespace
}  // namespace apical::spike
