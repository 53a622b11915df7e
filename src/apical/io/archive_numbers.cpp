// SPDX-License-Identifier: Apache-2.0
#include "apical/io/archive_numbers.h"

#include <cmath>
#include <cstdint>
#include <cstring>

#include "apical/io/archive.h"

namespace apical::io {
namespace {

template <class T>
bool all_finite(std::span<const std::byte> values) {
  for (std::size_t at = 0; at + sizeof(T) <= values.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, values.data() + at, sizeof value);
    if (!std::isfinite(value)) return false;
  }
  return true;
}

template <class T>
T loaded(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

// The layout of a field stands in archive.cpp.
std::optional<std::string> first_not_finite(std::span<const std::byte> state) {
  constexpr std::size_t kHeader = 4 + 3 * 8;
  for (std::size_t at = 0; at < state.size() && state.size() - at >= kHeader;) {
    const auto kind = static_cast<FieldKind>(loaded<std::uint8_t>(state, at));
    const auto element = static_cast<Element>(loaded<std::uint8_t>(state, at + 1));
    const std::size_t name_length = loaded<std::uint16_t>(state, at + 2);
    const auto length = loaded<std::uint64_t>(state, at + 20);
    const std::size_t rest = state.size() - at - kHeader;
    if (name_length > rest || length > rest - name_length) return {};
    const std::string name(reinterpret_cast<const char*>(state.data() + at + kHeader), name_length);
    const std::span<const std::byte> payload = state.subspan(at + kHeader + name_length, length);
    if (kind == FieldKind::section || kind == FieldKind::list) {
      if (const auto inner = first_not_finite(payload)) return name + "/" + *inner;
    } else if ((element == Element::f32 && !all_finite<float>(payload)) ||
               (element == Element::f64 && !all_finite<double>(payload))) {
      return name;
    }
    at += kHeader + name_length + length;
  }
  return {};
}

}  // namespace apical::io
