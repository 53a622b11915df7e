// SPDX-License-Identifier: Apache-2.0
// Spikes and activity of a spiking run in formats of other programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "apical/io/csv.h"
#include "apical/io/npy_reader.h"
#include "support/command_line.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using test::CommandLine;
using testing::HasSubstr;

using SpikingExport = CommandLine;

constexpr const char* kSpiking = R"([model]
name = "burstprop-propagation"
duration_s = 0.4
burn_in_s = 0.1
pyramidal = 40
interneurons = 10
[record]
spikes = true
)";

TEST_F(SpikingExport, SpikesAndActivityLeaveARun) {
  const Answer ran = apical_says({"run", file(kSpiking), "--out", out("run"), "--quiet"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  for (const std::string suffix : {".csv", ".npz"}) {
    const Answer a = apical_says({"export", out("run"), "--what", "spikes", "--out", out("s" + suffix)});
    ASSERT_EQ(a.code, 0) << a.err;
  }
  const io::CsvTable table = io::read_csv(out("s.csv"));
  EXPECT_THAT(table.header, testing::ElementsAre("population", "seed", "neuron", "time_ms"));
  const io::Arrays arrays = io::read_npz(out("s.npz"));
  std::size_t spikes = 0;
  for (const auto& [name, array] : arrays) {
    if (!name.ends_with(".time_ms")) continue;
    const auto times = array.as<double>();
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end())) << name;
    spikes += times.size();
  }
  EXPECT_GT(spikes, 0U);
  EXPECT_EQ(table.rows(), spikes);

  ASSERT_EQ(apical_says({"export", out("run"), "--what", "recordings", "--out", out("r.npz")}).code, 0);
  EXPECT_FALSE(io::read_npz(out("r.npz")).empty());
  const Answer refused = apical_says({"export", out("run"), "--what", "recordings", "--out", out("r.csv")});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, testing::AllOf(HasSubstr("have no times of their own"),
                                          HasSubstr("npz and hdf5 have them all")));
  const Answer weights = apical_says({"export", out("run"), "--what", "weights", "--out", out("w.npz")});
  EXPECT_EQ(weights.code, 0) << weights.err;
  EXPECT_FALSE(io::read_npz(out("w.npz")).empty());
  // Where there is no synapse the file has NaN, which is no number beyond single precision.
  const Answer again = apical_says(
      {"run", file(kSpiking), "--out", out("again"), "--quiet", "--set", "model.start_from=" + out("w.npz")});
  EXPECT_EQ(again.code, 0) << again.err;
}

}  // namespace
}  // namespace apical
