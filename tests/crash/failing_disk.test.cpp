// SPDX-License-Identifier: Apache-2.0
// Whole commands on disks that fail at operation 1, 2, 3 … and on disks that lose power there: the command
// says that it failed, or has lost nothing, and what is gone on with afterwards leaves the bytes of an
// undisturbed run.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "apical/io/fault_injection.h"
#include "apical/io/run_lock.h"
#include "support/command_line.h"
#include "support/figures.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using testing::AnyOf;
using testing::HasSubstr;

struct Work {
  const char* name;
  const char* verb;
  std::string experiment;
  friend void PrintTo(const Work& w, std::ostream* out) { *out << w.name; }
};

const std::vector<Work>& works() {
  static const std::vector<Work> all{
      {"layered", "run", test::small_network()},
      {"recorded", "run", test::with_recording(test::small_circuit())},
      {"recurrent", "run", test::small_recurrent_network()},
      {"reward", "run", test::small_policy()},
      {"spiking", "run",
       "[model]\nname = \"burstprop-xor\"\nneurons = 20\nin_degree = 8\nexample_s = 0.1\nalpha_s = 0.05\n"
       "[training]\nepochs = 1\n[run]\nseeds = 1\n"},
      {"comparison", "compare",
       test::small_network() + "[[variant]]\nlabel = \"a\"\n[[variant]]\nlabel = \"b\"\n[variant.model]\n"
                               "name = \"feedback-alignment\"\n"},
  };
  return all;
}

class OnAFailingDisk : public testing::TestWithParam<Work> {
 protected:
  void SetUp() override {
    io::write_atomically(experiment(), std::string_view(GetParam().experiment));
    const Answer a = begin(whole());
    ASSERT_EQ(a.code, 0) << a.err;
  }
  fs::path experiment() const { return directory_ / "experiment.toml"; }
  fs::path whole() const { return directory_ / "whole"; }
  fs::path broken() const { return directory_ / "broken"; }

  /// Begins, or goes on with what is there.
  Answer begin(const fs::path& out) const {
    std::vector<std::string> c{GetParam().verb, experiment(), "--out", out, "--threads", "1", "--quiet"};
    if (test::can_be_resumed(out)) c.emplace_back("--resume");
    return apical_says(c);
  }
  std::uint64_t operations() const {
    io::FaultyDisk counts({});
    {
      const io::ScopedFileSystem scope(counts);
      EXPECT_EQ(begin(broken()).code, 0);
    }
    fs::remove_all(broken());
    return counts.operations();
  }
  void expect_that_it_goes_on(const std::string& after) const {
    // Whoever held it has ended, or has gone with the power; here it is this process, which lives.
    for (const char* of : {"", "a", "b"}) fs::remove(broken() / of / io::RunLock::kFileName);
    const Answer again = begin(broken());
    EXPECT_EQ(again.code, 0) << after << ": " << again.err;
    if (again.code == 0) {
      EXPECT_EQ(test::difference(whole(), broken()), "") << after;
    }
  }

  /// Of about so many operations, evenly chosen, or of all.
  void fail(std::uint64_t most) {
    const std::uint64_t all = operations(), step = std::max<std::uint64_t>(1, all / most);
    std::size_t tried = 0, held = 0, borne = 0;
    for (const auto& [error, persistent] : {std::pair{ENOSPC, true}, {EIO, false}}) {
      for (std::uint64_t k = 1;; k += step) {
        fs::remove_all(broken());
        io::FaultyDisk disk({.fail_at = k, .error = error, .persistent = persistent});
        Answer a{};
        {
          const io::ScopedFileSystem scope(disk);
          a = begin(broken());
        }
        if (!disk.fired()) break;
        const std::string what =
            fmt::format("{} of {} at operation {}", std::strerror(error), disk.failed_operation(), k);
        bool good = a.code == 5;
        if (good) {
          EXPECT_THAT(a.err, HasSubstr(std::strerror(error))) << what;
        } else if (a.code == 0) {
          // What it could not do was of no use to anybody, such as to remove a file that is in nobody's way.
          good = test::difference(whole(), broken()).empty() && apical_says({"verify", broken()}).code == 0;
          ++borne;
        }
        EXPECT_TRUE(good) << what << ": ended with " << a.code << ' ' << a.err;
        expect_that_it_goes_on(what);
        ++tried;
        held += good && !HasFailure() ? 1 : 0;
      }
    }
    EXPECT_GT(tried, 20U);
    test::figure("D5",
                 fmt::format("failing operations of a whole command, {}; {} of them without loss",
                             GetParam().name, borne),
                 tried, held);
  }
  io::TestDirectory directory_;
};

TEST_P(OnAFailingDisk, ACommandSaysSoAndGoesOnToTheSameBytes) { fail(40); }

using SlowOnAFailingDisk = OnAFailingDisk;
TEST_P(SlowOnAFailingDisk, ACommandSaysSoAndGoesOnToTheSameBytes) { fail(1000); }

/// What lies on a disk below a directory, as files of this machine.
void bring_back(io::FileSystem& disk, const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  std::vector<std::string> names;
  if (disk.list(from, names) < 0) return;
  // It lists files alone.
  for (const char* folder : {"checkpoints", "results", "a", "b"}) {
    if (disk.kind(from / folder) == static_cast<std::int64_t>(io::FileSystem::Kind::directory))
      bring_back(disk, from / folder, to / folder);
  }
  for (const std::string& name : names) {
    if (disk.kind(from / name) == static_cast<std::int64_t>(io::FileSystem::Kind::directory)) {
      bring_back(disk, from / name, to / name);
      continue;
    }
    io::Bytes bytes;
    {
      const io::ScopedFileSystem scope(disk);
      bytes = io::read_file(from / name);
    }
    io::write_atomically(to / name, std::span<const std::byte>(bytes));
  }
}

class OnADiskThatLosesPower : public OnAFailingDisk {
 protected:
  /// The disk, cut at that operation, and whether the command had ended before.
  bool run_on(io::PowerLossDisk& disk, std::uint64_t cut) const {
    fs::remove_all(broken());  // of the machine's own disk
    const io::ScopedFileSystem scope(disk);
    io::make_directories(directory_.path());
    io::write_atomically(experiment(), std::string_view(GetParam().experiment));
    disk.cut_power_at(cut);
    try {
      const Answer a = begin(broken());
      EXPECT_EQ(a.code, 0) << a.err;
      return true;
    } catch (const io::PowerCut&) {
      return false;
    }
  }
  void cut(std::uint64_t most) {
    io::PowerLossDisk counts;
    ASSERT_TRUE(run_on(counts, io::PowerLossDisk::kNever));
    const std::uint64_t all = counts.operations(), step = std::max<std::uint64_t>(1, all / most);
    std::size_t tried = 0, held = 0;
    for (std::uint64_t k = 1; k < all; k += step) {
      io::PowerLossDisk disk;
      const bool ended = run_on(disk, k);
      for (int i = 0; i < 4; ++i) {
        io::PowerLossDisk rebooted = disk.after_power_loss(static_cast<io::PowerLossDisk::Outcome>(i), k);
        fs::remove_all(broken());
        bring_back(rebooted, broken(), broken());
        const std::string what = fmt::format("power lost at operation {} of {}, outcome {}", k, all, i);
        const bool before = HasFailure();
        if (ended) {
          EXPECT_EQ(test::difference(whole(), broken()), "") << what;
        }
        expect_that_it_goes_on(what);
        ++tried;
        held += before || !HasFailure() ? 1 : 0;
      }
    }
    EXPECT_GT(tried, 80U);
    test::figure("D3", fmt::format("power lost in a whole command, {}", GetParam().name), tried, held);
  }
};

TEST_P(OnADiskThatLosesPower, ACommandGoesOnToTheSameBytes) { cut(25); }

using SlowOnADiskThatLosesPower = OnADiskThatLosesPower;
TEST_P(SlowOnADiskThatLosesPower, ACommandGoesOnToTheSameBytes) { cut(500); }

const auto kName = [](const auto& work) { return std::string(work.param.name); };
INSTANTIATE_TEST_SUITE_P(Works, OnAFailingDisk, testing::ValuesIn(works()), kName);
INSTANTIATE_TEST_SUITE_P(Works, SlowOnAFailingDisk, testing::ValuesIn(works()), kName);
INSTANTIATE_TEST_SUITE_P(Works, OnADiskThatLosesPower, testing::ValuesIn(works()), kName);
INSTANTIATE_TEST_SUITE_P(Works, SlowOnADiskThatLosesPower, testing::ValuesIn(works()), kName);

}  // namespace
}  // namespace apical
