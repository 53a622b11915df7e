// SPDX-License-Identifier: Apache-2.0
// Variables that [[record]] asked for, thinned for the eye. Analyses read results.h5 itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/io/file.h"

namespace apical {

struct RecordedTrace {
  std::string name = {};  ///< "a1.err/soma"
  std::string unit = {};  ///< "1": a pure number
  std::uint64_t seed = 0;
  std::string x_label = {};           ///< "time (ms)", "batch"
  std::size_t width = 0;              ///< of the variable
  std::uint64_t rows = 0, every = 1;  ///< that there are; of which so many-th ones are here
  std::vector<double> x = {};
  std::vector<std::vector<double>> units = {};  ///< the first of them, over x
  std::vector<double> mean = {};                ///< of all, over x
};

/// Of the first seed that was recorded, `units` of each variable in `rows` rows at most. Empty if the file
/// holds no recording; DataError if it cannot be read.
std::vector<RecordedTrace> read_recordings(const io::Path& results, std::size_t units, std::uint64_t rows);

}  // namespace apical
