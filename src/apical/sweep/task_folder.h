// SPDX-License-Identifier: Apache-2.0
// What the files in the folder of one task say. K counts attempts from 1:
//   experiment.toml  what is run
//   claim.K          who runs it; touched while it does
//   run.K/           the run of attempt K
//   released.K       left on request, to be gone on with
//   failed.K         why it ended
//   retry.K          failures up to K are forgiven
//   done             which attempt is the result, with seals of its files
//   spoiled.K        a result that was not whole
//   differs.K        attempt K came to other bits than the result
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apical/io/file.h"
#include "apical/io/run_lock.h"
#include "apical/run/seals.h"

namespace apical::sweep {

struct ClaimRecord {
  std::size_t attempt = 0;
  io::LockHolder who;
  std::string version, revision;
  double clock_ahead_s = 0;  ///< of the host's clock, before that of the file server
  double heard_s = 0;        ///< when it was last touched, by the clock of the file server
};

struct FailureRecord {
  std::size_t attempt = 0;
  int exit_code = 0;
  bool lasting = false;  ///< it would fail again: the numbers say so
  std::string what;
};

struct DoneRecord {
  std::size_t attempt = 0;
  std::string host, version, revision;
  double wall_seconds = 0;
  std::string digest;       ///< digest_of_run()
  std::vector<Seal> files;  ///< of all its run
};

enum class TaskState { open, running, lost, failed, done, damaged };
inline constexpr std::array<std::string_view, 6> kTaskStates{"open",   "running", "lost",
                                                             "failed", "done",    "damaged"};
constexpr std::string_view name_of(TaskState s) { return kTaskStates.at(static_cast<std::size_t>(s)); }

struct TaskView {
  TaskState state = TaskState::open;
  std::vector<ClaimRecord> claims;      ///< by attempt
  std::vector<FailureRecord> failures;  ///< not forgiven
  std::optional<DoneRecord> done;       ///< if it can be read
  std::string damage;                   ///< what is wrong with the result
  std::vector<std::string> differing;   ///< attempts that came to other bits, in sentences
  std::size_t attempts() const { return claims.empty() ? 0 : claims.back().attempt; }
};

class TaskFolder {
 public:
  explicit TaskFolder(io::Path path) : path_(std::move(path)) {}
  const io::Path& path() const { return path_; }
  io::Path run(std::size_t attempt) const;
  io::Path claim_file(std::size_t attempt) const;

  /// `now_s` by the file server's clock. A claim that was not touched for `lease_s`, or whose process is
  /// known to have ended, is lost.
  TaskView look(double now_s, double lease_s, std::size_t most_attempts, const Claim& known) const;

  /// The attempt that is ours now, if the task is to be had and nobody else was quicker.
  std::optional<std::size_t> claim(const TaskView& seen, const Claim& known, double clock_ahead_s) const;
  /// Makes run.K of what earlier attempts left: theirs if they have certainly ended, else a copy.
  void take_over(const TaskView& seen, std::size_t attempt) const;
  void release(std::size_t attempt) const;
  void fail(const FailureRecord& failure) const;
  /// Adds failed.K for a worker of this host that was killed and had come no further than those before it: a
  /// task that kills its workers would else be tried for ever. False if there is nothing to add.
  bool fail_killed(const TaskView& seen) const;
  /// Adds the result; nothing if it is the first or the same bits, else what differs.
  std::string finish(std::size_t attempt) const;

  /// DataError if a file of the result has other bytes than it was finished with.
  void require_whole(const DoneRecord& done) const;
  /// Forgives failures and sets a damaged result aside; false if there is nothing to forgive.
  bool retry(const TaskView& seen) const;

 private:
  io::Path numbered(const char* what, std::size_t attempt) const;
  /// How many checkpoints the attempt that came furthest has written, those before it included.
  std::uint64_t reached() const;
  io::Path path_;
};

}  // namespace apical::sweep
