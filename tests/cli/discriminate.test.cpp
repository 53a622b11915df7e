// SPDX-License-Identifier: Apache-2.0
// apical discriminate from end to end, on protocols that come with Apical, made short.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/io/json.h"
#include "support/command_line.h"
#include "support/paths.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using nlohmann::json;
using test::Answer;
using test::apical_says;
using testing::HasSubstr;

std::string protocol(const std::string& name) {
  return std::string(test::kSourceDir) + "/experiments/protocols/" + name + ".toml";
}

std::vector<std::string> quickly(const std::vector<std::string>& files, const std::string& out,
                                 const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"discriminate", "--quiet", "--threads", "1", "--seeds", "6", "--out", out};
  for (const char* change :
       {"training.epochs=1", "protocol.epochs=[1]", "protocol.samples=3", "task.train_samples=50",
        "training.settling_ms=1", "discriminate.experiments=50", "discriminate.draws=4"}) {
    words.insert(words.end(), {"--set", change});
  }
  words.insert(words.end(), files.begin(), files.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

class Discriminate : public test::CommandLine {};

TEST_F(Discriminate, RanksExperimentsOfSeveralProtocols) {
  const Answer a = apical_says(quickly({protocol("mismatch"), protocol("feedback")}, out()));
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("unexpected"));
  EXPECT_THAT(a.out, HasSubstr("feedback cut in tests"));
  EXPECT_THAT(a.out, HasSubstr("not applicable: error neurons, output area"));
  EXPECT_THAT(a.err, HasSubstr("3 seeds to fit and 3 held out"));
  EXPECT_EQ(test::malformed(io::read_text(directory_ / "run/report.html")), "");
  const json found = io::read_json(directory_ / "run/discrimination.json");
  EXPECT_EQ(found.at("theories").size(), 4U);
  double last = 1e300;
  for (const json& design : found.at("designs")) {
    EXPECT_LE(design.at("bits_held_out").get<double>(), last);
    last = design.at("bits_held_out");
  }
  EXPECT_EQ(found.at("sizes_of_first_design").size(), 12U);
}

TEST_F(Discriminate, GoesOnWhereItStoodAndComesToTheSame) {
  ASSERT_EQ(apical_says(quickly({protocol("mismatch")}, out())).code, 0);
  const std::string first = io::read_text(directory_ / "run/discrimination.json");
  const Answer again = apical_says(quickly({protocol("mismatch")}, out(), {"--resume"}));
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(io::read_text(directory_ / "run/discrimination.json"), first);
}

TEST_F(Discriminate, SaysWhatIsWrong) {
  const auto error = [&](const std::vector<std::string>& more) {
    const Answer a = apical_says(quickly({protocol("mismatch")}, out("wrong"), more));
    EXPECT_NE(a.code, 0);
    return a.err;
  };
  EXPECT_THAT(error({"--set", "discriminate.cel_sd=1"}), HasSubstr("cell_sd"));
  EXPECT_THAT(error({"--set", "discriminate.animal_sd=-1"}), HasSubstr("animal_sd"));
  EXPECT_THAT(error({"--set", "discriminate.scale=\"percent\""}), HasSubstr("relative"));
  const std::string none = test::with(io::read_text(protocol("mismatch")), "[discriminate]", "[about]");
  EXPECT_NE(apical_says({"discriminate", file(none), "--out", out("none")}).code, 0);
  EXPECT_THAT(
      apical_says({"discriminate", protocol("mismatch"), protocol("mismatch"), "--out", out("twice")}).err,
      HasSubstr("two protocols are called 'mismatch'"));
}

TEST_F(Discriminate, RefusesWhatItsModelsAndSeedsCannotAnswerBeforeAnythingIsTrained) {
  const auto error = [&](const std::vector<std::string>& more) {
    const Answer a = apical_says(quickly({protocol("mismatch")}, out("early"), more));
    EXPECT_EQ(a.code, 3) << a.err;
    EXPECT_FALSE(std::filesystem::exists(directory_ / "early"));
    return a.err;
  };
  EXPECT_THAT(error({"--set", "discriminate.prior=[1, 2]"}), HasSubstr("2 numbers for 4 models"));
  EXPECT_THAT(error({"--set", "discriminate.readouts=[\"apical: unexpectd\"]"}), HasSubstr("unexpected"));
  EXPECT_THAT(error({"--set", "discriminate.fit=1"}), HasSubstr("1 of 6 seeds"));
  EXPECT_THAT(error({"--set", "discriminate.fit=6"}), HasSubstr("6 of 6 seeds"));
}

}  // namespace
}  // namespace apical
