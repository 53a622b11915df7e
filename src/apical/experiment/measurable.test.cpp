// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/measurable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/paths.h"

namespace apical {
namespace {

using testing::HasSubstr;

const std::string kTrained = R"([task]
name = "yin-yang"
[model]
name = "backpropagation"
layers = [4, 8, 3]
)";
const std::string kCourse = R"([model]
name = "burstprop-xor"
)";
const std::string kClaim = R"([reproduces]
paper = "A paper"
shows = "something"
source = "a source"
minutes = 1
)";

std::string complaint(const std::string& experiment, const std::string& expect) {
  try {
    read_variants(TomlDocument::parse(experiment + kClaim +
                                          "[[expect]]\nbecause = \"so\"\nstatistic = \"median\"\n"
                                          "at_least = 0\n" +
                                          expect,
                                      "x.toml"));
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(Measurable, WhatATaskDoesNotMeasureIsRefusedBeforeTheRun) {
  EXPECT_EQ(complaint(kTrained, "quantity = \"test_accuracy\"\n"), "");
  EXPECT_EQ(complaint(kTrained, "quantity = \"validation_loss\"\n"), "");
  EXPECT_THAT(complaint(kTrained, "quantity = \"test_acuracy\"\n"),
              testing::AllOf(HasSubstr("x.toml:15:"), HasSubstr("measures no 'test_acuracy'"),
                             HasSubstr("did you mean 'test_accuracy'?")));
  EXPECT_THAT(complaint(kTrained, "quantity = \"test_falls\"\n"), HasSubstr("measures no 'test_falls'"));
  EXPECT_THAT(complaint(kTrained, "quantity = \"test_loss\"\nminus = \"test_return\"\n"),
              HasSubstr("measures no 'test_return'"));
  EXPECT_THAT(complaint(kTrained, "quantity = \"angle\"\n"), HasSubstr("training.align_every"));
  EXPECT_EQ(complaint(kTrained + "[training]\nalign_every = 1\n", "quantity = \"angle\"\n"), "");
}

TEST(Measurable, OfACourseItIsWhatItsStagesName) {
  EXPECT_EQ(complaint(kCourse, "quantity = \"test_out_event_Hz_00\"\n"), "");
  EXPECT_THAT(complaint(kCourse, "quantity = \"test_out_event_Hz_0\"\n"),
              HasSubstr("did you mean 'test_out_event_Hz_00'?"));
}

TEST(Measurable, ShippedExperimentsExpectWhatTheyMeasure) {
  std::size_t read = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(test::kSourceDir) / "experiments")) {
    if (file.path().extension() != ".toml") continue;
    const TomlDocument document = TomlDocument::read(file.path().string());
    if (read_reproduction(document).empty()) continue;
    EXPECT_NO_THROW(read_variants(document)) << file.path();
    ++read;
  }
  EXPECT_GT(read, 20U);
}

}  // namespace
}  // namespace apical
