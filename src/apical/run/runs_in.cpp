// SPDX-License-Identifier: Apache-2.0
#include "apical/run/runs_in.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/core/error.h"
#include "apical/io/file.h"
#include "apical/io/json.h"

namespace apical {

std::vector<io::Path> runs_in(const io::Path& directory) {
  if (io::file_exists(directory / "manifest.json")) return {directory};
  if (!io::file_exists(directory / "comparison.json")) {
    throw DataError(fmt::format("{} holds neither a run (manifest.json) nor a comparison (comparison.json)",
                                directory.string()));
  }
  const nlohmann::json index = io::read_json(directory / "comparison.json");
  std::vector<io::Path> runs;
  runs.reserve(index.at("runs").size());
  for (const nlohmann::json& name : index.at("runs")) runs.push_back(directory / name.get<std::string>());
  return runs;
}

void require_run(const io::Path& directory) {
  if (io::file_exists(directory / "experiment.toml")) return;
  throw DataError(fmt::format("{} is no directory of a run (it has no experiment.toml)", directory.string()));
}

}  // namespace apical
