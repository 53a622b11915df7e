// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "apical/core/error.h"
#include "apical/core/random.h"
#include "apical/learning/finite_state.h"

namespace apical {
namespace {

constexpr double kChunkSeconds = 0.05;

double seconds_of(const std::function<void()>& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The part [first, first + n) of each replica's order.
Order slice(const std::vector<std::vector<std::uint32_t>>& orders, std::size_t first, std::size_t n) {
  Order out;
  for (const auto& order : orders) out.push_back(std::span(order).subspan(first, n));
  return out;
}

/// Chunks grow while they take less than kChunkSeconds and shrink when they take more.
std::size_t next_chunk(std::size_t chunk, double seconds) {
  constexpr std::size_t kLargest = std::size_t{1} << 20;
  if (seconds < kChunkSeconds / 2) return std::min(chunk * 2, kLargest);
  if (seconds > kChunkSeconds && chunk > 1) return chunk / 2;
  return chunk;
}

}  // namespace

Trainer::Trainer(Learner& learner, TrainingPlan plan, std::vector<Observer*> observers, Ranks* ranks)
    : learner_(learner), plan_(std::move(plan)), observers_(std::move(observers)), ranks_(ranks) {
  enter(Phase::settle);
}

/// How much is shown at a time, and when the time of learning is over, follow from it.
double Trainer::agreed_seconds_of(const std::function<void()>& f) const {
  const double seconds = seconds_of(f);
  return ranks_ == nullptr ? seconds : ranks_->of_rank_0(seconds);
}

std::vector<std::vector<std::uint32_t>> Trainer::make_orders(SplitName split, std::size_t limit) const {
  std::vector<std::vector<std::uint32_t>> orders;
  for (std::size_t r = 0; r < learner_.replicas(); ++r) {
    const std::size_t samples = learner_.samples(r, split);
    const Address at{learner_.seeds()[r], Stream::sample_order, static_cast<std::uint32_t>(split), epoch_};
    std::vector<std::uint32_t> order(samples);
    std::iota(order.begin(), order.end(), 0U);
    if (plan_.shuffle || split != SplitName::train) order = permutation(at, samples);
    if (limit > 0 && order.size() > limit) order.resize(limit);
    orders.push_back(std::move(order));
  }
  for (const auto& o : orders) APICAL_CHECK(o.size() == orders.front().size());
  return orders;
}

void Trainer::enter(Phase phase) {
  phase_ = phase;
  sample_ = 0;
  switch (phase) {
    case Phase::settle:
    case Phase::train:
      orders_ = make_orders(SplitName::train, 0);
      break;
    case Phase::align:
      orders_ = make_orders(SplitName::train, plan_.align_samples);
      break;
    case Phase::validate:
      orders_ = make_orders(SplitName::validation, 0);
      break;
    case Phase::test:
      orders_ = make_orders(SplitName::test, 0);
      break;
    case Phase::done:
      orders_.clear();
      break;
  }
}

bool Trainer::due(std::size_t every, const std::vector<std::size_t>& also) const {
  if (std::find(also.begin(), also.end(), epoch_) != also.end()) return true;
  return every > 0 && (epoch_ % every == 0 || last_epoch());
}

Trainer::Step Trainer::advance(const std::atomic<bool>& stop) {
  if (phase_ == Phase::done) return Step::finished;
  if (stop.load()) return Step::stopped;
  switch (phase_) {
    case Phase::settle:
      step_settle();
      break;
    case Phase::validate:
      if (due(plan_.validate_every, {}) && !evaluate(SplitName::validation, stop)) return Step::stopped;
      enter(Phase::align);
      break;
    case Phase::align: {
      if (due(plan_.align_every, plan_.align_epochs)) {
        const auto result = learner_.align(slice(orders_, 0, orders_.front().size()));
        tell(Aligned{epoch_, result});
      }
      enter(trained() || due(plan_.test_every, {}) ? Phase::test : Phase::train);
      break;
    }
    case Phase::train:
      step_train();
      break;
    case Phase::test:
      if (!evaluate(SplitName::test, stop)) return Step::stopped;
      enter(trained() ? Phase::done : Phase::train);
      break;
    case Phase::done:
      break;
  }
  // Whoever wants to stop between two epochs hears that one begins while nothing of it has been learned.
  if (phase_ == Phase::train && sample_ == 0)
    tell(Progress{epoch_ + 1, plan_.epochs, 0, orders_.front().size()});
  tell(SafePoint{samples_shown_});
  return Step::safe_point;
}

Trainer::Outcome Trainer::run(const std::atomic<bool>& stop) {
  Step step = Step::safe_point;
  while (step == Step::safe_point) step = advance(stop);
  return step == Step::finished ? Outcome::finished : Outcome::stopped;
}

void Trainer::step_settle() {
  const std::size_t all = learner_.settling_samples();
  const std::size_t in_order = orders_.front().size();
  if (sample_ >= all) return enter(Phase::validate);
  // Training inputs from the first on, again from the start where settling takes longer than one pass.
  const std::size_t first = sample_ % in_order;
  const std::size_t n = std::min({chunk_, all - sample_, in_order - first});
  chunk_ = next_chunk(chunk_, agreed_seconds_of([&] { learner_.settle(slice(orders_, first, n)); }));
  sample_ += n;
  samples_shown_ += n;
}

/// Samples to show next: whole batches, about as many as the chunk says.
std::size_t Trainer::next_piece(std::size_t left) const {
  const std::size_t batch = learner_.batch();
  return std::min((chunk_ + batch - 1) / batch * batch, left);
}

double Trainer::eta_factor() const {
  const std::size_t decays = epoch_ / plan_.eta_decay_every;  // those that are complete
  const double decayed = std::pow(plan_.eta_decay, static_cast<double>(decays));
  if (plan_.schedule == Schedule::constant) return decayed;
  const std::size_t all = plan_.schedule_epochs > 0 ? plan_.schedule_epochs : plan_.epochs;
  return decayed * static_cast<double>(all - epoch_) / static_cast<double>(all);
}

void Trainer::step_train() {
  const std::size_t all = orders_.front().size();
  if (sample_ == 0) {
    learner_.scale_learning(eta_factor());
    time_.epoch_began_seconds = time_.seconds;
  }
  const std::size_t n = next_piece(all - sample_);
  learner_.announce(SplitName::train, slice(orders_, sample_, std::min(2 * n, all - sample_)));
  const double seconds = agreed_seconds_of([&] { learner_.learn(slice(orders_, sample_, n), sample_ == 0); });
  chunk_ = next_chunk(chunk_, seconds);
  time_.seconds += seconds;
  sample_ += n;
  samples_shown_ += n;
  tell(Progress{epoch_ + 1, plan_.epochs, sample_, all});
  if (sample_ < all) return;
  learner_.check();
  require_finite_state(learner_, static_cast<std::int64_t>(samples_shown_), ranks_);
  ++epoch_;
  tell(EpochTrained{epoch_, time_.seconds - time_.epoch_began_seconds});
  if (const auto training_figures = learner_.training_figures(); !training_figures.empty())
    tell(TrainingMeasured{epoch_, training_figures});
  enter(Phase::validate);
}

/// Nothing is told of a split without samples. False if `stop` broke it off; then everything is as before the
/// first sample.
bool Trainer::evaluate(SplitName split, const std::atomic<bool>& stop) {
  const std::size_t all = orders_.front().size();
  if (all == 0) return true;
  Snapshot before;
  before.take(learner_);
  std::vector<Score> scores(learner_.replicas());
  for (std::size_t at = 0; at < all;) {
    if (stop.load()) {
      before.restore(learner_);
      return false;
    }
    const std::size_t n = next_piece(all - at);
    learner_.announce(split, slice(orders_, at, std::min(2 * n, all - at)));
    chunk_ = next_chunk(
        chunk_, agreed_seconds_of([&] { learner_.evaluate(split, slice(orders_, at, n), at == 0, scores); }));
    at += n;
  }
  learner_.check();
  require_finite_state(learner_, static_cast<std::int64_t>(samples_shown_), ranks_);
  if (split == SplitName::validation) after_validation(scores);
  tell(Evaluated{split, epoch_, scores});
  return true;
}

void ValidationRecord::add(std::span<const double> losses) {
  double mean = 0;
  for (const double loss : losses) mean += loss / static_cast<double>(losses.size());
  const bool better = !any || mean < best_loss;
  any = true;
  without_progress = better ? 0 : without_progress + 1;
  if (better) best_loss = mean;
}

void Trainer::after_validation(const std::vector<Score>& scores) {
  std::vector<double> losses(scores.size());
  std::transform(scores.begin(), scores.end(), losses.begin(), [](const Score& s) { return s.loss(); });
  validations_.add(losses);
  stopped_early_ = plan_.patience > 0 && validations_.without_progress >= plan_.patience;
}

bool Trainer::at_end_of_training() const {
  if (sample_ > 0) return false;
  return last_epoch() ? phase_ == Phase::validate : phase_ == Phase::align && stopped_early_;
}

bool Trainer::take_further() {
  stopped_early_ = plan_.patience > 0 && validations_.without_progress >= plan_.patience;
  return !trained();
}

void Trainer::visit_state(StateVisitor& a) {
  auto phase = static_cast<std::uint32_t>(phase_);
  a("phase", phase);
  a("epoch", epoch_);
  a("sample", sample_);
  a("samples_shown", samples_shown_);
  a("best_loss", validations_.best_loss);
  a("validations_without_progress", validations_.without_progress);
  a("any_validation", validations_.any);
  a("stopped_early", stopped_early_);
  a.section("learner", [&] { learner_.visit_state(a); });
  if (!a.kReading) return;
  const std::size_t sample = sample_;
  enter(static_cast<Phase>(phase));
  sample_ = sample;
}

}  // namespace apical
