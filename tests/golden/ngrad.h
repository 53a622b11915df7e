// SPDX-License-Identifier: Apache-2.0
// Replays "ngrad-golden/1": one case per file of a credit rule computed by an independent program in float64.
// A value passes if |a-b| <= abs + rel |b| with the file's tolerance; the verdict's deviation is the worst
// |a-b| / (abs + rel |b|), so its tolerance is 1. In single precision a whole array passes if max|a-b| <=
// limit max|b|.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "golden/golden.h"

namespace apical::golden {

void add_ngrad_formats(std::vector<Format>& list);

/// True for files of credit rules (task_* files of the same schema belong to another format).
bool is_ngrad_rule(const nlohmann::json& file);

/// Replays one file in float or double.
template <class T>
Verdict replay_ngrad(const nlohmann::json& file);

}  // namespace apical::golden
