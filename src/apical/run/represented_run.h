// SPDX-License-Identifier: Apache-2.0
// The networks of a finished run, shown pictures that they were not taught: trained and, of the same seeds,
// untrained. Nothing of the run is changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apical/core/threads.h"
#include "apical/io/file.h"
#include "apical/learning/represent.h"
#include "apical/tasks/stimulus_set.h"

namespace apical {

/// What a network sees of a picture: `size`, in the colours it has inputs for.
struct NetworkInput {
  Size size;
  PixelColour colour = PixelColour::grey;
  bool operator==(const NetworkInput&) const = default;
};
std::string text_of(const NetworkInput& input);  ///< "28 x 28 grey"

struct RepresentOptions {
  bool invert = false;  ///< 1 - x: for networks taught white on black
  /// Of circuits in continuous time: without a stimulus before each, and with it.
  double blank_ms = 20, presentation_ms = 20;
};

struct RepresentedRun {
  std::string run, label, model;
  std::vector<std::uint64_t> seeds;
  NetworkInput input;
  std::vector<std::vector<AreaActivity>> trained, untrained;  ///< by seed, the same areas in all
  std::vector<double> accuracy;   ///< of the last test, by seed; empty if the task does not classify
  std::vector<double> angle_deg;  ///< of all credit to the gradient, the last time; empty: not measured
  std::string remark = {};        ///< what is odd about showing it pictures
};

/// DataError if the run is none or not finished, is of spiking neurons, has inputs that are neither one nor
/// three square planes, or a task that does more to pixels than x / 255.
RepresentedRun represent_run(const io::Path& run, const StimulusSet& stimuli, const RepresentOptions& options,
                             ThreadPool& pool);

}  // namespace apical
