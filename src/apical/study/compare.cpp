// SPDX-License-Identifier: Apache-2.0
#include "apical/study/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apical/experiment/directory_name.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"
#include "apical/report/compose/write_report.h"
#include "apical/run/locked_directory.h"
#include "apical/run/runs_in.h"
#include "apical/study/run_with_report.h"

namespace apical {

namespace {

/// Courses are about the same if their stimuli have the same names and targets; how these reach a circuit is
/// the circuit's affair.
bool shows_the_same(const Course& a, const Course& b) {
  const auto same = [](const course::Stimulus& x, const course::Stimulus& y) {
    return x.name == y.name && x.target == y.target;
  };
  const auto samples = [](const Course& c) {
    return c.samples ? std::pair(c.samples->train, c.samples->test) : std::pair<std::size_t, std::size_t>();
  };
  return std::equal(a.stimuli.begin(), a.stimuli.end(), b.stimuli.begin(), b.stimuli.end(), same) &&
         samples(a) == samples(b);
}

std::string names_of_stimuli(const Course& c) {
  std::vector<std::string> names;
  for (const course::Stimulus& s : c.stimuli) {
    names.push_back(fmt::format("'{}'{}", s.name,
                                s.target.empty() ? "" : fmt::format(" -> {:g}", fmt::join(s.target, ","))));
  }
  return names.empty() ? "none" : join_names(names);
}

/// ConfigError if a variant shows something else than the first one; what it shows by other means is noted.
void compare_courses(const Experiment& first, const Experiment& e, std::vector<std::string>& notes) {
  const auto* const one = std::get_if<SpikingExperiment>(&first.subject);
  const auto* const other = std::get_if<SpikingExperiment>(&e.subject);
  if (one == nullptr || other == nullptr) return;
  const Course &a = one->course, &b = other->course;
  if (!shows_the_same(a, b)) {
    throw ConfigError(fmt::format(
        "variants '{}' and '{}' differ in stimuli ({}; {}) or in numbers of samples; a comparison "
        "needs the same for all",
        first.label, e.label, names_of_stimuli(a), names_of_stimuli(b)));
  }
  if (a.stimuli != b.stimuli)
    notes.push_back(
        fmt::format("'{}' is shown the stimuli of '{}' by other currents, rates of sources or spikes",
                    e.label, first.label));
  if (a.samples && b.samples && a.samples->rate_Hz != b.samples->rate_Hz)
    notes.push_back(
        fmt::format("'{}' is shown the samples of '{}' at other rates of sources", e.label, first.label));
}

RunOptions run_options(const Experiment& e, const ComparisonOptions& options) {
  RunOptions run;
  run.directory = options.directory / directory_name(e.label);
  run.resume = options.resume && io::file_exists(run.directory / "experiment.toml");
  run.ranks = options.ranks;
  return run;
}

/// Those that have not finished, as their runs begin.
std::vector<Experiment> to_begin(const std::vector<Experiment>& variants, const ComparisonOptions& options) {
  std::vector<Experiment> out;
  out.reserve(variants.size());
  for (const Experiment& e : variants) {
    const RunOptions run = run_options(e, options);
    if (!run.resume || !io::file_exists(run.directory / "summary.json")) out.push_back(as_it_begins(e, run));
  }
  return out;
}

/// DataError if a comparison that is resumed has runs which none of these is: they would be gone from its
/// report.
void require_all_kept(const std::vector<Experiment>& variants, const io::Path& directory) {
  if (!io::file_exists(directory / "comparison.json")) return;
  std::vector<std::string> lost;
  for (const io::Path& run : runs_in(directory)) {
    const std::string name = run.filename().string();
    const auto is_it = [&](const Experiment& e) { return directory_name(e.label) == name; };
    if (std::none_of(variants.begin(), variants.end(), is_it)) lost.push_back("'" + name + "'");
  }
  if (lost.empty()) return;
  throw DataError(
      fmt::format("{} also compares {}, which would be gone from its report\n  resume it with all of its "
                  "variants (without --models), or compare these in another --out",
                  directory.string(), join_names(lost)));
}

/// Whether the settings of an experiment are those that its search chose.
bool is_as_chosen(const Experiment& e) {
  try {
    TomlDocument chosen = TomlDocument::parse(e.resolved, e.label);
    for (const std::string& setting : e.tuned->chosen) chosen.set(setting);
    return read_experiment(chosen).resolved == e.resolved;
  } catch (const Error&) {  // there is no such setting
    return false;
  }
}

/// How an experiment is no longer what its search ended with; empty if it is.
std::string departure_of(const Experiment& e) {
  const Tuned& tuned = *e.tuned;
  if (!is_as_chosen(e))
    return fmt::format("'{}' has other settings than were chosen ({})", e.label,
                       fmt::join(tuned.chosen, ", "));
  if (!tuned.epochs.empty() && tuned.epochs.back() != e.plan.epochs)
    return fmt::format("'{}' learns for {} epochs and was tuned for {}", e.label, e.plan.epochs,
                       tuned.epochs.back());
  for (const std::uint64_t seed : e.seeds) {
    if (std::find(tuned.seeds.begin(), tuned.seeds.end(), seed) != tuned.seeds.end())
      return fmt::format("'{}' was tuned on seed {}, which is compared", e.label, seed);
  }
  return "";
}

/// "40 trials with 2 seeds in rounds of 40 and 14 for 1 and 3 epochs"
std::string budget_of(const Tuned& t) {
  return fmt::format("{} with {} {} in rounds of {} for {} epochs", t.effort(), t.seeds.size(),
                     t.seeds.size() == 1 ? "seed" : "seeds", fmt::join(t.rounds, ", "),
                     fmt::join(t.epochs, ", "));
}

/// Whether settings were found with the same effort; nothing if none says how it was tuned.
std::string effort_of(const std::vector<Experiment>& variants) {
  std::vector<std::string> untold;
  const Tuned* first = nullptr;
  bool equal = true, as_many = true;
  for (const Experiment& e : variants) {
    if (!e.tuned) {
      untold.push_back(fmt::format("'{}'", e.label));
      continue;
    }
    if (first == nullptr) first = &*e.tuned;
    equal = equal && first->same_effort(*e.tuned);
    as_many = as_many && first->trials == e.tuned->trials;
  }
  if (first == nullptr) return "";
  const std::string unequal = "effort of tuning is not equal: ";
  if (!untold.empty()) return unequal + "none is known of " + join_names(untold);
  std::vector<std::string> each;
  if (!equal) {
    for (const Experiment& e : variants)
      each.push_back(fmt::format("'{}' {}", e.label, as_many ? budget_of(*e.tuned) : e.tuned->effort()));
    return fmt::format("{}{}", unequal, fmt::join(each, ", "));
  }
  for (const Experiment& e : variants) {
    if (const std::string departure = departure_of(e); !departure.empty()) return unequal + departure;
  }
  return fmt::format("equal effort: {} each", first->effort());
}

}  // namespace

std::vector<std::string> check_comparable(const std::vector<Experiment>& variants) {
  std::vector<std::string> notes;
  for (const Experiment& e : variants) {
    // Along a sweep the task may grow; what stands at the same value is compared, and all with the same
    // seeds.
    const Experiment& first = *std::find_if(variants.begin(), variants.end(), [&](const Experiment& o) {
      return o.sweep.has_value() == e.sweep.has_value() && (!e.sweep || o.sweep->at == e.sweep->at);
    });
    if (e.task != variants.front().task || e.task_parameters.all() != first.task_parameters.all() ||
        e.seeds != variants.front().seeds) {
      throw ConfigError(
          fmt::format("variants '{}' and '{}' differ in task or seeds; a comparison needs the same for all",
                      first.label, e.label));
    }
    compare_courses(first, e, notes);
  }
  if (std::string effort = effort_of(variants); !effort.empty()) notes.push_back(std::move(effort));
  return notes;
}

nlohmann::json json_of(const SweepPoint& p) {
  return {{"name", p.name},
          {"at", p.at},
          {"label", p.label},
          {"logarithmic", p.logarithmic},
          {"series", p.series}};
}

void write_comparison_index(const io::Path& directory, const std::vector<Experiment>& variants,
                            bool finished) {
  nlohmann::json index;
  index["schema"] = "apical-comparison/1";
  index["title"] = variants.front().title;
  index["description"] = variants.front().description;
  for (const Experiment& e : variants) index["runs"].push_back(directory_name(e.label));
  for (const Experiment& e : variants) {
    if (!e.sweep) continue;
    nlohmann::json point = json_of(*e.sweep);
    point["run"] = directory_name(e.label);
    index["sweep"].push_back(std::move(point));
  }
  if (finished) index["finished"] = true;
  io::write_atomically(directory / "comparison.json", io::json_text(index));
}

ComparisonResult run_comparison(const std::vector<Experiment>& variants, const ComparisonOptions& options,
                                const Resources& resources, const std::atomic<bool>& stop) {
  ComparisonResult result;
  result.notes = check_comparable(variants);
  Resources whole = resources;
  if (options.ranks != nullptr) whole.memory = {};  // each has a part of it
  check_all(to_begin(variants, options), whole);    // rather than after the first have run
  LockedDirectory directory(options.directory, options.resume, resources.claim);
  require_all_kept(variants, options.directory);
  io::remove_temporaries(options.directory);  // of a process that was killed
  write_comparison_index(options.directory, variants);

  for (const Experiment& e : variants) {
    directory.confirm();
    RunOptions run = run_options(e, options);
    if (options.watch) run.listeners.push_back(options.watch(e));
    try {
      result.runs.push_back(run_with_report(e, run, resources, stop));
    } catch (const NumericalFault& fault) {
      result.faults.push_back({e.label, fault.what()});
      continue;
    } catch (const Error&) {
      // Refused before anything began: nothing stands there but what we have just written.
      if (&e == &variants.front() && !options.resume && !io::directory_exists(run.directory))
        io::remove_file(options.directory / "comparison.json");
      throw;
    }
    result.stopped = result.runs.back().stopped;
    // What is finished is kept in any case.
    result.has_checkpoint = result.runs.back().has_checkpoint || result.runs.size() > 1;
    if (result.stopped) return result;
  }
  directory.confirm();
  write_comparison_index(options.directory, variants, true);
  write_report(options.directory);
  return result;
}

}  // namespace apical
