// SPDX-License-Identifier: Apache-2.0
// Random numbers with an address instead of an order (Philox4x32-10: Salmon, Moraes, Dror & Shaw 2011).
// A draw is a pure function of (seed, stream, object, index): threads, ranks and the order in which
// things are built cannot change it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace apical {

/// What a number is drawn for. Values are part of the seed-to-bits map: append, never renumber.
enum class Stream : std::uint32_t {
  initial_weight = 1,
  feedback_deviation = 2,
  initial_voltage = 3,
  sample_order = 4,
  task_input = 5,
  teacher_weight = 6,
  neuron_slope = 7,
  neuron_offset = 8,
  dendritic_noise = 9,
  connectivity = 10,
  environment = 11,
  action = 12,
  background_input = 13,
  burst = 14,
  perturbation = 15,
  augmentation = 16,
  bootstrap = 17,
  injected_noise = 18,
  poisson_spike = 19,
};

/// The address of one draw.
struct Address {
  std::uint64_t seed = 0;
  Stream stream{};
  std::uint32_t object = 0;  ///< e.g. projection or population index
  std::uint64_t index = 0;   ///< e.g. synapse, neuron or step
};

/// Four independent 32-bit words.
std::array<std::uint32_t, 4> random_words(const Address& address) noexcept;
/// Uniform in [0, 1), 53 bits.
double uniform(const Address& address) noexcept;
/// Uniform in [low, high).
double uniform(const Address& address, double low, double high) noexcept;
/// Standard normal (Box-Muller, the cosine branch).
double normal(const Address& address) noexcept;
/// Uniform integer in [0, n), without bias (Lemire 2019, with rejection on further words).
std::uint64_t uniform_integer(const Address& address, std::uint64_t n) noexcept;
/// Fisher-Yates permutation of 0 … n-1; `address.index` is the permutation's number (e.g. the epoch).
std::vector<std::uint32_t> permutation(const Address& address, std::size_t n);

}  // namespace apical
