// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace apical {

/// What belongs to one seed stands under this name in result files, checkpoints and files of weights.
inline std::string seed_group(std::uint64_t seed) { return fmt::format("seed-{}", seed); }

/// The seed whose group `name` is; nothing if it is no such group.
inline std::optional<std::uint64_t> seed_of_group(std::string_view name) {
  constexpr std::string_view kPrefix = "seed-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::uint64_t seed = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, fault] = std::from_chars(name.data() + kPrefix.size(), end, seed);
  if (fault != std::errc{} || stop != end) return std::nullopt;
  return seed;
}

}  // namespace apical
