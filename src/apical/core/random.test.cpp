// SPDX-License-Identifier: Apache-2.0
#include "apical/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace apical {
namespace {

// Salmon et al. 2011, known-answer test kat_vectors: philox4x32 10, all zero.
TEST(Random, PhiloxGivesThePublishedZeroVector) {
  const auto w = random_words({});
  EXPECT_EQ(w, (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

TEST(Random, EveryPartOfTheAddressChangesTheDraw) {
  const Address a{7, Stream::initial_weight, 3, 11};
  std::set<double> seen{uniform(a)};
  for (Address b : {Address{8, a.stream, 3, 11}, Address{7, Stream::sample_order, 3, 11},
                    Address{7, a.stream, 4, 11}, Address{7, a.stream, 3, 12},
                    Address{7 + (1ULL << 40), a.stream, 3, 11}, Address{7, a.stream, 3, 11 + (1ULL << 40)}}) {
    EXPECT_TRUE(seen.insert(uniform(b)).second);
  }
}

TEST(Random, MomentsAreThoseOfTheLawWithinFiveStandardErrors) {
  const int n = 100000;
  double mean_u = 0, mean_n = 0, var_n = 0;
  for (int i = 0; i < n; ++i) {
    const Address a{1, Stream::task_input, 0, static_cast<std::uint64_t>(i)};
    mean_u += uniform(a) / n;
    const double z = normal(a);
    mean_n += z / n;
    var_n += z * z / n;
  }
  EXPECT_NEAR(mean_u, 0.5, 5 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(mean_n, 0.0, 5 * std::sqrt(1.0 / n));
  EXPECT_NEAR(var_n, 1.0, 5 * std::sqrt(2.0 / n));
}

TEST(Random, PermutationIsAPermutationAndDependsOnItsNumber) {
  const Address first{5, Stream::sample_order, 0, 0}, second{5, Stream::sample_order, 0, 1};
  auto p = permutation(first, 1000);
  EXPECT_NE(p, permutation(second, 1000));
  EXPECT_EQ(p, permutation(first, 1000));
  std::sort(p.begin(), p.end());
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_EQ(p[i], i);
}

TEST(Random, IntegersBelowNAreUniform) {
  std::array<int, 7> count{};
  const int n = 70000;
  for (int i = 0; i < n; ++i) {
    count[uniform_integer({9, Stream::action, 0, static_cast<std::uint64_t>(i)}, 7)]++;
  }
  for (int c : count) EXPECT_NEAR(c, n / 7.0, 5 * std::sqrt(n / 7.0));
}

}  // namespace
}  // namespace apical
