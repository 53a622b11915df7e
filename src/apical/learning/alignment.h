// SPDX-License-Identifier: Apache-2.0
// Angle between the credit a learner assigns and the exact negative gradient of the same loss in the same
// weights, per area and in total (Max et al. 2025: one angle per sample, at the end of its presentation).
// Areas have learning rates of their own, so for the total the credit of each area is first scaled to the
// length of the gradient there: cos = sum_a |g_a|^2 cos_a / (|g| |g where there is credit|).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "apical/core/error.h"
#include "apical/learning/exact_gradient.h"
#include "apical/learning/learner.h"

namespace apical {

/// Angle in degrees from the products <a,b>, <a,a> and <b,b>; NaN if one of the two is zero.
double angle_degrees(double ab, double aa, double bb);

/// Runs `measure`; faults in it are told again with seed and step.
template <class F>
void telling_of(std::uint64_t seed, std::uint64_t step, F&& measure) {
  try {
    measure();
  } catch (const NumericalFault& fault) {
    NumericalFault::Where where = fault.where();
    where.seed = seed;
    where.step = static_cast<std::int64_t>(step);
    throw NumericalFault(std::move(where));
  }
}

/// Products of a credit a and a gradient b: <a,b>, <a,a>, <b,b>.
struct CreditProducts {
  double ab = 0, aa = 0, bb = 0;
  double angle() const { return angle_degrees(ab, aa, bb); }
};
/// Of all areas together, the credit of each scaled to the length of its gradient.
CreditProducts total_of(std::span<const CreditProducts> areas);

/// Angles of samples, per area and in total.
class AngleStatistics {
 public:
  /// `areas`: names, without "total".
  explicit AngleStatistics(std::vector<std::string> areas);
  /// The products of one sample, one entry per area. NumericalFault, which knows the area alone, if credit or
  /// gradient is not finite: no angle would tell it from one that is zero.
  void count(std::vector<CreditProducts> areas);
  /// `batch`: the products of the sums over all samples. One entry per area, then "total".
  std::vector<AreaAlignment> result(std::vector<CreditProducts> batch) const;

 private:
  std::vector<std::string> names_;
  std::vector<double> angle_sum_;
  std::vector<std::size_t> defined_;
  std::size_t samples_ = 0;
};

/// Collects samples of one replica. Credit arrives as the factors of rank-one updates, or, of rules that are
/// interpreted, as whole ones.
class AlignmentMeter {
 public:
  /// `gradient` holds the replica's weights and must outlive the meter.
  AlignmentMeter(const Circuit& circuit, FeedforwardGradient& gradient);

  /// Factors of the update of learnable projection number `m`, to be filled before sample().
  std::span<double> post(std::size_t m) { return post_[m]; }
  std::span<double> pre(std::size_t m) { return pre_[m]; }
  /// The update of a rule that is interpreted; one to one a single row. Empty for others.
  Matrix<double>& whole(std::size_t m) { return whole_[m]; }
  void sample(std::span<const double> input, std::span<const double> target);

  /// One entry per area with learnable projections, in the circuit's order, then "total".
  std::vector<AreaAlignment> result() const;

 private:
  const Circuit& circuit_;
  FeedforwardGradient& gradient_;
  std::vector<std::size_t> area_of_;  ///< by learnable projection
  std::size_t areas_ = 0;
  std::vector<std::vector<double>> post_, pre_;
  std::vector<Matrix<double>> whole_, credit_sum_, gradient_sum_;
  std::optional<AngleStatistics> angles_;  ///< once the areas are known
};

}  // namespace apical
