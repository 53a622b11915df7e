// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/needed_for.h"

#include <fmt/format.h>

#include "apical/core/error.h"

namespace apical {

std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 6;
  if (names.size() <= kShown) return join_names(names);
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + kShown, ", "),
                     names.size() - kShown);
}

Ingredient needed_for(const char* name, const std::vector<std::string>& because, const char* reason,
                      const char* otherwise) {
  if (because.empty()) return {name, false, otherwise};
  return {name, true, fmt::format(fmt::runtime(reason), some_of(because))};
}

}  // namespace apical
