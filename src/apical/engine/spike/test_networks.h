// SPDX-License-Identifier: Apache-2.0
// Spiking circuits and an archive that tests of networks share.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "apical/circuit/spiking_circuit.h"

namespace apical::spike {

/// Two populations with everything on: plasticity, feedback bursts, short-term plasticity, delays,
/// background; and one that hears nobody, of several blocks.
inline SpikingCircuit lively(std::size_t n) {
  SpikingCircuit d;
  for (const char* name : {"low", "high"}) {
    NeuronGroup g{.name = name, .size = n, .model = BurstPoisson{}, .initial_voltage_sd_V = 5e-3};
    g.estimator.alpha_s = 0.5;
    g.dendrite_current.constant_A = 300e-12;
    g.soma_current = {.constant_A = 250e-12, .amplitude_A = 100e-12, .period_s = 0.1};
    d.groups.push_back(g);
    for (const Receptor r :
         {Receptor::soma_excitatory, Receptor::soma_inhibitory, Receptor::dendrite_excitatory}) {
      d.background.push_back({name, r, 400, r == Receptor::dendrite_excitatory ? 0.05 : 0.35});
    }
  }
  d.groups.push_back({.name = "two", .size = n / 2, .model = TwoCompartment{}, .initial_voltage_sd_V = 5e-3});
  d.groups.push_back({.name = "pv", .size = n / 4, .model = ExponentialIf::parvalbumin()});
  d.groups.push_back({.name = "som", .size = n / 4, .model = ExponentialIf::somatostatin()});
  d.groups.push_back({.name = "pool", .size = n, .model = PoissonSource{20}});
  d.groups.push_back({.name = "senses",
                      .size = 2 * n,
                      .model = BurstPoisson{},
                      .soma_current = {.constant_A = 500e-12},
                      .initial_voltage_sd_V = 5e-3});
  d.background.push_back({"senses", Receptor::soma_excitatory, 400, 0.35});
  const RandomPairs sparse{.probability = 40.0 / static_cast<double>(n)};
  d.connections = {{.name = "plastic",
                    .source = "low",
                    .target = "high",
                    .reads = Reads::events,
                    .delay_steps = 0,
                    .topology = sparse,
                    .weight = 0.2,
                    .rule = BurstRule{.eta = 0.02}},
                   {.name = "recurrent",
                    .source = "high",
                    .target = "high",
                    .reads = Reads::events,
                    .delay_steps = 0,
                    .topology = sparse,
                    .weight = 0.1,
                    .rule = BurstRule{.eta = 0.01, .pre_tau_s = 0.05}},
                   {.name = "feedback",
                    .source = "high",
                    .target = "low",
                    .receptor = Receptor::dendrite_excitatory,
                    .reads = Reads::bursts,
                    .delay_steps = 3,
                    .topology = sparse,
                    .weight = 0.1},
                   {.name = "depressing",
                    .source = "low",
                    .target = "pv",
                    .topology = sparse,
                    .weight = 0.4,
                    .short_term = ShortTermParameters::depressing()},
                   {.name = "facilitating",
                    .source = "low",
                    .target = "two",
                    .topology = sparse,
                    .weight = 0.8,
                    .short_term = ShortTermParameters::facilitating()},
                   {.name = "inhibition",
                    .source = "pv",
                    .target = "two",
                    .receptor = Receptor::dendrite_inhibitory,
                    .topology = sparse,
                    .weight = 0.05},
                   {.name = "pool", .source = "pool", .target = "som", .topology = sparse, .weight = 0.3},
                   {.name = "senses",
                    .source = "senses",
                    .target = "low",
                    .reads = Reads::events,
                    .delay_steps = 5,
                    .topology = sparse,
                    .weight = 0.3}};
  return d;
}

/// The same circuit with every option of detectors, synapses and the rule that is not a default.
inline SpikingCircuit with_other_options(SpikingCircuit d) {
  for (NeuronGroup& g : d.groups) {
    g.estimator.detector = DetectorKind::accumulating;
    g.estimator.presynaptic_lag_steps = 8;
    g.estimator.float32_decay = true;
    if (auto* m = std::get_if<BurstPoisson>(&g.model)) {
      m->parameters.dendritic_drive = DendriticDrive::somatic;
      g.initial_dendritic_adaptation_V = 1e-4;
    }
  }
  for (Connection& c : d.connections) {
    if (c.short_term) c.short_term->jump = FacilitationJump::u_rest;
    if (!c.rule) continue;
    c.rule->homeostatic_rate = HomeostaticRate::all_spikes;
    c.rule->first_event = FirstEvent::burst_probability_one;
    c.rule->float32_decay = true;
  }
  return d;
}

/// Keeps fields by name, as bytes; reads back only what was written, with the same length.
class TestArchive {
 public:
  template <class Field>
  void operator()(const std::string& name, Field& field) {
    if (!kReading) {
      ASSERT_TRUE(bytes.emplace(name, bytes_of(field)).second) << "written twice: " << name;
      return;
    }
    ASSERT_TRUE(bytes.contains(name)) << name;
    const std::vector<std::byte>& from = bytes.at(name);
    if constexpr (std::is_arithmetic_v<Field>) {
      ASSERT_EQ(from.size(), sizeof field) << name;
      std::memcpy(&field, from.data(), sizeof field);
    } else {
      field.resize(from.size() / sizeof(field[0]));
      if (!from.empty()) std::memcpy(field.data(), from.data(), from.size());
    }
  }
  bool kReading = false;
  std::map<std::string, std::vector<std::byte>> bytes;

 private:
  template <class Field>
  static std::vector<std::byte> bytes_of(const Field& field) {
    std::span<const std::byte> all;
    if constexpr (std::is_arithmetic_v<Field>) {
      all = std::as_bytes(std::span(&field, 1));
    } else {
      all = std::as_bytes(std::span(field));
    }
    return {all.begin(), all.end()};
  }
};

}  // namespace apical::spike
