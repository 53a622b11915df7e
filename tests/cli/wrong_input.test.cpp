// SPDX-License-Identifier: Apache-2.0
// Wrong input gets one clear message: place, what was found, what was expected, what to try; the right exit
// code; and nothing half-written. The command line runs in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "apical/core/random.h"
#include "apical/io/checkpoint.h"
#include "apical/io/fault_injection.h"
#include "apical/io/file.h"
#include "support/child_process.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::CommandLine;
using test::with;
using testing::HasSubstr;

const std::string kGood = test::small_circuit();

class WrongInput : public CommandLine {
 protected:
  Answer run(const std::string& text, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"run", file(text), "--out", out(), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical_says(arguments);
  }
};

TEST_F(WrongInput, InTheExperimentNamesPlaceProblemAndRemedy) {
  struct Mistake {
    std::string text;
    std::vector<std::string> says;
  };
  const std::vector<Mistake> mistakes{
      {with(kGood, "epochs = 1", "epoch = 1"),
       {"experiment.toml:11:1: unknown key 'epoch' in [training]", "did you mean 'epochs'?"}},
      {with(kGood, "epochs = 1", "epochs = \"many\""),
       {":11:10: 'training.epochs' is a text; expected a number"}},
      {with(kGood, "epochs = 1", "epochs = -1"), {"'training.epochs' is -1; expected a whole number from 0"}},
      {with(kGood, "epochs = 1", "epochs = 1\nepochs = 2"), {"experiment.toml:12", "not TOML"}},
      {with(kGood, "\"yin-yang\"", "\"ying-yang\""),
       {":2:8: unknown task 'ying-yang'", "did you mean 'yin-yang'?"}},
      {with(kGood, "\"error-neuron-microcircuit\"", "\"error-neurons-microcircuit\""),
       {":7:8: unknown model", "did you mean 'error-neuron-microcircuit'?"}},
      {with(kGood, "[4, 6, 3]", "[4, 6, 3]\ndt_ms = -0.01"),
       {":9:9: dt_ms is -0.01; expected more than 0", "dt_ms: Euler step, in ms"}},
      {with(kGood, "[4, 6, 3]", "[5, 6, 3]"),
       {"experiment.toml:8:10: task 'yin-yang' has 4 inputs and 3 outputs",
        "the first entry of layers must be 4"}},
      {with(kGood, "error-neuron-microcircuit", "dendritic-microcircuit"),
       {"no potential gives 'a2.pyr' the rate 0 that task 'yin-yang' asks for: its activation is logistic",
        "target_potentials = \"task_numbers\""}},
      {with(kGood, "[4, 6, 3]", "[4, 6, 0]"), {":8:", "layers[2] is 0"}},
      {with(kGood, "[4, 6, 3]", "[4]"), {"layers has 1 entries; expected at least 2"}},
      {with(kGood, "layers = [4, 6, 3]\n", ""), {"missing key 'model.layers'"}},
      {with(kGood, "\"logistic\"", "\"sigmoid\""),
       {":9:14: activation holds 'sigmoid'; expected linear, relu"}},
      {with(kGood, "activation = \"logistic\"", "eta = [1, 2, 3]"),
       {"eta has 3 entries; expected 1 or one for each of the 2 areas"}},
      {with(kGood, "activation = \"logistic\"", "eta = [-300, 8]"),
       {":9:7: eta", "-300", "expected 0 or more"}},
      {with(kGood, "activation = \"logistic\"", "eta = nan"),
       {"'model.eta' is nan; expected a finite number"}},
      {with(kGood, "activation = \"logistic\"", "g_leak = -1"), {"g_leak is -1; expected 0 or more"}},
      {with(kGood, "activation = \"logistic\"", "lookahead = false\ndt_ms = 50"),
       {"longer than the membrane time constant"}},
      {with(kGood, "epochs = 1", "presentation_ms = 0.05"),
       {"experiment.toml:11:19: presentation_ms = 0.05 holds a sample for 5 steps, but input needs 2"}},
      {with(kGood, "seeds = 1", "seeds = [1, 1]"), {"names a seed twice"}},
      {with(kGood, "seeds = 1", "seeds = 0"), {"'run.seeds' is 0; expected 1"}},
      {with(kGood, "seeds = 1", "precision = \"half\""),
       {"'run.precision' is 'half'; expected float or double"}},
      {with(kGood, "[model]", "[[model]]"), {"'model' is a list of tables; expected a table [model]"}},
      {with(kGood, "train_samples = 40", "train_samples = 0"), {"train_samples"}},
      {kGood + "[[record]]\npopulation = \"a1.reb\"\nvariable = \"rate\"\n",
       {"unknown population 'a1.reb'", "did you mean 'a1.rep'?"}},
      {kGood + "[[record]]\npopulation = \"a1.rep\"\nvariable = \"apcial\"\n",
       {"unknown variable 'apcial'", "did you mean 'apical'?"}},
      {"[task]\nname = \"yin-yang\"\n", {"missing table [model]"}},
      {"", {"missing table [task]"}},
  };
  for (const Mistake& m : mistakes) {
    const Answer a = run(m.text);
    EXPECT_EQ(a.code, 3) << a.err;
    for (const std::string& says : m.says) EXPECT_THAT(a.err, HasSubstr(says));
    EXPECT_EQ(a.out, "");
    EXPECT_FALSE(fs::exists(out())) << "something was written for: " << a.err;
  }
}

TEST_F(WrongInput, ThatARunWouldRefuseIsRefusedByCheck) {
  for (const std::string& text :
       {with(kGood, "[4, 6, 3]", "[5, 6, 3]"), with(kGood, "epochs = 1", "presentation_ms = 0.05"),
        with(kGood, "error-neuron-microcircuit", "dendritic-microcircuit")}) {
    const Answer checked = apical_says({"check", file(text)});
    EXPECT_EQ(checked.code, 3);
    EXPECT_EQ(checked.err, run(text).err);
    EXPECT_EQ(checked.out, "");
  }
}

TEST_F(WrongInput, WhatWouldDivergeLongAfterTheEndOfARunIsNoFaultOfIt) {
  const std::string experiment = std::string(test::kSourceDir) + "/experiments/yin-yang/error-neurons.toml";
  const auto code = [&](const std::string& command, const std::string& epochs) {
    std::vector<std::string> words{command, experiment, "--seeds", "1", "--threads", "1"};
    for (const char* set :
         {"model.layers=[4,12,3]", "model.activation=\"linear\"", "model.eta=3", "task.train_samples=5",
          "task.validation_samples=1", "task.test_samples=1", "training.target_potentials=task_numbers",
          "training.align_every=0", "training.settling_ms=1"})
      words.insert(words.end(), {"--set", set});
    words.insert(words.end(), {"--set", "training.epochs=" + epochs});
    if (command == "run") words.insert(words.end(), {"--quiet", "--out", out()});
    return apical_says(words).code;
  };
  EXPECT_EQ(code("run", "1"), 0);
  // A probe learns for as long as it takes to know how fast it is: many times five samples.
  EXPECT_EQ(code("check", "1"), 0);
  EXPECT_EQ(code("check", "100000"), 4);
}

TEST_F(WrongInput, LeavesNoDirectoryWhereNoneWasNamed) {
  const std::string bad = file(with(kGood, "[4, 6, 3]", "[5, 6, 3]"));
  const fs::path working = directory_ / "here";
  fs::create_directories(working);
  for (const char* command : {"run", "compare"})
    EXPECT_EQ(test::ChildProcess({command, bad}, working).wait(), 3);
  EXPECT_EQ(test::ChildProcess({"compare", bad, "--out", "compared"}, working).wait(), 3);
  EXPECT_TRUE(fs::is_empty(working));
  fs::create_directories(working / "runs");
  EXPECT_EQ(test::ChildProcess({"run", bad}, working).wait(), 3);
  EXPECT_TRUE(fs::is_empty(working / "runs")) << "what was there stays";
}

TEST_F(WrongInput, NoRunIsPutIntoAnotherNorBehindALinkToNothing) {
  ASSERT_EQ(run(kGood).code, 0);
  const auto refused = [&](const std::string& place) {
    const Answer a = apical_says({"run", file(kGood), "--quiet", "--out", place});
    EXPECT_EQ(a.code, 5) << place;
    return a.err;
  };
  EXPECT_THAT(refused(out() + "/within"), HasSubstr("lies within the run in"));
  EXPECT_THAT(refused(out() + "/checkpoints/deep/within"), HasSubstr("lies within the run in"));
  EXPECT_FALSE(fs::exists(fs::path(out()) / "within"));
  const fs::path link = directory_ / "link";
  fs::create_symlink("nowhere", link);
  EXPECT_THAT(refused(link.string()), HasSubstr("is a link to nowhere, which is not there"));
  fs::create_directories(directory_ / "nowhere");
  EXPECT_EQ(apical_says({"run", file(kGood), "--quiet", "--out", link.string()}).code, 0);
}

TEST_F(WrongInput, TwoVariantsOfOneLabelAreToldWhere) {
  const std::string text = kGood + "[[variant]]\nlabel = \"one\"\n[[variant]]\nlabel = \"one\"\n";
  const Answer a = apical_says({"check", file(text)});
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr("experiment.toml:17:9: two variants are labelled 'one'"));
}

constexpr const char* kSequences = R"([task]
name = "delayed-match-to-sample"
train_samples = 2
[model]
name = "error-neuron-microcircuit"
layers = [1, 2, 1]
[training]
epochs = 1
)";

constexpr const char* kPlant = R"([task]
name = "cart-pole"
samples = 4
[model]
name = "error-neuron-microcircuit"
layers = [4, 4, 1]
[training]
epochs = 1
)";

TEST_F(WrongInput, OfAKindOfTaskThatHasNoUseForItIsRefusedByName) {
  const auto plus = [](const char* text, const char* key) { return std::string(text) + key + "\n"; };
  const std::vector<std::pair<std::string, std::vector<std::string>>> mistakes{
      {plus(kSequences, "presentation_ms = 0.2"),
       {":9:1",
        "'training.presentation_ms' does not go with task 'delayed-match-to-sample': its samples bring their "
        "own course in time",
        "leave it out"}},
      {plus(kSequences, "settling_ms = 5"),
       {"'training.settling_ms' does not go with task 'delayed-match-to-sample'"}},
      {plus(kSequences, "steps_per_control = 4"),
       {"'training.steps_per_control' does not go with", "it has no plant to steer"}},
      {plus(kSequences, "learn = \"after_trial\""),
       {"'training.learn' is 'after_trial'; expected every_step or after_sample"}},
      {plus(kSequences, "reset_somata = \"a1.reb\""),
       {":9:", "unknown population 'a1.reb'", "did you mean 'a1.rep'?"}},
      {plus(kSequences, "reset_somata = [\"a1.rep\", \"input\"]"),
       {"names 'input', which is set from outside and has no somata"}},
      {with(kSequences, "train_samples = 2", "dt_ms = 0.02"),
       {"changes in steps of 0.02 ms, but circuit", "has steps of 0.01 ms", "give dt_ms the same value"}},
      {with(kSequences, "train_samples = 2", "steps_per_control = 4"),
       {"unknown key 'steps_per_control' in [task]"}},
      {plus(kPlant, "score = \"last\""),
       {"'training.score' does not go with task 'cart-pole': its evaluations steer a plant and count falls"}},
      {plus(kPlant, "steps_per_control = 0"),
       {"'training.steps_per_control' is 0; expected a whole number from 1"}},
  };
  for (const auto& [text, all] : mistakes) {
    const Answer a = run(text);
    EXPECT_EQ(a.code, 3) << a.err;
    for (const std::string& says : all) EXPECT_THAT(a.err, HasSubstr(says));
    EXPECT_FALSE(fs::exists(out())) << "something was written for: " << a.err;
  }
}

TEST_F(WrongInput, OnTheCommandLineIsAUsageErrorWithASuggestion) {
  const std::string good = file(kGood);
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes{
      {{"rum"}, "did you mean 'run'?"},
      {{"run", good, "--sed", "3"}, "unknown option '--sed' of 'apical run'"},
      {{"run", good, "--seeds"}, "option --seeds needs a value"},
      {{"run", good, "--seeds", "three"}, "--seeds is 'three'; expected a count"},
      {{"run", good, "--threads", "0"}, "--threads is '0'; expected an integer from 1"},
      {{"run", good, good}, "unexpected argument"},
      {{"run"}, "'apical run' needs an experiment"},
      {{"check"}, "'apical check' needs EXPERIMENT"},
      {{"compare", "--task", "yin-yang", good}, "needs either a file"},
  };
  for (const auto& [arguments, says] : mistakes) {
    const Answer a = apical_says(arguments);
    EXPECT_EQ(a.code, 2) << a.err;
    EXPECT_THAT(a.err, HasSubstr(says));
  }
  const Answer set = apical_says({"run", good, "--out", out(), "--set", "training"});
  EXPECT_EQ(set.code, 3);
  EXPECT_THAT(set.err, HasSubstr("expected key=value"));
}

TEST_F(WrongInput, InFilesSaysWhichFileAndWhy) {
  const Answer missing = apical_says({"run", (directory_ / "nothing.toml").string()});
  EXPECT_EQ(missing.code, 5);
  EXPECT_THAT(missing.err, HasSubstr("nothing.toml: cannot open: No such file or directory"));

  ASSERT_EQ(run(kGood).code, 0);
  const Answer again = run(kGood);
  EXPECT_EQ(again.code, 5);
  EXPECT_THAT(again.err, HasSubstr("a run never overwrites another"));

  const Answer no_run = apical_says({"report", directory_.path().string()});
  EXPECT_EQ(no_run.code, 3);
  EXPECT_THAT(no_run.err, HasSubstr("holds neither a run"));

  const Answer other = run(with(kGood, "epochs = 1", "epochs = 2"), {"--resume"});
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("was made by another experiment"));

  const Answer no_data =
      run(with(with(kGood, "\"yin-yang\"\ntrain_samples = 40\nvalidation_samples = 20\ntest_samples = 20",
                    "\"mnist\"\ndirectory = \"/nonexistent\""),
               "[4, 6, 3]", "[784, 6, 10]"),
          {"--out", (directory_ / "mnist").string()});
  EXPECT_NE(no_data.code, 0);
  EXPECT_THAT(no_data.err, testing::AnyOf(HasSubstr("train-images"), HasSubstr("--out is given twice")));
}

TEST_F(WrongInput, ADamagedCheckpointIsNamedAndNothingIsDiscarded) {
  ASSERT_EQ(run(kGood).code, 0);
  const fs::path checkpoints = fs::path(out()) / "checkpoints";
  const auto newest = checkpoints / io::checkpoint_name(io::list_checkpoints(checkpoints).back());
  const auto metrics = io::read_text(fs::path(out()) / "metrics.ndjson");
  fs::resize_file(newest, fs::file_size(newest) / 2);
  fs::remove(fs::path(out()) / "summary.json");  // as if it had been killed before it was done
  const Answer a = apical_says({"run", "--resume", "--out", out(), "--quiet"});
  EXPECT_EQ(a.code, 3) << a.err;
  EXPECT_THAT(a.err, HasSubstr("no checkpoint of"));
  EXPECT_THAT(a.err, HasSubstr(".damaged"));
  EXPECT_EQ(io::read_text(fs::path(out()) / "metrics.ndjson"), metrics);
}

TEST_F(WrongInput, DivergenceNamesPopulationSeedAndStepAndKeepsTheState) {
  std::string text = with(kGood, "\"logistic\"", "\"linear\"\neta = 1e9");
  const Answer a = run(text);
  EXPECT_EQ(a.code, 4) << a.err;
  EXPECT_THAT(a.err, HasSubstr("numerical fault: prospective potential of 'a"));
  EXPECT_THAT(a.err, HasSubstr("seed 1"));
  EXPECT_TRUE(fs::exists(fs::path(out()) / "checkpoints" / "fault-state.apc"));
  EXPECT_FALSE(fs::exists(fs::path(out()) / "summary.json"));
}

}  // namespace
}  // namespace apical
