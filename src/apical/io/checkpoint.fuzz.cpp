// SPDX-License-Identifier: Apache-2.0
// Any bytes are a checkpoint that is written as the same bytes, or are refused: as they come, and with
// checksums that fit, without which nothing behind the first would ever be reached.
#include "apical/io/checkpoint.h"

#include <algorithm>

#include "apical/core/build_info.h"
#include "apical/io/hash.h"
#include "support/fuzz.h"

namespace {

using namespace apical;

constexpr std::size_t kHeader = 48, kFooter = 24, kSection = 24;

std::uint64_t number_at(const io::Bytes& bytes, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}
void put(io::Bytes& bytes, std::size_t at, std::uint64_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

void mend(io::Bytes& bytes) {
  const std::span<const std::byte> all(bytes);
  std::copy_n(io::bytes_of("APICALCK").begin(), 8, bytes.begin());
  put(bytes, 8, io::kCheckpointFormat | static_cast<std::uint64_t>(kNumericsVersion) << 32);
  put(bytes, kHeader - 8, io::xxh3(all.first(kHeader - 8)));
  const std::size_t end = bytes.size() - kFooter;
  for (std::size_t at = kHeader; end - at >= kSection;) {
    const std::uint64_t name = number_at(bytes, at), length = number_at(bytes, at + 8),
                        left = end - at - kSection;
    if (name > left || length > left - name) break;
    put(bytes, at + 16, io::xxh3(all.subspan(at + kSection + name, length)));
    at += kSection + name + length;
  }
  put(bytes, end, bytes.size());
  put(bytes, end + 8, io::xxh3(all.first(bytes.size() - 16)));
  std::copy_n(io::bytes_of("APICALND").begin(), 8, bytes.end() - 8);
}

bool decoded(const io::Bytes& bytes) {
  return fuzz::accepted([&] {
    const std::uint64_t experiment = bytes.size() < kHeader ? 0 : number_at(bytes, 24);
    fuzz::require(io::encode(io::decode_checkpoint(bytes, experiment, "x.apc")) == bytes);
  });
}

}  // namespace

APICAL_FUZZ(input) {
  io::Bytes bytes(input.bytes().begin(), input.bytes().end());
  decoded(bytes);
  if (bytes.size() < kHeader + kFooter) return;
  mend(bytes);
  decoded(bytes);
}
