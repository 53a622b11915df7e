// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "apical/io/file.h"

namespace apical::io {

/// Size and time of the last change in nanoseconds, as text to compare: what was read of a file is still so
/// while this stays the same. "-" if there is no such file.
std::string stamp_of(const Path& path);

}  // namespace apical::io
