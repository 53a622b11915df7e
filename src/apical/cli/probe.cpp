// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>

#include "apical/cli/apart.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/mpi.h"
#include "apical/cli/progress.h"
#include "apical/cli/result_table.h"
#include "apical/report/compose/write_report.h"
#include "apical/report/html/numbers.h"
#include "apical/run/protocol_run.h"

namespace apical::cli {
namespace {

/// Effects of one measure stand together.
std::string contrast_table(const ProtocolResult& result, std::size_t columns) {
  std::vector<std::string> measures;
  for (const ModelOutcome& m : result.models) {
    for (const Contrast& e : m.contrasts) {
      if (std::find(measures.begin(), measures.end(), e.measure) == measures.end())
        measures.push_back(e.measure);
    }
  }
  std::vector<std::vector<std::string>> rows{
      {"measure", "condition", "model", "epochs", "control [95 %]", "difference [95 %]", ""}};
  for (const std::string& measure : measures) {
    for (const ModelOutcome& m : result.models) {
      for (const Contrast& e : m.contrasts) {
        if (e.measure != measure) continue;
        rows.push_back({measure, e.condition, m.label, fmt::format("{}", e.epochs),
                        figures_text(e.control_interval()), figures_text(e.difference()),
                        e.is_distinct() ? "*" : ""});
      }
    }
  }
  return text_table(rows, columns);
}

/// `ranks`: that do it together; null: this process alone.
int probe(Context& context, const Arguments& arguments, Ranks* ranks) {
  const std::string& file = arguments.positionals.front();
  const std::vector<ProbedModel> models = read_protocol(read_document(arguments, file));
  ThreadPool pool(threads(arguments));
  ProtocolOptions options;
  const OutputDirectory out(arguments, stem_of_file(file));
  options.directory = out.path();
  options.resume = arguments.has("--resume");
  if (place_of(arguments) != Place::here && !io::file_exists(options.directory / "summary.json")) {
    const DoneApart made =
        run_apart(context, arguments, ranks, {experiments_of(models), false, &models}, options.directory);
    if (made.end == DoneApart::End::waits) return static_cast<int>(ExitCode::resumable);
    if (made.end == DoneApart::End::stopped) return say_stopped(context, true, options.directory);
    for (const ComparisonResult::Fault& f : made.comparison.faults)
      throw Error(ExitCode::numerical_fault, fmt::format("{}: {}", f.label, f.what));
    options.resume = true;  // all of them have run
  }
  std::unique_ptr<ProgressPrinter> progress;
  options.watch = [&](const std::string& what) -> Listener* {
    progress.reset();
    progress = std::make_unique<ProgressPrinter>(context, what, arguments);
    return progress.get();
  };
  const ProtocolResult result = run_protocol(models, options, resources(arguments, pool), *context.stop);
  progress.reset();
  say_notes(context, result.notes);
  if (result.stopped) return say_stopped(context, true, options.directory);
  write_report(options.directory);
  if (arguments.has("--json")) {
    context.out << io::read_text(options.directory / "summary.json");
    return 0;
  }
  context.out << contrast_table(result, context.columns());
  context.out << "* the 95 % interval over seeds leaves 0 out\n";
  context.out << fmt::format("report: {}\n", (options.directory / "report.html").string());
  return 0;
}

int probe_alone_or_together(Context& context, const Arguments& arguments) {
  return alone_or_on_ranks(context, arguments,
                           [&](Ranks* ranks) { return probe(context, arguments, ranks); });
}

}  // namespace

Command probe_command() {
  Command c;
  c.name = "probe";
  c.summary = "in-silico experiment: perturb trained models and compare what they predict";
  c.positionals = {{"PROTOCOL", "an experiment with [protocol], [[condition]] and [[measure]] tables", 1, 1}};
  c.options = experiment_options();
  c.options.push_back({"--out", "DIR", "directory of the results (default: the next free runs/NAME-NNN)"});
  c.options.push_back({"--resume", "", "continue in --out: what has been trained and probed is kept"});
  c.options.push_back(lost_host_option());
  c.examples = {"apical probe experiments/protocols/mismatch.toml --seeds 5",
                "apical probe experiments/protocols/silencing.toml --json --out runs/silencing"};
  c.options.insert(c.options.end(), place_options().begin(), place_options().end());
  c.run = probe_alone_or_together;
  return c;
}

}  // namespace apical::cli
