// SPDX-License-Identifier: Apache-2.0
#include "apical/study/joint_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "apical/experiment/same_experiment.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"
#include "apical/report/compose/read_run.h"
#include "apical/report/compose/report.h"
#include "apical/report/compose/run_places.h"
#include "apical/report/compose/words.h"
#include "apical/report/compose/write_report.h"
#include "apical/run/place_of_results.h"
#include "apical/run/runs_in.h"

namespace apical {
namespace {

/// A run, or several that are one.
struct JointRun {
  RunData data;
  io::Path first;  ///< directory of its first part
  std::set<std::uint64_t> seeds;
  RunConditions conditions = {};
  std::size_t parts = 1;
  std::string identity = {};  ///< of its experiment
};

/// All that decides what is learned and measured: equal for runs of one experiment over other seeds.
std::string identity_of(const std::map<std::string, std::string>& written) {
  static const std::set<std::string> of_no_account{
      "run.seeds", "run.part_of", "title", "description", "label", "run.checkpoint_every_s", "reference"};
  std::string out;
  for (const auto& [key, value] : written) {
    if (!of_no_account.contains(key) && !key.starts_with("run.seeds."))
      out += fmt::format("{}={}\n", key, value);
  }
  return out;
}

JointRun read_part(const io::Path& run) {
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  JointRun out{read_run(run, false), run, {}};
  out.conditions = conditions_of(run, out.data.experiment_toml);
  out.identity = identity_of(out.conditions.written);
  for (const nlohmann::json& seed : manifest.at("seeds")) out.seeds.insert(seed.get<std::uint64_t>());
  return out;
}

void require_same(const JointRun& a, const JointRun& b) {
  if (a.conditions.numerics != b.conditions.numerics)
    throw DataError(
        fmt::format("{} and {} are one experiment, run by versions with other numbers (numerics {} and {})",
                    a.first.string(), b.first.string(), a.conditions.numerics, b.conditions.numerics));
  if (a.conditions.fingerprint != b.conditions.fingerprint)
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
void say_of_part(std::vector<Message>& warnings, const io::Path& part) {
  for (Message& w : warnings) w.who = part.string();
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
  std::vector<Message> warnings = b.data.warnings;
  say_of_part(warnings, b.first);
  a.data.warnings.insert(a.data.warnings.end(), warnings.begin(), warnings.end());
  a.seeds.insert(b.seeds.begin(), b.seeds.end());
  a.data.seeds = a.seeds.size();
  ++a.parts;
}

template <class T>
void reorder(std::vector<T>& list, const std::vector<std::size_t>& order) {
  std::vector<T> out;
  out.reserve(list.size());
  for (const std::size_t i : order) out.push_back(std::move(list[i]));
  list = std::move(out);
}

/// Series after series, each from its least value: names of directories have another order.
void sort_along(RunAxes& axes, std::vector<JointRun>& runs, std::vector<ExperimentValues>& values) {
  if (axes.axes.empty()) return;
  std::vector<std::size_t> order(runs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto first = [&](std::size_t i) {
    return std::find(axes.series.begin(), axes.series.end(), axes.series[i]) - axes.series.begin();
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (first(a) != first(b)) return first(a) < first(b);
    for (const RunAxis& axis : axes.axes) {
      if (axis.at[a] != axis.at[b]) return axis.at[a] < axis.at[b];
    }
    return false;
  });
  reorder(runs, order);
  reorder(values, order);
  reorder(axes.series, order);
  for (RunAxis& axis : axes.axes) reorder(axis.at, order);
}

/// Gives the runs a place if they differ in one or two keys with numbers, and labels that say it.
void place(ReportData& data, std::vector<JointRun>& runs, const RunAxes& axes) {
  const std::vector<std::string> labels = labels_of(axes);
  RunPlaces places = places_of(axes, labels);
  if (places.empty()) return;
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i].data.label = labels[i];
  data.sweep = std::move(places.sweep);
  data.grid = std::move(places.grid);
}

/// What models were shown, or for how long, is a reason of its own for a difference between them.
void warn_of_other_conditions(std::vector<JointRun>& runs,
                              const std::vector<ExperimentValues>& values_of_runs, const RunAxes& placed) {
  std::map<std::string, std::set<std::string>> said;  // of each key
  std::map<std::string, std::size_t> count;
  for (const ExperimentValues& of_run : values_of_runs) {
    for (const auto& [key, value] : of_run) {
      const bool of_task = key.starts_with("task.");
      if (!of_task && key != "training.epochs" && key != "training.environment_steps") continue;
      const bool is_axis =
          std::any_of(placed.axes.begin(), placed.axes.end(), [&, k = key](const RunAxis& a) {
            return std::find(a.keys.begin(), a.keys.end(), k) != a.keys.end();
          });
      if (is_axis) continue;
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
      {"", fmt::format("these runs were not shown the same for the same time ({} {}): a difference between "
                       "models may be that",
                       join_names(differ), differ.size() == 1 ? "differs" : "differ")});
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

ReportData read_joint_data(std::span<const io::Path> directories) {
  std::vector<JointRun> runs;
  std::vector<std::string> titles;
  for (const io::Path& directory : directories) {
    for (const io::Path& run : runs_in(directory)) {
      if (!io::file_exists(run / "manifest.json")) continue;  // planned, not begun
      JointRun next = read_part(run);
      const std::string title = io::read_json(run / "manifest.json").value("title", "");
      if (!title.empty() && std::find(titles.begin(), titles.end(), title) == titles.end())
        titles.push_back(title);
      const auto same = std::find_if(runs.begin(), runs.end(),
                                     [&](const JointRun& r) { return r.identity == next.identity; });
      if (same == runs.end()) {
        runs.push_back(std::move(next));
      } else {
        join(*same, next);
      }
    }
  }
  if (runs.empty()) throw DataError("no run of these directories has begun");
  ReportData data;
  std::vector<ExperimentValues> values;
  values.reserve(runs.size());
  std::vector<RunConditions> conditions;
  conditions.reserve(runs.size());
  for (const JointRun& r : runs) {
    values.push_back(values_said(r.first, r.conditions));
    conditions.push_back(r.conditions);
  }
  RunAxes axes = axes_of_conditions(conditions, values);
  sort_along(axes, runs, values);
  place(data, runs, axes);
  warn_of_other_conditions(runs, values, data.is_swept() ? axes : RunAxes{});
  name_apart(runs);
  data.title = titles.empty() || titles.size() > 2 ? fmt::format("{} runs", runs.size()) : join_names(titles);
  for (JointRun& r : runs) data.runs.push_back(std::move(r.data));
  return data;
}

}  // namespace

std::vector<io::Path> runs_meant(std::span<const std::string> given) {
  const auto is_one = [](const io::Path& directory) {
    return io::file_exists(directory / "manifest.json") || io::file_exists(directory / "comparison.json");
  };
  std::vector<io::Path> runs;
  for (const std::string& name : given) {
    const io::Path folder = name;
    const std::size_t before = runs.size();
    if (io::directory_exists(folder) && !is_one(folder)) {
      for (const std::string& below : io::list_directory(folder)) {
        if (is_one(folder / below)) runs.push_back(folder / below);
      }
    }
    if (runs.size() == before) runs.push_back(folder);
  }
  std::set<io::Path> seen;  // a folder beside one of its runs names that twice
  std::erase_if(runs, [&](const io::Path& run) {
    return io::directory_exists(run) && !seen.insert(std::filesystem::weakly_canonical(run)).second;
  });
  return runs;
}

void write_joint_report(std::span<const io::Path> directories, const io::Path& page) {
  require_place_for(page);
  io::write_atomically(page, render_report(read_joint_data(directories)));
}

FiguresOfRuns figures_of_all(std::span<const io::Path> directories) {
  if (directories.size() == 1) return {figures_of(directories.front()), {}};
  const ReportData data = read_joint_data(directories);
  return {page_of(data).figures(), all_warnings(data)};
}

}  // namespace apical
