// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "apical/cli/experiment_arguments.h"
#include "apical/cli/progress.h"
#include "apical/cli/result_table.h"
#include "apical/study/run_with_report.h"

namespace apical::cli {
namespace {

int run_experiment_file(Context& context, const Arguments& arguments) {
  const bool resume = arguments.has("--resume");
  if (arguments.positionals.empty() && !(resume && arguments.has("--out"))) {
    throw UsageError(
        "'apical run' needs an experiment, or --resume with --out DIR\n  e.g. apical run "
        "experiments/yin-yang/error-neurons.toml");
  }
  const std::string file = arguments.positionals.empty()
                               ? (io::Path(*arguments.value("--out")) / "experiment.toml").string()
                               : arguments.positionals.front();
  const Experiment experiment = read_experiment(read_document(arguments, file));
  ThreadPool pool(threads(arguments));
  RunOptions options;
  const OutputDirectory out(arguments, stem_of_file(file));
  options.directory = out.path();
  options.resume = resume;
  if (arguments.has("--verbose"))
    context.err << fmt::format("apical: {} seeds on {} threads into {}\n", experiment.seeds.size(),
                               pool.size(), options.directory.string());
  ProgressPrinter progress(context, experiment.label, arguments);
  options.listeners.push_back(&progress);
  const RunResult result = run_with_report(experiment, options, resources(arguments, pool), *context.stop);
  progress.clear();
  for (const std::string& note : result.notes) context.err << "apical: " << note << '\n';
  for (const Finding& f : result.findings) context.err << "apical: diagnosis: " << in_words(f) << '\n';
  if (result.stopped)
    return say_stopped(context, result.has_checkpoint,
                       fmt::format("with: apical run --resume --out {}", options.directory.string()));
  if (arguments.has("--json")) {
    context.out << io::read_text(options.directory / "summary.json");
  } else {
    context.out << result_table({result}, context.columns()) << measure_table(result, context.columns());
    context.out << fmt::format("report: {}\n", (options.directory / "report.html").string());
  }
  return 0;
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
  c.options.push_back(lost_host_option());
  c.examples = {"apical run experiments/yin-yang/error-neurons.toml --seeds 3",
                "apical run experiments/yin-yang/error-neurons.toml --set training.epochs=5 --out runs/short",
                "apical run --resume --out runs/short",
                "apical run experiments/payeur2021/propagation.toml --seeds 3"};
  c.run = run_experiment_file;
  return c;
}

}  // namespace apical::cli
