// SPDX-License-Identifier: Apache-2.0
// What a run leaves, in formats of others: weights, recordings, spikes and metrics with their names, shapes
// and units.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apical/core/names.h"
#include "apical/core/threads.h"
#include "apical/io/array.h"

namespace apical {

enum class ExportWhat { weights, recordings, metrics, spikes };
template <>
inline constexpr std::array<std::string_view, 4> kNames<ExportWhat>{"weights", "recordings", "metrics",
                                                                    "spikes"};

enum class ExportFormat { npz, safetensors, csv, hdf5 };
template <>
inline constexpr std::array<std::string_view, 4> kNames<ExportFormat>{"npz", "safetensors", "csv", "hdf5"};
/// ".npz", ".safetensors", ".csv", ".h5"
std::string suffix_of(ExportFormat format);

/// Formats in which something can be had, the usual one first.
const std::vector<ExportFormat>& formats_of(ExportWhat what);

struct ExportRequest {
  ExportWhat what = ExportWhat::weights;
  ExportFormat format = ExportFormat::npz;
  std::optional<std::uint64_t> seed = {};  ///< none: all; names then begin with seed-N/ if there are several
  io::Path file;                           ///< replaced if it is there
};

/// Writes request.file, and beside a .npz file the same name with .json, which says what its arrays are;
/// safetensors and HDF5 say so inside. Returns what was written. ConfigError for a format in which that
/// cannot be had, with those in which it can; DataError if `run` is none, or has no such thing, or no such
/// seed.
std::vector<io::Path> export_run(const io::Path& run, const ExportRequest& request, ThreadPool& pool);

}  // namespace apical
