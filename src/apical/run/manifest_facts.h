// SPDX-License-Identifier: Apache-2.0
// What readers of a run directory need to know of its experiment, so that nobody has to build the model again
// to write a report: members of manifest.json, and the circuit as text.
//   description       the author's own words        task_description
//   method            how it was measured: a list of {title, text}
//   seed_draws        what differs between seeds, if that needs saying
//   ingredients       what it takes for granted: name, needed, reason      needs: names of those it does
//   raster_neurons    of each population, of whose spikes a raster is drawn
//   display           which measures answer the question (analysis/display.h)
//   circuit.toml      populations and projections as simulated, to look at, copy and change
//   (docs/circuits.md)
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apical/experiment/experiment.h"
#include "apical/io/file.h"

namespace apical {

void add_facts(nlohmann::json& manifest, const Experiment& experiment);
/// A paragraph of "method".
void add_method(nlohmann::json& manifest, const std::string& title, const std::string& text);
/// The paragraph on tests of what learns a task; for sessions that make them.
void add_evaluation(nlohmann::json& manifest, const Experiment& experiment);
/// Nothing for what has no populations.
void write_circuit(const Experiment& experiment, const io::Path& run);

}  // namespace apical
