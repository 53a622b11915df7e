// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/run_files.h"

#include "apical/io/directory.h"
#include "apical/io/run_lock.h"

namespace apical::sweep {

std::vector<io::Path> files_of_run(const io::Path& run) {
  std::vector<io::Path> files = io::files_below(run);
  std::erase_if(files, [](const io::Path& file) {
    return io::is_temporary(file) || file.filename() == io::RunLock::kFileName;
  });
  return files;
}

void copy_run_file(const io::Path& run, const io::Path& file, const io::Path& to) {
  const io::Path target = to / file.lexically_relative(run);
  io::make_directories(target.parent_path());
  io::copy_file(file, target);
}

}  // namespace apical::sweep
