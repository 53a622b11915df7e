// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/rdm_compare.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "apical/analysis/dot.h"
#include "apical/core/error.h"

namespace apical {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void subtract_mean(std::vector<double>& values) {
  const double centre =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  for (double& x : values) x -= centre;
}

/// False if all of `values` are equal up to rounding at the size of `scale`.
bool to_length(std::vector<double>& values, double factor, double scale) {
  const double length = std::sqrt(dot(values, values));
  const double rounding =
      8 * std::numeric_limits<double>::epsilon() * scale * std::sqrt(static_cast<double>(values.size()));
  if (!(length > rounding)) return false;
  for (double& x : values) x *= factor / length;
  return true;
}

double largest_by_size(std::span<const double> values) {
  double most = 0;
  for (const double x : values) most = std::max(most, std::abs(x));
  return most;
}

/// 2I + A'A.
Matrix<double> incidence_product(const ChosenPairs& pairs) {
  Matrix<double> s(pairs.places, pairs.places);
  for (std::size_t i = 0; i < pairs.places; ++i) s(i, i) = 2;
  for (std::size_t e = 0; e < pairs.size(); ++e) {
    const std::size_t a = pairs.a[e], b = pairs.b[e];
    s(a, a) += 1;
    s(b, b) += 1;
    s(a, b) += 1;
    s(b, a) += 1;
  }
  return s;
}

void require_alike(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) {
    throw DataError(fmt::format("RDMs of {} and of {} entries cannot be compared", a.size(), b.size()));
  }
  if (!stimuli_of(a.size())) {
    throw DataError(fmt::format("{} entries are no RDM: n stimuli have n(n-1)/2", a.size()));
  }
}

/// Takes out of `values` what lies along the orthonormal `basis`, twice: once leaves rounding behind.
void take_out(std::vector<double>& values, const std::vector<std::vector<double>>& basis) {
  for (int pass = 0; pass < 2; ++pass) {
    for (const auto& direction : basis) {
      const double along = dot(values, direction);
      for (std::size_t e = 0; e < values.size(); ++e) values[e] -= along * direction[e];
    }
  }
}

}  // namespace

RdmWhitening::RdmWhitening(const ChosenPairs& pairs) : pairs_(pairs), inner_(incidence_product(pairs)) {}

std::vector<double> RdmWhitening::operator()(std::span<const double> entries) const {
  APICAL_CHECK(entries.size() == pairs_.size());
  std::vector<double> sums(pairs_.places, 0.0);
  for (std::size_t e = 0; e < entries.size(); ++e) {
    sums[pairs_.a[e]] += entries[e];
    sums[pairs_.b[e]] += entries[e];
  }
  const std::vector<double> inner = inner_.solve(sums);
  std::vector<double> white(entries.size());
  for (std::size_t e = 0; e < entries.size(); ++e) {
    white[e] = (entries[e] - inner[pairs_.a[e]] - inner[pairs_.b[e]]) / 2;
  }
  return white;
}

ReadyRdm ready(std::span<const std::uint32_t> groups, std::uint32_t count, RdmMeasure measure) {
  ReadyRdm made{measure, {}, {}, {}, true};
  if (uses_order_only(measure)) {
    made.order.assign(groups.begin(), groups.end());
    if (measure == RdmMeasure::tau_b) {
      made.defined = std::any_of(groups.begin(), groups.end(), [&](auto g) { return g != groups[0]; });
    }
    return made;
  }
  std::vector<double> ranks = midranks(groups, count);
  const auto n = static_cast<double>(ranks.size());
  for (double& r : ranks) r -= (n + 1) / 2;
  if (measure == RdmMeasure::rho_a) {
    const double factor = std::sqrt(12 / (n * n * n - n));
    for (double& r : ranks) r *= factor;
  } else {
    made.defined = to_length(ranks, 1, n);
  }
  made.left = made.right = std::move(ranks);
  return made;
}

ReadyRdm ready(std::span<const double> entries, RdmMeasure measure, const RdmWhitening* whitening) {
  if (uses_ranks(measure)) {
    const RankGroups groups = rank_groups(entries);
    return ready(groups.of, groups.count, measure);
  }
  ReadyRdm made{measure, {entries.begin(), entries.end()}, {}, {}, true};
  const double scale = largest_by_size(entries);
  if (measure == RdmMeasure::pearson || measure == RdmMeasure::whitened_pearson) subtract_mean(made.left);
  if (!is_whitened(measure)) {
    made.defined = to_length(made.left, 1, scale);
    made.right = made.left;
    return made;
  }
  APICAL_CHECK(whitening != nullptr);
  std::vector<double> unscaled = made.left;
  made.defined = to_length(unscaled, 1, scale);
  made.right = (*whitening)(made.left);
  const double length = std::sqrt(dot(made.left, made.right));
  for (double& x : made.left) x /= length;
  for (double& x : made.right) x /= length;
  return made;
}

double compare(const ReadyRdm& a, const ReadyRdm& b) {
  APICAL_CHECK(a.measure == b.measure);
  if (!a.defined || !b.defined) return kNaN;
  if (!uses_order_only(a.measure)) return dot(a.left, b.right);
  const Concordance c = concordance(a.order, b.order);
  if (a.measure == RdmMeasure::tau_a) return c.difference / c.pairs;
  return c.difference / std::sqrt((c.pairs - c.tied_in_a) * (c.pairs - c.tied_in_b));
}

double compare_rdms(std::span<const double> a, std::span<const double> b, RdmMeasure measure) {
  require_alike(a, b);
  if (!is_whitened(measure)) return compare(ready(a, measure), ready(b, measure));
  const ChosenPairs pairs = all_pairs(*stimuli_of(a.size()));
  const RdmWhitening whitening(pairs);
  return compare(ready(a, measure, &whitening), ready(b, measure, &whitening));
}

double partial_spearman(std::span<const double> a, std::span<const double> b, std::span<const Rdm> controls) {
  require_alike(a, b);
  const auto n = static_cast<double>(a.size());
  std::vector<std::vector<double>> basis{std::vector<double>(a.size(), 1 / std::sqrt(n))};
  for (const Rdm& control : controls) {
    require_alike(a, control);
    std::vector<double> ranks = midranks(control);
    take_out(ranks, basis);
    // A control that says nothing beyond the others takes nothing out.
    if (to_length(ranks, 1, n * n)) basis.push_back(std::move(ranks));
  }
  std::vector<double> left = midranks(a), right = midranks(b);
  take_out(left, basis);
  take_out(right, basis);
  if (!to_length(left, 1, n * n) || !to_length(right, 1, n * n)) return kNaN;
  return dot(left, right);
}

}  // namespace apical
