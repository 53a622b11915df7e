// SPDX-License-Identifier: Apache-2.0
// Figures for articles from the command line, and what reports draw of what runs leave in files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apical/cli/child_processes.h"
#include "apical/report/compose/write_report.h"
#include "support/command_line.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using testing::HasSubstr;

constexpr const char* kRecorded = R"(
title = "Recorded"
[task]
name = "yin-yang"
train_samples = 20
validation_samples = 10
test_samples = 10
[model]
name = "error-neuron-microcircuit"
layers = [4, 3, 3]
[training]
epochs = 2
[run]
seeds = 2
[[record]]
population = "a1.err"
variable = "rate"
every_ms = 1
)";

class Plot : public test::CommandLine {
 protected:
  void SetUp() override {
    const Answer made = apical_says({"run", file(kRecorded), "--out", out(), "--threads", "1"});
    ASSERT_EQ(made.code, 0) << made.err;
  }
};

TEST_F(Plot, ListsFiguresAndWritesTheOneThatIsAskedFor) {
  const Answer all = apical_says({"plot", out()});
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("validation-accuracy-over-training\n"));
  const std::string svg = out("fig.svg");
  const Answer one = apical_says({"plot", out(), "--what", "accuracy", "--out", svg, "--width", "6cm"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(one.out, svg + "\n");
  const std::string text = io::read_text(svg);
  EXPECT_THAT(text, HasSubstr("width=\"60.00mm\""));
  EXPECT_EQ(test::malformed(text.substr(text.find("<svg"))), "");
  if (!cli::is_in_path("rsvg-convert")) GTEST_SKIP() << "rsvg-convert is not in PATH: no PDF";
  const Answer pdf = apical_says({"plot", out(), "--what", "accuracy", "--out", out("fig.pdf")});
  EXPECT_EQ(pdf.code, 0) << pdf.err;
  EXPECT_TRUE(io::read_text(out("fig.pdf")).starts_with("%PDF"));
  EXPECT_FALSE(io::file_exists(out("fig.pdf.svg")));
}

TEST_F(Plot, SaysWhatItCannotDo) {
  const Answer name = apical_says({"plot", out(), "--what", "acuracy"});
  EXPECT_EQ(name.code, 3);
  EXPECT_THAT(name.err, HasSubstr("there is no figure 'acuracy'\n  did you mean 'accuracy'?\n"));
  const Answer all = apical_says({"plot", out(), "--json"});
  for (const nlohmann::json& f : nlohmann::json::parse(all.out).at("figures"))
    EXPECT_THAT(name.err, HasSubstr("\n    " + f.at("name").get<std::string>() + "  ("));
  const Answer words = apical_says({"plot", out(), "--what", "the loss of validation"});
  EXPECT_EQ(words.code, 3);
  EXPECT_THAT(words.err, HasSubstr("did you mean 'validation-loss-over-training'?"));
  const Answer ending = apical_says({"plot", out(), "--what", "accuracy", "--out", out("fig.eps")});
  EXPECT_EQ(ending.code, 2);
  EXPECT_THAT(ending.err, HasSubstr("ends in .svg or .pdf"));
  for (const char* width : {"89", "89 parsec", "1mm", "mm", "-89mm"}) {
    const Answer a = apical_says({"plot", out(), "--what", "accuracy", "--width", width});
    EXPECT_EQ(a.code, 2) << width;
    EXPECT_THAT(a.err, HasSubstr("89mm, 8.9cm, 3.5in or 252pt")) << width;
  }
  EXPECT_EQ(apical_says({"plot", out(), "--out", out("fig.svg")}).code, 2);
  EXPECT_FALSE(io::file_exists(out("fig.svg")));
}

TEST_F(Plot, ARecordedVariableIsDrawnAtItsTimes) {
  const std::vector<Figure> found = figures_named(figures_of(out()), "recorded");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].title, HasSubstr("err"));
  const auto& plot = std::get<LinePlot>(found[0].plot);
  EXPECT_EQ(plot.x_label, "time (ms)");
  ASSERT_FALSE(plot.series.empty());
  const std::vector<double>& x = plot.series[0].seeds.at(0).x;
  ASSERT_GT(x.size(), 2U);
  EXPECT_NEAR(x[1] - x[0], x[2] - x[1], 1e-9);
  EXPECT_EQ(x.size(), plot.series[0].seeds[0].y.size());
}

}  // namespace
}  // namespace apical
