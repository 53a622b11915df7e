// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/poisson.h"

#include <cmath>
#include <limits>

namespace apical::spike {
namespace {
constexpr std::int64_t kNoCell = std::numeric_limits<std::int64_t>::max() / 2;
}

PoissonWalk::PoissonWalk(std::uint64_t seed, std::uint32_t object, std::uint32_t trains, double probability)
    : seed_(seed), object_(object), trains_(trains), gaps_(kGapBatch + 1) {
  gaps_[kGapBatch] = kBeyond;
  set_probability(probability);
}

void PoissonWalk::set_probability(double probability) {
  APICAL_CHECK(probability >= 0 && probability < 1);
  inverse_log_ = probability == 0 ? 0.0F : static_cast<float>(1 / std::log1p(-probability));
  if (next_ != 0 || batch_ != 0) ++batch_;  // a new rate starts with fresh draws
  draw();
  next_ = 0;
  cell_ = probability == 0 ? kNoCell : gaps_[next_++] - 1;
}

void PoissonWalk::refill() noexcept {
  ++batch_;
  draw();
}

void PoissonWalk::draw() noexcept {
  if (inverse_log_ != 0) fill_gaps(seed_, object_, batch_, inverse_log_, gaps_.data());
}

}  // namespace apical::spike
