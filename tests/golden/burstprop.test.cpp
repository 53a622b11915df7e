// SPDX-License-Identifier: Apache-2.0
#include "golden/burstprop.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "support/paths.h"

namespace apical::golden {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(test::kTestData) / "golden" / "burstprop";

nlohmann::json load(const char* name) {
  std::ifstream in(kFolder / name);
  return nlohmann::json::parse(in);
}

Verdict replay(const nlohmann::json& file) {
  std::vector<Format> all;
  add_burstprop_formats(all);
  for (const Format& f : all) {
    if (f.recognises(file)) return f.replay(file);
  }
  throw DataError("not recognised");
}

TEST(GoldenBurstprop, EveryFileReplaysWithinItsTolerance) {
  const auto files = files_below(kFolder);
  EXPECT_EQ(files.size(), 14U);
  for (const auto& file : files) {
    const Verdict v = replay_file(file);
    EXPECT_TRUE(v.passed) << v.file << ": " << v.worst_deviation << " at " << v.worst_quantity << " "
                          << v.note;
  }
}

TEST(GoldenBurstprop, AnAlteredFileFails) {
  auto neuron = load("neuron_soma_step.json");
  neuron["output"]["samples"][100][0] = neuron["output"]["samples"][100][0].get<double>() + 1e-8;
  EXPECT_FALSE(replay(neuron).passed);
  auto late = load("neuron_bp_step_high.json");
  late["output"]["spike_steps"][4] = late["output"]["spike_steps"][4].get<int>() + 1;
  EXPECT_FALSE(replay(late).passed);
  auto rule = load("rule_network_a.json");
  rule["post_labels"][7][2] = "none";
  EXPECT_FALSE(replay(rule).passed);
  auto eta = load("rule_network_b.json");
  eta["parameters"]["eta"] = eta["parameters"]["eta"].get<double>() * 1.001;
  EXPECT_FALSE(replay(eta).passed);
  auto train = load("stp_regular_trains.json");
  train["trains"][0]["parameters"]["f"] = 0.2;
  EXPECT_FALSE(replay(train).passed);
  auto rate = load("rate_network_4_5_3.json");
  rate["weight_decay"] = 0.0;
  EXPECT_FALSE(replay(rate).passed);
  auto pairing = load("pairing_burst_poisson.json");
  pairing["curves"][0]["delta_w_mean"][0] = 0.5;
  EXPECT_FALSE(replay(pairing).passed);
}

TEST(GoldenBurstprop, UnknownNamesAreRefused) {
  auto neuron = load("neuron_soma_step.json");
  neuron["model"] = "three_compartment";
  EXPECT_THROW(replay(neuron), DataError);
  auto synapse = load("neuron_sine_and_synapses.json");
  synapse["input"]["synapses"][0][1] = "g_nmda";
  EXPECT_THROW(replay(synapse), DataError);
  auto rate = load("rate_network_4_5_3.json");
  rate["runs"][0]["feedback_mode"] = "random";
  EXPECT_THROW(replay(rate), DataError);
}

}  // namespace
}  // namespace apical::golden
