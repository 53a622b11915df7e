// SPDX-License-Identifier: Apache-2.0
// diagnosis.json of a run: what its end was examined for, and what the checks of analysis/diagnosis.h say.
// The figures stay, so that later versions can ask further questions of old runs.
#pragma once

#include "apical/analysis/diagnosis.h"
#include "apical/io/file.h"

namespace apical {

/// What the files of a run tell, finished or not; without an examination if there was none. IoError or
/// DataError if it is no run.
Evidence read_evidence(const io::Path& run);
/// Diagnoses a run that has measured everything, and writes it down.
void write_diagnosis(const io::Path& run, const Examination& examination);
/// As the files of a run have it now.
std::vector<Finding> diagnose_run(const io::Path& run);
/// Of those, what wants attention.
std::vector<Finding> attention_to(const std::vector<Finding>& findings);

}  // namespace apical
