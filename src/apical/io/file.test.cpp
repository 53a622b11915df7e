// SPDX-License-Identifier: Apache-2.0
#include "apical/io/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "apical/io/fault_injection.h"
#include "apical/io/hash.h"
#include "apical/io/test_directory.h"
#include "support/figures.h"

namespace apical::io {
namespace {

using testing::HasSubstr;

TEST(File, AtomicWriteIsReadBackAndLeavesNothingElse) {
  const TestDirectory dir;
  write_atomically(dir / "a", "first");
  write_atomically(dir / "a", std::string(3'000'000, 'x'));
  EXPECT_EQ(read_text(dir / "a"), std::string(3'000'000, 'x'));
  write_atomically(dir / "a", "");
  EXPECT_EQ(read_text(dir / "a"), "");
  EXPECT_EQ(list_directory(dir.path()), std::vector<std::string>{"a"});
}

TEST(File, ErrorsNamePathOperationAndCause) {
  const TestDirectory dir;
  try {
    read_file(dir / "absent");
    FAIL() << "expected an error";
  } catch (const FileError& e) {
    EXPECT_EQ(e.what(), (dir / "absent").string() + ": cannot open: No such file or directory");
    EXPECT_EQ(e.code(), ENOENT);
    EXPECT_EQ(e.exit_code(), ExitCode::io);
  }
  write_atomically(dir / "file", "x");
  EXPECT_THROW(make_directories(dir / "file" / "below"), FileError);
  EXPECT_THROW(list_directory(dir / "absent"), FileError);
  EXPECT_THROW(remove_file(dir / "absent"), FileError);
  EXPECT_THROW(rename_file(dir / "absent", dir / "b"), FileError);
}

TEST(File, DirectoriesAreMadeWithTheirParents) {
  const TestDirectory dir;
  make_directories(dir / "a" / "b" / "c");
  make_directories(dir / "a" / "b" / "c");
  EXPECT_TRUE(file_exists(dir / "a" / "b" / "c"));
}

TEST(File, ReadsFilesThatClaimToBeEmpty) { EXPECT_THAT(read_text("/proc/self/status"), HasSubstr("Pid:")); }

TEST(File, HashOfAFileIsThatOfItsBytes) {
  const TestDirectory dir;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{5}, std::size_t{1} << 20, std::size_t{3'000'000}}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31);
    write_atomically(dir / "a", text);
    EXPECT_EQ(hash_file(dir / "a"), xxh3(text));
    EXPECT_EQ(hash_file(dir / "a", size / 2), xxh3(text.substr(0, size / 2))) << "of its beginning";
    EXPECT_EQ(hash_file(dir / "a", size + 1), xxh3(text)) << "of all there is";
  }
}

TEST(File, TemporariesOfKilledProcessesAreRemoved) {
  const TestDirectory dir;
  write_atomically(dir / "a", "x");
  write_atomically(temporary_name(dir / "a"), "torn");
  remove_temporaries(dir.path());
  EXPECT_EQ(list_directory(dir.path()), std::vector<std::string>{"a"});
}

// The promise: at whatever operation the disk fails, the error is reported and the old or new content is
// there.
void walk_atomic_write(int error, bool persistent, bool short_transfers) {
  for (std::uint64_t k = 1;; ++k) {
    const TestDirectory dir;
    write_atomically(dir / "a", "old content");
    FaultyDisk disk(
        {.fail_at = k, .error = error, .persistent = persistent, .short_transfers = short_transfers});
    bool reported = false;
    {
      const ScopedFileSystem scope(disk);
      try {
        write_atomically(dir / "a", "new, longer content");
      } catch (const IoError& e) {
        reported = true;
        EXPECT_THAT(e.what(), HasSubstr(dir.path().string()));
      }
    }
    const std::string content = read_text(dir / "a");
    if (!disk.fired()) {
      EXPECT_FALSE(reported);
      EXPECT_EQ(content, "new, longer content");
      test::figure("D5", std::string("failing operations of a file, ") + std::strerror(error), k - 1);
      EXPECT_GE(k, 8u) << "open, write, sync, close, read back, rename and sync_directory were all walked";
      return;
    }
    // Retried in place, so that nothing was lost and nothing is to report.
    const bool harmless = error == EINTR && !persistent && !reported;
    EXPECT_TRUE(reported || harmless)
        << "silent failure of " << disk.failed_operation() << " at operation " << k;
    EXPECT_TRUE(content == "old content" || content == "new, longer content") << k << ": " << content;
    if (!persistent) {
      EXPECT_EQ(list_directory(dir.path()), std::vector<std::string>{"a"})
          << "left behind at operation " << k;
    }
  }
}

TEST(File, EveryFailingOperationOfAnAtomicWriteIsReported) {
  for (const int error : {EIO, ENOSPC, EDQUOT}) {
    walk_atomic_write(error, false, false);
    walk_atomic_write(error, true, false);
    walk_atomic_write(error, false, true);
  }
  walk_atomic_write(EINTR, false, false);
}

TEST(File, AShortReadBackIsNotTakenForSuccess) {
  // A disk that says yes to every write and keeps none of the bytes past 4.
  struct Liar : FileSystem {
    std::int64_t write_at(int fd, std::span<const std::byte> from, std::uint64_t offset) override {
      FileSystem::write_at(fd, from.first(4), offset);
      return static_cast<std::int64_t>(from.size());
    }
  } liar;
  const TestDirectory dir;
  const ScopedFileSystem scope(liar);
  try {
    write_atomically(dir / "a", "content");
    FAIL() << "expected an error";
  } catch (const IoError& e) {
    EXPECT_THAT(e.what(), HasSubstr("read back 4 bytes"));
  }
  EXPECT_FALSE(file_exists(dir / "a"));
}

TEST(File, PowerLossLeavesOldOrNewContent) {
  using Outcome = PowerLossDisk::Outcome;
  int explored = 0;
  for (std::uint64_t cut = 1;; ++cut) {
    PowerLossDisk disk;
    bool survived = true;
    {
      const ScopedFileSystem scope(disk);
      make_directories("/run");
      write_atomically("/run/a", "old content");
      disk.cut_power_at(cut);
      try {
        write_atomically("/run/a", "new, longer content");
      } catch (const PowerCut&) {
        survived = false;
      }
    }
    for (int i = 0; i < 40; ++i) {
      const Outcome outcome = i < 3 ? static_cast<Outcome>(i) : Outcome::mixed;
      PowerLossDisk rebooted = disk.after_power_loss(outcome, static_cast<std::uint64_t>(i));
      const ScopedFileSystem scope(rebooted);
      const std::string content = read_text("/run/a");
      if (survived) {
        EXPECT_EQ(content, "new, longer content");
      }
      EXPECT_TRUE(content == "old content" || content == "new, longer content") << cut << ": " << content;
      ++explored;
    }
    if (survived) {
      EXPECT_GE(cut, 5u);
      break;
    }
  }
  EXPECT_GE(explored, 200);
  test::figure("D3", "power lost while a file is written", static_cast<std::size_t>(explored));
}

TEST(File, TheSimulatedPowerLossDoesHarmWhenNothingIsSynced) {
  PowerLossDisk disk;
  {
    const ScopedFileSystem scope(disk);
    make_directories("/run");
    File file("/run/a", FileSystem::Mode::create_new);
    file.write_at(bytes_of("content"), 0);
    EXPECT_EQ(read_text("/run/a"), "content");
  }
  PowerLossDisk dropped = disk.after_power_loss(PowerLossDisk::Outcome::drop_all);
  PowerLossDisk garbage = disk.after_power_loss(PowerLossDisk::Outcome::garbage);
  {
    const ScopedFileSystem scope(dropped);
    EXPECT_FALSE(file_exists("/run/a"));
  }
  const ScopedFileSystem scope(garbage);
  EXPECT_NE(read_text("/run/a"), "content");
}

TEST(File, AFailedSyncIsNeverRetriedAsClean) {
  const TestDirectory dir;
  FaultyDisk disk({.fail_at = 3, .only_writes = true});  // open, write, sync
  const ScopedFileSystem scope(disk);
  File file(dir / "a", FileSystem::Mode::create_new);
  file.write_at(bytes_of("x"), 0);
  EXPECT_THROW(file.sync(), FileError);
  EXPECT_EQ(disk.failed_operation(), "sync");
  EXPECT_THROW(file.sync(), FileError);
  EXPECT_THROW(file.close(), FileError);
}

TEST(AppendFile, GrowsIsCutAndContinues) {
  const TestDirectory dir;
  {
    AppendFile log(dir / "log");
    log.append("one\n");
    log.append("two\n");
    EXPECT_EQ(log.offset(), 8u);
    EXPECT_EQ(log.synced_offset(), 0u);
    log.sync();
    EXPECT_EQ(log.synced_offset(), 8u);
    log.append("lost\n");
    log.flush();
  }
  {
    AppendFile log(dir / "log", 8);
    log.append("three\n");
    log.close();
  }
  EXPECT_EQ(read_text(dir / "log"), "one\ntwo\nthree\n");
  EXPECT_THROW(AppendFile(dir / "log", 1000), DataError);
  AppendFile log(dir / "log", 14);
  EXPECT_THROW(log.truncate(15), DataError);
}

TEST(AppendFile, AfterAFailureOnlyTheFailureIsReported) {
  for (std::uint64_t k = 1;; ++k) {
    const TestDirectory dir;
    FaultyDisk disk({.fail_at = k, .error = ENOSPC});
    std::string first;
    {
      const ScopedFileSystem scope(disk);
      try {
        AppendFile log(dir / "log");
        try {
          log.append("one\n");
          log.sync();
          log.append("two\n");
          log.close();
        } catch (const IoError& e) {
          first = e.what();
          for (const auto& again : {+[](AppendFile& l) { l.append("x"); }, +[](AppendFile& l) { l.sync(); },
                                    +[](AppendFile& l) { l.close(); }, +[](AppendFile& l) { l.flush(); }}) {
            try {
              again(log);
              FAIL() << "a poisoned log reported success";
            } catch (const IoError& later) {
              EXPECT_EQ(first, later.what());
            }
          }
        }
      } catch (const IoError& e) {
        first = e.what();
      }
    }
    if (!disk.fired()) {
      EXPECT_EQ(first, "");
      EXPECT_EQ(read_text(dir / "log"), "one\ntwo\n");
      EXPECT_GE(k, 7u);
      break;
    }
    EXPECT_THAT(first, HasSubstr("No space left on device")) << k;
  }
}

}  // namespace
}  // namespace apical::io
