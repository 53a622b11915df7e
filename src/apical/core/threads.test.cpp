// SPDX-License-Identifier: Apache-2.0
#include "apical/core/threads.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace apical {
namespace {

TEST(ThreadPool, DoesEveryPartExactlyOnceForAnyNumberOfThreads) {
  for (unsigned threads : {1U, 2U, 3U, 7U, 16U}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.size(), threads);
    for (std::size_t parts : {0, 1, 2, 15, 100}) {
      std::vector<int> done(parts, 0);
      for (int repeat = 0; repeat < 20; ++repeat) pool.run(parts, [&](std::size_t p) { done[p]++; });
      for (int d : done) EXPECT_EQ(d, 20);
    }
  }
}

TEST(ThreadPool, RethrowsTheFaultOfTheLowestPartAndStaysUsable) {
  ThreadPool pool(4);
  const auto fail = [](std::size_t p) {
    if (p % 3 == 2) throw std::runtime_error(std::to_string(p));
  };
  try {
    pool.run(16, fail);
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "2");
  }
  int sum = 0;
  std::vector<int> done(16, 0);
  pool.run(16, [&](std::size_t p) { done[p] = 1; });
  for (int d : done) sum += d;
  EXPECT_EQ(sum, 16);
}

}  // namespace
}  // namespace apical
