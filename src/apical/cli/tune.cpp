// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/tune.h"

#include <fmt/format.h>

#include <ostream>

#include "apical/analysis/metrics.h"
#include "apical/cli/apart.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/mpi.h"
#include "apical/cli/text_table.h"
#include "apical/cli/workers.h"
#include "apical/io/json.h"

namespace apical::cli {
namespace {

std::string table_of(const sweep::Tuning& t, std::size_t columns) {
  const Metric& metric = metric_of(t.variants.front().found.metric);
  std::vector<std::vector<std::string>> rows{
      {"model", "chosen", fmt::format("{} {}", t.variants.front().found.where, metric.words), "trials"}};
  for (const sweep::TunedVariant& v : t.variants) {
    rows.push_back(
        {v.label, fmt::format("{}", fmt::join(v.found.chosen, ", ")),
         fmt::format("{:.4g}{}", v.found.score * metric.shown_times, metric.in_percent() ? " %" : ""),
         fmt::format("{}", v.found.trials)});
  }
  return text_table(rows, columns);
}

/// `ranks`: that do it together; null: this process alone.
int tune_settings(Context& context, const Arguments& arguments, Ranks* ranks) {
  const std::string& file = arguments.positionals.front();
  const TomlDocument document = read_document(arguments, file);
  const auto out = arguments.value("--out");
  if (!out)
    throw UsageError(
        fmt::format("'apical tune' needs --out DIR, where it goes on from when it is given again\n  e.g. "
                    "apical tune {} --out runs/tuning",
                    file));
  const auto workers = static_cast<std::size_t>(arguments.integer("--workers", 1, 1, 4096));
  sweep::TuneSetting setting{*out, {}};
  const Place place = place_of(arguments);
  for (const char* other : {"--plan-only", "--workers"}) {
    if (place != Place::here && arguments.has(other))
      throw UsageError(fmt::format("{} does not go with --on, which says who works", other));
  }
  if (!arguments.has("--plan-only")) {
    setting.work = [&](const sweep::Plan& plan) {
      if (place != Place::here) {
        work_on(context, arguments, ranks, plan);
      } else if (workers > 1) {
        run_worker_processes(context, arguments, plan.folder, workers);
      } else {
        run_worker(context, arguments, plan, {});
      }
    };
  }
  ThreadPool pool(1);
  const sweep::Tuning tuning = sweep::tune(document, setting, resources(arguments, pool));
  if (!tuning.complete) {
    context.err << (context.stop->load() || (ranks != nullptr && ranks->stop().load())
                        ? std::string("apical: stopped; the same command goes on\n")
                        : fmt::format(
                              "apical: round {} of {} waits for workers of {}\n  apical sweep run or submit "
                              "does its tasks; then the same command goes on\n",
                              tuning.round, tuning.rounds, tuning.waits_for));
    return static_cast<int>(ExitCode::resumable);
  }
  if (arguments.has("--json")) {
    context.out << io::read_text(io::Path(*out) / "tuning.json");
    return 0;
  }
  context.out << table_of(tuning, context.columns())
              << fmt::format("equal effort: {} each\nexperiment: {}\nreport: {}\n",
                             tuning.variants.front().found.effort(), (io::Path(*out) / "tuned.toml").string(),
                             (io::Path(*out) / "report.html").string());
  return 0;
}

int tune_alone_or_together(Context& context, const Arguments& arguments) {
  return alone_or_on_ranks(context, arguments,
                           [&](Ranks* ranks) { return tune_settings(context, arguments, ranks); });
}

}  // namespace

Command tune_command() {
  Command c;
  c.name = "tune";
  c.summary = "settings for each model with the same effort: trials judged on validation data";
  c.positionals = {{"FILE", "an experiment with [tune] and [tune.space], or - for standard input", 1, 1}};
  c.options = experiment_options();
  c.options.push_back({"--out", "DIR", "directory of the search; given again, it goes on there"});
  c.options.push_back({"--workers", "N", "so many processes, which share the threads (default 1)"});
  c.options.push_back(
      {"--plan-only", "",
       "plan the next round and leave its tasks to workers elsewhere (apical sweep submit DIR/round-1); "
       "exit code 75 until all rounds are done"});
  c.options.push_back(lost_worker_option());
  c.examples = {"apical tune experiments/yin-yang/tune.toml --out runs/tuning --workers 2",
                "apical compare runs/tuning/tuned.toml --seeds 10"};
  c.goes_on = true;
  c.options.insert(c.options.end(), place_options().begin(), place_options().end());
  c.run = tune_alone_or_together;
  return c;
}

}  // namespace apical::cli
