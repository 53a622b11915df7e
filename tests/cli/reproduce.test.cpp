// SPDX-License-Identifier: Apache-2.0
// `apical reproduce` from the outside: verdicts become exit codes, runs are repeated bit for bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/io/file.h"
#include "apical/io/json.h"
#include "support/command_line.h"
#include "support/paths.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::CommandLine;
using test::with;
using testing::HasSubstr;

const std::string kExperiment =
    with(with(test::small_circuit(), "epochs = 1", "epochs = 1\nalign_every = 1"), "seeds = 1", "seeds = 2") +
    R"([reproduces]
paper = "A paper"
figure = "1"
shows = "nothing much"
source = "a test"
minutes = 0.1
[[expect]]
quantity = "test_accuracy"
statistic = "mean"
at_least = 0
at_most = 1
because = "accuracies lie there"
)";
constexpr const char* kWrong = R"([[expect]]
quantity = "angle"
statistic = "smallest"
at_least = 181
because = "angles do not"
)";

class Reproduce : public CommandLine {
 protected:
  static Answer says(std::vector<std::string> arguments) {
    arguments.emplace_back("--quiet");
    return apical_says(arguments);
  }
};

TEST_F(Reproduce, SaysReproducedAndSucceedsIfAllHolds) {
  const Answer a = says({"reproduce", file(kExperiment), "--out", out()});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("reproduced  mean test accuracy: "));
  EXPECT_THAT(a.out, HasSubstr("1 of 1 reproduced"));
  EXPECT_THAT(io::read_text(directory_ / "run" / "report.html"), HasSubstr("Compared with A paper, Fig. 1"));
}

using SlowReproduce = Reproduce;

TEST_F(Reproduce, AnExperimentMayBeChangedAndSaysSo) {
  const Answer a = says({"reproduce", file(kExperiment), "--out", out(), "--set", "task.train_samples=30"});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("  changed: task.train_samples=30\n"));
  std::string ran;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(out())) {
    if (entry.path().filename() == "experiment.toml") ran += io::read_text(entry.path());
  }
  EXPECT_THAT(ran, HasSubstr("train_samples = 30"));
  const Answer again = says({"reproduce", out(), "--out", out("again"), "--set", "task.train_samples=30"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("--set changes one experiment"));
}

TEST_F(SlowReproduce, CreditRulesLearnYinYangAsWellAsTheyAreKnownTo) {
  const std::string all = io::read_text(fs::path(test::kSourceDir) / "experiments" / "yin-yang" / "all.toml");
  const Answer a = says({"reproduce", file(with(all, "seeds = 5", "seeds = 3")), "--out", out()});
  EXPECT_EQ(a.code, 0) << a.out << a.err;
}

TEST_F(Reproduce, SaysDeviatesAndFailsIfSomethingDoesNotHold) {
  const Answer a = says({"reproduce", file(kExperiment + kWrong), "--out", out(), "--json"});
  EXPECT_EQ(a.code, 1) << a.err;
  const nlohmann::json outcomes = io::parse_json(a.out, "answer").at("figures").at(0).at("outcomes");
  EXPECT_TRUE(outcomes.at(0).at("reproduced"));
  EXPECT_FALSE(outcomes.at(1).at("reproduced"));
  EXPECT_EQ(outcomes.at(0).at("verdict"), "reproduced");
  EXPECT_EQ(outcomes.at(1).at("verdict"), "deviates");
  EXPECT_EQ(outcomes.at(1).at("origin"), "hypothesis");
  EXPECT_EQ(outcomes.at(1).at("seeds").size(), 2U);
}

TEST_F(Reproduce, ResumedEvaluatesWhatIsThere) {
  const std::string experiment = file(kExperiment);
  ASSERT_EQ(says({"reproduce", experiment, "--out", out()}).code, 0);
  EXPECT_EQ(says({"reproduce", experiment, "--out", out()}).code, 5);  // never overwrites
  // An expectation is no part of what was run: it may be added afterwards.
  file(kExperiment + kWrong);
  EXPECT_EQ(says({"reproduce", experiment, "--out", out(), "--resume"}).code, 1);
}

TEST_F(Reproduce, RefusesAnExperimentThatClaimsNothing) {
  const std::string text = kExperiment;
  const Answer a = says({"reproduce", file(text.substr(0, text.find("[reproduces]"))), "--out", out()});
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr("does not say what it reproduces"));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(Reproduce, ListsWhatThereIsAndSuggestsNearNames) {
  const Answer list = says({"reproduce"});
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, HasSubstr("yin-yang/reference\n"));
  const Answer near = says({"reproduce", "yin-yang/referenze"});
  EXPECT_EQ(near.code, 2);
  EXPECT_THAT(near.err, HasSubstr("did you mean 'yin-yang/reference'?"));
  EXPECT_EQ(says({"reproduce", "--all", "yin-yang/reference"}).code, 2);
  EXPECT_EQ(says({"reproduce", "--resume"}).code, 2);
}

TEST_F(Reproduce, RepeatsARunBitForBit) {
  ASSERT_EQ(says({"run", file(kExperiment), "--out", out()}).code, 0);
  const Answer a = says({"reproduce", out(), "--out", out("again"), "--threads", "2"});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("identical bits: "));
}

TEST_F(Reproduce, SaysWhereARepeatedRunDiffers) {
  ASSERT_EQ(says({"reproduce", file(kExperiment), "--out", out()}).code, 0);
  const fs::path run = directory_ / "run" / "error-neuron-microcircuit";
  // Another number than the one that was measured, in the validation after the first epoch.
  std::string metrics = io::read_text(run / "metrics.ndjson");
  const std::string before = "\"epoch\":1,\"where\":\"validation\",\"metric\":\"loss\",\"seed\":2,\"value\":";
  const auto line = metrics.find(before);
  ASSERT_NE(line, std::string::npos) << metrics;
  const auto digits = line + before.size();
  metrics[digits] = metrics[digits] == '9' ? '8' : '9';
  io::write_atomically(run / "metrics.ndjson", std::string_view(metrics));
  const Answer edited = says({"reproduce", out(), "--out", out("refused")});
  EXPECT_EQ(edited.code, 3) << edited.err;
  EXPECT_THAT(edited.err, HasSubstr("metrics.ndjson was changed after it was written"));
  // As runs of earlier versions are, which have no checksums.
  nlohmann::json summary = io::read_json(run / "summary.json");
  summary.erase("sealed");
  summary.erase("xxh3");
  io::write_atomically(run / "summary.json", io::json_text(summary));
  const Answer a = says({"reproduce", out(), "--out", out("again")});
  EXPECT_EQ(a.code, 1) << a.err;
  EXPECT_THAT(a.out, HasSubstr("differs at epoch 1 in loss of validation, seed 2: "));
}

TEST_F(Reproduce, RunsTheRestOfASweepWhereAModelBreaks) {
  const std::string text = kExperiment;
  const std::string sweep = "[sweep]\nname = \"rate\"\nat = [1, 2]\n[sweep.values]\nmodel.eta = [1, 1e30]\n";
  const std::string experiment = file(text.substr(0, text.find("[reproduces]")) + sweep);
  const Answer a = says({"compare", experiment, "--out", out()});
  EXPECT_EQ(a.code, 4) << a.err;
  EXPECT_THAT(a.err, HasSubstr("rate 2: "));
  EXPECT_THAT(a.out, HasSubstr("rate 1"));
  EXPECT_THAT(io::read_text(directory_ / "run" / "report.html"),
              HasSubstr("rate 2: this run ended in a numerical fault"));
}

TEST_F(Reproduce, OfADirectoryThatIsNoFinishedRunSaysSo) {
  const Answer a = says({"reproduce", directory_.path().string(), "--out", out("again")});
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr("holds neither a run"));
}

}  // namespace
}  // namespace apical
