// SPDX-License-Identifier: Apache-2.0
// Settings that would do nothing, or something else than they say, are refused; commands say what they did
// not find.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/io/file.h"
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
using testing::Not;

class SmallPromises : public test::CommandLine {
 protected:
  std::string refusal(const std::string& text) const {
    const Answer run =
        apical_says({"run", file(text), "--out", out(), "--quiet", "--data", directory_.path().string()});
    EXPECT_EQ(run.code, 3) << run.out << run.err;
    EXPECT_FALSE(fs::exists(out()));
    return run.err;
  }
};

TEST_F(SmallPromises, ANumberThatIsFarTooLargeIsToldTheLargest) {
  EXPECT_THAT(
      refusal(with(test::small_circuit(), "epochs = 1", "epochs = 1\npresentation_ms = 1e15")),
      HasSubstr(
          "'training.presentation_ms' is 1000000000000000; expected more than 0 and at most 1000000000000"));
}

TEST_F(SmallPromises, PatienceWithoutValidationIsRefused) {
  EXPECT_THAT(
      refusal(with(test::small_network(), "epochs = 2", "epochs = 2\npatience = 3\nvalidate_every = 0")),
      AllOf(HasSubstr("experiment.toml:11:"),
            HasSubstr("'training.patience' is 3, but nothing is validated")));
  io::write_atomically(directory_ / "t.csv", std::string_view("x,labels\n1,0\n2,1\n"));
  const std::string none =
      "[task]\nname = \"arrays\"\ntrain = \"t.csv\"\n[model]\nname = \"backpropagation\"\n"
      "layers = [1, 2]\n[training]\npatience = 3\n";
  EXPECT_THAT(refusal(none), HasSubstr("has no validation samples: it would never act"));
}

TEST_F(SmallPromises, InitialisersHaveAnOrderAndSpreadsNoSign) {
  const std::string edit = test::small_circuit() + "[[edit]]\nprojection = \"input->a1.rep.basal\"\n";
  EXPECT_THAT(refusal(edit + "weights = {law = \"uniform\", low = 1, high = -1}\n"),
              HasSubstr("are drawn from 1 to -1; expected the lower end first"));
  EXPECT_THAT(refusal(edit + "weights = {law = \"normal\", low = 1, high = -1}\n"),
              HasSubstr("are normal with an sd of -1"));
  EXPECT_THAT(refusal(with(test::small_circuit(), "\"logistic\"", "\"logistic\"\nweight_range = [-1]")),
              HasSubstr("weight_range holds -1; expected 0 or more"));
}

TEST_F(SmallPromises, WithoutTestSamplesTheTableIsThatOfTheValidation) {
  std::string table = "x,y,labels\n";
  for (int i = 0; i < 24; ++i)
    table += std::to_string(i % 5) + "," + std::to_string(i % 3) + "," + (i % 2 ? "a" : "b") + "\n";
  io::write_atomically(directory_ / "t.csv", std::string_view(table));
  const std::string text =
      "[task]\nname = \"arrays\"\ntrain = \"t.csv\"\nvalidation_fraction = 0.25\n[model]\n"
      "name = \"backpropagation\"\nlayers = [2, 4, 2]\n[training]\nepochs = 1\n";
  const auto run = [&](const std::string& t, const std::string& name) {
    return apical_says({"run", file(t), "--out", out(name), "--quiet", "--data", directory_.path().string()});
  };
  const Answer validated = run(text, "validated");
  EXPECT_EQ(validated.code, 0) << validated.err;
  EXPECT_THAT(validated.out, HasSubstr("validation accuracy"));
  EXPECT_THAT(validated.err, HasSubstr("no test samples: figures are those of the last validation"));
  const Answer nothing = run(with(text, "validation_fraction = 0.25\n", ""), "nothing");
  EXPECT_EQ(nothing.code, 0) << nothing.err;
  EXPECT_THAT(nothing.err, HasSubstr("no test samples: nothing was tested"));
}

TEST_F(SmallPromises, AnEmptyDirectoryIsNone) {
  for (const char* command : {"run", "compare"}) {
    const Answer a = apical_says({command, file(test::small_network()), "--out", "", "--quiet"});
    EXPECT_EQ(a.code, 2);
    EXPECT_THAT(a.err, HasSubstr("--out is empty; expected --out DIR"));
  }
}

TEST_F(SmallPromises, ADiagnosisSaysThatARunHasNotFinished) {
  ASSERT_EQ(apical_says({"run", file(test::small_network()), "--out", out(), "--quiet"}).code, 0);
  EXPECT_THAT(apical_says({"diagnose", out()}).err, Not(HasSubstr("has not finished")));
  fs::remove(fs::path(out()) / "summary.json");
  fs::remove(fs::path(out()) / "diagnosis.json");
  EXPECT_THAT(apical_says({"diagnose", out()}).err, HasSubstr("has not finished"));
  const nlohmann::json j = nlohmann::json::parse(apical_says({"diagnose", out(), "--json"}).out);
  EXPECT_EQ(j.at("runs").at(0).at("finished"), false);
}

}  // namespace
}  // namespace apical
