// SPDX-License-Identifier: Apache-2.0
// What a run keeps of its data, to be sure that it goes on, and is repeated, with the same.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apical/io/file.h"
#include "apical/run/session.h"
#include "apical/tasks/fingerprint.h"

namespace apical {

struct DataRecord {
  std::string task;             ///< empty: nothing of a task is shown
  std::string provenance;       ///< how they differ from what was published; empty: not known to
  DataFingerprint fingerprint;  ///< empty: they are drawn
};

DataRecord data_of(const Session& session, ThreadPool& pool);
/// data and data_provenance of a manifest.
void add_data(nlohmann::json& manifest, const DataRecord& data);
/// The fingerprint as a checkpoint has it; empty for an empty one.
std::string text_of(const DataFingerprint& fingerprint);

/// DataError, saying what differs, if `run` has not begun on these. Runs of versions that kept no fingerprint
/// are taken at their word.
void require_same_data(const io::Path& run, const DataRecord& now);
/// The same of a checkpoint's text.
void require_same_data(const std::string& checkpoint, const std::string& then, const DataRecord& now);
/// DataError if receipts beside them do not say what they said when `run` began.
void require_same_provenance(const io::Path& run, const DataRecord& now);

}  // namespace apical
