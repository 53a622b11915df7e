// SPDX-License-Identifier: Apache-2.0
// A credit rule turns a batch into a change of the weights. All rules work on the same network and differ in
// nothing else, so that two runs can differ in the rule alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "apical/core/state_visitor.h"
#include "apical/engine/layered/network.h"
#include "apical/engine/layered/optimiser.h"

namespace apical::layered {

/// What a rule needs beyond quantities present at each synapse.
struct Needs {
  bool weight_transport = false;  ///< reads a forward weight at a place other than its own synapse
  bool separate_phases = false;   ///< activity with and without target (or noise) at different times
  bool signed_errors = false;     ///< a quantity of both signs travels between neurons
  bool global_signal = false;     ///< one scalar is broadcast to all synapses
};

template <class T>
struct Batch {
  MatrixView<const T> X;  ///< (N, n_0)
  MatrixView<const T> Y;  ///< (N, n_L)
};

/// How the units of one layer were taught by the last batch; all (N, n_l), or without rows.
template <class T>
struct Teaching {
  MatrixView<const T>
      signal;  ///< what tells a unit to be more active (> 0) or less; none: the rule has no such quantity
  MatrixView<const T> gain;  ///< the unit's own factor: its weights learn by signal times gain, in
                             ///< backpropagation -dLoss/da; none: 1
  /// Of the dendrite that the signal comes through, relative to its steepest; none: it is linear. NaN: of a
  /// unit that has none now.
  MatrixView<const T> slope;
};

/// Weights that a rule has beside those of the network, to read and to set.
template <class T>
struct OwnWeights {
  std::size_t from = 0, to = 0;  ///< layers, counted from 1; from 0: offsets of `to`
  MatrixView<T> values = {};     ///< beside a convolution in the shape of its weights
  bool by_sender = false;        ///< rows are units of `from`; else those of `to`
  std::string_view of = "";      ///< what they are, if not weights themselves
};

template <class T>
class CreditRule {
 public:
  CreditRule() = default;
  CreditRule(const CreditRule&) = delete;  // views of a rule's feedback must stay valid
  CreditRule& operator=(const CreditRule&) = delete;
  virtual ~CreditRule() = default;

  virtual std::string_view name() const = 0;
  virtual Needs needs() const = 0;

  /// How often the weights change within one batch: credit() is then called with update = 0, 1, … on the same
  /// batch and the new weights. 1 for all rules but incremental predictive coding.
  virtual int updates_per_batch() const { return 1; }

  /// Credit of a batch in the network's present weights; direction of change, mean over the batch. Returns
  /// the mean loss before the update. Does not change the network. Advances the rule's own state (noise
  /// counters, traces, mirrors).
  virtual double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                        Credit<T>& out, int update = 0) = 0;

  /// For rules that can add their credit to the weights without storing it first: prepares the batch and
  /// returns its loss, or nothing if the rule cannot. If it did, add_credit() must follow.
  virtual std::optional<double> prepare_credit(const Workers&, const Network<T>&, const Batch<T>&) {
    return std::nullopt;
  }
  /// W = keep W + eta dW, b = b + eta db, with the credit of the batch just prepared.
  virtual void add_credit(const Workers&, Network<T>&, const Batch<T>&, T /*eta*/, T /*keep*/) {
    APICAL_CHECK(false);
  }

  /// Output of the last batch given to credit(), (N, n_L).
  virtual MatrixView<const T> output() const = 0;

  /// The network's answer as this rule's physiology gives it; a forward pass unless the rule settles. out is
  /// (N, n_L).
  virtual void predict(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
                       MatrixView<T> out) {
    forward(workers, network, X, prediction_);
    copy(prediction_.h.back().view(), out);
  }

  /// The same after as many settling steps again; false where nothing settles.
  virtual bool answer_further(const Workers&, const Network<T>&, MatrixView<const T> /*X*/,
                              MatrixView<T> /*out*/) {
    return false;
  }

  /// Minus the gradient of the loss of what predict() answers, in these weights; false where that is a
  /// forward pass, whose gradient is backpropagation's (or where no better one is known).
  virtual bool exact_credit(const Workers&, const Network<T>&, const Batch<T>&, Credit<T>& /*out*/) {
    return false;
  }

  /// How the last batch given to credit() taught the layer with this index. Valid until the next call of
  /// anything.
  virtual Teaching<T> teaching(std::size_t /*layer*/) { return {}; }
  /// The weights by which the layer with this index (>= 1) taught the one below, in the shape of its forward
  /// weights, to which backpropagation has them equal. Without rows if feedback takes another path.
  virtual MatrixView<const T> feedback_beside(const Network<T>& /*network*/, std::size_t /*layer*/) const {
    return {};
  }

  /// Feedback parameters with the credit of the last batch. Empty if the rule has none or changes them
  /// itself.
  virtual std::span<const Trainable<T>> learned_feedback() { return {}; }
  /// True if the feedback must be trained exactly as the forward weights (Kolen-Pollack).
  virtual bool feedback_follows_forward() const { return false; }
  /// True if whoever applies credit() in a way of his own, e.g. through eligibility traces, changes all that
  /// the rule would: one update per batch, and no feedback that learns beside it.
  bool learns_by_credit_alone() {
    return updates_per_batch() == 1 && (feedback_follows_forward() || learned_feedback().empty());
  }

  /// What of its state are weights, by which files can have them. All of it is in visit_state(), too.
  virtual std::vector<OwnWeights<T>> own_weights() { return {}; }

  /// Factor on the learning rate of parameters that the rule changes by itself and that learn with the
  /// weights. Mirrors, which have to follow the weights, keep theirs.
  virtual void scale_learning(double /*factor*/) {}
  /// While it rests, nothing changes that the rule changes by itself, mirrors included: see Resting.
  virtual void rest(bool /*resting*/) {}

  /// Everything that later credit depends on and that is not in the network.
  virtual void visit_state(StateVisitor&) {}

 private:
  Activity<T> prediction_;
};

/// As long as it lives, credit is that of the rule as it is now.
template <class T>
class Resting {
 public:
  explicit Resting(CreditRule<T>& rule) : rule_(rule) { rule_.rest(true); }
  ~Resting() { rule_.rest(false); }
  Resting(const Resting&) = delete;
  Resting& operator=(const Resting&) = delete;

 private:
  CreditRule<T>& rule_;
};

}  // namespace apical::layered
