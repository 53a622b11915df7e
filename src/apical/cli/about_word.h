// SPDX-License-Identifier: Apache-2.0
// What a word that somebody looks up may be: a measure, a key of an experiment file, what a command does.
#pragma once

#include <string>

namespace apical::cli {

/// A line for each, most likely ones first; empty if the word occurs nowhere. `columns` 0: as long as it is.
std::string about_word(const std::string& word, std::size_t columns);

}  // namespace apical::cli
