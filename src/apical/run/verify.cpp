// SPDX-License-Identifier: Apache-2.0
#include "apical/run/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "apical/io/checkpoint_sections.h"
#include "apical/io/directory.h"
#include "apical/io/hash.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/io/recording.h"
#include "apical/run/continuation.h"
#include "apical/run/locked_directory.h"
#include "apical/run/seals.h"

namespace apical {
namespace {

using State = VerifiedFile::State;

constexpr const char* kCheckpoints = "checkpoints";

class Verification {
 public:
  explicit Verification(const io::Path& run) : run_(run) {
    if (!io::file_exists(run / "manifest.json") && !io::file_exists(run / "experiment.toml"))
      throw DataError(fmt::format("{} holds no run (no manifest.json)", run.string()));
  }

  std::vector<VerifiedFile> all() {
    for (const char* file : {"manifest.json", "summary.json"}) own_seal(file);
    experiment();
    checkpoints();
    for (const Seal& seal : seals_) sealed(seal);
    for (const char* file : {"metrics.ndjson", "events.ndjson"}) journal(file);
    segments();
    results();
    left_over(run_, "");
    std::stable_sort(files_.begin(), files_.end(),
                     [](const VerifiedFile& a, const VerifiedFile& b) { return a.file < b.file; });
    return std::move(files_);
  }

 private:
  void tell(const std::string& file, State state, std::string remark = {}) {
    const auto known =
        std::find_if(files_.begin(), files_.end(), [&](const VerifiedFile& f) { return f.file == file; });
    if (known == files_.end()) {
      files_.push_back({file, state, std::move(remark)});
    } else if (state > known->state || (state == State::intact && known->state == State::unverified)) {
      *known = {file, state, std::move(remark)};
    }
  }
  bool knows(const std::string& file) const {
    return std::any_of(files_.begin(), files_.end(), [&](const VerifiedFile& f) { return f.file == file; });
  }
  bool finished() const { return io::file_exists(run_ / "summary.json"); }

  void own_seal(const std::string& file) {
    if (!io::file_exists(run_ / file)) {
      if (file == "manifest.json") tell(file, State::missing);
      return;
    }
    try {
      const nlohmann::json object = read_sealed(run_ / file);
      tell(file, is_sealed(object) ? State::intact : State::unverified,
           is_sealed(object) ? "" : "written by an earlier version, without a checksum");
      if (file == "summary.json") seals_ = seals_in(object).value_or(std::vector<Seal>());
      if (file == "manifest.json") experiment_hash_ = object.value("experiment_xxh3", "");
    } catch (const DataError& e) {
      tell(file, State::changed, first_line(e.what()));
    } catch (const nlohmann::json::exception& e) {
      tell(file, State::changed, e.what());
    }
  }

  static std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

  /// The manifest has known what it was since the first version.
  void experiment() {
    if (!io::file_exists(run_ / "experiment.toml")) return tell("experiment.toml", State::missing);
    text_ = io::read_text(run_ / "experiment.toml");
    const std::string found = io::xxh3_hex(text_);
    if (experiment_hash_.empty())
      return tell("experiment.toml", State::unverified, "the manifest does not know it");
    if (found == experiment_hash_) return tell("experiment.toml", State::intact);
    tell("experiment.toml", State::changed, fmt::format("XXH3 {}, expected {}", found, experiment_hash_));
  }

  /// That of the manifest, which knows it also where the experiment's file was changed since.
  std::uint64_t experiment_of_checkpoints() const {
    std::uint64_t hash = 0;
    const char *const first = experiment_hash_.data(), *const last = first + experiment_hash_.size();
    const auto [end, error] = std::from_chars(first, last, hash, 16);
    return error == std::errc{} && end == last ? hash : io::xxh3(text_);
  }

  void checkpoint(const std::string& name) {
    const std::string file = fmt::format("{}/{}", kCheckpoints, name);
    try {
      io::Checkpoint c = io::read_checkpoint_file(run_ / file, experiment_of_checkpoints());
      tell(file, State::intact);
      if (name.starts_with("checkpoint-")) newest_ = std::move(c);
    } catch (const io::CheckpointError& e) {
      using Kind = io::CheckpointError::Kind;
      const State state = e.kind() == Kind::damaged      ? State::damaged
                          : e.kind() == Kind::of_another ? State::changed
                                                         : State::unverified;
      tell(file, state, first_line(e.what()));
    }
  }

  void checkpoints() {
    if (!io::directory_exists(run_ / kCheckpoints)) return;
    for (const std::string& name : io::list_directory(run_ / kCheckpoints)) {  // the newest comes last
      if (name.ends_with(".apc")) checkpoint(name);
    }
    if (!newest_) return;
    for (const Seal& seal : seals_in(*newest_, "checkpoint").value_or(std::vector<Seal>())) sealed(seal);
  }

  void sealed(const Seal& seal) {
    if (!io::file_exists(run_ / seal.file)) return tell(seal.file, State::missing);
    const auto what = broken(seal, run_);
    tell(seal.file, what ? State::changed : State::intact, what.value_or(""));
  }

  void journal(const std::string& file) {
    if (!io::file_exists(run_ / file)) {
      if (finished() || io::file_exists(trained_state_file(run_))) tell(file, State::missing);
      return;
    }
    try {
      const io::Ndjson lines = io::read_ndjson(run_ / file);
      if (lines.torn)
        tell(file, State::torn,
             fmt::format("the last line is cut off after {} whole ones", lines.lines.size()));
      if (!knows(file))
        tell(file, State::unverified, finished() ? "no checksum of it is known" : "no checkpoint yet");
      const bool ended = std::any_of(lines.lines.begin(), lines.lines.end(), [](const nlohmann::json& line) {
        return line.value("event", "") == "finished";
      });
      const bool set_aside = io::file_exists(run_ / "summary.json.damaged");  // by a repair
      if (ended && !finished() && !set_aside)
        tell("summary.json", State::missing, "though the run has finished");
    } catch (const DataError& e) {
      tell(file, State::damaged, first_line(e.what()));
    }
  }

  /// Of a recording that is not finished; a checkpoint knows what was sealed.
  void segments() {
    if (!newest_ || !io::has_section(*newest_, "clock recording") || finished()) return;
    io::RecordingPosition position;
    io::load_state(newest_->section("clock recording"), position, "checkpoint");
    for (std::size_t i = 0; i < position.segments.size(); ++i) {
      const std::string file = fmt::format("results.segment-{:04}.h5", i + 1);
      if (!io::file_exists(run_ / file)) {
        tell(file, State::missing);
      } else {
        const bool same = io::hash_file(run_ / file) == position.segments[i].hash;
        tell(file, same ? State::intact : State::changed, same ? "" : "is not the segment that was sealed");
      }
    }
  }

  /// Its datasets have checksums of their own, which earlier versions wrote as well.
  void results() {
    if (!io::file_exists(run_ / "results.h5")) return;
    try {
      const std::string dataset = io::changed_dataset(run_ / "results.h5");
      if (!dataset.empty())
        return tell("results.h5", State::changed,
                    fmt::format("dataset '{}' is not what was recorded", dataset));
      if (!knows("results.h5")) tell("results.h5", State::intact, "by the checksums of its datasets");
    } catch (const DataError& e) {
      tell("results.h5", State::damaged, first_line(e.what()));
    }
  }

  void left_over(const io::Path& folder, const std::string& below) {
    for (const std::string& name : io::list_directory(folder)) {
      if (io::is_temporary(name)) {
        tell(below + name, State::left_over, "of a process that was killed");
      } else if (below.empty() && io::directory_exists(folder / name)) {
        left_over(folder / name, name + "/");
      }
    }
  }

  const io::Path& run_;
  std::string experiment_hash_, text_;
  std::vector<Seal> seals_;
  std::optional<io::Checkpoint> newest_;
  std::vector<VerifiedFile> files_;
};

void set_aside(const io::Path& file) { io::rename_file(file, io::name_aside(file)); }

}  // namespace

std::string_view name_of(State state) {
  constexpr std::array<std::string_view, 7> kNames{"intact",  "not verifiable", "torn",   "left over",
                                                   "changed", "damaged",        "missing"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::vector<VerifiedFile> verify_run(const io::Path& run) { return Verification(run).all(); }

std::vector<std::string> repair_run(const io::Path& run, const Claim& claim) {
  const std::vector<VerifiedFile> files = verify_run(run);
  LockedDirectory lock(run, true, claim);
  std::vector<std::string> done;
  for (const VerifiedFile& f : files) {
    const io::Path path = run / f.file;
    if (f.state == State::left_over) {
      io::remove_file(path);
      done.push_back(fmt::format("{}: removed", f.file));
    } else if (f.state == State::torn) {
      const std::uint64_t whole = io::read_ndjson(path).bytes;
      io::AppendFile(path, whole).close();
      done.push_back(fmt::format("{}: cut to its {} bytes of whole lines", f.file, whole));
    } else if ((f.state == State::damaged && f.file.starts_with(kCheckpoints)) ||
               (f.file == "summary.json" && (f.state == State::damaged || f.state == State::changed))) {
      set_aside(path);
      const bool finished = io::file_exists(run / "summary.json");
      done.push_back(fmt::format(
          "{}: set aside as {}.damaged; {}", f.file, f.file,
          finished
              ? "what the run measured does not depend on it"
              : fmt::format("'apical run --resume --out {}' goes on without it, if it can", run.string())));
    }
  }
  return done;
}

}  // namespace apical
