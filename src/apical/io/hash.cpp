// SPDX-License-Identifier: Apache-2.0
#include "apical/io/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <new>

namespace apical::io {

std::uint64_t xxh3(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }
std::uint64_t xxh3(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }
std::string hex(std::uint64_t hash) { return fmt::format("{:016x}", hash); }
std::string xxh3_hex(std::span<const std::byte> bytes) { return hex(xxh3(bytes)); }
std::string xxh3_hex(std::string_view text) { return hex(xxh3(text)); }

RunningHash::RunningHash() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  reset();
}
void RunningHash::add(std::span<const std::byte> bytes) {
  XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
}
std::uint64_t RunningHash::value() const { return XXH3_64bits_digest(state_.get()); }
void RunningHash::reset() { XXH3_64bits_reset(state_.get()); }
void RunningHash::Free::operator()(XXH3_state_s* state) const noexcept { XXH3_freeState(state); }

}  // namespace apical::io
