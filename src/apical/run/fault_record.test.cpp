// SPDX-License-Identifier: Apache-2.0
#include "apical/run/fault_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace apical
