// SPDX-License-Identifier: Apache-2.0
// Numbers that are finite where they were written, but infinite in single precision, are refused where they
// stand before anything is made: in arrays, weights and the experiment itself, by `check` as by `run`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>

#include "apical/io/npz.h"
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

const std::string kArrays = R"([task]
name = "arrays"
train = "train.npz"
[model]
name = "backpropagation"
layers = [2, 3, 2]
[training]
epochs = 1
[run]
seeds = 1
)";

class BeyondSinglePrecision : public test::CommandLine {
 protected:
  /// `run` and `check` refuse it alike, with a message of its input's place, and nothing is there.
  std::string refusal(const std::string& text, int code = 3) const {
    fs::remove_all(out());
    const std::string data = directory_.path().string();
    const Answer run = apical_says({"run", file(text), "--out", out(), "--data", data, "--quiet"}),
                 check = apical_says({"check", file(text), "--data", data});
    EXPECT_EQ(run.code, code) << run.out << run.err;
    EXPECT_EQ(check.code, code) << check.out << check.err;
    EXPECT_EQ(check.err, run.err);
    EXPECT_FALSE(fs::exists(out()));
    return run.err;
  }
  Answer run(const std::string& text) const {
    fs::remove_all(out());
    return apical_says({"run", file(text), "--out", out(), "--data", directory_.path().string(), "--quiet"});
  }
  void samples(const std::string& name, const std::vector<double>& inputs) const {
    const std::vector<std::int32_t> labels{0, 1, 0};
    io::write_npz(directory_ / name, std::vector{io::npy_array<double>("inputs", {3, 2}, inputs),
                                                 io::npy_array<std::int32_t>("labels", {3}, labels)});
  }
};

TEST_F(BeyondSinglePrecision, InputsAreNamedByFileArrayAndIndex) {
  samples("train.npz", {1, 2, 3, -1e39, 5, 6});
  EXPECT_THAT(
      refusal(kArrays),
      AllOf(HasSubstr("train.npz: inputs[1, 1] is -1e+39, and the run is in single precision"),
            HasSubstr("expected at most 3.40282e+38 in size"), HasSubstr("run.precision = \"double\"")));
  EXPECT_THAT(refusal(with(kArrays, "name = \"arrays\"", "name = \"arrays\"\ntest_fraction = 0.34")),
              HasSubstr("inputs[1, 1]"))
      << "where it stands in the file, whatever split it went to";
}

TEST_F(BeyondSinglePrecision, TheLargestNumberOfSinglePrecisionIsNone) {
  samples("train.npz", {1, 2, 3, 4, 5, 6});
  samples("test.npz", {1e38, 2, 3, 3.4028234e38, 5, 6});
  const std::string tested = with(kArrays, "[model]", "test = \"test.npz\"\n[model]");
  EXPECT_NE(run(tested).code, 3) << "whatever becomes of them, they are numbers";
  samples("test.npz", {1e38, 2, 3, 3.4028236e38, 5, 6});
  EXPECT_THAT(refusal(tested), HasSubstr("test.npz: inputs[1, 1] is 3.40282e+38"));
}

TEST_F(BeyondSinglePrecision, InDoublePrecisionTheyAreTaken) {
  samples("train.npz", {1, 2, 3, -1e39, 5, 6});
  EXPECT_NE(run(with(kArrays, "seeds = 1", "seeds = 1\nprecision = \"double\"")).code, 3);
}

TEST_F(BeyondSinglePrecision, TargetsLinesOfTablesAndStepsOfSequencesAreNamed) {
  io::write_atomically(directory_ / "a.csv", std::string_view("x,y\n1,2\n3,1e39\n"));
  const std::string table = with(with(kArrays, "train.npz\"", "a.csv\"\ninputs = [\"x\"]\ntargets = [\"y\"]"),
                                 "[2, 3, 2]", "[1, 3, 1]");
  EXPECT_THAT(refusal(table), HasSubstr("a.csv:3: targets[1, 0] is 1e+39, and the run is in single"));
  const std::vector<double> course{1, 2, 3, 1e40};
  const std::vector<std::int32_t> labels{0, 1};
  io::write_npz(directory_ / "train.npz", std::vector{io::npy_array<double>("inputs", {2, 2, 1}, course),
                                                      io::npy_array<std::int32_t>("labels", {2}, labels)});
  const std::string circuit = with(with(kArrays, "\"backpropagation\"\nlayers = [2, 3, 2]",
                                        "\"error-neuron-microcircuit\"\nlayers = [1, 3, 2]\ndt_ms = 0.1"),
                                   "[model]", "axes = \"time\"\n[model]");
  EXPECT_THAT(refusal(circuit), HasSubstr("train.npz: inputs[1, 1, 0] is 1e+40"));
}

TEST_F(BeyondSinglePrecision, NormalisationKeepsLargeNumbersFinite) {
  samples("train.npz", {1e200, 2, 3e200, 4, 5e200, 6});
  const std::string standard = with(kArrays, "[model]", "normalisation = \"standard\"\n[model]");
  const Answer a = run(standard);
  EXPECT_EQ(a.code, 0) << a.err;
  samples("train.npz", {-1.7e308, 2, 1.7e308, 4, 1.7e308, 6});
  EXPECT_THAT(refusal(standard), AllOf(HasSubstr("train.npz: inputs["), HasSubstr("after normalisation")));
  // A feature that hardly varies in training, and does in the test.
  samples("train.npz", {1, 2, 1 + 1e-12, 4, 1, 6});
  samples("test.npz", {1e300, 2, 3, 4, 5, 6});
  EXPECT_THAT(refusal(with(standard, "[model]", "test = \"test.npz\"\n[model]")),
              HasSubstr("test.npz: inputs[0, 0] is "));
}

TEST_F(BeyondSinglePrecision, WeightsToStartFromAreNamed) {
  const std::string given = with(test::small_network(), "[4, 8, 3]",
                                 "[4, 8, 3]\nstart_from = \"" + (directory_ / "w.npz").string() + "\"");
  std::vector<double> whole(32, 0.5);
  whole[9] = 1e200;
  io::write_npz(directory_ / "w.npz", std::vector{io::npy_array<double>("input->a1", {8, 4}, whole)});
  EXPECT_THAT(refusal(given), AllOf(HasSubstr("w.npz: 'input->a1'[2, 1] is 1e+200"),
                                    HasSubstr("the run is in single precision")));
}

TEST_F(BeyondSinglePrecision, OptionsAndValuesOfACircuitAreRefusedAtTheirKey) {
  const std::string circuit = test::small_circuit();
  EXPECT_THAT(refusal(with(circuit, "\"logistic\"", "\"logistic\"\neta = [1e200, 1]")),
              AllOf(HasSubstr("experiment.toml:10:"),
                    HasSubstr("'model.eta' is 1e+200; expected at most 3.40282e+38"),
                    HasSubstr("this run is in single precision")));
  EXPECT_THAT(refusal(circuit + "[[edit]]\npopulation = \"a1.rep\"\nleak = 1e39\n"),
              HasSubstr("'edit[1].leak' is 1e+39"));
  EXPECT_THAT(refusal(with(test::small_network(), "[4, 8, 3]", "[4, 8, 3]\nlearning_rate = 1e39")),
              HasSubstr("'model.learning_rate' is 1e+39"));
  EXPECT_EQ(run(with(circuit, "seeds = 1", "seeds = 1\ncheckpoint_every_s = 1e39")).code, 0)
      << "no engine takes it";
}

/// Whatever the power of ten, a run is refused or its numbers are what the file says.
RC_GTEST_FIXTURE_PROP(BeyondSinglePrecision, NoNumberOfAFileBecomesInfinite, ()) {
  const int power = *rc::gen::inRange(-320, 308);
  const double x =
      std::stod("1e" + std::to_string(power / 2)) * std::stod("1e" + std::to_string(power - power / 2));
  samples("train.npz", {x, 2, 3, -x, 5, 6});
  const Answer a = run(kArrays);
  const bool right = power > 38 ? a.code == 3 : a.code == 0 || a.code == 4;
  RC_ASSERT(right);
}

}  // namespace
}  // namespace apical
