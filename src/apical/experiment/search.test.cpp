// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace apical {
namespace {

using testing::ElementsAre;

Search search_in(const std::string& space, const std::string& options = "") {
  return read_search(TomlDocument::parse("[tune]\n" + options + "[tune.space]\n" + space, "test"));
}

TEST(SearchSpace, TakesKeysQuotedOrNested) {
  const Search s = search_in(
      "\"model.eta\" = { log_uniform = [1, 100], each = 2 }\nmodel.name = { choice = [\"a\", "
      "\"b\"] }\ntraining.rates = { choice = [[1, 2], [3, 4]] }\n");
  ASSERT_EQ(s.space.size(), 3U);
  EXPECT_EQ(s.space[0].in_words(), "model.eta: log-uniform from 1 to 100, each of 2");
  EXPECT_EQ(s.space[1].in_words(), "model.name: one of \"a\", \"b\"");
  EXPECT_EQ(s.space[2].in_words(), "training.rates: one of [1, 2], [3, 4]");
}

TEST(SearchSpace, TakesWholeNumbersOfARange) {
  const Search s = search_in("\"training.batch_size\" = { log_uniform = [8, 128], whole = true }\n");
  EXPECT_EQ(s.space[0].in_words(), "training.batch_size: log-uniform from 8 to 128, whole");
  EXPECT_EQ(s.space[0].place.line, 3U);
  std::set<std::string> found;
  for (std::size_t i = 0; i < 100; ++i) {
    const std::string value = s.point(i)[0];
    EXPECT_EQ(value.find_first_not_of("0123456789"), std::string::npos) << value;
    EXPECT_GE(std::stoi(value), 8);
    EXPECT_LE(std::stoi(value), 128);
    found.insert(value);
  }
  EXPECT_GT(found.size(), 40U);
  EXPECT_THROW(search_in("\"a\" = { uniform = [0.5, 3], whole = true }\n"), ConfigError);
}

TEST(SearchSpace, ChoosesAmongValuesOfAnyKind) {
  const Search s = search_in("a = { choice = [true, \"x\", 2, 0.5, [1, 2], [\"p\"]] }\n");
  EXPECT_THAT(s.space[0].choices, ElementsAre("true", "\"x\"", "2", "0.5", "[1, 2]", "[\"p\"]"));
  EXPECT_THROW(search_in("a = { choice = [] }\n"), ConfigError);
  EXPECT_THROW(search_in("a = { choice = 3 }\n"), ConfigError);
}

TEST(SearchSpace, IsJudgedBySomethingThatIsMeasured) {
  const auto judged_by = [](const std::string& metric) {
    return search_in("model.eta = { log_uniform = [1, 100] }\n", "metric = \"" + metric + "\"\n");
  };
  EXPECT_EQ(judged_by("loss").options.metric, "loss");
  try {
    judged_by("acuracy");
    ADD_FAILURE() << "accepted";
  } catch (const ConfigError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("did you mean 'accuracy'?"));
  }
}

TEST(SearchSpace, IsFilledEvenlyHoweverManyPointsAreTaken) {
  const Search s = search_in("\"a\" = { uniform = [0, 1] }\n\"b\" = { uniform = [0, 1] }\n");
  // The largest gap between neighbours is some times the mean however many points there are; points drawn at
  // random leave gaps that grow as ln n times it, 6.8 times with 512.
  constexpr double kLargestGap = 5;
  for (const std::size_t n : {8U, 32U, 128U, 512U}) {
    for (const std::size_t key : {0U, 1U}) {
      std::vector<double> x;
      for (std::size_t i = 0; i < n; ++i) x.push_back(std::stod(s.point(i)[key]));
      std::sort(x.begin(), x.end());
      double largest = x.front() + 1 - x.back();
      for (std::size_t i = 1; i < n; ++i) largest = std::max(largest, x[i] - x[i - 1]);
      EXPECT_LE(largest, kLargestGap / static_cast<double>(n) + 1e-3) << n << " points";
    }
  }
}

TEST(SearchSpace, DependsOnItsSeedAlone) {
  const std::string space = "\"a\" = { log_uniform = [1e-4, 1] }\n";
  const Search one = search_in(space, "draw_seed = 1\n"),
               same = search_in(space, "draw_seed = 1\ntrials = 7\n"),
               other = search_in(space, "draw_seed = 2\n");
  EXPECT_EQ(one.point(5), same.point(5));
  EXPECT_NE(one.point(5), other.point(5));
}

TEST(SearchSpace, OfChoicesIsSharedOutEqually) {
  const Search s = search_in("\"a\" = { choice = [1, 2, 3, 4] }\n");
  std::multiset<std::string> taken;
  for (std::size_t i = 0; i < 40; ++i) taken.insert(s.point(i).front());
  for (const char* choice : {"1", "2", "3", "4"})
    EXPECT_NEAR(static_cast<double>(taken.count(choice)), 10, 1);
}

TEST(SearchRounds, LearnForLongerWithFewerTrials) {
  const auto rounds_of = [](const std::string& options, std::size_t epochs) {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    for (const Search::Round& r : search_in("\"a\" = { uniform = [0, 1] }\n", options).rounds(epochs))
      out.emplace_back(r.trials, r.epochs);
    return out;
  };
  using P = std::pair<std::size_t, std::size_t>;
  EXPECT_THAT(rounds_of("trials = 40\n", 100), ElementsAre(P{40, 11}, P{14, 33}, P{5, 100}));
  EXPECT_THAT(rounds_of("trials = 5\nrounds = 1\n", 7), ElementsAre(P{5, 7}));
  // With few epochs there are fewer rounds: two of one epoch would say the same twice.
  EXPECT_THAT(rounds_of("trials = 9\n", 3), ElementsAre(P{9, 1}, P{3, 3}));
  EXPECT_THAT(rounds_of("trials = 9\n", 1), ElementsAre(P{9, 1}));
}

}  // namespace
}  // namespace apical
