// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>

#include "apical/io/checkpoint.h"

namespace apical::io {

/// Sections that earlier versions do not write are asked for before they are read.
inline bool has_section(const Checkpoint& checkpoint, std::string_view name) {
  return std::any_of(checkpoint.sections.begin(), checkpoint.sections.end(),
                     [&](const CheckpointSection& s) { return s.name == name; });
}

}  // namespace apical::io
