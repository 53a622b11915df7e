// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/as_variant.h"

#include <sstream>

namespace apical::sweep {

std::string as_variant(const std::string& resolved) {
  std::istringstream lines(resolved);
  std::string out = "\n[[variant]]\n";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[[")) {
      line.insert(2, "variant.");
    } else if (line.starts_with("[")) {
      line.insert(1, "variant.");
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace apical::sweep
