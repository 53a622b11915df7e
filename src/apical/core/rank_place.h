// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace apical {

/// One of the ranks that share a computation (core/ranks.h), for who only wants to know which part it has.
struct RankPlace {
  std::size_t rank = 0, ranks = 1;
};

}  // namespace apical
