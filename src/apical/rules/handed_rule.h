// SPDX-License-Identifier: Apache-2.0
// Credit rules that are programmed elsewhere, in terms of one batch:
//   HandedRules mine;
//   mine.by_name["mirror"] = {.single = …, .twofold = …};
//   Resources{pool, .rules = std::make_shared<const HandedRules>(mine)}     // rule = "memory:mirror"
// What they keep from batch to batch is no part of checkpoints; they are told when it has to rest.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "apical/rules/feedback_weights.h"
#include "apical/rules/rule_options.h"

namespace apical::layered {

/// What a rule is told of a batch. Layer l is that with index l - 1, and layer 0 the input.
template <class T>
struct ToldBatch {
  const Network<T>& network;
  const Batch<T>& batch;
  const Activity<T>& activity;
  MatrixView<const T> error;           ///< dLoss/da of the output, per sample
  const LayerRows<T>& slope;           ///< f'(a); of a softmax none is known: 1
  const FeedbackWeights<T>& feedback;  ///< random, the same as feedback_alignment starts with
  std::uint64_t seed = 0;
  bool resting = false;  ///< credit is measured: nothing may change that the rule changes by itself
};
/// Fills in the direction of change, mean over the batch, as CreditRule::credit().
template <class T>
using HandedCredit = std::function<void(const ToldBatch<T>&, Credit<T>&)>;

struct HandedRule {
  HandedCredit<float> single;
  HandedCredit<double> twofold;
  const void* identity = nullptr;  ///< the same for copies; for whoever hands rules in
  template <class T>
  const HandedCredit<T>& in() const {
    if constexpr (std::is_same_v<T, float>) {
      return single;
    } else {
      return twofold;
    }
  }
};

/// What a program hands in (Resources::rules).
struct HandedRules {
  std::map<std::string, HandedRule, std::less<>> by_name;
};

struct HandedRuleOptions {
  std::string rule;                               ///< memory:NAME
  std::shared_ptr<const HandedRules> rules = {};  ///< null: it can be looked at, but not learn
  /// Null without `rules`. ConfigError for a name that is not among them.
  const HandedRule* found() const;
  /// ConfigError for convolutions, and as found().
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const;
};
inline void fields(FieldVisitor& v, HandedRuleOptions& o) {
  v({.name = "rule", .meaning = "memory:NAME of a rule that a program hands in", .required = true}, o.rule);
}

/// No rule of the literature, and none that a file can say: not in rule_list.h.
RuleEntry handed_rule();

}  // namespace apical::layered
