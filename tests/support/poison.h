// SPDX-License-Identifier: Apache-2.0
// Puts a value into one number of a saved state.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "apical/io/archive.h"
#include "apical/io/checkpoint.h"

namespace apical::test {

/// A floating-point number in the state of a section.
struct StateNumber {
  std::size_t section, at, width;
  std::string name;
};

inline void add_numbers(std::span<const std::byte> bytes, std::size_t first, std::size_t section,
                        const std::string& above, std::vector<StateNumber>& out) {
  const auto load = [&](std::size_t at, auto value) {
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  };
  constexpr std::size_t kHeader = 4 + 3 * 8;
  for (std::size_t at = 0; at + kHeader <= bytes.size();) {
    const auto kind = static_cast<io::FieldKind>(load(at, std::uint8_t{}));
    const auto element = static_cast<io::Element>(load(at + 1, std::uint8_t{}));
    const auto name_length = load(at + 2, std::uint16_t{});
    const auto length = load(at + 20, std::uint64_t{});
    const std::string name =
        above + std::string(reinterpret_cast<const char*>(bytes.data() + at + kHeader), name_length);
    const std::size_t payload = at + kHeader + name_length;
    if (kind == io::FieldKind::section || kind == io::FieldKind::list) {
      add_numbers(bytes.subspan(payload, length), first + payload, section, name + "/", out);
    } else if (element == io::Element::f32 || element == io::Element::f64) {
      const std::size_t width = io::size_of(element);
      for (std::size_t i = 0; i < length / width; ++i)
        out.push_back({section, first + payload + i * width, width, name});
    }
    at = payload + length;
  }
}

/// All of those that a run goes on from.
inline std::vector<StateNumber> numbers_of(const io::Checkpoint& c) {
  std::vector<StateNumber> out;
  for (std::size_t s = 0; s < c.sections.size(); ++s) {
    const std::string& name = c.sections[s].name;
    if (name != "books" && !name.starts_with("clock"))
      add_numbers(c.sections[s].state, 0, s, name + ": ", out);
  }
  return out;
}

inline void poison(io::Checkpoint& c, const StateNumber& number, double value) {
  std::byte* const to = c.sections[number.section].state.data() + number.at;
  const auto single = static_cast<float>(value);
  if (number.width == sizeof single) {
    std::memcpy(to, &single, sizeof single);
  } else {
    std::memcpy(to, &value, sizeof value);
  }
}

}  // namespace apical::test
