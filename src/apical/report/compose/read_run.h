// SPDX-License-Identifier: Apache-2.0
// One run as its directory tells it. The only place where files of a run are read for a page.
#pragma once

#include "apical/io/file.h"
#include "apical/report/compose/report_data.h"

namespace apical {

/// `is_finished`: although it has no summary of its own, as a model of a protocol.
RunData read_run(const io::Path& run, bool is_finished);

}  // namespace apical
