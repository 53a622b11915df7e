// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/represent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apical/rules/simulated_time.h"

namespace apical {
namespace {

/// Differences of summing in another order, not of another answer.
template <class Real>
constexpr double kSameAnswer = sizeof(Real) == sizeof(float) ? 1e-4 : 1e-10;

template <class Real>
void require_same_answer(LayeredLearner<Real>& learner, std::size_t replica, MatrixView<const Real> X,
                         MatrixView<const Real> forward_answer) {
  layered::LayeredModel<Real>& model = learner.model(replica);
  layered::Rows<Real> out;
  const MatrixView<Real> answer = out.resize(forward_answer.rows(), forward_answer.cols());
  model.predict(X, answer);
  for (std::size_t i = 0; i < answer.rows(); ++i) {
    for (std::size_t k = 0; k < answer.cols(); ++k) {
      const double rule = static_cast<double>(answer(i, k)),
                   forward = static_cast<double>(forward_answer(i, k));
      if (std::abs(rule - forward) <= kSameAnswer<Real> * (1 + std::abs(forward))) continue;
      throw DataError(
          fmt::format("rule '{}' answers {:.4g} where a forward pass gives {:.4g}: its layers settle, and "
                      "what they settle "
                      "to cannot be read yet",
                      model.rule().name(), rule, forward));
    }
  }
}

}  // namespace

template <class Real>
std::vector<AreaActivity> represent(LayeredLearner<Real>& learner, std::size_t replica) {
  const layered::Network<Real>& network = learner.model(replica).network();
  const Split& shown = learner.data(replica).test;
  std::vector<AreaActivity> areas;
  for (std::size_t l = 0; l < network.description.depth(); ++l) {
    areas.push_back({fmt::format("a{}", l + 1), "rate",
                     Matrix<double>(shown.size(), network.description.layers[l].size)});
  }
  auto* const timed = dynamic_cast<layered::SimulatedTime<Real>*>(&learner.model(replica).rule());
  layered::Rows<Real> inputs;
  layered::Activity<Real> activity;
  for (std::size_t at = 0; at < shown.size(); at += learner.batch()) {
    const std::size_t n = std::min(learner.batch(), shown.size() - at);
    const MatrixView<Real> X = inputs.resize(n, network.description.inputs);
    for (std::size_t i = 0; i < n; ++i) shown.read_input(at + i, X.row(i));
    if (timed != nullptr) {
      timed->activity({}, network, X, activity);
    } else {
      layered::forward<Real>({}, network, X, activity);
    }
    for (std::size_t l = 0; l < areas.size(); ++l) {
      const MatrixView<const Real> h = std::as_const(activity.h[l]).view();
      for (std::size_t i = 0; i < n; ++i)
        std::copy(h.row(i).begin(), h.row(i).end(), areas[l].values.row(at + i).begin());
    }
    if (at == 0 && timed == nullptr)
      require_same_answer<Real>(learner, replica, X, std::as_const(activity.h.back()).view());
  }
  return areas;
}

template <class Real>
std::vector<AreaActivity> represent(RateLearner<Real>& learner, std::size_t replica, rate::Step blank,
                                    rate::Step hold) {
  const Circuit& circuit = learner.engine().circuit();
  std::vector<AreaActivity> areas;
  std::vector<PopulationId> of_area;
  const std::size_t stimuli = learner.data(replica).test.size();
  for (const Variable& variable : learner.variables()) {
    if (variable.population.empty() || circuit.population(variable.population) == *circuit.stimulus())
      continue;
    areas.push_back({variable.population, variable.name, Matrix<double>(stimuli, variable.width)});
    of_area.push_back(circuit.population(variable.population));
  }
  std::vector<std::uint32_t> all(stimuli);
  std::iota(all.begin(), all.end(), 0U);
  const Trial trial{.blank = blank, .hold = hold, .target_onset = 0, .target_offset = 0, .learning = {}};
  const rate::Step from = hold / 2;
  std::vector<double> now;
  learner.present(
      trial, SplitName::test, Order(learner.replicas(), all),
      [&](rate::Network<Real>& n, std::size_t first, std::size_t count, std::size_t k, rate::Step step) {
        if (replica < first || replica >= first + count || step < from) return;
        for (std::size_t v = 0; v < areas.size(); ++v) {
          now.resize(areas[v].values.cols());
          n.read(of_area[v], areas[v].variable, replica - first, now);
          const auto row = areas[v].values.row(k);
          for (std::size_t u = 0; u < now.size(); ++u) row[u] += now[u] / static_cast<double>(hold - from);
        }
      });
  learner.check();
  return areas;
}

template std::vector<AreaActivity> represent(LayeredLearner<float>&, std::size_t);
template std::vector<AreaActivity> represent(LayeredLearner<double>&, std::size_t);
template std::vector<AreaActivity> represent(RateLearner<float>&, std::size_t, rate::Step, rate::Step);
template std::vector<AreaActivity> represent(RateLearner<double>&, std::size_t, rate::Step, rate::Step);

}  // namespace apical
