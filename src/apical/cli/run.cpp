// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "apical/cli/apart.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/mpi.h"
#include "apical/cli/progress.h"
#include "apical/cli/result_table.h"
#include "apical/experiment/toml/toml_text.h"
#include "apical/run/shared_session.h"
#include "apical/study/run_with_report.h"

namespace apical::cli {
namespace {

std::string name_after(const io::Path& parent) {
  const io::Path whole = parent.has_filename() ? parent : parent.parent_path();
  return whole.filename().string() + "-continued";
}

/// Where its text stands: what was given, or what it was before.
std::string experiment_file(const Arguments& arguments) {
  const auto parent = arguments.value("--continue");
  if (!arguments.positionals.empty()) return arguments.positionals.front();
  const io::Path run = parent ? *parent : *arguments.value("--out");
  if (parent && !io::file_exists(run / "experiment.toml"))
    throw DataError(fmt::format(
        "{} holds no run to go on from (no experiment.toml){}", run.string(),
        io::file_exists(run / "comparison.json") ? "\n  it is a comparison; name one of its runs" : ""));
  const io::Path in_parts = parts_of(run) / "experiments" / "0001.toml";  // of ranks that work apart
  if (!io::file_exists(run / "experiment.toml") && io::file_exists(in_parts)) return in_parts.string();
  return (run / "experiment.toml").string();
}

int tell_result(Context& context, const Arguments& arguments, const RunResult& result,
                const io::Path& directory) {
  say_notes(context, notes_of(result));
  if (result.stopped)
    return say_stopped(context, result.has_checkpoint,
                       fmt::format("with: apical run --resume --out {}{}", directory.string(),
                                   arguments.has("--mpi")  ? " --mpi"
                                   : arguments.has("--on") ? " --on " + *arguments.value("--on")
                                                           : ""));
  if (arguments.has("--json")) {
    context.out << io::read_text(directory / "summary.json");
  } else {
    context.out << result_table({result}, context.columns()) << measure_table(result, context.columns());
    context.out << fmt::format("report: {}\n", (directory / "report.html").string());
  }
  return 0;
}

/// `ranks`: that do it together; null: this process alone.
int run_experiment_file(Context& context, const Arguments& arguments, Ranks* ranks) {
  const bool resume = arguments.has("--resume");
  const auto parent = arguments.value("--continue");
  if (parent && resume)
    throw UsageError("--continue begins a new run and --resume goes on with one; expected one of them");
  if (arguments.positionals.empty() && !parent && !(resume && arguments.has("--out"))) {
    throw UsageError(
        "'apical run' needs an experiment, or --resume with --out DIR\n  e.g. apical run "
        "experiments/yin-yang/error-neurons.toml");
  }
  const std::string file = experiment_file(arguments);
  if (resume && arguments.positionals.empty() && !io::file_exists(file)) {
    const std::string out = *arguments.value("--out");
    throw DataError(
        io::file_exists(out)
            ? fmt::format("{} holds no run to resume (no experiment.toml): it was stopped before it began\n  "
                          "begin it again: apical run EXPERIMENT --out {}",
                          out, out)
            : fmt::format("{} holds no run to resume: there is no such directory", out));
  }
  TomlDocument document = read_document(arguments, file);
  if (parent) document.set("training.continue_from=" + toml_quoted(*parent));
  const Experiment experiment = read_experiment(document);
  ThreadPool pool(threads(arguments));
  RunOptions options;
  const OutputDirectory out(
      arguments, parent && arguments.positionals.empty() ? name_after(*parent) : stem_of_file(file));
  options.directory = out.path();
  options.resume = resume;
  if (arguments.has("--verbose"))
    context.err << fmt::format("apical: {} {} on {} threads into {}\n", experiment.seeds.size(),
                               experiment.seeds.size() == 1 ? "seed" : "seeds", pool.size(),
                               options.directory.string());
  const bool begun_apart = io::file_exists(parts_of(options.directory));
  const bool begun_whole = io::file_exists(options.directory / "experiment.toml") && !begun_apart;
  const Place place = place_of(arguments);
  if (place == Place::here && begun_apart) throw only_apart(options.directory);
  const bool by_workers =
      ranks == nullptr ? place != Place::here : begun_apart || spreads_seeds(arguments, *ranks, {experiment});
  if (!begun_whole && by_workers) {
    const DoneApart made = run_apart(context, arguments, ranks, {{experiment}}, options.directory);
    if (made.end == DoneApart::End::waits) return static_cast<int>(ExitCode::resumable);
    if (made.end == DoneApart::End::stopped) {
      RunResult stopped;
      stopped.stopped = stopped.has_checkpoint = true;
      return tell_result(context, arguments, stopped, options.directory);
    }
    const ComparisonResult& all = made.comparison;
    for (const ComparisonResult::Fault& f : all.faults) context.err << "apical: " << f.what << '\n';
    if (!all.faults.empty()) return static_cast<int>(ExitCode::numerical_fault);
    return tell_result(context, arguments, all.runs.front(), options.directory);
  }
  // What was begun by one process, and cannot be shared, is gone on with by rank 0.
  options.ranks = begun_whole && !why_not_shared(experiment).empty() ? nullptr : ranks;
  ProgressPrinter progress(context, experiment.label, arguments);
  options.listeners.push_back(&progress);
  const RunResult result = run_with_report(experiment, options, resources(arguments, pool), *context.stop);
  progress.clear();
  return tell_result(context, arguments, result, options.directory);
}

int run_alone_or_together(Context& context, const Arguments& arguments) {
  return alone_or_on_ranks(context, arguments,
                           [&](Ranks* ranks) { return run_experiment_file(context, arguments, ranks); });
}

}  // namespace

Command run_command() {
  Command c;
  c.name = "run";
  c.summary = "run one experiment over seeds: train a model on a task, or do a course to a circuit";
  c.positionals = {{"EXPERIMENT", "a TOML file, or - for standard input", 0, 1}};
  c.options = experiment_options();
  c.options.push_back({"--out", "DIR", "directory of the run (default: the next free runs/NAME-NNN)"});
  c.options.push_back({"--resume", "", "continue a stopped or killed run in --out, bit for bit"});
  c.options.push_back(
      {"--continue", "RUN",
       "a new run that goes on from the end of RUN, a finished run of the same experiment (by default "
       "RUN's own) with fewer epochs; give training.epochs, counted from the beginning"});
  c.options.push_back(lost_host_option());
  c.examples = {"apical run experiments/yin-yang/error-neurons.toml --seeds 3",
                "apical run experiments/yin-yang/error-neurons.toml --set training.epochs=5 --out runs/short",
                "apical run --resume --out runs/short",
                "apical run --continue runs/short --set training.epochs=20",
                "apical run experiments/payeur2021/propagation.toml --seeds 3",
                "mpirun -n 4 apical run experiments/payeur2021/xor.toml --mpi --spread circuit"};
  c.options.insert(c.options.end(), mpi_options().begin(), mpi_options().end());
  c.options.insert(c.options.end(), place_options().begin(), place_options().end());
  c.run = run_alone_or_together;
  return c;
}

}  // namespace apical::cli
