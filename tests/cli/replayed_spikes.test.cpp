// SPDX-License-Identifier: Apache-2.0
// Spikes that one run recorded are the stimulus of another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apical/io/json.h"
#include "apical/io/sonata.h"
#include "support/command_line.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using test::with;
using testing::AllOf;
using testing::HasSubstr;

const std::string kFirst = R"([model]
name = "burstprop-multiplexing"
pyramidal = 60
burn_in_s = 0.1
duration_s = 0.3
[record]
spikes = true
from_s = 0
until_s = 0.4
[run]
seeds = 1
)";

const std::string kSecond = R"([circuit]
neurons = "spiking"
[[population]]
name = "in"
kind = "relay"
size = 60
[[population]]
name = "out"
kind = "burst_poisson"
size = 20
[[projection]]
from = "in"
to = "out"
density = 0.5
weight = 0.5
[[stage]]
name = "run"
watched = "run"
[[stage.phase]]
name = "replayed"
duration_s = 0.4
replay = [{population = "in", spikes_file = "first/spikes/seed-1.h5", spikes_of = "pyr1"}]
[[stage.measure]]
quantities = ["event_Hz"]
of = ["in", "out"]
[record]
spikes = true
from_s = 0
until_s = 0.4
populations = ["in"]
[run]
seeds = 2
)";

class ReplayedSpikes : public test::CommandLine {
 protected:
  Answer says(const std::string& command, const std::string& text, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{command, file(text), "--data", directory_.path().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical_says(arguments);
  }
  void runs(const std::string& text, const std::string& name) const {
    const Answer a = says("run", text, {"--out", out(name), "--quiet"});
    ASSERT_EQ(a.code, 0) << a.err;
  }
  io::SonataSpikes spikes(const std::string& run, const std::string& population) const {
    return io::read_sonata_spikes(directory_ / run / "spikes" / "seed-1.h5", population);
  }
};

TEST_F(ReplayedSpikes, WhatOneRunRecordedIsEmittedInAnotherAtTheSameTimes) {
  runs(kFirst, "first");
  runs(kSecond, "second");
  const io::SonataSpikes then = spikes("first", "pyr1"), now = spikes("second", "in");
  ASSERT_GT(then.node_ids.size(), 50U);
  EXPECT_EQ(now.timestamps_ms, then.timestamps_ms);
  EXPECT_EQ(now.node_ids, then.node_ids);
  const nlohmann::json manifest = io::read_json(directory_ / "second" / "manifest.json");
  EXPECT_THAT(
      manifest.at("data").at("spikes of first/spikes/seed-1.h5, population 'pyr1'").get<std::string>(),
      testing::StartsWith("xxh3 "));
  // The resolved experiment says it all again.
  runs(io::read_text(directory_ / "second" / "experiment.toml"), "third");
  EXPECT_EQ(io::read_text(directory_ / "third" / "metrics.ndjson"),
            io::read_text(directory_ / "second" / "metrics.ndjson"));
}

TEST_F(ReplayedSpikes, CheckReadsTheFileAndSaysWhatIsReplayed) {
  const Answer missing = says("check", kSecond);
  EXPECT_EQ(missing.code, 3);
  EXPECT_THAT(missing.err, HasSubstr("there is no first/spikes/seed-1.h5"));
  runs(kFirst, "first");
  const std::size_t n = spikes("first", "pyr1").node_ids.size();
  EXPECT_THAT(says("check", kSecond).out, HasSubstr("in: " + std::to_string(n) + " spikes of first/spikes"));
  const Answer small = says("check", with(kSecond, "size = 60", "size = 2"));
  EXPECT_EQ(small.code, 3);
  EXPECT_THAT(small.err,
              AllOf(HasSubstr("/spikes/pyr1/node_ids["), HasSubstr("population 'in' has 2 relays")));
  const Answer coarse =
      says("check", with(with(kSecond, "neurons = \"spiking\"", "neurons = \"spiking\"\ndt_ms = 0.25"),
                         "spikes_of = \"pyr1\"", "spikes_of = \"pyr1\""));
  EXPECT_EQ(coarse.code, 3);
  EXPECT_THAT(coarse.err, HasSubstr("between two time steps of 0.25 ms"));
  const Answer source = says("check", with(kSecond, "population = \"in\"", "population = \"out\""));
  EXPECT_EQ(source.code, 3);
  EXPECT_THAT(source.err, AllOf(HasSubstr("experiment.toml:"), HasSubstr("no population of relays")));
}

TEST_F(ReplayedSpikes, ARunKeepsToItsSpikes) {
  runs(kFirst, "first");
  runs(kSecond, "second");
  const io::Path path = directory_ / "first" / "spikes" / "seed-1.h5";
  const std::vector<double> ms{1};
  const std::vector<std::uint64_t> ids{1};
  io::write_sonata_spikes(path, {{"pyr1", ms, ids}});
  const Answer again =
      apical_says({"reproduce", out("second"), "--data", directory_.path().string(), "--quiet"});
  EXPECT_EQ(again.code, 3);
  EXPECT_THAT(again.err, AllOf(HasSubstr("began on other data:"), HasSubstr("population 'pyr1' differ")));
}

}  // namespace
}  // namespace apical
