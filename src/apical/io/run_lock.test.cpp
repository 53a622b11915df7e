// SPDX-License-Identifier: Apache-2.0
#include "apical/io/run_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "apical/io/fault_injection.h"
#include "apical/io/test_directory.h"

namespace apical::io {
namespace {

using testing::HasSubstr;

/// A child that takes the lock of `directory` and is killed while it holds it. Returns its pid.
pid_t killed_holder(const Path& directory) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      RunLock lock(directory);
      ::kill(::getpid(), SIGKILL);
    } catch (...) {
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  return child;
}

TEST(RunLock, ASecondProcessIsToldHostPidAndTime) {
  const TestDirectory dir;
  const RunLock lock(dir.path());
  try {
    RunLock second(dir.path());
    FAIL() << "expected an error";
  } catch (const IoError& e) {
    const LockHolder me = this_process();
    EXPECT_THAT(e.what(), HasSubstr("process " + std::to_string(::getpid()) + " on " + me.host));
    EXPECT_THAT(e.what(), HasSubstr("since 20"));
  }
}

TEST(RunLock, IsReleasedOnceItsOwnerIsDone) {
  const TestDirectory dir;
  { const RunLock lock(dir.path()); }
  RunLock lock(dir.path());
  EXPECT_EQ(lock.taken_over().pid, 0);
  lock.release();
  EXPECT_TRUE(list_directory(dir.path()).empty());
}

TEST(RunLock, ADeadHoldersLockIsTakenOver) {
  const TestDirectory dir;
  const pid_t dead = killed_holder(dir.path());
  RunLock lock(dir.path());
  EXPECT_EQ(lock.taken_over().pid, dead);
  EXPECT_THROW(RunLock(dir.path()), IoError);
  lock.release();
  EXPECT_TRUE(list_directory(dir.path()).empty());
}

TEST(RunLock, AReusedPidIsNotTheHolder) {
  LockHolder holder = this_process();
  EXPECT_TRUE(may_be_alive(holder));
  ASSERT_GT(holder.process_start, 0u);
  holder.process_start -= 1;
  EXPECT_FALSE(may_be_alive(holder));
  holder.host = "another-host";
  EXPECT_TRUE(may_be_alive(holder)) << "nobody can tell from here";
}

TEST(RunLock, AnUnreadableLockIsExplained) {
  const TestDirectory dir;
  write_atomically(dir / RunLock::kFileName, "garbage");
  EXPECT_THAT([&] { RunLock lock(dir.path()); },
              testing::ThrowsMessage<IoError>(HasSubstr("is not a lock file Apical can read")));
}

TEST(RunLock, OfManyThatFindADeadHolderOneWins) {
  for (int round = 0; round < 20; ++round) {
    const TestDirectory dir;
    killed_holder(dir.path());
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        int code = 1;
        try {
          RunLock lock(dir.path());
          File(dir / ("winner" + std::to_string(::getpid())), FileSystem::Mode::create_new).close();
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
          code = 0;
          lock.release();
        } catch (const IoError&) {
          code = 7;
        }
        ::_exit(code);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      ASSERT_TRUE(WIFEXITED(status));
      EXPECT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 7);
    }
    EXPECT_EQ(list_directory(dir.path()).size(), 1u) << "exactly one winner file and no lock left";
  }
}

TEST(RunLock, EveryFailingOperationIsReportedAndLeavesNoLock) {
  for (std::uint64_t k = 1;; ++k) {
    const TestDirectory dir;
    FaultyDisk disk({.fail_at = k});
    bool reported = false;
    {
      const ScopedFileSystem scope(disk);
      try {
        RunLock lock(dir.path());
        lock.release();
      } catch (const IoError&) {
        reported = true;
      }
    }
    if (!disk.fired()) {
      EXPECT_FALSE(reported);
      EXPECT_GE(k, 8u);
      break;
    }
    EXPECT_TRUE(reported) << disk.failed_operation();
    const std::vector<std::string> left = list_directory(dir.path());
    // A lock whose removal failed stays, and is this process's own.
    EXPECT_TRUE(left.empty() || left == std::vector<std::string>{RunLock::kFileName}) << k << " " << left.front();
  }
}

}  // namespace
}  // namespace apical::io
