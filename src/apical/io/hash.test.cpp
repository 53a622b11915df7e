// SPDX-License-Identifier: Apache-2.0
#include "apical/io/hash.h"

#include <gtest/gtest.h>

namespace apical::io {
namespace {

// xxhash specification, sanity checks: XXH3 64 of nothing with seed 0.
TEST(Hash, EmptyInputGivesThePublishedValue) { EXPECT_EQ(xxh3_hex(std::string_view{}), "2d06800538d394c2"); }

TEST(Hash, PiecesGiveTheHashOfTheWhole) {
  std::string text(5000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31);
  const auto bytes = std::as_bytes(std::span(text));
  RunningHash running;
  for (std::size_t at = 0; at < bytes.size(); at += 777)
    running.add(bytes.subspan(at, std::min<std::size_t>(777, bytes.size() - at)));
  EXPECT_EQ(running.value(), xxh3(text));
  running.reset();
  EXPECT_EQ(running.value(), xxh3(std::string_view{}));
}

}  // namespace
}  // namespace apical::io
