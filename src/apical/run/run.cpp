// SPDX-License-Identifier: Apache-2.0
#include "apical/run/run.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "apical/core/ranks.h"
#include "apical/io/hash.h"
#include "apical/io/json.h"
#include "apical/run/diagnosis_file.h"
#include "apical/run/fault_record.h"
#include "apical/run/manifest_facts.h"
#include "apical/run/provenance.h"
#include "apical/run/run_directory.h"
#include "apical/run/seals.h"
#include "apical/run/shared_session.h"
#include "apical/run/summary.h"

namespace apical {
namespace {

nlohmann::json manifest_of(const Experiment& e, const DataRecord& data, std::size_t threads) {
  nlohmann::json m;
  m["schema"] = "apical-manifest/1";
  m["title"] = e.title;
  m["label"] = e.label;
  m["reference"] = e.reference;
  m["task"] = e.task;
  m["model"] = e.model;
  m["citation"] = e.citation;
  m["task_citation"] = e.task.empty() ? "" : find_task(e.task).citation;
  m["seeds"] = e.seeds;
  m["experiment_xxh3"] = fmt::format("{:016x}", io::xxh3(io::bytes_of(e.resolved)));
  add_data(m, data);
  add_provenance(m, threads);
  add_facts(m, e);
  return m;
}

/// Opens the books. To say what learning costs some sessions try a little of it: a fault in that is one of
/// the run, which then has begun.
void open_books(RunDirectory& directory, const Experiment& e, Session& session, const DataRecord& data,
                std::size_t threads) {
  nlohmann::json manifest;
  std::optional<NumericalFault> fault;
  if (!directory.has_begun()) {  // else its manifest stays as it was written
    manifest = manifest_of(e, data, threads);
    try {
      session.describe(manifest);
    } catch (const NumericalFault& f) {
      fault = f;
    }
  }
  directory.begin(manifest, threads);
  if (!io::file_exists(directory.path() / "circuit.toml")) write_circuit(e, directory.path());
  if (fault) directory.fail(*fault, session.fault_state());
}

/// Writes down what it hears, and passes it on. What is no measurement is a fault before it is either.
class Scribe final : public Listener {
 public:
  Scribe(RunDirectory& directory, const std::vector<Listener*>& others)
      : directory_(directory), others_(others) {}
  void on(const Measurement& m) override {
    require_measured(m);
    directory_.append(m);
    for (Listener* other : others_) other->on(m);
  }
  void on(const RunProgress& p) override {
    for (Listener* other : others_) other->on(p);
  }
  void on(const EpochEnded& e) override {
    directory_.event("epoch", [&](io::JsonLine& l) { l.add("epoch", e.epoch).add("seconds", e.seconds); });
    for (Listener* other : others_) other->on(e);
  }
  void on(const Saving& s) override {
    for (Listener* other : others_) other->on(s);
  }
  void on(const Glimpsed& g) override {
    directory_.show(g.seed, g.activity);
    for (Listener* other : others_) other->on(g);
  }
  void on(const Begun& b) override {
    for (Listener* other : others_) other->on(b);
  }

 private:
  RunDirectory& directory_;
  const std::vector<Listener*>& others_;
};

void note_data(const Dataset& data, RunDirectory& directory, std::vector<std::string>& notes) {
  if (!data.provenance.empty())
    notes.push_back(fmt::format("data of task '{}': {}", data.name, data.provenance));
  if (data.skipped_files.empty()) return;
  directory.event("skipped_files", [&](io::JsonLine& l) {
    l.add("count", data.skipped_files.size()).add("files", std::span<const std::string>(data.skipped_files));
  });
  notes.push_back(fmt::format(
      "{} left out of task '{}'; the first: {}; all are named in events.ndjson",
      data.skipped_files.size() == 1 ? "1 file was" : fmt::format("{} files were", data.skipped_files.size()),
      data.name, data.skipped_files.front()));
}

/// The end is looked at for longer, and at finer steps, than the run was: what is not finite there is found,
/// and no fault of the run.
/// Whatever happens to it, the run has finished: what was found until then is kept, with why there is no
/// more.
Examination examine(Session& session) {
  Examination x;
  try {
    session.examine(x);
  } catch (const NumericalFault& fault) {
    x.fault =
        fmt::format("{} of '{}' was not finite in unit {}, seed {}, when the end was examined",
                    fault.where().quantity, fault.where().population, fault.where().unit, fault.where().seed);
  } catch (const std::exception& e) {
    x.broken = e.what();
  }
  return x;
}

/// Until it has finished (true) or is asked to stop.
bool advance_to_end(Session& session, RunDirectory& directory, Listener& listener, double checkpoint_every_s,
                    const std::atomic<bool>& stop) {
  for (;;) {
    directory.confirm();
    try {
      switch (session.advance(stop, listener)) {
        case Session::Step::finished:
          return true;
        case Session::Step::stopped:
          listener.on(Saving{});
          return false;
        case Session::Step::safe_point:
          break;
      }
    } catch (const NumericalFault& fault) {
      directory.fail(fault, session.fault_state());
    }
    if (!session.resumable() || directory.seconds_since_checkpoint() < checkpoint_every_s) continue;
    listener.on(Saving{});
    directory.write_checkpoint([&] { return session.save(); });
    directory.note_checkpoint();
    listener.on(Saving{.done = true});
  }
}

void require_same_origin(const io::Path& run, const Session& session) {
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  for (const char* of : {"start_from", "continues"}) {
    if (!manifest.contains(of) || manifest.at(of).at("xxh3") == session.origin_hash()) continue;
    throw DataError(
        fmt::format("{} began with other weights than are in {} now", run.string(),
                    manifest.at(of).value(of == std::string_view("continues") ? "run" : "source", "")));
  }
}

/// What ranks have to say to one another from now on, and in how much time.
class ExchangesFromNow {
 public:
  explicit ExchangesFromNow(const Ranks* ranks)
      : ranks_(ranks), before_(count()), before_s_(seconds()), began_(std::chrono::steady_clock::now()) {}
  void add_to(io::JsonLine& l) const {
    if (ranks_ == nullptr) return;
    l.add("ranks", ranks_->size());
    l.add("exchanges", count() - before_);
    l.add("exchange_seconds", seconds() - before_s_);
    l.add("shared_seconds", std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count());
  }

 private:
  std::uint64_t count() const { return ranks_ != nullptr ? ranks_->exchanges() : 0; }
  double seconds() const { return ranks_ != nullptr ? ranks_->exchanging_s() : 0; }

  const Ranks* ranks_;
  std::uint64_t before_;
  double before_s_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace

std::vector<std::string> notes_of(const RunResult& result) {
  std::vector<std::string> notes = result.notes;
  for (const Finding& f : result.findings) notes.push_back("diagnosis: " + in_words(f));
  return notes;
}

/// A checkpoint holds it.
Experiment as_it_begins(Experiment e, const RunOptions& options) {
  if (options.resume && !io::list_checkpoints(options.directory / "checkpoints").empty()) {
    e.start_from.clear();
    e.continue_from.clear();
  }
  return e;
}

RunResult run_experiment(const Experiment& e, const RunOptions& options, const Resources& resources,
                         const std::atomic<bool>& stop) {
  const Experiment begins = as_it_begins(e, options);
  const std::unique_ptr<Session> session =  // what is wrong shows before any file
      options.ranks != nullptr ? open_shared(begins, resources, *options.ranks) : open(begins, resources);
  return run_session(e, *session, options, resources, stop);
}

RunResult run_session(const Experiment& e, Session& session, const RunOptions& options,
                      const Resources& resources, const std::atomic<bool>& stop) {
  const std::size_t threads = resources.pool.size();
  std::optional<DataRecord> data;
  if (options.repeats) {
    data = data_of(session, resources.pool);
    require_same_data(*options.repeats, *data);
    require_same_origin(*options.repeats, session);
  }
  if (!e.continue_from.empty() && !options.resume) {
    if (!data) data = data_of(session, resources.pool);
    require_same_data(e.continue_from, *data);
  }
  RunDirectory directory(options.directory, e.resolved, options.resume, resources.claim);
  const io::Path& path = directory.path();
  if (directory.finished()) {
    session.tidy(path);
    RunResult result = read_result(path);
    result.was_finished = true;
    return result;
  }
  if (!data) data = data_of(session, resources.pool);
  directory.require_data(*data);
  std::vector<std::string> notes;
  session.prepare(path);
  if (const auto found = directory.restore(notes)) {
    session.load(*found->checkpoint, found->file.string());
  } else if (options.resume) {
    session.begin_again(path);
  }
  open_books(directory, e, session, *data, threads);
  if (const Dataset* shown = session.data()) note_data(*shown, directory, notes);
  Scribe scribe(directory, options.listeners);
  scribe.on(Begun{});
  const ExchangesFromNow exchanges(options.ranks);
  const bool finished = advance_to_end(session, directory, scribe, e.checkpoint_every_s, stop);
  const double wall = directory.wall_seconds();
  directory.event(finished ? "finished" : "stopped", [&](io::JsonLine& l) {
    l.add("wall_seconds", wall);
    exchanges.add_to(l);
  });
  // The final state stays as the last checkpoint: analyses start from it. The summary says that all is done,
  // so until it stands, everything that a resumed run would need stays too.
  if (session.resumable()) directory.write_checkpoint([&] { return session.save(); });
  if (!finished) {
    if (session.resumable()) directory.note_checkpoint();
    directory.close();
    RunResult result;
    result.stopped = true;
    result.has_checkpoint = directory.has_checkpoint();
    result.label = e.label;
    result.seeds = e.seeds;
    result.wall_seconds = wall;
    result.notes = std::move(notes);
    return result;
  }
  for (const Measurement& m : session.conclusions(read_measurements(path))) directory.append(m);
  directory.close();
  directory.confirm();
  session.write_artifacts(path);
  write_diagnosis(path, examine(session));  // last: after a fault the session is of no use
  directory.write_summary(summary_of(path, wall));
  session.tidy(path);
  RunResult result = read_result(path);
  for (std::string& remark : session.remarks(result.measured)) notes.push_back(std::move(remark));
  result.has_checkpoint = directory.has_checkpoint();
  result.notes = std::move(notes);
  return result;
}

RunResult read_result(const io::Path& run) {
  require_intact(run);
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  RunResult r;
  r.label = manifest.at("label");
  r.seeds = manifest.at("seeds").get<std::vector<std::uint64_t>>();
  r.measured = read_measurements(run);
  if (manifest.contains("display")) r.display = read_display(manifest.at("display"));
  if (io::file_exists(run / "diagnosis.json")) r.findings = attention_to(diagnose_run(run));
  if (io::file_exists(run / "summary.json"))
    r.wall_seconds = io::read_json(run / "summary.json").at("wall_seconds");
  return r;
}

}  // namespace apical
