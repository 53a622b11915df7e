// SPDX-License-Identifier: Apache-2.0
// Drawing circuits of spiking neurons: a sketch with the populations, compartments and pathways that matter
// for the picture, drawn as circuits of rate neurons are.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "apical/report/drawing/circuit_drawing.h"

namespace apical {
namespace {

using namespace spike;

bool outside(const NeuronGroup& g) {
  return std::holds_alternative<PoissonSource>(g.model) || std::holds_alternative<Relay>(g.model);
}
bool interneuron(const NeuronGroup& g) { return std::holds_alternative<ExponentialIf>(g.model); }
bool onto_dendrite(Receptor r) {
  return r == Receptor::dendrite_excitatory || r == Receptor::dendrite_inhibitory;
}
bool excites(Receptor r) { return r == Receptor::soma_excitatory || r == Receptor::dendrite_excitatory; }

struct Ends {
  std::size_t from, to;
};

Ends ends_of(const SpikingCircuit& d, const Connection& c) {
  return {group_index(d, c.source), group_index(d, c.target)};
}

/// Dendrites receive feedback; interneurons and neurons of one kind talk laterally; the rest goes forward.
Pathway pathway_of(const SpikingCircuit& d, const Connection& c) {
  const Ends e = ends_of(d, c);
  if (e.from == e.to || interneuron(d.groups[e.from]) || interneuron(d.groups[e.to])) return Pathway::lateral;
  return onto_dendrite(c.receptor) && !outside(d.groups[e.from]) ? Pathway::feedback : Pathway::forward;
}

/// Steps from the outside along the forward pathway; loops stop growing.
std::vector<std::size_t> stages_of(const SpikingCircuit& d) {
  std::vector<std::size_t> stage(d.groups.size(), 1);
  for (std::size_t round = 0; round < d.groups.size(); ++round) {
    for (const Connection& c : d.connections) {
      const Ends e = ends_of(d, c);
      if (pathway_of(d, c) != Pathway::forward || outside(d.groups[e.from])) continue;
      stage[e.to] = std::min(std::max(stage[e.to], stage[e.from] + 1), d.groups.size());
    }
  }
  for (std::size_t g = 0; g < d.groups.size(); ++g) {
    if (!interneuron(d.groups[g])) continue;
    for (const Connection& c : d.connections) {
      const Ends e = ends_of(d, c);
      if (e.from == g && !interneuron(d.groups[e.to])) {
        stage[g] = stage[e.to];
        break;
      }
    }
  }
  return stage;
}

/// Expected number of synapses.
double synapses_of(const SpikingCircuit& d, const Connection& c) {
  const Ends e = ends_of(d, c);
  const double all = static_cast<double>(d.groups[e.from].size) * static_cast<double>(d.groups[e.to].size);
  if (const auto* random = std::get_if<RandomPairs>(&c.topology)) return all * random->probability;
  if (const auto* listed = std::get_if<ListedPairs>(&c.topology))
    return static_cast<double>(listed->pairs.size());
  return std::holds_alternative<AllToAll>(c.topology) ? all : static_cast<double>(d.groups[e.from].size);
}

std::string tag_of(const Connection& c) {
  std::string tag;
  const auto add = [&](const std::string& part) { tag += (tag.empty() ? "" : " ") + part; };
  if (c.reads == Reads::events) add("E");
  if (c.reads == Reads::bursts) add("B");
  if (c.short_term)
    add(c.short_term->depression_tau_s < c.short_term->facilitation_tau_s ? "\u2198" : "\u2197");
  if (c.view) add(c.view->transposed ? "W\u1d40" : "W");
  if (c.follow) add("\u0394W");
  if (std::holds_alternative<OneToOne>(c.topology)) add("1:1");
  return tag;
}

std::string title_of(const Connection& c) {
  std::string text = fmt::format("{}: {} of {} reach {} ({})", c.name, name_of(c.reads), c.source, c.target,
                                 name_of(c.receptor));
  if (c.view) return text + fmt::format("; {:g} times the weights of {}", c.view->scale, c.view->of);
  if (c.follow) return text + fmt::format("; changes as {} does", c.follow->of);
  return text + (c.rule ? "; plastic" : "; fixed");
}

/// Projections that share an arrow.
struct Bundle {
  Projection sketch;
  ArrowText text;
  bool excites = false, inhibits = false;
};

std::vector<Bundle> bundles_of(const SpikingCircuit& d) {
  std::vector<Bundle> out;
  std::map<std::tuple<std::string, std::string, bool, std::string>, std::size_t> seen;
  for (const Connection& c : d.connections) {
    const bool dendrite = onto_dendrite(c.receptor);
    const std::string tag = tag_of(c);
    const auto [at, fresh] = seen.insert({{c.source, c.target, dendrite, tag}, out.size()});
    if (fresh) {
      const Ends e = ends_of(d, c);
      Bundle b{};
      b.sketch.name = c.name;
      b.sketch.from = {static_cast<std::uint32_t>(e.from)};
      b.sketch.to = {static_cast<std::uint32_t>(e.to)};
      b.sketch.compartment = dendrite ? "dendrite" : "soma";
      b.sketch.pathway = pathway_of(d, c);
      b.text.tag = tag;
      out.push_back(std::move(b));
    }
    Bundle& b = out[at->second];
    b.text.title += (b.text.title.empty() ? "" : "\n") + title_of(c);
    (excites(c.receptor) ? b.excites : b.inhibits) = true;
    if (c.rule || c.follow) b.sketch.rule = PlasticityRule{};
  }
  for (Bundle& b : out) {
    const char* const sign = b.excites && b.inhibits ? "\u00b1" : b.excites ? "+" : "\u2212";
    b.text.tag += (b.text.tag.empty() ? "" : " ") + std::string(sign);
  }
  return out;
}

}  // namespace

DrawnCircuit draw(const SpikingCircuit& d) {
  Circuit sketch;
  sketch.name = d.name;
  const std::vector<std::size_t> stages = stages_of(d);
  std::size_t neurons = 0;
  for (std::size_t g = 0; g < d.groups.size(); ++g) {
    const NeuronGroup& group = d.groups[g];
    Population p;
    p.name = group.name;
    p.size = group.size;
    p.kind = outside(group) ? Population::Kind::external : Population::Kind::neurons;
    p.compartments.push_back({.name = "soma"});
    if (!outside(group)) {
      p.area = fmt::format("stage {}", stages[g]);
      neurons += group.size;
      if (!interneuron(group)) p.compartments.push_back({.name = "dendrite"});
    }
    sketch.add_population(std::move(p));
  }
  std::vector<ArrowText> texts;
  for (const Bundle& b : bundles_of(d)) {
    const ProjectionId id = sketch.connect(b.sketch.from, b.sketch.to,
                                           {.compartment = b.sketch.compartment,
                                            .name = fmt::format("{} {}", texts.size(), b.sketch.name),
                                            .pathway = b.sketch.pathway});
    sketch.edit(id).rule = b.sketch.rule;
    texts.push_back(b.text);
  }
  DrawnCircuit out = draw_sketch(sketch, texts,
                                 {{"+", "excitatory"},
                                  {"\u2212", "inhibitory"},
                                  {"\u00b1", "both, by receptors of their own"},
                                  {"E", "transmits events only"},
                                  {"B", "transmits bursts only"},
                                  {"\u2198", "depressing"},
                                  {"\u2197", "facilitating"},
                                  {"\u0394W", "changes as another projection does"}});
  double synapses = 0, plastic = 0;
  for (const Connection& c : d.connections) {
    synapses += synapses_of(d, c);
    if (c.rule || c.follow) plastic += synapses_of(d, c);
  }
  out.caption =
      fmt::format("{} spiking neurons, about {} synapses of which {} are plastic; time step {:g}\u00A0ms.",
                  grouped(neurons), grouped(static_cast<std::size_t>(std::llround(synapses))),
                  grouped(static_cast<std::size_t>(std::llround(plastic))), d.dt_s * 1e3);
  out.description = describe(d);
  return out;
}

}  // namespace apical
