// SPDX-License-Identifier: Apache-2.0
// Numbers that are finite in a file, but not where they are shown: networks hold them in the precision of the
// run, and normalisation may take them beyond any.
#pragma once

#include "apical/tasks/dataset.h"

namespace apical {

/// DataError with its place for the first input or target that is not finite as it is shown, or with `single`
/// is none that single precision holds.
void require_representable(const Dataset& data, bool single);

/// "1e+39, and the run is in single precision; expected at most 3.40282e+38 in size": what is wrong with a
/// finite number there; empty if nothing is.
std::string beyond_single(double number);

}  // namespace apical
