// SPDX-License-Identifier: Apache-2.0
// Replays the numbers of "discriminating-experiments.json" that are about telling theories apart: animals of
// tests, information between normal theories, and the bias of both estimators. Simulated numbers pass within
// three standard errors (ours and, where the file states a spread, theirs); what is about single experiments
// is named as not compared.
#pragma once

#include <vector>

#include "golden/golden.h"

namespace apical::golden {

void add_discrimination_formats(std::vector<Format>& list);

}  // namespace apical::golden
