// SPDX-License-Identifier: Apache-2.0
// Any bytes are a table whose rows are as long as its header, and which is the same once written, or are
// refused.
#include "apical/io/csv.h"

#include <algorithm>

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  namespace io = apical::io;
  io::CsvTable table;
  if (!apical::fuzz::accepted([&] { table = io::parse_csv(input.text(), "x.csv"); })) return;
  apical::fuzz::require(table.cells.size() == table.rows() * table.columns() && table.rows() > 0);
  std::string again;
  const auto write = [&](std::span<const std::string> cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) again += (c > 0 ? "," : "") + io::csv_cell(cells[c]);
    again += '\n';
  };
  double number = 0;
  const bool without_names =
      std::all_of(table.header.begin(), table.header.end(),
                  [&](const std::string& name) { return io::csv_number(name, number); });
  if (!without_names) write(table.header);
  for (std::size_t r = 0; r < table.rows(); ++r)
    write(std::span(table.cells).subspan(r * table.columns(), table.columns()));
  for (const std::string& cell : table.cells) io::csv_number(cell, number);
  if (table.columns() == 1) return;  // of one column an empty row is an empty line
  io::CsvTable read;
  apical::fuzz::require(apical::fuzz::accepted([&] { read = io::parse_csv(again, "again.csv"); }));
  apical::fuzz::require(read.header == table.header && read.cells == table.cells);
}
