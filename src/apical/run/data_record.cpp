// SPDX-License-Identifier: Apache-2.0
#include "apical/run/data_record.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/core/error.h"
#include "apical/io/json.h"

namespace apical {
namespace {

constexpr const char* kAdvice = "continue or repeat it with the data it began with (--data, APICAL_DATA)";

void require_same(const std::string& began, const DataFingerprint& then, const DataRecord& now) {
  const std::vector<std::string> found = differences(then, now.fingerprint);
  if (found.empty()) return;
  std::string text = fmt::format("{} began on other data{}:", began,
                                 now.task.empty() ? "" : fmt::format(" of task '{}'", now.task));
  constexpr std::size_t kTold = 12;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i == kTold) {
      text += fmt::format("\n  and {} more", found.size() - kTold);
      break;
    }
    text += "\n  " + found[i];
  }
  throw DataError(fmt::format("{}\n  {}", text, kAdvice));
}

std::string named(const std::string& provenance) {
  return provenance.empty() ? "files of which no receipt says that they are not as published"
                            : fmt::format("\"{}\"", provenance);
}

}  // namespace

DataRecord data_of(const Session& session, ThreadPool& pool) {
  const Dataset* data = session.data();
  DataRecord out;
  if (data != nullptr) out = {data->name, data->provenance, fingerprint_of(*data, pool)};
  out.fingerprint.merge(session.files());
  return out;
}

void add_data(nlohmann::json& manifest, const DataRecord& data) {
  if (!data.provenance.empty()) manifest["data_provenance"] = data.provenance;
  if (!data.fingerprint.empty()) manifest["data"] = data.fingerprint;
}

std::string text_of(const DataFingerprint& fingerprint) {
  return fingerprint.empty() ? "" : io::json_text(fingerprint, -1);
}

void require_same_data(const io::Path& run, const DataRecord& now) {
  const nlohmann::json manifest = io::read_json(run / "manifest.json");
  if (manifest.contains("data")) require_same(run.string(), manifest.at("data").get<DataFingerprint>(), now);
}

void require_same_provenance(const io::Path& run, const DataRecord& now) {
  const std::string provenance = io::read_json(run / "manifest.json").value("data_provenance", "");
  if (provenance == now.provenance) return;
  throw DataError(fmt::format("{} began on {} of task '{}', but found now are {}\n  {}", run.string(),
                              named(provenance), now.task, named(now.provenance), kAdvice));
}

void require_same_data(const std::string& checkpoint, const std::string& then, const DataRecord& now) {
  const DataFingerprint kept =
      then.empty() ? DataFingerprint{} : io::parse_json(then, checkpoint).get<DataFingerprint>();
  require_same(checkpoint, kept, now);
}

}  // namespace apical
