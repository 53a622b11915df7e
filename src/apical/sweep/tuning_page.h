// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace apical::sweep {

struct Tuning;

/// A page: what was chosen, value against score for every key that has numbers, and every trial.
std::string tuning_page(const Tuning& tuning, const std::string& title);

}  // namespace apical::sweep
