// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "apical/circuit/circuit.h"
#include "apical/experiment/toml_reader.h"
namespace apical {
void read_populations_and_projections(TomlReader& root, Circuit& circuit);
}
