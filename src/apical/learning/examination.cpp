// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/examination.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <string_view>
#include <unordered_set>

namespace apical {
namespace {

constexpr double kNearBound = 0.0025, kNearlyAll = 0.95, kSilent = 1e-3;
constexpr double kMostNumbers = 3e8;    // that are read to look for samples in common
constexpr std::size_t kFewInputs = 64;  // of which training has all there are
constexpr std::size_t kMostCompared = 1000;

std::size_t key_of(const Split& split, std::size_t sample, std::vector<double>& buffer) {
  split.read_input(sample, std::span<double>(buffer));
  return std::hash<std::string_view>{}(
      {reinterpret_cast<const char*>(buffer.data()), buffer.size() * sizeof(double)});
}

void look_for_leaks(const Dataset& data, std::uint64_t seed, Examination& x) {
  if (data.episodes || data.closed_loop || data.is_sequence())
    return x.without(examined::kLeaked, "the task draws or steers what it shows");
  if (data.test.size() == 0 || data.train.size() == 0)
    return x.without(examined::kLeaked, "there is no test split beside training");
  if (data.train.inputs.files())
    return x.without(examined::kLeaked, "pictures stay files: all of them would have to be read again");
  const double numbers = static_cast<double>(data.train.size()) * static_cast<double>(data.inputs());
  if (numbers > kMostNumbers) return x.without(examined::kLeaked, "the data are too large to be compared");
  std::vector<double> buffer(data.inputs());
  std::unordered_set<std::size_t> shown;
  for (std::size_t k = 0; k < data.train.size(); ++k) shown.insert(key_of(data.train, k, buffer));
  if (shown.size() <= kFewInputs)
    return x.without(examined::kLeaked, "the task has few inputs, and shows all of them in both");
  const std::size_t tested = std::min(data.test.size(), kMostCompared);
  std::size_t common = 0;
  for (std::size_t k = 0; k < tested; ++k) common += shown.count(key_of(data.test, k, buffer));
  x.add(examined::kLeaked, "test", seed, static_cast<double>(common) / static_cast<double>(tested));
}

}  // namespace

bool UnitActivity::has_bounds() const {
  return std::isfinite(bounds_.first) || std::isfinite(bounds_.second);
}

double UnitActivity::saturated() const {
  if (rows_.empty() || rows_.front().empty()) return 0;
  const double low = bounds_.first, high = bounds_.second;
  const double near = kNearBound * (std::isfinite(high - low) ? high - low : 1);
  std::size_t saturated = 0;
  for (std::size_t i = 0; i < rows_.front().size(); ++i) {
    const auto at_bound = [&](const std::vector<double>& row) {
      return row[i] <= low + near || row[i] >= high - near;
    };
    const auto count = static_cast<double>(std::count_if(rows_.begin(), rows_.end(), at_bound));
    saturated += count >= kNearlyAll * static_cast<double>(rows_.size()) ? 1 : 0;
  }
  return static_cast<double>(saturated) / static_cast<double>(rows_.front().size());
}

double UnitActivity::dead() const {
  if (rows_.empty() || rows_.front().empty()) return 0;
  std::vector<double> largest(rows_.front().size(), 0.0);
  for (const std::vector<double>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) largest[i] = std::max(largest[i], std::abs(row[i]));
  }
  const double silent = kSilent * *std::max_element(largest.begin(), largest.end());
  const auto dead = std::count_if(largest.begin(), largest.end(), [&](double a) { return a <= silent; });
  return static_cast<double>(dead) / static_cast<double>(largest.size());
}

std::optional<double> change_between(const Matrix<double>& a, const Matrix<double>& b) {
  APICAL_CHECK(a.rows() == b.rows() && a.cols() == b.cols());
  if (a.size() == 0) return {};
  const auto finite = [](const Matrix<double>& m) {
    return std::all_of(m.flat().begin(), m.flat().end(), [](double v) { return std::isfinite(v); });
  };
  if (!finite(a) || !finite(b)) return std::numeric_limits<double>::infinity();
  const auto [low, high] = std::minmax_element(a.flat().begin(), a.flat().end());
  if (!(*high > *low)) return {};
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a.flat()[i] - b.flat()[i]);
  return sum / static_cast<double>(a.size()) / (*high - *low);
}

const Split& examined_split(const Dataset& data) {
  return data.test.size() > 0 ? data.test : data.validation.size() > 0 ? data.validation : data.train;
}

std::vector<std::uint32_t> first_samples(std::size_t all, std::size_t most) {
  std::vector<std::uint32_t> out(std::min(all, most));
  std::iota(out.begin(), out.end(), 0U);
  return out;
}

void add_angles(const std::vector<std::vector<AreaAlignment>>& of_replicas,
                std::span<const std::uint64_t> seeds, Examination& x) {
  for (std::size_t r = 0; r < of_replicas.size(); ++r) {
    for (const AreaAlignment& a : of_replicas[r])
      x.add(examined::kCreditAngle, a.area, seeds[r], a.mean_angle);
  }
}

void examine_data(const Dataset& data, std::uint64_t seed, Examination& x) {
  if (data.readout == Readout::regression || data.test.labels.empty()) {
    x.without(examined::kChance, "the task asks for no decisions");
  } else {
    std::vector<std::size_t> count;
    for (const std::int32_t label : data.test.labels) {
      count.resize(std::max(count.size(), static_cast<std::size_t>(label) + 1), 0);
      ++count[static_cast<std::size_t>(label)];
    }
    x.add(examined::kChance, "test", seed,
          static_cast<double>(*std::max_element(count.begin(), count.end())) /
              static_cast<double>(data.test.labels.size()));
  }
  look_for_leaks(data, seed, x);
}

}  // namespace apical
