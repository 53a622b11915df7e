// SPDX-License-Identifier: Apache-2.0
// Comparisons keep what they have: nothing runs before all can, what broke stands beside what did not, and
// nothing that was compared gets lost on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

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

std::string variants(const std::string& first, const std::string& second) {
  return test::small_network() + "[[variant]]\nlabel = \"first\"\n" + first +
         "\n[[variant]]\nlabel = \"second\"\n" + second + "\n";
}

class Comparisons : public test::CommandLine {
 protected:
  Answer compare(const std::string& text, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"compare", file(text), "--out", out(), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical_says(arguments);
  }
};

TEST_F(Comparisons, WhatALaterVariantIsRefusedForShowsBeforeTheFirstRuns) {
  const std::string missing = (directory_ / "none.npz").string();
  for (const char* second : {"model.layers = [4, 8, 2]", "model.layers = [5, 8, 3]"}) {
    const Answer a = compare(variants("", second));
    EXPECT_EQ(a.code, 3) << a.out;
    EXPECT_THAT(a.err, HasSubstr("second: "));
    EXPECT_FALSE(fs::exists(out())) << second;
  }
  const Answer a = compare(variants("", "model.start_from = \"" + missing + "\""));
  EXPECT_EQ(a.code, 5);
  EXPECT_THAT(a.err, AllOf(HasSubstr("second: "), HasSubstr("none.npz")));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(Comparisons, WhatBrokeStandsInTheirJson) {
  const Answer a = compare(variants("", "model.optimiser = \"sgd\"\nmodel.learning_rate = 1e25"), {"--json"});
  EXPECT_EQ(a.code, 4);
  const nlohmann::json j = nlohmann::json::parse(a.out);
  ASSERT_EQ(j.at("runs").size(), 1U);
  EXPECT_EQ(j.at("runs").at(0).at("label"), "first");
  ASSERT_EQ(j.at("faults").size(), 1U);
  EXPECT_EQ(j.at("faults").at(0).at("label"), "second");
  EXPECT_THAT(j.at("faults").at(0).at("fault").get<std::string>(), HasSubstr("numerical fault: "));
  const nlohmann::json whole = nlohmann::json::parse(
      apical_says({"compare", file(variants("", "")), "--out", out("whole"), "--quiet", "--json"}).out);
  EXPECT_TRUE(whole.at("faults").empty());
}

TEST_F(Comparisons, AreNotShrunkByResumingAPartOfThem) {
  const std::string two = variants("", "model.learning_rate = 0.02");
  ASSERT_EQ(compare(two).code, 0);
  const std::string index = io::read_text(fs::path(out()) / "comparison.json"),
                    page = io::read_text(fs::path(out()) / "report.html");
  const Answer some = compare(two, {"--resume", "--models", "first"});
  EXPECT_EQ(some.code, 3);
  EXPECT_THAT(some.err, AllOf(HasSubstr("also compares 'second', which would be gone from its report"),
                              HasSubstr("without --models")));
  EXPECT_EQ(io::read_text(fs::path(out()) / "comparison.json"), index);
  EXPECT_EQ(io::read_text(fs::path(out()) / "report.html"), page);
  EXPECT_EQ(compare(two, {"--resume"}).code, 0);
  // More than there were is no loss.
  const Answer more = compare(two + "[[variant]]\nlabel = \"third\"\n", {"--resume"});
  EXPECT_EQ(more.code, 0) << more.err;
  EXPECT_EQ(io::read_json(fs::path(out()) / "comparison.json").at("runs").size(), 3U);
}

TEST_F(Comparisons, AFinishedVariantIsResumedWithoutWhatItStartedFrom) {
  ASSERT_EQ(apical_says({"run", file(test::small_network()), "--out", out("parent"), "--quiet"}).code, 0);
  const std::string two = variants("model.start_from = \"" + out("parent") + "\"", "");
  ASSERT_EQ(compare(two).code, 0);
  fs::remove_all(out("parent"));
  EXPECT_EQ(compare(two, {"--resume"}).code, 0);
}

}  // namespace
}  // namespace apical
