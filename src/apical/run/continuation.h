// SPDX-License-Identifier: Apache-2.0
// A run that goes on where another one ended: from the state in which training was over and nothing of the
// end had been measured yet, so that its bits are those of a run that was given all epochs at once.
#pragma once

#include <string>
#include <vector>

#include "apical/experiment/experiment.h"
#include "apical/io/checkpoint.h"

namespace apical {

/// Where a run keeps the state with which its training ended.
io::Path trained_state_file(const io::Path& run);
/// Writes it.
void write_trained_state(const io::Path& run, const Experiment& experiment,
                         std::vector<io::CheckpointSection> state);

/// Where a run comes from, for its manifest and for people.
struct Parent {
  std::string run;
  std::string xxh3;        ///< of the state it goes on from
  std::size_t epochs = 0;  ///< trained there
  /// Why the bits are not those of a run that was given all epochs at once; empty: they are.
  std::string other_bits;
};

std::string in_words(const Parent& parent);

struct ParentState {
  Parent parent;
  io::Checkpoint checkpoint;
  std::string origin;  ///< of the state, for messages
};

/// What experiment.continue_from names. DataError if that is no run, or has not come to the end of its
/// training; ConfigError if it is a run of another model, task or seeds, with the keys that differ.
ParentState read_parent(const Experiment& experiment);

}  // namespace apical
