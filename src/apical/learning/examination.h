// SPDX-License-Identifier: Apache-2.0
// What learners of any kind share when the end of a run is examined (analysis/diagnosis.h): units over
// samples, answers beside answers, and the data themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "apical/analysis/diagnosis.h"
#include "apical/core/matrix.h"
#include "apical/learning/learner.h"
#include "apical/tasks/dataset.h"

namespace apical {

/// Samples that are looked at; more would tell little and take as long as an evaluation.
inline constexpr std::size_t kExaminedSamples = 20, kExaminedActivities = 100;
/// Bytes of learners that are examined at all: it takes copies of states, credit and gradient, several times
/// what learning does.
inline constexpr std::size_t kMostCopied = 250'000'000;
inline constexpr const char* kTooLarge = "the model is too large to be copied for it";

/// The activities of an area's units over samples.
class UnitActivity {
 public:
  /// `bounds`: of the activation; a side without one is infinite.
  explicit UnitActivity(std::pair<double, double> bounds) : bounds_(bounds) {}
  template <class Value>
  void sample(std::span<const Value> units) {
    rows_.emplace_back(units.begin(), units.end());
  }
  /// Share of units that lie at a bound in nearly all samples: within 0.25 % of the range, where a logistic
  /// unit has less than 1 % of its steepest slope left.
  double saturated() const;
  /// Share of units whose activity is 0, beside the largest of the area, in all samples.
  double dead() const;
  bool has_bounds() const;

 private:
  std::pair<double, double> bounds_;
  std::vector<std::vector<double>> rows_;
};

/// Mean |a - b| over the range of `a`; nothing if `a` has none; infinite if not all numbers are finite. One
/// row a sample.
std::optional<double> change_between(const Matrix<double>& a, const Matrix<double>& b);

/// Whichever split has samples: test, validation, else training.
const Split& examined_split(const Dataset& data);
/// 0, 1, … of so many samples, `most` at most.
std::vector<std::uint32_t> first_samples(std::size_t all, std::size_t most);

/// Angles between credit and gradient, of every area; NaN where one of the two had no length.
void add_angles(const std::vector<std::vector<AreaAlignment>>& of_replicas,
                std::span<const std::uint64_t> seeds, Examination& x);

/// The share of the most frequent class, and samples of the test that are among those of training.
void examine_data(const Dataset& data, std::uint64_t seed, Examination& x);

}  // namespace apical
