// SPDX-License-Identifier: Apache-2.0
#include "apical/core/ranks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "apical/core/test_ranks.h"

namespace apical {
namespace {

using test::as_ranks;
using testing::HasSubstr;

Ranks::Bytes bytes(std::size_t count, int value) {
  return Ranks::Bytes(count, static_cast<std::byte>(value));
}

TEST(Ranks, AllGetWhatEachHasInOrderOfRanks) {
  as_ranks(3, [](Ranks& ranks) {
    EXPECT_EQ(ranks.size(), 3U);
    // Short, none, and more than travels at once: each in a round where lengths differ.
    for (const std::size_t length :
         {std::size_t{5}, std::size_t{0}, std::size_t{5000}, std::size_t{200'000}, std::size_t{3}}) {
      const Ranks::Bytes own = bytes(length * ranks.rank(), static_cast<int>(ranks.rank()));
      const auto all = ranks.exchange(own);
      ASSERT_EQ(all.size(), 3U);
      for (std::size_t r = 0; r < 3; ++r) {
        EXPECT_EQ(Ranks::Bytes(all[r].begin(), all[r].end()), bytes(length * r, static_cast<int>(r)));
      }
    }
    EXPECT_EQ(ranks.exchanges(), 5U);
  });
}

TEST(Ranks, WhatRankZeroTellsReachesAll) {
  as_ranks(3, [](Ranks& ranks) {
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{10}, std::size_t{1016}, std::size_t{100'000}}) {
      if (ranks.leads()) {
        ranks.tell(bytes(length, 1));
      } else {
        EXPECT_EQ(ranks.listen(), bytes(length, 1));
      }
    }
  });
}

TEST(Ranks, OneThatFailsEndsAllWithItsReason) {
  std::vector<std::string> heard(3);
  EXPECT_THROW(as_ranks(3,
                        [&](Ranks& ranks) {
                          ranks.exchange({});
                          if (ranks.rank() == 1) throw DataError("no such file");
                          try {
                            for (;;) ranks.exchange({});
                          } catch (const RankFailed& e) {
                            EXPECT_EQ(e.exit_code(), ExitCode::invalid_input);
                            EXPECT_EQ(e.rank(), 1U);
                            heard[ranks.rank()] = e.what();
                            EXPECT_THROW(ranks.exchange({}), Error);  // rather than wait for nobody
                            throw;
                          }
                        }),
               DataError);
  EXPECT_EQ(heard[0], "rank 1: no such file");
  EXPECT_EQ(heard[2], heard[0]);
}

TEST(Ranks, NumbersOfOneThatAreAtFaultAreAFaultOfAllWhichGoOn) {
  const NumericalFault::Where at{.population = std::string(3000, 'p'),  // longer than what travels at once
                                 .quantity = "change of weights",
                                 .unit = 7,
                                 .seed = 5,
                                 .step = 12,
                                 .time_ms = 1.2,
                                 .value = std::numeric_limits<double>::infinity()};
  as_ranks(3, [&](Ranks& ranks) {
    // The others may be at anything: an exchange, or what rank 0 tells.
    for (const bool told : {false, true}) {
      try {
        NumericalFault::Where own = at;
        own.unit += ranks.rank();
        if (ranks.rank() > 0) ranks.throw_on_all(NumericalFault(own));
        if (told) ranks.tell(bytes(10, 1));
        ranks.exchange({});
        ADD_FAILURE() << "no fault";
      } catch (const RaisedFault& fault) {
        EXPECT_EQ(fault.exit_code(), ExitCode::numerical_fault);
        NumericalFault::Where lowest = at;
        lowest.unit = 8;
        EXPECT_STREQ(fault.what(), NumericalFault(lowest).what());
      }
      EXPECT_FALSE(ranks.parted());
    }
    const Ranks::Bytes own = bytes(1, static_cast<int>(ranks.rank()));
    EXPECT_EQ(ranks.exchange(own)[2].front(), std::byte{2});
  });
}

TEST(Ranks, AgreeOnWhatRankZeroReads) {
  as_ranks(3, [](Ranks& ranks) {
    EXPECT_EQ(ranks.of_rank_0(static_cast<double>(ranks.rank()) + 0.5), 0.5);
    EXPECT_TRUE(ranks.of_rank_0(ranks.leads()));
  });
}

TEST(Ranks, AllHearThatOneWasAskedToStopAtTheSameExchange) {
  std::atomic<bool> asked{false};
  test::Table table(2);
  std::vector<std::vector<bool>> seen(2);
  {
    std::vector<std::jthread> threads;
    for (std::size_t r = 0; r < 2; ++r) {
      threads.emplace_back([&, r] {
        test::ThreadTransport transport(table, r);
        Ranks ranks(transport, r == 1 ? &asked : nullptr);
        for (int i = 0; i < 4; ++i) {
          if (r == 1 && i == 2) asked = true;
          seen[r].push_back(ranks.stop());
          ranks.exchange({});
        }
        seen[r].push_back(ranks.stop());
      });
    }
  }
  EXPECT_EQ(seen[0], (std::vector<bool>{false, false, false, true, true}));
  EXPECT_EQ(seen[1], seen[0]);
}

TEST(Ranks, SayHowLongTheyHaveWaited) {
  as_ranks(2, [](Ranks& ranks) {
    EXPECT_EQ(ranks.waiting_s(), 0);
    if (ranks.rank() == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
      ranks.exchange({});
      return;
    }
    double longest = 0;
    std::atomic<bool> done{false};
    std::jthread watch([&] {
      while (!done) longest = std::max(longest, ranks.waiting_s());
    });
    ranks.exchange({});
    done = true;
    watch.join();
    EXPECT_GT(longest, 0.01);
    EXPECT_EQ(ranks.waiting_s(), 0);
    EXPECT_GT(ranks.exchanging_s(), 0.01);
  });
}

}  // namespace
}  // namespace apical
