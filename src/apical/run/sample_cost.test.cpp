// SPDX-License-Identifier: Apache-2.0
#include "apical/run/sample_cost.h"

#include <gtest/gtest.h>

namespace apical {
namespace {

SampleCost cost(const std::string& model, const std::string& more = "", const std::string& training = "") {
  const Experiment e = read_experiment(
      TomlDocument::parse("[task]\nname = \"yin-yang\"\ntrain_samples = 40\n[model]\nname = \"" + model +
                              "\"\nlayers = [4, 10, 3]\n" + more + "[training]\n" + training,
                          "test.toml"));
  ThreadPool alone(1);
  return cost_of_sample(e, *e.make_data({alone}).front());
}

TEST(SampleCost, OfALayeredNetworkFollowsFromItsPasses) {
  constexpr double kUp = 4 * 10 + 10 * 3, kDown = 10 * 3;
  const SampleCost bp = cost("backpropagation", "batch = 20\n");
  EXPECT_DOUBLE_EQ(bp.synaptic_events, kUp + kDown);
  EXPECT_DOUBLE_EQ(bp.weight_writes, kUp / 20);
  EXPECT_DOUBLE_EQ(bp.weight_reads, bp.synaptic_events + bp.weight_writes);
  EXPECT_DOUBLE_EQ(cost("kolen-pollack", "batch = 20\n").weight_writes, (kUp + kDown) / 20);
  EXPECT_DOUBLE_EQ(cost("node-perturbation").synaptic_events, 2 * kUp);
  EXPECT_DOUBLE_EQ(cost("three-factor").synaptic_events, kUp);
  EXPECT_DOUBLE_EQ(cost("predictive-coding-incremental", "inference_steps = 7\nbatch = 20\n").weight_writes,
                   7 * kUp / 20);
}

TEST(SampleCost, OfSimulatedSpikesIsTheEventsThatCameTimesTheirSynapses) {
  const SampleCost half = cost("spiking-burstprop", "predict = 0.1\nteach = 0.1\nsettle = 0\n"),
                   whole = cost("spiking-burstprop", "predict = 0.2\nteach = 0.2\nsettle = 0\n");
  // Inputs x and 1 - x make two at 180 Hz together, each through ten synapses.
  EXPECT_GT(half.synaptic_events, 0.8 * 2 * 180 * 0.2 * 10);
  EXPECT_NEAR(whole.synaptic_events / half.synaptic_events, 2, 0.2);
}

TEST(SampleCost, OfACircuitGrowsWithTheTimeASampleIsHeld) {
  const SampleCost once = cost("error-neuron-microcircuit", "", "presentation_ms = 0.2\n"),
                   twice = cost("error-neuron-microcircuit", "", "presentation_ms = 0.4\n");
  EXPECT_GT(once.synaptic_events, 20 * 70);  // 20 steps of at least the forward weights
  EXPECT_DOUBLE_EQ(once.weight_writes, 20 * 70);
  EXPECT_DOUBLE_EQ(twice.synaptic_events, 2 * once.synaptic_events);
  EXPECT_DOUBLE_EQ(twice.weight_writes, 2 * once.weight_writes);
}

}  // namespace
}  // namespace apical
