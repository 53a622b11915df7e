// SPDX-License-Identifier: Apache-2.0
// What the files of a run were when they were written: a length and an XXH3 of each, kept in its checkpoints
// and in its summary, and of manifest and summary in themselves. Whatever reads a run compares first, so that
// a number that was edited, or rotted, is not reported as measured. They recognise accidents and hands that
// slip; whoever means to forge a run can compute them as well.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apical/io/checkpoint.h"
#include "apical/io/file.h"

namespace apical {

/// Of the first `bytes` of a file.
struct Seal {
  std::string file;  ///< below the run, e.g. "spikes/seed-1.h5"
  std::uint64_t bytes = 0, xxh3 = 0;
  template <class Archive>
  void visit_state(Archive& a) {
    a("file", file);
    a("bytes", bytes);
    a("xxh3", xxh3);
  }
};

/// {"file", "bytes", "xxh3"}; DataError for a name that leads out of the run.
nlohmann::json json_of(const Seal& seal);
Seal seal_from(const nlohmann::json& seal);

/// Of a file as it is now, all of it.
Seal seal_of(const io::Path& run, const std::string& file);
/// What is wrong with a file: "is gone", "was changed …". Nothing if its first bytes are those that were
/// sealed.
std::optional<std::string> broken(const Seal& seal, const io::Path& run);

/// Its name begins like that of all that depends on when a checkpoint was written.
inline constexpr const char* kSealSection = "clock seals";
/// The section of a checkpoint, and what one holds; nothing for those of earlier versions, which have none.
io::CheckpointSection section_of(std::vector<Seal> seals);
std::optional<std::vector<Seal>> seals_in(const io::Checkpoint& checkpoint, const std::string& origin);

/// `object` with a member "xxh3" over all others.
nlohmann::json sealed(nlohmann::json object);
/// A JSON file of a run; DataError if it was changed since it was sealed. Those of earlier versions are not.
nlohmann::json read_sealed(const io::Path& file);
bool is_sealed(const nlohmann::json& object);

/// Adds the seals of all other files of a run that is complete, but for checkpoints on the way, which
/// look after themselves, and report.html, which is written again at any time.
void add_seals(nlohmann::json& summary, const io::Path& run);
/// Those in a summary; nothing if it is of an earlier version.
std::optional<std::vector<Seal>> seals_in(const nlohmann::json& summary);

/// DataError that names the file if manifest, summary, measurements, events or another text of a run,
/// finished or not, is not what was written. Large files are compared by 'apical verify', and `also` here.
void require_intact(const io::Path& run, const std::vector<std::string>& also = {});

}  // namespace apical
