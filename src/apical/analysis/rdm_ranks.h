// SPDX-License-Identifier: Apache-2.0
// Ranks of dissimilarities. Distances that are equal up to rounding are tied: before ranking, entries become
// the integers round(1e12 d / max|d|). Which entries are tied is found once, as groups; ranks of any choice
// of entries then follow by counting, without sorting again.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace apical {

/// Entries numbered by value: equal number, equal value up to rounding; a larger number, a larger value.
struct RankGroups {
  std::vector<std::uint32_t> of;  ///< for each entry
  std::uint32_t count = 0;        ///< numbers used
};
/// All entries must be finite.
RankGroups rank_groups(std::span<const double> entries);

/// Ranks from 1, the mean rank where entries are tied. `groups` may leave numbers below `count` unused.
std::vector<double> midranks(std::span<const std::uint32_t> groups, std::uint32_t count);
std::vector<double> midranks(std::span<const double> entries);

/// Of all pairs of entries the share that is tied.
double tied_share(std::span<const double> entries);

/// Pairs of entries that two sequences order alike, less those that they order oppositely, and the pairs tied
/// in each, by merge sort in O(N log N) (Knight, J Am Stat Assoc 61, 1966).
struct Concordance {
  double difference = 0, pairs = 0, tied_in_a = 0, tied_in_b = 0;
};
Concordance concordance(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b);

}  // namespace apical
