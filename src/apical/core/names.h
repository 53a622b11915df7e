// SPDX-License-Identifier: Apache-2.0
// Enumerations whose values have names: in TOML, in reports and in messages.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace apical {

/// The names of an enumeration's values, in their order: what TOML reads, and reports and messages print.
/// Specialised beside each enumeration.
template <class Enum>
inline constexpr std::nullptr_t kNames = nullptr;

template <class Enum>
concept Named = !std::is_null_pointer_v<std::remove_cvref_t<decltype(kNames<Enum>)>>;

template <Named Enum>
constexpr std::string_view name_of(Enum value) {
  return kNames<Enum>[static_cast<std::size_t>(value)];
}

}  // namespace apical
