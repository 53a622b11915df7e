// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/expectation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apical {
namespace {

using testing::HasSubstr;

constexpr const char* kHead = R"([reproduces]
paper = "Max et al. 2026"
figure = "2b"
shows = "it learns"
source = "measured elsewhere"
minutes = 0.5
)";

TomlDocument with(const std::string& expectation) {
  return TomlDocument::parse(kHead + expectation, "x.toml");
}

std::string complaint(const std::string& text) {
  try {
    read_reproduction(TomlDocument::parse(text, "x.toml"));
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "none";
}

std::string complaint_of(const std::string& expectation) { return complaint(kHead + expectation); }

TEST(Expectation, WithAFactorReachesFromTheQuotientToTheProduct) {
  const Reproduction r = read_reproduction(with(R"([[expect]]
quantity = "test_loss"
statistic = "median"
value = 0.032
factor = 2
because = "quartiles"
)"));
  ASSERT_EQ(r.expectations.size(), 1U);
  const Expectation& e = r.expectations.front();
  EXPECT_DOUBLE_EQ(e.low, 0.016);
  EXPECT_DOUBLE_EQ(e.high, 0.064);
  EXPECT_EQ(e.tolerance, "0.032 within a factor of 2");
  EXPECT_EQ(e.subject(), "median test loss");
  EXPECT_EQ(e.source, "measured elsewhere");
  EXPECT_EQ(e.origin, Expectation::Origin::hypothesis) << "whose word it is has to be said";
  EXPECT_EQ(r.reference(), "Max et al. 2026, Fig. 2b");
}

TEST(Expectation, SaysOnWhoseWordItRestsAndWhetherItWasWidened) {
  const std::string expectation = R"(origin = "program"
[[expect]]
quantity = "test_loss"
statistic = "median"
at_most = 1
because = "quartiles"
[[expect]]
quantity = "test_loss"
statistic = "median"
at_most = 2
because = "quartiles"
origin = "law"
widened = "eight teachers, measured after the first run"
)";
  const Reproduction r = read_reproduction(with(expectation));
  EXPECT_EQ(r.expectations.at(0).origin, Expectation::Origin::program);
  EXPECT_EQ(r.expectations.at(0).widened, "");
  EXPECT_EQ(r.expectations.at(1).origin, Expectation::Origin::law);
  EXPECT_EQ(r.expectations.at(1).widened, "eight teachers, measured after the first run");
  EXPECT_THAT(complaint_of("origin = \"programme\"\n"), HasSubstr("program"));
}

TEST(Expectation, OfAFractionOfSeedsSaysWhichSeedsCount) {
  const Reproduction r = read_reproduction(with(R"([[expect]]
quantity = "test_accuracy"
statistic = "fraction"
seeds_at_least = 0.95
at_least = 0.7
because = "three of twenty are stuck"
)"));
  EXPECT_EQ(r.expectations.front().subject(), "fraction of seeds with test accuracy at least 0.95");
  EXPECT_EQ(r.expectations.front().low, 0.7);
  EXPECT_EQ(r.expectations.front().tolerance, "at least 0.7");
}

TEST(Expectation, OfTrainingMayTakeTheLargestOfAllEpochs) {
  const Reproduction r = read_reproduction(with(R"([[expect]]
quantity = "train_return"
epochs = "largest"
statistic = "fraction"
seeds_at_least = 475
at_least = 0.66
because = "two of three"
)"));
  EXPECT_EQ(r.expectations.front().epochs, Expectation::Epochs::largest);
  EXPECT_EQ(r.expectations.front().subject(), "fraction of seeds with largest train return at least 475");
}

TEST(Expectation, OfAnAngleNamesAreaAndEpochs) {
  const Reproduction r = read_reproduction(with(R"([[expect]]
variant = "errors"
relative_to = "other"
quantity = "angle"
area = "a2"
epochs = "mean"
statistic = "mean"
value = 10
plus_minus = 3
because = "b"
)"));
  EXPECT_EQ(r.expectations.front().subject(),
            "mean angle of a2 to the gradient, mean over epochs, of 'errors' relative to 'other'");
  EXPECT_EQ(r.expectations.front().low, 7);
  EXPECT_EQ(r.expectations.front().high, 13);
}

TEST(Expectation, OfAnotherMeasureOfAnAreaNamesTheArea) {
  const std::string start =
      "[[expect]]\nquantity = \"signal_correlation\"\nstatistic = \"smallest\"\nbecause = \"b\"\nat_least = "
      "0.9\n";
  EXPECT_EQ(read_reproduction(with(start + "area = \"a1\"\n")).expectations.front().subject(),
            "smallest signal correlation of a1");
  EXPECT_THAT(complaint_of(start), HasSubstr("missing key 'expect[1].area'"));
  EXPECT_THAT(complaint_of("[[expect]]\nquantity = \"signal_corelation\"\nstatistic = \"mean\"\n"),
              HasSubstr("signal_correlation"));
}

TEST(Expectation, ThatIsIncompleteSaysWhatIsMissing) {
  const std::string start = "[[expect]]\nquantity = \"test_loss\"\nstatistic = \"median\"\nbecause = \"b\"\n";
  EXPECT_EQ(complaint_of(start + "value = 1\nfactor = 2\n"), "none");
  EXPECT_THAT(complaint_of(start), HasSubstr("either a 'value' with its tolerance or bounds"));
  EXPECT_THAT(complaint_of(start + "value = 1\n"), HasSubstr("needs either 'factor' or 'plus_minus'"));
  EXPECT_THAT(complaint_of(start + "value = 1\nfactor = 2\nplus_minus = 1\n"),
              HasSubstr("needs either 'factor' or 'plus_minus'"));
  EXPECT_THAT(complaint_of(start + "value = 1\nfactor = 2\nat_least = 0\n"),
              HasSubstr("either a 'value' with its tolerance or bounds"));
  EXPECT_THAT(complaint_of(start + "value = 1\nfactor = 1\n"), HasSubstr("expected more than 1"));
  EXPECT_THAT(complaint_of(start + "value = 0\nfactor = 2\n"), HasSubstr("use plus_minus"));
  EXPECT_THAT(complaint_of(start + "at_least = 2\nat_most = 1\n"), HasSubstr("lies above"));
  EXPECT_THAT(complaint_of(start + "seeds_at_least = 1\nat_least = 1\n"),
              HasSubstr("goes with 'seeds_at_least'"));
  EXPECT_THAT(complaint_of(start + "area = \"a1\"\nat_least = 1\n"),
              HasSubstr("only an angle and other measures of an area have"));
  EXPECT_THAT(complaint_of(start + "tolerance = 1\nvalue = 1\nfactor = 2\n"),
              HasSubstr("x.toml:11:1: unknown key 'tolerance' in [expect[1]]"));
  EXPECT_THAT(complaint_of("[[expect]]\nquantity = \"loss\"\nstatistic = \"median\"\n"),
              HasSubstr("unknown quantity 'loss'"));
  EXPECT_THAT(complaint_of("[[expect]]\nquantity = \"test_loss\"\nstatistic = \"average\"\n"),
              HasSubstr("expected median, mean"));
  EXPECT_THAT(complaint_of("[[expect]]\nquantity = \"test_loss\"\nstatistic = \"median\"\nat_least = 1\n"),
              HasSubstr("missing key 'expect[1].because'"));
  EXPECT_THAT(complaint_of(""), HasSubstr("[reproduces] without [[expect]]"));
  EXPECT_THAT(complaint("[[expect]]\nquantity = \"test_loss\"\n"),
              HasSubstr("[[expect]] without [reproduces]"));
}

TEST(Expectation, NamesVariantsThatExist) {
  const std::string start =
      "[[expect]]\nquantity = \"test_loss\"\nstatistic = \"median\"\nbecause = \"b\"\nat_least = 0\n";
  const auto complaint_about = [&](const std::string& more, const std::vector<std::string>& labels) {
    const TomlDocument d = with(start + more);
    try {
      check_labels(read_reproduction(d), labels, d);
    } catch (const ConfigError& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  EXPECT_EQ(complaint_about("", {"only"}), "none");
  EXPECT_EQ(complaint_about("variant = \"first\"\nrelative_to = \"second\"\n", {"first", "second"}), "none");
  EXPECT_THAT(complaint_about("", {"first", "second"}), HasSubstr("names no variant, but the file has 2"));
  EXPECT_THAT(complaint_about("variant = \"frist\"\n", {"first", "second"}),
              HasSubstr("did you mean 'first'?"));
  EXPECT_THAT(complaint_about("variant = \"first\"\nrelative_to = \"third\"\n", {"first", "second"}),
              HasSubstr("'relative_to' names 'third'"));
}

}  // namespace
}  // namespace apical
