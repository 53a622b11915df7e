// SPDX-License-Identifier: Apache-2.0
// Ranks as threads of one process, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "apical/core/ranks.h"

namespace apical::test {

/// Where ranks of one process lay down what they have for one another.
class Table {
 public:
  explicit Table(std::size_t ranks) : sent_(ranks) {}
  std::size_t ranks() const { return sent_.size(); }
  void lay_down(std::size_t rank, std::span<const std::byte> bytes) { sent_[rank] = bytes; }
  std::span<const std::byte> of(std::size_t rank) const { return sent_[rank]; }
  void meet() {
    std::unique_lock lock(mutex_);
    const std::size_t round = round_;
    if (++arrived_ == sent_.size()) {
      arrived_ = 0;
      ++round_;
      all_.notify_all();
      return;
    }
    all_.wait(lock, [&] { return round_ != round; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::size_t arrived_ = 0, round_ = 0;
  std::vector<std::span<const std::byte>> sent_;
};

class ThreadTransport final : public Transport {
 public:
  ThreadTransport(Table& table, std::size_t rank) : table_(table), rank_(rank) {}
  std::size_t rank() const override { return rank_; }
  std::size_t size() const override { return table_.ranks(); }
  void all_gather(std::span<const std::byte> own, std::span<std::byte> all, bool) override {
    table_.lay_down(rank_, own);
    table_.meet();
    auto to = all.begin();
    for (std::size_t r = 0; r < size(); ++r) {
      const auto from = table_.of(r);
      EXPECT_EQ(from.size(), own.size());
      to = std::copy(from.begin(), from.end(), to);
    }
    table_.meet();
  }
  void broadcast(std::span<std::byte> bytes) override {
    table_.lay_down(rank_, bytes);
    table_.meet();
    const auto from = table_.of(0);
    EXPECT_EQ(from.size(), bytes.size());
    if (rank_ != 0) std::copy(from.begin(), from.end(), bytes.begin());
    table_.meet();
  }

 private:
  Table& table_;
  std::size_t rank_;
};

/// f(ranks) on so many ranks. What one of them throws is told to the others and thrown again here, that of
/// the lowest rank that was first.
inline void as_ranks(std::size_t count, const std::function<void(Ranks&)>& f,
                     const std::atomic<bool>* stop = nullptr) {
  Table table(count);
  std::vector<std::exception_ptr> faults(count);
  {
    std::vector<std::jthread> threads;
    for (std::size_t r = 0; r < count; ++r) {
      threads.emplace_back([&, r] {
        ThreadTransport transport(table, r);
        Ranks ranks(transport, stop);
        try {
          f(ranks);
        } catch (const RankFailed&) {
        } catch (const std::exception& e) {
          faults[r] = std::current_exception();
          ranks.fail(e);
        }
      });
    }
  }
  for (const std::exception_ptr& fault : faults) {
    if (fault) std::rethrow_exception(fault);
  }
}

}  // namespace apical::test
