// SPDX-License-Identifier: Apache-2.0
// How the conditions of a protocol differ from its control.
#pragma once

#include <string>
#include <vector>

#include "apical/analysis/display.h"
#include "apical/experiment/protocol.h"
#include "apical/run/probe_state.h"
#include "apical/run/trial_recorder.h"

namespace apical {

/// By epochs, conditions and measures; then loss and accuracy where there were tests. ConfigError if no
/// recorded step lies in the window of a measure. `display` knows what tests can measure.
std::vector<Contrast> contrasts_of(const Protocol& protocol, const TraceTimes& times,
                                   const std::vector<Trace>& traces, const std::vector<Tested>& tests,
                                   const Display& display = {});

/// "60 samples of the test split of yin-yang, each shown once: …"
std::string trials_in_words(const Protocol& protocol, const std::string& task);

}  // namespace apical
