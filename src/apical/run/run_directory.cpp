// SPDX-License-Identifier: Apache-2.0
#include "apical/run/run_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apical/io/hash.h"
#include "apical/io/json.h"
#include "apical/io/leftovers.h"
#include "apical/run/fault_record.h"
#include "apical/run/provenance.h"
#include "apical/run/seen_activity.h"

namespace apical {
namespace {

bool tells_of_checkpoints(const io::Path& events) {
  try {
    const io::Ndjson told = io::read_ndjson(events);
    return std::any_of(told.lines.begin(), told.lines.end(), [](const nlohmann::json& line) {
      const std::string event = line.value("event", "");
      return event == "checkpoint" || event == "resumed";
    });
  } catch (const DataError&) {
    return false;  // what a loss of power leaves of a file before there was a checkpoint, which syncs it
  }
}

}  // namespace

RunDirectory::RunDirectory(io::Path path, std::string experiment, bool resume, const Claim& claim)
    : path_(std::move(path)),
      experiment_(std::move(experiment)),
      resume_(resume),
      hash_(io::xxh3(io::bytes_of(experiment_))) {
  if (resume_ && !io::file_exists(path_ / "experiment.toml"))
    throw DataError(fmt::format(
        "{} holds no run to resume (no experiment.toml)\n  what was stopped before it began, begins "
        "again without --resume",
        path_.string()));
  lock_.emplace(path_, resume_, claim);
  if (resume_) require_as_begun();
  if (resume_ && io::read_text(path_ / "experiment.toml") != experiment_) {
    throw DataError(
        fmt::format("{} was made by another experiment; a run is continued exactly as it began\n"
                    "  leave out the experiment to use the run's own: apical run --resume --out {}",
                    path_.string(), path_.string()));
  }
  if (!finished()) io::remove_temporaries_below(path_);
}

void RunDirectory::require_as_begun() const {
  const io::Path file = path_ / "experiment.toml";
  if (!io::file_exists(path_ / "manifest.json")) return;
  const std::string begun = io::read_json(path_ / "manifest.json").value("experiment_xxh3", "");
  if (begun.empty() || begun == io::xxh3_hex(io::read_text(file))) return;
  throw DataError(
      fmt::format("{} was changed after the run had begun\n  put it back, or begin a run of what it says "
                  "now: apical run {}",
                  file.string(), file.string()));
}

bool RunDirectory::has_begun() const { return resume_ && io::file_exists(path_ / "manifest.json"); }

bool RunDirectory::finished() const { return resume_ && io::file_exists(path_ / "summary.json"); }

void RunDirectory::require_data(const DataRecord& now) {
  data_ = now;
  if (!has_begun()) return;
  require_same_data(path_, now);
  require_same_provenance(path_, now);
}

std::optional<io::FoundCheckpoint> RunDirectory::restore(std::vector<std::string>& notes) {
  if (!resume_) return std::nullopt;
  io::FoundCheckpoint found = io::newest_valid_checkpoint(path_ / "checkpoints", hash_);
  for (const io::SetAside& aside : found.set_aside)
    notes.push_back(fmt::format("damaged checkpoint set aside as {}: {}", aside.file.string(), aside.reason));
  if (found.checkpoint) {
    io::load_state(found.checkpoint->section(RunBooks::kSection), books_,
                   found.file.string() + ", section 'books'");
    require_same_data(found.file.string(), books_.data, data_);
    require_sealed(found, notes);
    return found;
  }
  if (!found.set_aside.empty()) {
    throw DataError(
        fmt::format("no checkpoint of {} is valid any more ({}: {})\n  its metrics and recordings are "
                    "kept; begin a new run with another --out",
                    path_.string(), found.set_aside.front().file.string(), found.set_aside.front().reason));
  }
  require_that_there_was_none();
  notes.emplace_back("no checkpoint had been written yet: the run begins again");
  return std::nullopt;
}

void RunDirectory::require_that_there_was_none() const {
  const io::Path events = path_ / "events.ndjson";
  if (!io::file_exists(events) || !tells_of_checkpoints(events)) return;
  throw DataError(
      fmt::format("{}: the checkpoints of this run are gone\n  its metrics and recordings are kept; put the "
                  "checkpoints back, or begin a new run with another --out",
                  (path_ / "checkpoints").string()));
}

void RunDirectory::require_sealed(const io::FoundCheckpoint& found, std::vector<std::string>& notes) const {
  const auto seals = seals_in(*found.checkpoint, found.file.string());
  if (!seals) {
    notes.emplace_back(
        "begun by an earlier version: whether its files were changed since cannot be verified");
    return;
  }
  for (const Seal& seal : *seals) {
    if (const auto what = broken(seal, path_)) {
      throw DataError(fmt::format("{} {}\n  since {}; a run goes on only from what it measured itself",
                                  (path_ / seal.file).string(), *what, found.file.string()));
    }
  }
}

std::vector<Seal> RunDirectory::seals() {
  if (fixed_.empty()) {
    for (const char* file : {"experiment.toml", "manifest.json", "circuit.toml"}) {
      if (io::file_exists(path_ / file)) fixed_.push_back(seal_of(path_, file));
    }
  }
  std::vector<Seal> all = fixed_;
  for (const auto& [file, bytes] :
       {std::pair{"metrics.ndjson", books_.metrics.offset}, {"events.ndjson", books_.events.offset}})
    all.push_back({file, bytes, io::hash_file(path_ / file, bytes)});
  return all;
}

void RunDirectory::begin(const nlohmann::json& manifest, std::size_t threads) {
  if (!has_begun()) {
    io::write_atomically(path_ / "experiment.toml", experiment_);
    io::write_atomically(path_ / "manifest.json", io::json_text(sealed(manifest)));
  }
  metrics_.emplace(path_, books_.metrics);
  events_.emplace(path_ / "events.ndjson", books_.events);
  start_ = last_checkpoint_ = Clock::now();
  event(books_.sequence > 0 ? "resumed" : "started", [&](io::JsonLine& l) { l.add("threads", threads); });
}

io::JsonLine RunDirectory::dated(std::string_view event) {
  io::JsonLine line;
  line.add("event", event).add("utc", utc_now());
  return line;
}

double RunDirectory::seconds_since_checkpoint() const {
  return std::chrono::duration<double>(Clock::now() - last_checkpoint_).count();
}

double RunDirectory::wall_seconds() const {
  return books_.wall_seconds + std::chrono::duration<double>(Clock::now() - start_).count();
}

void RunDirectory::write_checkpoint(const std::function<std::vector<io::CheckpointSection>()>& state) {
  lock_->confirm_now();
  std::vector<io::CheckpointSection> sections = state();
  books_.metrics = metrics_->position();
  books_.events = events_->position();
  ++books_.sequence;
  books_.data = text_of(data_.fingerprint);
  RunBooks saved = books_;
  saved.wall_seconds = wall_seconds();
  io::Checkpoint c;
  c.sequence = saved.sequence;
  c.experiment = hash_;
  c.sections.push_back({RunBooks::kSection, io::save_state(saved)});
  c.sections.push_back(section_of(seals()));
  for (io::CheckpointSection& section : sections) c.sections.push_back(std::move(section));
  io::write_checkpoint(path_ / "checkpoints", c);
  last_checkpoint_ = Clock::now();
}

void RunDirectory::note_checkpoint() {
  if (books_.sequence == 1) event("checkpoint", [](io::JsonLine&) {});
}

bool RunDirectory::has_checkpoint() const { return !io::list_checkpoints(path_ / "checkpoints").empty(); }

void RunDirectory::fail(const NumericalFault& fault, std::vector<io::CheckpointSection> state) {
  lock_->confirm_now();
  event("numerical_fault", [&](io::JsonLine& l) { add_fault(l, fault.where()); });
  write_fault_state(path_, hash_, books_.sequence + 1, std::move(state));
  close();
  throw with_what_is_kept(fault, path_);
}

void RunDirectory::close() {
  metrics_->close();
  events_->close();
}

void RunDirectory::show(std::uint64_t seed, const ActivitySegment& activity) {
  lock_->confirm();
  try {
    write_seen_activity(path_, seed, activity);
  } catch (const IoError&) {  // somebody sees what was so before, with its time
  }
}

void RunDirectory::write_summary(nlohmann::json summary) {
  lock_->confirm_now();
  io::try_remove_file(path_ / kSeenActivity);
  add_seals(summary, path_);
  io::write_atomically(path_ / "summary.json", io::json_text(sealed(std::move(summary))));
}

}  // namespace apical
