// SPDX-License-Identifier: Apache-2.0
// A model bound to an engine, with one replica per seed. All replicas take the same number of samples; which
// ones is each replica's own affair.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apical/core/error.h"
#include "apical/core/matrix.h"
#include "apical/core/state_visitor.h"
#include "apical/learning/parameters.h"
#include "apical/learning/score.h"
#include "apical/tasks/dataset.h"

namespace apical {

struct Examination;

enum class SplitName { train, validation, test };
std::string_view name_of(SplitName split);
const Split& split_of(const Dataset& data, SplitName split);
/// How many an epoch or an evaluation shows: samples, stretches where an evaluation steers a plant, episodes
/// where it acts in an environment (how many steps of those an epoch has is for the learner to say).
std::size_t samples_of(const Dataset& data, SplitName split);

/// Indices of the samples (or stretches) to show, one equally long list per replica.
using Order = std::vector<std::span<const std::uint32_t>>;

/// Angle between assigned credit and the exact negative gradient, degrees.
struct AreaAlignment {
  std::string area;           ///< "total" for all areas together
  double mean_angle = 0;      ///< over samples, of those where both have a length
  double batch_angle = 0;     ///< of the sums over the samples; NaN if one of them is zero
  std::size_t undefined = 0;  ///< samples in which one of the two was zero
  std::vector<NamedFigure> figures =
      {};  ///< what else was measured in the area, e.g. how linearly units are taught
};

/// What can be recorded: a variable of a population, or weights of a projection.
struct Variable {
  std::string population = {}, projection = {};  ///< one of them; the other is empty
  std::string name = {};
  std::size_t width = 0;  ///< numbers at a time
};

class Learner : public Weighted {
 public:
  /// What is recorded of one replica, every so many steps.
  struct Tap {
    Variable variable;
    std::size_t replica = 0;
    std::int64_t stride = 1;
  };
  /// Is handed what tap number `tap` shows. Called from several threads, but for one replica in the order of
  /// its steps.
  using Sink = std::function<void(std::size_t tap, std::int64_t step, std::vector<float> values)>;

  virtual const Dataset& data(std::size_t replica) const = 0;

  /// Samples that belong together: orders come in multiples of it, but for the last piece of a split.
  virtual std::size_t batch() const { return 1; }
  /// How many an epoch or an evaluation shows.
  virtual std::size_t samples(std::size_t replica, SplitName split) const {
    return samples_of(data(replica), split);
  }

  /// Samples that learn or evaluate will be asked for next, in this order, so that what is slow to read can
  /// be read ahead.
  virtual void announce(SplitName /*split*/, const Order& /*next*/) {}
  /// Shows inputs without targets and without learning, until transients are gone.
  virtual void settle(const Order& order) = 0;
  /// Shows training samples with targets and learns. `opens_epoch`: nothing came before the first sample.
  virtual void learn(const Order& order, bool opens_epoch) = 0;
  /// Shows samples of a split without targets and adds to the scores, one per replica.
  virtual void evaluate(SplitName split, const Order& order, bool opens, std::span<Score> scores) = 0;
  /// Credit against the exact gradient for training samples; nothing is learned. One list per replica.
  virtual std::vector<std::vector<AreaAlignment>> align(const Order& order) = 0;

  /// What the last epoch of training showed, one list per replica; empty if there is nothing to say.
  virtual std::vector<std::vector<NamedFigure>> training_figures() const { return {}; }

  /// What comes out for `samples` of a split, one row each: outputs at the end of each presentation, without
  /// targets, after which the state is what it was. No rows if the learner cannot say.
  virtual Matrix<double> respond(SplitName, std::size_t /*replica*/,
                                 std::span<const std::uint32_t> /*samples*/) {
    return {};
  }

  /// What the end of a run shows beside its measurements; the state is put back.
  virtual void examine(Examination& x);

  /// What can be recorded; nothing of what has no populations.
  virtual std::vector<Variable> variables() const { return {}; }
  /// From now on, while it settles and learns, not in evaluations. Of variables() only.
  /// Learners that can keep both.
  // NOLINTNEXTLINE(performance-unnecessary-value-param)
  virtual void record(std::vector<Tap> taps, Sink /*sink*/) { APICAL_CHECK(taps.empty()); }

  /// Factor on all learning rates, relative to the model's own.
  virtual void scale_learning(double factor) = 0;
  /// Presentations a learner is asked for at least, to settle.
  virtual std::size_t settling_samples() const = 0;
  /// NumericalFault if anything is not finite.
  virtual void check() const = 0;
  virtual std::size_t bytes() const = 0;
  virtual void visit_state(StateVisitor& a) = 0;
};

}  // namespace apical
