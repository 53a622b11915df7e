// SPDX-License-Identifier: Apache-2.0
// A pool for jobs in parts: part p of a job always does the same work, whichever thread runs it, so results
// cannot depend on the number of threads. Every thread has a share of the parts, the same one in every job,
// so that it finds its data in its cache; who is done takes what others have not begun, so that a thread
// whose processor is busy with something else is not waited for. Workers spin briefly before they sleep,
// because a simulation step hands out work every few microseconds.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
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
  /// Parts of the job that nobody has begun: the next one, and above it, by 2^32, the end.
  struct alignas(64) Share {
    std::atomic<std::uint64_t> left{0};
  };

  void work(unsigned worker);
  void dismiss() noexcept;
  void do_parts(unsigned worker) noexcept;
  void do_part(std::size_t part) noexcept;

  std::vector<std::jthread> workers_;
  std::vector<Share> shares_;  ///< one per thread
  /// Read by who has claimed a part, written when all are done.
  const std::function<void(std::size_t)>* job_ = nullptr;
  std::mutex fault_mutex_;
  std::exception_ptr fault_;
  std::size_t fault_part_ = 0;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::size_t> unfinished_{0};  ///< parts
  std::atomic<bool> stop_{false};
};

}  // namespace apical
