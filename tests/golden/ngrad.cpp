// SPDX-License-Identifier: Apache-2.0
#include "golden/ngrad.h"

#include "apical/errors.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

template <class T>
struct Family {
  void (*replay)(const std::string&, const json&, CaseComparison<T>&);
  std::vector<std::string> prefixes;
};

/// The id's prefix names the routine; "fa_linear_curve" before "fa" and so on, hence longest first within a
/// family.
template <class T>
const std::vector<Family<T>>& families() {
  static const std::vector<Family<T>> all{
      {&replay_delta_rules<T>, {"fa_linear_curve", "bp", "fa", "dfa", "usf", "frsf", "kp", "wm"}},
      {&replay_settling_rules<T>, {"chl", "recirculation", "ep_hardsigmoid", "ep"}},
      {&replay_predictive_coding<T>, {"pc_linear", "pc"}},
      {&replay_target_propagation<T>, {"tp_limits", "tp"}},
      {&replay_local_rules<T>, {"oja", "np", "segregated", "kk2001"}},
      {&replay_policy_gradient<T>, {"ppo"}},
  };
  return all;
}

/// The family and prefix of a file, or {nullptr, ""}.
template <class T>
std::pair<const Family<T>*, std::string> family_of(const json& file) {
  if (!file.is_object() || file.value("schema", "") != "ngrad-golden/1") return {nullptr, ""};
  const std::string id = file.value("id", "");
  for (const Family<T>& family : families<T>()) {
    for (const std::string& prefix : family.prefixes) {
      if (id.rfind(prefix + "_", 0) == 0) return {&family, prefix};
    }
  }
  return {nullptr, ""};
}

}  // namespace

template <class T>
Verdict replay_ngrad(const json& file) {
  const auto [family, prefix] = family_of<T>(file);
  if (family == nullptr) throw DataError("no replay for id '" + file.value("id", "") + "'");
  CaseComparison<T> compare(file);
  family->replay(prefix, file, compare);
  return compare.verdict();
}
template Verdict replay_ngrad<float>(const json&);
template Verdict replay_ngrad<double>(const json&);

bool is_ngrad_rule(const json& file) { return family_of<double>(file).first != nullptr; }

void add_ngrad_formats(std::vector<Format>& list) {
  list.push_back({"ngrad-golden/1 (credit rules)", &is_ngrad_rule, &replay_ngrad<double>});
}

}  // namespace apical::golden
