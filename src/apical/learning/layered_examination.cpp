// SPDX-License-Identifier: Apache-2.0
// What the end of a run shows of layered networks.
#include <algorithm>
#include <cmath>
#include <limits>

#include "apical/learning/examination.h"
#include "apical/learning/layered_learner.h"
#include "apical/rules/simulated_time.h"

namespace apical {
namespace {

std::pair<double, double> bounds_of(const layered::Activation& f) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  switch (f.kind) {
    case layered::Activation::sigmoid:
    case layered::Activation::hard_sigmoid:
      return {0, 1};
    case layered::Activation::tanh:
      return {-1, 1};
    default:
      return {-kInfinite, kInfinite};
  }
}

template <class Real>
Matrix<double> copied(MatrixView<const Real> from) {
  Matrix<double> out(from.rows(), from.cols());
  for (std::size_t n = 0; n < from.rows(); ++n)
    std::copy(from.row(n).begin(), from.row(n).end(), out.row(n).begin());
  return out;
}

template <class Real>
void examine_units(const layered::Network<Real>& network, layered::CreditRule<Real>& rule,
                   MatrixView<const Real> X, std::uint64_t seed, Examination& x) {
  if (network.description.depth() < 2) {
    x.without(examined::kSaturated, "there is no hidden layer");
    return x.without(examined::kDead, "there is no hidden layer");
  }
  layered::Activity<Real> activity;
  auto* const timed = dynamic_cast<layered::SimulatedTime<Real>*>(&rule);
  if (timed != nullptr) {
    timed->activity({}, network, X, activity);
    x.without(examined::kSaturated, "what hidden units do is counted in events");
  } else {
    layered::forward<Real>({}, network, X, activity);
  }
  for (std::size_t l = 0; l + 1 < network.description.depth(); ++l) {
    UnitActivity units(bounds_of(network.description.layers[l].activation));
    const MatrixView<const Real> h = std::as_const(activity.h[l]).view();
    for (std::size_t n = 0; n < h.rows(); ++n) units.sample(h.row(n));
    const std::string area = "a" + std::to_string(l + 1);
    x.add(examined::kDead, area, seed, units.dead());
    if (units.has_bounds() && timed == nullptr) x.add(examined::kSaturated, area, seed, units.saturated());
  }
  x.without(examined::kSaturated, "activations of hidden layers have no bounds");
}

}  // namespace

/// Units, and answers beside those of the inference that learning goes by; the rules are not put back.
template <class Real>
void LayeredLearner<Real>::examine_answers(Examination& x) {
  for (std::size_t r = 0; r < replicas_.size(); ++r) {
    Replica& replica = replicas_[r];
    const Dataset& d = *data_[r];
    const std::uint64_t seed = seeds_[r];
    const Split& split = examined_split(d);
    const auto order = first_samples(split.size(), kExaminedActivities);
    gather(replica, split, order, 0, order.size());
    const layered::Batch<Real> batch{replica.X.view(), replica.Y.view()};
    const layered::Network<Real>& network = replica.model->network();
    examine_units<Real>(network, replica.model->rule(), batch.X, seed, x);

    const MatrixView<Real> out = replica.out.resize(order.size(), network.description.outputs());
    replica.model->predict(batch.X, out);
    const Matrix<double> answers = copied<Real>(out);
    if (!replica.model->rule().answer_further({}, network, batch.X, out)) {
      x.without(examined::kUnsettled, "answers of this rule take a fixed number of steps");
    } else if (const auto change = change_between(answers, copied<Real>(out))) {
      x.add(examined::kUnsettled, "output", seed, *change);
    }
    const layered::Resting<Real> resting(replica.model->rule());
    auto credit = layered::Credit<Real>::zeros(network.description);
    replica.model->rule().credit({}, network, batch, credit, 0);
    if (const auto change = change_between(answers, copied<Real>(replica.model->rule().output())))
      x.add(examined::kAnswerChange, "output", seed, *change);
  }
  x.without({examined::kUnsettled, examined::kAnswerChange}, "answers had no spread");
}

template <class Real>
void LayeredLearner<Real>::examine(Examination& x) {
  x.without(examined::kAtBounds, "weights of layered networks have no bounds");
  const auto* const timed = dynamic_cast<layered::SimulatedTime<Real>*>(&replicas_.front().model->rule());
  x.without(examined::kHalvedStep,
            timed == nullptr ? "there is no time step" : std::string(timed->why_no_halved_step()));
  for (std::size_t r = 0; r < replicas_.size(); ++r) {
    if (r == 0 || data_[r] != data_[r - 1]) examine_data(*data_[r], seeds_[r], x);
  }
  if (bytes() > kMostCopied) {
    x.without({examined::kSaturated, examined::kDead, examined::kUnsettled, examined::kAnswerChange,
               examined::kCreditAngle},
              kTooLarge);
    return;
  }
  {
    Snapshot before;
    before.take(*this);
    examine_answers(x);
    before.restore(*this);
  }
  const std::vector<std::uint32_t> order = first_samples(data_.front()->train.size(), kExaminedSamples);
  add_angles(align(Order(replicas_.size(), order)), seeds_, x);
}

template void LayeredLearner<float>::examine(Examination&);
template void LayeredLearner<double>::examine(Examination&);

}  // namespace apical
