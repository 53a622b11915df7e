// SPDX-License-Identifier: Apache-2.0
// Shows a learner its task: settle, then epochs of training with validation and alignment between them, then
// the test. Knows neither model nor task; can be stopped and continued between any two chunks of samples
// with the same numbers as if nothing had happened.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "apical/core/ranks.h"
#include "apical/learning/learner.h"

namespace apical {

/// How learning rates go from epoch to epoch, apart from eta_decay.
enum class Schedule {
  constant,
  linear,  ///< 1 in the first epoch, 1/epochs in the last; see schedule_epochs
};

struct TrainingPlan {
  std::size_t epochs = 50;
  double minutes =
      0;  ///< no epoch begins after so much time of learning, which ends the run; 0: no such limit
  double eta_decay = 1;  ///< factor on all learning rates per eta_decay_every epochs
  std::size_t eta_decay_every = 1;
  Schedule schedule = Schedule::constant;
  std::size_t schedule_epochs = 0;  ///< that the schedule is over, if training ends sooner; 0: `epochs`
  std::size_t validate_every = 1;   ///< epochs; 0: never. Also before the first epoch
  std::size_t test_every = 0;   ///< epochs; 0: only at the end. A curve to look at: nothing is chosen by it
  std::size_t align_every = 0;  ///< epochs; 0: never. Also before the first epoch
  std::vector<std::size_t> align_epochs = {};  ///< further epochs at which alignment is measured
  std::size_t align_samples = 100;
  bool shuffle = true;       ///< a new order of the training samples in each epoch and replica
  std::size_t patience = 0;  ///< stop after so many validations without a better mean loss; 0: never
};

/// What observers are told. Vectors have one entry per replica.
struct Evaluated {
  SplitName split;
  std::size_t epoch;  ///< epochs trained so far
  std::span<const Score> scores;
};
struct Aligned {
  std::size_t epoch;
  const std::vector<std::vector<AreaAlignment>>& replicas;
};
struct Progress {
  std::size_t epoch, epochs;    ///< being trained, counted from 1; all
  std::size_t sample, samples;  ///< within the epoch
};
struct EpochTrained {
  std::size_t epoch;
  double seconds;
};
/// What training itself showed in the epoch.
struct TrainingMeasured {
  std::size_t epoch;
  const std::vector<std::vector<NamedFigure>>& replicas;
};
/// The run could be continued from exactly here.
struct SafePoint {
  std::uint64_t samples_shown;
};

/// Watches a run. Observers may write, draw or print; nothing they do reaches the trainer.
struct Observer {
  virtual void on(const Evaluated&) {}
  virtual void on(const Aligned&) {}
  virtual void on(const Progress&) {}
  virtual void on(const EpochTrained&) {}
  virtual void on(const TrainingMeasured&) {}
  virtual void on(const SafePoint&) {}
  virtual ~Observer() = default;
};

/// Time of learning, evaluations not counted.
struct LearningTime {
  double seconds = 0;              ///< so far
  double epoch_began_seconds = 0;  ///< when the epoch in training began
};

/// What validations have said so far: for early stopping.
struct ValidationRecord {
  double best_loss = 0;
  std::size_t without_progress = 0;  ///< validations since then
  bool any = false;
  /// Of each replica.
  void add(std::span<const double> losses);
};

class Trainer {
 public:
  /// `ranks` that share the learner all make the same calls; what the clock decides rank 0's clock does.
  Trainer(Learner& learner, TrainingPlan plan, std::vector<Observer*> observers, Ranks* ranks = nullptr);

  /// Not part of the state, which clocks do not reach: whoever continues a run hands it back.
  const LearningTime& learning_time() const { return time_; }
  void set_learning_time(const LearningTime& time) { time_ = time; }

  std::size_t epochs_trained() const { return epoch_; }
  /// Nothing is left to learn and nothing of the end has been measured: the state from which a plan with more
  /// epochs would go on.
  bool at_end_of_training() const;
  /// After visit_state() has read what another plan ended with: whether that was early is for this one to
  /// say. False if it leaves nothing to train.
  bool take_further();

  void set_observers(std::vector<Observer*> observers) { observers_ = std::move(observers); }

  enum class Step { safe_point, finished, stopped };
  /// Goes on to the next point from which the run could be continued: about 50 ms of samples further, or to
  /// the end of an evaluation.
  Step advance(const std::atomic<bool>& stop);

  enum class Outcome { finished, stopped };
  /// Runs until done or until `stop` is seen, which is looked for between chunks of at most about 50 ms.
  Outcome run(const std::atomic<bool>& stop);

  /// Position, schedule and the learner's whole state.
  void visit_state(StateVisitor& a);

 private:
  enum class Phase : std::uint32_t { settle, validate, align, train, test, done };

  void step_settle();
  void step_train();
  bool evaluate(SplitName split, const std::atomic<bool>& stop);
  void after_validation(const std::vector<Score>& scores);
  bool due(std::size_t every, const std::vector<std::size_t>& also) const;
  void enter(Phase phase);
  bool last_epoch() const {
    return epoch_ >= plan_.epochs || (plan_.minutes > 0 && time_.seconds >= 60 * plan_.minutes);
  }
  bool trained() const { return last_epoch() || stopped_early_; }
  std::vector<std::vector<std::uint32_t>> make_orders(SplitName split, std::size_t limit) const;
  double agreed_seconds_of(const std::function<void()>& f) const;
  std::size_t next_piece(std::size_t left) const;
  double eta_factor() const;
  template <class Event>
  void tell(const Event& event) {
    for (Observer* o : observers_) o->on(event);
  }

  Learner& learner_;
  TrainingPlan plan_;
  std::vector<Observer*> observers_;
  Ranks* ranks_;
  Phase phase_ = Phase::settle;
  std::size_t epoch_ = 0;   ///< epochs trained
  std::size_t sample_ = 0;  ///< within the phase
  std::uint64_t samples_shown_ = 0;
  ValidationRecord validations_;
  bool stopped_early_ = false;
  // Not state: orders follow from seeds and epoch, chunks and clocks do not reach the numbers.
  std::vector<std::vector<std::uint32_t>> orders_;
  std::size_t chunk_ = 1;
  LearningTime time_;
};

}  // namespace apical
