// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/child_processes.h"
#include "apical/cli/command.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/shipped_experiments.h"
#include "apical/cli/text_table.h"
#include "apical/io/json.h"
#include "apical/study/runs_index.h"

namespace apical::cli {
namespace {

int paths(Context& context, const Arguments& arguments) {
  std::string experiments;
  try {
    experiments = std::filesystem::absolute(shipped_experiments()).lexically_normal().string();
  } catch (const Error&) {  // said below
  }
  const io::Path data = data_folder(arguments);
  const io::Path runs = std::filesystem::absolute("runs");
  const std::vector<std::vector<std::string>> rows{
      {"what", "path", "named by"},
      {"program", own_program(), ""},
      {"experiments", experiments.empty() ? "none found" : experiments,
       "APICAL_EXPERIMENTS, else beside the program"},
      {"data", data.empty() ? "none known" : data.string(), "--data, APICAL_DATA, XDG_DATA_HOME, HOME"},
      {"runs", runs.string(), "--out, else runs/ where you are"},
      {"index", (runs / RunsIndex::kFileName).string(), "in each folder that 'apical runs' was asked about"}};
  if (!arguments.has("--json")) {
    context.out << text_table(rows, context.columns());
    return 0;
  }
  nlohmann::json all{{"schema", "apical-paths/1"}};
  for (std::size_t i = 1; i < rows.size(); ++i) all["paths"][rows[i][0]] = rows[i][1];
  if (experiments.empty()) all["paths"]["experiments"] = nullptr;
  if (data.empty()) all["paths"]["data"] = nullptr;
  context.out << io::json_text(all);
  return 0;
}

}  // namespace

Command paths_command() {
  Command c;
  c.name = "paths";
  c.summary = "where Apical looks for experiments and data, and writes runs; it has no other files";
  c.options = {data_option()};
  c.examples = {"apical paths"};
  c.run = paths;
  return c;
}

}  // namespace apical::cli
