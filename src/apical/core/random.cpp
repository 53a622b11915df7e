// SPDX-License-Identifier: Apache-2.0
#include "apical/core/random.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <numeric>

namespace apical {
namespace {
using Philox = r123::Philox4x32;
__extension__ using Wide = unsigned __int128;

// Counter: index (64 bits), object, stream + sub-draw in the top byte; key: seed. `sub` numbers further
// words at one address (rejections, the members of a permutation).
std::array<std::uint32_t, 4> words(const Address& a, std::uint32_t sub) noexcept {
  const Philox::ctr_type counter{{static_cast<std::uint32_t>(a.index),
                                  static_cast<std::uint32_t>(a.index >> 32), a.object,
                                  static_cast<std::uint32_t>(a.stream) ^ (sub << 8)}};
  const Philox::key_type key{{static_cast<std::uint32_t>(a.seed), static_cast<std::uint32_t>(a.seed >> 32)}};
  const Philox::ctr_type out = Philox{}(counter, key);
  return {out[0], out[1], out[2], out[3]};
}

double to_unit(std::uint32_t high, std::uint32_t low) noexcept {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32 | low) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

std::uint64_t integer_below(const Address& a, std::uint32_t first_sub, std::uint64_t n) noexcept {
  for (std::uint32_t sub = first_sub;; ++sub) {
    const auto w = words(a, sub);
    const std::uint64_t x = static_cast<std::uint64_t>(w[0]) << 32 | w[1];
    const auto wide = static_cast<Wide>(x) * n;
    const auto low = static_cast<std::uint64_t>(wide);
    if (low >= n || low >= (0 - n) % n) return static_cast<std::uint64_t>(wide >> 64);
  }
}
}  // namespace

std::array<std::uint32_t, 4> random_words(const Address& address) noexcept { return words(address, 0); }

double uniform(const Address& address) noexcept {
  const auto w = words(address, 0);
  return to_unit(w[0], w[1]);
}

double uniform(const Address& address, double low, double high) noexcept {
  return low + (high - low) * uniform(address);
}

double normal(const Address& address) noexcept {
  const auto w = words(address, 0);
  const double radius = std::sqrt(-2.0 * std::log(1.0 - to_unit(w[0], w[1])));
  return radius * std::cos(2.0 * std::numbers::pi * to_unit(w[2], w[3]));
}

std::uint64_t uniform_integer(const Address& address, std::uint64_t n) noexcept {
  return n <= 1 ? 0 : integer_below(address, 0, n);
}

std::vector<std::uint32_t> permutation(const Address& address, std::size_t n) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = n; i > 1; --i) {
    Address at = address;
    // The member's number goes into the upper half of the index, the permutation's into the lower.
    at.index = (static_cast<std::uint64_t>(i) << 32) | (address.index & 0xffffffffU);
    std::swap(order[i - 1], order[static_cast<std::size_t>(integer_below(at, 0, i))]);
  }
  return order;
}

}  // namespace apical
