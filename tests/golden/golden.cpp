// SPDX-License-Identifier: Apache-2.0
#include "golden/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "golden/formats.h"

namespace apical::golden {

const std::vector<Format>& formats() {
  static const std::vector<Format> all = [] {
    std::vector<Format> list;
    add_all_formats(list);
    return list;
  }();
  return all;
}

Verdict replay_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw IoError(fmt::format("cannot read {}", path.string()));
  nlohmann::json trace;
  try {
    trace = nlohmann::json::parse(in);
  } catch (const nlohmann::json::exception& e) {
    throw DataError(fmt::format("{}: not JSON: {}", path.string(), e.what()));
  }
  for (const Format& format : formats()) {
    if (!format.recognises(trace)) continue;
    Verdict verdict;
    try {
      verdict = format.replay(trace);
    } catch (const nlohmann::json::exception& e) {
      throw DataError(fmt::format("{}: does not fit {}: {}", path.string(), format.name, e.what()));
    } catch (const Error& e) {
      throw DataError(fmt::format("{}: {}", path.string(), e.what()));
    }
    verdict.file = path.string();
    return verdict;
  }
  std::vector<std::string> names;
  for (const Format& format : formats()) names.push_back(format.name);
  throw DataError(fmt::format("{}: unknown schema; this build replays {}", path.string(), join_names(names)));
}

std::vector<std::filesystem::path> files_below(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  if (!fs::exists(path)) throw IoError(fmt::format("{} does not exist", path.string()));
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace apical::golden
