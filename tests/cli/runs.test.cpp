// SPDX-License-Identifier: Apache-2.0
// `apical runs` and `apical report` of several directories, on runs that were really made and on files that
// are no runs any more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/io/csv.h"
#include "apical/io/json.h"
#include "apical/io/run_lock.h"
#include "apical/report/compose/write_report.h"
#include "apical/study/joint_report.h"
#include "apical/study/runs_index.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Runs : public CommandLine {
 protected:
  std::string folder() const { return out("runs"); }
  std::string run(const std::string& name) const { return (io::Path(folder()) / name).string(); }
  void make(const std::string& name, const std::vector<std::string>& changes) const {
    std::vector<std::string> arguments{"run", file(small_network()), "--quiet", "--out", run(name)};
    for (const std::string& change : changes) {
      arguments.emplace_back("--set");
      arguments.push_back(change);
    }
    const Answer a = apical_says(arguments);
    ASSERT_EQ(a.code, 0) << a.err;
  }
  /// Values of the first column, in order.
  std::vector<std::string> listed(std::vector<std::string> more) const {
    std::vector<std::string> arguments{"runs", folder(), "--csv", "--columns", "run"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Answer a = apical_says(arguments);
    EXPECT_EQ(a.code, 0) << a.err;
    if (a.out == "run\n") return {};
    return io::parse_csv(a.out, "csv").cells;
  }
};

TEST_F(Runs, AreFilteredAndSortedByKeysOfExperimentsAndByWhatTheyMeasured) {
  make("slow", {"model.learning_rate=0.0001", "run.seeds=2"});
  make("fast", {"model.learning_rate=0.01"});
  make("deep", {"model.learning_rate=0.01", "model.layers=[4, 8, 8, 3]"});
  EXPECT_THAT(listed({}), ElementsAre("deep", "fast", "slow"));
  EXPECT_THAT(listed({"--where", "model.learning_rate > 0.001"}), ElementsAre("deep", "fast"));
  EXPECT_THAT(listed({"--where", "model.learning_rate>0.001", "--where", "model.layers.3=8"}),
              ElementsAre("deep"));
  EXPECT_THAT(listed({"--where", "model.layers = '[4, 8, 3]'", "--sort", "model.learning_rate"}),
              ElementsAre("slow", "fast"));
  EXPECT_THAT(listed({"--where", "seeds != 1"}), ElementsAre("slow"));
  EXPECT_THAT(listed({"--where", "task ~ YANG", "--limit", "1"}), ElementsAre("deep"));

  // What the table says of a figure is what the summary says.
  const Answer a =
      apical_says({"runs", folder(), "--json", "--sort", "test.accuracy", "--columns", "test.accuracy"});
  double last = 2;
  for (const nlohmann::json& one : nlohmann::json::parse(a.out).at("runs")) {
    const double value = one.at("values").at("test.accuracy");
    double expected = -1;
    for (const nlohmann::json& m : io::read_json(run(one.at("directory")) + "/summary.json").at("measures")) {
      if (m.at("where") == "test" && m.at("metric") == "accuracy") expected = m.at("mean");
    }
    EXPECT_EQ(value, expected);
    EXPECT_LE(value, last) << "the best first";
    last = value;
  }
  const Answer worst = apical_says(
      {"runs", folder(), "--csv", "--sort", "test.accuracy", "--reverse", "--columns", "test.accuracy"});
  EXPECT_EQ(io::parse_csv(worst.out, "csv").cells.back(),
            io::parse_csv(apical_says({"runs", folder(), "--csv", "--sort", "test.accuracy", "--columns",
                                       "test.accuracy"})
                              .out,
                          "csv")
                .cells.front());
  const Answer varied = apical_says({"runs", folder(), "--columns", "varied", "--csv"});
  EXPECT_THAT(varied.out, AllOf(HasSubstr("model.layers"), HasSubstr("model.learning_rate"),
                                Not(HasSubstr("task.name"))));
}

TEST_F(Runs, ThatCannotBeReadAreListedAsSuch) {
  make("whole", {});
  for (const char* name : {"edited", "torn", "gone", "future", "stopped", "running", "faulted"})
    std::filesystem::copy(run("whole"), run(name), std::filesystem::copy_options::recursive);
  const auto replace = [&](const std::string& name, const std::string& text) {
    io::write_atomically(io::Path(run(name)), std::string_view(text));
  };
  std::string summary = io::read_text(run("edited/summary.json"));
  summary.replace(summary.find("\"mean\": ") + 8, 3, "0.9");
  replace("edited/summary.json", summary);
  replace("torn/manifest.json", "{\"label\": ");
  io::remove_file(run("gone/manifest.json"));
  replace("future/manifest.json", "[1, 2]");
  for (const char* name : {"stopped", "running", "faulted"})
    io::remove_file(run(name) + std::string("/summary.json"));
  replace("faulted/checkpoints/fault-state.apc", "state");
  {
    const std::string events = io::read_text(run("faulted/events.ndjson"));
    std::ofstream(run("faulted/events.ndjson"), std::ios::app)
        << R"({"seq":)" << std::count(events.begin(), events.end(), '\n')
        << R"(,"event":"numerical_fault","population":"a1","quantity":"soma","unit":3,"seed":1,"step":17,"time_ms":1})"
        << '\n';
  }
  const io::RunLock held(run("running"));
  std::filesystem::create_directories(run("no-run/at-all"));

  const Answer a = apical_says({"runs", folder(), "--csv", "--columns", "run,state,remark"});
  ASSERT_EQ(a.code, 0) << a.err;
  const io::CsvTable table = io::parse_csv(a.out, "csv");
  std::map<std::string, std::string> state, remark;
  for (std::size_t r = 0; r < table.rows(); ++r) {
    state[table.cell(r, 0)] = table.cell(r, 1);
    remark[table.cell(r, 0)] = table.cell(r, 2);
  }
  const std::map<std::string, std::string> expected{
      {"whole", "finished"}, {"edited", "broken"},   {"torn", "broken"},     {"gone", "broken"},
      {"future", "broken"},  {"stopped", "stopped"}, {"running", "running"}, {"faulted", "faulted"}};
  EXPECT_EQ(state, expected);
  EXPECT_THAT(remark["edited"], HasSubstr("was changed after it was written"));
  EXPECT_THAT(remark["torn"], HasSubstr("manifest.json:1"));
  EXPECT_THAT(remark["gone"], HasSubstr("manifest.json"));
  EXPECT_THAT(remark["faulted"], HasSubstr("soma of 'a1' was not finite in unit 3, seed 1, step 17"));
  // What a run that goes on has measured so far is known.
  EXPECT_THAT(listed({"--where", "test.accuracy >= 0", "--where", "state = running"}),
              ElementsAre("running"));
}

TEST_F(Runs, ThatWereCutOrEditedHaveNoFigures) {
  make("whole", {});
  std::filesystem::copy(run("whole"), run("cut"), std::filesystem::copy_options::recursive);
  EXPECT_EQ(listed({"--where", "test.accuracy >= 0"}).size(), 2U);
  const io::Path metrics = run("cut/metrics.ndjson");
  const auto written = std::filesystem::last_write_time(metrics);
  std::string text = io::read_text(metrics);
  text[text.find("\"value\":0.") + 10] = '7';
  { std::ofstream(metrics, std::ios::trunc) << text; }
  std::filesystem::last_write_time(metrics, written);  // of the same size, and said to be as old
  EXPECT_THAT(listed({"--where", "test.accuracy >= 0"}), ElementsAre("whole"));
  EXPECT_THAT(listed({"--where", "state = broken"}), ElementsAre("cut"));
}

TEST_F(Runs, MayBeAskedForWhatNoneOfThemHasYet) {
  make("a", {});
  const Answer a = apical_says({"runs", folder(), "--csv", "--columns", "run,remark,test.return"});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("\na,,"));
  EXPECT_THAT(listed({"--where", "remark ~ x"}), ElementsAre());
  EXPECT_THAT(listed({"--sort", "test.return"}), ElementsAre("a"));
  const Answer wrong = apical_says({"runs", folder(), "--columns", "test.acuracy"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("test.accuracy"));
}

TEST_F(Runs, AreNotLookedForUpwards) {
  make("below/a", {});
  std::filesystem::create_directory_symlink(folder(), run("below/up"));
  std::filesystem::create_directory_symlink(run("below"), run("again"));
  std::filesystem::create_directories(out("elsewhere"));
  std::filesystem::copy(run("below/a"), out("elsewhere/b"), std::filesystem::copy_options::recursive);
  std::filesystem::create_directory_symlink(out("elsewhere"), run("linked"));
  EXPECT_THAT(listed({}), ElementsAre("below/a", "linked/b")) << "each once, whatever leads to it";
}

TEST_F(Runs, OverTwoKeysAreOneMapInAReportOfAll) {
  std::vector<std::string> words{"report"};
  for (const char* rate : {"0.001", "0.01"}) {
    for (const char* epochs : {"1", "2"}) {
      const std::string name = std::string(rate) + "-" + epochs;
      make(name, {std::string("model.learning_rate=") + rate, std::string("training.epochs=") + epochs});
      words.push_back(run(name));
    }
  }
  words.insert(words.end(), {"--out", out("all.html")});
  ASSERT_EQ(apical_says(words).code, 0);
  const std::string page = io::read_text(out("all.html"));
  EXPECT_THAT(page, AllOf(HasSubstr("\"kind\":\"heat\""), HasSubstr("training.epochs"),
                          HasSubstr("model.learning_rate")));
  // Of three there is no map.
  words.erase(words.begin() + 1);
  ASSERT_EQ(apical_says(words).code, 0);
  EXPECT_THAT(io::read_text(out("all.html")),
              AllOf(Not(HasSubstr("\"kind\":\"heat\"")), HasSubstr("not shown the same for the same time"),
                    HasSubstr("training.epochs differs")));
  EXPECT_THAT(page, Not(HasSubstr("not shown the same"))) << "where epochs are an axis";
  // A folder of them is all of them.
  ASSERT_EQ(apical_says({"report", folder(), "--out", out("folder.html")}).code, 0);
  EXPECT_THAT(io::read_text(out("folder.html")), HasSubstr("\"kind\":\"heat\""));
}

TEST_F(Runs, OverOneKeyAreDrawnAgainstItAndAreOneFigureForAnArticle) {
  std::vector<std::string> words{"plot"};
  for (const char* rate : {"0.001", "0.01", "0.1"}) {
    for (const char* seeds : {"[1, 2]", "[3]"}) {  // as two jobs leave them
      const std::string name = std::string(rate) + seeds[1];
      make(name, {std::string("model.learning_rate=") + rate, std::string("run.seeds=") + seeds});
      words.push_back(run(name));
    }
  }
  const auto figure = [&](const std::string& what) {
    std::vector<io::Path> directories(words.begin() + 1, words.end());
    return std::get<LinePlot>(figure_named(figures_of_all(directories).figures, what).plot);
  };
  const LinePlot along = figure("accuracy");
  EXPECT_EQ(along.x_label, "model.learning_rate");
  EXPECT_TRUE(along.log_x);
  ASSERT_EQ(along.series.size(), 1U);
  ASSERT_EQ(along.series[0].seeds.size(), 3U);
  EXPECT_EQ(along.series[0].seeds[2].x, (std::vector{0.001, 0.01, 0.1}));
  const LinePlot training = figure("accuracy-over-training");
  EXPECT_EQ(training.series.size(), 3U) << "a line for each experiment";
  EXPECT_EQ(training.series[0].label, "learning_rate 0.001");
  EXPECT_EQ(training.series[0].seeds.size(), 3U);

  words.insert(words.end(), {"--what", "accuracy", "--out", out("fig.svg")});
  const Answer several = apical_says(words);
  EXPECT_EQ(several.code, 0) << several.err;
  EXPECT_THAT(io::read_text(out("fig.svg")), HasSubstr(">model.learning_rate</text>"));
  // A folder of them is all of them, and a report of it has the same figure.
  const Answer folded = apical_says({"plot", folder(), "--what", "accuracy", "--out", out("folder.svg")});
  EXPECT_EQ(folded.code, 0) << folded.err;
  EXPECT_EQ(io::read_text(out("folder.svg")), io::read_text(out("fig.svg")));
  ASSERT_EQ(apical_says({"report", folder(), "--out", out("all.html")}).code, 0);
  const std::string page = io::read_text(out("all.html"));
  EXPECT_THAT(page, HasSubstr("Test accuracy along the sweep"));
  EXPECT_LT(page.size(), 1'500'000U);
}

TEST_F(Runs, VariantsOfAComparisonThatDifferInANumberAreDrawnAgainstIt) {
  const auto compared = [&](const std::string& name, const std::string& of_first) {
    std::string text = small_network();
    for (const char* rate : {"0.1", "0.001", "0.01"}) {
      text += std::string("[[variant]]\nlabel = \"rate ") + rate + "\"\nmodel = { learning_rate = " + rate +
              " }\n";
      if (rate == std::string("0.1")) text += of_first;
    }
    const Answer a = apical_says({"compare", file(text), "--quiet", "--out", run(name)});
    EXPECT_EQ(a.code, 0) << a.err;
  };
  compared("c", "");
  const LinePlot along = std::get<LinePlot>(figure_named(figures_of(run("c")), "accuracy").plot);
  EXPECT_EQ(along.x_label, "model.learning_rate");
  ASSERT_EQ(along.series.size(), 1U);
  EXPECT_EQ(along.series[0].seeds[0].x, (std::vector{0.001, 0.01, 0.1}));
  EXPECT_THAT(io::read_text(io::Path(run("c")) / "report.html"),
              AllOf(HasSubstr("Test accuracy along the sweep"), HasSubstr("rate 0.01")))
      << "names are those of the experiment";
  // What others are compared with is no point of a curve.
  compared("d", "reference = true\n");
  EXPECT_THAT(io::read_text(io::Path(run("d")) / "report.html"), Not(HasSubstr("along the sweep")));
}

TEST_F(Runs, WithOtherSeedsAtEachValueHaveTheMeanOfThose) {
  std::vector<io::Path> directories;
  for (const auto& [rate, seeds] : {std::pair{"0.001", "[1, 2]"}, {"0.01", "[1, 2, 3]"}, {"0.1", "[4, 5]"}}) {
    make(rate, {std::string("model.learning_rate=") + rate, std::string("run.seeds=") + seeds});
    directories.emplace_back(run(rate));
  }
  const auto [figures, warnings] = figures_of_all(directories);
  const LinePlot along = std::get<LinePlot>(figure_named(figures, "accuracy").plot);
  ASSERT_EQ(along.series.size(), 1U);
  const auto mean = mean_over_seeds(along.series[0].seeds, {}, along.series[0].mean_of);
  ASSERT_EQ(mean.size(), 1U);
  ASSERT_EQ(mean[0].size(), 3U);
  EXPECT_EQ(mean[0][0].interval.n, 2U);
  EXPECT_EQ(mean[0][1].interval.n, 3U);
  EXPECT_EQ(mean[0][2].interval.n, 2U);
}

TEST_F(Runs, OfOtherPrecisionAreNotReadTogether) {
  std::vector<std::string> words{"plot"};
  for (const char* rate : {"0.001", "0.01", "0.1"}) {
    make(rate, {std::string("model.learning_rate=") + rate,
                std::string("run.precision=") + (rate == std::string("0.1") ? "\"double\"" : "\"float\"")});
    words.push_back(run(rate));
  }
  words.insert(words.end(), {"--what", "accuracy", "--out", out("fig.svg")});
  const Answer a = apical_says(words);
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(io::read_text(out("fig.svg")), Not(HasSubstr("model.learning_rate</text>")));
  EXPECT_THAT(a.err, HasSubstr("seed"))
      << "what the report warns of, as of one seed, is said with a figure, too";
}

TEST_F(Runs, AreReadAgainOnlyIfTheirFilesHaveChanged) {
  make("a", {});
  make("b", {});
  ThreadPool pool(1);
  std::size_t read = 0;
  const auto refresh = [&] {
    RunsIndex index(folder());
    read = 0;
    index.refresh(pool, nullptr, [&](std::size_t have, std::size_t) { read = have; });
    return index.size();
  };
  EXPECT_EQ(refresh(), 2U);
  EXPECT_EQ(read, 2U);
  EXPECT_EQ(refresh(), 2U);
  EXPECT_EQ(read, 0U);
  io::write_atomically(io::Path(run("b/summary.json")), std::string_view("{}"));
  EXPECT_EQ(refresh(), 2U);
  EXPECT_EQ(read, 1U);
  EXPECT_THAT(listed({"--where", "state=broken"}), ElementsAre("b"));
  std::filesystem::remove_all(run("b"));
  EXPECT_EQ(refresh(), 1U);
  EXPECT_THAT(listed({}), ElementsAre("a"));
  // A file that is no database, or of half its length, is made anew.
  const io::Path kept = io::Path(folder()) / RunsIndex::kFileName;
  std::filesystem::resize_file(kept, std::filesystem::file_size(kept) / 2);
  EXPECT_THAT(listed({}), ElementsAre("a"));
  io::write_atomically(kept,
                       std::string_view("no database, but long enough to be taken for one at first sight"));
  EXPECT_THAT(listed({}), ElementsAre("a"));
}

TEST_F(Runs, OfAFolderThatCannotBeWrittenAreListedAllTheSame) {
  make("a", {});
  // The superuser may write anywhere: a folder in the file's place is a file that cannot be made.
  std::filesystem::create_directories(io::Path(folder()) / RunsIndex::kFileName / "full");
  EXPECT_THAT(listed({}), ElementsAre("a"));
  const Answer a = apical_says({"runs", folder(), "--verbose"});
  EXPECT_THAT(a.err, HasSubstr("not kept"));
  // Nothing is written into a run.
  const Answer own = apical_says({"runs", run("a"), "--csv", "--columns", "run"});
  EXPECT_EQ(own.out, "run\na\n");
  EXPECT_FALSE(io::file_exists(io::Path(run("a")) / RunsIndex::kFileName));
}

TEST_F(Runs, BesideOneWhoseFilesNobodyCanReadAreListed) {
  make("a", {});
  std::filesystem::create_directory(io::Path(folder()) / "circle");
  std::filesystem::create_symlink("manifest.json", io::Path(folder()) / "circle" / "manifest.json");
  EXPECT_THAT(listed({}), ElementsAre("a"));
}

TEST_F(Runs, AnswerWhatWasMeantByAWrongKeyOrCondition) {
  make("a", {});
  const auto err = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"runs", folder()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Answer a = apical_says(arguments);
    EXPECT_EQ(a.code, 2) << a.out;
    return a.err;
  };
  EXPECT_THAT(err({"--sort", "test.acuracy"}), HasSubstr("did you mean 'test.accuracy'?"));
  EXPECT_THAT(err({"--where", "modle.name = x"}), HasSubstr("did you mean 'model.name'?"));
  EXPECT_THAT(err({"--where", "model.name"}), HasSubstr("is no condition"));
  EXPECT_THAT(err({"--where", "model.name !x"}), HasSubstr("is no condition"));
  EXPECT_THAT(err({"--where", "test.accuracy => 0.5"}), HasSubstr("is no condition"));
  EXPECT_THAT(err({"--where", "test.accuracy > nan"}), HasSubstr("nothing can be compared with nan"));
  EXPECT_THAT(err({"--where", "test.accuracy > abc"}), HasSubstr("'test.accuracy' is a number in all runs"));
  EXPECT_THAT(err({"--columns", "run,,state"}), HasSubstr("--columns"));
  EXPECT_THAT(err({"--columns", "nothing.*"}), HasSubstr("no run has a key like"));
  EXPECT_THAT(err({"--reverse"}), HasSubstr("--sort"));
  EXPECT_THAT(apical_says({"runs", folder(), "--where", "model.layers > 3"}).err,
              HasSubstr("model.layers.1 the first"));
  EXPECT_EQ(apical_says({"runs", out("nowhere")}).code, 3);
  std::filesystem::create_directories(out("empty"));
  EXPECT_EQ(apical_says({"runs", out("empty")}).code, 3);
  EXPECT_THAT(apical_says({"runs", folder(), "--keys"}).out, HasSubstr("\nmodel.layers.1\n"));
}

TEST_F(Runs, OfOneExperimentAreReportedAsOneOverTheirSeeds) {
  make("one", {"run.seeds=[1, 2]"});
  make("two", {"run.seeds=[2, 3]"});
  make("other", {"run.seeds=[1]", "model.learning_rate=0.01"});
  const std::string page = out("together.html");
  const Answer a = apical_says({"report", run("one"), run("two"), run("other"), "--out", page});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_EQ(a.out, page + "\n");
  EXPECT_THAT(io::read_text(page), HasSubstr("3 seeds of 2 runs of the same experiment"));

  // A seed that came to other numbers is in one of them by mistake.
  std::string metrics = io::read_text(run("two/metrics.ndjson"));
  const std::size_t at = metrics.find("\"value\":", metrics.find("\"seed\":2"));
  metrics.replace(at, metrics.find('}', at) - at, "\"value\":0.125");
  io::write_atomically(io::Path(run("two/metrics.ndjson")), std::string_view(metrics));
  const Answer changed = apical_says({"report", run("one"), run("two"), "--out", page});
  EXPECT_EQ(changed.code, 3);
  EXPECT_THAT(changed.err, HasSubstr("its results are not those of the run"));
  io::remove_file(run("two/summary.json"));  // and with it what says so
  const Answer different = apical_says({"report", run("one"), run("two"), "--out", page});
  EXPECT_EQ(different.code, 3);
  EXPECT_THAT(different.err, HasSubstr("seed 2 was run in"));
  EXPECT_EQ(apical_says({"report", run("one"), "--out", page}).code, 2);
}

}  // namespace
}  // namespace apical::test
