// SPDX-License-Identifier: Apache-2.0
// A disk that is full for real: file systems of 100 kB, 130 kB, … in memory, until a run fits. It ends with 5
// and says that there is no space left; what it reported is there; with more space it goes on to the same
// bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <filesystem>

#include "apical/io/json.h"
#include "support/command_line.h"
#include "support/figures.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using testing::HasSubstr;

class FullDisk : public test::CommandLine {
 protected:
  fs::path disk() const { return directory_ / "disk"; }
  bool mounted(std::size_t kilobytes, unsigned long flags = 0) const {
    fs::create_directories(disk());
    const std::string size = "size=" + std::to_string(kilobytes) + "k";
    return ::mount("tmpfs", disk().c_str(), "tmpfs", flags, size.c_str()) == 0;
  }
  void TearDown() override { ::umount2(disk().c_str(), MNT_DETACH); }
  Answer run(const fs::path& out) const {
    std::vector<std::string> c{"run",    directory_ / "experiment.toml", "--out", out, "--threads", "1",
                               "--quiet"};
    if (test::can_be_resumed(out)) c.emplace_back("--resume");
    return apical_says(c);
  }
  void fill(const std::string& name, const std::string& experiment, std::size_t step) {
    file(experiment);
    ASSERT_EQ(run(out("whole")).code, 0);
    std::size_t tried = 0, held = 0;
    for (std::size_t kilobytes = 20;; kilobytes += step) {
      if (!mounted(kilobytes)) GTEST_SKIP() << "needs the right to mount a file system";
      const fs::path broken = disk() / "run";
      const Answer a = run(broken);
      bool good = a.code == 5 && a.err.find("No space left on device") != std::string::npos;
      EXPECT_TRUE(good || a.code == 0) << kilobytes << " kB: ended with " << a.code << ' ' << a.err;
      if (a.code != 0) {
        ++tried;
        EXPECT_FALSE(fs::exists(broken / "summary.json") && fs::file_size(broken / "summary.json") == 0);
        ASSERT_TRUE(mounted(500'000, MS_REMOUNT));
        const Answer again = run(broken);
        EXPECT_EQ(again.code, 0) << kilobytes << " kB, then more: " << again.err;
      }
      const std::string differs = test::difference(out("whole"), broken);
      EXPECT_EQ(differs, "") << kilobytes << " kB";
      held += a.code != 0 && good && differs.empty() ? 1 : 0;
      ::umount2(disk().c_str(), MNT_DETACH);
      if (a.code == 0) break;
      ASSERT_LT(kilobytes, 20'000u);
    }
    EXPECT_GT(tried, 3u);
    test::figure("D4", "full disks of growing size, " + name, tried, held);
  }
};

TEST_F(FullDisk, IsSaidAndARunGoesOnWhenThereIsRoom) {
  fill("layered", test::small_network(), 12);
  fs::remove_all(out("whole"));
  fill("recorded",
       test::with_recording(test::with(test::small_circuit(), "train_samples = 40", "train_samples = 400")),
       40);
}

}  // namespace
}  // namespace apical
