// SPDX-License-Identifier: Apache-2.0
// Times that lie between two time steps are refused with the nearest ones that do not, wherever one is read;
// those on a step are taken, however awkward the step.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/command_line.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using test::with;
using testing::HasSubstr;

constexpr const char* kTrained = R"([task]
name = "yin-yang"
train_samples = 20
validation_samples = 10
test_samples = 10
[model]
name = "error-neuron-microcircuit"
layers = [4, 6, 3]
activation = "logistic"
dt_ms = 0.1
[training]
epochs = 1
presentation_ms = 1
[run]
seeds = 1
)";

class Times : public test::CommandLine {
 protected:
  Answer check(const std::string& text) { return apical_says({"check", file(text), "--threads", "1"}); }
  Answer probe(const std::string& more) {
    return apical_says(
        {"probe", file(std::string(kTrained).append(more)), "--out", out(), "--threads", "1", "--quiet"});
  }
};

TEST_F(Times, OfTrainingAreWholeSteps) {
  const Answer held = check(with(kTrained, "presentation_ms = 1", "presentation_ms = 0.74"));
  EXPECT_EQ(held.code, 3);
  EXPECT_THAT(held.err, HasSubstr(":13:19: 'training.presentation_ms' is 0.74 ms; expected a multiple of the "
                                  "circuit's time step of 0.1 ms\n  the nearest: 0.7 or 0.8"));
  const Answer settling =
      check(with(kTrained, "presentation_ms = 1", "presentation_ms = 1\nsettling_ms = 2.5"));
  EXPECT_EQ(settling.code, 3);
  EXPECT_THAT(settling.err, HasSubstr("'training.settling_ms' is 2.5 ms; expected a multiple of "
                                      "presentation_ms of 1 ms\n  the nearest: 2 or 3"));
}

TEST_F(Times, DefaultsAdaptToTheStepAndSaySo) {
  std::string text = with(kTrained, "presentation_ms = 1\n", "");
  text = with(text, "dt_ms = 0.1", "dt_ms = 0.03");
  text = with(text, "layers = [4, 6, 3]", "layers = [4, 3]");
  const Answer a = apical_says({"run", file(text), "--out", out(), "--threads", "1", "--quiet"});
  ASSERT_EQ(a.code, 0) << a.err;
  const std::string resolved = io::read_text(io::Path(out()) / "experiment.toml");
  EXPECT_THAT(resolved, HasSubstr("presentation_ms = 0.21\n"));
  EXPECT_THAT(resolved, HasSubstr("settling_ms = 19.95\n"));
}

TEST_F(Times, OfRecordingsAreWholeSteps) {
  std::string text = kTrained;
  text += "[[record]]\npopulation = \"a1.rep\"\nvariable = \"rate\"\nevery_ms = 0.25\n";
  const Answer a = check(text);
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr("every_ms' is 0.25 ms"));
  EXPECT_THAT(a.err, HasSubstr("0.2 or 0.3"));
}

constexpr const char* kProtocol = R"([protocol]
samples = 2
blank_ms = 0.5
presentation_ms = 2
target_onset_ms = 1
[[condition]]
name = "silenced"
[[condition.perturbation]]
silence = "a1.rep"
onset_ms = 0.5
offset_ms = 1.5
[[measure]]
name = "rates"
population = "a1.rep"
variable = "rate"
window_ms = [0.5, 1]
)";

TEST_F(Times, OfProtocolsAreWholeSteps) {
  struct Case {
    const char *good, *bad, *says, *nearest;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"blank_ms = 0.5", "blank_ms = 0.74", "'protocol.blank_ms' is 0.74 ms", "0.7 or 0.8"},
           {"presentation_ms = 2", "presentation_ms = 2.01", "'protocol.presentation_ms' is 2.01 ms",
            "2 or 2.1"},
           {"target_onset_ms = 1", "target_onset_ms = 0.25", "'protocol.target_onset_ms' is 0.25 ms",
            "0.2 or 0.3"},
           {"samples = 2", "samples = 2\nwindow_ms = [-0.25, 1]", "window_ms' is -0.25 ms", "-0.3 or -0.2"},
           {"samples = 2", "samples = 2\nevery_ms = 0.15", "every_ms' is 0.15 ms", "0.1 or 0.2"},
           {"onset_ms = 0.5\n", "onset_ms = 0.74\n", "onset_ms' is 0.74 ms", "0.7 or 0.8"},
           {"offset_ms = 1.5", "offset_ms = 1e300", "offset_ms' is 1e+300 ms", "2^52"},
           {"window_ms = [0.5, 1]", "window_ms = [0.5, 0.74]", "window_ms' is 0.74 ms", "0.7 or 0.8"},
       }) {
    const Answer a = probe(with(kProtocol, c.good, c.bad));
    EXPECT_EQ(a.code, 3) << c.bad;
    EXPECT_THAT(a.err, HasSubstr(c.says)) << c.bad;
    EXPECT_THAT(a.err, HasSubstr(c.nearest)) << c.bad;
    EXPECT_FALSE(io::file_exists(out())) << c.bad;
  }
  EXPECT_EQ(probe(kProtocol).code, 0);
}

TEST_F(Times, OfPairingsAreWholeSteps) {
  const std::string text = "[model]\nname = \"burstprop-pairing-periodic\"\npost_delay_s = 0.0004\n";
  EXPECT_EQ(check(text).code, 0);
  const Answer a = check(with(text, "0.0004", "0.00025"));
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr(":3:16: post_delay_s is 0.00025 s; expected a multiple of dt_s of 0.0001 s\n"
                               "  the nearest: 0.0002 or 0.0003"));
}

constexpr const char* kCourse = R"([circuit]
neurons = "spiking"
dt_ms = 0.1
[[population]]
name = "cells"
kind = "exponential_if"
size = 3
neuron = {refractory_ms = 1}
[[stage]]
name = "rest"
[[stage.phase]]
name = "only"
duration_s = 0.05
[run]
seeds = 1
)";

TEST_F(Times, OfCoursesAreWholeSteps) {
  struct Case {
    const char *good, *bad, *says, *nearest;
  };
  const Answer good = check(kCourse);
  ASSERT_EQ(good.code, 0) << good.err;
  for (const Case& c : std::initializer_list<Case>{
           {"duration_s = 0.05", "duration_s = 0.05004", "takes 0.05004 s", "0.05 or 0.0501"},
           {"duration_s = 0.05", "duration_s = 1e300", "is 1e+300", "expected a number from 0 to 1000000000"},
           {"duration_s = 0.05", "duration_s = 0.05\nbin_ms = 0.25", "has bins of 0.00025 s",
            "0.0002 or 0.0003"},
           {"[[stage]]", "[course]\nactivity_bin_ms = 0.74\n[[stage]]", "activity_bin_ms' is 0.74 ms",
            "0.7 or 0.8"},
           {"refractory_ms = 1", "refractory_ms = 0.74", "refractory time of 'cells' is 0.00074 s",
            "0.0007 or 0.0008"},
       }) {
    const Answer a = check(with(kCourse, c.good, c.bad));
    EXPECT_EQ(a.code, 3) << c.bad;
    EXPECT_THAT(a.err, HasSubstr(c.says)) << c.bad;
    EXPECT_THAT(a.err, HasSubstr(c.nearest)) << c.bad;
  }
}

}  // namespace
}  // namespace apical
