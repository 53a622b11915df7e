// SPDX-License-Identifier: Apache-2.0
// Tables between cortical areas as CSV: one's own connectome for densities or learning rates.
//   to\from,V1,V2,V4        the corner says which way the rows go: to\from or from\to
//   V1,0,1,0.3
//   V2,1,0,0.3
//   V4,0.03,1,0
#pragma once

#include <string>
#include <vector>

namespace apical {

/// Rows of numbers, [to][from], of a CSV file. With names, those rows and columns in that order; without, all
/// of them in the file's order. IoError if the file cannot be read; ConfigError with line and column of the
/// file if it is no table of this form, names differ between rows and columns, or a wanted name is not in it.
std::vector<std::vector<double>> read_area_table(const std::string& path,
                                                 const std::vector<std::string>& areas = {});

}  // namespace apical
