// SPDX-License-Identifier: Apache-2.0
// The order in which measurements of several seeds are told.
#pragma once

#include <algorithm>
#include <vector>

#include "apical/run/session.h"

namespace apical {

/// What was measured of each seed at one moment: the first of all seeds, then the second … Every seed
/// measures the same, so that rows of runs over some of the seeds can be put together in the order of one
/// over all.
inline void tell_seed_by_seed(const std::vector<std::vector<Measurement>>& of_seeds, Listener& listener) {
  std::size_t most = 0;
  for (const auto& rows : of_seeds) most = std::max(most, rows.size());
  for (std::size_t i = 0; i < most; ++i) {
    for (const auto& rows : of_seeds) {
      if (i < rows.size()) listener.on(rows[i]);
    }
  }
}

}  // namespace apical
