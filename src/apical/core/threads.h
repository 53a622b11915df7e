// SPDX-License-Identifier: Apache-2.0
// A pool with a static partition: part p of a job always does the same work, whichever thread runs it,
// so results cannot depend on the number of threads. Workers spin briefly before they sleep, because a
// simulation step hands out work every few microseconds.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

namespace apical {

/// Where the parts of one job meet, perhaps once per microsecond: whoever is early spins, then yields, and
/// sleeps if that takes very long. All parts must run at the same time, so a job that uses it has at most as
/// many parts as its pool has threads.
class Barrier {
 public:
  explicit Barrier(unsigned parts) : parts_(parts) {}
  /// Waits for the others; false if one of them gave up.
  bool arrive_and_wait() noexcept;
  /// For a part that cannot go on: releases all others, now and later.
  void give_up() noexcept;

 private:
  const unsigned parts_;
  std::atomic<bool> broken_{false};
  alignas(64) std::atomic<unsigned> arrived_{0};
  alignas(64) std::atomic<std::uint32_t> round_{0};
};

/// Threads the process may use: its affinity mask, not the machine (clusters pin jobs).
unsigned available_threads();

class ThreadPool {
 public:
  /// `threads` >= 1 counts the caller, so ThreadPool(1) starts none. 0 means available_threads().
  /// ConfigError if the system refuses to start that many.
  explicit ThreadPool(unsigned threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned size() const noexcept { return static_cast<unsigned>(workers_.size()) + 1; }

  /// Calls f(part) for every part in [0, parts), each once, and returns when all are done. The exception
  /// of the lowest part that threw is rethrown. Not reentrant: one job at a time.
  void run(std::size_t parts, const std::function<void(std::size_t)>& f);

 private:
  void work(unsigned worker);
  void dismiss() noexcept;
  void do_share(unsigned worker) noexcept;

  std::vector<std::jthread> workers_;
  const std::function<void(std::size_t)>* job_ = nullptr;
  std::size_t parts_ = 0;
  std::vector<std::exception_ptr> faults_;  ///< one slot per worker
  std::vector<std::size_t> fault_part_;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<unsigned> busy_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace apical
