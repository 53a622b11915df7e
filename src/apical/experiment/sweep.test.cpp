// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/experiment/experiment.h"

namespace apical {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kSweep = R"([task]
name = "teacher-student"
[model]
activation = "tanh"
[sweep]
name = "areas"
at = [1, 2]
labels = ["2-1", "4-2-1"]
[sweep.values]
task.layers = ["2-1", "4-2-1"]
model.layers = [[2, 1], [4, 2, 1]]
)";
constexpr const char* kVariants = R"([[variant]]
label = "error neurons"
model.name = "error-neuron-microcircuit"
sweep.values.model.eta = [[1], [2, 0.2]]
[[variant]]
label = "backpropagation"
model.name = "layered-reference"
)";

// Appended rather than added: g++ 12 sees an overrun in the sum of constants (-Warray-bounds).
std::string good_text() {
  std::string text(kSweep);
  text.append(kVariants);
  return text;
}

std::string with(std::string text, const std::string& what, const std::string& instead) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

std::string complaint(const std::string& text) {
  try {
    read_variants(TomlDocument::parse(text, "x.toml"));
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "none";
}

TEST(Sweep, GivesEveryVariantAtEveryValue) {
  const auto all = read_variants(TomlDocument::parse(good_text(), "x.toml"));
  std::vector<std::string> labels;
  labels.reserve(all.size());
  for (const Experiment& e : all) labels.push_back(e.label);
  EXPECT_THAT(labels, ElementsAre("error neurons, 2-1", "error neurons, 4-2-1", "backpropagation, 2-1",
                                  "backpropagation, 4-2-1"));
  ASSERT_TRUE(all[1].sweep);
  EXPECT_EQ(all[1].sweep->name, "areas");
  EXPECT_EQ(all[1].sweep->at, 2);
  EXPECT_EQ(all[1].sweep->series, "error neurons");
  EXPECT_EQ(all[1].task_parameters.text("layers"), "4-2-1");
  EXPECT_THAT(all[1].resolved, HasSubstr("eta = [2, 0.2]"));
  EXPECT_THAT(all[2].resolved, HasSubstr("layers = [2, 1]"));
}

TEST(Sweep, LeavesNoTraceInTheExperimentAsResolved) {
  const auto all = read_variants(TomlDocument::parse(good_text(), "x.toml"));
  for (const Experiment& e : all) {
    EXPECT_THAT(e.resolved, testing::Not(HasSubstr("sweep")));
    EXPECT_EQ(read_experiment(TomlDocument::parse(e.resolved, "resolved")).resolved, e.resolved);
  }
}

TEST(Sweep, WithoutVariantsIsLabelledByItsValues) {
  const std::string text = with(with(kSweep, "activation", "name = \"layered-reference\"\nactivation"),
                                "labels = [\"2-1\", \"4-2-1\"]\n", "");
  const auto all = read_variants(TomlDocument::parse(text, "x.toml"));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].label, "areas 1");
  EXPECT_EQ(all[1].sweep->series, "");
}

TEST(Sweep, ThatDoesNotAddUpSaysWhere) {
  const std::string good = good_text();
  EXPECT_EQ(complaint(good), "none");
  EXPECT_THAT(complaint(with(good, "[[2, 1], [4, 2, 1]]", "[[2, 1]]")),
              HasSubstr("x.toml:11:16: 'sweep.values.model.layers' has 1 entries; expected 2"));
  EXPECT_THAT(complaint(with(good, "[[2, 1], [4, 2, 1]]", "7")),
              HasSubstr("'sweep.values.model.layers' is an integer; expected a list"));
  EXPECT_THAT(complaint(with(good, "labels = [\"2-1\", \"4-2-1\"]", "labels = [\"2-1\"]")),
              HasSubstr("'sweep.labels' has 1 entries; expected 2"));
  EXPECT_THAT(complaint(with(good, "at = [1, 2]", "at = [0, 2]\naxis = \"log\"")),
              HasSubstr("which a logarithmic axis cannot show"));
  EXPECT_THAT(complaint(with(good, "model.layers = [[", "model.lairs = [[")),
              HasSubstr("missing key 'model.layers'"));
  EXPECT_THAT(complaint(with(good, "at = [1, 2]", "at = [1, 2]\nvalue = 3")),
              HasSubstr("unknown key 'value' in [sweep]"));
}

TEST(Sweep, AValueOrLabelThatStandsTwiceIsNamed) {
  const std::string twice = with(good_text(), "at = [1, 2]\nlabels = [\"2-1\", \"4-2-1\"]", "at = [2, 2]");
  EXPECT_THAT(complaint(twice), testing::AllOf(HasSubstr("x.toml:"), HasSubstr("'sweep.at' holds 2 twice")));
  EXPECT_THAT(complaint(with(good_text(), "[\"2-1\", \"4-2-1\"]", "[\"2-1\", \"2-1\"]")),
              testing::AllOf(HasSubstr("'sweep.labels' holds '2-1' twice, of 1 and of 2"),
                             HasSubstr("a label of its own")));
}

}  // namespace
}  // namespace apical
