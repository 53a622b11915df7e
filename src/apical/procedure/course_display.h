// SPDX-License-Identifier: Apache-2.0
// What is shown of a course, made from what it measures: measures with words of their own are headlines,
// those of epochs and phases are figures, answers to stimuli and correlations stand side by side.
#pragma once

#include "apical/analysis/display.h"
#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"

namespace apical {

Display display_of(const SpikingCircuit& circuit, const Course& course);

}  // namespace apical
