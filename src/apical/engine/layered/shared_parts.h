// SPDX-License-Identifier: Apache-2.0
// Products that several ranks compute together. All ranks have the whole network and take the same steps;
// of a product that is worth it each computes some of the parts into which it is cut anyway (tiles of a dense
// product, groups of samples of a convolution), and hears the others. A part is one call of the BLAS wherever
// it is made, so that the bits are those of one process.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "apical/core/ranks.h"
#include "apical/engine/layered/network.h"
#include "apical/engine/layered/workers.h"

namespace apical::layered {

/// Whether so many multiply-adds for a result of so many numbers outweigh that these travel. With two ranks
/// over shared memory (2 GB/s) beside 50 Gflop/s a number pays from about a hundred multiply-adds on; a
/// message of its own from about a million.
inline constexpr double kWorthOfMessage = 1 << 21, kWorthOfNumber = 128;
inline bool is_worth_sharing(double multiply_adds, double numbers) {
  return multiply_adds >= kWorthOfMessage && multiply_adds >= kWorthOfNumber * numbers;
}
/// What two ranks take for a batch of so many samples, of the time of one: what they share is halved, what
/// travels is added. By the products alone, so that it is less than is ever reached; 1 if they share nothing.
double time_of_two_ranks(const NetworkDescription& description, std::size_t batch);
/// Why ranks would not pay; empty if they may.
std::string why_not_shared(const NetworkDescription& description, std::size_t batch);

inline bool shares(const Workers& workers, std::size_t parts, double multiply_adds, double numbers) {
  return workers.ranks() != nullptr && parts > 1 && is_worth_sharing(multiply_adds, numbers);
}

/// compute(part) for every part, by one rank each. stretches(part, f) says where a part's result lies: it
/// calls f(T* first, count) for one stretch after the other.
template <class T, class Compute, class Stretches>
void run_on_ranks(const Workers& workers, std::size_t parts, Compute&& compute, Stretches&& stretches) {
  Ranks& ranks = *workers.ranks();
  const auto first_of = [&](std::size_t rank) { return parts * rank / ranks.size(); };
  const std::size_t first = first_of(ranks.rank()), last = first_of(ranks.rank() + 1);
  workers.run(last - first, [&](std::size_t k) { compute(first + k); });
  static thread_local std::vector<T> own;
  own.clear();
  for (std::size_t part = first; part < last; ++part)
    stretches(part, [&](const T* at, std::size_t n) { own.insert(own.end(), at, at + n); });
  const auto all = ranks.exchange(std::as_bytes(std::span(std::as_const(own))));
  for (std::size_t r = 0; r < all.size(); ++r) {
    if (r == ranks.rank()) continue;
    const std::byte* from = all[r].data();
    for (std::size_t part = first_of(r); part < first_of(r + 1); ++part) {
      stretches(part, [&](T* at, std::size_t n) {
        std::memcpy(at, from, n * sizeof(T));
        from += n * sizeof(T);
      });
    }
  }
}

}  // namespace apical::layered
