// SPDX-License-Identifier: Apache-2.0
#include "apical/io/run_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "apical/io/fault_injection.h"
#include "apical/io/test_directory.h"
#include "support/figures.h"

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

TEST(RunLock, OnlyTheProcessThatWroteItIsInterrupted) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  LockHolder holder = this_process();
  const auto with = [&](std::int64_t pid, std::uint64_t start) {
    holder.pid = pid;
    holder.process_start = start;
    return holder;
  };
  EXPECT_FALSE(interrupt(with(child, 0)));
  EXPECT_FALSE(interrupt(with(child, 1)));
  const std::uint64_t mine = this_process().process_start;
  for (const std::int64_t many : {-1, 0, 1}) EXPECT_FALSE(interrupt(with(many, mine))) << many;
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "nothing has reached it so far";
  const TestDirectory dir;
  const pid_t writer = ::fork();
  if (writer == 0) {
    try {
      const RunLock lock(dir.path());
      ::pause();
    } catch (...) {
    }
    ::_exit(0);
  }
  std::optional<LockHolder> written;
  while (!written) written = lock_holder(dir.path());
  EXPECT_EQ(written->pid, writer);
  LockHolder far = *written;
  far.host = "elsewhere";
  EXPECT_FALSE(interrupt(far));
  EXPECT_TRUE(interrupt(*written));
  int status = 0;
  ::waitpid(writer, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
  EXPECT_FALSE(interrupt(*written)) << "it is gone";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(RunLock, AFileThatNamesNoSingleProcessIsNone) {
  const TestDirectory dir;
  for (const char* pid : {"-1", "0", "-4711", "4294967297"}) {
    write_atomically(dir.path() / RunLock::kFileName,
                     "host " + this_process().host + "\npid " + pid + "\nprocess_start 0\nsince 2026\n");
    EXPECT_THROW(lock_holder(dir.path()), IoError) << pid;
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

/// A lock file as a process on another host left it.
void leave_lock(const Path& directory, const std::string& more = "") {
  write_atomically(directory / RunLock::kFileName,
                   "host node-17\npid 41\nprocess_start 5\nsince 2026-01-02T03:04:05Z\n" + more);
}

TEST(RunLock, OfAnotherHostIsRefusedWithTheOptionThatEndsIt) {
  const TestDirectory dir;
  leave_lock(dir.path());
  EXPECT_THAT([&] { RunLock lock(dir.path()); },
              testing::ThrowsMessage<IoError>(HasSubstr("--lost-host node-17")));
  EXPECT_THAT([&] { RunLock lock(dir.path(), {.job = "slurm 9", .attempt = 3, .lost_host = "node-18"}); },
              testing::ThrowsMessage<IoError>(HasSubstr("process 41 on node-17")));
}

TEST(RunLock, OfAHostSaidToBeLostIsTakenOver) {
  const TestDirectory dir;
  leave_lock(dir.path());
  const RunLock lock(dir.path(), {.job = "", .attempt = 0, .lost_host = "node-17"});
  EXPECT_EQ(lock.taken_over().pid, 41);
}

TEST(RunLock, SayingThatThisHostIsLostDoesNotHelpAgainstItsLivingProcesses) {
  const TestDirectory dir;
  const RunLock lock(dir.path());
  EXPECT_THROW(RunLock(dir.path(), {.job = "", .attempt = 0, .lost_host = this_process().host}), IoError);
}

TEST(RunLock, ALaterAttemptOfTheSameJobTakesOver) {
  for (const bool of_job : {true, false}) {
    for (const std::uint64_t attempt : {0, 1, 2}) {
      const TestDirectory dir;
      leave_lock(dir.path(), "attempt 1\njob slurm 4711\n");
      const Claim claim{.job = of_job ? "slurm 4711" : "slurm 4712", .attempt = attempt, .lost_host = ""};
      if (of_job && attempt == 2) {
        EXPECT_EQ(RunLock(dir.path(), claim).taken_over().job, "slurm 4711");
      } else {
        EXPECT_THROW(RunLock(dir.path(), claim), IoError) << claim.job << ", attempt " << attempt;
      }
    }
  }
}

TEST(RunLock, WhoseRunWasTakenOverWritesNoMore) {
  const TestDirectory dir;
  RunLock lock(dir.path(), {.job = "slurm 1", .attempt = 0, .lost_host = ""});
  EXPECT_NO_THROW(lock.confirm());
  const RunLock next(dir.path(), {.job = "slurm 1", .attempt = 1, .lost_host = ""});
  std::this_thread::sleep_for(std::chrono::milliseconds(1050));
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT([&] { lock.confirm(); },
                testing::ThrowsMessage<IoError>(HasSubstr("was taken over by process")));
  }
  lock.release();
  EXPECT_TRUE(file_exists(dir / RunLock::kFileName)) << "it is not its own any more";
}

TEST(RunLock, WhoseFileIsGoneWritesNoMore) {
  const TestDirectory dir;
  RunLock lock(dir.path());
  remove_file(dir / RunLock::kFileName);
  std::this_thread::sleep_for(std::chrono::milliseconds(1050));
  EXPECT_THAT([&] { lock.confirm(); },
              testing::ThrowsMessage<IoError>(HasSubstr("the lock of this run is gone")));
}

TEST(RunLock, OfManyThatFindADeadHolderOneWins) {
  constexpr int kRivals = 4;
  for (const bool died_in_takeover : {false, true}) {
    for (int round = 0; round < 5; ++round) {
      const TestDirectory dir;
      killed_holder(dir.path());
      if (died_in_takeover) write_atomically(dir / "run.lock.takeover", read_file(dir / RunLock::kFileName));
      const Path all_decided = dir / "decided";
      std::vector<pid_t> children;
      for (int i = 0; i < kRivals; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
          int code = 1;
          try {
            RunLock lock(dir.path());
            for (int ms = 0; ms < 20'000 && !file_exists(all_decided); ++ms)
              std::this_thread::sleep_for(std::chrono::milliseconds(1));
            lock.release();
            code = 0;
          } catch (const IoError&) {
            code = 7;
          }
          ::_exit(code);
        }
        children.push_back(child);
      }
      int refused = 0, won = 0;
      const auto reap = [&](int options) {
        std::erase_if(children, [&](pid_t child) {
          int status = 0;
          if (::waitpid(child, &status, options) != child) return false;
          refused += WIFEXITED(status) && WEXITSTATUS(status) == 7;
          won += WIFEXITED(status) && WEXITSTATUS(status) == 0;
          return true;
        });
      };
      // The winner holds on until the others have been refused.
      for (int ms = 0; ms < 10'000 && children.size() > 1; ++ms) {
        reap(WNOHANG);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      write_atomically(all_decided, "");
      reap(0);
      EXPECT_EQ(won, 1);
      EXPECT_EQ(refused, kRivals - 1);
      EXPECT_EQ(list_directory(dir.path()), std::vector<std::string>{"decided"}) << "no lock is left";
    }
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
      test::figure("D5", "failing operations of a lock", k - 1);
      break;
    }
    EXPECT_TRUE(reported) << disk.failed_operation();
    const std::vector<std::string> left = list_directory(dir.path());
    // A lock whose removal failed stays, and is this process's own.
    EXPECT_TRUE(left.empty() || left == std::vector<std::string>{RunLock::kFileName})
        << k << " " << left.front();
  }
}

TEST(RunLock, ALinkToNothingIsExplained) {
  for (const char* name : {RunLock::kFileName, "run.lock.takeover"}) {
    const TestDirectory dir;
    std::filesystem::create_symlink("nowhere", dir / name);
    if (name != std::string_view(RunLock::kFileName)) killed_holder(dir.path());
    EXPECT_THAT([&] { RunLock lock(dir.path()); },
                testing::ThrowsMessage<IoError>(
                    testing::AllOf(HasSubstr(std::string(name) + ": is a link to what is not there"),
                                   HasSubstr("remove it if no process writes this run"))));
  }
}

/// Who has the lock removes what others were about to put there.
class Cleared final : public FileSystem {
 public:
  explicit Cleared(Path lock) : lock_(std::move(lock)) {}
  std::int64_t rename_new(const Path& from, const Path& to) override {
    if (to == lock_ && !held_) {
      held_ = true;
      FileSystem machine;
      const ScopedFileSystem scope(machine);
      write_atomically(lock_, "host node-17\npid 41\nprocess_start 5\nsince 2026-01-02T03:04:05Z\n");
      remove_file(from);
    }
    return FileSystem::rename_new(from, to);
  }

 private:
  Path lock_;
  bool held_ = false;
};

TEST(RunLock, WhoComesSecondIsToldOfTheFirstWhateverThatOneRemoved) {
  const TestDirectory dir;
  Cleared disk(dir / RunLock::kFileName);
  const ScopedFileSystem scope(disk);
  EXPECT_THAT(
      [&] { RunLock lock(dir.path()); },
      testing::ThrowsMessage<IoError>(HasSubstr("this run is being written by process 41 on node-17")));
}

}  // namespace
}  // namespace apical::io
