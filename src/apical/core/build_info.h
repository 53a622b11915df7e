// SPDX-License-Identifier: Apache-2.0
// What this binary is, for manifests.
#pragma once

#include <string>

namespace apical {

/// Rises when the same seed may give other numbers than before (CHANGELOG: trap or bug fixed).
inline constexpr int kNumericsVersion = 4;

struct BuildInfo {
  std::string version, revision, compiler, build_type, flags;
};
const BuildInfo& build_info();

}  // namespace apical
