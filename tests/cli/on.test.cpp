// SPDX-License-Identifier: Apache-2.0
// --on: whoever does the work, the results are those of the command alone, byte for byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apical/io/json.h"
#include "support/child_process.h"
#include "support/command_line.h"
#include "support/environment.h"
#include "support/launched.h"
#include "support/paths.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::ChildProcess;
using test::with;
using testing::HasSubstr;

std::string two_models() {
  return with(test::small_network(), "seeds = 1", "seeds = 3") + R"([[variant]]
label = "backpropagation"
[[variant]]
label = "feedback alignment"
model.name = "feedback-alignment"
)";
}

const std::string kClaim = R"([reproduces]
paper = "A paper"
figure = "1"
shows = "nothing much"
source = "a test"
minutes = 0.1
[[expect]]
variant = "backpropagation"
quantity = "test_accuracy"
statistic = "mean"
at_least = 0
at_most = 1
because = "accuracies lie there"
)";

/// Of two circuits of which one has populations that the other has not.
const std::vector<std::string> kProbe{
    "probe",   std::string(test::kSourceDir) + "/experiments/protocols/mismatch.toml",
    "--seeds", "2",
    "--set",   "training.epochs=1",
    "--set",   "protocol.epochs=[0, 1]",
    "--set",   "protocol.samples=3",
    "--set",   "task.train_samples=50",
    "--set",   "training.settling_ms=1"};

class On : public test::CommandLine {
 protected:
  using Words = std::vector<std::string>;
  static Words and_also(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  /// What one process leaves in 'whole'.
  void whole(const Words& command) const {
    const Answer a = apical_says(and_also(command, {"--quiet", "--threads", "1", "--out", out("whole")}));
    ASSERT_EQ(a.code, 0) << a.err;
  }
  /// The program, whose workers are processes of its own.
  int did(const Words& command) const {
    return ChildProcess(and_also(command, {"--quiet", "--out", out()})).wait();
  }
  void expect_whole() const {
    EXPECT_FALSE(io::file_exists(out() + ".parts"));
    EXPECT_TRUE(fs::remove(io::Path(out()) / "collected.json"));  // who did what
    EXPECT_EQ(test::difference(out("whole"), out()), "");
  }
  /// Of a cluster that takes jobs and leaves them.
  std::unique_ptr<test::EnvironmentVariable> busy_cluster() const {
    io::make_directories(out("bin"));
    const io::Path fake = io::Path(out("bin")) / "sbatch";
    std::ofstream(fake) << "#!/bin/sh\ncat \"$1\" >> '" << out("submitted") << "'\n";
    fs::permissions(fake, fs::perms::owner_all);
    return std::make_unique<test::EnvironmentVariable>("PATH",
                                                       (out("bin") + ":" + std::getenv("PATH")).c_str());
  }
};

TEST_F(On, LocalComparesByProcesses) {
  const Words command{"compare", file(two_models())};
  whole(command);
  EXPECT_EQ(did(and_also(command, {"--on", "local", "--jobs", "2"})), 0);
  expect_whole();
}

TEST_F(On, LocalRunsSeedsByProcesses) {
  const Words command{"run", file(with(test::small_network(), "seeds = 1", "seeds = 3"))};
  whole(command);
  EXPECT_EQ(did(and_also(command, {"--on", "local", "--jobs", "2"})), 0);
  expect_whole();
}

TEST_F(On, LocalProbesByProcesses) {
  whole(kProbe);
  EXPECT_EQ(did(and_also(kProbe, {"--on", "local", "--jobs", "2"})), 0);
  expect_whole();
}

TEST_F(On, AProtocolIsPlannedWorkedOnAndCollected) {
  whole(kProbe);
  Words plan{"sweep", "plan"};
  plan.insert(plan.end(), kProbe.begin() + 1, kProbe.end());
  const Answer planned = apical_says(and_also(plan, {"--out", out("plan")}));
  ASSERT_EQ(planned.code, 0) << planned.err;
  EXPECT_THAT(planned.out, HasSubstr("error neurons, seeds 1, 2"));
  ASSERT_EQ(apical_says({"sweep", "run", out("plan"), "--quiet", "--max-tasks", "1"}).code, 0);
  EXPECT_EQ(apical_says({"sweep", "collect", out("plan"), "--out", out("early")}).code, 1);
  ASSERT_EQ(apical_says({"sweep", "run", out("plan"), "--quiet"}).code, 0);
  const Answer collected = apical_says({"sweep", "collect", out("plan"), "--out", out()});
  EXPECT_EQ(collected.code, 0) << collected.err;
  expect_whole();
}

TEST_F(On, AComparisonThatIsStoppedAmongWorkersGoesOn) {
  const Answer a = apical_says(
      {"compare", file(two_models()), "--out", out(), "--on", "local", "--jobs", "1", "--quiet"}, true);
  EXPECT_EQ(a.code, 75) << a.err;
  EXPECT_THAT(a.err, HasSubstr("stopped with a checkpoint; go on"));
}

TEST_F(On, LocalEvaluatesAFigure) {
  const Words command{"reproduce", file(two_models() + kClaim)};
  whole(command);
  EXPECT_EQ(did(and_also(command, {"--on", "local", "--jobs", "2"})), 0);
  EXPECT_EQ(io::read_text(io::Path(out()) / "reproduction.json"),
            io::read_text(io::Path(out("whole")) / "reproduction.json"));
  expect_whole();
}

TEST_F(On, LocalTunes) {
  const Words command{"tune", file(with(two_models(), "epochs = 2", "epochs = 6") + R"([tune]
trials = 4
seeds = [101]
rounds = 2
[tune.space]
"model.learning_rate" = { log_uniform = [1e-4, 1e-1] }
)")};
  whole(command);
  EXPECT_EQ(did(and_also(command, {"--on", "local", "--jobs", "2"})), 0);
  for (const char* name : {"tuned.toml", "tuning.json"})
    EXPECT_EQ(io::read_text(io::Path(out()) / name), io::read_text(io::Path(out("whole")) / name));
}

TEST_F(On, SlurmIsGivenTheTasksAndTheSameCommandCollects) {
  const Words command{"compare", file(two_models())};
  whole(command);
  const auto cluster = busy_cluster();
  const Words on = and_also(command, {"--on", "slurm", "--sbatch=--time=1:00:00", "--out", out()});
  const Answer submitted = apical_says(on);
  EXPECT_EQ(submitted.code, 75) << submitted.err;
  EXPECT_THAT(submitted.err, HasSubstr("0 of 6 tasks are done; the same command goes on"));
  EXPECT_THAT(io::read_text(out("submitted")), HasSubstr("#SBATCH --time=1:00:00"));
  const std::string once = io::read_text(out("submitted"));
  const Answer early = apical_says(on);
  EXPECT_EQ(early.code, 75);
  EXPECT_THAT(early.err, HasSubstr("6 of 6 tasks are not begun"));
  EXPECT_EQ(io::read_text(out("submitted")), once);  // not a second time
  ASSERT_EQ(apical_says({"sweep", "run", out() + ".parts", "--quiet"}).code, 0);
  const Answer collected = apical_says(on);
  EXPECT_EQ(collected.code, 0) << collected.err;
  EXPECT_THAT(collected.out, HasSubstr("feedback alignment"));
  expect_whole();
}

TEST_F(On, WhatFailsInAJobIsSaidWhileOthersWaitAndTriedAgainByTheSameCommand) {
  const Words first{"run", file(test::small_network())};
  whole(first);
  fs::rename(out("whole"), out("parent"));
  const Words command{"run", file(with(test::small_network(), "seeds = 1", "seeds = 2")), "--set",
                      "model.start_from=\"" + out("parent") + "\""};
  whole(command);
  const auto cluster = busy_cluster();
  const Words on = and_also(command, {"--on", "slurm", "--out", out()});
  EXPECT_EQ(apical_says(on).code, 75);
  const std::string plan = out() + ".parts";
  // The node of the first task does not see the weights; the second has not begun.
  fs::rename(out("parent"), out("away"));
  for (int attempt = 0; attempt < 3; ++attempt)
    EXPECT_NE(apical_says({"sweep", "run", plan, "--task", "1", "--quiet"}).code, 0);
  fs::rename(out("away"), out("parent"));
  const Answer failed = apical_says(on);
  EXPECT_NE(failed.code, 0);
  EXPECT_NE(failed.code, 75);
  EXPECT_THAT(failed.err, testing::AllOf(HasSubstr("parent"), HasSubstr("Slurm may still have tasks")));
  EXPECT_TRUE(io::file_exists(plan)) << "the second task would have found nothing";
  fs::remove(out("submitted"));
  // A batch system that takes nothing now is asked once more by the same command.
  const fs::path sbatch = fs::path(out("bin")) / "sbatch";
  fs::rename(sbatch, out("bin") + "/well");
  std::ofstream(sbatch) << "#!/bin/sh\necho 'limit reached' >&2\nexit 1\n";
  fs::permissions(sbatch, fs::perms::owner_all);
  EXPECT_NE(apical_says(on).code, 75);
  fs::rename(out("bin") + "/well", sbatch);
  const Answer again = apical_says(on);
  EXPECT_EQ(again.code, 75) << again.err;
  EXPECT_THAT(io::read_text(out("submitted")), HasSubstr("tasks=(1)\n"));  // the other is waiting already
  ASSERT_EQ(apical_says({"sweep", "run", plan, "--quiet"}).code, 0);
  EXPECT_EQ(apical_says(on).code, 0);
  expect_whole();
}

TEST_F(On, SlurmTunesRoundByRound) {
  const auto cluster = busy_cluster();
  const std::string text = two_models() + R"([tune]
trials = 3
seeds = [101]
rounds = 1
[tune.space]
"model.learning_rate" = { log_uniform = [1e-4, 1e-1] }
)";
  const Words on{"tune", file(text), "--on", "slurm", "--out", out()};
  const Answer submitted = apical_says(on);
  EXPECT_EQ(submitted.code, 75);
  EXPECT_THAT(submitted.err, HasSubstr("round 1 of 1 waits"));
  EXPECT_THAT(io::read_text(out("submitted")), HasSubstr("--array=0-5"));
  ASSERT_EQ(apical_says({"sweep", "run", out() + "/round-1", "--quiet"}).code, 0);
  EXPECT_EQ(apical_says(on).code, 0);
}

TEST_F(On, WhatCannotBeRunIsSaidAsOneProcessDoesAndLeavesNothing) {
  const Words command{"run", file(test::small_network())};
  whole(command);
  const Words on{"run", "--continue", out("whole"), "--set", "training.epochs=2", "--quiet", "--out", out()};
  const Answer alone = apical_says(on);
  ASSERT_EQ(alone.code, 3);
  const Answer apart = apical_says(and_also(on, {"--on", "local"}));
  EXPECT_EQ(apart.code, 3);
  EXPECT_EQ(apart.err, alone.err);
  EXPECT_FALSE(io::file_exists(out()));
  EXPECT_FALSE(io::file_exists(out() + ".parts"));
}

TEST_F(On, NamesWhatDoesNotGoTogether) {
  const auto says = [this](const Words& words, const std::string& text) {
    const Answer a = apical_says(and_also({"compare", file(two_models())}, words));
    EXPECT_EQ(a.code, 2) << a.err;
    EXPECT_THAT(a.err, HasSubstr(text));
  };
  says({"--on", "slrum"}, "did you mean 'slurm'?");
  says({"--on", "slurm"}, "--on slurm needs --out DIR");
  says({"--jobs", "2"}, "--jobs goes with --on");
  says({"--on", "local", "--sbatch=-pcpu"}, "--sbatch goes with --on slurm");
  says({"--on", "local", "--mpi"}, "--mpi does not go with --on local");
}

class OnRanks : public On {
 protected:
  void SetUp() override {
    if (const std::string reason = test::no_ranks_because(); !reason.empty()) GTEST_SKIP() << reason;
  }
  void launched(const Words& command, int code) const {
    test::Launched two(2, and_also(command, {"--on", "mpi", "--threads", "1", "--quiet"}), directory_.path());
    EXPECT_EQ(two.wait(), code) << two.said();
    said_ = two.said();
  }
  mutable std::string said_;
};

TEST_F(OnRanks, AProtocolLeavesTheBytesOfOneProcess) {
  whole(kProbe);
  launched(and_also(kProbe, {"--out", out()}), 0);
  expect_whole();
}

TEST_F(OnRanks, WhatCannotBeRunIsSaidByRankZeroAndLeavesNothing) {
  whole({"run", file(test::small_network())});
  launched({"run", "--continue", out("whole"), "--set", "training.epochs=2", "--out", out()}, 3);
  EXPECT_THAT(said_, HasSubstr("nothing is left to train"));
  EXPECT_FALSE(io::file_exists(out() + ".parts"));
}

}  // namespace
}  // namespace apical
