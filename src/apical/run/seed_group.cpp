// SPDX-License-Identifier: Apache-2.0
#include "apical/run/seed_group.h"

#include <fmt/format.h>

#include <charconv>

namespace apical {

std::string seed_group(std::uint64_t seed) { return fmt::format("seed-{}", seed); }

std::optional<std::uint64_t> seed_of_group(std::string_view name) {
  constexpr std::string_view kPrefix = "seed-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::uint64_t seed = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, fault] = std::from_chars(name.data() + kPrefix.size(), end, seed);
  if (fault != std::errc{} || stop != end) return std::nullopt;
  return seed;
}

}  // namespace apical
