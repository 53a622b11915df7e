// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace apical {

/// Where a text is nested deeper than any experiment is: by dots of keys, tables in braces and lists
/// together. A parser that calls itself once for each level would run out of stack, so this is asked before.
struct TooDeep {
  std::uint32_t line = 1, column = 1;
};
inline constexpr std::size_t kDeepestToml = 100;
std::optional<TooDeep> too_deep(std::string_view text);

}  // namespace apical
