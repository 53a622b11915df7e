// SPDX-License-Identifier: Apache-2.0
#include "apical/run/run.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apical/analysis/area_measures.h"
#include "apical/analysis/layered_ingredients.h"
#include "apical/io/checkpoint.h"
#include "apical/io/hash.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/io/png.h"
#include "apical/io/run_lock.h"
#include "apical/run/efficiency.h"
#include "apical/run/fault_record.h"
#include "apical/run/make_learner.h"
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
  m["needs"] = nlohmann::json::array();
  for (const Ingredient& i : e.is_circuit() ? ingredients(e.circuit()) : ingredients(e.layered())) {
    if (i.needed) m["needs"].push_back(i.name);
  }
  io::write_atomically(options.directory / "manifest.json", io::json_text(m));
}

/// Writes what it is told into the journals.
class Chronicle final : public Observer {
 public:
  Chronicle(const Experiment& e, const io::Path& run, const Bookkeeping& from)
      : experiment_(e),
        classifies_(find_task(e.task).classifies),
        metrics_(run / "metrics.ndjson", from.metrics),
        events_(run / "events.ndjson", from.events) {}

  void on(const Evaluated& e) override {
    for (std::size_t r = 0; r < e.scores.size(); ++r) {
      io::JsonLine line;
      line.add("epoch", e.epoch).add("seed", experiment_.seeds[r]).add("split", name_of(e.split));
      if (e.scores[r].episodes > 0) {
        line.add("return", e.scores[r].mean_return());
      } else {
        line.add("loss", e.scores[r].loss());
      }
      if (classifies_) line.add("accuracy", e.scores[r].accuracy());
      if (!e.scores[r].classes.empty()) {
        const std::size_t never = e.scores[r].classes_never_decided();
        line.add("classes_never_decided", never);
        if (e.split == SplitName::test) never_decided_ = r == 0 ? never : std::max(never_decided_, never);
      }
      if (const Score& s = e.scores[r]; s.plant.control_steps > 0) {
        line.add("falls", s.plant.falls).add("teacher_falls", s.teacher.falls);
        line.add("rms_deviation", s.plant.rms_deviation())
            .add("teacher_rms_deviation", s.teacher.rms_deviation());
      }
      line.add("samples", e.scores[r].samples);
      metrics_.append(line);
    }
  }
  void on(const TrainingMeasured& m) override {
    for (std::size_t r = 0; r < m.replicas.size(); ++r) {
      io::JsonLine line;
      line.add("epoch", m.epoch).add("seed", experiment_.seeds[r]).add("split", name_of(SplitName::train));
      for (const NamedFigure& figure : m.replicas[r]) line.add(figure.name, figure.value);
      metrics_.append(line);
    }
  }
  void on(const Aligned& a) override {
    for (std::size_t r = 0; r < a.replicas.size(); ++r) {
      for (const AreaAlignment& area : a.replicas[r]) {
        io::JsonLine line;
        line.add("epoch", a.epoch).add("seed", experiment_.seeds[r]).add("area", area.area);
        line.add("angle_deg", area.mean_angle)
            .add("batch_angle_deg", area.batch_angle)
            .add("undefined_samples", area.undefined);
        for (const NamedFigure& figure : area.figures) line.add(figure.name, figure.value);
        metrics_.append(line);
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
  const Experiment& experiment_;
  bool classifies_;
  std::size_t never_decided_ = 0;  ///< in the last test, most of any seed
  io::Journal metrics_, events_;
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

/// What was measured in each area, at the last epoch it was.
void add_area_measures(const io::Path& run, nlohmann::json& summary) {
  std::map<std::pair<std::string_view, std::string>, std::map<std::uint64_t, double>> last;
  for (const Measurement& m : read_measurements(run)) {
    for (const AreaMeasure& measure : area_measures()) {
      if (m.key.metric == measure.metric)
        last[{measure.metric, m.key.where}][m.key.seed] = m.value;  // sorted by epoch
    }
  }
  for (const auto& [key, by_seed] : last) {
    std::vector<double> values;
    for (const auto& [seed, value] : by_seed) values.push_back(value);
    summary["areas"][key.second][std::string(key.first)] = interval_json(values);
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
  add_area_measures(run, s);
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

RunResult read_result(const io::Path& run) {
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  RunResult r;
  r.label = manifest.at("label");
  r.classifies = manifest.at("classifies");
  r.steers = manifest.value("steers", false);
  r.rewards = manifest.contains("rewards");
  std::map<std::uint64_t, double> training_return, solved_after;
  std::map<std::uint64_t, double> angle;
  for (const nlohmann::json& line : io::read_ndjson(run / "metrics.ndjson").lines) {
    if (line.contains("area")) {
      if (line.at("area") == "total")
        angle[line.at("seed")] = io::number_of(line.at("angle_deg"), "angle_deg");
    } else if (line.at("split") == "train") {
      const std::uint64_t seed = line.at("seed");
      const double now = io::number_of(line.at("return"), "return");
      training_return[seed] = now;
      const auto& goal = manifest.at("rewards");
      if (now >= goal.at("solved").get<double>() && line.at("episodes") >= goal.at("window"))
        solved_after.emplace(seed, line.at("environment_steps"));
    } else if (line.at("split") == "test") {
      const auto number = [&](bool has, const char* key) {
        return has ? io::number_of(line.at(key), key) : 0.0;
      };
      // Tested more than once: the last time counts.
      std::erase_if(r.seeds,
                    [&](const SeedResult& s) { return s.seed == line.at("seed").get<std::uint64_t>(); });
      r.seeds.push_back({.seed = line.at("seed"),
                         .test_loss = number(!r.rewards, "loss"),
                         .test_accuracy = number(r.classifies, "accuracy"),
                         .test_falls = number(r.steers, "falls"),
                         .teacher_falls = number(r.steers, "teacher_falls"),
                         .rms_deviation = number(r.steers, "rms_deviation"),
                         .teacher_rms_deviation = number(r.steers, "teacher_rms_deviation"),
                         .test_return = number(r.rewards, "return")});
    }
  }
  for (SeedResult& s : r.seeds) {
    const auto of = [&](const auto& by_seed) {
      return by_seed.contains(s.seed) ? by_seed.at(s.seed) : std::numeric_limits<double>::quiet_NaN();
    };
    s.training_return = of(training_return);
    s.steps_to_solve = of(solved_after);
  }
  for (const auto& [seed, degrees] : angle) {
    r.total_angle.push_back(degrees);
  }
  if (io::file_exists(run / "summary.json"))
    r.wall_seconds = io::read_json(run / "summary.json").at("wall_seconds");
  return r;
}

}  // namespace apical
