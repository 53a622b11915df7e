// SPDX-License-Identifier: Apache-2.0
// The angle to the exact gradient where forward projections are sparse: `check` and `run` agree on what can
// be measured, and what cannot leaves nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "apical/run/metrics_file.h"
#include "support/child_process.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using test::with;
using testing::HasSubstr;

const std::string kAligned = with(test::small_circuit(), "epochs = 1", "epochs = 1\nalign_every = 1");

std::string with_edit(const std::string& edit) {
  return kAligned + "[[edit]]\nprojection = \"*->*.basal\"\n" + edit + "\n";
}

class SparseAlignment : public test::CommandLine {};

TEST_F(SparseAlignment, WhatCheckTakesIsMeasured) {
  for (const char* edit : {"density = 0.5", "density = 0.2\nweights = {law = \"normal\", high = 1}",
                           "delay_steps = 2", "weights = {law = \"uniform_upper\", low = -1, high = 1}"}) {
    const std::string experiment = file(with_edit(edit));
    EXPECT_EQ(apical_says({"check", experiment, "--threads", "1"}).code, 0) << edit;
    std::filesystem::remove_all(out());
    const Answer a = apical_says({"run", experiment, "--out", out(), "--threads", "1"});
    ASSERT_EQ(a.code, 0) << edit << ": " << a.err;
    std::size_t angles = 0;
    for (const Measurement& m : read_measurements(out())) {
      if (m.metric != "angle_deg") continue;
      ++angles;
      EXPECT_TRUE(m.value >= 0 && m.value <= 180) << edit << ": " << m.value;
    }
    EXPECT_GE(angles, 4U) << edit << ": two areas, before and after";
  }
}

TEST_F(SparseAlignment, WhatARunRefusesIsRefusedByCheckAndLeavesNothing) {
  const std::filesystem::path working = directory_ / "here";
  std::filesystem::create_directories(working);
  const std::vector<std::pair<std::string, std::string>> refused{
      {with_edit("effect = \"multiply\""), "multiplies"},
      {kAligned + "[[edit]]\nprojection = \"a1.rep->a2.rep.basal\"\ntransmits = \"soma\"\n",
       "transmits no rates"},
      {kAligned + "[[projection]]\nfrom = \"a2.rep\"\nto = \"a1.rep\"\ncompartment = \"basal\"\n",
       "forward projections form a loop"},
  };
  for (const auto& [text, says] : refused) {
    const std::string experiment = file(text);
    const Answer checked = apical_says({"check", experiment, "--threads", "1"});
    EXPECT_EQ(checked.code, 3) << text;
    EXPECT_THAT(checked.err, HasSubstr(says));
    const Answer run = apical_says({"run", experiment, "--out", out(), "--threads", "1"});
    EXPECT_EQ(run.code, 3);
    EXPECT_EQ(run.err, checked.err);
    EXPECT_FALSE(std::filesystem::exists(out()));
    EXPECT_EQ(test::ChildProcess({"run", experiment}, working).wait(), 3);
    EXPECT_TRUE(std::filesystem::is_empty(working));
  }
}

}  // namespace
}  // namespace apical
