// SPDX-License-Identifier: Apache-2.0
#include "apical/study/run_columns.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/analysis/metrics.h"
#include "apical/core/error.h"
#include "apical/core/name_pattern.h"
#include "apical/core/text_pieces.h"

namespace apical {
namespace {

constexpr const char* kVaried = "varied";

std::string without_blanks(const std::string& text) {
  const std::size_t from = text.find_first_not_of(' ');
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(' ') - from + 1);
}

}  // namespace

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::vector<std::string> columns_named(RunsIndex& index, const std::string& list) {
  std::vector<std::string> columns;
  for (const std::string& piece : pieces_of(list, ',')) {
    const std::string name = without_blanks(piece);
    if (name.empty())
      throw UsageError(fmt::format("--columns is '{}'; expected names with commas between them", list));
    if (name == kVaried) {
      for (const std::string& key : index.varied_keys()) add_once(columns, key);
    } else if (name.find('*') == std::string::npos) {
      add_once(columns, name);
    } else {
      const std::size_t before = columns.size();
      for (const std::string& key : index.keys()) {
        if (matches(name, key)) add_once(columns, key);
      }
      if (columns.size() == before) throw UsageError(fmt::format("no run has a key like '{}'", name));
    }
  }
  return columns;
}

bool sorted_downwards(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  return dot != std::string::npos && metric_of(key.substr(dot + 1)).better == Better::higher;
}

}  // namespace apical
