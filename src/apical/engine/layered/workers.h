// SPDX-License-Identifier: Apache-2.0
// The threads a computation may use. A job is cut into parts that depend on shapes only, never on the
// number of threads, so the same parts are computed wherever they run.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

#include "apical/core/threads.h"

namespace apical {
class Ranks;
}

namespace apical::layered {

class Workers {
 public:
  /// Serial.
  Workers() = default;
  /// Spreads parts over `pool`, which must outlive this object.
  explicit Workers(ThreadPool& pool) : pool_(&pool) {}

  /// As well over ranks, which all make the same calls (shared_parts.h). Null: there are none.
  Workers(ThreadPool& pool, Ranks* ranks) : pool_(&pool), ranks_(ranks) {}
  Ranks* ranks() const noexcept { return ranks_; }

  unsigned size() const noexcept { return pool_ ? pool_->size() : 1; }

  /// Calls f(part) once for every part in [0, parts). Does not allocate.
  template <class F>
  void run(std::size_t parts, F&& f) const {
    if (pool_ == nullptr || pool_->size() == 1 || parts <= 1) {
      for (std::size_t part = 0; part < parts; ++part) f(part);
    } else {
      pool_->run(parts, std::function<void(std::size_t)>(std::ref(f)));
    }
  }

  /// Calls f(first, last) on fixed pieces of [0, n) of about `grain` items each.
  template <class F>
  void run_ranges(std::size_t n, std::size_t grain, F&& f) const {
    const std::size_t parts = (n + grain - 1) / grain;
    run(parts, [&](std::size_t part) { f(part * grain, std::min(n, (part + 1) * grain)); });
  }

 private:
  ThreadPool* pool_ = nullptr;
  Ranks* ranks_ = nullptr;
};

}  // namespace apical::layered
