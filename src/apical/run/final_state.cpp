// SPDX-License-Identifier: Apache-2.0
#include "apical/run/final_state.h"

#include <fmt/format.h>

#include "apical/io/directory.h"
#include "apical/io/hash.h"
#include "apical/run/last_checkpoint.h"
#include "apical/run/run_books.h"

namespace apical {

namespace {

/// The last checkpoint; nothing if there is none that this program reads.
std::optional<io::Checkpoint> final_checkpoint(const io::Path& run) {
  try {
    return find_last_checkpoint(run);
  } catch (const DataError&) {
    return std::nullopt;
  }
}

}  // namespace

std::vector<io::CheckpointSection> final_state(const io::Path& run) {
  std::vector<io::CheckpointSection> out;
  if (const std::optional<io::Checkpoint> c = final_checkpoint(run)) {
    for (const io::CheckpointSection& s : c->sections) {
      if (s.name != RunBooks::kSection && !s.name.starts_with("clock")) out.push_back(s);
    }
  }
  return out;
}

bool same_state(const io::Path& run, const io::Path& other) {
  const auto a = final_state(run), b = final_state(other);
  if (!a.empty() && !b.empty()) return a == b;
  // Protocols of their own have no state, and courses of a single stage had none once.
  const io::Path x = run / "results.h5", y = other / "results.h5";
  return io::file_exists(x) && io::file_exists(y) && io::hash_file(x) == io::hash_file(y);
}

std::string digest_of_run(const io::Path& run) {
  std::string all = fmt::format("metrics {}\n", io::hex(io::hash_file(run / "metrics.ndjson")));
  const std::vector<io::CheckpointSection> state = final_state(run);
  for (const io::CheckpointSection& s : state) all += fmt::format("{} {}\n", s.name, io::xxh3_hex(s.state));
  const io::Path results = run / "results.h5";
  if (state.empty() && io::file_exists(results))
    all += fmt::format("results {}\n", io::hex(io::hash_file(results)));
  return io::xxh3_hex(all);
}

}  // namespace apical
