// SPDX-License-Identifier: Apache-2.0
// Options of the parts of spiking circuits and of courses, as pages of the documentation.
#pragma once

#include <string>

namespace apical {

std::string spiking_circuit_reference();
std::string course_reference();

}  // namespace apical
