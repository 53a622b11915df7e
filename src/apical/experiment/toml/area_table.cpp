// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/area_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "apical/core/error.h"
#include "apical/io/file.h"

namespace apical {
namespace {

struct Cell {
  std::string_view text;
  Place place;
};

std::string_view trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t\r\"");
  return first == std::string_view::npos ? std::string_view{}
                                         : s.substr(first, s.find_last_not_of(" \t\r\"") - first + 1);
}

/// Lines that are not empty, split at commas.
std::vector<std::vector<Cell>> cells_of(std::string_view text, const std::string& path) {
  std::vector<std::vector<Cell>> rows;
  std::uint32_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (trimmed(line).empty()) continue;
    rows.emplace_back();
    for (std::size_t at = 0; at <= line.size();) {
      const auto comma = std::min(line.find(',', at), line.size());
      rows.back().push_back(
          {trimmed(line.substr(at, comma - at)), {path, number, static_cast<std::uint32_t>(at) + 1}});
      at = comma + 1;
    }
  }
  return rows;
}

double number_of(const Cell& cell) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.text.data(), cell.text.data() + cell.text.size(), value);
  if (error != std::errc() || end != cell.text.data() + cell.text.size() || !std::isfinite(value)) {
    throw ConfigError(fmt::format("'{}' is no finite number", cell.text), cell.place);
  }
  return value;
}

}  // namespace

std::vector<std::vector<double>> read_area_table(const std::string& path,
                                                 const std::vector<std::string>& areas) {
  const std::string text = io::read_text(path);
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // as spreadsheets write it
  const auto rows = cells_of(
      std::string_view(text).substr(text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0), path);
  if (rows.empty())
    throw ConfigError("the table is empty", {path, 0, 0}, "its first line names the areas: to\\from,V1,V2");
  const Cell& corner = rows.front().front();
  const bool rows_are_targets = corner.text == "to\\from";
  if (!rows_are_targets && corner.text != "from\\to") {
    throw ConfigError(
        fmt::format("the first cell is '{}'; expected to\\from or from\\to", corner.text), corner.place,
        corner.text.find(';') != std::string_view::npos ? "separate the cells by commas"
                                                        : "to\\from: each row lists what one area receives");
  }
  const std::size_t n = rows.front().size() - 1;
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= n; ++i) names.emplace_back(rows.front()[i].text);
  if (rows.size() != n + 1) {
    throw ConfigError(fmt::format("{} rows for {} columns; expected one row for each area of the first line",
                                  rows.size() - 1, n),
                      {path, 0, 0});
  }
  for (std::size_t i = 0; i < n; ++i) {
    const std::vector<Cell>& row = rows[i + 1];
    if (row.size() != n + 1)
      throw ConfigError(fmt::format("{} numbers; expected {}", row.size() - 1, n), row.front().place);
    if (row.front().text != names[i]) {
      throw ConfigError(
          fmt::format(
              "row '{}' stands where column '{}' does; rows and columns name the same areas in one order",
              row.front().text, names[i]),
          row.front().place);
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (std::count(names.begin(), names.end(), names[i]) > 1) {
      throw ConfigError(fmt::format("several columns are named '{}'; name each area once", names[i]),
                        rows.front()[i + 1].place);
    }
  }
  std::vector<std::size_t> picked;
  for (const std::string& area : areas) {
    if (std::count(areas.begin(), areas.end(), area) > 1)
      throw ConfigError(fmt::format("areas names '{}' twice; name each area once", area));
    const auto at = std::find(names.begin(), names.end(), area);
    if (at == names.end())
      throw ConfigError(fmt::format("{} has no area '{}'", path, area), {}, suggestion(area, names));
    picked.push_back(static_cast<std::size_t>(at - names.begin()));
  }
  for (std::size_t i = 0; areas.empty() && i < n; ++i) picked.push_back(i);
  std::vector<std::vector<double>> out;
  for (const std::size_t to : picked) {
    out.emplace_back();
    for (const std::size_t from : picked) {
      out.back().push_back(number_of(rows_are_targets ? rows[to + 1][from + 1] : rows[from + 1][to + 1]));
    }
  }
  return out;
}

}  // namespace apical
