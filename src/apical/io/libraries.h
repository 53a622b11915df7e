// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace apical::io {

/// A library of others, as it is loaded now and as its headers were when this was compiled; the latter is
/// empty where the library does not say.
struct Library {
  std::string name, loaded, compiled;
};
/// Those that tell their version, by name.
std::vector<Library> libraries();

}  // namespace apical::io
