// SPDX-License-Identifier: Apache-2.0
// One writer per run. A file of our own rather than flock(), which NFS and Lustre may refuse or ignore.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "apical/core/claim.h"
#include "apical/io/file.h"

namespace apical::io {

/// Who holds a run.
struct LockHolder {
  std::string host;
  std::int64_t pid = 0;
  std::uint64_t process_start =
      0;              ///< clock ticks after boot, so that a reused pid is not taken for the holder
  std::string since;  ///< UTC, ISO 8601
  std::string job;    ///< of a scheduler that runs a job at one place at a time, e.g. "slurm 4711"; or empty
  std::uint64_t attempt = 0;  ///< how often the scheduler has started the job again
  bool operator==(const LockHolder&) const = default;
};

/// This process, now.
LockHolder this_process(const Claim& claim = {});
/// False only if the holder is known to be dead: same host, and no such process or a younger one of that pid.
bool may_be_alive(const LockHolder& holder);

/// Asks the holder to stop, as Ctrl-C does. A lock file is data, which may be old or made up: only a process
/// of this host that began when the file says is asked, and never all of them or the first. False if none
/// was.
bool interrupt(const LockHolder& holder);

/// Whether it is dead by what can be seen from here and what the claim knows.
bool has_ended(const LockHolder& holder, const Claim& claim);

/// Who holds the lock of `directory`, alive or not; nothing if there is none. IoError if it cannot be read.
std::optional<LockHolder> lock_holder(const Path& directory);

/// Holds `directory`/run.lock. Taken by a process that may live: IoError with host, pid, time. Left by one
/// that is dead by what this host or the claim says: taken over.
class RunLock {
 public:
  static constexpr const char* kFileName = "run.lock";
  explicit RunLock(const Path& directory, const Claim& claim = {});
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  /// The dead process whose lock was taken over; pid 0 if none.
  const LockHolder& taken_over() const noexcept { return taken_over_; }
  /// IoError if somebody else has the lock by now: a claim was wrong, or this process was asleep for long.
  /// Looks once a second at most; call before writing what another process may be writing.
  void confirm();
  /// Looks in any case: before what takes the place of something, such as a checkpoint.
  void confirm_now();
  void release();  ///< the destructor does so too, in silence

 private:
  Path path_;
  LockHolder mine_, taken_over_;
  std::chrono::steady_clock::time_point confirmed_ = std::chrono::steady_clock::now();
  bool held_ = false, lost_ = false;
};

}  // namespace apical::io
