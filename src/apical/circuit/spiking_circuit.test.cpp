// SPDX-License-Identifier: Apache-2.0
#include "apical/circuit/spiking_circuit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "apical/core/error.h"

namespace apical::spike {
namespace {

SpikingCircuit valid() {
  SpikingCircuit d;
  d.groups = {{.name = "pre", .size = 10},
              {.name = "post", .size = 20, .model = BurstPoisson{}},
              {.name = "pv", .size = 5, .model = ExponentialIf::parvalbumin()},
              {.name = "noise", .size = 5, .model = PoissonSource{10}}};
  d.connections = {{.name = "c",
                    .source = "pre",
                    .target = "post",
                    .reads = Reads::events,
                    .delay_steps = 0,
                    .weight = 0.5}};
  d.background = {
      {.target = "post", .receptor = Receptor::dendrite_inhibitory, .rate_Hz = 100, .weight = 0.1}};
  return d;
}

void refused(const std::function<void(SpikingCircuit&)>& spoil, const std::string& message) {
  SpikingCircuit d = valid();
  spoil(d);
  try {
    validate(d);
    ADD_FAILURE() << "accepted: " << message;
  } catch (const ConfigError& e) {
    EXPECT_THAT(std::string(e.what()), ::testing::HasSubstr(message));
  }
}

TEST(SpikeDescription, AValidCircuitIsAccepted) { EXPECT_NO_THROW(validate(valid())); }

TEST(SpikeDescription, UnknownNamesAreAnsweredWithNearOnes) {
  refused([](SpikingCircuit& d) { d.connections[0].target = "pst"; }, "did you mean 'post'?");
  refused([](SpikingCircuit& d) { d.background[0].target = "pots"; }, "unknown population 'pots'");
  EXPECT_THROW(connection_index(valid(), "d"), ConfigError);
}

TEST(SpikeDescription, WhatCannotBeExecutedIsRefused) {
  refused([](SpikingCircuit& d) { d.dt_s = 0; }, "the time step");
  refused(
      [](SpikingCircuit& d) {
        d.groups.clear();
        d.connections.clear();
        d.background.clear();
      },
      "at least one");
  refused([](SpikingCircuit& d) { d.groups[0].size = 0; }, "0 neurons");
  refused([](SpikingCircuit& d) { d.groups[1].name = "pre"; }, "two populations");
  refused([](SpikingCircuit& d) { d.groups[1].initial_voltage_sd_V = -1e-3; }, "of 'post' is -0.001 V");
  refused([](SpikingCircuit& d) { d.groups[1].initial_voltage_sd_V = NAN; }, "initial spread of potentials");
  refused([](SpikingCircuit& d) { d.groups[1].estimator.alpha_s = -1; }, "averaging time");
  refused([](SpikingCircuit& d) { d.groups[1].estimator.burst_limit_s = 0; }, "burst limit");
  refused([](SpikingCircuit& d) { d.groups[1].estimator.all_spikes_tau_s = 0; }, "all spikes");
  refused([](SpikingCircuit& d) { d.groups[1].soma_current.period_s = 0; }, "period of the somatic");
  refused([](SpikingCircuit& d) { d.groups[1].dendrite_current.period_s = 0; }, "period of the dendritic");
  refused([](SpikingCircuit& d) { std::get<BurstPoisson>(d.groups[1].model).parameters.soma_tau_s = 1e-5; },
          "time constant");
  refused([](SpikingCircuit& d) { std::get<BurstPoisson>(d.groups[1].model).parameters.refractory_s = 1e-3; },
          "extra spike");
  refused(
      [](SpikingCircuit& d) { std::get<BurstPoisson>(d.groups[1].model).parameters.soma_capacitance_F = 0; },
      "somatic capacitance");
  refused([](SpikingCircuit& d) { std::get<ExponentialIf>(d.groups[2].model).tau_s = 0; }, "time constant");
  refused([](SpikingCircuit& d) { std::get<ExponentialIf>(d.groups[2].model).leak_S = 0; },
          "leak conductance");
  refused([](SpikingCircuit& d) { std::get<PoissonSource>(d.groups[3].model).rate_Hz = 1e4; },
          "the rate of 'noise'");
  refused([](SpikingCircuit& d) { d.groups[0].estimator.presynaptic_lag_steps = -1; }, "lag");
  refused([](SpikingCircuit& d) { d.groups[2].initial_dendritic_adaptation_V = 1e-4; }, "do not adapt");
  refused([](SpikingCircuit& d) { d.groups[1].initial_dendritic_adaptation_V = NAN; }, "initial dendritic");
  refused([](SpikingCircuit& d) { d.background[0].rate_Hz = -1; }, "background of 'post'");
  refused([](SpikingCircuit& d) { d.background[0].target = "pv"; }, "has a soma only");
  refused([](SpikingCircuit& d) { d.connections[0].target = "noise"; }, "no membrane");
  refused([](SpikingCircuit& d) { d.connections[0].delay_steps = -1; }, "delay");
  refused([](SpikingCircuit& d) { d.connections.push_back(d.connections[0]); }, "two projections");
  refused([](SpikingCircuit& d) { d.connections[0].weight = INFINITY; }, "finite");
  refused([](SpikingCircuit& d) { d.connections[0].topology = RandomPairs{.probability = 1.5}; }, "[0, 1]");
  refused([](SpikingCircuit& d) { d.connections[0].topology = OneToOne{}; }, "one-to-one");
  refused([](SpikingCircuit& d) { d.connections[0].topology = ListedPairs{{{0, 20}}, {}}; }, "(0, 20)");
  refused([](SpikingCircuit& d) { d.connections[0].topology = ListedPairs{{{0, 1}, {0, 1}}, {}}; }, "twice");
  refused(
      [](SpikingCircuit& d) {
        d.connections[0].topology = ListedPairs{{{0, 1}}, {1, 2}};
      },
      "1 pairs and 2 weights");
  refused(
      [](SpikingCircuit& d) {
        d.connections[0].short_term = ShortTermParameters{0, 1, 0.5, 0.1};
      },
      "short-term time");
  refused(
      [](SpikingCircuit& d) {
        d.connections[0].short_term = ShortTermParameters{1, 1, 1.5, 0.1};
      },
      "must lie in [0, 1]");
}

TEST(SpikeDescription, ThePlasticityRuleHasItsPreconditions) {
  const auto plastic = [](const std::function<void(Connection&)>& change) {
    return [change](SpikingCircuit& d) {
      d.connections[0].rule = BurstRule{};
      change(d.connections[0]);
    };
  };
  refused(plastic([](Connection& c) { c.reads = Reads::spikes; }), "must read events");
  refused(plastic([](Connection& c) { c.delay_steps = 8; }), "0 steps");
  refused(plastic([](Connection& c) { c.weight = 2; }), "outside [0, 1]");
  refused(plastic([](Connection& c) { c.rule->pre_tau_s = 0; }), "presynaptic time constant");
  refused(plastic([](Connection& c) { c.rule->maximum_rate_Hz = 0; }), "maximum rate");
  refused(plastic([](Connection& c) { c.rule->eta = NAN; }), "learning rate");
  refused(plastic([](Connection& c) { c.short_term = ShortTermParameters::depressing(); }), "both plastic");
}

TEST(SpikeDescription, ViewsAndFollowersNeedSomethingToMirror) {
  const auto mirror = [](const std::function<void(Connection&)>& change) {
    return [change](SpikingCircuit& d) {
      d.groups[0].model = BurstPoisson{};
      d.connections[0].rule = BurstRule{};
      Connection back{.name = "back",
                      .source = "post",
                      .target = "pre",
                      .receptor = Receptor::dendrite_excitatory,
                      .reads = Reads::bursts};
      change(back);
      d.connections.push_back(back);
    };
  };
  SpikingCircuit fine = valid();
  mirror([](Connection& c) { c.follow = FollowRule{.of = "c", .scale = 2}; })(fine);
  EXPECT_NO_THROW(validate(fine));
  refused(mirror([](Connection& c) { c.follow = FollowRule{.of = "d"}; }), "unknown projection 'd'");
  refused(mirror([](Connection& c) { c.follow = FollowRule{.of = "back"}; }), "which would take it from");
  refused(mirror([](Connection& c) { c.view = WeightView{.of = "c", .transposed = false}; }),
          "it goes from 'post' to 'pre'");
  refused(mirror([](Connection& c) {
            c.view = WeightView{.of = "c"};
            c.topology = AllToAll{};
          }),
          "the same topology");
  refused(mirror([](Connection& c) {
            c.view = WeightView{.of = "c"};
            c.follow = FollowRule{.of = "c"};
          }),
          "also has a rule");
  refused(mirror([](Connection& c) { c.view = WeightView{.of = "c", .scale = NAN}; }), "scale of the view");
  refused(mirror([](Connection& c) { c.follow = FollowRule{.of = "c", .scale = INFINITY}; }),
          "scale of the changes");
  refused(mirror([](Connection& c) {
            c.follow = FollowRule{.of = "c"};
            c.short_term = ShortTermParameters::depressing();
          }),
          "both plastic");
  refused(
      [&](SpikingCircuit& d) {
        mirror([](Connection& c) { c.follow = FollowRule{.of = "c"}; })(d);
        d.connections[0].rule.reset();
      },
      "no rule to learn by");
  refused(
      [&](SpikingCircuit& d) {
        mirror([](Connection& c) { c.view = WeightView{.of = "c"}; })(d);
        Connection forth = d.connections[0];
        forth.name = "forth";
        forth.rule.reset();
        forth.view = WeightView{.of = "back"};
        d.connections.push_back(forth);
      },
      "none of its own");
}

}  // namespace
}  // namespace apical::spike
