// SPDX-License-Identifier: Apache-2.0
#include "apical/study/reproduce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/paths.h"

namespace apical {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Verdict = Outcome::Verdict;

/// One test loss per seed, seeds 1, 2, …
std::vector<Measurement> losses(const std::vector<double>& values, double epoch = 10) {
  std::vector<Measurement> out;
  for (std::size_t i = 0; i < values.size(); ++i) out.push_back({epoch, "test", "loss", i + 1, values[i]});
  return out;
}

Expectation median_loss(double low, double high) {
  Expectation e;
  e.quantity = "test_loss";
  e.low = low;
  e.high = high;
  return e;
}

TEST(Outcome, IsReproducedIfItsIntervalLiesWithinTheRangeAndDeviatesIfNothingOfItDoes) {
  const MeasurementsByVariant measured{{"m", losses({1, 2, 3, 3, 4, 50})}};
  EXPECT_EQ(evaluate(median_loss(1, 50), measured).verdict, Verdict::reproduced);
  EXPECT_EQ(evaluate(median_loss(50.5, 60), measured).verdict, Verdict::deviates);
  EXPECT_EQ(evaluate(median_loss(0, 0.9), measured).verdict, Verdict::deviates);
  // The median lies inside, or outside: six seeds do not say which.
  EXPECT_EQ(evaluate(median_loss(3, 3), measured).verdict, Verdict::undecided);
  EXPECT_EQ(evaluate(median_loss(3.1, 4), measured).verdict, Verdict::undecided);
  const Outcome o = evaluate(median_loss(2, 4), measured);
  ASSERT_TRUE(o.measured && o.interval);
  EXPECT_EQ(*o.measured, 3);
  EXPECT_LE(o.interval->low, 3);
  EXPECT_GE(o.interval->high, 3);
  EXPECT_THAT(o.text(), HasSubstr("median test loss: 3 ["));
  EXPECT_THAT(o.text(), HasSubstr("over 6 seeds"));
}

TEST(Outcome, OfOneDivergedSeedIsNoMean) {
  const Outcome o = evaluate(median_loss(0, 100), {{"m", losses({1, NAN, 1})}});
  EXPECT_EQ(o.verdict, Verdict::deviates);
  EXPECT_FALSE(o.measured);
  EXPECT_THAT(o.text(), HasSubstr("not finite"));
}

TEST(Outcome, OfAFractionCountsADivergedSeedAsOneThatFails) {
  Expectation e = median_loss(0.5, 1);
  e.statistic = Expectation::Statistic::fraction;
  e.seeds_high = 2;
  const Outcome o = evaluate(e, {{"m", losses({1, NAN, 1, 3})}});
  EXPECT_EQ(*o.measured, 0.5);
  EXPECT_EQ(o.verdict, Verdict::undecided) << "two of four may be a third or three quarters";
}

TEST(Outcome, OfOneSeedIsNeverReproducedUnlessALawSaysIt) {
  Expectation e = median_loss(0, 2);
  EXPECT_EQ(evaluate(e, {{"m", losses({1})}}).verdict, Verdict::undecided);
  EXPECT_EQ(evaluate(e, {{"m", losses({3})}}).verdict, Verdict::deviates);
  // Five, one of them outside: their median has no interval of 95 %.
  EXPECT_EQ(evaluate(e, {{"m", losses({1, 1, 1, 1, 3})}}).verdict, Verdict::undecided);
  e.origin = Expectation::Origin::law;
  EXPECT_EQ(evaluate(e, {{"m", losses({1})}}).verdict, Verdict::reproduced);
  EXPECT_EQ(evaluate(e, {{"m", losses({1, 1, 3})}}).verdict, Verdict::deviates)
      << "a law holds of every seed";
}

TEST(Outcome, ThreeOfThreeSeedsDoNotShowThatMostDo) {
  Expectation e = median_loss(0.7, 1);
  e.statistic = Expectation::Statistic::fraction;
  e.seeds_high = 2;
  EXPECT_EQ(evaluate(e, {{"m", losses({1, 1, 1})}}).verdict, Verdict::undecided);
  EXPECT_EQ(evaluate(e, {{"m", losses(std::vector<double>(20, 1.0))}}).verdict, Verdict::reproduced);
}

TEST(Outcome, AreCountedApartByWhatTheyRestOn) {
  const MeasurementsByVariant measured{{"m", losses({1, 2, 3, 3, 4, 50})}};
  std::vector<Outcome> outcomes{evaluate(median_loss(1, 50), measured),
                                evaluate(median_loss(3, 3), measured)};
  EXPECT_EQ(tally_of(outcomes), "1 of 2 reproduced, 1 undecided");
  Expectation printed = median_loss(60, 70);
  printed.origin = Expectation::Origin::paper;
  outcomes.push_back(evaluate(printed, measured));
  EXPECT_EQ(
      tally_of(outcomes),
      "1 of 3 reproduced, 1 undecided, 1 deviates (paper: 0 of 1 reproduced, 1 deviates; hypothesis: 1 of "
      "2 reproduced, 1 undecided)");
  ReproductionResult all;
  all.outcomes = outcomes;
  EXPECT_EQ(all.verdict(), Verdict::deviates);
}

TEST(Outcome, RelativeToAVariantIsPairedBySeed) {
  Expectation e = median_loss(0, 1);
  e.variant = "a";
  e.relative_to = "b";
  e.statistic = Expectation::Statistic::largest;
  const Outcome o = evaluate(e, {{"a", losses({1, 20})}, {"b", losses({2, 10})}});
  ASSERT_EQ(o.seeds.size(), 2U);
  EXPECT_EQ(o.seeds[0].value, 0.5);
  EXPECT_EQ(*o.measured, 2);
  EXPECT_EQ(o.verdict, Verdict::deviates);
}

TEST(Outcome, ASeedWithoutAPartnerHasNoRatioAndNothingIsReproduced) {
  Expectation e = median_loss(0, 10);
  e.variant = "a";
  e.relative_to = "b";
  const Outcome o = evaluate(e, {{"a", losses({1, 20, 3})}, {"b", losses({2, 10})}});
  ASSERT_EQ(o.seeds.size(), 3U);
  EXPECT_TRUE(std::isnan(o.seeds[2].value));
  EXPECT_EQ(o.verdict, Verdict::deviates);
}

TEST(Outcome, MayBeADifferenceFromAnotherQuantityOfTheSameSeed) {
  std::vector<Measurement> falls;
  for (std::uint64_t seed : {1, 2}) {
    falls.push_back({5, "test", "falls", seed, 10.0 * static_cast<double>(seed)});
    falls.push_back({5, "test", "teacher_falls", seed, 4});
  }
  Expectation e = median_loss(0, 20);
  e.quantity = "test_falls";
  e.minus = "test_teacher_falls";
  EXPECT_EQ(*evaluate(e, {{"m", falls}}).measured, 11);
  EXPECT_EQ(e.subject(), "median test falls minus test teacher falls");
}

TEST(Outcome, TakesFirstLastLargestOrMeanOverEpochs) {
  std::vector<Measurement> course;
  for (double epoch : {0.0, 1.0, 5.0}) course.push_back({epoch, "a1", "angle_deg", 7, 80 - 10 * epoch});
  Expectation e = median_loss(0, 100);
  e.quantity = "angle";
  e.area = "a1";
  EXPECT_EQ(*evaluate(e, {{"m", course}}).measured, 30);
  e.epochs = Expectation::Epochs::first;
  EXPECT_EQ(*evaluate(e, {{"m", course}}).measured, 80);
  e.epochs = Expectation::Epochs::largest;
  EXPECT_EQ(*evaluate(e, {{"m", course}}).measured, 80);
  std::swap(course[0].value, course[1].value);
  EXPECT_EQ(*evaluate(e, {{"m", course}}).measured, 80) << "wherever it is";
  e.epochs = Expectation::Epochs::mean;
  EXPECT_EQ(*evaluate(e, {{"m", course}}).measured, 60);
}

TEST(Outcome, OfSomethingThatWasNotMeasuredSaysWhatWas) {
  Expectation e = median_loss(0, 1);
  e.quantity = "test_falls";
  try {
    evaluate(e, {{"m", losses({1})}});
    ADD_FAILURE() << "no error";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("measured no falls of test; there is loss of test"));
  }
}

TEST(FirstDifference, IsTheEarliestNumberThatIsNotTheSameBits) {
  const auto a = losses({1, 2, 3});
  EXPECT_FALSE(first_difference(a, a));
  auto b = a;
  b[1].value = std::nextafter(2.0, 3.0);
  b[2].value = 0;
  const auto d = first_difference(a, b);
  ASSERT_TRUE(d);
  EXPECT_EQ(d->measured.seed, 2U);
  EXPECT_EQ(*d->before, 2);
  EXPECT_GT(*d->now, 2);
}

TEST(FirstDifference, NoticesNumbersThatOneRunLacks) {
  const auto a = losses({1, 2, 3});
  const std::vector<Measurement> shorter(a.begin(), a.end() - 1), without_first(a.begin() + 1, a.end());
  EXPECT_FALSE(first_difference(a, shorter)->now);
  EXPECT_FALSE(first_difference(shorter, a)->before);
  EXPECT_EQ(first_difference(a, without_first)->measured.seed, 1U);
  EXPECT_FALSE(first_difference(losses({NAN}), losses({NAN})));
  EXPECT_TRUE(first_difference(losses({0.0}), losses({-0.0})));
}

TEST(ShippedFigures, AreReadableAndNamedByTheirPath) {
  const std::vector<ShippedFigure> figures = shipped_figures(io::Path(test::kSourceDir) / "experiments");
  std::vector<std::string> names;
  for (const ShippedFigure& f : figures) {
    names.push_back(f.name);
    EXPECT_NO_THROW(read_variants(TomlDocument::read(f.file.string()))) << f.name;
  }
  EXPECT_THAT(names, testing::Contains("yin-yang/reference"));
}

}  // namespace
}  // namespace apical
