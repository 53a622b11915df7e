// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apical/io/file.h"

namespace apical::io {

/// remove_temporaries() there and in the directories below it, but for links.
void remove_temporaries_below(const Path& directory);

}  // namespace apical::io
