// SPDX-License-Identifier: Apache-2.0
// Names under which files keep what is measured. What a file cannot hold, or holds already under that name,
// is refused as it is read, by `check` as by `run`: rather than after everything has been simulated.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>

#include "apical/core/stored_name.h"
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

const std::string kSpiking = R"([circuit]
neurons = "spiking"
[[population]]
name = "src"
kind = "poisson"
size = 5
neuron = {rate_Hz = 50}
[[population]]
name = "pyr"
kind = "burst_poisson"
size = 4
[[projection]]
from = "src"
to = "pyr"
receptor = "soma_excitatory"
name = "up"
weight = 0.5
[[stimulus]]
name = "one"
[[stage]]
name = "look"
shows = "stimuli"
watched = "seen"
[[stage.phase]]
name = "first"
duration_s = 0.2
[record]
spikes = true
)";

class Names : public test::CommandLine {
 protected:
  std::string refusal(const std::string& text) const {
    fs::remove_all(out());
    const Answer run = apical_says({"run", file(text), "--out", out(), "--quiet"}),
                 check = apical_says({"check", file(text)});
    EXPECT_EQ(run.code, 3) << text << run.out << run.err;
    EXPECT_EQ(check.code, 3) << check.out << check.err;
    EXPECT_EQ(check.err, run.err);
    EXPECT_FALSE(fs::exists(out()));
    return run.err;
  }
  Answer run(const std::string& text) const {
    fs::remove_all(out());
    return apical_says({"run", file(text), "--out", out(), "--quiet"});
  }
};

std::string renamed(const std::string& text, const std::string& from, const std::string& to) {
  std::string out = text;
  for (auto at = out.find("\"" + from + "\""); at != std::string::npos;
       at = out.find("\"" + from + "\"", at + to.size() + 2))
    out.replace(at, from.size() + 2, "\"" + to + "\"");
  return out;
}

TEST_F(Names, ACircuitWithUsualOnesRuns) {
  const Answer a = run(kSpiking);
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_TRUE(fs::exists(fs::path(out()) / "results.h5"));
  EXPECT_TRUE(fs::exists(fs::path(out()) / "report.html"));
}

TEST_F(Names, OfPartsOfSpikingCircuitsThatNoFileHoldsAreRefusedWithTheirKey) {
  for (const auto& [name, wrong] : {std::pair{"a/b", "has a '/'"},
                                    {"hi/gh", "has a '/'"},
                                    {".", "is '.'"},
                                    {"..", "is '..'"},
                                    {"", "is empty"},
                                    {"two\\nlines", "has a line break"}}) {
    for (const auto& [part, line] : {std::pair{"pyr", 9}, {"src", 4}, {"up", 16}}) {
      const std::string says = refusal(renamed(kSpiking, part, name));
      EXPECT_THAT(says, AllOf(HasSubstr(fmt::format("experiment.toml:{}:", line)), HasSubstr(wrong),
                              HasSubstr("expected 1 to 255 bytes without '/'")))
          << part << " as " << name;
    }
    if (*name == '\0') continue;  // then nothing is watched
    EXPECT_THAT(refusal(renamed(kSpiking, "seen", name)),
                AllOf(HasSubstr("what is watched in stage 'look'"), HasSubstr(wrong)))
        << name;
  }
}

TEST_F(Names, OfWhatIsWrittenBesideAreRefused) {
  for (const char* taken : {"time", "raster_windows"}) {
    EXPECT_THAT(refusal(renamed(kSpiking, "pyr", taken)),
                HasSubstr(fmt::format("a population is named '{}', as is what files keep beside it", taken)));
  }
  EXPECT_THAT(refusal(renamed(kSpiking, "seen", "curves")), HasSubstr("is named 'curves', as is what"));
  const std::string twice = kSpiking +
                            "[[stage]]\nname = \"again\"\nwatched = \"seen\"\n"
                            "[[stage.phase]]\nname = \"p\"\nduration_s = 0.1\n";
  EXPECT_THAT(refusal(twice), HasSubstr("two stages are watched under the name 'seen'"));
}

TEST_F(Names, ThatPeopleReadStandOnOneLine) {
  EXPECT_THAT(refusal(renamed(kSpiking, "first", "a\\nb")),
              HasSubstr("the name of a phase of stage 'look' has a line break"));
  EXPECT_THAT(refusal(with(kSpiking, "name = \"one\"", "name = \"one\"\nlabel = \"a\\nb\"")),
              HasSubstr("the label of stimulus 'one' has a line break"));
  EXPECT_THAT(refusal("label = \"a\\nb\"\n" + kSpiking), HasSubstr("experiment.toml:1:"));
  EXPECT_THAT(refusal("label = \"a\\rb\"\n" + test::small_network()),
              HasSubstr("the label has a line break"));
}

const std::string kRates = test::yin_yang(20, 10, 10) + R"([circuit]
name = "own"
stimulus = "in"
target = "wanted"
readout = "a.out"
[[population]]
name = "in"
kind = "external"
size = 4
[[population]]
name = "wanted"
kind = "external"
size = 3
[[population]]
name = "a.out"
size = 3
leak = 0.03
compartments = [{name = "basal", conductance = 0.1}, {name = "apical", conductance = 0.1}]
[[projection]]
from = "in"
to = "a.out"
compartment = "basal"
name = "up"
weights = {law = "uniform", low = -1, high = 1}
[[projection]]
from = "wanted"
to = "a.out"
compartment = "apical"
topology = "one_to_one"
weights = {law = "constant", low = 1}
[training]
epochs = 1
)";

TEST_F(Names, OfPartsOfRateCircuitsAreHeldToTheSame) {
  const Answer good = run(kRates +
                          "[[record]]\npopulation = \"a.out\"\nvariable = \"basal\"\n"
                          "[[record]]\nprojection = \"up\"\nvariable = \"weights\"\n");
  EXPECT_EQ(good.code, 0) << good.err;
  for (const char* name : {"a/b", ".", "..", "", "a.", "a..", "a...", "projections.x", "x\\ty"})
    refusal(renamed(kRates, "a.out", name));
  for (const char* name : {"a/b", ".", ".."}) {
    EXPECT_THAT(refusal(renamed(kRates, "up", name)), HasSubstr("a projection is named"));
    EXPECT_THAT(refusal(renamed(kRates, "basal", name)), HasSubstr("a compartment of 'a.out' is named"));
  }
  for (const char* times : {"soma_steps", "apical_time"})
    EXPECT_THAT(refusal(renamed(kRates, "basal", times)), HasSubstr("as are the times of recordings"));
}

TEST_F(Names, ThatAreRecordedAsOneAreRefused) {
  const std::string two = kRates +
                          "[[population]]\nname = \"a\"\nsize = 2\nleak = 0.1\n"
                          "[[population]]\nname = \"a.a\"\nsize = 2\nleak = 0.1\n";
  EXPECT_THAT(refusal(two), HasSubstr("populations 'a' and 'a.a' would both be recorded as a of area a"));
}

TEST_F(Names, WhatIsRecordedTwiceOrTooLargeIsRefusedBeforeThereIsADirectory) {
  const std::string record = "[[record]]\npopulation = \"a.out\"\nvariable = \"basal\"\n";
  EXPECT_THAT(refusal(kRates + record + record), HasSubstr("is recorded twice"));
}

/// Any text at all: it is refused as it is read, or what is measured under it is there at the end.
RC_GTEST_FIXTURE_PROP(Names, AnyIsRefusedAtOnceOrKept, ()) {
  const auto letters =
      rc::gen::element<std::string>("a", "B", "/", ".", " ", "_", "-", ">", "\\n", "é", "語", "'", "%");
  std::string name;
  for (const std::string& letter : *rc::gen::container<std::vector<std::string>>(letters)) name += letter;
  if (name.size() > 40) name.resize(0);
  const std::string part = *rc::gen::element<std::string>("pyr", "seen", "up");
  const Answer a = run(renamed(kSpiking, part, name));
  RC_ASSERT(a.code == 0 || a.code == 3);
  const bool kept = fs::exists(fs::path(out()) / "report.html"), nothing = !fs::exists(out());
  RC_ASSERT((a.code == 0 && kept) || (a.code == 3 && nothing));
}

}  // namespace
}  // namespace apical
