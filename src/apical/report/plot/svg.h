// SPDX-License-Identifier: Apache-2.0
// The few words of SVG and HTML that figures are written in. Same values, same bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace apical::svg {

/// For element content and quoted attributes. Control characters and broken UTF-8 become U+FFFD.
std::string escape(std::string_view text);

/// The same without the escapes: UTF-8 that any reader takes.
std::string sound(std::string_view text);

/// A coordinate with at most one decimal, never "-0".
std::string num(double value);

/// "x,y"
std::string point(double x, double y);

/// A generous estimate for a sans-serif font, in px.
double text_width(std::string_view utf8, double font_px);

/// Lines of at most `max_chars` characters, broken at spaces and after hyphens. Of a text that needs more
/// than `max_lines` the middle is left out, because names of runs end in the value that tells them apart; of
/// one line the end.
std::vector<std::string> wrap(std::string_view utf8, std::size_t max_chars, std::size_t max_lines);

/// Names beside each other: if two that differ would be drawn alike, all are whole, in as many lines as
/// needed.
std::vector<std::vector<std::string>> wrap_apart(const std::vector<std::string>& texts, std::size_t max_chars,
                                                 std::size_t max_lines);

/// A text element of several lines around the vertical centre y.
std::string lines(const std::vector<std::string>& lines, double x, double y, double line_height,
                  std::string_view attributes);

}  // namespace apical::svg
