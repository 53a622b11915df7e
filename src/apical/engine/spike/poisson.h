// SPDX-License-Identifier: Apache-2.0
// Independent Poisson trains in bulk. All trains of one rate share one walk over the grid (step, train): the
// distance from one spike to the next is geometric with success probability p = rate dt, so each cell is an
// independent Bernoulli trial and a train fires at most once per step. Draws have addresses
// (core/random.h), 256 at a time, so the trains do not depend on when or by which thread they are drawn.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "apical/core/matrix.h"

namespace apical::spike {

inline constexpr std::size_t kGapBatch = 256;

/// Gaps 256 b … 256 b + 255 of a stream: 1 + floor(log(u) / log(1-p)), u from 31 bits of
/// random_words({seed, Stream::background_input, object, 64 b + c}): words 0 and 1 give gaps 2c and 2c + 1 of
/// the batch, words 2 and 3 gaps 128 + 2c and 128 + 2c + 1.
void fill_gaps(std::uint64_t seed, std::uint32_t object, std::uint64_t batch, float inverse_log,
               std::int32_t* gaps) noexcept;

/// A walk over the grid for `trains` trains.
class PoissonWalk {
 public:
  /// `probability` per cell in [0, 1); 0 never fires.
  PoissonWalk(std::uint64_t seed, std::uint32_t object, std::uint32_t trains, double probability);

  /// Calls f(train) for each train that fires in the next step, ascending; returns their number.
  template <class F>
  std::size_t step(F&& f) {
    const std::int64_t trains = trains_;
    const std::int32_t* const gaps = gaps_.data();
    std::int64_t cell = cell_;
    std::size_t next = next_, fired = 0;
    for (;;) {
      const std::size_t first = next;
      while (cell < trains) {
        f(static_cast<std::uint32_t>(cell));
        cell += gaps[next++];
      }
      fired += next - first;
      if (next <= kGapBatch) break;
      refill();  // the last gap was kBeyond: the next batch knows the true one
      cell += gaps[0] - kBeyond;
      next = 1;
    }
    next_ = next;
    cell_ = cell - trains;
    return fired;
  }

  /// Asks for the gaps of the next step or two, which other work has pushed out of the nearest cache.
  void prefetch() const noexcept {
    for (std::size_t i = 0; i < 48; i += 16)
      __builtin_prefetch(gaps_.data() + std::min(next_ + i, kGapBatch));
  }

  void set_probability(double probability);

  template <class Archive>
  void visit_state(Archive& a, const std::string& prefix) {
    a(prefix + "cell", cell_);
    a(prefix + "batch", batch_);
    a(prefix + "next", next_);
    a(prefix + "inverse_log", inverse_log_);
    draw();
  }

 private:
  static constexpr std::int32_t kBeyond =
      1 << 30;  ///< stands behind a batch, so that the loop has one condition

  void refill() noexcept;
  void draw() noexcept;

  std::uint64_t seed_, batch_ = 0;
  std::uint32_t object_;
  std::int64_t trains_, cell_ = 0;
  std::size_t next_ = 0;
  float inverse_log_ = 0;
  AlignedBuffer<std::int32_t> gaps_;  ///< a batch, then kBeyond
};

}  // namespace apical::spike
