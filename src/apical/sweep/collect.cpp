// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "apical/experiment/directory_name.h"
#include "apical/io/checkpoint.h"
#include "apical/io/directory.h"
#include "apical/io/hash.h"
#include "apical/io/json.h"
#include "apical/report/compose/write_report.h"
#include "apical/run/join_runs.h"
#include "apical/run/locked_directory.h"
#include "apical/run/protocol_run.h"
#include "apical/study/run_with_report.h"
#include "apical/sweep/run_files.h"
#include "apical/sweep/status.h"

namespace apical::sweep {
namespace {

constexpr const char* kMark = "collected.json";

/// Of one experiment.
struct Parts {
  std::vector<const PlannedTask*> tasks;
  std::vector<const TaskView*> views;
  std::optional<std::string> fault;  ///< numerical, of a task
  bool complete = true;
};

std::vector<Parts> parts_of(const Plan& plan, const Status& status) {
  std::vector<Parts> out(plan.experiments.size());
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    Parts& p = out.at(plan.tasks[i].experiment);
    const TaskView& view = status.tasks[i];
    p.tasks.push_back(&plan.tasks[i]);
    p.views.push_back(&view);
    if (view.state == TaskState::done) {
      p.complete = p.complete && view.differing.empty();  // which of its results is right is not known
      continue;
    }
    const bool fault = view.state == TaskState::failed && view.failures.back().lasting;
    if (fault && !p.fault) p.fault = view.failures.back().what;
    p.complete = p.complete && fault;
  }
  return out;
}

/// A directory as a worker left it; pages are written where it goes.
void copy_run(const io::Path& from, const io::Path& to) {
  // The summary says that all the rest is there.
  std::vector<io::Path> files = files_of_run(from);
  std::stable_partition(files.begin(), files.end(),
                        [](const io::Path& f) { return f.filename() != "summary.json"; });
  for (const io::Path& file : files) copy_run_file(from, file, to);
}

/// The run of one experiment, in its directory.
RunResult place(const Plan& plan, std::size_t experiment, const Parts& parts, const io::Path& directory,
                const Resources& resources, const std::atomic<bool>& stop) {
  const Experiment whole = read_experiment_of(plan, experiment);
  if (!io::file_exists(directory / "summary.json")) {
    std::vector<io::Path> runs;
    for (std::size_t i = 0; i < parts.tasks.size(); ++i) {
      const TaskFolder folder(plan.folder_of(*parts.tasks[i]));
      folder.require_whole(*parts.views[i]->done);
      runs.push_back(folder.run(parts.views[i]->done->attempt));
    }
    if (runs.size() == 1) {
      copy_run(runs.front(), directory);
    } else if (io::list_checkpoints(directory / "checkpoints").empty()) {
      // A checkpoint is the last that joining writes; what has gone on from it since is not joined again.
      join_runs(whole, runs, directory);
    }
  }
  RunOptions options;
  options.directory = directory;
  options.resume = true;
  return run_with_report(whole, options, resources, stop);
}

/// The results of a protocol, once each of its models has run.
void place_protocol(const Plan& plan, const std::vector<Parts>& parts, const io::Path& directory,
                    const Resources& resources, const std::atomic<bool>& stop, ComparisonResult& out) {
  const std::vector<ProbedModel> models = read_protocol_of(plan);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const io::Path run = directory / directory_name(plan.experiments[i].label);
    if (io::file_exists(run / "summary.json")) continue;
    const TaskFolder folder(plan.folder_of(*parts[i].tasks.front()));
    const DoneRecord& done = *parts[i].views.front()->done;
    folder.require_whole(done);
    copy_run(folder.run(done.attempt), run);
  }
  const ProtocolResult result = run_protocol(models, {directory, true, {}}, resources, stop);
  out.stopped = result.stopped;
  out.notes = result.notes;
  if (!result.stopped) write_report(directory);
}

/// Of a run that broke, what the worker kept.
void place_fault(const Plan& plan, const Parts& parts, const io::Path& directory) {
  for (std::size_t i = 0; i < parts.tasks.size(); ++i) {
    const TaskView& view = *parts.views[i];
    if (view.state != TaskState::failed || parts.tasks.size() > 1) continue;
    const io::Path run = TaskFolder(plan.folder_of(*parts.tasks[i])).run(view.failures.back().attempt);
    if (io::file_exists(run / "manifest.json")) copy_run(run, directory);
  }
}

void require_complete(const Plan& plan, const Status& status, const std::vector<Parts>& parts, bool partial) {
  for (const std::string& changed : changed_since_frozen(plan)) throw DataError(changed);
  if (partial || std::all_of(parts.begin(), parts.end(), [](const Parts& p) { return p.complete; })) return;
  std::string counts;
  for (std::size_t s = 0; s < kTaskStates.size(); ++s) {
    if (status.count[s] > 0)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", status.count[s], kTaskStates[s]);
  }
  const auto why = std::find_if(status.tasks.begin(), status.tasks.end(), [](const TaskView& t) {
    return t.state == TaskState::failed && !t.failures.back().lasting;
  });
  throw Error(ExitCode::check_failed,
              fmt::format("{} is not complete: of {} tasks {}{}\n  'apical sweep status {}' says more; "
                          "--partial takes the experiments that are complete",
                          plan.folder.string(), plan.tasks.size(), counts,
                          why == status.tasks.end() ? "" : "\n  one failed: " + why->failures.back().what,
                          plan.folder.string()));
}

/// Whether the directory is one that this plan began to fill.
bool begun(const io::Path& directory, const std::string& plan) {
  const io::Path mark = directory / kMark;
  return io::file_exists(mark) && io::read_json(mark).value("plan", "") == plan;
}

}  // namespace

Collected collect(const Plan& plan, const CollectOptions& options, const Resources& resources,
                  const std::atomic<bool>& stop) {
  const Status status = status_of(plan, resources.claim);
  const std::vector<Parts> parts = parts_of(plan, status);
  require_own_numerics(plan);
  for (const TaskView& task : status.tasks) {
    if (options.partial || task.differing.empty()) continue;
    throw DataError(fmt::format(
        "{}\n  which of them is right is not known: 'apical sweep retry {}' does it anew, --partial "
        "leaves out its experiment",
        task.differing.front(), plan.folder.string()));
  }
  require_complete(plan, status, parts, options.partial);
  const std::string hash = io::hex(io::hash_file(plan.folder / "plan.json"));
  const bool again = begun(options.directory, hash);
  {
    // A run locks its directory itself.
    LockedDirectory directory(options.directory, again, resources.claim);
    io::remove_temporaries(options.directory);
    nlohmann::json mark{{"schema", "apical-collected/1"}, {"plan", hash}, {"tasks", nlohmann::json::array()}};
    for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
      const std::optional<DoneRecord>& done = status.tasks[i].done;
      if (!done) continue;
      mark["tasks"].push_back({{"number", plan.tasks[i].number},
                               {"seeds", plan.tasks[i].seeds},
                               {"host", done->host},
                               {"version", done->version},
                               {"revision", done->revision},
                               {"attempts", status.tasks[i].attempts()},
                               {"wall_seconds", done->wall_seconds},
                               {"digest", done->digest}});
    }
    io::write_atomically(options.directory / kMark, io::json_text(mark));
  }
  Collected out;
  std::vector<Experiment> planned;
  for (std::size_t i = 0; plan.comparison && i < plan.experiments.size(); ++i)
    planned.push_back(read_experiment_of(plan, i));
  if (plan.protocol) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!parts[i].complete) out.missing.push_back(plan.experiments[i].label);
      if (!parts[i].fault) continue;
      place_fault(plan, parts[i], options.directory / directory_name(plan.experiments[i].label));
      out.comparison.faults.push_back({plan.experiments[i].label, *parts[i].fault});
    }
    // What its models say is compared: there is nothing in a part of them.
    if (out.missing.empty() && out.comparison.faults.empty())
      place_protocol(plan, parts, options.directory, resources, stop, out.comparison);
    return out;
  }
  std::optional<LockedDirectory> lock;
  if (plan.comparison) {
    lock.emplace(options.directory, true, resources.claim);
    out.comparison.notes = check_comparable(planned);
    write_comparison_index(options.directory, planned);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (lock) lock->confirm();
    const std::string& label = plan.experiments[i].label;
    const io::Path directory =
        plan.comparison ? options.directory / directory_name(label) : options.directory;
    if (parts[i].fault) {
      place_fault(plan, parts[i], directory);
      out.comparison.faults.push_back({label, *parts[i].fault});
    } else if (!parts[i].complete) {
      out.missing.push_back(label);
    } else {
      out.comparison.runs.push_back(place(plan, i, parts[i], directory, resources, stop));
      out.comparison.stopped = out.comparison.runs.back().stopped;
      if (out.comparison.stopped) return out;
    }
  }
  if (plan.comparison && out.missing.empty()) write_comparison_index(options.directory, planned, true);
  if (plan.comparison) write_report(options.directory);
  return out;
}

}  // namespace apical::sweep
