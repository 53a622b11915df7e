// SPDX-License-Identifier: Apache-2.0
#include "apical/run/fault_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "apical/io/test_directory.h"

namespace apical {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(FaultRecord, MessageSaysWhatIsKept) {
  const io::TestDirectory directory;
  const io::Path run = directory.path() / "run";
  const NumericalFault fault({.population = "out",
                              .quantity = "membrane potential",
                              .unit = 3,
                              .seed = 7,
                              .step = 50,
                              .time_ms = 5,
                              .value = 0});
  EXPECT_THAT(fault.what(), Not(HasSubstr("checkpoint")));
  EXPECT_THAT(with_what_is_kept(fault, run).what(),
              HasSubstr("its state was not kept; there is no earlier checkpoint"));
  write_fault_state(run, 1, 2, {});
  EXPECT_FALSE(io::file_exists(fault_state_file(run)));
  write_fault_state(run, 1, 2, {{"seed-7", io::Bytes(8)}});
  EXPECT_THAT(with_what_is_kept(fault, run).what(),
              HasSubstr("the state at the fault is in " + fault_state_file(run).string() +
                        "; there is no earlier checkpoint"));
  io::write_checkpoint(run / "checkpoints", {.sequence = 1, .experiment = 1, .sections = {}});
  const NumericalFault told = with_what_is_kept(fault, run);
  EXPECT_THAT(told.what(), HasSubstr("the last good checkpoint is kept"));
  EXPECT_EQ(told.where().seed, 7U);
  // Nothing takes it for a checkpoint.
  EXPECT_EQ(io::list_checkpoints(run / "checkpoints"), std::vector<std::uint64_t>{1});
}

TEST(FaultRecord, WhatIsNotFiniteIsAFaultUnlessItMayBeMissing) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const auto fault = [](const Measurement& m) { require_measured(m); };
  for (const char* metric : {"loss", "accuracy", "weight_in_out", "pyr_event_Hz", "rms_deviation", "kl"}) {
    for (const double bad : {nan, inf, -inf}) {
      try {
        fault({3, "test", metric, 7, bad});
        FAIL() << metric;
      } catch (const NumericalFault& f) {
        EXPECT_EQ(f.where().quantity, metric);
        EXPECT_EQ(f.where().population, "test");
        EXPECT_EQ(f.where().seed, 7U);
        EXPECT_EQ(f.where().step, 3);
      }
    }
  }
  // Before an episode has ended there is no return, without events no burst probability, and of a name that
  // the catalogue does not know nobody can say; none of them is ever infinite.
  for (const char* metric : {"return", "steps_to_solve", "angle_deg", "pyr_burst_probability", "my_own"}) {
    EXPECT_NO_THROW(fault({3, "train", metric, 7, nan})) << metric;
    EXPECT_THROW(fault({3, "train", metric, 7, inf}), NumericalFault) << metric;
  }
}

}  // namespace
}  // namespace apical
