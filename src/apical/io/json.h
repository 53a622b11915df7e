// SPDX-License-Identifier: Apache-2.0
// JSON that says where it is wrong. nlohmann's parser keeps the last of two equal keys in silence and its
// writer turns NaN into null; neither happens here.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "apical/io/file.h"

namespace apical::io {

/// DataError "file:line:column: …" for what is not JSON (RFC 8259), for a key that appears twice in one
/// object, and for nesting deeper than 200. `first_line` is the line of `text` in `origin`.
nlohmann::json parse_json(std::string_view text, const std::string& origin, std::uint32_t first_line = 1);
nlohmann::json read_json(const Path& path);

/// A number, or "NaN", "Infinity", "-Infinity", which JSON has no numbers for.
nlohmann::json json_number(double value);
/// The reverse; anything else is a DataError that names `what`.
double number_of(const nlohmann::json& value, const std::string& what);

/// With non-finite numbers spelled as strings and a newline at the end; `indent` < 0 for one line.
std::string json_text(const nlohmann::json& value, int indent = 2);

/// `text` in quotes with escapes; bytes that are not UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace apical::io
