// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/apart.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <ostream>
#include <sstream>

#include "apical/cli/experiment_arguments.h"
#include "apical/cli/mpi.h"
#include "apical/cli/workers.h"
#include "apical/run/locked_directory.h"
#include "apical/run/probe_session.h"
#include "apical/run/session.h"
#include "apical/sweep/collect.h"
#include "apical/sweep/status.h"

namespace apical::cli {
namespace {

/// Rather than by every worker, and before a plan is made.
void refuse_what_cannot_run(const Divided& what, const Resources& machine) {
  if (what.comparison) return check_all(what.experiments, machine);
  if (what.probed == nullptr) {
    open(what.experiments.front(), machine);
  } else {
    for (const ProbedModel& m : *what.probed) open_probe(m, machine);
  }
}

/// Whether anything is lost with the plan.
bool holds_work(const sweep::Plan& plan, const sweep::Status& status) {
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    if (status.tasks[i].done) return true;
    const sweep::TaskFolder folder(plan.folder_of(plan.tasks[i]));
    for (const sweep::ClaimRecord& claim : status.tasks[i].claims) {
      if (io::file_exists(folder.run(claim.attempt) / "manifest.json")) return true;
    }
  }
  return false;
}

/// The numbers of what failed among jobs, once that was said: who gives the command again knows it.
io::Path said_failed(const sweep::Plan& plan) { return plan.folder / "log" / "said-failed"; }

/// What one process would have said. Numbers that are at fault are an answer, not an obstacle. A plan without
/// any work goes, but not from under jobs that may still be waiting to begin with it.
void refuse_what_failed(const sweep::Plan& plan, const sweep::Status& status, bool jobs_may_wait) {
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const sweep::TaskView& view = status.tasks[i];
    if (view.state != sweep::TaskState::failed || view.failures.back().lasting) continue;
    const sweep::FailureRecord& failure = view.failures.back();
    std::string text =
        plan.tasks.size() == 1 ? failure.what : plan.name_of(plan.tasks[i]) + ": " + failure.what;
    if (jobs_may_wait) {
      io::make_directories(plan.folder / "log");
      std::string numbers;
      for (std::size_t k = 0; k < plan.tasks.size(); ++k) {
        const sweep::TaskState state = status.tasks[k].state;
        if (state == sweep::TaskState::failed || state == sweep::TaskState::damaged)
          numbers += fmt::format("{}\n", plan.tasks[k].number);
      }
      io::write_atomically(said_failed(plan), numbers);
      text += fmt::format(
          "\n  {} stays, of which Slurm may still have tasks; the same command, given again, tries once more "
          "what failed",
          plan.folder.string());
    } else if (holds_work(plan, status)) {
      text += fmt::format("\n  what was done is in {}; the same command with --resume goes on",
                          plan.folder.string());
    } else {
      std::filesystem::remove_all(plan.folder);
    }
    const auto code = static_cast<ExitCode>(failure.exit_code);
    if (code == ExitCode::invalid_input) throw DataError(text);
    throw Error(code, text);
  }
}

/// Among jobs giving the command again is how one looks, so that what failed is tried again by whoever was
/// told of it. The tasks that are open because of that, until they were submitted.
std::vector<std::size_t> forgive_what_was_said(const sweep::Plan& plan, const Claim& known) {
  if (!io::file_exists(said_failed(plan))) return {};
  sweep::retry(plan, known);
  std::istringstream said(io::read_text(said_failed(plan)));
  const std::vector<std::size_t> failed{std::istream_iterator<std::size_t>(said), {}};
  std::vector<std::size_t> again;
  const std::vector<std::size_t> open = open_tasks(plan, known);
  std::set_intersection(open.begin(), open.end(), failed.begin(), failed.end(), std::back_inserter(again));
  return again;
}

bool is_answered(const sweep::TaskView& view) {
  return view.state == sweep::TaskState::done || view.state == sweep::TaskState::damaged ||
         view.state == sweep::TaskState::failed;
}

}  // namespace

const std::vector<Option>& place_options() {
  static const std::vector<Option> options{
      {"--on", "WHERE",
       "by workers, to the same results: 'local', processes on this machine; 'slurm', jobs, after which the "
       "same command collects; 'mpi', the ranks that mpirun or srun started",
       false,
       [] {
         return std::vector<std::string>{"local", "slurm", "mpi"};
       }},
      {"--jobs", "N",
       "with --on: so many processes or jobs (default: as many as threads; a job for each task)"},
      {"--at-once", "N", "with --on slurm: so many jobs at a time"},
      {"--sbatch", "OPTION", "with --on slurm: an option for sbatch, e.g. --sbatch=--time=04:00:00", true}};
  return options;
}

Place place_of(const Arguments& arguments) {
  const std::string where = arguments.value("--on").value_or("");
  for (const char* name : {"--at-once", "--sbatch"}) {
    if (arguments.has(name) && where != "slurm")
      throw UsageError(fmt::format("{} goes with --on slurm", name));
  }
  if (where.empty()) {
    if (arguments.has("--jobs")) throw UsageError("--jobs goes with --on local or --on slurm");
    return arguments.has("--mpi") ? Place::mpi : Place::here;
  }
  if (arguments.has("--mpi") && where != "mpi")
    throw UsageError(fmt::format("--mpi does not go with --on {}; expected one of them", where));
  if (where == "local") return Place::local;
  if (where == "mpi") {
    if (arguments.has("--jobs"))
      throw UsageError("--jobs goes with --on local or --on slurm; ranks are as many as there are");
    return Place::mpi;
  }
  if (where != "slurm")
    throw UsageError(fmt::format("--on is '{}'; expected local, slurm or mpi\n  {}", where,
                                 suggestion(where, {"local", "slurm", "mpi"})));
  if (!arguments.has("--out"))
    throw UsageError("--on slurm needs --out DIR: given again, the same command collects there what is done");
  return Place::slurm;
}

bool asks_for_ranks(const Arguments& arguments) {
  return arguments.has("--mpi") || arguments.value("--on").value_or("") == "mpi";
}

io::Path parts_of(const io::Path& out) {
  const io::Path whole = out.has_filename() ? out : out.parent_path();
  return whole.string() + ".parts";
}

Error only_apart(const io::Path& out) {
  return UsageError(
      fmt::format("{} holds what workers did of it\n  go on with --mpi, by any number of ranks, or with --on",
                  parts_of(out).string()));
}

std::vector<Experiment> experiments_of(const std::vector<ProbedModel>& models) {
  std::vector<Experiment> out(models.size());
  std::transform(models.begin(), models.end(), out.begin(),
                 [](const ProbedModel& m) { return m.experiment; });
  return out;
}

bool work_on(Context& context, const Arguments& arguments, Ranks* ranks, const sweep::Plan& plan) {
  if (ranks != nullptr) {
    const WorkedTogether worked = work_together(context, arguments, *ranks, plan.folder);
    if (!worked.differing.empty()) throw DataError(worked.differing.front());
    return true;
  }
  if (place_of(arguments) == Place::local) {
    const unsigned cores = threads(arguments) > 0 ? threads(arguments) : available_threads();
    run_worker_processes(context, arguments, plan.folder,
                         static_cast<std::size_t>(arguments.integer("--jobs", cores, 1, 4096)));
    return true;
  }
  ThreadPool pool(1);
  const std::vector<std::size_t> open = open_tasks(plan, resources(arguments, pool).claim);
  if (!open.empty() && !was_submitted(plan)) {
    context.err << submit_to_slurm(arguments, plan, open, arguments.values("--sbatch"));
  } else if (!open.empty()) {
    context.err << fmt::format(
        "apical: {} of {} tasks are not begun, or were left; if Slurm has none of them any more: apical "
        "sweep submit {} --on slurm\n",
        open.size(), plan.tasks.size(), plan.folder.string());
  }
  return false;
}

DoneApart run_apart(Context& context, const Arguments& arguments, Ranks* ranks, const Divided& what,
                    const io::Path& out) {
  ThreadPool pool(threads(arguments));
  const Resources machine = resources(arguments, pool);
  sweep::PlanOptions options;
  options.folder = parts_of(out);
  options.comparison = what.comparison;
  options.protocol = what.probed != nullptr;
  options.probe_s = 0;
  if (!io::file_exists(options.folder)) {
    refuse_what_cannot_run(what, machine);
    if (!arguments.has("--resume"))
      LockedDirectory(out, false, machine.claim);  // refuses now what would be refused once all is done
  }
  const sweep::Frozen frozen = sweep::freeze(what.experiments, options, machine);
  const sweep::Plan& plan = frozen.plan;
  const bool few = ranks != nullptr && plan.tasks.size() < ranks->size();
  if (arguments.has("--verbose") || few)
    context.err << fmt::format("apical: {}{}, below {}\n",
                               plan.tasks.size() == 1 ? "1 task" : fmt::format("{} tasks", plan.tasks.size()),
                               ranks != nullptr ? fmt::format(" for {} ranks", ranks->size()) : "",
                               plan.folder.string());
  const auto left = [&](const sweep::Status& s) {
    return !std::all_of(s.tasks.begin(), s.tasks.end(), is_answered);
  };
  // Who gives the command again means what failed to be tried again.
  const bool elsewhere = ranks == nullptr && place_of(arguments) == Place::slurm;
  if (frozen.was_frozen && !elsewhere) sweep::retry(plan, machine.claim);
  if (elsewhere) {
    const std::vector<std::size_t> again = forgive_what_was_said(plan, machine.claim);
    if (!again.empty()) {
      context.err << submit_to_slurm(arguments, plan, again, arguments.values("--sbatch"));
      io::remove_file(said_failed(plan));  // not before: what could not be submitted is so the next time
      return {DoneApart::End::waits, {}};
    }
  }
  sweep::Status status = sweep::status_of(plan, machine.claim);
  if (left(status) || ranks != nullptr) {
    work_on(context, arguments, ranks, plan);
    if (context.stop->load() || (ranks != nullptr && ranks->stop().load()))
      return {DoneApart::End::stopped, {}};
    status = sweep::status_of(plan, machine.claim);
  }
  refuse_what_failed(plan, status, elsewhere);
  if (left(status)) {
    context.err << fmt::format(
        "apical: {} of {} tasks are done; the same command goes on, and collects once all are; apical sweep "
        "status {} says more\n",
        status.of(sweep::TaskState::done), plan.tasks.size(), plan.folder.string());
    return {DoneApart::End::waits, {}};
  }
  const sweep::Collected all = sweep::collect(plan, {out}, machine, *context.stop);
  if (all.comparison.stopped) return {DoneApart::End::stopped, {}};
  std::filesystem::remove_all(plan.folder);
  return {DoneApart::End::complete, all.comparison};
}

}  // namespace apical::cli
