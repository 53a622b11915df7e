// SPDX-License-Identifier: Apache-2.0
#include "apical/run/last_checkpoint.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "apical/core/error.h"
#include "apical/io/hash.h"
#include "apical/run/continuation.h"

namespace apical {

std::optional<io::Checkpoint> find_last_checkpoint(const io::Path& run) {
  const io::Path folder = run / "checkpoints";
  const std::vector<std::uint64_t> sequences = io::list_checkpoints(folder);
  const io::Path trained = trained_state_file(run);  // holds the same state, of a run that has finished
  if (sequences.empty() && !io::file_exists(trained)) return std::nullopt;
  const io::Path file = sequences.empty() ? trained : folder / io::checkpoint_name(sequences.back());
  const std::string experiment = io::read_text(run / "experiment.toml");
  return io::read_checkpoint_file(file, io::xxh3(io::bytes_of(experiment)));
}

io::Checkpoint last_checkpoint(const io::Path& run) {
  std::optional<io::Checkpoint> last = find_last_checkpoint(run);
  if (!last)
    throw DataError(
        fmt::format("{} has no checkpoint; a spiking course of a single stage has one once it has finished",
                    run.string()));
  return std::move(*last);
}

}  // namespace apical
