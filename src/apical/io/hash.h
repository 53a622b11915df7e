// SPDX-License-Identifier: Apache-2.0
// XXH3-64: recognises accidents, not forgeries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct XXH3_state_s;

namespace apical::io {

std::uint64_t xxh3(std::span<const std::byte> bytes);
std::uint64_t xxh3(std::string_view text);

/// 16 lower-case hexadecimal digits, most significant first (the canonical form of xxhsum).
std::string hex(std::uint64_t hash);
std::string xxh3_hex(std::span<const std::byte> bytes);
std::string xxh3_hex(std::string_view text);

/// The same hash over pieces.
class RunningHash {
 public:
  RunningHash();
  void add(std::span<const std::byte> bytes);
  std::uint64_t value() const;
  void reset();

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const noexcept;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace apical::io
