// SPDX-License-Identifier: Apache-2.0
#include "apical/run/place_of_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "apical/core/error.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

/// Of a folder of results each has one. Others give their files such names, too.
constexpr const char* kMarks[] = {"manifest.json", "comparison.json",   "plan.json",
                                  "tuning.json",   "reproduction.json", "discrimination.json"};

/// Also by one that has not come so far.
bool is_written_by_runs(const fs::path& name) {
  for (const char* own :
       {"manifest.json", "experiment.toml", "circuit.toml", "summary.json", "diagnosis.json",
        "metrics.ndjson", "events.ndjson", "results.h5", "report.html", "run.lock"}) {
    if (name == own) return true;
  }
  return false;
}

bool is_of_results(const fs::path& mark) {
  std::error_code ignored;
  return fs::is_regular_file(mark, ignored) && io::read_text(mark).find(R"("apical-)") != std::string::npos;
}

bool holds_results(const fs::path& folder) {
  return std::any_of(std::begin(kMarks), std::end(kMarks),
                     [&](const char* mark) { return is_of_results(folder / mark); });
}

}  // namespace

void require_outside_of_runs(const io::Path& directory) {
  std::error_code ignored;
  fs::path folder = fs::weakly_canonical(fs::absolute(directory), ignored);
  while (folder.has_relative_path()) {
    folder = folder.parent_path();
    if (!is_of_results(folder / "manifest.json")) continue;
    throw IoError(fmt::format("{} lies within the run in {}; expected a directory outside of it",
                              directory.string(), folder.string()));
  }
}

void require_place_for(const io::Path& file) {
  std::error_code ignored;
  const fs::file_status status = fs::symlink_status(file, ignored);
  const bool is_new = !fs::exists(status);
  if (!is_new && !fs::is_regular_file(status))
    throw IoError(fmt::format("{}: exists and is no regular file; expected the name of a file to write",
                              file.string()));
  // Links are followed on the way, so that no other name of a folder hides it.
  const fs::path whole = fs::weakly_canonical(fs::absolute(file), ignored);
  fs::path folder = whole.parent_path();
  while (true) {
    // Files of other names may lie in a run, but in no folder of its own.
    const bool its_own = !is_new || folder != whole.parent_path() || is_written_by_runs(whole.filename());
    if (its_own && holds_results(folder)) {
      throw IoError(fmt::format("{}: {} the run in {}; expected a file of another name or place",
                                file.string(), is_new ? "is a name of" : "exists and belongs to",
                                folder.string()));
    }
    if (!folder.has_relative_path()) return;
    folder = folder.parent_path();
  }
}

}  // namespace apical
