// SPDX-License-Identifier: Apache-2.0
// apical probe from end to end: table, JSON, exit codes, and the protocols that come with Apical.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apical/experiment/protocol.h"
#include "apical/io/file.h"
#include "apical/io/json.h"
#include "support/command_line.h"
#include "support/paths.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using testing::HasSubstr;

const std::string kMismatch = std::string(test::kSourceDir) + "/experiments/protocols/mismatch.toml";

/// A protocol that comes with Apical, made short.
std::vector<std::string> quickly(const std::string& out) {
  return {"probe",
          kMismatch,
          "--quiet",
          "--threads",
          "1",
          "--seeds",
          "2",
          "--set",
          "training.epochs=1",
          "--set",
          "protocol.epochs=[0, 1]",
          "--set",
          "protocol.samples=3",
          "--set",
          "task.train_samples=50",
          "--set",
          "training.settling_ms=1",
          "--out",
          out};
}

TEST(Probe, PrintsEachContrastAndWhereTheReportIs) {
  const io::TestDirectory directory;
  std::vector<std::string> words = quickly(directory / "out");
  std::erase(words, "--quiet");
  const Answer a = apical_says(words);
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("error neurons, output area"));
  EXPECT_THAT(a.out, HasSubstr("dendritic microcircuit"));
  EXPECT_THAT(a.out, HasSubstr("report: " + (directory / "out").string() + "/report.html"));
  const std::string page = io::read_text(directory / "out/report.html");
  EXPECT_EQ(test::malformed(page), "");
  EXPECT_THAT(page, HasSubstr("unexpected"));
}

TEST(Probe, JsonIsTheSummary) {
  const io::TestDirectory directory;
  auto arguments = quickly(directory / "out");
  arguments.emplace_back("--json");
  const Answer a = apical_says(arguments);
  ASSERT_EQ(a.code, 0) << a.err;
  const nlohmann::json summary = io::parse_json(a.out, "stdout");
  EXPECT_EQ(summary.at("control"), "expected");
  EXPECT_EQ(summary.at("contrasts").front().at("difference").at("n"), 2);
}

TEST(Probe, ExitCodesSayWhatWentWrong) {
  const io::TestDirectory directory;
  EXPECT_EQ(apical_says({"probe"}).code, 2);
  EXPECT_EQ(apical_says({"probe", directory / "none.toml"}).code, 5);
  auto wrong = quickly(directory / "out");
  wrong.insert(wrong.end(), {"--set", "protocol.control=expectd"});
  const Answer a = apical_says(wrong);
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr("did you mean 'expected'?"));
  const Answer stopped = apical_says(quickly(directory / "out"), true);
  EXPECT_EQ(stopped.code, 75);
  EXPECT_THAT(stopped.err, HasSubstr("--resume"));
  EXPECT_FALSE(io::file_exists(directory / "out" / "summary.json"));
  auto on = quickly(directory / "out");
  on.emplace_back("--resume");
  EXPECT_EQ(apical_says(on).code, 0);
  EXPECT_TRUE(io::file_exists(directory / "out" / "summary.json"));
  const Answer experiment = apical_says({"run", kMismatch, "--out", directory / "run"});
  EXPECT_EQ(experiment.code, 3);
  EXPECT_THAT(experiment.err, HasSubstr("apical probe"));
}

TEST(Probe, ProtocolsThatComeWithApicalAreSound) {
  for (const char* name : {"mismatch", "self-prediction", "feedback", "silencing"}) {
    const std::vector<ProbedModel> models = read_protocol(
        TomlDocument::read(std::string(test::kSourceDir) + "/experiments/protocols/" + name + ".toml"));
    EXPECT_GE(models.size(), 2U) << name;
    EXPECT_FALSE(models.front().protocol.question.empty()) << name;
  }
}

}  // namespace
}  // namespace apical
