// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/rule_cost.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "apical/engine/rate/engine.h"

namespace apical::rate {
namespace {

constexpr std::size_t kLargest = 512;  // neurons
constexpr int kTurns = 7;
constexpr double kSecondsPerTurn = 0.001;
constexpr double kNextToNothing = 1e-30;  // factor on learning rates: what is timed must not diverge

/// One source and one population, joined by the projection with this rule.
Circuit joined(const Circuit& circuit, const Projection& j, std::optional<PlasticityRule> rule) {
  Circuit c;
  c.dt_ms = circuit.dt_ms;
  const PopulationId from = c.add_external("from", std::min(circuit[j.from].size, kLargest));
  Population to = circuit[j.to];
  to.size = std::min(to.size, kLargest);
  to.slopes.clear();
  to.offsets.clear();
  to.teacher.reset();
  to.noise.reset();
  const PopulationId reached = c.add_population(std::move(to));
  ConnectOptions o;
  o.compartment = j.compartment;
  o.topology = j.topology;
  o.density = j.density;
  o.weights = InitialWeights::uniform(-0.1, 0.1);
  o.rule = std::move(rule);
  c.connect(from, reached, o);
  return c;
}

template <class Real>
class Timed {
 public:
  explicit Timed(const Circuit& circuit) : pool_(1), engine_(circuit, {1}, pool_, {.layout = Layout::wide}) {
    const std::vector<double> input(circuit.populations().front().size, 0.5);
    engine_.set_external(PopulationId{0}, 0, std::span<const double>(input));
    engine_.scale_learning(kNextToNothing);
    while (seconds(steps_) < kSecondsPerTurn && steps_ < (Step{1} << 20)) steps_ *= 2;
  }
  void turn() { best_ = std::min(best_, seconds(steps_) / static_cast<double>(steps_)); }
  double seconds_per_step() const { return best_; }

 private:
  double seconds(Step steps) {
    const auto start = std::chrono::steady_clock::now();
    engine_.advance(steps, Learning::all());
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  ThreadPool pool_;
  RateEngine<Real> engine_;
  Step steps_ = 4;
  double best_ = std::numeric_limits<double>::infinity();
};

}  // namespace

template <class Real>
RuleCost measure_rule_cost(const Circuit& circuit, ProjectionId projection) {
  const Projection& j = circuit[projection];
  PlasticityRule product{.eta = 1};
  product.post.kind = PostFactor::Kind::rate;
  product.pre.kind = PreFactor::Kind::transmitted;
  const Circuit interpreted = joined(circuit, j, j.rule);
  Timed<Real> fixed(joined(circuit, j, {})), by_product(joined(circuit, j, product)), by_formula(interpreted);
  for (int turn = 0; turn < kTurns; ++turn) {
    fixed.turn();
    by_product.turn();
    by_formula.turn();
  }
  const double synapses = static_cast<double>(interpreted.plastic_synapse_count());
  const auto beyond = [&](const Timed<Real>& t) {
    return std::max(0.0, 1e9 * (t.seconds_per_step() - fixed.seconds_per_step()) / synapses);
  };
  return {beyond(by_formula), beyond(by_product)};
}

template RuleCost measure_rule_cost<float>(const Circuit&, ProjectionId);
template RuleCost measure_rule_cost<double>(const Circuit&, ProjectionId);

}  // namespace apical::rate
