// SPDX-License-Identifier: Apache-2.0
#include "apical/run/trial_recorder.h"

namespace apical {
namespace {

double reduced(const Measure& m, std::span<const double> values) {
  return m.reduce == Measure::Reduce::magnitude
             ? std::accumulate(values.begin(), values.end(), 0.0,
                               [](double sum, double v) { return sum + std::abs(v); })
             : std::accumulate(values.begin(), values.end(), 0.0);
}

/// One step of one replica, which the network has at `lane`.
template <class Real>
void add(rate::Network<Real>& n, std::size_t replica, std::size_t lane, const Measure& m, Trace& trace,
         std::size_t column, double weight) {
  std::vector<double> values;
  double sum = 0, count = 0;
  for (const PopulationId p : m.populations) {
    values.resize(n.size(p));
    n.read(p, m.variable, lane, values);
    if (p == m.populations.front() && !trace.units.empty()) {
      const std::span<double> row = trace.units[replica].row(column);
      for (std::size_t u = 0; u < trace.units[replica].cols(); ++u) row[u] += weight * values[u];
    }
    if (!m.units.empty()) {
      std::vector<double> some;
      for (const std::uint32_t u : m.units) some.push_back(values[u]);
      values = std::move(some);
    }
    sum += reduced(m, values);
    count += static_cast<double>(values.size());
  }
  trace.mean(replica, column) += weight * sum / count;
}

}  // namespace

template <class Real>
std::vector<Trace> record_trials(RateLearner<Real>& learner, const Experiment& e, const Protocol& p,
                                 const Condition& condition, std::size_t epochs) {
  const TraceTimes times(p);
  std::vector<const Measure*> measures;
  std::vector<Trace> traces;
  for (const Measure& m : p.measures) {
    if (m.populations.empty()) continue;
    measures.push_back(&m);
    Trace t{m.name, condition.name, epochs, Matrix<double>(e.seeds.size(), times.count), {}};
    if (m.single_units > 0) {
      const std::size_t units = std::min(m.single_units, e.circuit()[m.populations.front()].size);
      t.units.assign(e.seeds.size(), Matrix<double>(times.count, units));
    }
    traces.push_back(std::move(t));
  }
  if (measures.empty()) return traces;
  std::vector<std::uint32_t> samples;
  for (std::size_t r = 0; r < p.repeats; ++r) {
    for (std::uint32_t s = 0; s < p.samples; ++s) samples.push_back(s);
  }
  const double weight = 1.0 / static_cast<double>(samples.size());
  const auto sample = [&](rate::Network<Real>& n, std::size_t first, std::size_t count, std::size_t,
                          rate::Step step) {
    const std::size_t column = times.column(step);
    if (column == times.count) return;
    for (std::size_t k = 0; k < measures.size(); ++k) {
      for (std::size_t i = 0; i < count; ++i) add(n, first + i, i, *measures[k], traces[k], column, weight);
    }
  };
  learner.present(p.trial(e.circuit().dt_ms), p.split, Order(e.seeds.size(), samples), sample);
  learner.check();
  return traces;
}

template std::vector<Trace> record_trials(RateLearner<float>&, const Experiment&, const Protocol&,
                                          const Condition&, std::size_t);
template std::vector<Trace> record_trials(RateLearner<double>&, const Experiment&, const Protocol&,
                                          const Condition&, std::size_t);

}  // namespace apical
