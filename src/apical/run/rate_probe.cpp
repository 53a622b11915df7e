// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>

#include "apical/analysis/metrics.h"
#include "apical/run/contrasts.h"
#include "apical/run/learning_clock.h"
#include "apical/run/manifest_facts.h"
#include "apical/run/probe_parts.h"
#include "apical/run/probe_session.h"
#include "apical/run/saved_weights.h"
#include "apical/run/state_file.h"
#include "apical/run/training_listener.h"
#include "apical/run/trial_recorder.h"

namespace apical {
namespace {

/// Of training only the progress is of interest: its tests are those of the conditions.
struct ProgressOnly final : Listener {
  explicit ProgressOnly(Listener& listener) : to(listener) {}
  void on(const RunProgress& p) override { to.on(p); }
  void on(const EpochEnded& e) override { to.on(e); }
  Listener& to;
};

/// Whether a swap makes of any target of the first so many samples another one.
bool changes_targets(const TargetMismatch& swap, const Split& split, std::size_t first) {
  std::vector<double> own(split.outputs()), shown(split.outputs());
  const auto read = [&](std::size_t sample, std::span<double> out) { split.read_target(sample, out); };
  for (std::size_t i = 0; i < first; ++i) {
    read(i, own);
    shown = own;
    apply(swap, i, split.size(), read, shown);
    if (shown != own) return true;
  }
  return false;
}

template <class Real>
class RateProbe final : public ProbeSession {
 public:
  RateProbe(const ProbedModel& model, const Resources& resources)
      : e_(model.experiment),
        p_(model.protocol),
        pool_(resources.pool),
        data_(e_.make_data(resources)),
        schoolings_(schoolings_of(p_)) {
    if (!e_.continue_from.empty()) {
      throw ConfigError(
          "'training.continue_from' does not go with [protocol], which trains its models itself", {},
          "model.start_from takes the weights of a run");
    }
    for (const auto& d : data_) {
      const std::size_t size = split_of(*d, p_.split).size();
      if (p_.samples > size) {
        throw ConfigError(fmt::format("'protocol.samples' is {}, but the {} split of task '{}' has {}",
                                      p_.samples, name_of(p_.split), e_.task, size));
      }
    }
    for (const Condition& c : p_.conditions) check_mismatches(c);
    if (schoolings_.empty()) return;
    enroll();  // here, so that what is wrong shows before there is a directory
  }

  void prepare(const io::Path&) override {}
  void load(const io::Checkpoint& checkpoint, const std::string& origin) override {
    load_outcome(checkpoint, origin);
    if (over()) return;
    enroll();
    restore_state(*trainer_, checkpoint.section("trainer"), origin + ", section 'trainer'");
    LearningClock clock;
    io::load_state(checkpoint.section("clock"), clock, origin + ", section 'clock'");
    trainer_->set_learning_time(clock.learning);
  }
  void load_outcome(const io::Checkpoint& checkpoint, const std::string& origin) override {
    io::load_state(checkpoint.section("probe"), *this, origin + ", section 'probe'");
  }
  std::vector<io::CheckpointSection> save() override {
    std::vector<io::CheckpointSection> out{{"probe", io::save_state(*this)}};
    if (over()) return out;
    LearningClock clock{trainer_->learning_time()};
    out.push_back({"trainer", state_bytes(*trainer_)});
    out.push_back({"clock", io::save_state(clock)});
    return out;
  }
  template <class Archive>
  void visit_state(Archive& a) {
    a("schooling", schooling_);
    a("probed", probed_);
    a.resized("traces", traces_);
    a.resized("tests", tests_);
  }
  bool resumable() const override { return true; }
  std::vector<io::CheckpointSection> fault_state() override {
    if (over()) return {};
    return {{"trainer", state_bytes(*trainer_)}};
  }

  Step advance(const std::atomic<bool>& stop, Listener& listener) override {
    if (over()) return Step::finished;
    if (stop.load()) return Step::stopped;
    if (trainer_->epochs_trained() < next_epoch()) {
      switch (train(stop, listener)) {
        case Trainer::Step::stopped:
          return Step::stopped;
        case Trainer::Step::safe_point:
        case Trainer::Step::finished:
          return Step::safe_point;
      }
    }
    if (!probe(stop, listener)) return Step::stopped;
    if (++probed_ == schoolings_[schooling_].epochs.size()) {
      ++schooling_;
      probed_ = 0;
      if (over()) return Step::finished;
      enroll();
    }
    return Step::safe_point;
  }

  void describe(nlohmann::json& m) const override {
    m["precision"] = e_.double_precision ? "double" : "float";
    add_method(m, "Trials", trials_in_words(p_, e_.task));
    if (p_.evaluate) add_evaluation(m, e_);
  }
  void write_artifacts(const io::Path&) override {}
  const Dataset* data() const override { return data_.front().get(); }

  ModelOutcome outcome() const override {
    ModelOutcome out;
    out.label = e_.label;
    for (const std::size_t epochs : p_.epochs) {
      for (const Trace& t : traces_) {
        if (t.epochs == epochs) out.traces.push_back(t);
      }
    }
    out.contrasts = contrasts_of(p_, TraceTimes(p_), out.traces, tests_);
    return out;
  }

 private:
  /// ConfigError for swapped targets that all are what they were: a condition like the control.
  void check_mismatches(const Condition& c) const {
    for (const TargetMismatch& m : c.mismatches) {
      if (m.kind != TargetMismatch::Kind::swap) continue;
      if (c.in_training()) require_swaps(c, m, SplitName::train, 0);
      if (c.in_probe()) require_swaps(c, m, p_.split, p_.samples);
    }
  }
  void require_swaps(const Condition& c, const TargetMismatch& m, SplitName name, std::size_t first) const {
    const auto changes = [&](const auto& d) {
      const Split& split = split_of(*d, name);
      return changes_targets(m, split, first == 0 ? split.size() : first);
    };
    if (std::any_of(data_.begin(), data_.end(), changes)) return;
    const std::size_t samples = split_of(*data_.front(), name).size();
    throw ConfigError(
        fmt::format(
            "condition '{}' swaps each target for that of the sample {:g} places further, which of the {} "
            "samples of the {} split is the same one: nothing is mismatched",
            c.name, m.by, samples, name_of(name)),
        {}, "choose another 'by'");
  }
  bool over() const { return schooling_ == schoolings_.size(); }
  std::size_t next_epoch() const { return schoolings_[schooling_].epochs[probed_]; }

  TrainingPlan plan_until(std::size_t epochs) const {
    TrainingPlan plan = e_.plan;
    plan.epochs = epochs;
    plan.schedule_epochs = e_.plan.epochs;
    plan.validate_every = plan.align_every = 0;
    plan.align_epochs.clear();
    return plan;
  }

  /// A fresh circuit, about to be trained as the present schooling says.
  void enroll() {
    trainer_.reset();
    learner_.emplace(e_.circuit(), data_, e_.seeds, e_.presentation, pool_);
    if (!e_.start_from.empty())
      set_weights(*learner_, read_weights(e_.start_from, pool_), !e_.double_precision);
    disturb(schoolings_[schooling_].disturbed_by);
    trainer_.emplace(*learner_, plan_until(schoolings_[schooling_].epochs.back()), std::vector<Observer*>{});
  }
  void disturb(const Condition* by) {
    if (by)
      learner_->perturb(by->perturbations, by->mismatches);
    else
      learner_->perturb({});
  }

  Trainer::Step train(const std::atomic<bool>& stop, Listener& listener) {
    ProgressOnly progress(listener);
    TrainingListener training(e_.seeds, progress);
    trainer_->set_observers({&training});
    const Trainer::Step step = trainer_->advance(stop);
    trainer_->set_observers({});
    return step;
  }

  /// Brings the state, as if training were to end here, to every condition that goes with it. False if it was
  /// broken off; then everything is as before.
  bool probe(const std::atomic<bool>& stop, Listener& listener) {
    const Condition* const disturbed_by = schoolings_[schooling_].disturbed_by;
    const std::size_t epochs = next_epoch(), traces_before = traces_.size(), tests_before = tests_.size();
    Snapshot going_on;
    going_on.take(*trainer_);
    Trainer ending(*learner_, plan_until(epochs), {});
    going_on.restore(ending);
    bool whole = ending.run(stop) == Trainer::Outcome::finished;
    learner_->perturb({});
    Snapshot trained;
    trained.take(*learner_);
    for (const Condition& c : p_.conditions) {
      if (disturbed_by ? &c != disturbed_by : c.in_training()) continue;
      whole = whole && !stop.load();
      if (!whole) break;
      if (c.in_probe()) learner_->perturb(c.perturbations, c.mismatches);
      for (Trace& t : record_trials(*learner_, e_, p_, c, epochs)) traces_.push_back(std::move(t));
      trained.restore(*learner_);
      if (p_.evaluate) test(c, epochs);
      trained.restore(*learner_);
      learner_->perturb({});
    }
    disturb(disturbed_by);
    going_on.restore(*trainer_);
    if (whole) {
      for (std::size_t i = tests_before; i < tests_.size(); ++i) tell(tests_[i], e_.seeds, listener);
    } else {
      traces_.erase(traces_.begin() + static_cast<std::ptrdiff_t>(traces_before), traces_.end());
      tests_.erase(tests_.begin() + static_cast<std::ptrdiff_t>(tests_before), tests_.end());
    }
    return whole;
  }

  void test(const Condition& c, std::size_t epochs) {
    std::vector<std::uint32_t> all(split_of(*data_.front(), SplitName::test).size());
    std::iota(all.begin(), all.end(), 0U);
    std::vector<Score> scores(e_.seeds.size());
    learner_->evaluate(SplitName::test, Order(e_.seeds.size(), all), true, scores);
    learner_->check();
    std::vector<std::vector<NamedFigure>> figures;  // of each seed, the same names
    figures.reserve(scores.size());
    for (const Score& s : scores) figures.push_back(s.figures());
    for (std::size_t k = 0; k < figures.front().size(); ++k) {
      const std::string name(figures.front()[k].name);
      if (!metric_of(name).is_headline()) continue;
      Tested tested{c.name, epochs, name, {}};
      for (const auto& of_seed : figures) tested.values.push_back(of_seed[k].value);
      tests_.push_back(std::move(tested));
    }
  }

  const Experiment& e_;
  const Protocol& p_;
  ThreadPool& pool_;
  std::vector<std::shared_ptr<const Dataset>> data_;
  std::vector<Schooling> schoolings_;
  std::uint64_t schooling_ = 0, probed_ = 0;  ///< next: which training, which of its probed epochs
  std::optional<RateLearner<Real>> learner_;
  std::optional<Trainer> trainer_;
  std::vector<Trace> traces_;
  std::vector<Tested> tests_;
};

}  // namespace

std::unique_ptr<ProbeSession> make_rate_probe(const ProbedModel& model, const Resources& resources) {
  if (model.experiment.double_precision) return std::make_unique<RateProbe<double>>(model, resources);
  return std::make_unique<RateProbe<float>>(model, resources);
}

}  // namespace apical
