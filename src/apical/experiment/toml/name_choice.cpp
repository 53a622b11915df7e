// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/name_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "apical/core/name_pattern.h"

namespace apical {

std::vector<std::string> names_chosen(TomlReader& table, const char* key, const std::string& kind,
                                      const std::vector<std::string>& known) {
  const std::vector<std::string> patterns = table.texts(key);
  for (const std::string& pattern : patterns) {
    if (std::none_of(known.begin(), known.end(), [&](const auto& name) { return matches(pattern, name); })) {
      throw ConfigError(fmt::format("no {} is named '{}'", kind, pattern), table.place(key),
                        suggestion(pattern, known));
    }
  }
  std::vector<std::string> out;
  std::copy_if(known.begin(), known.end(), std::back_inserter(out), [&](const std::string& name) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches(pattern, name); });
  });
  return out;
}

}  // namespace apical
