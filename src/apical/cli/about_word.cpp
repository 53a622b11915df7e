// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/about_word.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>
#include <vector>

#include "apical/analysis/metrics.h"
#include "apical/cli/command.h"
#include "apical/cli/display_text.h"
#include "apical/experiment/reference.h"
#include "apical/models/layered_models.h"
#include "apical/models/recurrent_models.h"
#include "apical/models/registry.h"
#include "apical/models/spiking_models.h"
#include "apical/tasks/task.h"

namespace apical::cli {
namespace {

using Line = std::pair<std::string, std::string>;  ///< a term and what it means

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

void add_measures(const std::string& word, std::vector<Line>& out) {
  for (const Metric& m : metrics()) {
    if (in_lower_case(m.name + " " + m.words).find(word) == std::string::npos) continue;
    out.emplace_back(m.name, fmt::format("measured: {}{}", m.words, m.unit.empty() ? "" : ", in " + m.unit));
  }
}

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> out;
  std::istringstream in(row.substr(1));
  for (std::string cell; std::getline(in, cell, '|');) {
    const std::size_t first = cell.find_first_not_of(' '), last = cell.find_last_not_of(' ');
    out.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
  }
  return out;
}

/// Rows of the page's tables, whose first cell is a key and whose fifth says what it means.
void add_keys(const std::string& word, std::vector<Line>& out) {
  std::istringstream page(reference_page());
  std::string heading;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with('#')) heading = line.substr(line.find_first_not_of("# "));
    if (!line.starts_with("| `")) continue;
    const std::vector<std::string> cells = cells_of(line);
    constexpr std::size_t kMeaning = 4;
    if (cells.size() <= kMeaning || in_lower_case(cells[0]).find(word) == std::string::npos) continue;
    std::string key = cells[0];
    std::erase(key, '`');
    Line found{key, fmt::format("key of {}: {}", heading, cells[kMeaning])};
    if (std::find(out.begin(), out.end(), found) == out.end()) out.push_back(std::move(found));
  }
}

void add_models_and_tasks(const std::string& word, std::vector<Line>& out) {
  const auto add = [&](const std::string& name, const std::string& description, const char* kind) {
    if (in_lower_case(name).find(word) != std::string::npos)
      out.emplace_back(name, fmt::format("{}: {}", kind, description));
  };
  for (const models::Model& m : models::all()) add(m.name, m.description, "model");
  for (const models::LayeredModelRecipe& m : models::layered_models()) add(m.name, m.description, "model");
  for (const models::RecurrentModelRecipe& m : models::recurrent_models())
    add(m.name, m.description, "model");
  for (const models::SpikingModel& m : models::spiking_models()) add(m.name, m.description, "model");
  for (const TaskInfo& t : tasks()) add(t.name, t.description, "task");
}

void add_commands(const std::string& word, std::vector<Line>& out) {
  for (const Command& c : commands()) {
    if (in_lower_case(c.summary).find(word) != std::string::npos)
      out.emplace_back("apical " + c.name, c.summary);
  }
}

}  // namespace

std::string about_word(const std::string& word, std::size_t columns) {
  // "test.accuracy", as tables and conditions have it, is the accuracy of a split.
  const std::string sought =
      in_lower_case(word.substr(word.rfind('.') == std::string::npos ? 0 : word.rfind('.') + 1));
  constexpr std::size_t kShortest = 3, kMost = 12, kIndent = 26;
  if (sought.size() < kShortest) return {};
  std::vector<Line> all;
  add_models_and_tasks(sought, all);
  add_measures(sought, all);
  add_keys(sought, all);
  add_commands(sought, all);
  std::stable_sort(all.begin(), all.end(), [&](const Line& a, const Line& b) {
    return (in_lower_case(a.first) == sought) > (in_lower_case(b.first) == sought);
  });
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), kMost); ++i)
    out += hanging(all[i].first, kIndent, all[i].second, columns);
  if (all.size() > kMost)
    out += fmt::format("and {} more: apical reference, apical help\n", all.size() - kMost);
  return out;
}

}  // namespace apical::cli
