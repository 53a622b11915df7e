// SPDX-License-Identifier: Apache-2.0
#include "apical/run/training_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apical/analysis/display.h"
#include "apical/io/checkpoint_sections.h"
#include "apical/io/png.h"
#include "apical/learning/layered_learner.h"
#include "apical/rules/simulated_time.h"
#include "apical/run/learning_clock.h"
#include "apical/run/manifest_facts.h"
#include "apical/run/sample_cost.h"
#include "apical/run/state_file.h"
#include "apical/run/training_listener.h"

namespace apical {
namespace {

constexpr const char* kCarriedRows = "clock recording rows";

void remove_files(const io::Path& run, std::string_view prefix) {
  for (const std::string& name : io::list_directory(run)) {
    if (name.starts_with(prefix)) io::remove_file(run / name);
  }
}

/// One picture after the other, a black line between them.
Matrix<std::uint8_t> side_by_side(const Matrix<double>& pixels, PictureShape shape) {
  Matrix<std::uint8_t> out(shape.rows, pixels.rows() * (shape.cols + 1) - 1);
  for (std::size_t k = 0; k < pixels.rows(); ++k) {
    for (std::size_t i = 0; i < shape.rows * shape.cols; ++i) {
      const double grey = std::clamp(pixels(k, i), 0.0, 1.0);
      out(i / shape.cols, k * (shape.cols + 1) + i % shape.cols) =
          static_cast<std::uint8_t>(std::lround(255 * grey));
    }
  }
  return out;
}

template <class Real>
std::uint64_t samples_before_learning(Learner& learner) {
  auto* const batches = dynamic_cast<LayeredLearner<Real>*>(&learner);
  if (batches == nullptr) return 0;
  const auto* const timed = dynamic_cast<layered::SimulatedTime<Real>*>(&batches->model(0).rule());
  return timed == nullptr ? 0 : timed->samples_before_learning();
}

/// Takes part in bringing a state together, and keeps nothing of it.
class HandsOver final : public StateVisitor {
 public:
  HandsOver() : StateVisitor(false) {}

 private:
  void visit(std::string_view, Element, bool, std::span<std::byte>) override {}
  void begin(std::string_view) override {}
  void end() override {}
};

/// A training all of whose samples are only looked at would end in silence.
void require_learning(const Experiment& e, Learner& learner) {
  const std::uint64_t before =
      std::max(samples_before_learning<float>(learner), samples_before_learning<double>(learner));
  const std::size_t samples = learner.samples(0, SplitName::train);
  const std::uint64_t shown = std::uint64_t{e.plan.epochs} * samples;
  if (before == 0 || shown == 0 || shown > before) return;
  throw ConfigError(
      fmt::format(
          "nothing would be learned: 'model.calibration' lets the model look at {} samples first, and "
          "{} epochs of {} samples show no more than {}",
          before, e.plan.epochs, samples, shown),
      {}, "give a smaller model.calibration, or more training.epochs");
}

}  // namespace

TrainingSession::TrainingSession(const Experiment& experiment, std::unique_ptr<Learner> learner,
                                 TakenWeights taken, Ranks* ranks)
    : experiment_(experiment),
      ranks_(ranks),
      learner_(std::move(learner)),
      trainer_(*learner_, experiment_.plan, {}, ranks),
      taken_(std::move(taken)) {
  check_recordings(experiment_, *learner_);
  if (experiment_.plan.patience > 0 && learner_->samples(0, SplitName::validation) == 0) {
    throw ConfigError(
        fmt::format("'training.patience' is {}, but task '{}' has no validation samples: it would never act",
                    experiment_.plan.patience, experiment_.task),
        {}, "give the task some, or leave patience out");
  }
  require_learning(experiment_, *learner_);
  if (!experiment_.continue_from.empty()) go_on_from_parent();
}

void TrainingSession::go_on_from_parent() {
  const ParentState from = read_parent(experiment_);
  restore_state(trainer_, from.checkpoint.section("trainer"), from.origin + ", section 'trainer'");
  LearningClock clocks;
  io::load_state(from.checkpoint.section("clock"), clocks, from.origin + ", section 'clock'");
  trainer_.set_learning_time(clocks.learning);
  parent_ = from.parent;
  parent_->epochs = trainer_.epochs_trained();
  if (trainer_.take_further()) return;
  throw ConfigError(
      fmt::format("{} has been trained for {} epochs, and training.epochs is {}: nothing is left to train",
                  parent_->run, parent_->epochs, experiment_.plan.epochs),
      {}, "epochs (and minutes, patience) count from the beginning; give more of them");
}

void TrainingSession::prepare(const io::Path& run) {
  run_ = run;
  recorder_.emplace(experiment_, *learner_, run, writes());
}

/// Empty on ranks that only hand their part of it over.
io::Bytes TrainingSession::trainer_state() {
  if (ranks_ == nullptr) return state_bytes(trainer_);
  if (ranks_->leads()) return state_bytes_at_once(trainer_, learner_->bytes() + (std::size_t{1} << 16));
  HandsOver nobody;
  trainer_.visit_state(nobody);
  return {};
}

void TrainingSession::load(const io::Checkpoint& checkpoint, const std::string& origin) {
  restore_state(trainer_, checkpoint.section("trainer"), origin + ", section 'trainer'");
  LearningClock clocks;
  io::load_state(checkpoint.section("clock"), clocks, origin + ", section 'clock'");
  trainer_.set_learning_time(clocks.learning);
  if (!recorder_->active()) return;
  io::RecordingPosition position;
  io::load_state(checkpoint.section("clock recording"), position, origin + ", section 'clock recording'");
  if (io::has_section(checkpoint, kCarriedRows)) {
    io::CarriedRows rows;
    io::load_state(checkpoint.section(kCarriedRows), rows,
                   fmt::format("{}, section '{}'", origin, kCarriedRows));
    position.carried = std::move(rows.columns);
  }
  recorder_->resume(position);
}

/// Segments may have been sealed without a checkpoint to go with them.
void TrainingSession::begin_again(const io::Path& run) { remove_files(run, "results."); }

Session::Step TrainingSession::advance(const std::atomic<bool>& stop, Listener& listener) {
  TrainingListener training(experiment_.seeds, listener);
  if (experiment_.plan.minutes > 0)
    training.end_within(60 * experiment_.plan.minutes - trainer_.learning_time().seconds);
  trainer_.set_observers({&training});
  const Trainer::Step step = trainer_.advance(stop);
  trainer_.set_observers({});
  recorder_->drain();
  if (step == Trainer::Step::safe_point && trainer_.at_end_of_training()) {
    LearningClock clocks{trainer_.learning_time()};
    std::vector<io::CheckpointSection> state;  // a list in braces would copy them
    state.push_back({"trainer", trainer_state()});
    state.push_back({"clock", io::save_state(clocks)});
    if (writes()) write_trained_state(run_, experiment_, std::move(state));
  }
  switch (step) {
    case Trainer::Step::finished:
      return Step::finished;
    case Trainer::Step::stopped:
      return Step::stopped;
    case Trainer::Step::safe_point:
      break;
  }
  return Step::safe_point;
}

std::vector<io::CheckpointSection> TrainingSession::save() {
  LearningClock clocks{trainer_.learning_time()};
  std::vector<io::CheckpointSection> out;  // a list in braces would copy them
  out.push_back({"trainer", trainer_state()});
  out.push_back({"clock", io::save_state(clocks)});
  // Where segments were sealed depends on when checkpoints were written.
  if (recorder_->active()) {
    io::RecordingPosition position = recorder_->position();
    out.push_back({"clock recording", io::save_state(position)});
    io::CarriedRows rows{std::move(position.carried)};
    if (!rows.columns.empty()) out.push_back({kCarriedRows, io::save_state(rows)});
  }
  return out;
}

std::vector<io::CheckpointSection> TrainingSession::fault_state() { return {{"trainer", trainer_state()}}; }

void TrainingSession::describe(nlohmann::json& m) const {
  add_evaluation(m, experiment_);
  add_start(m, taken_);
  if (parent_) {
    m["continues"] = {{"run", parent_->run}, {"xxh3", parent_->xxh3}, {"epochs", parent_->epochs}};
    add_method(m, "Start", in_words(*parent_));
  }
  const Dataset& data = learner_->data(0);
  if (const auto& episodes = data.episodes)
    m["rewards"] = {{"solved", episodes->solved}, {"window", episodes->window}};
  Display display;
  if (!data.class_names.empty())
    display.ranges["classes_never_decided"] = {0, static_cast<double>(data.class_names.size())};
  if (data.episodes) display.ranges["return"] = {data.episodes->least_return, data.episodes->most_return};
  const TrainingPlan& plan = experiment_.plan;
  if (!data.episodes && (plan.align_every > 0 || !plan.align_epochs.empty()))
    display.ranges["undefined_samples"] = {0, static_cast<double>(experiment_.plan.align_samples)};
  m["display"] = display_json(display);
  m["precision"] = experiment_.double_precision ? "double" : "float";
  m["state_bytes"] = learner_->bytes();
  m["training_samples"] = learner_->samples(0, SplitName::train);
  const SampleCost cost = cost_of_sample(experiment_, data);
  m["cost_per_sample"] = {{"synaptic_events", cost.synaptic_events},
                          {"weight_reads", cost.weight_reads},
                          {"weight_writes", cost.weight_writes}};
}

/// Environment steps after which the mean return of the last episodes first counted as solved; NaN: never.
std::vector<Measurement> TrainingSession::conclusions(std::span<const Measurement> measured) const {
  const auto& goal = learner_->data(0).episodes;
  if (!goal) return {};
  const std::vector<SeedCurve> steps = curves_of(measured, "train", "environment_steps"),
                               episodes = curves_of(measured, "train", "episodes"),
                               returns = curves_of(measured, "train", "return");
  std::vector<Measurement> out;
  for (std::size_t s = 0; s < returns.size(); ++s) {
    double solved_after = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = returns[s].y.size(); i-- > 0;) {
      if (returns[s].y[i] >= goal->solved && episodes.at(s).y.at(i) >= static_cast<double>(goal->window))
        solved_after = steps.at(s).y.at(i);
    }
    out.push_back({static_cast<double>(trainer_.epochs_trained()), "train", "steps_to_solve", returns[s].seed,
                   solved_after});
  }
  return out;
}

std::vector<std::string> TrainingSession::remarks(std::span<const Measurement> measured) const {
  std::vector<std::string> out;
  if (!taken_.source.empty()) out.push_back(in_words(taken_));
  if (parent_) out.push_back(in_words(*parent_));
  if (learner_->samples(0, SplitName::test) == 0)
    out.push_back(fmt::format("task '{}' has no test samples: {}", experiment_.task,
                              learner_->samples(0, SplitName::validation) > 0
                                  ? "figures are those of the last validation"
                                  : "nothing was tested"));
  if (experiment_.plan.minutes > 0)
    out.push_back(fmt::format("{} epochs within {:g} minutes of learning", trainer_.epochs_trained(),
                              experiment_.plan.minutes));
  double never = 0;
  for (const SeedValue& v : last_of(measured, "test", "classes_never_decided"))
    never = std::max(never, v.value);
  if (never > 0)
    out.push_back(fmt::format("{} never the answer (most of any seed); stuck outputs: docs/burstprop.md",
                              never == 1 ? "1 class of the test samples is"
                                         : fmt::format("{:.0f} classes of the test samples are", never)));
  return out;
}

void TrainingSession::write_artifacts(const io::Path& run) {
  recorder_->finish();
  write_pictures(run);
}

void TrainingSession::tidy(const io::Path& run) {
  if (recorder_) return recorder_->remove_segments();
  remove_files(run, "results.segment-");  // it was killed between the summary and this
}

/// What the first seed makes of the first test samples, beside the targets.
void TrainingSession::write_pictures(const io::Path& run) {
  constexpr std::size_t kMost = 20;
  const Dataset& data = learner_->data(0);
  if (!data.target_picture || data.test.size() == 0) return;
  std::vector<std::uint32_t> samples(std::min(kMost, data.test.size()));
  std::iota(samples.begin(), samples.end(), 0U);
  const Matrix<double> outputs = learner_->respond(SplitName::test, 0, samples);
  if (outputs.rows() == 0 || !writes()) return;
  Matrix<double> targets(outputs.rows(), outputs.cols());
  for (std::uint32_t k : samples) data.test.read_target(k, targets.row(k));
  io::make_directories(run / "pictures");
  const auto write = [&](const char* name, const Matrix<double>& pixels) {
    io::write_atomically(run / "pictures" / name, io::encode_png(side_by_side(pixels, *data.target_picture)));
  };
  write("targets.png", targets);
  write("outputs.png", outputs);
}

}  // namespace apical
