// SPDX-License-Identifier: Apache-2.0
// Tables of comma-separated values (RFC 4180): cells may stand in quotes, in which commas and "" are text.
// Lines end with LF or CRLF; empty lines are passed over; a byte order mark is no part of the first cell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/io/file.h"

namespace apical::io {

struct CsvTable {
  std::vector<std::string> header;  ///< names of columns; "1", "2", … where the first line has numbers only
  /// Cells row by row, each row as long as the header.
  std::vector<std::string> cells;
  std::vector<std::uint32_t> lines;  ///< of the file, for each row
  std::size_t rows() const { return lines.size(); }
  std::size_t columns() const { return header.size(); }
  const std::string& cell(std::size_t row, std::size_t column) const {
    return cells[row * columns() + column];
  }
};

/// DataError "file:line: …" for a row of another length, a quote that does not end, two columns of one name,
/// and a table without rows. Cells lose the spaces around them unless they are quoted.
CsvTable parse_csv(std::string_view text, const std::string& origin);
CsvTable read_csv(const Path& path);

/// The whole cell as a finite number; false otherwise.
bool csv_number(std::string_view cell, double& number);

/// A cell as it has to be written: in quotes if it needs them.
std::string csv_cell(std::string_view text);

}  // namespace apical::io
