// SPDX-License-Identifier: Apache-2.0
// An experiment of spiking neurons as a validated value: a circuit and its course. Both may come from a
// recipe
// ([model]), be changed by the file, or stand in it alone:
//   [circuit] neurons = "spiking", [[population]], [[projection]], [[background]], [[edit]]
//   [course], [samples], [teacher], [[stimulus]], [[stage]]
//   [training] epochs, of courses that train   [run] seeds   [record] spikes and rasters
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/experiment/spiking_tables.h"
#include "apical/experiment/toml/toml_reader.h"
#include "apical/experiment/tuned.h"

namespace apical {

struct SpikingExperiment {
  std::string title, description, label;
  std::string model, citation;  ///< recipe; empty for a circuit of the user's own
  bool reference = false;       ///< what other variants are compared with
  std::string about;            ///< the recipe's description
  std::string start_from = {};  ///< weights in place of the initialisation; empty: none
  SpikingCircuit circuit;       ///< empty for a course that is a protocol of its own
  Course course;
  std::vector<std::uint64_t> seeds;
  std::vector<std::uint64_t> part_of = {};  ///< as of every experiment
  double checkpoint_every_s = 30;
  SpikeRecordRequest record;
  std::optional<Tuned> tuned = {};
  std::string resolved;  ///< TOML with every default filled in
};

/// Whether the file's model is one of spiking neurons, or its own circuit says so.
bool is_spiking(const TomlDocument& document);
/// ConfigError with file, line and column. `more` may read further tables of the document, which then are
/// part of the resolved experiment.
SpikingExperiment read_spiking_experiment(
    const TomlDocument& document,
    const std::function<void(TomlReader&, const SpikingExperiment&)>& more = {});

/// Circuit and course as a file that needs no recipe: it reads back as the same experiment, recordings apart.
/// ConfigError for a protocol that cannot be written.
std::string spiking_experiment_toml(const SpikingExperiment& experiment);

}  // namespace apical
