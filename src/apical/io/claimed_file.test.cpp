// SPDX-License-Identifier: Apache-2.0
#include "apical/io/claimed_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include "apical/io/test_directory.h"

namespace apical::io {
namespace {

TEST(ClaimedFile, IsAddedByOneOfMany) {
  const TestDirectory directory;
  for (int round = 0; round < 20; ++round) {
    const Path path = directory.path() / ("claim." + std::to_string(round));
    std::atomic<int> winners{0};
    std::vector<std::thread> all;
    all.reserve(4);
    for (int t = 0; t < 4; ++t) {
      all.emplace_back([&, t] { winners += add_file(path, std::to_string(t)) ? 1 : 0; });
    }
    for (std::thread& t : all) t.join();
    EXPECT_EQ(winners, 1);
  }
  EXPECT_EQ(list_directory(directory.path()).size(), 20U) << "nothing else is left behind";
}

TEST(ClaimedFile, IsOursIfTheLinkIsThereWhateverTheServerAnswered) {
  /// Does what it is asked and says that it failed, as when an answer was lost and the call repeated.
  class Forgetful final : public FileSystem {
    std::int64_t link(const Path& from, const Path& to) override {
      FileSystem::link(from, to);
      return -EEXIST;
    }
  };
  const TestDirectory directory;
  Forgetful disk;
  const ScopedFileSystem scope(disk);
  EXPECT_TRUE(add_file(directory.path() / "claim", "mine"));
  EXPECT_FALSE(add_file(directory.path() / "claim", "another"));
  EXPECT_EQ(read_text(directory.path() / "claim"), "mine");
}

TEST(ClaimedFile, DoesWithoutHardLinks) {
  class Plain final : public FileSystem {
    std::int64_t link(const Path&, const Path&) override { return -EPERM; }
  };
  const TestDirectory directory;
  Plain disk;
  const ScopedFileSystem scope(disk);
  EXPECT_TRUE(add_file(directory.path() / "claim", "mine"));
  EXPECT_FALSE(add_file(directory.path() / "claim", "another"));
  EXPECT_EQ(list_directory(directory.path()).size(), 1U);
}

TEST(ClaimedFile, SaysWhyItCannotBeAdded) {
  class Full final : public FileSystem {
    std::int64_t link(const Path&, const Path&) override { return -ENOSPC; }
  };
  const TestDirectory directory;
  Full disk;
  const ScopedFileSystem scope(disk);
  EXPECT_THROW(add_file(directory.path() / "claim", "mine"), FileError);
  EXPECT_TRUE(list_directory(directory.path()).empty());
}

TEST(ClaimedFile, IsAsOldAsItsLastTouch) {
  const TestDirectory directory;
  const Path path = directory.path() / "claim";
  EXPECT_FALSE(modified_s(path));
  EXPECT_FALSE(touch_file(path));
  add_file(path, "mine");
  const double added = *modified_s(path);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(touch_file(path));
  EXPECT_GT(*modified_s(path), added);
  EXPECT_NEAR(server_now_s(directory.path()), *modified_s(path), 5);
}

}  // namespace
}  // namespace apical::io
