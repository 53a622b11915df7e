// SPDX-License-Identifier: Apache-2.0
#include "support/run_files.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <thread>

#include "apical/io/checkpoint.h"
#include "apical/io/file.h"
#include "apical/io/hash.h"
#include "apical/io/run_lock.h"

namespace apical::test {
namespace {

namespace fs = std::filesystem;

bool of_the_clock(const fs::path& file) {
  constexpr std::array<std::string_view, 7> kNames{"manifest.json",  "summary.json",  "events.ndjson",
                                                   "report.html",    "protocol.json", "reproduction.json",
                                                   "comparison.json"};
  return std::find(kNames.begin(), kNames.end(), file.filename().string()) != kNames.end();
}

std::set<fs::path> files_below(const fs::path& root) {
  std::set<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.path().filename() == io::RunLock::kFileName) continue;
    // How many checkpoints there are is up to the clock.
    if (entry.path().parent_path().filename() == "checkpoints") continue;
    out.insert(entry.path().lexically_relative(root));
  }
  return out;
}

/// The newest checkpoint without the books and the clocks, which hold times.
std::optional<std::vector<io::CheckpointSection>> final_state(const fs::path& run) {
  const auto sequences = io::list_checkpoints(run / "checkpoints");
  if (sequences.empty()) return std::nullopt;
  const fs::path file = run / "checkpoints" / io::checkpoint_name(sequences.back());
  const std::uint64_t experiment = io::xxh3(io::bytes_of(io::read_text(run / "experiment.toml")));
  auto sections = io::decode_checkpoint(io::read_file(file), experiment, file.string()).sections;
  std::erase_if(sections, [](const io::CheckpointSection& s) {
    return s.name == "books" || s.name.starts_with("clock");
  });
  return sections;
}

/// " in section 'x'"
std::string first_difference(const std::vector<io::CheckpointSection>& a,
                             const std::optional<std::vector<io::CheckpointSection>>& b) {
  if (!b) return ": one has none";
  if (a.size() != b->size())
    return ": " + std::to_string(a.size()) + " and " + std::to_string(b->size()) + " sections";
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != (*b)[i]) return " in section '" + a[i].name + "'";
  }
  return "";
}

}  // namespace

bool can_be_resumed(const fs::path& out) {
  return fs::exists(out / "experiment.toml") || fs::exists(out / "comparison.json");
}

void wait_until_it_has_begun(const fs::path& out) {
  const auto holds_events = [&] {
    try {
      for (const auto& file : fs::recursive_directory_iterator(out))
        if (file.path().filename() == "events.ndjson") return true;
    } catch (const fs::filesystem_error&) {
      // It is not there yet, or something in it went while it was looked at.
    }
    return false;
  };
  constexpr int kPatience = 6000;
  for (int i = 0; i < kPatience && !holds_events(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

std::string difference(const fs::path& whole, const fs::path& broken) {
  const std::set<fs::path> a = files_below(whole), b = files_below(broken);
  if (a != b) {
    for (const fs::path& file : a) {
      if (!b.contains(file)) return file.string() + " is missing";
    }
    for (const fs::path& file : b) {
      if (!a.contains(file)) return file.string() + " is too much";
    }
  }
  if (std::none_of(a.begin(), a.end(), [](const fs::path& f) { return f.filename() == "metrics.ndjson"; }))
    return "no run to compare";
  for (const fs::path& file : a) {
    if (!of_the_clock(file) && io::read_file(whole / file) != io::read_file(broken / file)) {
      return file.string() + " differs";
    }
    if (file.filename() != "experiment.toml") continue;
    const fs::path run = file.parent_path();
    const auto state = final_state(whole / run);
    // A protocol leaves results and no state: it is one step.
    if (!state && !final_state(broken / run)) continue;
    if (state.value_or(std::vector<io::CheckpointSection>{}).empty())
      return (run / "checkpoints").string() + " hold no state to compare";
    if (const auto other = final_state(broken / run); state != other)
      return (run / "checkpoints").string() + " differ" + first_difference(*state, other);
  }
  return "";
}

}  // namespace apical::test
