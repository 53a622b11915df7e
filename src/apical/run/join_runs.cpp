// SPDX-License-Identifier: Apache-2.0
#include "apical/run/join_runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "apical/io/hash.h"
#include "apical/io/json.h"
#include "apical/learning/trainer.h"
#include "apical/run/continuation.h"
#include "apical/run/joined_state.h"
#include "apical/run/last_checkpoint.h"
#include "apical/run/metrics_file.h"
#include "apical/run/provenance.h"
#include "apical/run/run_books.h"
#include "apical/run/seals.h"

namespace apical {
namespace {

struct Part {
  io::Path run;
  io::Checkpoint end;
  RunBooks books;
  std::vector<Measurement> rows;  ///< before its conclusions, which are of all seeds together
};

io::Checkpoint checkpoint_in(const io::Path& run, const io::Path& file) {
  const std::uint64_t experiment = io::xxh3(io::bytes_of(io::read_text(run / "experiment.toml")));
  return io::read_checkpoint_file(file, experiment);
}

Part read_part(const io::Path& run) {
  if (!io::file_exists(run / "summary.json"))
    throw DataError(fmt::format("{} has not finished (no summary.json)", run.string()));
  Part part{run, last_checkpoint(run), {}, read_measurements_in_order(run)};
  io::load_state(part.end.section(RunBooks::kSection), part.books, run.string() + ", section 'books'");
  if (part.rows.size() < part.books.metrics.seq)
    throw DataError(fmt::format("{} has {} measurements, fewer than the {} of its last checkpoint",
                                run.string(), part.rows.size(), part.books.metrics.seq));
  part.rows.resize(part.books.metrics.seq);
  return part;
}

bool of_one_kind(const Measurement& a, const Measurement& b) {
  return a.epoch == b.epoch && a.where == b.where && a.metric == b.metric;
}

/// Each kind of measurement of all seeds, before the next kind: as one run tells them (seed_by_seed.h).
void write_rows(const std::vector<Part>& parts, MetricsFile& file) {
  std::vector<std::size_t> next(parts.size(), 0);
  for (;;) {
    const auto begun = std::find_if(parts.begin(), parts.end(), [&](const Part& p) {
      return next[static_cast<std::size_t>(&p - parts.data())] < p.rows.size();
    });
    if (begun == parts.end()) return;
    const Measurement kind = begun->rows[next[static_cast<std::size_t>(begun - parts.begin())]];
    for (std::size_t p = 0; p < parts.size(); ++p) {
      for (; next[p] < parts[p].rows.size() && of_one_kind(parts[p].rows[next[p]], kind); ++next[p])
        file.append(parts[p].rows[next[p]]);
    }
  }
}

/// Epochs with the seconds of all parts.
void write_events(const std::vector<Part>& parts, io::Journal& events) {
  io::JsonLine joined;
  joined.add("event", "joined").add("utc", utc_now()).add("parts", parts.size());
  events.append(joined);
  std::map<std::size_t, double> seconds;
  for (const Part& p : parts) {
    for (const nlohmann::json& line : io::read_ndjson(p.run / "events.ndjson").lines) {
      if (line.at("event") == "epoch")
        seconds[line.at("epoch").get<std::size_t>()] += io::number_of(line.at("seconds"), "seconds");
    }
  }
  for (const auto& [epoch, s] : seconds) {
    io::JsonLine line;
    line.add("event", "epoch").add("utc", utc_now()).add("epoch", epoch).add("seconds", s);
    events.append(line);
  }
}

template <class T>
io::Bytes bytes_of_number(T value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {bytes.begin(), bytes.end()};
}

/// What validations of all seeds together said until an epoch, which no part knows.
std::map<std::string, io::Bytes> known_of_all(const std::vector<Part>& parts, std::size_t until_epoch) {
  std::map<double, std::vector<double>> losses;
  for (const Part& p : parts) {
    for (const Measurement& m : p.rows) {
      if (m.where == name_of(SplitName::validation) && m.metric == "loss" &&
          m.epoch <= static_cast<double>(until_epoch))
        losses[m.epoch].push_back(m.value);
    }
  }
  if (losses.empty()) return {};
  ValidationRecord record;
  for (const auto& [epoch, of_seeds] : losses) record.add(of_seeds);
  return {
      {"best_loss", bytes_of_number(record.best_loss)},
      {"validations_without_progress", bytes_of_number(static_cast<std::uint64_t>(record.without_progress))}};
}

}  // namespace

void join_runs(const Experiment& whole, std::span<const io::Path> runs, const io::Path& directory) {
  std::vector<Part> parts;
  parts.reserve(runs.size());
  for (const io::Path& run : runs) parts.push_back(read_part(run));
  for (const Part& p : parts) {
    if (whole.task_seed_given && p.books.data != parts.front().books.data)
      throw DataError(
          fmt::format("{} and {} were shown different data", parts.front().run.string(), p.run.string()));
  }
  const std::map<std::string, io::Bytes> of_all = known_of_all(parts, whole.plan.epochs);
  // The end of training comes before the validation that follows it.
  const std::map<std::string, io::Bytes> of_all_before =
      known_of_all(parts, whole.plan.epochs > 0 ? whole.plan.epochs - 1 : 0);
  io::make_directories(directory / "checkpoints");
  io::write_atomically(directory / "experiment.toml", whole.resolved);
  MetricsFile metrics(directory);
  write_rows(parts, metrics);
  io::Journal events(directory / "events.ndjson");
  write_events(parts, events);

  RunBooks books;
  books.sequence = 1;
  books.data = parts.front().books.data;
  books.metrics = metrics.position();
  books.events = events.position();
  for (const Part& p : parts) books.wall_seconds += p.books.wall_seconds;
  metrics.close();
  events.close();

  const std::uint64_t hash = io::xxh3(io::bytes_of(whole.resolved));
  std::vector<io::Checkpoint> ends;
  ends.reserve(parts.size());
  for (Part& p : parts) ends.push_back(std::move(p.end));
  if (io::file_exists(trained_state_file(parts.front().run))) {
    std::vector<io::Checkpoint> of_training;
    of_training.reserve(parts.size());
    for (const Part& p : parts) of_training.push_back(checkpoint_in(p.run, trained_state_file(p.run)));
    const io::Checkpoint joined{.experiment = hash, .sections = joined_state(of_training, of_all_before)};
    io::write_checkpoint_file(trained_state_file(directory), joined);
  }
  io::Checkpoint end{.sequence = 1, .experiment = hash, .sections = {}};
  end.sections.push_back({RunBooks::kSection, io::save_state(books)});
  end.sections.push_back(
      section_of({seal_of(directory, "experiment.toml"), seal_of(directory, "metrics.ndjson"),
                  seal_of(directory, "events.ndjson")}));
  for (io::CheckpointSection& s : joined_state(ends, of_all)) end.sections.push_back(std::move(s));
  io::write_checkpoint(directory / "checkpoints", end);  // last: with it the run can be resumed
}

}  // namespace apical
