// SPDX-License-Identifier: Apache-2.0
// Perturbations of published circuits: lesions done while a circuit runs against circuits built without the
// part.
#include <gtest/gtest.h>

#include "apical/core/random.h"
#include "apical/engine/rate/engine.h"
#include "apical/models/dendritic_microcircuit.h"
#include "apical/models/error_neuron_microcircuit.h"

namespace apical::rate {
namespace {

using Engine = RateEngine<double>;
using Values = std::vector<double>;

void show(Engine& e, std::uint64_t sample) {
  for (const auto id : {e.circuit().stimulus(), e.circuit().target()}) {
    Values x(e.circuit()[*id].size);
    for (std::size_t r = 0; r < e.replicas(); ++r) {
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = uniform({e.seeds()[r], Stream::task_input, id->value, sample * x.size() + i}, -1, 1);
      e.set_external<double>(*id, r, x);
    }
  }
}

Values rates(Engine& e, const char* population) {
  const PopulationId p = e.circuit().population(population);
  Values all;
  for (std::size_t r = 0; r < e.replicas(); ++r) {
    Values x(e.circuit()[p].size);
    e.read(p, "rate", r, x);
    all.insert(all.end(), x.begin(), x.end());
  }
  return all;
}

/// Trains an intact circuit with `cut` projections, and one that never had them.
void expect_cut_is_removal(const Circuit& whole, const std::vector<std::string>& cut,
                           const std::vector<const char*>& populations) {
  Circuit lesioned = whole;
  for (const std::string& name : cut) lesioned.remove(lesioned.projection(name));
  std::vector<Perturbation> perturbations;
  for (const std::string& name : cut) perturbations.push_back(Perturbation::cut(whole.projection(name)));
  for (const Layout layout : {Layout::wide, Layout::lanes}) {
    ThreadPool pool(1);
    Engine a(whole, {1, 2}, pool, {.layout = layout}), b(lesioned, {1, 2}, pool, {.layout = layout});
    a.set_perturbations(perturbations);
    for (std::uint64_t sample = 0; sample < 30; ++sample) {
      show(a, sample);
      show(b, sample);
      a.advance(20, Learning::all());
      b.advance(20, Learning::all());
    }
    for (const char* p : populations) EXPECT_EQ(rates(a, p), rates(b, p)) << p;
  }
}

TEST(RatePerturbation, CuttingFeedbackEqualsACircuitWithoutIt) {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {4, 5, 3, 2};
  m.activation = {{.kind = ActivationKind::tanh}};
  m.eta = {0.5};
  expect_cut_is_removal(build(m), {"a2.err->a1.err.dendrite", "a3.err->a2.err.dendrite"},
                        {"a1.rep", "a2.rep", "a3.rep", "a1.err", "a2.err", "a3.err"});
  m.lateral_range = 0.3;
  expect_cut_is_removal(build(m), {"a1.err->a1.rep.apical"}, {"a1.rep", "a3.rep", "a1.err", "a3.err"});
}

TEST(RatePerturbation, CuttingInhibitionEqualsACircuitWithoutInterneurons) {
  models::DendriticMicrocircuit m;
  m.layers = {4, 5, 3, 2};
  m.eta = {0.1};
  m.eta_pyr_to_inter = {0.04};
  expect_cut_is_removal(build(m), {"a1.inter->a1.pyr.apical", "a2.inter->a2.pyr.apical"},
                        {"a1.pyr", "a2.pyr", "a3.pyr", "a1.inter"});
}

TEST(RatePerturbation, SilencingErrorNeuronsStopsTheVoltageRuleWhereTheyProject) {
  models::ErrorNeuronMicrocircuit m;
  m.layers = {4, 5, 3, 2};
  m.activation = {{.kind = ActivationKind::tanh}};
  m.eta = {0.5};
  const Circuit c = build(m);
  ThreadPool pool(1);
  Engine engine(c, {3}, pool);
  show(engine, 0);
  engine.advance(50);
  engine.set_perturbations({Perturbation::silence(c.population("a1.err"))});
  engine.advance(5);  // what was on its way arrives
  const ProjectionId first = c.projection("input->a1.rep.basal"), last = c.projection("a2.rep->a3.rep.basal");
  const Matrix<double> before = engine.weights(first, 0), before_last = engine.weights(last, 0);
  engine.advance(100, Learning::all());
  // Without apical input the soma does nothing that the basal dendrite has not foreseen.
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_NEAR(engine.weights(first, 0).flat()[i], before.flat()[i], 1e-13);
  EXPECT_GT(std::abs(engine.weights(last, 0)(0, 0) - before_last(0, 0)), 1e-4);
}

}  // namespace
}  // namespace apical::rate
