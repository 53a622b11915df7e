// SPDX-License-Identifier: Apache-2.0
// Text by the columns it takes on a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace apical::cli {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 1;  ///< of UTF-8
  bool valid = true;      ///< false: bytes that are no UTF-8
};
/// Of a text that is not empty.
Character first_character(std::string_view text);
/// Bytes at the end that begin a character of UTF-8 without ending it.
std::size_t unfinished_bytes(std::string_view text);

/// Columns: two of East Asian wide characters and emoji, none of combining marks.
std::size_t display_width(std::string_view text);
/// As much of it as fits, with an ellipsis where anything was cut off.
std::string shortened(std::string_view text, std::size_t columns);
/// Lines of at most so many columns, broken at spaces, and within words only where one is too long. 0: one
/// line.
std::vector<std::string> broken_into_lines(std::string_view text, std::size_t columns);
/// "  --out DIR             directory of\n                        the run\n": a term, and text that hangs
/// behind it. `columns` 0: as long as it is.
std::string hanging(std::string_view term, std::size_t indent, std::string_view text, std::size_t columns);

}  // namespace apical::cli
