// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/same_experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "apical/experiment/toml/toml_text.h"
#include "apical/experiment/toml/toml_tree.h"

namespace apical {
namespace {

using Leaves = std::map<std::string, std::string>;

void flatten(const std::string& path, const TomlValue& value, Leaves& out);

void flatten(const std::string& path, const TomlTable& table, Leaves& out) {
  for (const TomlEntry& e : table.entries) flatten(path.empty() ? e.key : path + "." + e.key, e.value, out);
}

struct LeafText {
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::int64_t v) const { return toml_number(static_cast<double>(v)); }
  std::string operator()(double v) const { return toml_number(v); }
  std::string operator()(const std::string& v) const { return toml_quoted(v); }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

void flatten(const std::string& path, const TomlValue& value, Leaves& out) {
  if (const auto* table = value.as<TomlTable>()) return flatten(path, *table, out);
  const auto* list = value.as<TomlList>();
  if (list == nullptr) {
    out[path] += std::visit(LeafText{}, value.data) + " ";
    return;
  }
  if (!value.is_list_of_tables()) {  // a list of numbers or texts is one thing
    out[path] += fmt::format("{}: ", list->size());
    for (const TomlValue& item : *list) flatten(path, item, out);
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) flatten(fmt::format("{}.{}", path, i + 1), (*list)[i], out);
}

bool is_one_of(const std::string& key, const std::set<std::string>& keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const std::string& k) { return key == k || key.starts_with(k + "."); });
}

}  // namespace

ExperimentDifferences differences_between(const std::string& resolved, const std::string& other) {
  static const std::set<std::string> not_learned{"title",
                                                 "description",
                                                 "label",
                                                 "reference",
                                                 "record",
                                                 "tuned",
                                                 "run.checkpoint_every_s",
                                                 "training.epochs",
                                                 "training.environment_steps",
                                                 "training.minutes",
                                                 "training.patience",
                                                 "training.align_every",
                                                 "training.align_epochs",
                                                 "training.align_samples",
                                                 "training.continue_from"};
  static const std::set<std::string> of_the_course{"training.eta_decay", "training.eta_decay_every",
                                                   "training.eta_schedule", "training.validate_every",
                                                   "training.test_every"};
  ExperimentDifferences out;
  for (const std::string& key : differing_keys(resolved, other)) {
    if (is_one_of(key, not_learned)) continue;
    (is_one_of(key, of_the_course) ? out.of_course : out.of_model).push_back(key);
  }
  return out;
}

std::map<std::string, std::string> values_by_key(const std::string& resolved) {
  Leaves out;
  flatten("", parse_toml(resolved, "experiment"), out);
  return out;
}

std::vector<std::string> differing_keys(const std::string& resolved, const std::string& other) {
  return differing_keys(values_by_key(resolved), values_by_key(other));
}

std::vector<std::string> differing_keys(const Leaves& one, const Leaves& two) {
  std::set<std::string> keys;
  for (const Leaves* leaves : {&one, &two}) {
    for (const auto& [key, text] : *leaves) keys.insert(key);
  }
  std::vector<std::string> out;
  for (const std::string& key : keys) {
    const auto a = one.find(key), b = two.find(key);
    const bool same = a != one.end() && b != two.end() && a->second == b->second;
    if (!same) out.push_back(key);
  }
  return out;
}

}  // namespace apical
