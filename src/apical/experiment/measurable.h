// SPDX-License-Identifier: Apache-2.0
// What a run will measure, as far as that is known before it runs: so that an expectation about something
// else is refused in seconds rather than after hours.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apical/experiment/expectation.h"
#include "apical/experiment/experiment.h"

namespace apical {

/// "test_loss", "train_return": names in [[expect]] of what is measured in splits. Nothing where only the run
/// says (protocols that give curves).
std::optional<std::vector<std::string>> split_quantities(const Experiment& experiment);
/// Whether angles and other measures of areas are taken.
bool measures_areas(const Experiment& experiment);

/// ConfigError at the key of the first expectation about what its variant does not measure, with the nearest
/// name. Labels have been checked.
void check_quantities(const Reproduction& reproduction, const std::vector<Experiment>& variants,
                      const TomlDocument& document);

}  // namespace apical
