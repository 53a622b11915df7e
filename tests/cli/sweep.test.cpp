// SPDX-License-Identifier: Apache-2.0
// 'apical sweep': what many workers leave is what one run leaves, byte for byte, and every bad day has its
// line.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "apical/io/claimed_file.h"
#include "apical/io/directory.h"
#include "apical/io/fault_injection.h"
#include "apical/io/json.h"
#include "apical/io/run_lock.h"
#include "support/command_line.h"
#include "support/environment.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::with;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Two models at two values, three seeds.
std::string swept() {
  return with(test::small_network(), "seeds = 1", "seeds = 3") + R"([sweep]
name = "units"
at = [8, 12]
[sweep.values]
model.layers = [[4, 8, 3], [4, 12, 3]]
[[variant]]
label = "backpropagation"
[[variant]]
label = "feedback alignment"
model.name = "feedback-alignment"
)";
}

class SweepCommand : public test::CommandLine {
 protected:
  std::string plan() const { return out("plan"); }
  Answer planned(const std::string& experiment, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"sweep", "plan", file(experiment), "--out", plan()};
    words.insert(words.end(), more.begin(), more.end());
    Answer a = apical_says(words);
    EXPECT_EQ(a.code, 0) << a.err;
    return a;
  }
  Answer worked(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"sweep", "run", plan(), "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return apical_says(words);
  }
  Answer status() const { return apical_says({"sweep", "status", plan()}); }
  io::Path task(int number) const {
    return io::Path(plan()) / "tasks" / "0000" / ("00000" + std::to_string(number));
  }
  /// What one machine leaves, and what a sweep leaves, of an experiment.
  void expect_same(const std::string& experiment, const std::string& command,
                   const std::vector<std::string>& planning = {}) {
    ASSERT_EQ(apical_says({command, file(experiment), "--quiet", "--out", out("whole")}).code, 0);
    planned(experiment, planning);
    ASSERT_EQ(worked().code, 0);
    const Answer collected = apical_says({"sweep", "collect", plan(), "--out", out("collected")});
    ASSERT_EQ(collected.code, 0) << collected.err;
    EXPECT_TRUE(io::file_exists(io::Path(out("collected")) / "collected.json"));
    fs::remove(io::Path(out("collected")) / "collected.json");
    EXPECT_EQ(test::difference(out("whole"), out("collected")), "");
    for (const char* name : {"plan", "whole", "collected"}) fs::remove_all(out(name));
  }
};

TEST_F(SweepCommand, LeavesTheBytesOfOneComparison) { expect_same(swept(), "compare"); }

TEST_F(SweepCommand, OfSeedsLeavesTheBytesOfOneRun) {
  // Each in a layout of its own: a replica per network, sixteen in lanes of one, networks and policies.
  const std::string wide = with(test::small_circuit(), "[4, 6, 3]", "[4, 60, 3]");
  const std::string lanes = with(test::small_circuit(), "[4, 6, 3]", "[4, 3]");
  expect_same(with(wide, "seeds = 1", "seeds = 3"), "run");
  expect_same(with(lanes, "seeds = 1", "seeds = 37"), "run");
  expect_same(with(test::small_network(), "seeds = 1", "seeds = [3, 1, 8]"), "run",
              {"--seeds-per-task", "2"});
  expect_same(test::small_policy(), "run");
}

TEST_F(SweepCommand, OfSpikingSeedsLeavesTheBytesOfOneRun) {
  expect_same(R"([model]
name = "burstprop-xor"
neurons = 40
in_degree = 20
example_s = 0.5
alpha_s = 0.2
[training]
epochs = 2
[run]
seeds = 3
)",
              "run");
}

TEST_F(SweepCommand, DoesNotDivideSeedsThatEndTogetherOrAreRecorded) {
  const std::string three = with(test::small_circuit(), "seeds = 1", "seeds = 3");
  const auto tasks = [&](const std::string& experiment) {
    const Answer a = planned(experiment, {"--json"});
    fs::remove_all(plan());
    return io::parse_json(a.out, "plan").at("tasks").size();
  };
  EXPECT_EQ(tasks(three), 3U);
  EXPECT_EQ(tasks(with(three, "epochs = 1", "epochs = 1\npatience = 2")), 1U);
  const std::string recorded = three + "[[record]]\npopulation = \"a1.rep\"\nvariable = \"soma\"\n";
  EXPECT_EQ(tasks(recorded), 1U);
  expect_same(recorded, "run");
}

TEST_F(SweepCommand, IsPlannedOnce) {
  planned(swept());
  EXPECT_THAT(planned(swept()).out, HasSubstr("frozen before; 0 done"));
  const Answer other =
      apical_says({"sweep", "plan", file(with(swept(), "epochs = 2", "epochs = 3")), "--out", plan()});
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, AllOf(HasSubstr("holds another plan"), HasSubstr("training.epochs differs")));
  const Answer seeds = apical_says({"sweep", "plan", file(swept()), "--out", plan(), "--seeds", "2"});
  EXPECT_THAT(seeds.err, HasSubstr("has other seeds: 1,2,3 in the frozen plan, 1,2 in this one"));
  const Answer divided =
      apical_says({"sweep", "plan", file(swept()), "--out", plan(), "--seeds-per-task", "3"});
  EXPECT_THAT(divided.err, HasSubstr("12 tasks in the frozen plan, 4 in this one"));
  io::make_directories(out("taken"));
  io::write_atomically(io::Path(out("taken")) / "mine", std::string_view("x"));
  EXPECT_EQ(apical_says({"sweep", "plan", file(swept()), "--out", out("taken")}).code, 5);
}

TEST_F(SweepCommand, IsCollectedWhenItIsComplete) {
  planned(swept());
  ASSERT_EQ(worked({"--max-tasks", "3"}).code, 0);
  EXPECT_THAT(status().out, HasSubstr("12 tasks: 3 done, 9 open"));
  const Answer early = apical_says({"sweep", "collect", plan(), "--out", out("early")});
  EXPECT_EQ(early.code, 1);
  EXPECT_THAT(early.err, HasSubstr("is not complete: of 12 tasks 9 open, 3 done"));
  EXPECT_FALSE(io::file_exists(out("early")));
  const Answer partial = apical_says({"sweep", "collect", plan(), "--out", out("early"), "--partial"});
  EXPECT_EQ(partial.code, 1) << partial.err;
  EXPECT_TRUE(io::file_exists(io::Path(out("early")) / "report.html"));
  // Later it goes on with what it left.
  ASSERT_EQ(worked().code, 0);
  EXPECT_EQ(apical_says({"sweep", "collect", plan(), "--out", out("early")}).code, 0);
  EXPECT_EQ(apical_says({"compare", file(swept()), "--quiet", "--resume", "--out", out("early")}).code, 0);
  EXPECT_EQ(apical_says({"sweep", "collect", plan(), "--out", plan()}).code, 5);
}

TEST_F(SweepCommand, ReproducesAFigure) {
  const std::string figure = swept() + R"([reproduces]
paper = "A paper"
figure = "1"
shows = "nothing much"
source = "a test"
minutes = 0.1
[[expect]]
variant = "backpropagation, units 8"
quantity = "test_accuracy"
statistic = "mean"
at_least = 0
at_most = 1
because = "accuracies lie there"
)";
  planned(figure);
  ASSERT_EQ(worked().code, 0);
  ASSERT_EQ(apical_says({"sweep", "collect", plan(), "--out", out("collected")}).code, 0);
  const Answer evaluated =
      apical_says({"reproduce", file(figure), "--quiet", "--resume", "--out", out("collected")});
  EXPECT_EQ(evaluated.code, 0) << evaluated.err;
}

TEST_F(SweepCommand, SaysWhatWasChangedAfterItWasFrozen) {
  planned(swept());
  const io::Path changed = task(2) / "experiment.toml";
  io::write_atomically(changed, with(io::read_text(changed), "epochs = 2", "epochs = 3"));
  EXPECT_THAT(status().out, HasSubstr("000002/experiment.toml was changed after the plan was frozen"));
  EXPECT_EQ(worked({"--task", "2"}).code, 1);
  EXPECT_THAT(status().out, AllOf(HasSubstr("1 failed"), HasSubstr("failed 3 times")));
  EXPECT_EQ(worked({"--task", "1"}).code, 0) << "others are as they were";
  io::write_atomically(changed, with(io::read_text(changed), "epochs = 3", "epochs = 2"));
  EXPECT_EQ(apical_says({"sweep", "retry", plan()}).code, 0);
  EXPECT_EQ(worked().code, 0);
  EXPECT_THAT(status().out, HasSubstr("12 tasks: 12 done"));
  EXPECT_THAT(status().out, Not(HasSubstr("changed")));
  // With nothing left to do as well.
  io::write_atomically(changed, with(io::read_text(changed), "epochs = 2", "epochs = 3"));
  EXPECT_EQ(worked().code, 1);
  EXPECT_EQ(status().code, 1);
  EXPECT_EQ(apical_says({"sweep", "plan", file(swept()), "--out", plan()}).code, 3);
  io::write_atomically(changed, with(io::read_text(changed), "epochs = 3", "epochs = 2"));
  EXPECT_EQ(worked().code, 0);
  std::ofstream(io::Path(plan()) / "experiments" / "0002.toml", std::ios::app) << "# seen\n";
  EXPECT_EQ(worked().code, 3);
}

TEST_F(SweepCommand, APlanThatCannotBeWrittenLeavesNothing) {
  const std::string experiment = file(swept());
  for (std::uint64_t at = 1;; at += 7) {
    io::FaultyDisk disk({.fail_at = at, .error = ENOSPC, .persistent = true, .only_writes = true});
    const io::ScopedFileSystem scope(disk);
    const Answer a = apical_says({"sweep", "plan", experiment, "--out", plan()});
    if (!disk.fired()) {
      EXPECT_EQ(a.code, 0) << a.err;
      break;
    }
    EXPECT_EQ(a.code, 5) << at;
    for (const auto& entry : fs::directory_iterator(fs::path(plan()).parent_path()))
      EXPECT_EQ(entry.path().string().find("planning"), std::string::npos) << entry.path() << ", " << at;
  }
}

TEST_F(SweepCommand, NotesFaultsAndGoesOnWithTheOthers) {
  const std::string diverging = with(swept(), "model.name = \"feedback-alignment\"",
                                     "model.name = \"feedback-alignment\"\nmodel.learning_rate = 1e30");
  planned(diverging);
  const Answer run = worked();
  EXPECT_EQ(run.code, 1);
  const Answer s = status();
  EXPECT_EQ(s.code, 1);
  EXPECT_THAT(s.out, AllOf(HasSubstr("6 done, 6 failed"), HasSubstr("failed and would again")));
  const Answer collected = apical_says({"sweep", "collect", plan(), "--out", out("collected")});
  EXPECT_EQ(collected.code, 4) << "as compare";
  EXPECT_TRUE(io::file_exists(io::Path(out("collected")) / "report.html"));
  EXPECT_THAT(apical_says({"sweep", "retry", plan()}).out, HasSubstr("6 tasks are open again"));
  EXPECT_THAT(status().out, HasSubstr("6 done, 6 open"));
}

TEST_F(SweepCommand, TriesAgainWhatMayNotFailTheNextTime) {
  const io::Path data = io::Path(out("points.csv"));
  std::string table = "x,y,side\n";
  for (int i = 0; i < 40; ++i) table += fmt::format("{},{},{}\n", i % 7, i % 5, i % 2);
  io::write_atomically(data, table);
  planned(fmt::format("[task]\nname = \"arrays\"\ntrain = \"{}\"\nlabels = \"side\"\nvalidation_fraction = "
                      "0.25\ntest_fraction = 0.25\n[model]\nname = \"backpropagation\"\nlayers = [2, 6, "
                      "2]\n[training]\nepochs = 1\n[run]\nseeds = 2\n",
                      data.string()),
          {"--attempts", "2"});
  fs::rename(data, out("aside.csv"));
  EXPECT_EQ(worked().code, 1);
  EXPECT_THAT(status().out,
              AllOf(HasSubstr("2 failed"), HasSubstr("failed 2 times"), HasSubstr("points.csv")));
  fs::rename(out("aside.csv"), data);
  EXPECT_EQ(worked().code, 1) << "what failed is left alone until somebody says so";
  EXPECT_EQ(apical_says({"sweep", "retry", plan()}).code, 0);
  EXPECT_EQ(worked().code, 0);
}

TEST_F(SweepCommand, FindsAResultThatIsNotWhole) {
  planned(swept());
  ASSERT_EQ(worked().code, 0);
  const io::Path metrics = task(3) / "run.1" / "metrics.ndjson";
  fs::resize_file(metrics, fs::file_size(metrics) / 2);
  const Answer s = status();
  EXPECT_EQ(s.code, 1);
  EXPECT_THAT(s.out,
              AllOf(HasSubstr("11 done"), HasSubstr("1 damaged"), HasSubstr("run.1/metrics.ndjson has")));
  EXPECT_EQ(apical_says({"sweep", "collect", plan(), "--out", out("collected")}).code, 1);
  EXPECT_THAT(apical_says({"sweep", "retry", plan()}).out, HasSubstr("1 task is open again"));
  EXPECT_EQ(worked().code, 0);
  // One that is as long as it was, with another bit, is found before it is used.
  const io::Path other = task(4) / "run.1" / "metrics.ndjson";
  std::string text = io::read_text(other);
  text[text.size() / 2] ^= 1;
  std::ofstream(other) << text;
  const Answer collected = apical_says({"sweep", "collect", plan(), "--out", out("collected")});
  EXPECT_EQ(collected.code, 3);
  EXPECT_THAT(collected.err, HasSubstr("other bytes than the worker finished it with"));
}

/// A claim as a worker on another host leaves it.
void claim_elsewhere(const io::Path& task, int attempt, const std::string& host, double clock_ahead_s = 0) {
  ASSERT_TRUE(io::add_file(task / ("claim." + std::to_string(attempt)),
                           io::json_text({{"host", host},
                                          {"pid", 7},
                                          {"process_start", 1},
                                          {"since", "2026-01-01T00:00:00Z"},
                                          {"job", ""},
                                          {"job_attempt", 0},
                                          {"version", "0"},
                                          {"revision", "other"},
                                          {"clock_ahead_s", clock_ahead_s}})));
}

TEST_F(SweepCommand, LeavesTasksToWorkersElsewhereUntilTheirLeaseIsOver) {
  planned(swept(), {"--lease", "1"});
  claim_elsewhere(task(1), 1, "elsewhere");
  EXPECT_THAT(status().out, HasSubstr("1 running, 11 open"));
  EXPECT_EQ(worked().code, 0);
  EXPECT_THAT(status().out, HasSubstr("11 done"));
  EXPECT_EQ(apical_says({"sweep", "run", plan(), "--quiet", "--lost-host", "elsewhere"}).code, 0);
  EXPECT_THAT(status().out, HasSubstr("12 tasks: 12 done"));
}

TEST_F(SweepCommand, TakesTasksOfWorkersThatAreNotHeardOf) {
  planned(swept(), {"--lease", "1"});
  claim_elsewhere(task(1), 1, "elsewhere", 90);
  EXPECT_EQ(worked({"--task", "1", "--wait"}).code, 0);
  EXPECT_THAT(status().out, AllOf(HasSubstr("1 done"), HasSubstr("the clock of elsewhere is 90 s ahead of")));
}

TEST_F(SweepCommand, SaysWhichWorkerIsLost) {
  planned(swept());
  claim_elsewhere(task(1), 1, io::this_process().host);  // of a process that is no more
  EXPECT_THAT(status().out, AllOf(HasSubstr("1 lost"), HasSubstr("lost its worker, process 7 on")));
}

TEST_F(SweepCommand, ComparesATaskThatWasDoneTwice) {
  planned(swept());
  ASSERT_EQ(worked({"--task", "1"}).code, 0);
  ASSERT_EQ(worked({"--task", "2"}).code, 0);
  // Two that nobody heard of for long come back, with the result of another.
  for (const auto& [number, digest] : {std::pair{1, ""}, {2, "other bits"}}) {
    const io::Path done = task(number) / "done";
    nlohmann::json first = io::read_json(done);
    first["attempt"] = 9;
    if (*digest != '\0') first["digest"] = digest;
    fs::remove(done);
    fs::rename(task(number) / "run.1", task(number) / "run.9");
    const auto finish = [&] { io::add_file(done, io::json_text(first)); };
    fs::rename(task(number) / "claim.1", task(number) / "aside");
    // While this one runs, the other finishes.
    class Late final : public io::FileSystem {
     public:
      Late(io::Path at, std::function<void()> then) : at_(std::move(at)), then_(std::move(then)) {}
      std::int64_t link(const Path& from, const Path& to) override {
        if (to == at_ && then_) std::exchange(then_, {})();
        return FileSystem::link(from, to);
      }

     private:
      io::Path at_;
      std::function<void()> then_;
    };
    Late disk(done, finish);
    const io::ScopedFileSystem scope(disk);
    EXPECT_EQ(worked({"--task", std::to_string(number)}).code, *digest == '\0' ? 0 : 70);
  }
  EXPECT_EQ(status().code, 1);
  EXPECT_THAT(status().out, AllOf(HasSubstr("task 2"), HasSubstr("came to other bits than attempt 9"),
                                  Not(HasSubstr("task 1 ("))));
  EXPECT_EQ(worked().code, 0);  // the others
  // Nothing is made of either result, and there is a way out.
  const Answer refused = apical_says({"sweep", "collect", plan(), "--out", out("collected")});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("sweep retry"), HasSubstr("--partial leaves out its experiment")));
  const Answer partial = apical_says({"sweep", "collect", plan(), "--partial", "--out", out("partial")});
  EXPECT_EQ(partial.code, 1) << partial.err;
  EXPECT_THAT(apical_says({"sweep", "retry", plan()}).out, HasSubstr("1 task is open again"));
  EXPECT_EQ(worked().code, 0);
  EXPECT_THAT(status().out, AllOf(HasSubstr("12 done"), Not(HasSubstr("came to other bits"))));
  EXPECT_EQ(apical_says({"sweep", "collect", plan(), "--out", out("collected")}).code, 0);
}

TEST_F(SweepCommand, SaysThatNothingCanBeWritten) {
  planned(swept());
  class Full final : public io::FileSystem {  // new files it takes, as a full disk does
   public:
    std::int64_t write_at(int, std::span<const std::byte>, std::uint64_t) override { return -ENOSPC; }
  };
  Full disk;
  const io::ScopedFileSystem scope(disk);
  EXPECT_THAT(status().out, HasSubstr("nothing can be written here"));
  EXPECT_THAT(status().out, HasSubstr("No space left on device"));
  EXPECT_EQ(worked().code, 5);
}

TEST_F(SweepCommand, WorksOnItsOwnNumericsOnly) {
  planned(swept());
  const io::Path file = io::Path(plan()) / "plan.json";
  nlohmann::json j = io::read_json(file);
  j["apical"]["numerics"] = 1;
  io::write_atomically(file, io::json_text(j));
  EXPECT_EQ(worked().code, 3);
  EXPECT_THAT(worked().err, HasSubstr("gives other numbers"));
  EXPECT_THAT(status().out, AllOf(HasSubstr("plan.json was changed"), HasSubstr("would give other numbers")));
}

TEST_F(SweepCommand, StoppedLeavesItsTaskToBeGoneOnWith) {
  planned(with(test::small_circuit(), "epochs = 1", "epochs = 100000"));
  EXPECT_EQ(apical_says({"sweep", "run", plan(), "--quiet"}, true).code, 75);
  EXPECT_THAT(status().out, HasSubstr("1 tasks: 1 open"));
}

TEST_F(SweepCommand, IsSubmittedToSlurmAsAnArrayOfWhatIsOpen) {
  planned(swept());
  ASSERT_EQ(worked({"--task", "2"}).code, 0);
  const std::vector<std::string> submit{"sweep", "submit", plan(), "--on", "slurm", "--at-once", "4"};
  auto dry = submit;
  dry.insert(dry.end(), {"--dry-run", "--", "--partition=cpu", "--time=1:00:00"});
  const Answer printed = apical_says(dry);
  EXPECT_EQ(printed.code, 0) << printed.err;
  EXPECT_THAT(printed.out, AllOf(HasSubstr("--array=0-10%4"), HasSubstr("tasks=(1 3 4 5 6 7 8 9 10 11 12)"),
                                 HasSubstr("#SBATCH --partition=cpu"), HasSubstr("--signal=B:USR1@120"),
                                 HasSubstr("scontrol requeue"), HasSubstr("75 | 138")));
  for (const char* time : {"--time=2", "-t1", "--time=0:90", "--time=0-0:2"}) {
    auto short_of_time = submit;
    short_of_time.insert(short_of_time.end(), {"--dry-run", "--", time});
    const Answer refused = apical_says(short_of_time);
    EXPECT_EQ(refused.code, 2) << time;
    EXPECT_THAT(refused.err, HasSubstr("120 s before its time ends"));
    short_of_time.emplace_back("--signal=B:USR1@30");
    EXPECT_EQ(apical_says(short_of_time).code, 0) << time;
  }
  {
    const test::EnvironmentVariable none("PATH", out("empty").c_str());
    const Answer nowhere = apical_says(submit);
    EXPECT_EQ(nowhere.code, 5);
    EXPECT_THAT(nowhere.err, HasSubstr("there is no sbatch in PATH"));
  }
  io::make_directories(out("bin"));
  const io::Path fake = io::Path(out("bin")) / "sbatch";
  std::ofstream(fake) << "#!/bin/sh\ngrep -c '^#SBATCH' \"$1\"\necho Submitted batch job 42\n";
  fs::permissions(fake, fs::perms::owner_all);
  const std::string path = out("bin") + ":" + std::getenv("PATH");
  const test::EnvironmentVariable there("PATH", path.c_str());
  const Answer submitted = apical_says(submit);
  EXPECT_EQ(submitted.code, 0) << submitted.err;
  EXPECT_THAT(submitted.out, HasSubstr("Submitted batch job 42"));
  std::ofstream(fake) << "#!/bin/sh\nexit 3\n";
  EXPECT_EQ(apical_says(submit).code, 5);
}

/// The script that is submitted, in the hands of bash: with a worker that only waits to be told to stop.
TEST_F(SweepCommand, JobsRequeueThemselvesBeforeTheirTimeEndsAndNotForEver) {
  planned(swept());
  const std::string script =
      apical_says({"sweep", "submit", plan(), "--on", "slurm", "--jobs", "1", "--dry-run"}).out;
  const std::size_t command = script.find("TERM\n") + 5, behind = script.find(" --quiet &");
  ASSERT_LT(command, behind);
  const fs::path here = out("job");
  fs::create_directories(here);
  std::ofstream(here / "job.sh") << "scontrol() { touch " << (here / "requeued").string() << "; }\n"
                                 << script.substr(0, command) << "bash " << (here / "worker.sh").string()
                                 << script.substr(behind + 8);
  std::ofstream(here / "worker.sh") << "trap 'exit 75' USR1 TERM\ntouch " << (here / "up").string()
                                    << "\nfor i in $(seq 400); do sleep 0.05; done\n";
  std::ofstream(here / "try.sh") << "cd " << here.string() << "\nrm -f up requeued\nSLURM_JOB_ID=1 "
                                 << "SLURM_RESTART_COUNT=$2 bash job.sh 2> said &\n"
                                 << "until [ -e up ]; do sleep 0.02; done\nkill -$1 $!\nwait $!\n"
                                 << "[ $? -eq 75 ] || exit 1\n";
  const auto requeued = [&](const std::string& signal, const std::string& times_before) {
    const std::string line = "bash " + (here / "try.sh").string() + " " + signal + " " + times_before;
    EXPECT_EQ(std::system(line.c_str()), 0) << signal;
    return fs::exists(here / "requeued");
  };
  EXPECT_TRUE(requeued("USR1", "0"));
  EXPECT_TRUE(requeued("USR1", "99"));
  EXPECT_FALSE(requeued("USR1", "100")) << "not for ever";
  EXPECT_FALSE(requeued("TERM", "0")) << "who cancels a job means it";
}

TEST_F(SweepCommand, RefusesWordsItDoesNotKnow) {
  planned(test::small_network());
  const auto says = [](const std::vector<std::string>& words, const std::string& text) {
    const Answer a = apical_says(words);
    EXPECT_EQ(a.code, 2) << a.err;
    EXPECT_THAT(a.err, HasSubstr(text));
  };
  says({"sweep", "plam", plan()}, "did you mean 'plan'?");
  says({"sweep", "status", plan(), "--workers", "2"}, "'apical sweep status' has no --workers");
  says({"sweep", "run", plan(), "--task", "2"}, "there is no task 2; expected 1 to 1");
  says({"sweep", "submit", plan(), "--on", "pbs"}, "expected local, slurm or mpi");
  says({"sweep", "run"}, "is missing PLAN");
  says({"sweep", "plan", file(test::small_network())}, "needs an experiment and --out");
  const Answer none = apical_says({"sweep", "status", out("nothing")});
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("holds no plan"));
}

}  // namespace
}  // namespace apical
