// SPDX-License-Identifier: Apache-2.0
#include "golden/representation.h"

#include <map>
#include <nlohmann/json.hpp>

#include "golden/representation_case.h"

namespace apical::golden {
namespace {

constexpr const char* kSchema = "representation-golden/1";

using Replay = void (*)(const json&, Comparison&);
const std::map<std::string, Replay>& kinds() {
  static const std::map<std::string, Replay> all{
      {"measures", replay_rdm_measures},   {"ties", replay_rdm_ties},
      {"inference", replay_rdm_inference}, {"it92", replay_it92},
      {"it92-images", replay_it92_images}, {"end-to-end", replay_end_to_end}};
  return all;
}

bool is_representation(const json& file) { return file.is_object() && file.value("schema", "") == kSchema; }

Verdict replay(const json& file) {
  const std::string kind = file.at("kind");
  const auto found = kinds().find(kind);
  if (found == kinds().end()) {
    std::vector<std::string> names;
    for (const auto& entry : kinds()) names.push_back(entry.first);
    throw DataError("no replay for kind '" + kind + "'; known: " + join_names(names));
  }
  Comparison c(file.at("tolerance").at("abs").get<double>(), file.at("tolerance").at("rel").get<double>());
  found->second(file, c);
  return c.verdict();
}

}  // namespace

void add_representation_formats(std::vector<Format>& list) {
  list.push_back({"representation-golden/1 (representations compared)", is_representation, replay});
}

}  // namespace apical::golden
