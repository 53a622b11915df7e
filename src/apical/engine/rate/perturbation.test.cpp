// SPDX-License-Identifier: Apache-2.0
// Each perturbation against its definition, in a circuit small enough to compute by hand.
#include "apical/engine/rate/perturbation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/core/random.h"
#include "apical/core/state_visitor.h"
#include "apical/engine/rate/engine.h"

namespace apical::rate {
namespace {

using Engine = RateEngine<double>;
using Values = std::vector<double>;

/// input -> low -> high, high's mismatch -> error, error -> low's apical dendrite (one-to-one), and a view
/// downwards.
struct Small {
  Circuit circuit;
  PopulationId input, target, low, high, error;
  ProjectionId up, across, down, view, teach;
  static constexpr double kLeak = 0.03, kBasal = 0.1, kApical = 0.06, kTotal = kLeak + kBasal + kApical;

  Small() {
    Circuit& c = circuit;
    input = c.add_external("input", 3);
    target = c.add_external("target", 2);
    low = c.add_population(neurons("low.pyr", 4));
    Population top = neurons("high.pyr", 2);
    top.teacher = target;
    high = c.add_population(top);
    Population e = neurons("high.err", 2);
    e.activation = ActivationKind::linear;
    error = c.add_population(e);
    PlasticityRule rule;
    rule.eta = 2;
    rule.post = {.kind = PostFactor::Kind::voltage_residual, .compartment = "basal"};
    rule.pre.kind = PreFactor::Kind::transmitted;
    ConnectOptions forward{.compartment = "basal", .weights = InitialWeights::uniform(-1, 1), .rule = rule};
    up = c.connect(input, low, forward);
    across = c.connect(low, high, forward);
    teach = c.connect(high, error,
                      {.compartment = "basal",
                       .transmits = Quantity::mismatch,
                       .topology = Topology::one_to_one,
                       .weights = InitialWeights::eye()});
    down = c.connect(
        error, high,
        {.compartment = "apical", .topology = Topology::one_to_one, .weights = InitialWeights::eye()});
    ConnectOptions back{.compartment = "apical", .pathway = Pathway::feedback};
    back.view = TransposedView{.of = across};
    view = c.connect(high, low, back);
  }

  static Population neurons(const char* name, std::size_t size) {
    Population p;
    p.name = name;
    p.size = size;
    p.leak = kLeak;
    p.compartments = {{"basal", kBasal}, {"apical", kApical}};
    p.activation = ActivationKind::tanh;
    return p;
  }
};

Values read(Engine& e, PopulationId p, const char* variable, std::size_t replica = 0) {
  Values out(e.circuit()[p].size);
  e.read(p, variable, replica, out);
  return out;
}

struct Running {
  Small small;
  ThreadPool pool{1};
  Engine engine;
  explicit Running(EngineOptions options = {.layout = Layout::wide},
                   std::vector<std::uint64_t> seeds = {1, 2})
      : engine(small.circuit, std::move(seeds), pool, options) {
    const Values x{0.5, -0.25, 1}, y{0.3, -0.6};
    for (std::size_t r = 0; r < engine.replicas(); ++r) {
      engine.set_external<double>(small.input, r, x);
      engine.set_external<double>(small.target, r, y);
    }
  }
  /// All that can be told apart from outside, of all replicas.
  Values everything() {
    Values all;
    for (std::size_t r = 0; r < engine.replicas(); ++r) {
      for (const PopulationId p : {small.low, small.high, small.error}) {
        for (const char* v : {"rate", "soma", "prospective", "basal", "apical"}) {
          const Values x = read(engine, p, v, r);
          all.insert(all.end(), x.begin(), x.end());
        }
      }
      for (const ProjectionId j : {small.up, small.across}) {
        const Matrix<double> w = engine.weights(j, r);
        all.insert(all.end(), w.flat().begin(), w.flat().end());
      }
    }
    return all;
  }
};

TEST(RatePerturbation, SilencedNeuronsHaveNoRateWhileTheirPotentialGoesOn) {
  Running intact, run;
  const Perturbation silence = Perturbation::silence(run.small.low).only({1, 3}).during(2, 5);
  run.engine.set_perturbations({silence});
  for (int t = 0; t < 8; ++t) {
    intact.engine.advance(1);
    run.engine.advance(1);
    const Values rate = read(run.engine, run.small.low, "rate"),
                 free = read(intact.engine, run.small.low, "rate");
    const bool acts = t >= 2 && t < 5;
    EXPECT_EQ(rate[1], acts ? 0 : rate[1]);
    EXPECT_EQ(rate[3], acts ? 0 : rate[3]);
    if (!acts && t < 5) {
      EXPECT_EQ(rate, free) << "step " << t;
    }
    EXPECT_NE(read(run.engine, run.small.low, "soma")[1], 0);
    EXPECT_NE(rate[0], 0);
    // What the area above sees is what the others transmit.
    const Matrix<double> w = run.engine.weights(run.small.across, 0);
    const Values basal = read(run.engine, run.small.high, "basal");
    for (std::size_t i = 0; i < 2; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < 4; ++k) sum += w(i, k) * rate[k];
      EXPECT_NEAR(basal[i], sum, 1e-15);
    }
  }
}

TEST(RatePerturbation, ClampedRateReachesTheMismatchInTheSameStep) {
  Running run;
  run.engine.advance(5);
  run.engine.set_perturbations({Perturbation::clamp(run.small.high, "rate", 0.75)});
  run.engine.advance(1);
  EXPECT_EQ(read(run.engine, run.small.high, "rate"), Values(2, 0.75));
  const Values slope = read(run.engine, run.small.high, "slope"),
               drive = read(run.engine, run.small.error, "basal");
  EXPECT_EQ(drive[0], slope[0] * (0.3 - 0.75));
  EXPECT_EQ(drive[1], slope[1] * (-0.6 - 0.75));
}

TEST(RatePerturbation, ClampedInputComesBackToWhatWasSet) {
  Running run;
  run.engine.advance(3);
  run.engine.mark_event(run.engine.step());
  run.engine.set_perturbations({Perturbation::clamp(run.small.input, "rate", -2).only({2}).during(0, 2)});
  run.engine.advance(2);
  EXPECT_EQ(read(run.engine, run.small.input, "rate"), (Values{0.5, -0.25, -2}));
  run.engine.advance(1);
  EXPECT_EQ(read(run.engine, run.small.input, "rate"), (Values{0.5, -0.25, 1}));
}

TEST(RatePerturbation, ClampedSomaHoldsPotentialAndLookahead) {
  Running run;
  run.engine.set_perturbations({Perturbation::clamp(run.small.low, "soma", 0.4)});
  run.engine.advance(2);
  EXPECT_EQ(read(run.engine, run.small.low, "soma"), Values(4, 0.4));
  EXPECT_EQ(read(run.engine, run.small.low, "prospective"), Values(4, 0.4));
  for (const double r : read(run.engine, run.small.low, "rate")) EXPECT_NEAR(r, std::tanh(0.4), 1e-15);
}

TEST(RatePerturbation, InjectedPotentialAddsToItsCompartmentAndReachesTheSoma) {
  for (const char* compartment : {"basal", "apical"}) {
    for (const bool low : {true, false}) {
      // high's apical dendrite takes its one-to-one input while integrating; low's sums a product.
      Running intact, run;
      const PopulationId p = low ? run.small.low : run.small.high;
      intact.engine.advance(4);
      run.engine.advance(4);
      run.engine.set_perturbations({Perturbation::inject(p, compartment, 0.7).only({1})});
      const double before = read(run.engine, p, "soma")[1];
      intact.engine.advance(1);
      run.engine.advance(1);
      const Values v = read(run.engine, p, compartment), free = read(intact.engine, p, compartment);
      EXPECT_EQ(v[0], free[0]);
      EXPECT_NEAR(v[1], free[1] + 0.7, 1e-15);
      const double steady = (Small::kBasal * read(run.engine, p, "basal")[1] +
                             Small::kApical * read(run.engine, p, "apical")[1]) /
                            Small::kTotal;
      EXPECT_NEAR(read(run.engine, p, "prospective")[1], steady, 1e-14);
      EXPECT_NEAR(read(run.engine, p, "soma")[1], before + 0.01 * Small::kTotal * (steady - before), 1e-14);
      EXPECT_EQ(read(run.engine, p, "soma")[0], read(intact.engine, p, "soma")[0]);
    }
  }
}

TEST(RatePerturbation, ClampedCompartmentIsWhatTheSomaSees) {
  Running run;
  run.engine.set_perturbations({Perturbation::clamp(run.small.high, "apical", -0.9)});
  run.engine.advance(3);
  const Values v = read(run.engine, run.small.high, "apical"),
               basal = read(run.engine, run.small.high, "basal");
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(v[i], -0.9, 1e-15);
    EXPECT_NEAR(read(run.engine, run.small.high, "prospective")[i],
                (Small::kBasal * basal[i] - Small::kApical * 0.9) / Small::kTotal, 1e-14);
  }
}

TEST(RatePerturbation, LowPassedDendriteFiltersWhatIsInjected) {
  const auto potential_after = [](std::vector<Perturbation> perturbations, double input) {
    Circuit c;
    const PopulationId in = c.add_external("input", 1);
    Population p = Small::neurons("v1.pyr", 1);
    p.compartments[0].low_pass_ms = 0.5;
    const PopulationId to = c.add_population(p);
    c.connect(in, to,
              {.compartment = "basal", .topology = Topology::one_to_one, .weights = InitialWeights::eye()});
    ThreadPool pool(1);
    Engine engine(c, {3}, pool);
    engine.set_external<double>(in, 0, Values{input});
    engine.set_perturbations(perturbations);
    engine.advance(7);
    return std::pair(read(engine, to, "basal")[0], read(engine, to, "soma")[0]);
  };
  const auto injected = potential_after({Perturbation::inject({1}, "basal", 0.25)}, 0.5),
             as_input = potential_after({}, 0.75);
  EXPECT_NEAR(injected.first, as_input.first, 1e-15);
  EXPECT_NEAR(injected.second, as_input.second, 1e-15);
}

TEST(RatePerturbation, DisconnectedCompartmentKeepsAnInjectionToItself) {
  Circuit c;
  const PopulationId teacher = c.add_external("teacher", 1);
  Population p = Small::neurons("v1.pyr", 1);
  p.compartments[1].when_absent = WhenAbsent::disconnects;
  const PopulationId to = c.add_population(p);
  c.connect(teacher, to,
            {.compartment = "apical", .topology = Topology::one_to_one, .weights = InitialWeights::eye()});
  ThreadPool pool(1);
  Engine engine(c, {3}, pool);
  engine.set_perturbations({Perturbation::inject(to, "apical", 5)});
  engine.advance(1);
  EXPECT_EQ(read(engine, to, "prospective")[0], 0);
  EXPECT_EQ(read(engine, to, "apical")[0], 5);
  engine.set_external<double>(teacher, 0, Values{1});
  engine.advance(1);
  EXPECT_NEAR(read(engine, to, "prospective")[0], Small::kApical * 6 / Small::kTotal, 1e-14);
}

TEST(RatePerturbation, NoiseIsDrawnByAddressAndHeld) {
  Running intact, run;
  run.engine.set_perturbations({Perturbation::noise(run.small.low, "basal", 0.2, 3)});
  // Nothing comes back to `low` within the first step, so that the difference is the noise; later its own
  // weights see it.
  for (int t = 0; t < 7; ++t) {
    intact.engine.advance(1);
    run.engine.advance(1);
    for (std::size_t r = 0; r < 2; ++r) {
      const Values v = read(run.engine, run.small.low, "basal", r),
                   free = read(intact.engine, run.small.low, "basal", r);
      for (std::size_t i = 0; i < 4; ++i) {
        const auto index = static_cast<std::uint64_t>(t / 3) * 4 + i;
        EXPECT_NEAR(v[i] - free[i], 0.2 * normal({r + 1, Stream::injected_noise, 0, index}), 1e-15);
      }
    }
  }
}

TEST(RatePerturbation, FrozenProjectionKeepsItsWeightsAndOthersLearn) {
  Running intact, run;
  intact.engine.advance(4, Learning::all());
  run.engine.advance(4, Learning::all());
  const Matrix<double> up = run.engine.weights(run.small.up, 0),
                       across = run.engine.weights(run.small.across, 0);
  run.engine.mark_event(run.engine.step());
  run.engine.set_perturbations({Perturbation::freeze(run.small.across).during(0, 5)});
  run.engine.advance(5, Learning::all());
  EXPECT_EQ(run.engine.weights(run.small.across, 0), across);
  EXPECT_FALSE(run.engine.weights(run.small.up, 0) == up);
  run.engine.advance(2, Learning::all());
  EXPECT_FALSE(run.engine.weights(run.small.across, 0) == across);
  intact.engine.advance(5, Learning::all());
  EXPECT_FALSE(intact.engine.weights(run.small.across, 0) == across);
}

TEST(RatePerturbation, ScaledProjectionTransmitsSoMuchMore) {
  Running run;
  run.engine.advance(4);
  run.engine.set_perturbations({Perturbation::scale(run.small.up, 3),
                                Perturbation::scale(run.small.up, 0.5).only({2}),
                                Perturbation::scale(run.small.view, -2), Perturbation::cut(run.small.down)});
  run.engine.advance(2);
  const Matrix<double> w = run.engine.weights(run.small.up, 0),
                       across = run.engine.weights(run.small.across, 0);
  const Values above = read(run.engine, run.small.high, "rate");
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(read(run.engine, run.small.low, "basal")[i],
                3 * 0.5 * w(i, 0) - 3 * 0.25 * w(i, 1) + 1.5 * w(i, 2), 1e-14);
    EXPECT_NEAR(read(run.engine, run.small.low, "apical")[i],
                -2 * (across(0, i) * above[0] + across(1, i) * above[1]), 1e-14);
  }
  EXPECT_EQ(read(run.engine, run.small.high, "apical"), Values(2, 0));
  run.engine.set_perturbations({});
  run.engine.advance(1);
  EXPECT_NEAR(read(run.engine, run.small.low, "basal")[1], 0.5 * w(1, 0) - 0.25 * w(1, 1) + w(1, 2), 1e-14);
}

TEST(RatePerturbation, NothingActingIsBitIdenticalToNothing) {
  Running plain, empty, later;
  const Perturbation never = Perturbation::clamp(plain.small.low, "soma", 9).during(1000, 2000);
  const Perturbation wide_factor = Perturbation::scale(plain.small.up, 0).during(-5, 0);
  empty.engine.set_perturbations({});
  later.engine.set_perturbations({never, wide_factor});
  for (Running* r : {&plain, &empty, &later}) {
    r->engine.advance(7, Learning::all());
    r->engine.advance(3);
    r->engine.advance(7, Learning::all());
  }
  EXPECT_EQ(plain.everything(), empty.everything());
  EXPECT_EQ(plain.everything(), later.everything());
}

TEST(RatePerturbation, WindowsActInTheirStepsHoweverTheyAreCut) {
  Running whole, pieces;
  for (Running* r : {&whole, &pieces}) {
    r->engine.set_perturbations({Perturbation::inject(r->small.high, "basal", 0.3).during(3, 8),
                                 Perturbation::freeze(r->small.up).during(5, 9),
                                 Perturbation::scale(r->small.view, 0).during(-1, 4),
                                 Perturbation::noise(r->small.low, "apical", 0.1, 2).during(6, 12)});
    r->engine.mark_event(2);
  }
  whole.engine.advance(20, Learning::all());
  for (int t = 0; t < 20; ++t) pieces.engine.advance(1, Learning::all());
  EXPECT_EQ(whole.everything(), pieces.everything());
}

TEST(RatePerturbation, GoesOnFromASnapshotAsIfNothingHadHappened) {
  Running run;
  run.engine.set_perturbations({Perturbation::noise(run.small.low, "basal", 0.3, 4),
                                Perturbation::silence(run.small.high).during(6, 9)});
  run.engine.mark_event(1);
  run.engine.advance(5, Learning::all());
  Snapshot snapshot;
  snapshot.take(run.engine);
  run.engine.advance(6, Learning::all());
  const Values once = run.everything();
  run.engine.mark_event(100);
  snapshot.restore(run.engine);
  run.engine.advance(6, Learning::all());
  EXPECT_EQ(run.everything(), once);
}

TEST(RatePerturbation, LanesAndWideLayoutsGiveTheSameBits) {
  const std::vector<std::uint64_t> seeds{1, 2, 7};
  Running wide({.layout = Layout::wide}, seeds), lanes({.layout = Layout::lanes}, seeds);
  for (Running* r : {&wide, &lanes}) {
    r->engine.set_perturbations({Perturbation::inject(r->small.high, "apical", 0.3).during(3, 8).only({1}),
                                 Perturbation::freeze(r->small.up).during(5, 9),
                                 Perturbation::scale(r->small.view, 0.5).during(2, 14),
                                 Perturbation::noise(r->small.low, "apical", 0.1, 2),
                                 Perturbation::clamp(r->small.low, "rate", 0.2).only({0, 3}).during(10, 15),
                                 Perturbation::clamp(r->small.error, "basal", 0.4).during(12, 16),
                                 Perturbation::clamp(r->small.high, "soma", 0.1).during(17, 18)});
    r->engine.advance(20, Learning::all());
  }
  EXPECT_EQ(wide.everything(), lanes.everything());
}

TEST(RatePerturbation, WhatACircuitCannotDoIsRefused) {
  Running run;
  const Small& s = run.small;
  const auto refused = [&](const Perturbation& p, const char* part) {
    try {
      run.engine.set_perturbations({p});
      ADD_FAILURE() << "accepted: " << part;
    } catch (const ConfigError& e) {
      EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
  };
  refused(Perturbation::inject(s.low, "apcial", 1), "unknown compartment 'apcial'");
  refused(Perturbation::inject(s.low, "rate", 1), "unknown compartment 'rate'");
  refused(Perturbation::inject(s.low, "basal", NAN), "finite");
  refused(Perturbation::noise(s.low, "basal", -1), "sd -1");
  refused(Perturbation::noise(s.low, "basal", 1, 0), "held for 0");
  refused(Perturbation::silence(s.low).only({4}), "neuron 4 of population 'low.pyr', which has 4");
  refused(Perturbation::scale(s.up, 2).only({3}), "neuron 3 of population 'input'");
  refused(Perturbation::silence(s.low).during(4, 4), "ends at step 4");
  refused(Perturbation::freeze(s.view), "no plasticity to freeze");
  refused(Perturbation::freeze(s.up).only({0}), "as a whole");
  refused(Perturbation::clamp(s.input, "soma", 0), "external");
  refused({.kind = Perturbation::Kind::scale, .population = s.low}, "needs a projection");
  refused({.kind = Perturbation::Kind::inject, .projection = s.up}, "needs a population");
}

}  // namespace
}  // namespace apical::rate
