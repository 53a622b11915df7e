// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/shipped_experiments.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "apical/core/error.h"
#include "apical/io/directory.h"

namespace apical::cli {
namespace {

std::vector<io::Path> experiment_roots() {
  std::vector<io::Path> roots{"experiments"};
  if (const char* given = std::getenv("APICAL_EXPERIMENTS")) {
    if (!io::directory_exists(given))
      throw DataError(fmt::format("APICAL_EXPERIMENTS names '{}'; there is no such folder", given));
    roots.emplace_back(given);
  }
  std::error_code none;
  const io::Path program = std::filesystem::read_symlink("/proc/self/exe", none);
  if (none) return roots;
  const io::Path folder = program.parent_path();
  roots.push_back((folder / "../share/apical/experiments").lexically_normal());
  // SOURCES/build/PRESET, or below that the tests.
  for (const char* up : {"../..", "../../.."})
    roots.push_back((folder / up / "experiments").lexically_normal());
  return roots;
}

}  // namespace

io::Path shipped_experiments() {
  std::vector<std::string> looked;
  for (const io::Path& root : experiment_roots()) {
    if (io::directory_exists(root)) return root;
    looked.push_back(root.string());
  }
  throw DataError(
      fmt::format("no folder of experiments was found; there is no {}", join_names(looked, "or")));
}

io::Path shipped_experiment(const std::string& relative) {
  std::vector<std::string> looked;
  for (const io::Path& root : experiment_roots()) {
    if (io::file_exists(root / relative)) return root / relative;
    looked.push_back(root.string());
  }
  throw DataError(fmt::format("no experiment '{}' was found in {}", relative, join_names(looked, "or")));
}

}  // namespace apical::cli
