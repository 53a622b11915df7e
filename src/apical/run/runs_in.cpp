// SPDX-License-Identifier: Apache-2.0
#include "apical/run/runs_in.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/core/error.h"
#include "apical/io/directory.h"
#include "apical/io/file.h"
#include "apical/io/json.h"

namespace apical {
namespace {

/// Comparisons are handed on: a name in one must not lead anywhere else.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

}  // namespace

std::vector<io::Path> protocols_in(const io::Path& directory) {
  std::vector<io::Path> out;
  if (!io::file_exists(directory / "discrimination.json")) return out;
  for (const std::string& name : io::list_directory(directory)) {
    if (io::file_exists(directory / name / "comparison.json")) out.push_back(directory / name);
  }
  return out;
}

std::vector<io::Path> runs_in(const io::Path& directory) {
  if (io::file_exists(directory / "manifest.json")) return {directory};
  if (!io::file_exists(directory / "comparison.json")) {
    if (const std::vector<io::Path> protocols = protocols_in(directory); !protocols.empty()) {
      std::vector<std::string> names;
      for (const io::Path& p : protocols) names.push_back(p.string());
      throw DataError(
          fmt::format("{} is what 'apical discriminate' wrote, with a report.html of its own\n  its "
                      "protocols, each with its "
                      "runs, are {}",
                      directory.string(), join_names(names)));
    }
    if (io::file_exists(directory / "representation.csv"))
      throw DataError(
          fmt::format("{} is what 'apical represent' wrote, with a report.html of its own; it holds no run\n "
                      " name one of the "
                      "runs that it compares",
                      directory.string()));
    throw DataError(fmt::format("{} holds neither a run (manifest.json) nor a comparison (comparison.json)",
                                directory.string()));
  }
  const io::Path file = directory / "comparison.json";
  const nlohmann::json index = io::read_json(file);
  if (!index.is_object() || !index.contains("runs") || !index.at("runs").is_array())
    throw DataError(fmt::format("{}: has no list 'runs'; expected the names of directories", file.string()));
  std::vector<io::Path> runs;
  runs.reserve(index.at("runs").size());
  for (const nlohmann::json& name : index.at("runs")) {
    if (!name.is_string() || !is_plain_name(name.get<std::string>())) {
      throw DataError(fmt::format("{}: {} in 'runs' is no name of a directory in {}", file.string(),
                                  name.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                                  directory.string()));
    }
    runs.push_back(directory / name.get<std::string>());
  }
  return runs;
}

std::vector<io::Path> gone_from(const io::Path& directory) {
  std::vector<io::Path> gone;
  if (io::file_exists(directory / "manifest.json")) return gone;
  const std::vector<io::Path> runs = runs_in(directory);
  if (!io::read_json(directory / "comparison.json").value("finished", false)) return gone;
  for (const io::Path& run : runs) {
    if (!io::file_exists(run / "manifest.json")) gone.push_back(run);
  }
  return gone;
}

void require_run(const io::Path& directory) {
  if (io::file_exists(directory / "experiment.toml")) return;
  throw DataError(fmt::format("{} is no directory of a run (it has no experiment.toml)", directory.string()));
}

}  // namespace apical
