// SPDX-License-Identifier: Apache-2.0
#include "apical/study/joint_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "apical/experiment/same_experiment.h"
#include "apical/io/json.h"
#include "apical/report/compose/read_run.h"
#include "apical/report/compose/report.h"
#include "apical/run/place_of_results.h"
#include "apical/run/run_row.h"
#include "apical/run/runs_in.h"

namespace apical {
namespace {

/// A run, or several that are one.
struct JointRun {
  RunData data;
  io::Path first;  ///< directory of its first part
  std::set<std::uint64_t> seeds;
  int numerics = 0;
  std::string fingerprint;  ///< of its data; empty: made from the seeds alone
  std::size_t parts = 1;
};

JointRun read_part(const io::Path& run) {
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  JointRun out{read_run(run, false),
               run,
               {},
               manifest.at("apical").at("numerics"),
               manifest.contains("data") ? manifest.at("data").dump() : "",
               1};
  for (const nlohmann::json& seed : manifest.at("seeds")) out.seeds.insert(seed.get<std::uint64_t>());
  return out;
}

bool are_one_experiment(const RunData& a, const RunData& b) {
  static const std::set<std::string> of_no_account{
      "run.seeds", "run.part_of", "title", "description", "label", "run.checkpoint_every_s", "reference"};
  const std::vector<std::string> keys = differing_keys(a.experiment_toml, b.experiment_toml);
  return std::all_of(keys.begin(), keys.end(), [](const std::string& key) {
    return of_no_account.contains(key) || key.starts_with("run.seeds.");
  });
}

void require_same(const JointRun& a, const JointRun& b) {
  if (a.numerics != b.numerics)
    throw DataError(
        fmt::format("{} and {} are one experiment, run by versions with other numbers (numerics {} and {})",
                    a.first.string(), b.first.string(), a.numerics, b.numerics));
  if (a.fingerprint != b.fingerprint)
    throw DataError(fmt::format("{} and {} are one experiment and were shown different data",
                                a.first.string(), b.first.string()));
}

/// Rows of both, in order of epoch; what both have measured of a seed has to be the same.
std::vector<Measurement> joined(const JointRun& a, const JointRun& b) {
  std::vector<Measurement> rows = a.data.measured;
  std::map<decltype(rows.front().key()), double> known;
  for (const Measurement& m : a.data.measured) known.emplace(m.key(), m.value);
  for (const Measurement& m : b.data.measured) {
    const auto at = known.find(m.key());
    if (at == known.end()) {
      rows.push_back(m);
    } else if (std::bit_cast<std::uint64_t>(at->second) != std::bit_cast<std::uint64_t>(m.value)) {
      throw DataError(fmt::format(
          "seed {} was run in {} and in {}, and {} {} of epoch {} differs: {} and {}\n  give only one of "
          "them",
          m.seed, a.first.string(), b.first.string(), m.where, m.metric, m.epoch, at->second, m.value));
    }
  }
  sort_by_key(rows);
  return rows;
}

/// Each seed once, whoever ran it.
template <class List, class SeedOf>
void append_seeds(List& to, const List& from, const std::set<std::uint64_t>& known, SeedOf&& seed_of) {
  for (const auto& one : from) {
    if (!known.contains(seed_of(one))) to.push_back(one);
  }
}

/// What a check of a run found is about its seeds alone.
void say_of_part(std::vector<std::string>& warnings, const io::Path& part) {
  for (std::string& w : warnings) w = fmt::format("{}: {}", part.string(), w);
}

void join(JointRun& a, const JointRun& b) {
  require_same(a, b);
  a.data.measured = joined(a, b);
  append_seeds(a.data.activity, b.data.activity, a.seeds, [](const SeedResults& s) { return s.seed; });
  std::map<double, double> seconds;
  for (const RunData* part : {&std::as_const(a.data), &b.data}) {
    for (const auto& [epoch, s] : part->epoch_seconds) seconds[epoch] += s;
  }
  a.data.epoch_seconds.assign(seconds.begin(), seconds.end());
  if (a.data.cost && b.data.cost) {
    const auto na = static_cast<double>(a.seeds.size()), nb = static_cast<double>(b.seeds.size());
    a.data.cost->samples_to_95 =
        (na * a.data.cost->samples_to_95 + nb * b.data.cost->samples_to_95) / (na + nb);
    a.data.cost->seconds_per_epoch += b.data.cost->seconds_per_epoch;
  }
  a.data.wall_seconds += b.data.wall_seconds;
  if (a.parts == 1) say_of_part(a.data.warnings, a.first);
  std::vector<std::string> warnings = b.data.warnings;
  say_of_part(warnings, b.first);
  a.data.warnings.insert(a.data.warnings.end(), warnings.begin(), warnings.end());
  a.seeds.insert(b.seeds.begin(), b.seeds.end());
  a.data.seeds = a.seeds.size();
  ++a.parts;
}

/// Keys of the experiment and what was measured, as 'apical runs' has them.
using RunValues = std::map<std::string, RunValue, std::less<>>;

/// Two keys with numbers in which the runs differ, and nothing else: what a heat map is drawn over.
std::optional<RunGrid> grid_of(std::vector<JointRun>& runs, const std::vector<RunValues>& values) {
  constexpr std::size_t kFewest = 4;
  if (runs.size() < kFewest) return {};
  std::vector<std::string> varied;
  for (const auto& entry : values.front()) {
    const std::string& key = entry.first;  // as lambdas want them
    const RunValue& value = entry.second;
    if (key.find('.') == std::string::npos || key.starts_with("run.")) continue;
    const std::string_view table = std::string_view(key).substr(0, key.find('.'));
    if (table != "model" && table != "training" && table != "task" && table != "population" &&
        table != "projection" && table != "reward" && table != "value")
      continue;
    const bool same = std::all_of(values.begin(), values.end(), [&](const auto& of_run) {
      const auto at = of_run.find(key);
      return at != of_run.end() && at->second == value;
    });
    if (same) continue;
    const auto* const text = std::get_if<std::string>(&value);
    if (text != nullptr && text->starts_with('[')) continue;  // its items are keys of their own
    const bool numbers = std::all_of(values.begin(), values.end(), [&](const auto& of_run) {
      const auto at = of_run.find(key);
      return at != of_run.end() && std::holds_alternative<double>(at->second);
    });
    if (!numbers) return {};
    varied.push_back(key);
  }
  if (varied.size() != 2) return {};
  RunGrid grid{varied[0], varied[1], {}};
  std::set<std::pair<double, double>> taken;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double x = std::get<double>(values[i].at(varied[0])), y = std::get<double>(values[i].at(varied[1]));
    if (!taken.emplace(x, y).second) return {};
    runs[i].data.label = fmt::format("{} {:g}, {} {:g}", varied[0], x, varied[1], y);
    grid.places.push_back({runs[i].data.label, x, y});
  }
  return grid;
}

/// What models were shown, or for how long, is a reason of its own for a difference between them.
void warn_of_other_conditions(std::vector<JointRun>& runs, const std::vector<RunValues>& values_of_runs,
                              const std::optional<RunGrid>& grid) {
  std::map<std::string, std::set<std::string>> said;  // of each key
  std::map<std::string, std::size_t> count;
  for (const RunValues& of_run : values_of_runs) {
    for (const auto& [key, value] : of_run) {
      const bool of_task = key.starts_with("task.") || key == "task";
      if (!of_task && key != "training.epochs" && key != "training.environment_steps") continue;
      if (grid && (key == grid->x_axis || key == grid->y_axis)) continue;
      const auto* const text = std::get_if<std::string>(&value);
      said[key].insert(text != nullptr ? *text : fmt::format("{:g}", std::get<double>(value)));
      ++count[key];
    }
  }
  std::vector<std::string> differ;
  for (const auto& [key, values] : said) {
    if (values.size() > 1 || count[key] != runs.size()) differ.push_back(key);
  }
  if (differ.empty()) return;
  runs.front().data.warnings.push_back(
      fmt::format("these runs were not shown the same for the same time ({} {}): a difference between models "
                  "may be that",
                  join_names(differ), differ.size() == 1 ? "differs" : "differ"));
}

void name_apart(std::vector<JointRun>& runs) {
  std::map<std::string, std::size_t> count;
  for (const JointRun& r : runs) ++count[r.data.label];
  bool reference = false;
  for (JointRun& r : runs) {
    if (count[r.data.label] > 1) r.data.label += fmt::format(" ({})", r.first.string());
    if (r.data.reference && reference) r.data.reference = false;  // a page compares with one
    reference = reference || r.data.reference;
    if (r.parts > 1)
      r.data.method.emplace_back(
          "Seeds of several runs",
          fmt::format("{} seeds of {} runs of the same experiment are shown as one run.", r.seeds.size(),
                      r.parts));
  }
}

}  // namespace

void write_joint_report(std::span<const io::Path> directories, const io::Path& page) {
  require_place_for(page);
  std::vector<JointRun> runs;
  std::vector<std::string> titles;
  for (const io::Path& directory : directories) {
    for (const io::Path& run : runs_in(directory)) {
      if (!io::file_exists(run / "manifest.json")) continue;  // planned, not begun
      JointRun next = read_part(run);
      const std::string title = io::read_json(run / "manifest.json").value("title", "");
      if (!title.empty() && std::find(titles.begin(), titles.end(), title) == titles.end())
        titles.push_back(title);
      const auto same = std::find_if(
          runs.begin(), runs.end(), [&](const JointRun& r) { return are_one_experiment(r.data, next.data); });
      if (same == runs.end()) {
        runs.push_back(std::move(next));
      } else {
        join(*same, next);
      }
    }
  }
  if (runs.empty()) throw DataError("no run of these directories has begun");
  ReportData data;
  std::vector<RunValues> values;
  values.reserve(runs.size());
  for (const JointRun& r : runs) values.push_back(row_of(r.first).values);
  data.grid = grid_of(runs, values);
  warn_of_other_conditions(runs, values, data.grid);
  name_apart(runs);
  data.title = titles.empty() || titles.size() > 2 ? fmt::format("{} runs", runs.size()) : join_names(titles);
  for (JointRun& r : runs) data.runs.push_back(std::move(r.data));
  io::write_atomically(page, render_report(data));
}

}  // namespace apical
