// SPDX-License-Identifier: Apache-2.0
#include "apical/io/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace apical::io {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // as spreadsheets write it
/// What a cell without quotes loses at its ends.
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Cuts a text into records and counts lines on the way.
class Records {
 public:
  Records(std::string_view text, const std::string& origin) : text_(text), origin_(origin) {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  }

  /// The next record that is not an empty line; false at the end.
  bool next(std::vector<std::string>& cells) {
    while (at_ < text_.size()) {
      line_ = next_line_;
      cells.clear();
      bool more = true;
      while (more) more = cell(cells);
      if (cells.size() > 1 || !cells.front().empty()) return true;
    }
    return false;
  }
  std::uint32_t line() const { return line_; }

 private:
  /// Reads one cell and what ends it; true if another follows in the record.
  bool cell(std::vector<std::string>& cells) {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    std::string content;
    if (at_ < text_.size() && text_[at_] == '"') {
      quoted(content);
      const auto end = text_.find_first_of(",\n", at_);
      const std::string_view rest = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
      if (rest.find_first_not_of(" \t\r") != std::string_view::npos)
        throw DataError(
            fmt::format("{}:{}: '{}' follows a quoted cell; expected a comma", origin_, line_, rest));
      at_ += rest.size();
    } else {
      const auto end = std::min(text_.find_first_of(",\n", at_), text_.size());
      const std::string_view plain = text_.substr(at_, end - at_);
      const auto last = plain.find_last_not_of(" \t\r");
      if (last != std::string_view::npos) content = plain.substr(0, last + 1);
      at_ = end;
    }
    cells.push_back(std::move(content));
    if (at_ >= text_.size()) return false;
    const bool comma = text_[at_++] == ',';
    if (!comma) ++next_line_;
    return comma;
  }

  void quoted(std::string& content) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++next_line_;
      if (text_[at_] != '"') {
        content += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        content += text_[++at_];
      } else {
        ++at_;
        return;
      }
    }
    throw DataError(fmt::format("{}:{}: a quote in this line does not end", origin_, line_));
  }

  std::string_view text_;
  const std::string& origin_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1, next_line_ = 1;
};

bool all_numbers(const std::vector<std::string>& cells) {
  double number = 0;
  return std::all_of(cells.begin(), cells.end(), [&](const std::string& c) { return csv_number(c, number); });
}

void check_names(const std::vector<std::string>& header, const std::string& origin) {
  std::set<std::string> seen;
  for (const std::string& name : header) {
    if (seen.insert(name).second) continue;
    throw DataError(fmt::format("{}:1: two columns are called '{}'", origin, name));
  }
}

}  // namespace

namespace {

/// Texts of other encodings and line ends would be one wrong table or another.
void require_readable(std::string_view text, const std::string& origin) {
  if (text.find('\0') != std::string_view::npos)
    throw DataError(
        fmt::format("{}: is no text in UTF-8 (it has zero bytes, as UTF-16 has); save it as UTF-8", origin));
  if (text.find('\r') != std::string_view::npos && text.find('\n') == std::string_view::npos)
    throw DataError(fmt::format("{}: its lines end with CR alone; save it with LF, or CR LF", origin));
}

}  // namespace

bool csv_number(std::string_view cell, double& number) {
  if (cell.starts_with('+')) cell.remove_prefix(1);
  const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  return fault == std::errc{} && end == cell.data() + cell.size() && std::isfinite(number);
}

CsvTable parse_csv(std::string_view text, const std::string& origin) {
  require_readable(text, origin);
  Records records(text, origin);
  CsvTable table;
  std::vector<std::string> cells;
  bool first = true;
  while (records.next(cells)) {
    const std::size_t width = first ? cells.size() : table.columns();
    if (cells.size() != width) {
      throw DataError(fmt::format("{}:{}: has {} cells; expected {} as in the first line", origin,
                                  records.line(), cells.size(), width));
    }
    const bool header = first && !all_numbers(cells);
    if (header) {
      table.header = cells;
      check_names(table.header, origin);
    } else {
      if (first) {
        for (std::size_t k = 1; k <= width; ++k) table.header.push_back(std::to_string(k));
      }
      table.lines.push_back(records.line());
      std::move(cells.begin(), cells.end(), std::back_inserter(table.cells));
    }
    first = false;
  }
  if (table.rows() == 0)
    throw DataError(fmt::format("{}: {}; expected a line of names and a line for each sample", origin,
                                first ? "is empty" : "has a first line and no other"));
  return table;
}

CsvTable read_csv(const Path& path) { return parse_csv(read_text(path), path.string()); }

std::string csv_cell(std::string_view text) {
  const bool plain = text.find_first_of(",\"\n\r") == std::string_view::npos &&
                     (text.empty() || (!is_blank(text.front()) && !is_blank(text.back()))) &&
                     !text.starts_with(kByteOrderMark);
  if (plain) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace apical::io
