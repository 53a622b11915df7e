// SPDX-License-Identifier: Apache-2.0
// What a table of runs shows and how it is sorted, in words that people type: the same in a terminal and in a
// browser.
#pragma once

#include <string>
#include <vector>

#include "apical/study/runs_index.h"

namespace apical {

/// "run,model.*,varied": names, patterns, and the word for keys of experiments that have several values.
/// UsageError for an empty name, or a pattern that no key has.
std::vector<std::string> columns_named(RunsIndex& index, const std::string& list);

void add_once(std::vector<std::string>& names, const std::string& name);

/// Of a figure of which more is better, the best comes first.
bool sorted_downwards(const std::string& key);

}  // namespace apical
