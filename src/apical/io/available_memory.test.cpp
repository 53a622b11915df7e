// SPDX-License-Identifier: Apache-2.0
#include "apical/io/available_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/io/directory.h"
#include "apical/io/test_directory.h"

namespace apical {
namespace {

class AvailableMemory : public testing::Test {
 protected:
  void write(const std::string& name, std::string_view text) const {
    io::make_directories((root_ / name).parent_path());
    io::write_atomically(root_ / name, text);
  }
  Memory found() const { return available_memory_below(root_ / ""); }
  io::TestDirectory root_;
};

TEST_F(AvailableMemory, WithoutAnyLimitItIsWhatTheMachineHasFree) {
  write("proc/meminfo", "MemTotal:  8000000 kB\nMemFree:  10 kB\nMemAvailable:  2000000 kB\n");
  EXPECT_EQ(found().bytes, 2000000 * 1024.0);
  EXPECT_EQ(found().of, "free on this machine");
}

TEST_F(AvailableMemory, AControlGroupAndThoseAboveItLimitIt) {
  write("proc/meminfo", "MemAvailable:  2000000 kB\n");
  write("proc/self/cgroup", "0::/jobs/one\n");
  write("sys/fs/cgroup/jobs/one/memory.max", "max\n");
  write("sys/fs/cgroup/jobs/memory.max", "1000000000\n");
  write("sys/fs/cgroup/jobs/memory.current", "600000000\n");
  write("sys/fs/cgroup/jobs/memory.stat", "anon 1\ninactive_file 100000000\n");
  EXPECT_EQ(found().bytes, 5e8);  // cached files can be given back
  EXPECT_THAT(found().of, testing::HasSubstr("control group"));
  write("sys/fs/cgroup/jobs/one/memory.max", "300000000\n");
  EXPECT_EQ(found().bytes, 3e8);
}

TEST_F(AvailableMemory, TheOlderKindOfControlGroupsCountsToo) {
  write("proc/meminfo", "MemAvailable:  2000000 kB\n");
  write("proc/self/cgroup", "3:cpu:/a\n2:memory:/a\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");  // none
  EXPECT_EQ(found().bytes, 2000000 * 1024.0);
  write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000000\n");
  write("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "400000\n");
  EXPECT_EQ(found().bytes, 6e5);
}

TEST_F(AvailableMemory, OfThisProcessThereIsSome) { EXPECT_GT(available_memory().bytes, 0); }

}  // namespace
}  // namespace apical
