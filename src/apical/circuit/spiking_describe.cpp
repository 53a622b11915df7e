// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "apical/circuit/spiking_circuit.h"

namespace apical::spike {
namespace {

std::string current(const char* into, const Drive& d) {
  if (d.constant_A == 0 && d.amplitude_A == 0) return "";
  std::string out = fmt::format(", {:g} pA", d.constant_A * 1e12);
  if (d.amplitude_A != 0)
    out += fmt::format(" + {:g} pA sin (period {:g} s)", d.amplitude_A * 1e12, d.period_s);
  return out + " into the " + into;
}

std::string wiring(const Topology& topology) {
  if (const auto* random = std::get_if<RandomPairs>(&topology))
    return fmt::format("random pairs, {:g} of all{}", random->probability,
                       random->autapses ? ", a neuron may contact itself" : "");
  if (std::holds_alternative<AllToAll>(topology)) return "all to all";
  if (std::holds_alternative<OneToOne>(topology)) return "one to one";
  return fmt::format("{} listed pairs", std::get<ListedPairs>(topology).pairs.size());
}

std::string weights(const Connection& c) {
  if (c.view)
    return fmt::format("shows {:g} times the weights of {}{}", c.view->scale, c.view->of,
                       c.view->transposed ? ", transposed" : "");
  std::string out = fmt::format("weight {:g}", c.weight);
  if (c.weight_sd > 0) out += fmt::format(" +- {:g}", c.weight_sd);
  if (const auto* listed = std::get_if<ListedPairs>(&c.topology); listed && !listed->weights.empty())
    out = "listed weights";
  return out;
}

std::string learning(const Connection& c) {
  if (c.follow)
    return fmt::format("\n    follows {:g} times the changes of {}{}", c.follow->scale, c.follow->of,
                       c.follow->transposed ? ", transposed" : "");
  if (!c.rule) return "";
  const BurstRule& r = *c.rule;
  std::string numbers;
  if (r.interpreted) {
    for (const auto& [name, number] : r.formula->numbers) numbers += fmt::format(", {} = {:g}", name, number);
  }
  std::string out = fmt::format(
      "\n    dw = {}, {:g} ms, within [{:g}, {:g}]",
      r.interpreted ? fmt::format("{}{} (interpreted)", r.formula->text, numbers)
                    : fmt::format("{:g} (B - {} E) Etilde", r.eta,
                                  r.fixed_burst_probability ? fmt::format("{:g}", *r.fixed_burst_probability)
                                                            : std::string("Pbar")),
      r.pre_tau_s * 1e3, r.w_min, r.w_max);
  if (r.minimum_rate_Hz > 0)
    out += fmt::format("; up below {:g} Hz of {}", r.minimum_rate_Hz,
                       r.homeostatic_rate == HomeostaticRate::events ? "events" : "all spikes");
  if (r.maximum_rate_Hz < 1e9) out += fmt::format("; down above {:g} Hz of events", r.maximum_rate_Hz);
  return out;
}

}  // namespace

std::string describe(const SpikingCircuit& circuit) {
  std::string out = fmt::format("spiking circuit '{}', dt = {:g} ms\n", circuit.name, circuit.dt_s * 1e3);
  for (const NeuronGroup& g : circuit.groups) {
    out += fmt::format("  {}: {} {}{}{}", g.name, g.size, kind_of(g.model), current("soma", g.soma_current),
                       current("dendrite", g.dendrite_current));
    if (const auto* source = std::get_if<PoissonSource>(&g.model))
      out += fmt::format(", {:g} Hz", source->rate_Hz);
    out += "\n";
    for (const Background& b : circuit.background) {
      if (b.target == g.name)
        out += fmt::format("    background on {}: {:g} Hz, weight {:g}\n", name_of(b.receptor), b.rate_Hz,
                           b.weight);
    }
  }
  for (const Connection& c : circuit.connections) {
    out += fmt::format("  {}: {} -> {} ({}), {} after {:g} ms, {}, {}", c.name, c.source, c.target,
                       name_of(c.receptor), name_of(c.reads), c.delay_steps * circuit.dt_s * 1e3,
                       wiring(c.topology), weights(c));
    if (c.short_term)
      out += fmt::format(", depression {:g} ms, facilitation {:g} ms, U {:g}",
                         c.short_term->depression_tau_s * 1e3, c.short_term->facilitation_tau_s * 1e3,
                         c.short_term->u_rest);
    out += learning(c) + "\n";
  }
  return out;
}

}  // namespace apical::spike
