// SPDX-License-Identifier: Apache-2.0
#include "apical/core/threads.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "apical/core/error.h"

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

// A part that takes long, as if something else had its processor: the parts behind it are done by who is
// free.
TEST(ThreadPool, PartsBehindOneThatTakesLongAreDoneByTheOtherThread) {
  ThreadPool pool(2);
  for (int repeat = 0; repeat < 200; ++repeat) {
    std::atomic<int> done{0};
    std::atomic<bool> waited_in_vain{false};
    pool.run(4, [&](std::size_t part) {  // shares: 0 and 1, 2 and 3
      if (part == 2) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (done < 3 && !waited_in_vain) waited_in_vain = std::chrono::steady_clock::now() > patience;
      }
      ++done;
    });
    ASSERT_FALSE(waited_in_vain);
    ASSERT_EQ(done, 4);
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

// Sanitizers reserve address space of their own and cannot run under a limit on it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

[[noreturn]] void ask_for_more_threads_than_fit() {
  alarm(20);  // a pool that waits for workers it could not start ends here
  const rlimit stacks{1U << 23U, 1U << 23U}, space{1U << 29U, 1U << 29U};
  if (setrlimit(RLIMIT_STACK, &stacks) != 0 || setrlimit(RLIMIT_AS, &space) != 0) _exit(1);
  try {
    const ThreadPool pool(1000);
  } catch (const ConfigError& e) {
    const std::string_view message = e.what();
    _exit(write(STDERR_FILENO, message.data(), message.size()) > 0 ? 0 : 3);
  }
  _exit(2);
}

TEST(ThreadPool, SaysSoWhenTheSystemRefusesSoManyThreads) {
  if (kSanitized) GTEST_SKIP() << "needs a limit on address space";
  EXPECT_EXIT(ask_for_more_threads_than_fit(), ::testing::ExitedWithCode(0), "cannot run 1000 threads");
}

TEST(Barrier, NoPartIsEverTwoRoundsAhead) {
  constexpr int kRounds = 20000;
  ThreadPool pool(3);
  Barrier barrier(3);
  std::array<std::atomic<int>, 3> at{};
  std::atomic<bool> apart{false};
  pool.run(3, [&](std::size_t part) {
    for (int round = 1; round <= kRounds; ++round) {
      at[part] = round;
      barrier.arrive_and_wait();
      for (const auto& other : at) apart = apart || std::abs(other - round) > 1;
    }
  });
  EXPECT_FALSE(apart);
  for (const auto& part : at) EXPECT_EQ(part, kRounds);
}

TEST(Barrier, APartThatGivesUpReleasesTheOthers) {
  ThreadPool pool(2);
  Barrier barrier(2);
  bool released = false;
  EXPECT_THROW(pool.run(2,
                        [&](std::size_t part) {
                          if (part == 1) {
                            barrier.give_up();
                            throw std::runtime_error("stop");
                          }
                          released = !barrier.arrive_and_wait();
                        }),
               std::runtime_error);
  EXPECT_TRUE(released);
}

}  // namespace
}  // namespace apical
