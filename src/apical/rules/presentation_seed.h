// SPDX-License-Identifier: Apache-2.0
// What the spikes of one presentation are addressed by, in rules that simulate them: in learning the number
// of the presentation, in answering the sample alone, so that an answer depends on nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "apical/core/random.h"

namespace apical::layered {

enum class Presentation : std::uint32_t { learning = 0, answering = 1 };

inline std::uint64_t presentation_seed(std::uint64_t seed, Presentation use, std::uint64_t number) {
  const auto words = random_words({seed, Stream::poisson_spike, static_cast<std::uint32_t>(use), number});
  return (std::uint64_t{words[0]} << 32U) | words[1];
}

/// FNV-1a over the bits of the values.
template <class T>
std::uint64_t fingerprint(std::span<const T> values) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::byte byte : std::as_bytes(values))
    hash = (hash ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3U;
  return hash;
}

}  // namespace apical::layered
