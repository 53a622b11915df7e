// SPDX-License-Identifier: Apache-2.0
// Courses as text: what is written reads back as the same course, and what is wrong is located.
#include "apical/experiment/toml/course_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/experiment/experiment.h"
#include "apical/experiment/spiking_experiment.h"
#include "apical/models/payeur2021_mnist.h"
#include "apical/models/payeur2021_xor.h"
#include "apical/models/spiking_models.h"
#include "apical/procedure/course_display.h"
#include "apical/procedure/course_samples.h"
#include "apical/procedure/test_courses.h"

namespace apical {
namespace {

using testing::HasSubstr;

Course read_back(const std::string& text, const SpikingCircuit& circuit, Course course = {}) {
  const TomlDocument document = TomlDocument::parse(text, "test");
  TomlReader root(document);
  read_course(root, circuit, course);
  root.finish();
  return course;
}

Course small_course() {
  Course c;
  c.stages = {{.name = "test", .shows = course::Shows::test_samples}};
  c.stages[0].phases = {{.name = "only"}};
  return c;
}

void expect_same(const Course& a, const Course& b) {
  EXPECT_EQ(a.stimuli, b.stimuli);
  EXPECT_EQ(a.samples, b.samples);
  EXPECT_EQ(a.teacher, b.teacher);
  EXPECT_EQ(a.stages, b.stages);
  EXPECT_EQ(a.activity_bin_s, b.activity_bin_s);
}

TEST(CourseToml, CoursesOfAllRecipesReadBackToTheBit) {
  std::size_t written = 0;
  for (const models::SpikingModel& m : models::spiking_models()) {
    SCOPED_TRACE(m.name);
    const models::CircuitAndCourse both = m.recipe({}).build();
    if (both.course.protocol) {
      EXPECT_THROW(course_toml(both.course), ConfigError);
      continue;
    }
    const std::string text = course_toml(both.course);
    expect_same(read_back(text, both.circuit), both.course);
    EXPECT_EQ(course_toml(read_back(text, both.circuit)), text);
    ++written;
  }
  EXPECT_EQ(written, 5U);
}

const std::string kTiny = R"(
[model]
name = "burstprop-xor"
neurons = 60
in_degree = 20
example_s = 0.5
alpha_s = 0.1
[training]
epochs = 2
)";

SpikingExperiment read(const std::string& text) {
  return read_spiking_experiment(TomlDocument::parse(text, "test"));
}

TEST(CourseToml, AFileWithARecipesOwnCourseGivesTheSameBits) {
  const SpikingExperiment recipe = read(kTiny), same = read(kTiny + course_toml(recipe.course));
  expect_same(recipe.course, same.course);
  EXPECT_EQ(same.course.epochs, 2U);
  EXPECT_EQ(test::measured(recipe.circuit, recipe.course, 1), test::measured(same.circuit, same.course, 1));
  EXPECT_EQ(read(same.resolved).resolved, same.resolved);
}

TEST(CourseToml, EveryRecipePrintsAsAFileWithoutARecipeThatGivesTheSameBits) {
  const std::map<std::string, std::string> small{
      {"burstprop-xor", kTiny},
      {"burstprop-propagation",
       "[model]\nname = \"burstprop-propagation\"\npyramidal = 100\ninterneurons = "
       "40\nconnection_probability = "
       "0.2\nburn_in_s = 0.1\nduration_s = 0.3\n"},
      {"burstprop-multiplexing",
       "[model]\nname = \"burstprop-multiplexing\"\npyramidal = 100\nburn_in_s = 0.1\nduration_s = 0.3\n"},
      {"burstprop-rule-network",
       "[model]\nname = \"burstprop-rule-network\"\nneurons = 50\npool = 500\nalpha_s = 0.1\nphase_s = "
       "0.2\n"},
      {"burstprop-mnist", "[model]\nname = \"burstprop-mnist\"\nhidden = 30\n"}};
  for (const auto& [name, text] : small) {
    SCOPED_TRACE(name);
    const SpikingExperiment recipe = read(text), own = read(spiking_experiment_toml(recipe));
    EXPECT_EQ(own.model, "");
    EXPECT_EQ(own.circuit, recipe.circuit);
    expect_same(own.course, recipe.course);
    EXPECT_EQ(own.course.epochs, recipe.course.epochs);
    EXPECT_EQ(read(own.resolved).resolved, own.resolved);
    if (name == "burstprop-mnist") continue;  // needs pictures
    EXPECT_EQ(test::measured(own.circuit, own.course, 1), test::measured(recipe.circuit, recipe.course, 1));
  }
}

TEST(CourseToml, SingleKeysOfATeacherChangeTheRecipes) {
  const SpikingExperiment e = read(kTiny + "[teacher]\nlargest_pA = 500\n[course]\nactivity_bin_ms = 20\n");
  EXPECT_EQ(e.course.teacher->largest_A, 500e-12);
  EXPECT_EQ(e.course.teacher->population, "out");
  EXPECT_EQ(e.course.activity_bin_s, 0.02);
  EXPECT_EQ(e.course.stages, read(kTiny).course.stages);
  EXPECT_EQ(read(e.resolved).resolved, e.resolved);
}

TEST(CourseToml, SamplesAskTheirTaskForWhatItsParametersAre) {
  const std::string text = R"([samples]
task = "yin-yang"
population = "in"
train = 20
test = 10
parameters = {train_samples = 20, test_samples = 10}
)";
  const SpikingCircuit circuit = payeur2021::mnist_network({.hidden = 10, .per_class = 3}, 4);
  const Course c = read_back(text, circuit, small_course());
  ThreadPool pool(1);
  EXPECT_EQ(load_samples(c, circuit, {pool})->train.size(), 20U);
  EXPECT_EQ(c.samples->parameters.all().size(), 2U);
  expect_same(read_back(course_toml(c), circuit), c);
  EXPECT_THAT(
      [&] {
        std::string wrong = text;
        read_back(wrong.replace(wrong.find("test_samples"), 12, "tset_samples"), circuit, small_course());
      },
      testing::ThrowsMessage<ConfigError>(
          testing::AllOf(HasSubstr("test:6:"), HasSubstr("did you mean 'test_samples'?"))));
  EXPECT_THAT(
      [&] {
        std::string wrong = text;
        read_back(wrong.replace(wrong.find("yin-yang"), 8, "ying-yan"), circuit, small_course());
      },
      testing::ThrowsMessage<ConfigError>(HasSubstr("test:2:")));
  // Manifests and comparisons know the task.
  const Experiment e = read_experiment(TomlDocument::parse("[model]\nname = \"burstprop-mnist\"\n", "test"));
  EXPECT_EQ(e.task, "mnist");
  EXPECT_EQ(e.task_parameters.number("validation_samples"), 0);
}

const std::string kOwn = R"(
[model]
name = "burstprop-multiplexing"
pyramidal = 100
[[stage]]
name = "run"
watched = "run"
[[stage.phase]]
name = "quiet"
duration_s = 0.2
[[stage.phase]]
name = "driven"
duration_s = 0.3
bin_ms = 50
inject = [{population = "pyr1", pA = 100}, {population = "pyr1", into = "dendrite", sine_pA = 50, period_s = 0.15}]
[[stage.measure]]
quantities = ["event_Hz", "burst_probability"]
of = ["pyr1"]
each = "phase"
[[stage.correlation]]
name = "r"
of = "burst_probability of pyr1"
with = "dendrite_current of pyr1"
)";

TEST(CourseToml, ARecipesCircuitTakesACourseOfItsOwn) {
  const SpikingExperiment e = read(kOwn);
  EXPECT_EQ(e.course.stages.at(0).phases.at(1).injections.at(1).amplitude_A, 50e-12);
  EXPECT_NEAR(e.course.duration_s(), 0.5, 1e-12);
  const test::Measured m = test::measured(e.circuit, e.course, 1);
  EXPECT_TRUE(m.has("phase", 1, "pyr1_event_Hz"));
  EXPECT_TRUE(m.has("test", 0, "r"));
  expect_same(read_back(course_toml(e.course), e.circuit), e.course);
}

std::string complaint(const std::string& text, const std::string& what, const std::string& with) {
  std::string changed = text;
  changed.replace(changed.find(what), what.size(), with);
  try {
    read(changed);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(CourseToml, WhatIsWrongIsLocatedWithTheNearestName) {
  const auto own = [](const std::string& what, const std::string& with) {
    return complaint(kOwn, what, with);
  };
  EXPECT_THAT(own("population = \"pyr1\", pA", "population = \"pyr2\", pA"),
              testing::ContainsRegex("test:15:.*'pyr2'(.|\n)*did you mean 'pyr1'"));
  EXPECT_THAT(own("duration_s = 0.2", "duration = 0.2"), HasSubstr("did you mean 'duration_s'?"));
  EXPECT_THAT(own("\"event_Hz\", \"burst", "\"event_Hzz\", \"burst"), HasSubstr("did you mean 'event_Hz'?"));
  EXPECT_THAT(own("burst_probability of pyr1", "pyr1"), HasSubstr("event_Hz of pyr1"));
  EXPECT_THAT(own("bin_ms = 50\n", ""), testing::ContainsRegex("test:6:.*correlation 'r'(.|\n)*add bin_ms"));
  EXPECT_THAT(
      own("duration_s = 0.2", "duration_s = -1"),
      HasSubstr("test:10:14: 'stage[1].phase[1].duration_s' is -1; expected a number from 0 to 1000000000"));
  EXPECT_THAT(own("bin_ms = 50", "bin_ms = -50"), HasSubstr("is -50; expected 0 or more"));
  EXPECT_THAT(own("period_s = 0.15", "period_s = 0"), HasSubstr("is 0; expected more than 0"));
  EXPECT_THAT(own("bin_ms = 50", "bin_ms = 70"),
              testing::ContainsRegex("test:6:.*bins of 0.07 s do not divide"));
  EXPECT_THAT(own("into = \"dendrite\"", "into = \"dendrites\""), HasSubstr("did you mean 'dendrite'?"));
  EXPECT_THAT(
      own("name = \"burstprop-multiplexing\"\npyramidal = 100", "name = \"burstprop-pairing-periodic\""),
      HasSubstr("a protocol of its own without a network"));
}

TEST(CourseToml, PlaceholdersOfMeasuresAreOneSetAndOthersAreRefused) {
  const auto own = [](const std::string& pattern) {
    return complaint(kOwn, "of = [\"pyr1\"]\n", "of = [\"pyr1\"]\n" + pattern + "\n");
  };
  EXPECT_EQ(own("text = \"{quantity} of {of} in phase {number}, {phase}\""), "");
  EXPECT_EQ(own("title = \"{quantity} of {of}\""), "");
  EXPECT_THAT(own("text = \"{quantty}\""),
              testing::ContainsRegex("test:19:.*placeholder .quantty.(.|\n)*did you mean 'quantity'"));
  EXPECT_THAT(own("text = \"{label}\""), HasSubstr("{label}, which has no one value there"));
  EXPECT_THAT(own("title = \"phase {number}\""), HasSubstr("{number}, which has no one value there"));
  EXPECT_THAT(own("name = \"{from}\""), HasSubstr("{from}, which has no one value there"));
}

TEST(CourseToml, EveryValueOfAMeasureHasARowOfItsOwn) {
  std::string text = kOwn;
  text.replace(text.find("each = \"phase\""), 14, "text = \"activity\"");
  const SpikingExperiment e = read(text);
  std::vector<std::string> rows;
  for (const Display::Headline& h : display_of(e.circuit, e.course).headlines) rows.push_back(h.text);
  EXPECT_THAT(rows, testing::ElementsAre("activity, event rate", "activity, burst probability"));
}

}  // namespace
}  // namespace apical
