// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace apical::cli {

/// Columns as wide as their widest cell; the first row is the heading. In a terminal of `columns` that is not
/// enough for, cells are broken at spaces; if words are too long for that, each row becomes a block of lines
/// "heading  value". 0: as wide as it takes, for programs.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t columns = 0);

}  // namespace apical::cli
