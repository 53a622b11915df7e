// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "apical/io/file.h"

namespace apical::io {

/// Size, place on the disk, and the times at which contents and file were last changed, in nanoseconds, as
/// text to compare: what was read of a file is still so while this stays the same. Contents that are put back
/// with their old size and time are noticed by the last, which nobody can set. "-" if there is no such file.
std::string stamp_of(const Path& path);

}  // namespace apical::io
