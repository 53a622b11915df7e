// SPDX-License-Identifier: Apache-2.0
#include "golden/formats.h"

namespace apical::golden {

void add_all_formats(std::vector<Format>&) {}

}  // namespace apical::golden
