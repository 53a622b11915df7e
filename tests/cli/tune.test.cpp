// SPDX-License-Identifier: Apache-2.0
// 'apical tune': the same effort for all, nothing judged by the test, and the same bits however often it is
// stopped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "apical/experiment/search.h"
#include "apical/io/json.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::with;
using testing::AllOf;
using testing::HasSubstr;

/// Two models, nine trials over two keys each.
std::string searched() {
  return with(test::small_network(), "epochs = 2", "epochs = 6") + R"([tune]
trials = 9
seeds = [101, 102]
rounds = 2
[tune.space]
"model.learning_rate" = { log_uniform = [1e-4, 1e-1] }
model.batch = { choice = [4, 10] }
[[variant]]
label = "backpropagation"
[[variant]]
label = "feedback alignment"
model.name = "feedback-alignment"
)";
}

class Tune : public test::CommandLine {
 protected:
  Answer tuned(const std::string& text, const std::vector<std::string>& more = {},
               const std::string& to = "tuning", bool stopped = false) const {
    std::vector<std::string> words{"tune", file(text), "--out", out(to), "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return apical_says(words, stopped);
  }
};

TEST_F(Tune, GivesEveryModelTheSameEffortAndSaysSo) {
  const Answer a = tuned(searched());
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("equal effort: 9 trials each"));
  const nlohmann::json j = io::read_json(io::Path(out("tuning")) / "tuning.json");
  ASSERT_EQ(j.at("variants").size(), 2U);
  for (const nlohmann::json& v : j.at("variants")) {
    EXPECT_EQ(v.at("rounds"), nlohmann::json({9, 3}));
    EXPECT_EQ(v.at("epochs"), nlohmann::json({2, 6}));
    // The best of those that came to the last round, and those that came there were the best of the first.
    double best = 0, worst_kept = 1, best_dropped = 0;
    for (const nlohmann::json& t : v.at("trials")) {
      const double first = t.at("scores").at(0);
      if (t.at("scores").size() == 2) {
        best = std::max(best, t.at("scores").at(1).get<double>());
        worst_kept = std::min(worst_kept, first);
      } else {
        best_dropped = std::max(best_dropped, first);
      }
    }
    EXPECT_EQ(v.at("score"), best);
    EXPECT_GE(worst_kept, best_dropped);
  }
  // What comes out runs, says where it is from, and is known to have had the same effort.
  const std::string file = out("tuning") + "/tuned.toml";
  const Answer compared = apical_says({"compare", file, "--quiet", "--seeds", "2", "--out", out("compared")});
  ASSERT_EQ(compared.code, 0) << compared.err;
  EXPECT_THAT(compared.err, HasSubstr("equal effort: 9 trials each"));
  EXPECT_THAT(
      io::read_text(io::Path(out("compared")) / "report.html"),
      HasSubstr("9 trials with 2 seeds: 9 of 2 epochs and 3 of 6 epochs, judged by validation accuracy"));
  EXPECT_TRUE(io::file_exists(io::Path(out("tuning")) / "report.html"));
}

TEST_F(Tune, RecordsNothingOfTrialsAndAllOfWhatIsFound) {
  const Answer a = tuned(R"([task]
name = "yin-yang"
train_samples = 20
validation_samples = 10
test_samples = 10
[model]
name = "error-neuron-microcircuit"
layers = [4, 5, 3]
activation = "logistic"
[training]
epochs = 1
[run]
seeds = 5
[[record]]
population = "a1.err"
variable = "soma"
every_ms = 1
seeds = 5
[tune]
trials = 1
[tune.space]
model.eta = { log_uniform = [1, 100] }
)");
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(io::read_text(io::Path(out("tuning")) / "tuned.toml"), HasSubstr("[[record]]"));
}

TEST_F(Tune, GoesOnToTheSameBytes) {
  ASSERT_EQ(tuned(searched()).code, 0);
  EXPECT_EQ(tuned(searched(), {}, "again", true).code, 75);
  const Answer planned = tuned(searched(), {"--plan-only"}, "again");
  EXPECT_EQ(planned.code, 75);
  EXPECT_THAT(planned.err, HasSubstr("round 1 of 2 waits for workers of"));
  const std::string round = out("again") + "/round-1";
  ASSERT_EQ(apical_says({"sweep", "run", round, "--quiet", "--max-tasks", "5"}).code, 0);
  ASSERT_EQ(apical_says({"sweep", "run", round, "--quiet"}).code, 0);
  EXPECT_THAT(tuned(searched(), {"--plan-only"}, "again").err, HasSubstr("round 2 of 2"));
  ASSERT_EQ(tuned(searched(), {}, "again").code, 0);
  for (const char* name : {"tuned.toml", "tuning.json", "report.html"})
    EXPECT_EQ(io::read_text(io::Path(out("tuning")) / name), io::read_text(io::Path(out("again")) / name))
        << name;
  EXPECT_EQ(tuned(with(searched(), "trials = 9", "trials = 8"), {}, "again").code, 3) << "another search";
}

TEST_F(Tune, LearnsOfBrokenTrialsAndGoesOn) {
  const std::string wild = with(searched(), "log_uniform = [1e-4, 1e-1]", "log_uniform = [1e-4, 1e36]");
  const Answer a = tuned(wild);
  ASSERT_EQ(a.code, 0) << a.err;
  const nlohmann::json j = io::read_json(io::Path(out("tuning")) / "tuning.json");
  std::size_t broke = 0;
  for (const nlohmann::json& t : j.at("variants").at(0).at("trials"))
    broke += t.at("scores").at(0) == "NaN" ? 1 : 0;
  EXPECT_GT(broke, 0U);
  EXPECT_LT(broke, 9U);
  EXPECT_NE(j.at("variants").at(0).at("score"), "NaN");
}

TEST_F(Tune, OfARewardIsJudgedInTraining) {
  const std::string policy =
      test::small_policy() +
      "[tune]\ntrials = 3\nrounds = 1\nseeds = [7]\n[tune.space]\n\"reward.gamma\" = { "
      "uniform = [0.9, 0.999] }\n";
  const Answer a = tuned(policy);
  ASSERT_EQ(a.code, 0) << a.err;
  const std::string tuned_file = io::read_text(io::Path(out("tuning")) / "tuned.toml");
  EXPECT_THAT(tuned_file, AllOf(HasSubstr("where = \"train\""), HasSubstr("metric = \"return\"")));
}

TEST_F(Tune, RefusesUnequalEffortAndSeedsThatAreTested) {
  const auto says = [&](const std::string& text, const std::string& what) {
    const Answer a = tuned(text);
    EXPECT_EQ(a.code, 3) << what;
    EXPECT_THAT(a.err, HasSubstr(what));
  };
  says(with(searched(), "label = \"backpropagation\"", "label = \"backpropagation\"\ntune.trials = 20"),
       "'backpropagation' and 'feedback alignment' are searched with unequal effort");
  says(with(searched(), "label = \"backpropagation\"", "label = \"backpropagation\"\ntraining.epochs = 20"),
       "unequal effort");
  says(with(searched(), "seeds = [101, 102]", "seeds = [101, 1]"),
       ":15:9: seed 1 would be judged on and tested");
  says(test::small_network(), "missing table [tune]");
  says(test::small_network() + "[tune]\ntrials = 3\n", "missing table [tune.space]");
  says(with(searched(), "choice = [4, 10]", "chioce = [4, 10]"),
       "nothing says how 'model.batch' is searched");
  says(with(searched(), "log_uniform = [1e-4, 1e-1]", "log_uniform = [0, 1]"), "is no range");
  says(with(searched(), "\"model.learning_rate\"", "\"model.learning_rat\""),
       "did you mean 'learning_rate'?");
  says(with(searched(), "epochs = 6", "epochs = 6\nvalidate_every = 0"), "measured accuracy or loss");
  says(with(searched(), "epochs = 6", "epochs = 6\nminutes = 1"), "counted in epochs");
  says(with(searched(), "choice = [4, 10]", "uniform = [4, 10]"),
       "whole = true takes the whole numbers of a range");
  says(with(searched(), "choice = [4, 10]", "choice = [4, \"ten\"]"),
       "'model.batch' gives a trial that cannot be: 'model.batch' is a text");
}

TEST_F(Tune, IsNoPartOfARun) {
  const std::string one = test::small_network() +
                          "[tune]\ntrials = 3\n[tune.space]\n\"model.learning_rate\" = { "
                          "uniform = [0, 1] }\n";
  ASSERT_EQ(apical_says({"run", file(one), "--quiet", "--out", out()}).code, 0);
  EXPECT_EQ(io::read_text(io::Path(out()) / "experiment.toml").find("tune"), std::string::npos);
}

TEST(ComparedEffort, IsCalledUnequalWhereItIs) {
  const io::TestDirectory directory;
  const auto compared = [&](const std::string& one, const std::string& other) {
    const io::Path file = directory / "experiment.toml", out = directory / "compared";
    io::write_atomically(file, test::small_network() + "[[variant]]\nlabel = \"a\"\n" + one +
                                   "[[variant]]\nlabel = \"b\"\n" + other);
    fs::remove_all(out);
    return apical_says({"compare", file.string(), "--quiet", "--out", out.string()}).err;
  };
  const std::string forty = "[variant.tuned]\ntrials = 40\nrounds = [40]\nepochs = [2]\nseeds = [101]\n",
                    twenty = with(forty, "trials = 40", "trials = 20");
  EXPECT_THAT(compared(forty, forty), HasSubstr("equal effort: 40 trials each"));
  EXPECT_THAT(compared(forty, twenty),
              HasSubstr("effort of tuning is not equal: 'a' 40 trials, 'b' 20 trials"));
  EXPECT_THAT(compared(forty, ""), HasSubstr("effort of tuning is not equal: none is known of 'b'"));
  EXPECT_THAT(compared("", ""), testing::Not(HasSubstr("effort")));
  EXPECT_THAT(compared(forty, with(forty, "rounds = [40]", "rounds = [40, 5]")),
              HasSubstr("'a' 40 trials with 1 seed in rounds of 40 for 2 epochs, 'b' 40 trials with 1 seed "
                        "in rounds of 40, 5 for 2 epochs"));
  // What has been changed since is not what was found, whatever its table says.
  const std::string chosen = forty + "chosen = [\"model.learning_rate = 0.02\"]\n",
                    as_chosen = "model.learning_rate = 0.02\n";
  EXPECT_THAT(compared(as_chosen + chosen, as_chosen + chosen), HasSubstr("equal effort: 40 trials each"));
  EXPECT_THAT(compared(as_chosen + chosen, "model.learning_rate = 0.03\n" + chosen),
              HasSubstr("not equal: 'b' has other settings than were chosen (model.learning_rate = 0.02)"));
  EXPECT_THAT(compared(forty, "training.epochs = 3\n" + forty),
              HasSubstr("not equal: 'b' learns for 3 epochs and was tuned for 2"));
  const std::string same_seed = with(forty, "seeds = [101]", "seeds = [1]");
  EXPECT_THAT(compared(same_seed, same_seed),
              HasSubstr("not equal: 'a' was tuned on seed 1, which is compared"));
}

}  // namespace
}  // namespace apical
