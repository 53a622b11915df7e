// SPDX-License-Identifier: Apache-2.0
#include "apical/run/pace.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <span>
#include <vector>

#include "apical/analysis/statistics.h"

namespace apical {
namespace {

using Clock = std::chrono::steady_clock;

/// Pieces of training samples, again from the first one where they end.
class Pieces {
 public:
  explicit Pieces(const Learner& learner)
      : replicas_(learner.replicas()), batch_(learner.batch()), all_(learner.samples(0, SplitName::train)) {
    std::iota(all_.begin(), all_.end(), 0U);
  }
  /// About as many batches, but no further than the last sample.
  Order next(std::size_t batches) {
    const std::size_t left = all_.size() - at_;
    size_ = std::min(batches * batch_, left);
    Order piece(replicas_, std::span<const std::uint32_t>(all_).subspan(at_, size_));
    at_ = left - size_ >= batch_ ? at_ + size_ : 0;
    return piece;
  }
  std::size_t size() const { return size_; }  ///< of the last piece

 private:
  std::size_t replicas_, batch_;
  std::vector<std::uint32_t> all_;
  std::size_t at_ = 0, size_ = 0;
};

/// The median over pieces: the first ones are slow (memory is touched for the first time), and others work on
/// the machine now and then.
template <class F>
double seconds_per_sample(const Learner& learner, double seconds, F&& show) {
  constexpr double kPiece = 0.1;  // of the time, so that calls and waking threads do not count
  Pieces pieces(learner);
  std::vector<double> pace;
  double first = 0;
  const auto start = Clock::now();
  const auto passed = [&](Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
  };
  for (std::size_t batches = 1; first == 0 || passed(start) < seconds;) {
    const Order order = pieces.next(batches);
    const auto began = Clock::now();
    if (!show(order)) break;
    const double took = passed(began), each = took / static_cast<double>(pieces.size());
    const bool whole = pieces.size() >= learner.samples(0, SplitName::train);
    if (took < kPiece * seconds && !whole) {
      batches *= 2;
      first = each;
    } else if (first == 0) {
      first = each;
    } else {
      pace.push_back(each);
    }
  }
  return pace.empty() ? first : median(pace);
}

}  // namespace

Pace measure_pace(Learner& learner, double seconds, std::size_t planned) {
  std::vector<Score> scores(learner.replicas());
  Pace pace;
  pace.answering = seconds_per_sample(learner, seconds / 2, [&](const Order& order) {
    learner.evaluate(SplitName::train, order, false, scores);
    return true;
  });
  std::size_t learned = 0;
  pace.learning = seconds_per_sample(learner, seconds / 2, [&](const Order& order) {
    try {
      learner.learn(order, true);
    } catch (const NumericalFault&) {
      if (learned == 0 || learned < planned) throw;
      return false;
    }
    learned += order.front().size();
    return true;
  });
  return pace;
}

}  // namespace apical
