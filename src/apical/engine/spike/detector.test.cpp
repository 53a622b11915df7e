// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/detector.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace apical::spike {
namespace {

constexpr double kDt = 1e-4, kLimit = 16e-3;

// Labels of a train given in steps: e, b or -.
std::string labels(DetectorKind kind, const std::vector<Step>& steps) {
  EventBurstDetector detector(kind, kLimit, kDt, 1);
  std::string out;
  for (const Step k : steps) {
    const Label l = detector.label(0, k);
    detector.count(0, k);
    out += l == Label::event ? 'e' : l == Label::burst ? 'b' : '-';
  }
  return out;
}

TEST(Detector, IntervalsUpToTheLimitAreInsideABurst) {
  EXPECT_EQ(labels(DetectorKind::interspike_interval, {0, 160, 1000, 1161}), "ebee");
  EXPECT_EQ(labels(DetectorKind::accumulating, {0, 159, 5000, 5161}), "ebee");
}

TEST(Detector, OnlyTheSecondSpikeOfABurstIsABurst) {
  for (const DetectorKind kind : {DetectorKind::interspike_interval, DetectorKind::accumulating}) {
    EXPECT_EQ(labels(kind, {0, 50, 100, 150, 2000, 2100, 2150}), "eb--eb-");
  }
}

// 1/(16 ms ln(1+e)) = 47.6 Hz: above it the trace never falls below its threshold again.
TEST(Detector, TheAccumulatingKindReadsFastRegularFiringAsOneBurst) {
  std::vector<Step> fast, slow;
  for (Step i = 0; i < 20; ++i) {
    fast.push_back(i * 205);
    slow.push_back(i * 215);
  }
  EXPECT_EQ(labels(DetectorKind::accumulating, slow), std::string(20, 'e'));
  EXPECT_EQ(labels(DetectorKind::interspike_interval, fast), std::string(20, 'e'));
  EXPECT_NE(labels(DetectorKind::accumulating, fast).find("b-"), std::string::npos);
}

// After a doublet with interval d an event is dropped up to 16 ms (1 + ln(1 + exp(-d/16 ms))) after the
// second spike.
TEST(Detector, TheAccumulatingKindDropsEventsSoonAfterADoublet) {
  const double d = 50;
  const auto limit = static_cast<Step>(160 * (1 + std::log(1 + std::exp(-d / 160))));
  EXPECT_EQ(labels(DetectorKind::accumulating, {0, 50, 50 + limit}), "eb-");
  EXPECT_EQ(labels(DetectorKind::accumulating, {0, 50, 50 + limit + 1}), "ebe");
  EXPECT_EQ(labels(DetectorKind::interspike_interval, {0, 50, 50 + limit}), "ebe");
}

TEST(Detector, TheMainlineVariantDiffersByLessThanAStepsDecay) {
  EXPECT_EQ(labels(DetectorKind::accumulating_after_spike, {0, 100, 2000, 2200}), "ebee");
  EXPECT_EQ(labels(DetectorKind::accumulating_after_spike, {0, 158}),
            "ee");  // (1 + x) exp(-dt/tau) < 1 + exp(-1)
  EXPECT_EQ(labels(DetectorKind::accumulating, {0, 158}), "eb");
}

}  // namespace
}  // namespace apical::spike
