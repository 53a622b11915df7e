// SPDX-License-Identifier: Apache-2.0
// The complete state of a run in one file that is either whole or recognised as damaged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apical/io/archive.h"
#include "apical/io/file.h"

namespace apical::io {

/// Rises when the layout of the file changes. The header's layout never does.
inline constexpr std::uint32_t kCheckpointFormat = 1;

struct CheckpointSection {
  std::string name;
  Bytes state;  ///< from save_state()
  bool operator==(const CheckpointSection&) const = default;
};

struct Checkpoint {
  std::uint64_t sequence = 0;    ///< rises from checkpoint to checkpoint, e.g. the step
  std::uint64_t experiment = 0;  ///< xxh3 of the resolved experiment's text
  std::vector<CheckpointSection> sections;
  /// DataError that names the sections there are.
  const Bytes& section(std::string_view name) const;
  bool operator==(const Checkpoint&) const = default;
};

/// Why bytes were not accepted as a checkpoint. Damaged ones may be set aside; the others are intact and
/// for somebody else (foreign: another version of the program; of_another: experiment), so moving them would
/// do harm.
class CheckpointError : public DataError {
 public:
  enum class Kind { damaged, foreign, of_another };
  CheckpointError(Kind kind, const std::string& message) : DataError(message), kind_(kind) {}
  Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

/// Header (magic, format, numerics version, sequence, experiment, XXH3 of the header), sections (name,
/// length, XXH3 each), footer (total length, XXH3 of everything before, magic).
Bytes encode(const Checkpoint& checkpoint);
/// The same to a file, atomically; states are not copied.
void write_checkpoint_file(const Path& path, const Checkpoint& checkpoint);
/// CheckpointError on truncation, any flipped bit, a format or numerics version other than ours, or another
/// experiment than `experiment`. `origin` opens the message.
Checkpoint decode_checkpoint(std::span<const std::byte> bytes, std::uint64_t experiment,
                             const std::string& origin);
/// The same of a file, section by section, so that no more than the checkpoint itself is in memory.
Checkpoint read_checkpoint_file(const Path& path, std::uint64_t experiment);

/// "checkpoint-000000001200.apc"; sorts by sequence.
std::string checkpoint_name(std::uint64_t sequence);

struct KeepPolicy {
  std::size_t newest = 2;   ///< at least 1
  std::uint64_t every = 0;  ///< and each whose sequence is a multiple of this; 0: none
};

/// Writes atomically into `directory` (made if absent), then removes what the policy does not keep.
Path write_checkpoint(const Path& directory, const Checkpoint& checkpoint, KeepPolicy keep = {});

/// Sequences of the checkpoints in `directory`, rising; none if it does not exist. Their content is not
/// looked at.
std::vector<std::uint64_t> list_checkpoints(const Path& directory);

struct SetAside {
  Path file;  ///< its name now, "….damaged"
  std::string reason;
};
struct FoundCheckpoint {
  std::optional<Checkpoint> checkpoint;  ///< nothing if there was no valid one
  Path file;
  std::vector<SetAside> set_aside;  ///< newest first; for the caller to report
};

/// "….damaged", or "….damaged-2" and so on if there is one of the name: what is set aside replaces nothing.
Path name_aside(const Path& damaged);

/// The newest checkpoint that is valid. Damaged or unreadable (EIO) newer ones are renamed to "….damaged" and
/// returned with the reason. One of another experiment or program version is left alone and thrown as a
/// CheckpointError.
FoundCheckpoint newest_valid_checkpoint(const Path& directory, std::uint64_t experiment);

}  // namespace apical::io
