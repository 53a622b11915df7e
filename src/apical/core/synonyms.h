// SPDX-License-Identifier: Apache-2.0
// Words of machine learning and of neuroscience for what has another name here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace apical {

/// Names of options, tables and parts that somebody may mean by a word, the likeliest first; none if it is no
/// synonym. Singular or plural, any case, '-' or '_'.
std::vector<std::string> meant_by(std::string_view word);
/// What a word means here, in sentences; "" if it is not known.
std::string meaning_of(std::string_view word);

}  // namespace apical
