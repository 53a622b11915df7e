// SPDX-License-Identifier: Apache-2.0
// A course that is a protocol of its own: one round, curves, and what can be read off them.
#pragma once

#include <string>
#include <vector>

#include "apical/procedure/spiking_course.h"

namespace apical {

/// "P(0) = 0.3" → "P0_0.3": a curve's label in names of measures.
std::string measure_of(const std::string& label);

class CurveCourse final : public SpikingCourse {
 public:
  CurveCourse(course::CurveProtocol protocol, std::uint64_t seed)
      : protocol_(std::move(protocol)), seed_(seed) {}
  std::vector<MeasureRow> run_round(std::size_t round) override;
  const std::vector<course::WeightChangeCurve>& curves() const override { return curves_; }

 private:
  course::CurveProtocol protocol_;
  std::uint64_t seed_;
  std::vector<course::WeightChangeCurve> curves_;
};

}  // namespace apical
