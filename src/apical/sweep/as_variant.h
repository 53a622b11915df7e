// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apical::sweep {

/// An experiment, as resolved, as one of the [[variant]] entries of a file.
std::string as_variant(const std::string& resolved);

}  // namespace apical::sweep
