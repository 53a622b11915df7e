// SPDX-License-Identifier: Apache-2.0
#include "apical/run/place_of_results.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "apical/core/error.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

/// Of a folder of results each has one. Others give their files such names, too.
constexpr const char* kMarks[] = {"manifest.json", "comparison.json",   "plan.json",
                                  "tuning.json",   "reproduction.json", "discrimination.json"};

bool holds_results(const fs::path& folder) {
  for (const char* mark : kMarks) {
    std::error_code ignored;
    if (!fs::is_regular_file(folder / mark, ignored)) continue;
    if (io::read_text(folder / mark).find(R"("apical-)") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

void require_place_for(const io::Path& file) {
  std::error_code ignored;
  const fs::file_status status = fs::symlink_status(file, ignored);
  if (!fs::exists(status)) return;
  if (!fs::is_regular_file(status))
    throw IoError(fmt::format("{}: exists and is no regular file; expected the name of a file to write",
                              file.string()));
  // Links are followed on the way, so that no other name of a folder hides it.
  fs::path folder = fs::canonical(fs::absolute(file), ignored).parent_path();
  while (true) {
    if (holds_results(folder)) {
      throw IoError(
          fmt::format("{}: exists and belongs to the run in {}; expected a file of another name or place",
                      file.string(), folder.string()));
    }
    if (!folder.has_relative_path()) return;
    folder = folder.parent_path();
  }
}

}  // namespace apical
