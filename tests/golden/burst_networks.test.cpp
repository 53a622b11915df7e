// SPDX-License-Identifier: Apache-2.0
#include "golden/burst_networks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "support/paths.h"

namespace apical::golden {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(test::kTestData) / "golden" / "burst-networks";

nlohmann::json load(const char* name) {
  std::ifstream in(kFolder / name);
  return nlohmann::json::parse(in);
}

Verdict replay(const nlohmann::json& file) {
  for (const Format& f : formats()) {
    if (f.recognises(file)) return f.replay(file);
  }
  throw DataError("not recognised");
}

TEST(GoldenBurstNetworks, EveryFileReplaysWithinItsTolerance) {
  const auto files = files_below(kFolder);
  EXPECT_EQ(files.size(), 7U);
  for (const auto& file : files) {
    const Verdict v = replay_file(file);
    EXPECT_TRUE(v.passed) << v.file << ": " << v.worst_deviation << " at " << v.worst_quantity << " "
                          << v.note;
  }
}

TEST(GoldenBurstNetworks, AnAlteredRateFileFails) {
  for (const char* key : {"lr", "P", "error_scale", "decay", "momentum"}) {
    auto file = load("rate_learned_4-6-5-3.json");
    auto& options = file["runs"][3]["options"];
    options[key] = options[key].get<double>() * 0.99;
    EXPECT_FALSE(replay(file).passed) << key;
  }
  auto feedback = load("rate_learned_4-6-5-3.json");
  feedback["runs"][0]["options"]["lr_Q"] = 0.06;
  EXPECT_FALSE(replay(feedback).passed);
  auto tied = load("rate_fixed_4-6-5-3.json");
  tied["runs"][3]["options"]["tie_Y"] = false;
  EXPECT_FALSE(replay(tied).passed);
  auto balance = load("rate_mismatch_4-5-5-3.json");
  balance["runs"][0]["options"]["initial_Q"] = "P Y";
  EXPECT_FALSE(replay(balance).passed);
  auto number = load("rate_fixed_4-6-5-3.json");
  auto& apical = number["runs"][0]["steps"][1]["apical"][0][1][2];
  apical = apical.get<double>() + 1e-9;
  EXPECT_FALSE(replay(number).passed);
}

/// Other weights may have more events than the file has numbers for.
bool fails(const nlohmann::json& file) {
  try {
    return !replay(file).passed;
  } catch (const DataError&) {
    return true;
  }
}

TEST(GoldenBurstNetworks, AnAlteredDigitFileFails) {
  for (const char* key : {"eta_hidden", "eta_out", "eta_homeostasis", "follow", "mean_tau", "P_out"}) {
    auto file = load("digits_learned_6_5_2x2.json");
    file["parameters"][key] = file["parameters"][key].get<double>() * 0.9;
    EXPECT_TRUE(fails(file)) << key;
  }
  auto gain = load("digits_learned_6_5_2x2.json");
  gain["parameters"]["gain"] = 20;  // a tenth more or less turns no event into a burst
  EXPECT_TRUE(fails(gain));
  auto event = load("digits_learned_6_5_2x2.json");
  event["pictures"][1]["events_hidden"][0][2] = 1 - event["pictures"][1]["events_hidden"][0][2].get<int>();
  EXPECT_FALSE(replay(event).passed);
}

TEST(GoldenBurstNetworks, AnAlteredFileInTimeFails) {
  for (const char* name : {"continuous_cascade_3-5-4-2.json", "continuous_delayed_3-5-4-2.json"}) {
    for (const char* key : {"eta", "beta", "tau_u", "P"}) {
      auto file = load(name);
      file["parameters"][key] = file["parameters"][key].get<double>() * 1.01;
      EXPECT_FALSE(replay(file).passed) << name << key;
    }
    auto late = load(name);
    late["teach_from_step"] = 11;
    EXPECT_FALSE(replay(late).passed) << name;
    auto apart = load(name);
    apart["parameters"]["transport"] = false;
    EXPECT_FALSE(replay(apart).passed) << name;
  }
  auto order = load("continuous_cascade_3-5-4-2.json");
  order["order"] = "delayed";
  order["parameters"]["tau_trace"] = {0.4, 0.2, 0.1};
  EXPECT_FALSE(replay(order).passed);
}

TEST(GoldenBurstNetworks, AnAlteredSpikingFileFails) {
  for (const char* key : {"P", "eta_in", "feedback_factor", "input_current_A", "dendrite_offset_A"}) {
    auto file = load("spiking_burstccn_3_2.json");
    file[key] = file[key].get<double>() * 1.001;
    EXPECT_FALSE(replay(file).passed) << key;
  }
  auto label = load("spiking_burstccn_3_2.json");
  label["output"]["spikes_in"][4][2] = "later";
  EXPECT_FALSE(replay(label).passed);
  auto noise = load("spiking_burstccn_3_2.json");
  noise["noise_pulse_steps"]["out"]["dendrite_exc"][1].erase(0);
  EXPECT_FALSE(replay(noise).passed);
}

TEST(GoldenBurstNetworks, UnknownNamesAreRefused) {
  auto order = load("continuous_cascade_3-5-4-2.json");
  order["order"] = "sideways";
  EXPECT_THROW(replay(order), DataError);
  auto rates = load("rate_fixed_4-6-5-3.json");
  rates["runs"][0]["options"]["feedback"] = "hebbian";
  EXPECT_THROW(replay(rates), DataError);
  auto option = load("rate_fixed_4-6-5-3.json");
  option["runs"][0]["options"]["dropout"] = 0.5;
  EXPECT_THROW(replay(option), DataError);
  auto digits = load("digits_learned_6_5_2x2.json");
  digits["parameters"]["feedback"] = "random";
  EXPECT_THROW(replay(digits), DataError);
}

}  // namespace
}  // namespace apical::golden
