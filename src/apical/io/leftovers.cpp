// SPDX-License-Identifier: Apache-2.0
#include "apical/io/leftovers.h"

#include <filesystem>
#include <system_error>

namespace apical::io {

void remove_temporaries_below(const Path& directory) {
  remove_temporaries(directory);
  for (const std::string& name : list_directory(directory)) {
    const Path path = directory / name;
    if (file_system().kind(path) != static_cast<std::int64_t>(FileSystem::Kind::directory)) continue;
    // A link leads to what is not ours.
    std::error_code unknown;
    if (!std::filesystem::is_symlink(path, unknown)) remove_temporaries_below(path);
  }
}

}  // namespace apical::io
