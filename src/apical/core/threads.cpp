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

ThreadPool::ThreadPool(unsigned threads) {
  if (threads == 0) threads = available_threads();
  faults_.resize(threads);
  fault_part_.resize(threads);
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

void ThreadPool::do_share(unsigned worker) noexcept {
  const std::size_t n = size();
  const std::size_t first = parts_ * worker / n, last = parts_ * (worker + 1) / n;
  for (std::size_t part = first; part < last; ++part) {
    try {
      (*job_)(part);
    } catch (...) {
      faults_[worker] = std::current_exception();
      fault_part_[worker] = part;
      return;
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
    do_share(worker);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

void ThreadPool::run(std::size_t parts, const std::function<void(std::size_t)>& f) {
  if (workers_.empty() || parts <= 1) {
    for (std::size_t part = 0; part < parts; ++part) f(part);
    return;
  }
  job_ = &f;
  parts_ = parts;
  std::fill(faults_.begin(), faults_.end(), nullptr);
  busy_.store(static_cast<unsigned>(workers_.size()), std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_acq_rel);
  generation_.notify_all();
  do_share(0);
  for (int spin = 0; spin < kSpins && busy_.load(std::memory_order_acquire) != 0; ++spin) relax();
  for (unsigned left = busy_.load(std::memory_order_acquire); left != 0;
       left = busy_.load(std::memory_order_acquire)) {
    busy_.wait(left, std::memory_order_acquire);
  }
  std::exception_ptr first;
  std::size_t first_part = std::numeric_limits<std::size_t>::max();
  for (std::size_t w = 0; w < faults_.size(); ++w) {
    if (faults_[w] && fault_part_[w] < first_part) {
      first = faults_[w];
      first_part = fault_part_[w];
    }
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace apical
