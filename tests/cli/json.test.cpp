// SPDX-License-Identifier: Apache-2.0
// --json is answered with JSON alone on standard output, or refused: never taken and ignored.
#include "apical/io/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using testing::HasSubstr;

class JsonOfCommands : public test::CommandLine {
 protected:
  static nlohmann::json json_of(const std::vector<std::string>& arguments) {
    std::vector<std::string> given = arguments;
    given.emplace_back("--json");
    const Answer a = apical_says(given);
    EXPECT_EQ(a.code, 0) << a.err;
    return io::parse_json(a.out, arguments[0]);
  }
};

TEST_F(JsonOfCommands, IsWhatCommandsPrintThatHaveIt) {
  const std::string experiment = file(test::small_circuit()), run = out("a \"run\"");
  const std::vector<std::pair<std::vector<std::string>, std::string>> commands{
      {{"models"}, "apical-models/2"},
      {{"models", "oja"}, "apical-models/2"},
      {{"tasks"}, "apical-tasks/2"},
      {{"data", "list", "--data", out()}, "apical-data-list/1"},
      {{"data", "verify", "--data", out()}, "apical-data-verification/1"},
      {{"check", experiment, "--threads", "1"}, "apical-check/1"},
      {{"run", experiment, "--out", run, "--seeds", "2"}, "apical-summary/2"},
      {{"compare", experiment, "--out", out("compared")}, "apical-comparison/1"},
      {{"report", run}, "apical-report/1"},
      {{"reproduce", run, "--out", out("again")}, "apical-repeat/1"},
      {{"bench", "4-120-3", "--repeats", "1"}, "apical-bench/1"},
      {{"--version"}, "apical-version/1"},
  };
  for (const auto& [arguments, schema] : commands)
    EXPECT_EQ(json_of(arguments).at("schema"), schema) << arguments[0];
  EXPECT_EQ(json_of({"report", run}).at("report"), run + "/report.html");
  EXPECT_THAT(json_of({"check", experiment, "--circuit"}).at("experiments")[0].at("circuit"),
              HasSubstr("a1.rep"));
}

TEST_F(JsonOfCommands, IsRefusedByOthers) {
  EXPECT_THAT(apical_says({"help", "run"}).out, HasSubstr("--json"));
  EXPECT_THAT(apical_says({"help", "reference"}).out, testing::Not(HasSubstr("--json")));
  const std::vector<std::pair<std::vector<std::string>, std::string>> others{
      {{"reference"}, "'apical reference' has no --json"},
      {{"models", "oja", "--toml"}, "--toml and --json are two forms"},
      {{"data", "fetch", "mnist"}, "'apical data fetch' has no --json"},
      {{"data", "convert", "cifar10", "x"}, "'apical data convert' has no --json"},
  };
  for (const auto& [arguments, says] : others) {
    std::vector<std::string> given = arguments;
    given.emplace_back("--json");
    const Answer a = apical_says(given);
    EXPECT_EQ(a.code, 2);
    EXPECT_THAT(a.err, HasSubstr(says));
    EXPECT_EQ(a.out, "");
  }
}

}  // namespace
}  // namespace apical
