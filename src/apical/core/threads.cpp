// SPDX-License-Identifier: Apache-2.0
#include "apical/core/threads.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <limits>
#include <system_error>

#include "apical/core/error.h"

namespace apical {
namespace {
constexpr int kSpins = 4000;  // tens of microseconds: longer than a step, shorter than a scheduler slice

void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}
}  // namespace

bool Barrier::arrive_and_wait() noexcept {
  if (parts_ == 1) return true;
  const std::uint32_t round = round_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parts_) {
    arrived_.store(0, std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_acq_rel);
    round_.notify_all();
    return !broken_.load(std::memory_order_acquire);
  }
  for (int spin = 0; round_.load(std::memory_order_acquire) == round; ++spin) {
    if (broken_.load(std::memory_order_acquire)) return false;
    if (spin < kSpins / 4) {
      relax();
    } else if (spin < kSpins / 2) {
      std::this_thread::yield();
    } else {
      // Somebody else has the processor of a part that is still to come: sleepers are the first to be let
      // back. Not sooner, since waking up takes longer than most steps.
      round_.wait(round, std::memory_order_acquire);
    }
  }
  return !broken_.load(std::memory_order_acquire);
}

void Barrier::give_up() noexcept {
  broken_.store(true, std::memory_order_release);
  round_.fetch_add(1, std::memory_order_acq_rel);
  round_.notify_all();
}

unsigned available_threads() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) {
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&mask)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

ThreadPool::ThreadPool(unsigned threads) : shares_(threads == 0 ? available_threads() : threads) {
  threads = static_cast<unsigned>(shares_.size());
  workers_.reserve(threads - 1);
  try {
    for (unsigned w = 1; w < threads; ++w) workers_.emplace_back([this, w] { work(w); });
  } catch (const std::system_error& e) {
    const std::size_t started = workers_.size() + 1;
    dismiss();
    throw ConfigError(fmt::format("cannot run {} threads: the system refuses more than {} ({})", threads,
                                  started, e.what()),
                      {}, "ask for fewer threads");
  }
}

ThreadPool::~ThreadPool() { dismiss(); }

// Joins here, not in the destructor of workers_: they still look at members that would go before it.
void ThreadPool::dismiss() noexcept {
  stop_.store(true);
  generation_.fetch_add(1);
  generation_.notify_all();
  workers_.clear();
}

void ThreadPool::do_part(std::size_t part) noexcept {
  try {
    (*job_)(part);
  } catch (...) {
    const std::lock_guard lock(fault_mutex_);
    if (!fault_ || part < fault_part_) {
      fault_ = std::current_exception();
      fault_part_ = part;
    }
  }
  if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
}

void ThreadPool::do_parts(unsigned worker) noexcept {
  for (std::size_t k = 0; k < shares_.size(); ++k) {
    std::atomic<std::uint64_t>& share = shares_[(worker + k) % shares_.size()].left;
    std::uint64_t left = share.load(std::memory_order_acquire);
    while (static_cast<std::uint32_t>(left) < left >> 32U) {
      // Whoever is late may find the share of a later job here: what it claims is then a part of that one.
      if (!share.compare_exchange_weak(left, left + 1, std::memory_order_acq_rel)) continue;
      do_part(static_cast<std::uint32_t>(left));
      left = share.load(std::memory_order_acquire);
    }
  }
}

void ThreadPool::work(unsigned worker) {
  std::uint64_t seen = 0;
  for (;;) {
    for (int spin = 0; spin < kSpins && generation_.load(std::memory_order_acquire) == seen; ++spin) relax();
    generation_.wait(seen, std::memory_order_acquire);
    seen = generation_.load(std::memory_order_acquire);
    if (stop_.load()) return;
    do_parts(worker);
  }
}

void ThreadPool::run(std::size_t parts, const std::function<void(std::size_t)>& f) {
  if (workers_.empty() || parts <= 1) {
    for (std::size_t part = 0; part < parts; ++part) f(part);
    return;
  }
  APICAL_CHECK(parts <= std::numeric_limits<std::uint32_t>::max());
  job_ = &f;
  fault_ = nullptr;
  unfinished_.store(parts, std::memory_order_relaxed);
  for (std::size_t w = 0; w < shares_.size(); ++w) {
    const std::uint64_t first = parts * w / shares_.size(), end = parts * (w + 1) / shares_.size();
    shares_[w].left.store(end << 32U | first, std::memory_order_release);
  }
  generation_.fetch_add(1, std::memory_order_acq_rel);
  generation_.notify_all();
  do_parts(0);
  for (int spin = 0; spin < kSpins && unfinished_.load(std::memory_order_acquire) != 0; ++spin) relax();
  for (std::size_t left = unfinished_.load(std::memory_order_acquire); left != 0;
       left = unfinished_.load(std::memory_order_acquire)) {
    unfinished_.wait(left, std::memory_order_acquire);
  }
  if (fault_) std::rethrow_exception(fault_);
}

}  // namespace apical
