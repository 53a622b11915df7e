// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/text_table.h"

#include <algorithm>
#include <numeric>

#include "apical/cli/display_text.h"
#include "apical/cli/escaping_stream.h"

namespace apical::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using Widths = std::vector<std::size_t>;
constexpr std::size_t kGap = 2;

std::size_t longest_word(const std::string& cell) {
  std::size_t longest = 0;
  for (std::size_t at = 0; at <= cell.size();) {
    const std::size_t end = std::min(cell.find(' ', at), cell.size());
    longest = std::max(longest, display_width(std::string_view(cell).substr(at, end - at)));
    at = end + 1;
  }
  return longest;
}

template <class F>
Widths widest(const Rows& rows, F&& of) {
  Widths out(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) out[c] = std::max(out[c], of(row[c]));
  }
  return out;
}

std::size_t total(const Widths& widths) {
  return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
}

std::string side_by_side(const Rows& rows, const Widths& widths) {
  std::string out;
  for (const auto& row : rows) {
    std::vector<std::vector<std::string>> cells;
    std::size_t lines = 1;
    for (std::size_t c = 0; c < row.size(); ++c) {
      cells.push_back(broken_into_lines(row[c], widths[c]));
      lines = std::max(lines, cells.back().size());
    }
    for (std::size_t l = 0; l < lines; ++l) {
      for (std::size_t c = 0; c < cells.size(); ++c) {
        const std::string text = l < cells[c].size() ? cells[c][l] : "";
        out += text + std::string(widths[c] - std::min(widths[c], display_width(text)) + kGap, ' ');
      }
      out.erase(out.find_last_not_of(' ') + 1);
      out += '\n';
    }
  }
  return out;
}

std::string one_below_the_other(const Rows& rows, std::size_t columns) {
  const std::vector<std::string>& headings = rows.front();
  constexpr std::size_t kLargest = 32;
  std::size_t indent = 0;
  for (std::size_t c = 1; c < headings.size(); ++c) indent = std::max(indent, display_width(headings[c]));
  indent = std::min({indent + 2 * kGap, kLargest, columns / 2});
  std::string out;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    out += hanging("", 0, rows[r].front(), columns);
    for (std::size_t c = 1; c < rows[r].size(); ++c) {
      const bool shown = !rows[r][c].empty() && rows[r][c] != "-";
      if (shown) out += hanging(std::string(kGap, ' ') + headings[c], indent, rows[r][c], columns);
    }
  }
  return out;
}

}  // namespace

std::string text_table(const Rows& given, std::size_t columns) {
  Rows rows = given;
  for (auto& row : rows) {
    for (std::string& cell : row) cell = escaped_line(cell);
  }
  Widths widths = widest(rows, [](const std::string& cell) { return display_width(cell); });
  if (columns == 0 || total(widths) <= columns) return side_by_side(rows, widths);
  const Widths least = widest(rows, longest_word);
  if (total(least) > columns) return one_below_the_other(rows, columns);
  while (total(widths) > columns) {
    std::size_t most = widths.size();  // the widest of those that can still be narrower
    for (std::size_t c = 0; c < widths.size(); ++c) {
      if (widths[c] > least[c] && (most == widths.size() || widths[c] > widths[most])) most = c;
    }
    --widths[most];
  }
  return side_by_side(rows, widths);
}

}  // namespace apical::cli
