// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/compare.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "apical/io/json.h"

namespace apical {

io::Path shipped_experiment(const std::string& relative) {
  std::vector<io::Path> roots{"experiments"};
  if (const char* given = std::getenv("APICAL_EXPERIMENTS")) roots.emplace_back(given);
  roots.emplace_back(APICAL_EXPERIMENTS_DIR);
  std::vector<std::string> looked;
  for (const io::Path& root : roots) {
    if (io::file_exists(root / relative)) return root / relative;
    looked.push_back(root.string());
  }
  throw DataError(fmt::format("no experiment '{}' was found in {}", relative, join_names(looked, "or")));
}

ComparisonResult run_comparison(const std::vector<Experiment>& variants, const ComparisonOptions& options, const std::atomic<bool>& stop) {
  for (const Experiment& e : variants) {
    const Experiment& first = variants.front();
    if (e.task != first.task || e.task_parameters.values() != first.task_parameters.values() || e.seeds != first.seeds) {
      throw ConfigError(fmt::format("variants '{}' and '{}' differ in task or seeds; a comparison needs the same for all",
                                    variants.front().label, e.label));
    }
  }
  if (!options.resume) require_new(options.directory);
  io::make_directories(options.directory);
  nlohmann::json index;
  index["schema"] = "apical-comparison/1";
  index["title"] = variants.front().title;
  index["description"] = variants.front().description;
  for (const Experiment& e : variants) index["runs"].push_back(directory_name(e.label));
  io::write_atomically(options.directory / "comparison.json", io::json_text(index));

  ComparisonResult result;
  for (const Experiment& e : variants) {
    RunOptions run;
    run.directory = options.directory / directory_name(e.label);
    run.resume = options.resume && io::file_exists(run.directory / "experiment.toml");
    run.threads = options.threads;
    if (options.watch) run.observers.push_back(options.watch(e));
    result.runs.push_back(run_experiment(e, run, stop));
    result.outcome = result.runs.back().outcome;
    if (result.outcome == Trainer::Outcome::stopped) return result;
  }
  write_report(options.directory);
  return result;
}

}  // namespace apical
