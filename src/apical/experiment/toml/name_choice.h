// SPDX-License-Identifier: Apache-2.0
// Names that a key chooses among known ones, by patterns.
#pragma once

#include <iterator>
#include <string>
#include <vector>

#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// Those of `known` that the patterns under `key` stand for, in the order of `known`. ConfigError at the key
/// for a pattern that stands for none; `kind` says of what.
std::vector<std::string> names_chosen(TomlReader& table, const char* key, const std::string& kind,
                                      const std::vector<std::string>& known);

/// The names of things that have one.
template <class Items>
std::vector<std::string> names_of(const Items& items) {
  std::vector<std::string> out;
  out.reserve(std::size(items));
  for (const auto& item : items) out.push_back(item.name);
  return out;
}

}  // namespace apical
