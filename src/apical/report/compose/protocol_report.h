// SPDX-License-Identifier: Apache-2.0
// report.html of a protocol: the question, where the models' predictions part, and the averaged responses
// behind it.
#pragma once

#include <string>

#include "apical/run/protocol_run.h"

namespace apical {

/// "0.124 [0.101, 0.147]"; the value alone with one seed.
std::string figures_text(const MeanInterval& interval);

/// A self-contained page, well-formed as XML too. The same result gives the same bytes.
std::string render_protocol_report(const std::vector<ProbedModel>& models, const ProtocolResult& result);

}  // namespace apical
