// SPDX-License-Identifier: Apache-2.0
// An experiment of spiking neurons as a validated value. Its model brings circuit, stimuli and course, so
// there is no task:
//   [model] name and options   [training] epochs, of models that learn   [run] seeds   [record] spikes and
//   rasters
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/experiment/toml/toml_reader.h"
#include "apical/models/spiking_models.h"

namespace apical {

struct SpikeRecordRequest {
  bool spikes = false;                   ///< all spikes, to a file in SONATA's layout per seed
  double from_s = 0, until_s = 0;        ///< biological time
  std::vector<std::string> populations;  ///< all but Poisson sources if none are named
  std::size_t seeds = 1;                 ///< the first so many
  std::size_t raster_neurons = 20;       ///< of each population of the first seed; 0: no raster
  double raster_s = 0.5;                 ///< of each part that is drawn
};

struct SpikingExperiment {
  std::string title, description, label;
  std::string model, citation;
  models::SpikingOptions options;
  std::size_t epochs = 0;  ///< of training; 0 for models that do not train
  std::vector<std::uint64_t> seeds;
  double checkpoint_every_s = 30;
  SpikeRecordRequest record;
  std::string resolved;  ///< TOML with every default filled in
};

/// Whether the file's model is one of spiking neurons.
bool is_spiking(const TomlDocument& document);
/// ConfigError with file, line and column.
SpikingExperiment read_spiking_experiment(const TomlDocument& document);

}  // namespace apical
