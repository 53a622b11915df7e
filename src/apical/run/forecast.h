// SPDX-License-Identifier: Apache-2.0
// What an experiment of any kind will take before it runs: sizes, memory, output, work and time, from
// building it and letting it run for a moment.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "apical/core/resources.h"
#include "apical/experiment/experiment.h"

namespace apical {

struct Forecast {
  using Number = std::variant<std::uint64_t, double>;
  struct Line {
    std::string name, text;  ///< "memory", "12 MB of state, the same for each checkpoint"
  };
  std::string label;
  std::string what;  ///< "error-neuron-microcircuit on yin-yang, 3 seeds, float"
  std::vector<Line> lines;
  std::vector<std::pair<std::string, Number>> figures;  ///< the same for programs: "state_bytes", "seconds" …
  std::string data_provenance;  ///< how the data differ from those published; empty: not known to
  std::string circuit;          ///< every population and projection, if there are any
  std::string refusal;          ///< why 'run' refuses it: too large; then nothing was built or timed
};

/// ConfigError, DataError or IoError for an experiment that cannot run; but one that is too large is answered
/// with its sizes, and what refuses it.
Forecast forecast(const Experiment& experiment, const Resources& resources);

}  // namespace apical
