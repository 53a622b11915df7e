// SPDX-License-Identifier: Apache-2.0
// Values as TOML text: what is written here reads back as the same value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace apical {

/// The shortest text that reads back as `v`, bit for bit (NaN excepted); whole numbers without a point.
std::string toml_number(double v);
/// [[1, 2], [3, 4]]
std::string toml_rows(const std::vector<std::vector<double>>& rows);
/// A basic string in quotes, everything escaped that must be.
std::string toml_quoted(std::string_view text);
/// Bare where TOML allows it, else in quotes.
std::string toml_key(std::string_view key);

}  // namespace apical
