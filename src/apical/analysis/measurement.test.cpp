// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/analysis/metrics.h"

namespace apical {
namespace {

using testing::ElementsAre;

const std::vector<Measurement> kRows{{0, "test", "loss", 2, 4},
                                     {0, "test", "loss", 1, 3},
                                     {1, "test", "loss", 1, 2},
                                     {1, "v1", "angle_deg", 1, 40},
                                     {1, "validation", "loss", 1, 9}};

TEST(Measurements, AreCurvesOfSeedsOverEpochs) {
  const std::vector<SeedCurve> curves = curves_of(kRows, "test", "loss");
  ASSERT_EQ(curves.size(), 2U);
  EXPECT_EQ(curves[0].seed, 2U);
  EXPECT_THAT(curves[1].x, ElementsAre(0, 1));
  EXPECT_THAT(curves[1].y, ElementsAre(3, 2));
  EXPECT_TRUE(curves_of(kRows, "v1", "loss").empty());
}

TEST(Measurements, LastAndFirstAreBySeed) {
  EXPECT_THAT(values_of(last_of(kRows, "test", "loss")), ElementsAre(2, 4));
  EXPECT_THAT(values_of(first_of(kRows, "test", "loss")), ElementsAre(3, 4));
  EXPECT_TRUE(last_of(kRows, "test", "accuracy").empty());
}

TEST(Measurements, AreSortedByEpochThenPlaceThenMetricThenSeed) {
  std::vector<Measurement> rows = kRows;
  sort_by_key(rows);
  EXPECT_EQ(rows.front().seed, 1U);
  EXPECT_EQ(rows.back().where, "validation");
  const std::vector<MeasuredCourse> courses = courses_of(rows);
  EXPECT_THAT(courses, ElementsAre(MeasuredCourse{"test", "loss"}, MeasuredCourse{"v1", "angle_deg"},
                                   MeasuredCourse{"validation", "loss"}));
}

TEST(Metrics, ANameHasItsOwnEntryBeforeAPattern) {
  EXPECT_EQ(metric_of("accuracy").better, Better::higher);
  EXPECT_EQ(axis_of(metric_of("accuracy")), "accuracy (%)");
  EXPECT_EQ(metric_of("weight_in_hid_mV").unit, "mV");
  EXPECT_EQ(metric_of("weight_in1_hid2").unit, "");
}

TEST(Metrics, PartsOfACircuitAreNamedByPatterns) {
  const Metric rate = metric_of("pyr2_event_Hz_10");
  EXPECT_EQ(rate.unit, "Hz");
  EXPECT_EQ(rate.name, "pyr2_event_Hz_10");
  EXPECT_EQ(rate.words, "pyr2 event Hz 10");
  EXPECT_EQ(metric_of("r_event_Hz_10").unit, "Hz") << "of a population called r";
  EXPECT_EQ(metric_of("pv_burst_Hz_10").low, 0.0);
  EXPECT_EQ(metric_of("hid1_taught_burst_probability_01").high, 1.0);
  EXPECT_EQ(metric_of("r_burst_probability_2_soma_drive").low, -1.0) << "a correlation, not a probability";
}

TEST(Metrics, WhatNobodyDeclaredCanBeShownAllTheSame) {
  EXPECT_EQ(find_metric("spin"), nullptr);
  EXPECT_EQ(metric_of("spin_glass").words, "spin glass");
  EXPECT_EQ(axis_of(metric_of("spin_glass")), "spin glass");
}

TEST(Metrics, OfAreasAreFoundByTheNameThatExpectationsUse) {
  ASSERT_NE(find_area_quantity("feedback_angle"), nullptr);
  EXPECT_EQ(find_area_quantity("feedback_angle")->name, "feedback_angle_deg");
  EXPECT_EQ(find_area_quantity("angle")->name, "angle_deg");
  EXPECT_EQ(find_area_quantity("loss"), nullptr);
}

TEST(Metrics, NamesAreThereOnce) {
  for (const Metric& m : metrics()) {
    EXPECT_FALSE(m.words.empty()) << m.name;
    EXPECT_EQ(find_metric(m.name), &m) << m.name << " is hidden by an entry before it";
  }
}

}  // namespace
}  // namespace apical
