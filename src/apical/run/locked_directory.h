// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "apical/io/run_lock.h"

namespace apical {

/// A directory that one process writes results to: new or empty, or one of which to go on with.
class LockedDirectory {
 public:
  /// IoError if it is held by another process, or neither new nor empty and not to be resumed: results never
  /// overwrite others.
  LockedDirectory(const io::Path& path, bool resume, const Claim& claim);
  /// IoError if another process has taken it over (RunLock::confirm); call before anything is written.
  void confirm() { lock_.confirm(); }
  /// Looks in any case (RunLock::confirm_now).
  void confirm_now() { lock_.confirm_now(); }

 private:
  io::RunLock lock_;
};

}  // namespace apical
