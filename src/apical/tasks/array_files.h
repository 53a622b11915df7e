// SPDX-License-Identifier: Apache-2.0
// Splits of task 'arrays' in files: numpy's .npz, a folder of .npy files (NAME.npy is the array NAME), a
// .safetensors file, or a table in a .csv file.
#pragma once

#include "apical/core/resources.h"
#include "apical/tasks/array_data.h"

namespace apical {

/// What is what in the files.
struct ArrayNames {
  std::vector<std::string> inputs;   ///< empty: the array "inputs", or all other columns of a table
  std::string labels = "labels";     ///< an array or a column
  std::vector<std::string> targets;  ///< in place of labels: one array, or columns
};

/// Where `path` is: below `base`, the folder of data sets, if it is relative and there, or as it stands.
/// DataError with the nearest name, and what was `expected`.
io::Path found_source(const io::Path& path, const io::Path& base, std::string_view expected);

/// The split that `source` says: a file or folder, sought in `resources.data` first if its path is relative,
/// or memory:NAME of those that were handed in. {part} in a name stands for `part`: train, validation or
/// test. DataError with the nearest name if something is not there, and for what is wrong in the file.
ArraySplit read_split(const std::string& source, const std::string& part, const ArrayNames& names,
                      const Resources& resources);

}  // namespace apical
