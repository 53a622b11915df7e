// SPDX-License-Identifier: Apache-2.0
// Every file of a run beside what it was when it was written, without running anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apical/core/claim.h"
#include "apical/io/file.h"

namespace apical {

struct VerifiedFile {
  enum class State {
    intact,
    unverified,  ///< of an earlier version, or still being written: nothing says what it was
    torn,        ///< its last line was not finished when its writer was killed
    left_over,   ///< a piece of a file whose writer was killed
    changed,
    damaged,
    missing,
  };
  std::string file;  ///< below the run
  State state = State::intact;
  std::string remark = {};
  /// Whether something is wrong that a resumed run does not see to by itself.
  bool is_bad() const { return state >= State::changed; }
};
std::string_view name_of(VerifiedFile::State state);

/// Of manifest, experiment, summary, journals, checkpoints, recordings and what else a run writes. DataError
/// if it is no run.
std::vector<VerifiedFile> verify_run(const io::Path& run);

/// Mends what can be mended without a guess, and says what it did: pieces and torn lines are removed, damaged
/// checkpoints and a summary that is not as written are set aside as "….damaged", so that a resumed run goes
/// on from an earlier checkpoint or writes its summary again. IoError if a process is writing the run.
std::vector<std::string> repair_run(const io::Path& run, const Claim& claim = {});

}  // namespace apical
