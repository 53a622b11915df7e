// SPDX-License-Identifier: Apache-2.0
// apical represent from end to end: pictures shown to runs, beside references, labels and pixels.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "apical/core/random.h"
#include "apical/io/csv.h"
#include "apical/io/json.h"
#include "apical/io/npy_reader.h"
#include "apical/io/npz.h"
#include "support/command_line.h"
#include "support/small_experiments.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using nlohmann::json;
using test::Answer;
using test::apical_says;
using testing::HasSubstr;

constexpr std::size_t kStimuli = 12, kSubjects = 3, kPairs = kStimuli * (kStimuli - 1) / 2;

class Represent : public test::CommandLine {
 protected:
  Represent() {
    std::string table = "stimulus_id,animate\n";
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < kStimuli; ++i) {
      table += fmt::format("s{},{}\n", i, i < kStimuli / 2 ? 1 : 0);
      for (std::uint64_t b = 0; b < 4; ++b)
        bytes.push_back(
            static_cast<std::uint8_t>(uniform_integer({1, Stream::task_input, 0, 4 * i + b}, 256)));
    }
    std::filesystem::create_directories(directory_ / "pictures");
    io::write_atomically(directory_ / "pictures/stimuli.csv", table);
    const std::vector<io::NpyArray> images{
        io::npy_array<std::uint8_t>("images", {kStimuli, 2, 2}, std::span<const std::uint8_t>(bytes))};
    io::write_npz(directory_ / "pictures/images.npz", images);
    write_rdms(kPairs);
  }
  void write_rdms(std::size_t pairs) const {
    std::vector<double> rdms;
    for (std::uint64_t e = 0; e < kSubjects * pairs; ++e)
      rdms.push_back(uniform({2, Stream::task_input, 0, e}));
    const std::vector<io::NpyArray> arrays{
        io::npy_array<double>("it", {kSubjects, pairs}, std::span<const double>(rdms))};
    io::write_npz(directory_ / "pictures/rdms.npz", arrays);
  }
  void train(const std::string& text, const std::string& name, const std::string& seeds = "2") const {
    const Answer a =
        apical_says({"run", file(text), "--quiet", "--threads", "1", "--seeds", seeds, "--out", out(name)});
    ASSERT_EQ(a.code, 0) << a.err;
  }
  Answer represent(std::vector<std::string> more, const std::string& to = "seen") const {
    std::vector<std::string> words{"represent",      "--stimuli", out("pictures"), "--resamples", "40",
                                   "--permutations", "39",        "--threads",     "1",           "--out",
                                   out(to)};
    words.insert(words.end(), more.begin(), more.end());
    return apical_says(words);
  }
  std::string reference() const { return "IT=" + out("pictures/rdms.npz") + ":it"; }
};

TEST_F(Represent, PrintsUntrainedPixelsAndTheCeilingBesideEveryModel) {
  train(test::small_network(), "bp");
  const Answer a = represent({out("bp"), "--reference", reference(), "--label", "animate"});
  ASSERT_EQ(a.code, 0) << a.err;
  for (const char* expected : {"backpropagation", "untrained backpropagation", "pixels 2 x 2 grey", "animate",
                               "noise ceiling", "debiased CKA", "tied"}) {
    EXPECT_THAT(a.out, HasSubstr(expected));
  }
  const std::string page = io::read_text(directory_ / "seen/report.html");
  EXPECT_EQ(test::malformed(page), "");
  const json summary = io::read_json(directory_ / "seen/summary.json");
  EXPECT_EQ(summary.at("headline"), "tau-a");  // labels are tied
  EXPECT_EQ(summary.at("runs").at(0).at("test_accuracy").size(), 2U);
  EXPECT_EQ(summary.at("tables").size(), 4U);  // two areas, spearman and tau-a
  EXPECT_EQ(io::read_csv(directory_ / "seen/representation.csv").header.front(), "reference");
}

TEST_F(Represent, FeaturesAreTheActivityOfEveryStimulusAndUnit) {
  train(test::small_network(), "bp");
  ASSERT_EQ(represent({out("bp")}).code, 0);
  const io::Arrays features = io::read_npz(directory_ / "seen/features.npz");
  const json about = io::read_json(directory_ / "seen/features.json");
  EXPECT_EQ(about.at("stimulus_id").size(), kStimuli);
  for (const json& array : about.at("arrays")) {
    const io::Array& values = features.at(array.at("array").get<std::string>());
    EXPECT_EQ(values.shape, (std::vector<std::uint64_t>{kStimuli, array.at("units").get<std::uint64_t>()}));
  }
  EXPECT_NE(io::names_of(features), std::vector<std::string>{});
  // Learning has moved the activity, and the pixels are x / 255.
  const auto total = [&](const std::string& name) {
    double sum = 0;
    for (std::size_t i = 0; i < features.at(name).size(); ++i) sum += features.at(name).number(i);
    return sum;
  };
  EXPECT_NE(total("backpropagation.a1.rate/seed-1"), total("untrained-backpropagation.a1.rate/seed-1"));
  const io::Arrays pictures = io::read_npz(directory_ / "pictures/images.npz");
  EXPECT_FLOAT_EQ(static_cast<float>(features.at("pixels-2-x-2-grey").number(5)),
                  static_cast<float>(pictures.at("images").number(5) / 255));
}

TEST_F(Represent, NetworksThatBeginAlikeAreOneModelUntrained) {
  train(test::small_network(), "bp");
  train(test::with(test::small_network(), "layers = [4, 8, 3]", "layers = [4, 8, 3]\nlearning_rate = 0.003"),
        "slow");
  ASSERT_EQ(represent({out("bp"), out("slow"), "--reference", reference()}).code, 0);
  const json summary = io::read_json(directory_ / "seen/summary.json");
  std::map<std::string, int> kinds;
  for (const json& model : summary.at("models")) ++kinds[model.at("kind").get<std::string>()];
  EXPECT_EQ(kinds["trained"], 4);
  EXPECT_EQ(kinds["untrained"], 2) << "the same weights before learning are one model";
}

TEST_F(Represent, LookingChangesNothingAndGivesTheSameBitsAgain) {
  train(test::small_network(), "bp");
  const std::string before = io::read_text(directory_ / "bp/summary.json");
  ASSERT_EQ(represent({out("bp"), "--reference", reference()}).code, 0);
  ASSERT_EQ(represent({out("bp"), "--reference", reference()}, "again").code, 0);
  EXPECT_EQ(io::read_text(directory_ / "bp/summary.json"), before);
  EXPECT_EQ(apical_says({"verify", out("bp")}).code, 0);
  EXPECT_EQ(io::read_text(directory_ / "seen/summary.json"),
            io::read_text(directory_ / "again/summary.json"));
}

TEST_F(Represent, CircuitsAreShownPicturesToo) {
  train(test::small_circuit(), "circuit");
  const Answer a =
      represent({out("circuit"), "--variable", "rate", "--variable", "apical", "--reference", reference()});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("a1.rep"));
}

TEST_F(Represent, SubsetsAndOneSubject) {
  train(test::small_network(), "bp", "1");
  const Answer a = represent({out("bp"), "--where", "animate = 1", "--json"});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_EQ(json::parse(a.out).at("stimuli").size(), kStimuli / 2);
  EXPECT_THAT(a.err, HasSubstr("one seed is one network"));
}

TEST_F(Represent, NetworksThatWereTaughtNoPicturesAreToldFromOthers) {
  train(test::small_network(), "bp");
  const Answer a = represent({out("bp"), "--label", "animate"});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.err,
              HasSubstr("task 'yin-yang' has no pictures; its 4 inputs are taken for 2 x 2 grey pixels"));
  EXPECT_THAT(represent({out("bp"), "--label", "animate", "--label", "animate"}, "twice").err,
              HasSubstr("label 'animate' is asked for twice"));
}

TEST_F(Represent, SaysWhatDoesNotFit) {
  train(test::small_network(), "bp");
  const auto error = [&](std::vector<std::string> words) {
    words.insert(words.begin(), out("bp"));
    const Answer a = represent(std::move(words));
    EXPECT_NE(a.code, 0);
    return a.err;
  };
  EXPECT_THAT(error({"--label", "animated"}), HasSubstr("did you mean 'animate'"));
  EXPECT_THAT(error({"--where", "animate"}), HasSubstr("COLUMN = VALUE"));
  EXPECT_THAT(error({"--where", "animate = 2"}), HasSubstr("chooses 0 of 12"));
  EXPECT_THAT(error({"--compare", "spearmann"}), HasSubstr("did you mean 'spearman'"));
  EXPECT_THAT(error({"--dissimilarity", "crossnobis"}), HasSubstr("expected correlation, cosine"));
  EXPECT_THAT(error({"--variable", "rates"}), HasSubstr("did you mean 'rate'"));
  EXPECT_THAT(error({"--reference", "it"}), HasSubstr("NAME=FILE:ARRAY"));
  EXPECT_THAT(error({"--reference", reference() + "s"}), HasSubstr("did you mean 'it'"));
  write_rdms(10);
  EXPECT_THAT(error({"--reference", reference()}), HasSubstr("10 entries = 5 stimuli, stimuli.csv has 12"));
  EXPECT_THAT(represent({out("nothing")}).err, HasSubstr("nothing"));
  EXPECT_THAT(apical_says({"represent", out("bp")}).err, HasSubstr("--stimuli"));
  io::write_atomically(directory_ / "pictures/stimuli.csv", std::string_view("stimulus_id\na\na\nb\nc\n"));
  EXPECT_THAT(error({}), HasSubstr("stimuli.csv:3: stimulus_id a occurs twice"));
  io::write_atomically(directory_ / "pictures/stimuli.csv", std::string_view("stimulus_id\na\nb\nc\nd\n"));
  EXPECT_THAT(error({}), HasSubstr("12 pictures, stimuli.csv has 4"));
}

TEST_F(Represent, RefusesNetworksThatSettle) {
  train(test::with(test::small_network(), "\"backpropagation\"", "\"equilibrium-propagation\""), "ep");
  const Answer a = represent({out("ep")});
  EXPECT_EQ(a.code, 3) << a.out;
  EXPECT_THAT(a.err, HasSubstr("its layers settle"));
}

}  // namespace
}  // namespace apical
