// SPDX-License-Identifier: Apache-2.0
#include "apical/run/run.h"

#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "apical/cli/experiment_arguments.h"
#include "apical/cli/progress.h"
#include "apical/cli/result_table.h"
#include "apical/report/compose/spiking_report.h"
#include "apical/run/metrics_file.h"
#include "apical/run/spiking_run.h"

namespace apical::cli {
namespace {

int stopped(Context& context, bool has_checkpoint, const io::Path& directory) {
  return say_stopped(context, has_checkpoint,
                     fmt::format("with: apical run --resume --out {}", directory.string()));
}

int run_spiking_file(Context& context, const Arguments& arguments, const TomlDocument& document,
                     const io::Path& directory) {
  const SpikingExperiment experiment = read_spiking_experiment(document);
  SpikingRunOptions options;
  options.directory = directory;
  options.resume = arguments.has("--resume");
  options.threads = threads(arguments);
  ProgressPrinter progress(context, experiment.label, arguments.has("--quiet"));
  options.progress = [&](const SpikingProgress& p) { progress.on_simulated(p.done_s, p.total_s, p.note); };
  const SpikingRunResult result = run_spiking(experiment, options, *context.stop);
  progress.clear();
  for (const std::string& note : result.notes) context.err << "apical: " << note << '\n';
  if (result.stopped) return stopped(context, result.has_checkpoint, directory);
  if (arguments.has("--json")) {
    context.out << io::read_text(directory / "summary.json");
  } else {
    context.out << text_table(headline_table(experiment, read_measurements(directory)));
    context.out << fmt::format("{:.1f} s; report: {}\n", result.wall_seconds,
                               (directory / "report.html").string());
  }
  return 0;
}

int run(Context& context, const Arguments& arguments) {
  const bool resume = arguments.has("--resume");
  if (arguments.positionals.empty() && !(resume && arguments.has("--out"))) {
    throw UsageError(
        "'apical run' needs an experiment, or --resume with --out DIR\n  e.g. apical run "
        "experiments/yin-yang/error-neurons.toml");
  }
  const std::string file = arguments.positionals.empty()
                               ? (io::Path(*arguments.value("--out")) / "experiment.toml").string()
                               : arguments.positionals.front();
  const TomlDocument document = read_document(arguments, file);
  const io::Path directory = output_directory(arguments, io::Path(file).stem().string());
  if (is_spiking(document)) return run_spiking_file(context, arguments, document, directory);
  const Experiment experiment = read_experiment(document);
  RunOptions options;
  options.directory = directory;
  options.resume = resume;
  options.threads = threads(arguments);
  ProgressPrinter progress(context, experiment.label, arguments.has("--quiet"));
  options.observers.push_back(&progress);
  const RunResult result = run_experiment(experiment, options, *context.stop);
  for (const std::string& note : result.notes) context.err << "apical: " << note << '\n';
  if (result.outcome == Trainer::Outcome::stopped) return stopped(context, true, directory);
  if (arguments.has("--json")) {
    context.out << io::read_text(options.directory / "summary.json");
  } else {
    context.out << result_table({result});
    context.out << fmt::format("report: {}\n", (options.directory / "report.html").string());
  }
  return 0;
}

}  // namespace

Command run_command() {
  Command c;
  c.name = "run";
  c.summary = "train one model on one task, or run a spiking experiment, over seeds";
  c.positionals = {{"EXPERIMENT", "a TOML file", 0, 1}};
  c.options = experiment_options();
  c.options.push_back({"--out", "DIR", "directory of the run (default: the next free runs/NAME-NNN)"});
  c.options.push_back({"--resume", "", "continue a stopped or killed run in --out, bit for bit"});
  c.examples = {"apical run experiments/yin-yang/error-neurons.toml --seeds 3",
                "apical run experiments/yin-yang/error-neurons.toml --set training.epochs=5 --out runs/short",
                "apical run --resume --out runs/short",
                "apical run experiments/payeur2021/propagation.toml --seeds 3"};
  c.run = run;
  return c;
}

}  // namespace apical::cli
