// SPDX-License-Identifier: Apache-2.0
#include "apical/core/matrix.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace apical {
namespace {

TEST(AlignedBuffer, StartsOnAVectorAndLargeOnesOnAHugePage) {
  for (const std::size_t bytes : {4UL, 4096UL, 1UL << 19, 1UL << 20, (1UL << 21) + 4, 5UL << 20}) {
    AlignedBuffer<float> buffer(bytes / 4, 1.0F);
    const auto address = reinterpret_cast<std::uintptr_t>(buffer.data());
    EXPECT_EQ(address % (bytes >= 1UL << 20 ? 1UL << 21 : kAlignment), 0U) << bytes;
    EXPECT_EQ(buffer.back(), 1.0F);
  }
}

TEST(AlignedBuffer, KeepsItsValuesWhileItGrowsIntoHugePages) {
  AlignedBuffer<double> buffer;
  for (std::size_t i = 0; i < 300000; ++i) buffer.push_back(static_cast<double>(i));
  for (std::size_t i = 0; i < buffer.size(); ++i) ASSERT_EQ(buffer[i], static_cast<double>(i));
}

}  // namespace
}  // namespace apical
