// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/spike_watch.h"

#include <gtest/gtest.h>

#include <numeric>

#include "apical/models/payeur2021_propagation.h"

namespace apical {
namespace {

spike::SpikingCircuit population() {
  payeur2021::PropagationOptions o;
  o.pyramidal = 150;
  return payeur2021::multiplexing_population(o);
}

TEST(SpikeWatch, LookingOnChangesNothing) {
  const spike::SpikingCircuit d = population();
  spike::Network<float> alone(d, 2), watched(d, 2);
  SpikeWatch watch(d, {.bin_s = 0.013,
                       .raster_neurons = 5,
                       .record_from_s = 0.05,
                       .record_until_s = 0.21,
                       .record = {"pyr1"}});
  watch.open("all", {{"early", 0.01, 0.033}, {"late", 0.3, 0.4}}, watched);
  alone.advance(5000);
  for (const spike::Step steps : {700, 1, 2999, 1300}) watch.advance(watched, steps);
  EXPECT_EQ(watched.step(), alone.step());
  EXPECT_EQ(watched.event_rates(0), alone.event_rates(0));
  for (std::uint32_t i = 0; i < 150; ++i) EXPECT_EQ(watched.state(0, i).v, alone.state(0, i).v);
}

TEST(SpikeWatch, WhoLooksInSeesSpikesAndRatesAndChangesNothing) {
  const spike::SpikingCircuit d = population();
  spike::Network<float> alone(d, 2), watched(d, 2);
  std::vector<ActivitySegment> seen;
  SpikeWatch watch(d, {.bin_s = 0.05,
                       .record_from_s = 0,
                       .record_until_s = 0.5,
                       .record = {"pyr1"},
                       .glimpses = {.every_s = 0,
                                    .most_of_the_time = 1e9,
                                    .length_s = 0.03,
                                    .neurons = 7,
                                    .tell = [&](const ActivitySegment& s) { seen.push_back(s); }}});
  alone.advance(5000);
  for (const spike::Step steps : {700, 1, 2999, 1300}) watch.advance(watched, steps);
  for (std::uint32_t i = 0; i < 150; ++i) EXPECT_EQ(watched.state(0, i).v, alone.state(0, i).v);
  // One after another, over calls that end in the middle of one, and each with the spikes that were recorded
  // then.
  ASSERT_GE(seen.size(), 3U);
  const PopulationSpikes& all = watch.recorded().front();
  std::size_t shown = 0;
  for (const ActivitySegment& s : seen) {
    const PopulationActivity& p = s.populations.front();
    std::uint64_t spikes = 0;
    std::size_t of_first = 0;
    for (std::size_t i = 0; i < all.ms.size(); ++i) {
      const double at = all.ms[i] - 1e3 * s.start_s;
      if (at < -1e-6 || at > 1e3 * s.bin_s - 1e-6) continue;
      ++spikes;
      of_first += all.neuron[i] < 7 ? 1 : 0;
    }
    EXPECT_EQ(p.spikes.front(), spikes) << "from " << s.start_s;
    EXPECT_EQ(p.raster_s.size(), of_first);
    shown += of_first;
  }
  EXPECT_GT(shown, 3U);
}

TEST(SpikeWatch, BinsHoldEverySpikeAndRastersTheFirstNeurons) {
  const spike::SpikingCircuit d = population();
  spike::Network<float> net(d, 2);
  SpikeWatch watch(
      d, {.bin_s = 0.1, .raster_neurons = 5, .record_from_s = 0, .record_until_s = 1, .record = {"pyr1"}});
  watch.open("all", {{"part", 0.2, 0.6}}, net);
  watch.advance(net, 10500);  // the last half bin is dropped
  watch.close();
  const PopulationActivity& p = watch.segments().front().populations.front();
  ASSERT_EQ(p.spikes.size(), 10U);
  const PopulationSpikes& all = watch.recorded().front();
  EXPECT_EQ(std::accumulate(p.spikes.begin(), p.spikes.end(), std::uint64_t{0}), all.ms.size());
  std::size_t expected = 0;
  for (std::size_t i = 0; i < all.ms.size(); ++i)
    expected += all.neuron[i] < 5 && all.ms[i] >= 199.99 && all.ms[i] < 599.99;
  EXPECT_EQ(p.raster_s.size(), expected);
  EXPECT_GT(expected, 3U);
  for (std::size_t i = 0; i < p.events.size(); ++i) EXPECT_LE(p.events[i] + p.bursts[i], p.spikes[i]);
}

}  // namespace
}  // namespace apical
