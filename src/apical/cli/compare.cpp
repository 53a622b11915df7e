// SPDX-License-Identifier: Apache-2.0
#include "apical/study/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/apart.h"
#include "apical/cli/cost_table.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/mpi.h"
#include "apical/cli/progress.h"
#include "apical/cli/result_table.h"
#include "apical/cli/shipped_experiments.h"
#include "apical/core/text_pieces.h"
#include "apical/experiment/directory_name.h"
#include "apical/io/json.h"
#include "apical/models/layered_models.h"
#include "apical/models/recurrent_models.h"
#include "apical/models/registry.h"
#include "apical/run/shared_session.h"
#include "apical/tasks/task.h"

namespace apical::cli {
namespace {

/// The names of a list. Labels may have commas of their own: the longest run of pieces that is a name is one.
std::vector<std::string> names_in(const std::string& list, const std::vector<std::string>& known) {
  std::vector<std::string> pieces = pieces_of(list, ',');
  std::erase(pieces, "");
  std::vector<std::string> out;
  for (std::size_t at = 0; at < pieces.size();) {
    std::string longest = pieces[at], joined = pieces[at];
    std::size_t next = at + 1;
    for (std::size_t k = at + 1; k < pieces.size(); ++k) {
      joined += "," + pieces[k];
      if (std::find(known.begin(), known.end(), joined) == known.end()) continue;
      longest = joined;
      next = k + 1;
    }
    out.push_back(longest);
    at = next;
  }
  return out;
}

/// Those whose label or model is in the list; "all" keeps everything.
std::vector<Experiment> chosen(std::vector<Experiment> all, const std::string& list) {
  if (list == "all") return all;
  std::vector<std::string> names;
  for (const Experiment& e : all) {
    names.push_back(e.label);
    if (std::find(names.begin(), names.end(), e.model) == names.end()) names.push_back(e.model);
  }
  std::vector<Experiment> out;
  for (const std::string& wanted : names_in(list, names)) {
    bool found = false;
    for (const Experiment& e : all) {
      if (e.label != wanted && e.model != wanted) continue;
      found = true;
      const bool known =
          std::any_of(out.begin(), out.end(), [&](const Experiment& o) { return o.label == e.label; });
      if (!known) out.push_back(e);
    }
    if (!found)
      throw UsageError(fmt::format("--models names '{}', which this comparison does not have\n  {}", wanted,
                                   suggestion(wanted, names)));
  }
  if (out.empty()) throw UsageError("--models is empty; expected names, or all");
  return out;
}

/// The file with settings for a task: of all models, or else of the few that a comparison was made for.
io::Path settings_for(const std::string& task) {
  const io::Path all = shipped_experiments() / task / "all.toml";
  return io::file_exists(all) ? all : shipped_experiment(task + "/compare.toml");
}

/// Models that the comparison does not have, each with the reason, so that none is missing without a word.
std::vector<std::pair<std::string, std::string>> left_out(const std::vector<Experiment>& compared,
                                                          const Resources& machine) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto known = [&](const std::string& model) {
    return std::any_of(compared.begin(), compared.end(),
                       [&](const Experiment& e) { return e.model == model; });
  };
  const char* no_settings = "Apical brings no settings of it for this task";
  for (const models::Model& m : models::all()) {
    if (!known(m.name)) out.emplace_back(m.name, no_settings);
  }
  const Dataset data = make_dataset(compared.front().task, compared.front().task_parameters, machine);
  for (const models::LayeredModelRecipe& m : models::layered_models()) {
    if (known(m.name)) continue;
    std::string reason = no_settings;
    try {
      models::example_of(m, {static_cast<double>(data.inputs()), 10, static_cast<double>(data.outputs())});
    } catch (const ConfigError& e) {
      reason = "cannot learn this task: " + e.bare_message();
    }
    out.emplace_back(m.name, reason);
  }
  for (const models::RecurrentModelRecipe& m : models::recurrent_models()) {
    if (known(m.name)) continue;
    out.emplace_back(m.name, data.is_sequence()
                                 ? no_settings
                                 : "cannot learn this task: it shows nothing that runs its course");
  }
  return out;
}

/// "yin-yang/compare.toml" → "yin-yang-compare": many comparisons are called compare.toml.
std::string stem_of(const io::Path& file) {
  if (file == "-") return stem_of_file("-");
  const std::string folder = file.parent_path().filename().string(), own = file.stem().string();
  return folder.empty() || folder == "." || folder == ".." ? own : folder + "-" + own;
}

/// `ranks`: that do it together; null: this process alone.
int compare(Context& context, const Arguments& arguments, Ranks* ranks) {
  const auto task = arguments.value("--task");
  if (arguments.positionals.empty() == !task) {
    throw UsageError(
        "'apical compare' needs either a file with [[variant]] entries or --task NAME\n  e.g. apical compare "
        "--task yin-yang --models all --seeds 5");
  }
  if (task) find_task(*task);
  const std::string file = task ? settings_for(*task).string() : arguments.positionals.front();
  const TomlDocument document = read_document(arguments, file);
  const std::vector<Experiment> variants =
      chosen(read_variants(document), arguments.value("--models").value_or("all"));
  ThreadPool pool(threads(arguments));
  const Resources machine = resources(arguments, pool);
  const auto missing = task && arguments.value("--models").value_or("all") == "all"
                           ? left_out(variants, machine)
                           : decltype(left_out(variants, machine)){};
  ComparisonOptions options;
  const OutputDirectory out(arguments, stem_of(file));
  options.directory = out.path();
  options.resume = arguments.has("--resume");
  std::unique_ptr<ProgressPrinter> progress;
  options.watch = [&](const Experiment& e) -> Listener* {
    progress.reset();
    progress = std::make_unique<ProgressPrinter>(context, e.label, arguments);
    return progress.get();
  };
  const bool begun_apart = io::file_exists(parts_of(options.directory));
  const bool begun_whole = io::file_exists(options.directory / "comparison.json") && !begun_apart;
  if (place_of(arguments) == Place::here && begun_apart) throw only_apart(options.directory);
  const bool apart =
      !begun_whole && (ranks == nullptr ? place_of(arguments) != Place::here
                                        : begun_apart || spreads_seeds(arguments, *ranks, variants));
  const bool shared = can_be_shared(variants);
  // What was begun by one process, and cannot be shared, is gone on with by rank 0.
  options.ranks = begun_whole && !shared ? nullptr : ranks;
  ComparisonResult result;
  if (apart) {
    DoneApart made = run_apart(context, arguments, ranks, {variants, true}, options.directory);
    if (made.end == DoneApart::End::waits) return static_cast<int>(ExitCode::resumable);
    result = std::move(made.comparison);
    // Whatever workers had done is kept.
    if (made.end == DoneApart::End::stopped) result.stopped = result.has_checkpoint = true;
  } else {
    result = run_comparison(variants, options, machine, *context.stop);
  }
  progress.reset();
  say_notes(context, result.notes);
  say_notes(context, result.runs);
  if (result.stopped) return say_stopped(context, result.has_checkpoint, options.directory);
  for (const ComparisonResult::Fault& f : result.faults)
    context.err << "apical: " << f.label << ": " << f.what << '\n';
  if (arguments.has("--json")) {
    nlohmann::json all;
    all["schema"] = "apical-comparison/1";
    all["runs"] = all["faults"] = nlohmann::json::array();
    for (const RunResult& r : result.runs)
      all["runs"].push_back(io::read_json(options.directory / directory_name(r.label) / "summary.json"));
    for (const ComparisonResult::Fault& f : result.faults)
      all["faults"].push_back({{"label", f.label}, {"fault", f.what}});
    all["left_out"] = nlohmann::json::array();
    for (const auto& [model, reason] : missing)
      all["left_out"].push_back({{"model", model}, {"reason", reason}});
    context.out << io::json_text(all);
  } else {
    std::vector<std::pair<std::string, Efficiency>> costs;
    for (const RunResult& r : result.runs)
      costs.emplace_back(r.label, read_efficiency(options.directory / directory_name(r.label)));
    context.out << result_table(result.runs, context.columns())
                << measure_table(result.runs, context.columns()) << '\n'
                << cost_table(costs, context.columns());
    for (const auto& [model, reason] : missing)
      context.out << fmt::format("not compared: {}: {}\n", model, reason);
    context.out << fmt::format("report: {}\n", (options.directory / "report.html").string());
  }
  return static_cast<int>(result.faults.empty() ? ExitCode::ok : ExitCode::numerical_fault);
}

int compare_alone_or_together(Context& context, const Arguments& arguments) {
  return alone_or_on_ranks(context, arguments,
                           [&](Ranks* ranks) { return compare(context, arguments, ranks); });
}

}  // namespace

Command compare_command() {
  Command c;
  c.name = "compare";
  c.summary = "several models on one task, or several courses, over the same seeds";
  c.positionals = {{"FILE", "an experiment with [[variant]] entries", 0, 1}};
  c.options = {
      {"--task", "NAME", "compare on this task with the settings that come with Apical", false,
       [] {
         std::vector<std::string> names;
         for (const TaskInfo& t : tasks()) names.push_back(t.name);
         return names;
       }},
      {"--models", "LIST", "labels or models of the comparison, separated by commas, or all (default all)"}};
  c.options.insert(c.options.end(), experiment_options().begin(), experiment_options().end());
  c.options.push_back({"--out", "DIR", "directory of the comparison (default: the next free runs/NAME-NNN)"});
  c.options.push_back({"--resume", "", "continue in --out: finished variants are kept"});
  c.options.push_back(lost_host_option());
  c.examples = {"apical compare --task yin-yang --models all --seeds 5",
                "apical compare experiments/yin-yang/compare.toml --seeds 3"};
  c.options.insert(c.options.end(), mpi_options().begin(), mpi_options().end());
  c.options.insert(c.options.end(), place_options().begin(), place_options().end());
  c.run = compare_alone_or_together;
  return c;
}

}  // namespace apical::cli
