// SPDX-License-Identifier: Apache-2.0
#include "apical/io/hash_beginning.h"

#include <algorithm>
#include <span>

#include "apical/io/hash.h"

namespace apical::io {

std::uint64_t hash_beginning(const Path& path, std::uint64_t bytes) {
  constexpr std::size_t kBlock = 1 << 20;
  File file(path, FileSystem::Mode::read);
  RunningHash hash;
  Bytes block(kBlock);
  for (std::uint64_t at = 0; at < bytes;) {
    const std::span<std::byte> piece =
        std::span(block).first(std::min<std::uint64_t>(block.size(), bytes - at));
    const std::size_t n = file.read_at(piece, at);
    hash.add(piece.first(n));
    if (n < piece.size()) break;
    at += n;
  }
  file.close();
  return hash.value();
}

}  // namespace apical::io
