// SPDX-License-Identifier: Apache-2.0
#include "apical/study/reproduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/apart.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/mpi.h"
#include "apical/cli/progress.h"
#include "apical/cli/shipped_experiments.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"
#include "apical/run/runs_in.h"

namespace apical::cli {
namespace {

int list_figures(Context& context, const Arguments& arguments) {
  const std::vector<ShippedFigure> figures = shipped_figures(shipped_experiments());
  if (arguments.has("--json")) {
    nlohmann::json all{{"schema", "apical-figures/1"}, {"figures", nlohmann::json::array()}};
    for (const ShippedFigure& f : figures) {
      nlohmann::json one{{"name", f.name},
                         {"paper", f.claim.paper},
                         {"figure", f.claim.figure},
                         {"shows", f.claim.shows},
                         {"minutes", f.claim.minutes}};
      for (const Expectation& e : f.claim.expectations) {
        one["expects"].push_back({{"subject", e.subject()},
                                  {"expected", e.tolerance},
                                  {"because", e.because},
                                  {"source", e.source}});
      }
      all["figures"].push_back(one);
    }
    context.out << io::json_text(all);
    return 0;
  }
  double minutes = 0;
  for (const ShippedFigure& f : figures) {
    context.out << fmt::format("{}\n  {}; about {:g} min on two cores\n  {}\n", f.name, f.claim.reference(),
                               f.claim.minutes, f.claim.shows);
    for (const Expectation& e : f.claim.expectations) {
      context.out << fmt::format("    {}: {}\n", e.subject(), e.tolerance);
    }
    if (!f.claim.source.empty()) context.out << fmt::format("  figures from: {}\n", f.claim.source);
    minutes += f.claim.minutes;
  }
  context.out << fmt::format(
      "{} figures, about {:.0f} min in all: apical reproduce NAME, or apical reproduce --all\n",
      figures.size(), minutes);
  return 0;
}

/// "max2026/figure-2b" → "max2026-figure-2b".
std::string directory_of(std::string name) {
  std::replace(name.begin(), name.end(), '/', '-');
  return name;
}

ShippedFigure figure_named(const std::string& name) {
  if (name.ends_with(".toml")) {
    const io::Path file = name;
    return {file.parent_path().filename().string() + "-" + file.stem().string(), file,
            read_reproduction(TomlDocument::read(name))};
  }
  std::vector<std::string> names;
  for (ShippedFigure& f : shipped_figures(shipped_experiments())) {
    if (f.name == name) return f;
    names.push_back(f.name);
  }
  throw UsageError(
      fmt::format("'{}' is neither an experiment that comes with Apical, nor a TOML file, nor the directory "
                  "of a run\n  {}",
                  name, suggestion(name, names)));
}

struct Watch {
  Context& context;
  const Arguments& arguments;
  std::unique_ptr<ProgressPrinter> printer = {};
  Listener* operator()(const std::string& label) {
    printer.reset();
    printer = std::make_unique<ProgressPrinter>(context, label, arguments);
    return printer.get();
  }
};

void print(std::ostream& out, const ShippedFigure& figure, const std::vector<std::string>& changes,
           const ReproductionResult& result, const io::Path& directory) {
  out << fmt::format("{} ({})\n", figure.name, figure.claim.reference());
  if (!changes.empty()) out << fmt::format("  changed: {}\n", fmt::join(changes, ", "));
  for (const Outcome& o : result.outcomes) {
    const bool deviates = o.verdict == Outcome::Verdict::deviates;
    out << fmt::format("  {:<10}  {}\n", deviates ? "DEVIATES" : name_of(o.verdict), o.text());
    out << fmt::format("              tolerance: {}; figure from: {} ({})\n", o.expected.because,
                       o.expected.source, name_of(o.expected.origin));
    if (!o.expected.widened.empty())
      out << fmt::format("              widened after a look: {}\n", o.expected.widened);
  }
  out << fmt::format("  {}; report: {}\n", tally_of(result.outcomes), (directory / "report.html").string());
}

/// `ranks`: that do it together; null: this process alone.
int run_figures(Context& context, const Arguments& arguments, const std::vector<ShippedFigure>& figures,
                bool all, Ranks* ranks) {
  const OutputDirectory claimed(arguments, all ? "reproduce" : directory_of(figures.front().name));
  const io::Path& out = claimed.path();
  Watch watch{context, arguments};
  ThreadPool pool(threads(arguments));
  const Resources machine = resources(arguments, pool);
  nlohmann::json summary{{"schema", "apical-reproductions/1"}, {"figures", nlohmann::json::array()}};
  std::size_t failed = 0, waiting = 0;
  std::array<std::size_t, kNames<Outcome::Verdict>.size()> with{};  // so many figures with each verdict
  std::vector<Outcome> outcomes;
  for (const ShippedFigure& figure : figures) {
    ComparisonOptions options;
    options.directory = all ? out / directory_of(figure.name) : out;
    options.resume = arguments.has("--resume") && io::file_exists(options.directory);
    options.watch = [&](const Experiment& e) {
      return watch(all ? fmt::format("{}, {}", figure.name, e.label) : e.label);
    };
    ReproductionResult result;
    try {
      TomlDocument document = TomlDocument::read(figure.file.string());
      apply_changes(document, arguments);
      const bool made = io::file_exists(options.directory / "reproduction.json") ||
                        io::file_exists(options.directory / "comparison.json");  // it goes on as it began
      if (place_of(arguments) != Place::here && !made) {
        const DoneApart done =
            run_apart(context, arguments, ranks, {read_variants(document), true}, options.directory);
        if (done.end == DoneApart::End::stopped) return say_stopped(context, true, out);
        waiting += done.end == DoneApart::End::waits ? 1 : 0;
        if (done.end == DoneApart::End::waits) continue;
      }
      // What workers have made is evaluated; given again, the command goes on with the other figures.
      options.resume = options.resume || place_of(arguments) != Place::here;
      result = reproduce(document, options, machine, *context.stop);
    } catch (const DataError& e) {
      if (!all) throw;
      watch.printer.reset();
      context.err << fmt::format("apical: {} was not run: {}\n", figure.name, e.what());
      ++failed;
      continue;
    }
    watch.printer.reset();
    for (const ComparisonResult::Fault& f : result.comparison.faults)
      context.err << "apical: " << f.label << ": " << f.what << '\n';
    for (const RunResult& r : result.comparison.runs) {
      for (const std::string& note : r.notes) context.err << "apical: " << r.label << ": " << note << '\n';
    }
    if (result.comparison.stopped) return say_stopped(context, result.comparison.has_checkpoint, out);
    ++with.at(static_cast<std::size_t>(result.verdict()));
    outcomes.insert(outcomes.end(), result.outcomes.begin(), result.outcomes.end());
    if (arguments.has("--json")) {
      nlohmann::json one = io::read_json(options.directory / "reproduction.json");
      one["name"] = figure.name;
      one["directory"] = options.directory.string();
      summary["figures"].push_back(std::move(one));
    } else {
      print(context.out, figure, arguments.values("--set"), result, options.directory);
      context.out.flush();
    }
  }
  if (arguments.has("--json")) context.out << io::json_text(summary);
  if (all && !arguments.has("--json")) {
    context.out << fmt::format(
        "{} of {} figures reproduced, {} undecided, {} deviate, {} could not be run{}\n", with[0],
        figures.size(), with[1], with[2], failed,
        waiting > 0 ? fmt::format(", {} wait for workers", waiting) : "");
    context.out << fmt::format("expectations: {}\n", tally_of(outcomes));
  }
  if (waiting > 0) return static_cast<int>(ExitCode::resumable);
  if (with[2] > 0) return static_cast<int>(ExitCode::check_failed);
  return static_cast<int>(failed > 0 ? ExitCode::invalid_input : ExitCode::ok);
}

int repeat(Context& context, const Arguments& arguments, const io::Path& directory) {
  const io::Path trimmed = directory.has_filename() ? directory : directory.parent_path();
  const OutputDirectory claimed(arguments, trimmed.filename().string() + "-again");
  const io::Path& out = claimed.path();
  Watch watch{context, arguments};
  ThreadPool pool(threads(arguments));
  const Resources machine = resources(arguments, pool);
  nlohmann::json summary{{"schema", "apical-repeat/1"}, {"runs", nlohmann::json::array()}};
  bool identical = true;
  for (const io::Path& run : runs_in(trimmed)) {
    const bool is_itself = run == trimmed;
    RunOptions options;
    options.directory = is_itself ? out : out / run.lexically_relative(trimmed);
    options.resume = arguments.has("--resume") && io::file_exists(options.directory / "experiment.toml");
    options.listeners = {watch(run.filename().string())};
    const RepeatResult r = repeat_run(run, options, machine, *context.stop);
    watch.printer.reset();
    if (r.stopped) return say_stopped(context, r.has_checkpoint, out);
    identical = identical && r.identical();
    if (arguments.has("--json")) {
      summary["runs"].push_back({{"label", r.label},
                                 {"identical", r.identical()},
                                 {"text", r.text()},
                                 {"differing_conditions", r.differing_conditions}});
      continue;
    }
    context.out << fmt::format("{}: {}\n", r.label, r.text());
    for (const std::string& c : r.differing_conditions) context.out << fmt::format("  {}\n", c);
  }
  if (arguments.has("--json")) context.out << io::json_text(summary);
  return static_cast<int>(identical ? ExitCode::ok : ExitCode::check_failed);
}

int reproduce_figures(Context& context, const Arguments& arguments, Ranks* ranks) {
  const bool all = arguments.has("--all");
  const bool one = !arguments.positionals.empty() && !io::directory_exists(arguments.positionals.front());
  if (arguments.has("--set") && !one) throw UsageError("--set changes one experiment; give its name or file");
  if (all && !arguments.positionals.empty()) throw UsageError("give either --all or names, not both");
  if (arguments.has("--resume") && !arguments.has("--out"))
    throw UsageError("--resume needs --out DIR: the directory to continue in");
  if (all) return run_figures(context, arguments, shipped_figures(shipped_experiments()), true, ranks);
  if (arguments.positionals.empty()) {
    if (arguments.has("--out"))
      throw UsageError("--out without anything to reproduce; give a name, a run directory, or --all");
    return list_figures(context, arguments);
  }
  const std::string& what = arguments.positionals.front();
  if (io::directory_exists(what)) {
    if (place_of(arguments) != Place::here)
      throw UsageError("--on goes with figures; a run is repeated by one process");
    return repeat(context, arguments, what);
  }
  return run_figures(context, arguments, {figure_named(what)}, false, ranks);
}

int reproduce_alone_or_together(Context& context, const Arguments& arguments) {
  return alone_or_on_ranks(context, arguments,
                           [&](Ranks* ranks) { return reproduce_figures(context, arguments, ranks); });
}

}  // namespace

Command reproduce_command() {
  Command c;
  c.name = "reproduce";
  c.summary = "run what reproduces a published or measured figure, or a run again, and say whether it does";
  c.positionals = {
      {"WHAT",
       "a figure of the list, a TOML file with [reproduces], or the directory of a run; without it, the list",
       0, 1}};
  c.options = {
      {"--all", "", "everything of the list"},
      data_option(),
      {"--threads", "N", "threads (default: all that the process may use)"},
      {"--out", "DIR", "directory of the result (default: the next free runs/NAME-NNN)"},
      {"--resume", "", "continue in --out: what is finished is kept"},
      lost_host_option(),
      {"--set", "KEY=VALUE",
       "change a key of the experiment, e.g. task.verify=none for data that are not the original", true}};
  c.examples = {"apical reproduce", "apical reproduce max2026/figure-2b",
                "apical reproduce --all --out runs/gallery", "apical reproduce runs/error-neurons-001"};
  c.options.insert(c.options.end(), place_options().begin(), place_options().end());
  c.run = reproduce_alone_or_together;
  return c;
}

}  // namespace apical::cli
