// SPDX-License-Identifier: Apache-2.0
// How series are told apart: by a colour, a dash and a marker, so that none depends on colour alone. Colours
// and dashes are names, in style sheets both classes and variables (html/style.h): one drawing serves light,
// dark and print.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace apical {

/// "ink" of what is principal; "v0" to "v8" from the first to the last of what is swept; else "p0" to "p6".
std::string colour_name(std::size_t style, bool principal, std::optional<double> shade = {});
std::string dash_name(std::size_t style);  ///< "d0" to "d4"
std::size_t marker_of(std::size_t style);  ///< one of eight shapes

}  // namespace apical
