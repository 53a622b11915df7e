// SPDX-License-Identifier: Apache-2.0
#include "apical/run/run.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apical/analysis/metrics.h"
#include "apical/io/checkpoint.h"
#include "apical/io/hash.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/io/png.h"
#include "apical/io/run_lock.h"
#include "apical/run/efficiency.h"
#include "apical/run/fault_record.h"
#include "apical/run/make_learner.h"
#include "apical/run/manifest_facts.h"
#include "apical/run/metrics_file.h"
#include "apical/run/provenance.h"
#include "apical/run/recorder.h"
#include "apical/run/state_file.h"

namespace apical {
namespace {

using Clock = std::chrono::steady_clock;

/// What a checkpoint holds beside the trainer's state.
struct Bookkeeping {
  std::uint64_t sequence = 0;
  double wall_seconds = 0;
  LearningTime learning;
  io::JournalPosition metrics, events;
  template <class Archive>
  void visit_state(Archive& a) {
    a("sequence", sequence);
    a("wall_seconds", wall_seconds);
    a("learning_seconds", learning.seconds);
    a("epoch_began_seconds", learning.epoch_began_seconds);
    a("metrics", metrics);
    a("events", events);
  }
};

void write_manifest(const Experiment& e, const RunOptions& options, std::size_t threads,
                    const Learner& learner) {
  nlohmann::json m;
  m["schema"] = "apical-manifest/1";
  m["title"] = e.title;
  m["label"] = e.label;
  m["reference"] = e.reference;
  m["task"] = e.task;
  m["model"] = e.model;
  m["citation"] = e.citation;
  m["task_citation"] = find_task(e.task).citation;
  m["classifies"] = find_task(e.task).classifies;
  m["steers"] = find_task(e.task).steers;
  if (const std::string& text = learner.data(0).provenance; !text.empty()) m["data_provenance"] = text;
  if (const auto& episodes = learner.data(0).episodes)
    m["rewards"] = {{"solved", episodes->solved}, {"window", episodes->window}};
  m["seeds"] = e.seeds;
  m["precision"] = e.double_precision ? "double" : "float";
  m["experiment_xxh3"] = fmt::format("{:016x}", io::xxh3(io::bytes_of(e.resolved)));
  add_provenance(m, threads);
  m["state_bytes"] = learner.bytes();
  const SampleCost cost = cost_of_sample(e, learner.data(0));
  m["training_samples"] = learner.samples(0, SplitName::train);
  m["cost_per_sample"] = {{"synaptic_events", cost.synaptic_events},
                          {"weight_reads", cost.weight_reads},
                          {"weight_writes", cost.weight_writes}};
  add_facts(m, e);
  write_circuit(e, options.directory);
  io::write_atomically(options.directory / "manifest.json", io::json_text(m));
}

/// Writes what it is told into the journals.
class Chronicle final : public Observer {
 public:
  Chronicle(const Experiment& e, const io::Path& run, const Bookkeeping& from)
      : experiment_(e),
        classifies_(find_task(e.task).classifies),
        metrics_(run, from.metrics),
        events_(run / "events.ndjson", from.events) {}

  void on(const Evaluated& e) override {
    for (std::size_t r = 0; r < e.scores.size(); ++r) {
      const Score& s = e.scores[r];
      const auto add = [&](const char* metric, double value) {
        measured(e.epoch, name_of(e.split), metric, r, value);
      };
      if (s.episodes > 0) {
        add("return", s.mean_return());
      } else {
        add("loss", s.loss());
      }
      if (classifies_) add("accuracy", s.accuracy());
      if (!s.classes.empty()) {
        const std::size_t never = s.classes_never_decided();
        add("classes_never_decided", static_cast<double>(never));
        if (e.split == SplitName::test) never_decided_ = r == 0 ? never : std::max(never_decided_, never);
      }
      if (s.plant.control_steps > 0) {
        add("falls", s.plant.falls);
        add("teacher_falls", s.teacher.falls);
        add("rms_deviation", s.plant.rms_deviation());
        add("teacher_rms_deviation", s.teacher.rms_deviation());
      }
      add("samples", s.samples);
    }
  }
  void on(const TrainingMeasured& m) override {
    for (std::size_t r = 0; r < m.replicas.size(); ++r) {
      for (const NamedFigure& figure : m.replicas[r])
        measured(m.epoch, name_of(SplitName::train), figure.name, r, figure.value);
    }
  }
  void on(const Aligned& a) override {
    for (std::size_t r = 0; r < a.replicas.size(); ++r) {
      for (const AreaAlignment& area : a.replicas[r]) {
        measured(a.epoch, area.area, "angle_deg", r, area.mean_angle);
        measured(a.epoch, area.area, "batch_angle_deg", r, area.batch_angle);
        measured(a.epoch, area.area, "undefined_samples", r, static_cast<double>(area.undefined));
        for (const NamedFigure& figure : area.figures)
          measured(a.epoch, area.area, figure.name, r, figure.value);
      }
    }
  }
  void on(const EpochTrained& e) override {
    event("epoch", [&](io::JsonLine& l) { l.add("epoch", e.epoch).add("seconds", e.seconds); });
  }

  /// What a reader of the result should know: how much fitted into the time, and answers that are never
  /// given.
  std::vector<std::string> remarks(std::size_t epochs_trained) const {
    std::vector<std::string> out;
    if (experiment_.plan.minutes > 0)
      out.push_back(
          fmt::format("{} epochs within {:g} minutes of learning", epochs_trained, experiment_.plan.minutes));
    if (never_decided_ > 0)
      out.push_back(
          fmt::format("{} classes of the test samples are never the answer (most of any seed); stuck "
                      "outputs: docs/burstprop.md",
                      never_decided_));
    return out;
  }

  template <class Fill>
  void event(std::string_view name, Fill&& fill) {
    io::JsonLine line;
    line.add("event", name).add("utc", utc_now());
    fill(line);
    events_.append(line);
  }
  void note_positions(Bookkeeping& b) {
    b.metrics = metrics_.position();
    b.events = events_.position();
  }
  void close() {
    metrics_.close();
    events_.close();
  }

 private:
  void measured(std::size_t epoch, std::string_view where, std::string_view metric, std::size_t replica,
                double value) {
    metrics_.append({static_cast<double>(epoch), std::string(where), std::string(metric),
                     experiment_.seeds[replica], value});
  }

  const Experiment& experiment_;
  bool classifies_;
  std::size_t never_decided_ = 0;  ///< in the last test, most of any seed
  MetricsFile metrics_;
  io::Journal events_;
};

/// Writes a checkpoint at the first safe point after each interval.
class Checkpointer final : public Observer {
 public:
  Checkpointer(const io::Path& run, std::uint64_t experiment_hash, double every_s, Trainer& trainer,
               Chronicle& chronicle, Recorder& recorder, Bookkeeping& books, Clock::time_point start)
      : directory_(run / "checkpoints"),
        hash_(experiment_hash),
        every_s_(every_s),
        trainer_(trainer),
        chronicle_(chronicle),
        recorder_(recorder),
        books_(books),
        start_(start),
        last_(start) {}

  void on(const SafePoint&) override {
    recorder_.drain();
    if (std::chrono::duration<double>(Clock::now() - last_).count() >= every_s_) write();
  }
  void write() {
    const auto now = Clock::now();
    chronicle_.note_positions(books_);
    ++books_.sequence;
    Bookkeeping saved = books_;
    saved.wall_seconds += std::chrono::duration<double>(now - start_).count();
    saved.learning = trainer_.learning_time();
    io::Checkpoint c;
    c.sequence = saved.sequence;
    c.experiment = hash_;
    c.sections.push_back({"books", io::save_state(saved)});
    c.sections.push_back({"trainer", state_bytes(trainer_)});
    if (recorder_.active()) c.sections.push_back({"recording", io::save_state(recorder_.position())});
    io::write_checkpoint(directory_, c);
    last_ = Clock::now();
  }
  /// The state after a fault, for a post-mortem; not a checkpoint that anything would continue from.
  void write_fault() {
    write_fault_state(directory_.parent_path(), hash_, books_.sequence + 1,
                      {{"trainer", state_bytes(trainer_)}});
  }

 private:
  io::Path directory_;
  std::uint64_t hash_;
  double every_s_;
  Trainer& trainer_;
  Chronicle& chronicle_;
  Recorder& recorder_;
  Bookkeeping& books_;
  Clock::time_point start_, last_;
};

nlohmann::json interval_json(const std::vector<double>& values) {
  nlohmann::json j;
  j["mean"] = io::json_number(mean(values));
  j["n"] = values.size();
  if (values.size() >= 2) {
    const Interval i = student_interval(values);
    j["low95"] = io::json_number(i.low);
    j["high95"] = io::json_number(i.high);
  }
  return j;
}

/// What was measured in each area beside the angle, at the last epoch it was.
void add_area_measures(const std::vector<Measurement>& rows, nlohmann::json& summary) {
  for (const MeasuredCourse& c : courses_of(rows)) {
    const Metric metric = metric_of(c.metric);
    if (metric.in != MeasuredIn::area || !metric.trivial) continue;
    summary["areas"][c.where][c.metric] = interval_json(values_of(last_of(rows, c.where, c.metric)));
  }
}

/// Writes summary.json and returns what is in it.
RunResult write_summary(const io::Path& run, double wall_seconds) {
  RunResult r = read_result(run);
  r.wall_seconds = wall_seconds;
  nlohmann::json s;
  s["schema"] = "apical-summary/1";
  s["label"] = r.label;
  s["wall_seconds"] = wall_seconds;
  s["seeds"] = nlohmann::json::array();
  std::vector<double> losses, accuracies, falls, teacher_falls, returns, solved_after;
  for (const SeedResult& seed : r.seeds) {
    nlohmann::json one{{"seed", seed.seed}};
    if (r.rewards) {
      one["test_return"] = io::json_number(seed.test_return);
      one["training_return"] = io::json_number(seed.training_return);
      one["steps_to_solve"] = io::json_number(seed.steps_to_solve);
      returns.push_back(seed.test_return);
      if (std::isfinite(seed.steps_to_solve)) solved_after.push_back(seed.steps_to_solve);
    } else {
      one["test_loss"] = io::json_number(seed.test_loss);
      losses.push_back(seed.test_loss);
    }
    if (r.classifies) {
      one["test_accuracy"] = io::json_number(seed.test_accuracy);
      accuracies.push_back(seed.test_accuracy);
    }
    if (r.steers) {
      for (const auto& [key, value] : {std::pair{"test_falls", seed.test_falls},
                                       {"teacher_falls", seed.teacher_falls},
                                       {"rms_deviation", seed.rms_deviation},
                                       {"teacher_rms_deviation", seed.teacher_rms_deviation}}) {
        one[key] = io::json_number(value);
      }
      falls.push_back(seed.test_falls);
      teacher_falls.push_back(seed.teacher_falls);
    }
    s["seeds"].push_back(one);
  }
  if (!losses.empty()) {
    s["test_loss"] = interval_json(losses);
    s["test_loss"]["median"] = io::json_number(median(losses));
  }
  if (r.rewards) {
    if (!returns.empty()) s["test_return"] = interval_json(returns);
    s["seeds_solved"] = solved_after.size();
    // Of those that did: the others have no such number.
    if (!solved_after.empty())
      s["steps_to_solve"] = {{"median", median(solved_after)}, {"n", solved_after.size()}};
  }
  if (!accuracies.empty()) s["test_accuracy"] = interval_json(accuracies);
  for (const auto& [key, values] : {std::pair{"test_falls", &falls}, {"teacher_falls", &teacher_falls}}) {
    if (values->empty()) continue;
    s[key] = interval_json(*values);
    s[key]["median"] = io::json_number(median(*values));
  }
  if (r.has_mean_angle()) s["total_angle_deg"] = interval_json(r.total_angle);
  add_area_measures(read_measurements(run), s);
  const Efficiency e = read_efficiency(run);
  s["samples_to_95_percent"] = io::json_number(e.samples_to_95);
  s["seconds_per_epoch"] = io::json_number(e.seconds_per_epoch);
  s["cost_per_sample"] = {{"synaptic_events", io::json_number(e.cost.synaptic_events)},
                          {"weight_reads", io::json_number(e.cost.weight_reads)},
                          {"weight_writes", io::json_number(e.cost.weight_writes)}};
  s["needs"] = e.needs;
  io::write_atomically(run / "summary.json", io::json_text(s));
  return r;
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

/// What the first seed makes of the first test samples, beside the targets.
void write_pictures(const io::Path& run, Learner& learner) {
  constexpr std::size_t kMost = 20;
  const Dataset& data = learner.data(0);
  if (!data.target_picture || data.test.size() == 0) return;
  std::vector<std::uint32_t> samples(std::min(kMost, data.test.size()));
  std::iota(samples.begin(), samples.end(), 0U);
  const Matrix<double> outputs = learner.respond(SplitName::test, 0, samples);
  if (outputs.rows() == 0) return;
  Matrix<double> targets(outputs.rows(), outputs.cols());
  for (std::uint32_t k : samples) data.test.read_target(k, targets.row(k));
  io::make_directories(run / "pictures");
  const auto write = [&](const char* name, const Matrix<double>& pixels) {
    io::write_atomically(run / "pictures" / name, io::encode_png(side_by_side(pixels, *data.target_picture)));
  };
  write("targets.png", targets);
  write("outputs.png", outputs);
}

void remove_files(const io::Path& run, std::string_view prefix) {
  for (const auto& entry : std::filesystem::directory_iterator(run)) {
    if (entry.path().filename().string().starts_with(prefix)) std::filesystem::remove(entry.path());
  }
}

}  // namespace

void require_new(const io::Path& directory) {
  if (!std::filesystem::exists(directory)) return;
  if (!std::filesystem::is_directory(directory))
    throw IoError(fmt::format("{} is not a directory", directory.string()));
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    // A process killed before its first file was complete leaves these, and nothing to resume.
    if (entry.path().filename() == io::RunLock::kFileName || io::is_temporary(entry.path())) continue;
    throw IoError(
        fmt::format("{} is not empty; a run never overwrites another\n  continue it with --resume, or choose "
                    "another --out",
                    directory.string()));
  }
}

RunResult run_experiment(const Experiment& e, const RunOptions& options, const std::atomic<bool>& stop) {
  const io::Path& run = options.directory;
  ThreadPool pool(options.threads);
  const std::unique_ptr<Learner> learner = make_learner(e, pool);
  Trainer trainer(*learner, e.plan, {});
  const std::uint64_t hash = io::xxh3(io::bytes_of(e.resolved));

  // What is wrong with the experiment shows before anything is written.
  check_recordings(e, *learner);
  if (!options.resume) require_new(run);
  io::make_directories(run);
  io::RunLock lock(run);
  RunResult result;
  result.label = e.label;
  if (options.resume && !io::file_exists(run / "experiment.toml")) {
    throw DataError(fmt::format("{} holds no run to resume (no experiment.toml)", run.string()));
  }
  if (options.resume && io::read_text(run / "experiment.toml") != e.resolved) {
    throw DataError(
        fmt::format("{} was made by another experiment; a run is continued exactly as it began\n"
                    "  leave out the experiment to use the run's own: apical run --resume --out {}",
                    run.string(), run.string()));
  }
  if (options.resume && io::file_exists(run / "summary.json")) {
    // It may have been killed after the summary and before the last touches.
    remove_files(run, "results.segment-");
    if (!io::file_exists(run / "report.html")) write_report(run);
    result = read_result(run);
    result.outcome = Trainer::Outcome::finished;
    result.was_finished = true;
    return result;
  }
  io::remove_temporaries(run);

  Recorder recorder(e, *learner, run);
  Bookkeeping books;
  if (options.resume) {
    const io::FoundCheckpoint found = io::newest_valid_checkpoint(run / "checkpoints", hash);
    for (const io::SetAside& aside : found.set_aside) {
      result.notes.push_back(
          fmt::format("damaged checkpoint set aside as {}: {}", aside.file.string(), aside.reason));
    }
    if (found.checkpoint) {
      const std::string origin = found.file.string();
      io::load_state(found.checkpoint->section("books"), books, origin + ", section 'books'");
      restore_state(trainer, found.checkpoint->section("trainer"), origin + ", section 'trainer'");
      trainer.set_learning_time(books.learning);
      if (recorder.active()) {
        io::RecordingPosition position;
        io::load_state(found.checkpoint->section("recording"), position, origin + ", section 'recording'");
        recorder.resume(position);
      }
    } else if (!found.set_aside.empty()) {
      throw DataError(
          fmt::format("no checkpoint of {} is valid any more ({}: {})\n  its metrics and recordings are "
                      "kept; begin a new run with another --out",
                      run.string(), found.set_aside.front().file.string(), found.set_aside.front().reason));
    } else {
      result.notes.emplace_back("no checkpoint had been written yet: the run begins again");
      // A killed process may have sealed segments without a checkpoint to go with them.
      remove_files(run, "results.");
    }
  }
  const std::string& provenance = learner->data(0).provenance;
  if (!options.resume || !io::file_exists(run / "manifest.json")) {
    io::write_atomically(run / "experiment.toml", e.resolved);
    write_manifest(e, options, pool.size(), *learner);
  } else if (const std::string began = io::read_json(run / "manifest.json").value("data_provenance", "");
             began != provenance) {
    const auto named = [](const std::string& text) {
      return text.empty() ? std::string("files of which no receipt says that they are not as published")
                          : "\"" + text + "\"";
    };
    throw DataError(
        fmt::format("{} began on {} of task '{}', but found now are {}\n  continue it with the data it began "
                    "with (--data, APICAL_DATA)",
                    run.string(), named(began), e.task, named(provenance)));
  }
  if (!provenance.empty()) result.notes.push_back(fmt::format("data of task '{}': {}", e.task, provenance));
  Chronicle chronicle(e, run, books);
  const auto start = Clock::now();
  Checkpointer checkpointer(run, hash, e.checkpoint_every_s, trainer, chronicle, recorder, books, start);
  std::vector<Observer*> observers = options.observers;
  observers.push_back(&chronicle);
  observers.push_back(&checkpointer);
  trainer.set_observers(observers);
  chronicle.event(books.sequence > 0 ? "resumed" : "started",
                  [&](io::JsonLine& l) { l.add("threads", pool.size()); });
  if (const std::vector<std::string>& skipped = learner->data(0).skipped_files; !skipped.empty()) {
    chronicle.event("skipped_files", [&](io::JsonLine& l) {
      l.add("count", skipped.size()).add("files", std::span<const std::string>(skipped));
    });
    result.notes.push_back(
        fmt::format("{} files were left out of task '{}'; the first: {}; all are named in events.ndjson",
                    skipped.size(), e.task, skipped.front()));
  }
  try {
    result.outcome = trainer.run(stop);
  } catch (const NumericalFault& fault) {
    chronicle.event("numerical_fault", [&](io::JsonLine& l) { add_fault(l, fault.where()); });
    checkpointer.write_fault();
    chronicle.close();
    throw with_what_is_kept(fault, run);
  }
  const double wall = books.wall_seconds + std::chrono::duration<double>(Clock::now() - start).count();
  const bool finished = result.outcome == Trainer::Outcome::finished;
  chronicle.event(finished ? "finished" : "stopped", [&](io::JsonLine& l) { l.add("wall_seconds", wall); });
  if (!finished) {
    checkpointer.write();
    chronicle.close();
    result.wall_seconds = wall;
    return result;
  }
  // The final state stays as the last checkpoint: analyses start from it. The summary says that all is done,
  // so until it stands, everything that a resumed run would need stays too.
  checkpointer.write();
  recorder.finish();
  chronicle.close();
  write_pictures(run, *learner);
  RunResult summary = write_summary(run, wall);
  recorder.remove_segments();
  write_report(run);
  summary.outcome = Trainer::Outcome::finished;
  for (std::string& remark : chronicle.remarks(trainer.epochs_trained()))
    result.notes.push_back(std::move(remark));
  summary.notes = std::move(result.notes);
  return summary;
}

bool RunResult::has_mean_angle() const {
  return !total_angle.empty() &&
         std::all_of(total_angle.begin(), total_angle.end(), [](double a) { return std::isfinite(a); });
}

namespace {

/// Environment steps after which the mean return of the last episodes first counted as solved, of the seeds
/// that got there.
std::map<std::uint64_t, double> steps_to_solve(const std::vector<Measurement>& rows,
                                               const nlohmann::json& goal) {
  const double solved = goal.at("solved"), window = goal.at("window");
  std::map<std::uint64_t, double> out;
  const std::vector<SeedCurve> steps = curves_of(rows, "train", "environment_steps"),
                               episodes = curves_of(rows, "train", "episodes");
  const std::vector<SeedCurve> returns = curves_of(rows, "train", "return");
  for (std::size_t s = 0; s < returns.size(); ++s) {
    for (std::size_t i = 0; i < returns[s].y.size(); ++i) {
      if (returns[s].y[i] >= solved && episodes.at(s).y.at(i) >= window)
        out.emplace(returns[s].seed, steps.at(s).y.at(i));
    }
  }
  return out;
}

}  // namespace

RunResult read_result(const io::Path& run) {
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  RunResult r;
  r.label = manifest.at("label");
  r.classifies = manifest.at("classifies");
  r.steers = manifest.value("steers", false);
  r.rewards = manifest.contains("rewards");
  const std::vector<Measurement> rows = read_measurements(run);
  const auto of_seeds = [&](const char* where, const char* metric) {
    std::map<std::uint64_t, double> out;
    for (const SeedValue& v : last_of(rows, where, metric)) out[v.seed] = v.value;
    return out;
  };
  const auto of = [](const std::map<std::uint64_t, double>& by_seed, std::uint64_t seed, double otherwise) {
    const auto at = by_seed.find(seed);
    return at == by_seed.end() ? otherwise : at->second;
  };
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  const auto loss = of_seeds("test", "loss"), accuracy = of_seeds("test", "accuracy"),
             falls = of_seeds("test", "falls"), teacher_falls = of_seeds("test", "teacher_falls"),
             rms = of_seeds("test", "rms_deviation"), teacher_rms = of_seeds("test", "teacher_rms_deviation"),
             returns = of_seeds("test", "return"), training_return = of_seeds("train", "return");
  const std::map<std::uint64_t, double> solved_after =
      r.rewards ? steps_to_solve(rows, manifest.at("rewards")) : std::map<std::uint64_t, double>{};
  for (const auto& [seed, tested] : r.rewards ? returns : loss) {
    r.seeds.push_back({.seed = seed,
                       .test_loss = of(loss, seed, 0),
                       .test_accuracy = of(accuracy, seed, 0),
                       .test_falls = of(falls, seed, 0),
                       .teacher_falls = of(teacher_falls, seed, 0),
                       .rms_deviation = of(rms, seed, 0),
                       .teacher_rms_deviation = of(teacher_rms, seed, 0),
                       .test_return = of(returns, seed, 0),
                       .training_return = of(training_return, seed, kUnknown),
                       .steps_to_solve = of(solved_after, seed, kUnknown)});
  }
  r.total_angle = values_of(last_of(rows, "total", "angle_deg"));
  if (io::file_exists(run / "summary.json"))
    r.wall_seconds = io::read_json(run / "summary.json").at("wall_seconds");
  return r;
}

}  // namespace apical
