// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

namespace apical {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// A run of two seeds that learned well, of which everything is known.
Evidence good() {
  Evidence e;
  e.seeds = {1, 2};
  e.needs = {"separate phases"};
  for (const std::uint64_t seed : e.seeds) {
    e.measured.insert(e.measured.end(), {{0, "validation", "loss", seed, 1.0},
                                         {0, "a1", "angle_deg", seed, 90.0},
                                         {5, "validation", "loss", seed, 0.1},
                                         {5, "a1", "angle_deg", seed, 30.0},
                                         {5, "test", "accuracy", seed, 0.9},
                                         {5, "test", "samples", seed, 200}});
    Examination& x = e.examination;
    x.add(examined::kSaturated, "a1", seed, 0.1);
    x.add(examined::kDead, "a1", seed, 0.0);
    x.add(examined::kBurstless, "a1", seed, 0);
    x.add(examined::kAtBounds, "in->a1", seed, 0.2);
    x.add(examined::kUnsettled, "output", seed, 0.001);
    x.add(examined::kHalvedStep, "output", seed, 0.01);
    x.add(examined::kAnswerChange, "output", seed, 0);
    x.add(examined::kCreditAngle, "a1", seed, 30);
    x.add(examined::kCreditAngle, "a2", seed, 0.01);
    x.add(examined::kCreditAngle, "total", seed, 0.01);
    x.add(examined::kChance, "test", seed, 0.34);
    x.add(examined::kLeaked, "test", seed, 0);
  }
  return e;
}

std::vector<std::string> checks_of(const Evidence& e, Verdict verdict) {
  std::vector<std::string> out;
  for (const Finding& f : diagnose(e)) {
    if (f.verdict == verdict) out.push_back(f.check);
  }
  return out;
}

/// `figure` of one place in all seeds.
void set(Evidence& e, std::string_view figure, double value) {
  for (Measurement& m : e.examination.figures) {
    if (m.metric == figure) m.value = value;
  }
}
void measure(Evidence& e, double epoch, std::string_view where, std::string_view metric, double value) {
  for (Measurement& m : e.measured) {
    if (m.epoch == epoch && m.where == where && m.metric == metric) m.value = value;
  }
}

TEST(Diagnosis, OfAGoodRunIsCleanThroughout) {
  EXPECT_THAT(checks_of(good(), Verdict::attention), IsEmpty());
  EXPECT_THAT(checks_of(good(), Verdict::not_applicable), IsEmpty());
}

TEST(Diagnosis, WithoutAnyEvidenceNothingIsKnownAndEverythingHasAReason) {
  Evidence e;
  e.seeds = {1, 2};
  EXPECT_THAT(checks_of(e, Verdict::attention), IsEmpty());
  EXPECT_THAT(checks_of(e, Verdict::clean), testing::ElementsAre("finite", "single seed"));
  for (const Finding& f : diagnose(e)) EXPECT_FALSE(f.measured.empty()) << f.check;
}

struct Trigger {
  const char* check;
  std::function<void(Evidence&)> spoil;
  friend void PrintTo(const Trigger& t, std::ostream* out) { *out << t.check; }
};

class EveryCheck : public testing::TestWithParam<Trigger> {};

TEST_P(EveryCheck, SpeaksOfItsOwnTroubleAlone) {
  Evidence e = good();
  GetParam().spoil(e);
  EXPECT_THAT(checks_of(e, Verdict::attention), testing::ElementsAre(GetParam().check));
  const std::vector<Finding> all = diagnose(e);
  const auto found =
      std::find_if(all.begin(), all.end(), [](const Finding& f) { return f.check == GetParam().check; });
  ASSERT_NE(found, all.end());
  EXPECT_THAT(in_words(*found), HasSubstr("Try: "));
}

const std::vector<Trigger>& triggers() {
  static const std::vector<Trigger> all{
      Trigger{"finite", [](Evidence& e) { e.fault = "loss of 'out' was not finite"; }},
      Trigger{"finite", [](Evidence& e) { e.examination.fault = "rate of 'out' was not finite"; }},
      Trigger{"saturated", [](Evidence& e) { set(e, examined::kSaturated, 0.8); }},
      Trigger{"dead", [](Evidence& e) { set(e, examined::kDead, 0.95); }},
      Trigger{"dead", [](Evidence& e) { set(e, examined::kBurstless, 1); }},
      Trigger{"weights at bounds", [](Evidence& e) { set(e, examined::kAtBounds, 0.8); }},
      Trigger{"not settled", [](Evidence& e) { set(e, examined::kUnsettled, 0.2); }},
      Trigger{"time step", [](Evidence& e) { set(e, examined::kHalvedStep, 0.3); }},
      Trigger{"evaluation", [](Evidence& e) { set(e, examined::kAnswerChange, 0.3); }},
      Trigger{"chance", [](Evidence& e) { measure(e, 5, "test", "accuracy", 0.36); }},
      Trigger{"loss", [](Evidence& e) { measure(e, 5, "validation", "loss", 8.2e5); }},
      Trigger{"single seed", [](Evidence& e) { e.seeds = {1}; }},
      Trigger{"equals backpropagation", [](Evidence& e) { set(e, examined::kCreditAngle, 0.01); }},
      Trigger{"alignment",
              [](Evidence& e) {
                measure(e, 5, "a1", "angle_deg", 91);
                measure(e, 5, "validation", "loss", 0.99);
              }},
      Trigger{"leak", [](Evidence& e) { set(e, examined::kLeaked, 0.5); }}};
  return all;
}

INSTANTIATE_TEST_SUITE_P(Checks, EveryCheck, testing::ValuesIn(triggers()), [](const auto& trigger) {
  std::string name = trigger.param.check + std::to_string(trigger.index);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

TEST(Diagnosis, EveryCheckHasATrigger) {
  std::set<std::string> triggered;
  for (const Trigger& t : triggers()) triggered.insert(t.check);
  const std::vector<std::string> checks = names_of_checks();
  EXPECT_EQ(triggered, std::set<std::string>(checks.begin(), checks.end()));
}

TEST(Diagnosis, ModelsThatSayThatTheyUseForwardWeightsMayEqualBackpropagation) {
  Evidence e = good();
  set(e, examined::kCreditAngle, 0.01);
  e.needs = {"weight transport"};
  EXPECT_THAT(checks_of(e, Verdict::attention), IsEmpty());
}

TEST(Diagnosis, WhereAnAreaIsNotTaughtTheOthersDoNotSpeakForIt) {
  Evidence e = good();
  set(e, examined::kCreditAngle, 0.01);
  e.examination.add(examined::kCreditAngle, "a2", 1, std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(checks_of(e, Verdict::not_applicable), testing::ElementsAre("equals backpropagation"));
}

TEST(Diagnosis, WhatGrowsBeyondAllNumbersIsNoAbsentFigure) {
  Evidence e = good();
  set(e, examined::kUnsettled, std::numeric_limits<double>::infinity());
  EXPECT_THAT(checks_of(e, Verdict::attention), testing::ElementsAre("not settled"));
}

TEST(Diagnosis, AnExaminationThatBrokeOffSaysWhy) {
  Evidence e;
  e.seeds = {1, 2};
  e.examination.broken = "the world did not repeat itself";
  for (const Finding& f : diagnose(e)) {
    if (f.check == "leak") {
      EXPECT_THAT(f.measured, HasSubstr("the world did not repeat itself"));
    }
  }
}

TEST(Diagnosis, ASingleAreaHasTheErrorItselfWhateverTheRule) {
  Evidence e = good();
  set(e, examined::kCreditAngle, 0.01);
  std::erase_if(e.examination.figures,
                [](const Measurement& m) { return m.metric == examined::kCreditAngle && m.where == "a2"; });
  EXPECT_THAT(checks_of(e, Verdict::attention), IsEmpty());
  EXPECT_THAT(checks_of(e, Verdict::not_applicable), testing::ElementsAre("equals backpropagation"));
}

TEST(Diagnosis, RightAnglesSampleBySampleAreFineWhereTheLossFalls) {
  Evidence e = good();
  measure(e, 5, "a1", "angle_deg", 91);
  EXPECT_THAT(checks_of(e, Verdict::attention), IsEmpty());
}

TEST(Diagnosis, HalfALayerOfSilentUnitsIsHowRectifiedNetworksBegin) {
  Evidence e = good();
  set(e, examined::kDead, 0.7);
  EXPECT_THAT(checks_of(e, Verdict::attention), IsEmpty());
}

TEST(Diagnosis, OneSeedIsEnoughWhereNothingIsDrawn) {
  Evidence e = good();
  e.seeds = {1};
  e.examination.add(examined::kSeedless, "test", 1, 1);
  EXPECT_THAT(checks_of(e, Verdict::attention), IsEmpty());
}

TEST(Diagnosis, WhatWasNotTrainedIsNotAtChanceByFailure) {
  Evidence e = good();
  for (Measurement& m : e.measured) m.epoch = 0;
  measure(e, 0, "test", "accuracy", 0.3);
  EXPECT_THAT(checks_of(e, Verdict::attention), IsEmpty());
}

TEST(Diagnosis, ChanceIsThatOfTheMostFrequentClass) {
  Evidence e = good();
  measure(e, 5, "test", "accuracy", 0.5);
  EXPECT_THAT(checks_of(e, Verdict::attention), IsEmpty());
  set(e, examined::kChance, 0.5);
  EXPECT_THAT(checks_of(e, Verdict::attention), testing::ElementsAre("chance"));
}

/// Five networks that end in the same linear solution of XOR have not been tested with 20 patterns.
TEST(Diagnosis, SeedsThatAnswerTheSameSamplesAreNoMoreSamples) {
  Evidence e;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    e.seeds.push_back(seed);
    e.measured.insert(e.measured.end(),
                      {{9, "test", "accuracy", seed, 0.75}, {9, "test", "samples", seed, 4}});
    e.examination.add(examined::kChance, "test", seed, 0.5);
  }
  EXPECT_THAT(checks_of(e, Verdict::attention), testing::ElementsAre("chance"));
}

}  // namespace
}  // namespace apical
