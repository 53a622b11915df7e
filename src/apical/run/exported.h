// SPDX-License-Identifier: Apache-2.0
// Arrays on their way out of a run, with what a reader must know of them.
#pragma once

#include "apical/run/export.h"

namespace apical {

struct ExportedArray {
  std::string name;  ///< without the seed
  std::uint64_t seed = 0;
  std::string unit = "1";
  std::vector<std::string> axes;   ///< one name per axis: "postsynaptic", "time", "unit"
  std::string from = {}, to = {};  ///< of weights: populations or areas
  io::Array array;
};

struct Exported {
  io::Path run;
  ExportWhat what;
  std::vector<ExportedArray> arrays;
};

/// "seed-3/a1->a2", or "a1->a2" where there is one seed only.
std::string name_in_file(const Exported& all, const ExportedArray& array);

/// As npz, safetensors or HDF5.
std::vector<io::Path> write_arrays(const Exported& all, ExportFormat format, const io::Path& file);

// What there is to export.
Exported exported_weights(const io::Path& run, std::optional<std::uint64_t> seed, ThreadPool& pool);
Exported exported_recordings(const io::Path& run, std::optional<std::uint64_t> seed);
Exported exported_spikes(const io::Path& run, std::optional<std::uint64_t> seed);

}  // namespace apical
