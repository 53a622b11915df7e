// SPDX-License-Identifier: Apache-2.0
// Titles, labels and names come from files that anybody wrote. A terminal obeys control characters, and text
// that changes its direction reads otherwise than it is: both are shown as they are written in TOML and JSON,
// \u001b, in which they mean the same.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace apical::cli {

/// Line breaks and tabs stay. Bytes that are no UTF-8 become \xff.
std::string escaped(std::string_view text);
/// For one line: \u000a and \u0009, too.
std::string escaped_line(std::string_view text);

/// Writes what it is given to `to`, escaped. Characters may be split between writes.
class EscapingStream final : public std::ostream {
 public:
  explicit EscapingStream(std::ostream& to);
  ~EscapingStream() override;

 private:
  class Buffer final : public std::streambuf {
   public:
    explicit Buffer(std::ostream& to) : to_(to) {}
    int sync() override;

   private:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize n) override;
    std::ostream& to_;
    std::string begun_;  ///< a character that is not complete
  };
  Buffer buffer_;
};

}  // namespace apical::cli
