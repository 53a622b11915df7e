// SPDX-License-Identifier: Apache-2.0
// What programs say of models whose samples are simulated in time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/core/error.h"
#include "apical/run/make_learner.h"
#include "apical/run/training_session.h"

namespace apical {
namespace {

using ::testing::HasSubstr;

Experiment digits_in_time(const std::string& model, std::size_t samples) {
  return read_experiment(
      TomlDocument::parse("[task]\nname = \"yin-yang\"\ntrain_samples = " + std::to_string(samples) +
                              "\nvalidation_samples = 20\ntest_samples = 20\n[model]\nname = "
                              "\"spiking-burstprop\"\nlayers = [4, 10, "
                              "3]\n" +
                              model + "[training]\nepochs = 2\n",
                          "test.toml"));
}

TEST(SimulatedTimeRun, TrainingThatOnlyLooksIsRefused) {
  ThreadPool pool(1);
  const Resources resources{pool};
  const auto begin = [&](const std::string& model, std::size_t samples) {
    const Experiment e = digits_in_time(model, samples);
    const TrainingSession session(e, make_learner(e, resources));
  };
  EXPECT_THROW(
      {
        try {
          begin("", 1000);
        } catch (const ConfigError& e) {
          EXPECT_THAT(e.what(),
                      HasSubstr("'model.calibration' lets the model look at 2000 samples first, and 2 "
                                "epochs of 1000 samples show no more than 2000"));
          throw;
        }
      },
      ConfigError);
  EXPECT_NO_THROW(begin("", 1001));
  EXPECT_NO_THROW(begin("calibration = 40\n", 21));
  EXPECT_THROW(begin("teach = 0\n", 1001), ConfigError);
}

TEST(SimulatedTimeRun, ItsExaminationKnowsThatTimePassesInSteps) {
  ThreadPool pool(1);
  const Experiment e = digits_in_time("calibration = 10\n", 40);
  const auto learner = make_learner(e, {pool});
  Examination x;
  learner->examine(x);
  EXPECT_THAT(x.unknown.at(std::string(examined::kHalvedStep)), HasSubstr("at half the step others"));
  EXPECT_THAT(x.unknown.at(std::string(examined::kSaturated)), HasSubstr("counted in events"));
}

}  // namespace
}  // namespace apical
