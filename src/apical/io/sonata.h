// SPDX-License-Identifier: Apache-2.0
// Spikes in the layout of SONATA (Dai et al. 2020, PLoS Comput Biol 16:e1007696), which BMTK, libsonata,
// NetPyNE and others read: /spikes/POPULATION/timestamps (double, attribute units "ms") and node_ids
// (uint64), sorted by time (attribute sorting of the group); attributes magic 0x0A7A and version [0, 1] of
// the file. What others wrote may also be in the specification's older layout, /spikes/timestamps with gids
// or node_ids for all populations together, and in any order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apical/io/file.h"

namespace apical::io {

struct SonataPopulation {
  std::string name;
  std::span<const double> timestamps_ms;    ///< rising
  std::span<const std::uint64_t> node_ids;  ///< neurons of the population, counted from 0
};

/// Written beside and renamed. DataError if a population's lists differ in length or times do not rise.
void write_sonata_spikes(const Path& path, const std::vector<SonataPopulation>& populations);

/// Spikes as a file has them, row by row.
struct SonataSpikes {
  std::vector<double> timestamps_ms;
  std::vector<std::uint64_t> node_ids;
  std::string times_at, ids_at;  ///< their places in the file: "/spikes/low/timestamps"
};

/// Those whose spikes the file has, sorted; none in the older layout. DataError if it has no spikes.
std::vector<std::string> sonata_populations(const Path& path);
/// Of one of them; in the older layout, which knows none, of ''. DataError with the row for what is no time
/// or no neuron, and for units other than milliseconds.
SonataSpikes read_sonata_spikes(const Path& path, const std::string& population);
/// How many it would read.
std::uint64_t count_sonata_spikes(const Path& path, const std::string& population);

}  // namespace apical::io
