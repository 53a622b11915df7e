// SPDX-License-Identifier: Apache-2.0
// Spikes in the layout of SONATA (Dai et al. 2020, PLoS Comput Biol 16:e1007696), which BMTK, libsonata,
// NetPyNE and others read: /spikes/POPULATION/timestamps (double, attribute units "ms") and node_ids
// (uint64), sorted by time (attribute sorting of the group); attributes magic 0x0A7A and version [0, 1] of
// the file.
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

}  // namespace apical::io
