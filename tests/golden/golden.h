// SPDX-License-Identifier: Apache-2.0
// Replays golden files: each file is one recorded computation of a published program or of an
// independent implementation, with the tolerance its schema allows. Used by the unit tests and by
// `./test.sh golden PATH…`.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace apical::golden {

/// What replaying one file showed.
struct Verdict {
  std::string file;
  double worst_deviation = 0;  ///< in units of `unit` below
  double tolerance = 0;
  std::string worst_quantity;  ///< where the worst deviation was seen
  bool passed = false;
  std::string note;  ///< what was not compared and why, if anything
};

/// Replays a parsed file. Throws DataError if the file does not fit its schema.
using Replayer = std::function<Verdict(const nlohmann::json&)>;

/// A replayer and the test that recognises its files.
struct Format {
  std::string name;
  std::function<bool(const nlohmann::json&)> recognises;
  Replayer replay;
};

/// All formats this build can replay. Each is defined in its own file of this folder.
const std::vector<Format>& formats();

/// Reads and replays one file; an unknown schema is a DataError that lists the known ones.
Verdict replay_file(const std::filesystem::path& path);

/// The JSON files below `path` (or the file itself), sorted.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& path);

}  // namespace apical::golden
