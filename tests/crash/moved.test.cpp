// SPDX-License-Identifier: Apache-2.0
// What happens to the directory of a run while it runs, and what a killed process leaves in it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "apical/io/checkpoint.h"
#include "support/child_process.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::ChildProcess;
using test::with;

class Moved : public test::CommandLine {
 protected:
  std::vector<std::string> endless() const {
    const std::string text =
        with(test::small_network(), "epochs = 2", "epochs = 100000") + "checkpoint_every_s = 0.05\n";
    return {"run", file(text), "--out", out(), "--quiet"};
  }
  /// Until that run has begun to go on, when it hears signals.
  static void wait_until_resumed(const std::string& run) {
    while (io::read_text(fs::path(run) / "events.ndjson").find("resumed") == std::string::npos)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  void wait_for_checkpoint() const {
    while (io::list_checkpoints(fs::path(out()) / "checkpoints").empty())
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
};

TEST_F(Moved, ARunThatIsMovedNoticesAndSaysSo) {
  const ChildProcess child(endless());
  wait_for_checkpoint();
  fs::rename(out(), out("elsewhere"));
  EXPECT_EQ(child.wait(), 5);
  EXPECT_FALSE(fs::exists(out())) << "nothing is written where it was";
  fs::remove(fs::path(out("elsewhere")) / "run.lock");
  const std::vector<std::string> on{"run", "--resume", "--out", out("elsewhere"), "--quiet"};
  const ChildProcess again(on);
  wait_until_resumed(out("elsewhere"));
  again.kill(SIGTERM);
  EXPECT_EQ(again.wait(), 75) << "it goes on where it is now";
}

TEST_F(Moved, ARunThatIsMovedAndAskedToStopDoesNotSayThatItSaved) {
  const ChildProcess child(endless());
  wait_for_checkpoint();
  fs::rename(out(), out("elsewhere"));
  child.kill(SIGTERM);
  EXPECT_EQ(child.wait(), 5);
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(Moved, PiecesOfAKilledProcessGoWherever) {
  const ChildProcess child(endless());
  wait_for_checkpoint();
  child.kill(SIGKILL);
  child.wait();
  const fs::path run = out();
  std::vector<fs::path> pieces;
  for (const char* folder : {"", "checkpoints", "pictures", "spikes"}) {
    fs::create_directories(run / folder);
    pieces.push_back(run / folder / "x.apc.tmp-1234-5");
    std::ofstream(pieces.back()) << "half";
  }
  const fs::path mine = run / "checkpoints" / "notes.tmp-of-mine", outside = directory_ / "outside";
  std::ofstream(mine) << "kept";
  fs::create_directories(outside);
  std::ofstream(outside / "y.tmp-1-1") << "kept";
  fs::create_directory_symlink(outside, run / "pictures" / "link");
  const ChildProcess again({"run", "--resume", "--out", out(), "--quiet"});
  wait_until_resumed(out());
  again.kill(SIGTERM);
  EXPECT_EQ(again.wait(), 75);
  for (const fs::path& piece : pieces) EXPECT_FALSE(fs::exists(piece)) << piece;
  EXPECT_TRUE(fs::exists(mine));
  EXPECT_TRUE(fs::exists(outside / "y.tmp-1-1"));
}

TEST_F(Moved, TwoProcessesNeverWriteOneComparison) {
  const std::string text = with(test::small_network(), "epochs = 2", "epochs = 100000") +
                           "[[variant]]\nlabel = \"one\"\n[[variant]]\nlabel = \"two\"\n";
  const ChildProcess first({"compare", file(text), "--out", out(), "--quiet"});
  while (!fs::exists(fs::path(out()) / "comparison.json"))
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(ChildProcess({"compare", file(text), "--resume", "--out", out(), "--quiet"}).wait(), 5);
  first.kill(SIGTERM);
  EXPECT_EQ(first.wait(), 75);
}

}  // namespace
}  // namespace apical
