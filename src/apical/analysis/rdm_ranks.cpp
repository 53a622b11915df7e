// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/rdm_ranks.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apical/core/error.h"

namespace apical {
namespace {

/// Two entries of a ranking, packed so that they sort by a, then b.
std::uint64_t packed(std::uint32_t a, std::uint32_t b) { return std::uint64_t{a} << 32 | b; }
std::uint32_t second(std::uint64_t pair) { return static_cast<std::uint32_t>(pair); }

/// Σ t(t-1)/2 over runs of equal elements of a sorted sequence.
template <class Equal>
double tied_pairs(std::span<const std::uint64_t> sorted, Equal equal) {
  double ties = 0;
  for (std::size_t begin = 0, i = 1; i <= sorted.size(); ++i) {
    if (i < sorted.size() && equal(sorted[begin], sorted[i])) continue;
    const auto t = static_cast<double>(i - begin);
    ties += t * (t - 1) / 2;
    begin = i;
  }
  return ties;
}

/// Stable, in the time of one pass and of the numbers that occur.
template <class Part>
void sort_by_part(std::vector<std::uint64_t>& values, std::vector<std::uint64_t>& buffer, Part part) {
  std::uint32_t most = 0;
  for (const std::uint64_t v : values) most = std::max(most, part(v));
  std::vector<std::uint32_t> at(std::size_t{most} + 2, 0);
  for (const std::uint64_t v : values) ++at[part(v) + 1];
  std::partial_sum(at.begin(), at.end(), at.begin());
  for (const std::uint64_t v : values) buffer[at[part(v)]++] = v;
  values.swap(buffer);
}

/// Sorts by the second number and counts how often a smaller one had to pass a larger one.
double swaps(std::span<std::uint64_t> values, std::span<std::uint64_t> buffer) {
  if (values.size() < 2) return 0;
  const std::size_t half = values.size() / 2;
  double count =
      swaps(values.first(half), buffer.first(half)) + swaps(values.subspan(half), buffer.subspan(half));
  std::size_t left = 0, right = half, out = 0;
  while (left < half && right < values.size()) {
    if (second(values[right]) < second(values[left])) {
      count += static_cast<double>(half - left);
      buffer[out++] = values[right++];
    } else {
      buffer[out++] = values[left++];
    }
  }
  while (left < half) buffer[out++] = values[left++];
  while (right < values.size()) buffer[out++] = values[right++];
  std::copy(buffer.begin(), buffer.end(), values.begin());
  return count;
}

}  // namespace

RankGroups rank_groups(std::span<const double> entries) {
  double largest = 0;
  for (const double d : entries) {
    APICAL_CHECK(std::isfinite(d));
    largest = std::max(largest, std::abs(d));
  }
  std::vector<std::int64_t> keys(entries.size());
  for (std::size_t e = 0; e < entries.size(); ++e) {
    keys[e] = largest > 0 ? std::llrint(1e12 * (entries[e] / largest)) : 0;
  }
  std::vector<std::uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) { return keys[x] < keys[y]; });
  RankGroups groups{std::vector<std::uint32_t>(entries.size()), 0};
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k == 0 || keys[order[k]] != keys[order[k - 1]]) ++groups.count;
    groups.of[order[k]] = groups.count - 1;
  }
  return groups;
}

std::vector<double> midranks(std::span<const std::uint32_t> groups, std::uint32_t count) {
  std::vector<std::uint32_t> members(count, 0);
  for (const std::uint32_t g : groups) ++members[g];
  std::vector<double> rank_of(count);
  double below = 0;
  for (std::uint32_t g = 0; g < count; ++g) {
    rank_of[g] = below + (members[g] + 1.0) / 2;
    below += members[g];
  }
  std::vector<double> ranks(groups.size());
  for (std::size_t e = 0; e < groups.size(); ++e) ranks[e] = rank_of[groups[e]];
  return ranks;
}

std::vector<double> midranks(std::span<const double> entries) {
  const RankGroups groups = rank_groups(entries);
  return midranks(groups.of, groups.count);
}

double tied_share(std::span<const double> entries) {
  const RankGroups groups = rank_groups(entries);
  std::vector<double> members(groups.count, 0);
  for (const std::uint32_t g : groups.of) ++members[g];
  double tied = 0;
  for (const double t : members) tied += t * (t - 1) / 2;
  const auto n = static_cast<double>(entries.size());
  return n < 2 ? 0 : tied / (n * (n - 1) / 2);
}

Concordance concordance(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  APICAL_CHECK(a.size() == b.size());
  std::vector<std::uint64_t> both(a.size()), buffer(a.size());
  for (std::size_t e = 0; e < a.size(); ++e) both[e] = packed(a[e], b[e]);
  // By b, then by a, each by counting: numbers of groups are small.
  sort_by_part(both, buffer, [](std::uint64_t pair) { return second(pair); });
  Concordance found;
  found.pairs = static_cast<double>(a.size()) * (static_cast<double>(a.size()) - 1) / 2;
  found.tied_in_b = tied_pairs(both, [](auto x, auto y) { return second(x) == second(y); });
  sort_by_part(both, buffer, [](std::uint64_t pair) { return static_cast<std::uint32_t>(pair >> 32); });
  found.tied_in_a = tied_pairs(both, [](auto x, auto y) { return x >> 32 == y >> 32; });
  const double tied_in_both = tied_pairs(both, [](auto x, auto y) { return x == y; });
  const double discordant = swaps(both, buffer);
  found.difference = found.pairs - found.tied_in_a - found.tied_in_b + tied_in_both - 2 * discordant;
  return found;
}

}  // namespace apical
