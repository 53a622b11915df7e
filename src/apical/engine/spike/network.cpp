// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/network.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <tuple>

#include "apical/core/divergence.h"
#include "apical/core/error.h"
#include "apical/core/random.h"
#include "apical/engine/spike/burst_rule.h"

namespace apical::spike {
namespace {

constexpr Step kAhead = 8;                             // a power of two
constexpr Step kCheck = 256;                           // how often potentials are looked at; a power of two
constexpr double kLongest = 1e9;                       // steps without another look at rates
constexpr std::uint32_t kSourceObjects = 0x80000000U;  // Poisson walks: backgrounds below, sources above

std::uint32_t walk_object(std::size_t owner, std::size_t block) {
  APICAL_CHECK(owner < 32768 && block < 65536);
  return static_cast<std::uint32_t>(owner << 16 | block);
}

bool reads_events_of(const SpikingCircuit& d, const std::string& group) {
  return std::any_of(d.connections.begin(), d.connections.end(),
                     [&](const Connection& c) { return c.source == group && c.reads != Reads::spikes; });
}

}  // namespace

template <class T>
Network<T>::Network(const SpikingCircuit& description, std::uint64_t seed, ThreadPool* pool, Sharing sharing)
    : description_(description),
      seed_(seed),
      pool_(pool),
      sharing_(sharing),
      parts_(pool ? pool->size() : 1),
      sent_(parts_) {
  validate(description_);
  int longest = 0;
  for (const NeuronGroup& g : description_.groups)
    longest = std::max(longest, g.estimator.presynaptic_lag_steps);
  for (const Connection& c : description_.connections) longest = std::max(longest, c.delay_steps);
  slots_ = std::bit_ceil(static_cast<std::size_t>(longest + kAhead) +
                         1);  // written ahead while the oldest is still read

  const std::vector<GroupLayout> places = layout(description_, parts_, {rank(), ranks()});
  for (std::size_t g = 0; g < places.size(); ++g) add_group(g, places[g]);
  share_blocks();
  for (std::size_t n = 0; n < description_.connections.size(); ++n) add_connection(n, places);
  for (std::size_t n = 0; n < description_.connections.size(); ++n) add_mirror(n);
  deliveries_.resize(parts_);
  for (std::size_t n = 0; n < description_.background.size(); ++n) add_background(n);

  for (const Group& group : groups_) {
    for (const auto* traces : {&group.events, &group.bursts, &group.spikes}) {
      shortest_period_ = std::min(shortest_period_, traces->period());
    }
  }
  for (const Eligibility& e : eligibility_)
    shortest_period_ = std::min(shortest_period_, e.copies[0].period());

  patience_ = kCheck;
  for (const Connection& c : description_.connections) {
    patience_ = std::min<Step>(patience_, c.delay_steps + 1);
    learns_ = learns_ || c.rule.has_value();
  }
}

template <class T>
void Network<T>::add_group(std::size_t g, const GroupLayout& places) {
  const NeuronGroup& spec = description_.groups[g];
  const RateEstimator& estimator = spec.estimator;
  const double dt = description_.dt_s;
  Group group;
  group.alpha_s = estimator.alpha_s;
  group.presynaptic_lag = estimator.presynaptic_lag_steps;
  group.relay = std::holds_alternative<Relay>(spec.model);
  if (has_membrane(spec.model)) group.membrane.emplace_back(spec, dt, seed_, static_cast<std::uint32_t>(g));
  const double slow = decay_rate(dt, estimator.alpha_s, estimator.float32_decay);
  group.events = DecayingTraces<double>(spec.size, slow);
  group.bursts = DecayingTraces<double>(spec.size, slow);
  group.spikes =
      DecayingTraces<double>(spec.size, decay_rate(dt, estimator.all_spikes_tau_s, estimator.float32_decay),
                             estimator.all_spikes_initial_Hz * estimator.all_spikes_tau_s);
  const bool labelled = has_membrane(spec.model) || group.relay || reads_events_of(description_, spec.name);
  for (const BlockPlace& place : places.blocks) {
    Block block;
    block.group = g;
    block.index = group.blocks.size();
    block.rank = place.rank;
    block.part = place.part;
    block.owned = place.rank == rank();
    block.here = block.owned || group.relay;  // what relays emit is said on every rank
    block.deaf = places.deaf;
    block.first = place.first;
    block.count = place.count;
    block.ring.resize(slots_);
    if (labelled) {
      block.event_counts.assign(block.count, 0);
      block.detectors.emplace_back(estimator.detector, estimator.burst_limit_s, dt, block.count,
                                   estimator.float32_decay);
      if (group.presynaptic_lag > 0) block.detectors.push_back(block.detectors.front());
    }
    if (const auto* poisson = std::get_if<PoissonSource>(&spec.model)) {
      block.source.emplace_back(seed_, kSourceObjects | walk_object(g, block.index), block.count,
                                poisson->rate_Hz * dt);
    }
    group.blocks.push_back(std::move(block));
  }
  groups_.push_back(std::move(group));
}

template <class T>
void Network<T>::share_blocks() {
  for (auto* blocks : {&part_blocks_, &listening_, &deaf_, &followed_}) blocks->resize(parts_);
  for (Group& group : groups_) {
    for (Block& block : group.blocks) {
      block.number = static_cast<std::uint32_t>(blocks_.size());
      blocks_.push_back(&block);
      part_blocks_[block.part].push_back(&block);
      (!block.here ? followed_ : block.deaf ? deaf_ : listening_)[block.part].push_back(&block);
    }
  }
  for (const auto& blocks : part_blocks_) {
    for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i]->activity = activity_stride_ + i;
    activity_stride_ += round_up(blocks.size(), kAlignment);
  }
  activity_.assign(slots_ * activity_stride_, 0);
}

template <class T>
void Network<T>::add_connection(std::size_t n, const std::vector<GroupLayout>& places) {
  const Connection c = wired(n);
  const std::size_t source = group_index(description_, c.source),
                    target = group_index(description_, c.target);
  const std::size_t sources = description_.groups[source].size, targets = description_.groups[target].size;
  Link link{.source = source,
            .target = target,
            .synapses = Synapses<T>(c, sources, targets, seed_, draw_address(n), places[target].boundaries),
            .receptor = c.receptor,
            .reads = c.reads,
            .delay = c.delay_steps};
  if (c.short_term) {
    link.short_term.assign(sources, {.x = 1, .u = c.short_term->u_rest, .last = 0});
    link.efficacy.assign(slots_, std::vector<std::vector<T>>(groups_[source].blocks.size()));
  }
  if (c.rule) {
    link.eta = c.rule->eta;
    if (c.rule->interpreted) link.jumps = jumps_of(*c.rule->formula);
    link.deficits.assign(targets, T{0});
    link.no_deficit_before.assign(parts_, 0);
    link.updates.resize(parts_);
    link.terms.resize(parts_);
    link.eligibility = eligibility_of(source, c.rule->pre_tau_s, c.rule->float32_decay);
  }
  links_.push_back(std::move(link));
  if (groups_[target].relay) return;  // a recorded train learns but feels nothing
  const auto found = std::find_if(outgoing_.begin(), outgoing_.end(), [&](const Outgoing& o) {
    return o.source == source && o.delay == c.delay_steps;
  });
  if (found == outgoing_.end()) {
    outgoing_.push_back({source, c.delay_steps, {n}});
  } else {
    found->links.push_back(n);
  }
}

template <class T>
std::size_t Network<T>::eligibility_of(std::size_t source, double tau_s, bool float32_decay) {
  const double decay = decay_rate(description_.dt_s, tau_s, float32_decay);
  for (std::size_t e = 0; e < eligibility_.size(); ++e) {
    if (eligibility_[e].source == source && eligibility_[e].decay == decay) return e;
  }
  const DecayingTraces<T> traces(description_.groups[source].size, decay);
  eligibility_.push_back({source, decay, std::vector<DecayingTraces<T>>(parts_, traces)});
  return eligibility_.size() - 1;
}

template <class T>
void Network<T>::add_background(std::size_t n) {
  const Background& b = description_.background[n];
  const std::size_t target = group_index(description_, b.target);
  const std::uint32_t address = b.draw_address.value_or(static_cast<std::uint32_t>(n));
  noise_.push_back({target, groups_[target].blocks.front().feeds.size()});
  for (Block& block : groups_[target].blocks) {
    block.feeds.push_back({.walk = PoissonWalk(seed_, walk_object(address, block.index), block.count,
                                               b.rate_Hz * description_.dt_s),
                           .receptor = b.receptor,
                           .weight = static_cast<T>(b.weight)});
  }
}

template <class T>
Network<T>::~Network() = default;
template <class T>
Network<T>::Network(Network&&) noexcept = default;

// ---------------------------------------------------------------------------------------------- one step

template <class T>
void Network<T>::label(Group& group, Block& block, Step k) {
  Emission& now = block.ring[slot(k)];
  block.counts.spikes += now[0].size();
  if (!block.detectors.empty()) {
    EventBurstDetector& post = block.detectors.front();
    EventBurstDetector* const pre = block.detectors.size() > 1 ? &block.detectors[1] : nullptr;
    for (const std::uint32_t neuron : now[0]) {
      const Label seen = post.label(neuron - block.first, k);
      post.count(neuron - block.first, k);
      if (seen == Label::event) {
        now[kPostEvents].push_back(neuron);
        ++block.event_counts[neuron - block.first];
      }
      if (seen == Label::burst) now[kPostBursts].push_back(neuron);
      const Label sent = pre ? pre->label(neuron - block.first, k) : seen;
      if (sent == Label::event) now[1].push_back(neuron);
      if (sent == Label::burst) now[2].push_back(neuron);
      if (group.recorded) block.recorded.push_back({k, neuron, seen});
    }
    if (pre) {
      for (const std::uint32_t neuron : block.ring[slot(k - group.presynaptic_lag)][0]) {
        pre->count(neuron - block.first, k);
      }
    }
    block.counts.events += now[kPostEvents].size();
    block.counts.bursts += now[kPostBursts].size();
  } else if (group.recorded) {
    for (const std::uint32_t neuron : now[0]) block.recorded.push_back({k, neuron, Label::none});
  }
}

/// One draw for four sources, none where all four are silent.
template <class T>
void Network<T>::emit_at_rates(Block& block, Step k) {
  constexpr std::size_t kWords = 4;
  const std::uint32_t object = walk_object(block.group, block.index);
  const float* const p = block.probabilities.data();
  for (std::size_t i = 0; i < block.count; i += kWords) {
    const std::size_t end = std::min<std::size_t>(i + kWords, block.count);
    if (std::all_of(p + i, p + end, [](float x) { return x <= 0; })) continue;
    const auto words = random_words(
        {seed_, Stream::poisson_spike, object, static_cast<std::uint64_t>(k) << 32 | i / kWords});
    for (std::size_t n = i; n < end; ++n) {
      if (static_cast<float>(words[n - i] >> 8) * 0x1p-24f < p[n])
        block.ring[slot(k)][0].push_back(block.first + static_cast<std::uint32_t>(n));
    }
  }
}

template <class T>
void Network<T>::emit_train(Block& block, Step k) {
  std::vector<std::uint32_t>& now = block.ring[slot(k)][0];
  const std::size_t told = now.size();
  for (; block.next_in_train < block.train.size() && block.train[block.next_in_train].step <= k;
       ++block.next_in_train) {
    if (block.train[block.next_in_train].step == k) now.push_back(block.train[block.next_in_train].neuron);
  }
  if (told == 0 || told == now.size()) return;
  std::sort(now.begin(), now.end());
  now.erase(std::unique(now.begin(), now.end()), now.end());
}

template <class T>
void Network<T>::integrate_block(Block& block, Step k) {
  Group& group = groups_[block.group];
  Emission& now = block.ring[slot(k)];
  for (auto& list : now) list.clear();
  if (!group.membrane.empty()) {
    Membrane<T>& membrane = group.membrane.front();
    for (const Feed& feed : block.feeds) feed.walk.prefetch();
    membrane.step(k, block.index, now[0]);
    for (Feed& feed : block.feeds) {
      T* const conductance = membrane.conductance(feed.receptor) + block.first;
      const T amount = feed.weight * membrane.arrival_factor(feed.receptor, k);
      feed.deliveries += feed.walk.step([&](std::uint32_t train) { conductance[train] += amount; });
    }
  } else if (group.relay) {
    now[0].swap(block.to_emit);
    emit_train(block, k);
  } else if (!block.probabilities.empty()) {
    emit_at_rates(block, k);
  } else {
    block.source.front().step([&](std::uint32_t train) { now[0].push_back(block.first + train); });
  }
  if (!now[0].empty() || block.detectors.size() > 1) label(group, block, k);
  activity_[slot(k) * activity_stride_ + block.activity] = kinds_in(now);
  if (shared() && !group.relay && !now[0].empty()) note_sent(block, k);
}

template <class T>
void Network<T>::integrate(std::size_t part, Step k, Step end) {
  // The deaf go ahead several steps at a time, while their state is in the nearest cache.
  if ((k & (kAhead - 1)) == 0 || k == first_) {
    const Step last = deaf_until(k, end);
    for (Block* block : deaf_[part]) {
      for (Step ahead = k; ahead < last; ++ahead) integrate_block(*block, ahead);
    }
  }
  // There and back again: what the last step touched last is still in the nearest cache.
  const auto& blocks = listening_[part];
  for (std::size_t i = 0; i < blocks.size(); ++i)
    integrate_block(*blocks[k % 2 == 0 ? i : blocks.size() - 1 - i], k);
  for (std::size_t l = 0; l < links_.size(); ++l) {
    if (links_[l].short_term.empty()) continue;
    for (const Block& block : groups_[links_[l].source].blocks) {
      if (block.part == part && block.here) use_resources(links_[l], l, block, k);
    }
  }
}

/// The part of the source advances its dynamics.
template <class T>
void Network<T>::use_resources(Link& link, std::size_t connection, const Block& block, Step k) {
  auto& efficacy = link.efficacy[slot(k)][block.index];
  efficacy.clear();
  for (const std::uint32_t neuron : block.ring[slot(k)][static_cast<std::size_t>(link.reads)]) {
    efficacy.push_back(static_cast<T>(link.short_term[neuron].transmit(
        *description_.connections[connection].short_term, description_.dt_s, k)));
  }
}

template <class T>
void Network<T>::begin_step(std::size_t part, Step k) {
  for (Eligibility& e : eligibility_) e.copies[part].begin_step(k, 0, e.copies[part].size());
  for (const Block* block : part_blocks_[part]) {
    Group& group = groups_[block->group];
    for (auto* traces : {&group.events, &group.bursts, &group.spikes}) {
      traces->begin_step(k, block->first, block->first + block->count);
    }
  }
}

template <class T>
void Network<T>::transmit(std::size_t part, const Block& block, Link& link, Step k) {
  const std::size_t at = slot(k - link.delay);
  if (link.cut || !emitted(block, at, link.reads)) return;
  Membrane<T>& target = groups_[link.target].membrane.front();
  T* const conductance = target.conductance(link.receptor);
  const T arrival = target.arrival_factor(link.receptor, k);
  const auto& sources = block.ring[at][static_cast<std::size_t>(link.reads)];
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const T factor = link.short_term.empty() ? arrival : arrival * link.efficacy[at][block.index][i];
    deliveries_[part].count += link.synapses.deliver(part, sources[i], factor, conductance);
  }
}

template <class T>
void Network<T>::transmit_all(std::size_t part, Step k) {
  const auto from = [&](std::optional<std::size_t> one_rank) {
    for (const Outgoing& out : outgoing_) {
      const std::uint8_t* const active = activity_.data() + slot(k - out.delay) * activity_stride_;
      for (const Block& block : groups_[out.source].blocks) {
        if (active[block.activity] == 0 || (one_rank && block.rank != *one_rank)) continue;
        for (const std::size_t l : out.links) transmit(part, block, links_[l], k);
      }
    }
  };
  if (sharing_.arrivals == Arrivals::sorted) return from({});
  for (std::size_t r = 0; r < ranks(); ++r) from((rank() + r) % ranks());
}

template <class T>
void Network<T>::note_presynaptic(std::size_t part, Step k, bool own) {
  for (Eligibility& e : eligibility_) {
    for (const Block& block : groups_[e.source].blocks) {
      if (block.here != own || !emitted(block, slot(k), Reads::events)) continue;
      const double amount = e.copies[part].growth(k);
      for (const std::uint32_t neuron : block.ring[slot(k)][static_cast<std::size_t>(Reads::events)]) {
        e.copies[part].add(neuron, amount);
      }
    }
  }
}

template <class T>
void Network<T>::note_rates(std::size_t part, Step k, bool own) {
  const auto count = [k](DecayingTraces<double>& traces, const std::vector<std::uint32_t>& neurons) {
    if (neurons.empty()) return;
    const double amount = traces.growth(k);
    for (const std::uint32_t neuron : neurons) traces.add(neuron, amount);
  };
  for (const Block* block : part_blocks_[part]) {
    if (block->here != own || !emitted(*block, slot(k), Reads::spikes) || block->detectors.empty()) continue;
    Group& group = groups_[block->group];
    const Emission& now = block->ring[slot(k)];
    count(group.events, now[kPostEvents]);
    count(group.bursts, now[kPostBursts]);
    count(group.spikes, now[static_cast<std::size_t>(Reads::spikes)]);
  }
}

template <class T>
void Network<T>::deliver(std::size_t part, Step k, Step from) {
  if ((k & (shortest_period_ - 1)) == 0) begin_step(part, k);
  for (const Outgoing& out : outgoing_) {
    const std::size_t at = slot(k - out.delay);
    for (const Block& block : groups_[out.source].blocks) {
      if (activity_[at * activity_stride_ + block.activity] == 0) continue;
      for (const std::size_t l : out.links) {
        for (const std::uint32_t s : block.ring[at][static_cast<std::size_t>(links_[l].reads)])
          links_[l].synapses.prefetch(part, s);
      }
    }
  }
  transmit_all(part, k);
  note_presynaptic(part, k, true);
  for (Step s = from; s <= k; ++s) note_presynaptic(part, s, false);
  if (plasticity_) {
    for (std::size_t l = 0; l < links_.size(); ++l) {
      const std::optional<BurstRule>& rule = description_.connections[l].rule;
      if (!rule) continue;
      apply_presynaptic_term(part, links_[l], *rule, k);
      apply_postsynaptic_term(part, links_[l], *rule, k);
    }
  }
  note_rates(part, k, true);
  for (Step s = from; s <= k; ++s) note_rates(part, s, false);
}

template <class T>
bool Network<T>::find_deficits(std::size_t part, Link& link, const BurstRule& rule, Step k) {
  if (k < link.no_deficit_before[part]) return false;
  const double minimum = rule.minimum_rate_Hz;
  const Group& target = groups_[link.target];
  const bool all = rule.homeostatic_rate == HomeostaticRate::all_spikes;
  const DecayingTraces<double>& traces = all ? target.spikes : target.events;
  const double tau_s = all ? description_.groups[link.target].estimator.all_spikes_tau_s : target.alpha_s;
  const double to_rate = 1 / (traces.growth(k) * tau_s);
  double lowest = std::numeric_limits<double>::infinity();
  for (const Block& block : target.blocks) {
    if (block.part != part || !block.owned) continue;
    for (std::size_t i = block.first; i < block.first + block.count; ++i) {
      const double rate = traces.scaled()[i] * to_rate;
      lowest = std::min(lowest, rate);
      link.deficits[i] = static_cast<T>(rate_deficit(rate, minimum));
    }
  }
  // Spikes only add to what decays, so that nobody can fall below the minimum before the lowest rate has
  // decayed to it.
  if (lowest > minimum) {
    const double steps = minimum > 0 ? tau_s / description_.dt_s * std::log(lowest / minimum) : kLongest;
    link.no_deficit_before[part] = k + static_cast<Step>(0.99 * std::min(steps, kLongest));
  }
  return lowest < minimum;
}

template <class T>
void Network<T>::apply_presynaptic_term(std::size_t part, Link& link, const BurstRule& rule, Step k) {
  std::optional<bool> any_deficit;  // found at the first event
  for (const Block& source : groups_[link.source].blocks) {
    if (!emitted(source, slot(k), Reads::events)) continue;
    if (!any_deficit) any_deficit = find_deficits(part, link, rule, k);
    if (!*any_deficit) return;
    for (const std::uint32_t neuron : source.ring[slot(k)][static_cast<std::size_t>(Reads::events)]) {
      link.synapses.add_per_target(part, neuron, static_cast<T>(link.eta), link.deficits.data(),
                                   {static_cast<T>(rule.w_min), static_cast<T>(rule.w_max)});
      if (!link.recorded) continue;
      PresynapticTerm term{k, neuron, std::vector<double>(link.deficits.size(), 0.0)};
      for (const Block& block : groups_[link.target].blocks) {
        if (block.part != part || !block.owned) continue;
        for (std::size_t i = block.first; i < block.first + block.count; ++i) {
          term.deficits_Hz[i] = static_cast<double>(link.deficits[i]);
        }
      }
      link.terms[part].push_back(std::move(term));
    }
  }
}

template <class T>
double Network<T>::interpreted_valence(const Link& link, Label kind, double p, double events,
                                       double bursts) const {
  const double alpha_s = groups_[link.target].alpha_s;
  return value_of(kind == Label::event ? link.jumps->at_event : link.jumps->at_burst, p, events / alpha_s,
                  bursts / alpha_s);
}

template <class T>
void Network<T>::apply_postsynaptic_term(std::size_t part, Link& link, const BurstRule& rule, Step k) {
  Group& target = groups_[link.target];
  const DecayingTraces<T>& eligibility = eligibility_[link.eligibility].copies[part];
  const double decay = 1 / eligibility.growth(k);
  const auto update = [&](std::uint32_t neuron, Label kind) {
    const double events = target.events.value(neuron, k), bursts = target.bursts.value(neuron, k);
    const double h = homeostatic_term(events / target.alpha_s, rule.maximum_rate_Hz);
    const double p =
        rule.fixed_burst_probability.value_or(burst_probability(events, bursts, rule.first_event));
    double valence = kind == Label::event ? -p : 1;
    double change = kind == Label::event ? event_valence(p, h) : burst_valence(h);
    if (link.jumps) {
      valence = interpreted_valence(link, kind, p, events, bursts);
      change = valence + h;
      if (has_diverged(valence)) {
        note_fault(part, NumericalFault({.population = description_.groups[link.target].name,
                                         .quantity = kind == Label::event ? "change of weights at an event"
                                                                          : "change of weights at a burst",
                                         .unit = neuron,
                                         .seed = seed_,
                                         .step = k,
                                         .time_ms = static_cast<double>(k) * description_.dt_s * 1e3,
                                         .value = valence}));
        return;  // the weights as they were are of more use
      }
    }
    link.synapses.add_per_source(neuron, static_cast<T>(link.eta * change * decay), eligibility.scaled(),
                                 {static_cast<T>(rule.w_min), static_cast<T>(rule.w_max)});
    if (link.recorded) link.updates[part].push_back({k, neuron, kind, valence, h});
  };
  for (const Block& block : target.blocks) {
    if (block.part != part || !block.owned || !emitted(block, slot(k), Reads::spikes)) continue;
    for (const std::uint32_t neuron : block.ring[slot(k)][kPostEvents]) update(neuron, Label::event);
    for (const std::uint32_t neuron : block.ring[slot(k)][kPostBursts]) update(neuron, Label::burst);
  }
}

template <class T>
Step Network<T>::deaf_until(Step k, Step end) {
  return std::min(end, (k | (kAhead - 1)) + 1);
}

template <class T>
bool Network<T>::ends_check(Step k) {
  return k % kCheck == kCheck - 1;
}

template <class T>
void Network<T>::advance(Step steps) {
  if (!fault_.empty()) throw Error(ExitCode::numerical_fault, "the state is not usable any more: " + fault_);
  if (steps <= 0) return;
  first_ = now_;
  heard_ahead_.assign(parts_, now_);
  const Step end = now_ + steps;
  Step reached = end;
  Barrier barrier(static_cast<unsigned>(parts_));
  faults_ = std::make_unique<Faults>();
  faults_->first.resize(parts_);
  const auto look = [&](std::size_t part, Step k) {
    if (const auto fault = first_fault(part, k)) note_fault(part, *fault);
  };
  const auto work = [&](std::size_t part) {
    try {
      Step met = first_;  // others' spikes are known of all steps before
      for (Step k = first_; k < end; ++k) {
        integrate(part, k, end);
        const bool now = shared() && meets(met, k, end);
        if (now) {
          if (!barrier.arrive_and_wait()) return;
          if (part == 0) meet(k);
          if (!barrier.arrive_and_wait()) return;
          follow_others(part, met, k, end);
        }
        if (!barrier.arrive_and_wait()) return;
        deliver(part, k, now ? met : k + 1);
        if (now) met = k + 1;
        // Looked for kAhead steps before the parts ask, and faults of step k itself are left to the next
        // time, so that all see the same answer and stop together, where deaf groups are not ahead of the
        // others.
        if (k % kCheck == kCheck - 1 - kAhead) look(part, k);
        if (ends_check(k) && (shared() ? faults_->anywhere : faulty_before(k))) {
          if (part == 0) reached = k + 1;
          return;
        }
      }
      look(part, end - 1);
    } catch (...) {
      barrier.give_up();
      throw;
    }
  };
  try {
    if (pool_) {
      pool_->run(parts_, work);
    } else {
      work(0);
    }
  } catch (const std::exception& e) {
    fault_ = e.what();  // the parts may have stopped at different steps
    throw;
  }
  now_ = reached;
  if (const std::optional<NumericalFault> fault = settle()) {
    fault_ = fault->what();
    throw NumericalFault(fault->where());
  }
}

template <class T>
bool Network<T>::faulty_before(Step k) const {
  return faults_->since.load() < k;
}

template <class T>
bool Network<T>::precedes(const NumericalFault& a, const NumericalFault& b) const {
  const auto place = [this](const NumericalFault& f) {
    return std::tuple(f.where().step, group(f.where().population), f.where().unit);
  };
  return place(a) < place(b);
}

template <class T>
void Network<T>::note_fault(std::size_t part, const NumericalFault& fault) {
  std::optional<NumericalFault>& first = faults_->first[part];
  if (first && !precedes(fault, *first)) return;
  first.emplace(fault.where());
  Step known = faults_->since.load();
  while (fault.where().step < known && !faults_->since.compare_exchange_weak(known, fault.where().step)) {
  }
}

template <class T>
std::optional<NumericalFault> Network<T>::settle() const {
  std::optional<NumericalFault> first;
  const auto hear = [&](const NumericalFault& fault) {
    if (!first || precedes(fault, *first)) first.emplace(fault.where());
  };
  for (const std::optional<NumericalFault>& fault : faults_->first) {
    if (fault) hear(*fault);
  }
  if (!shared()) return first;
  const std::vector<std::byte> own = first ? bytes_of(first->where()) : std::vector<std::byte>{};
  for (const std::span<const std::byte> said : sharing_.ranks->exchange(own)) {
    if (!said.empty()) hear(NumericalFault(where_of(said)));
  }
  return first;
}

template <class T>
std::optional<NumericalFault> Network<T>::first_fault(std::size_t part, Step k) const {
  for (const Block* block : part_blocks_[part]) {
    if (!block->owned) continue;
    for (const Membrane<T>& m : groups_[block->group].membrane) {
      const std::optional<Fault> fault = m.first_fault(block->first, block->count);
      if (!fault) continue;
      return NumericalFault({.population = description_.groups[block->group].name,
                             .quantity = fault->quantity,
                             .unit = fault->neuron,
                             .seed = seed_,
                             .step = k,
                             .time_ms = static_cast<double>(k) * description_.dt_s * 1e3,
                             .value = fault->value});
    }
  }
  return {};
}

// ---------------------------------------------------------------------------------------------- in and out

template <class T>
void Network<T>::set_drive(std::size_t group, CurrentTarget where, const Drive& drive) {
  APICAL_CHECK(!groups_.at(group).membrane.empty());
  groups_[group].membrane.front().set_drive(where, drive);
}

template <class T>
void Network<T>::set_currents(std::size_t group, CurrentTarget where, std::span<const double> amperes) {
  APICAL_CHECK(!groups_.at(group).membrane.empty());
  groups_[group].membrane.front().set_currents(where, amperes);
}

template <class T>
void Network<T>::set_background_rate(std::size_t background, double rate_Hz) {
  const Noise& noise = noise_.at(background);
  for (Block& block : groups_[noise.target].blocks) {
    block.feeds[noise.feed].walk.set_probability(rate_Hz * description_.dt_s);
  }
}

template <class T>
void Network<T>::set_rates(std::size_t group, std::span<const double> rates_Hz) {
  APICAL_CHECK(std::holds_alternative<PoissonSource>(description_.groups.at(group).model));
  APICAL_CHECK(rates_Hz.empty() || rates_Hz.size() == description_.groups[group].size);
  for (Block& block : groups_[group].blocks) {
    block.probabilities.resize(rates_Hz.empty() ? 0 : block.count);
    for (std::size_t i = 0; i < block.probabilities.size(); ++i) {
      const double p = rates_Hz[block.first + i] * description_.dt_s;
      APICAL_CHECK(p >= 0 && p < 1);
      block.probabilities[i] = static_cast<float>(p);
    }
  }
}

template <class T>
void Network<T>::emit(std::size_t group, std::span<const std::uint32_t> neurons) {
  APICAL_CHECK(groups_.at(group).relay);
  for (const std::uint32_t neuron : neurons) {
    APICAL_CHECK(neuron < description_.groups[group].size);
    groups_[group].blocks[neuron / kBlock].to_emit.push_back(neuron);
  }
  for (Block& block : groups_[group].blocks) std::sort(block.to_emit.begin(), block.to_emit.end());
}

template <class T>
void Network<T>::set_train(std::size_t group, std::span<const Emitted> train) {
  APICAL_CHECK(groups_.at(group).relay);
  APICAL_CHECK(std::is_sorted(train.begin(), train.end()));
  for (Block& block : groups_[group].blocks) {
    block.train.clear();
    block.next_in_train = 0;
  }
  for (const Emitted& e : train) {
    APICAL_CHECK(e.neuron < description_.groups[group].size);
    groups_[group].blocks[e.neuron / kBlock].train.push_back(e);
  }
}

template <class T>
void Network<T>::add_conductance(std::size_t group, Receptor receptor, std::uint32_t neuron, double amount) {
  Membrane<T>& m = groups_.at(group).membrane.front();
  APICAL_CHECK(neuron < m.size());
  m.conductance(receptor)[neuron] += static_cast<T>(amount) * m.arrival_factor(receptor, now_ - 1);
}

template <class T>
void Network<T>::set_cut(std::size_t connection, bool cut) {
  links_.at(connection).cut = cut;
}

template <class T>
void Network<T>::set_learning_rate(std::size_t connection, double eta) {
  links_.at(connection).eta = eta;
}

template <class T>
void Network<T>::set_burst_uniforms(std::size_t group, std::vector<double> uniforms) {
  groups_.at(group).membrane.front().set_burst_uniforms(std::move(uniforms));
}

template <class T>
void Network<T>::set_state(std::size_t group, std::uint32_t neuron, const NeuronState& state) {
  groups_.at(group).membrane.front().set_state(neuron, now_ - 1, state);
}

template <class T>
NeuronState Network<T>::state(std::size_t group, std::uint32_t neuron) const {
  return groups_.at(group).membrane.empty() ? NeuronState{}
                                            : groups_[group].membrane.front().state(neuron, now_ - 1);
}

template <class T>
std::vector<double> Network<T>::event_rates(std::size_t group) const {
  const Group& g = groups_.at(group);
  std::vector<double> out(g.events.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = g.events.value_after(i, now_ - 1) / g.alpha_s;
  return out;
}

template <class T>
std::vector<double> Network<T>::burst_rates(std::size_t group) const {
  const Group& g = groups_.at(group);
  std::vector<double> out(g.bursts.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = g.bursts.value_after(i, now_ - 1) / g.alpha_s;
  return out;
}

template <class T>
Counts Network<T>::counts(std::size_t group) const {
  Counts sum;
  for (const Block& b : groups_.at(group).blocks) {
    sum.spikes += b.counts.spikes;
    sum.events += b.counts.events;
    sum.bursts += b.counts.bursts;
  }
  return sum;
}

template <class T>
std::vector<std::uint32_t> Network<T>::event_counts(std::size_t group) const {
  std::vector<std::uint32_t> all;
  for (const Block& b : groups_.at(group).blocks)
    all.insert(all.end(), b.event_counts.begin(), b.event_counts.end());
  return all;
}

template <class T>
void Network<T>::reset_counts() {
  for (Group& g : groups_) {
    for (Block& b : g.blocks) {
      b.counts = {};
      std::fill(b.event_counts.begin(), b.event_counts.end(), 0U);
    }
  }
}

template <class T>
void Network<T>::record(std::size_t group, bool on) {
  groups_.at(group).recorded = on;
}

template <class T>
std::vector<Spike> Network<T>::take_spikes(std::size_t group) {
  std::vector<Spike> all;
  for (Block& b : groups_.at(group).blocks) {
    all.insert(all.end(), b.recorded.begin(), b.recorded.end());
    b.recorded.clear();
  }
  std::stable_sort(all.begin(), all.end(), [](const Spike& a, const Spike& b) { return a.step < b.step; });
  return all;
}

template <class T>
const typename Network<T>::Link& Network<T>::rule_link(std::size_t connection) const {
  const Link& link = links_.at(connection);
  APICAL_CHECK(link.synapses.plastic());
  return link;
}

template <class T>
std::vector<double> Network<T>::eligibility(std::size_t connection) const {
  const DecayingTraces<T>& traces = eligibility_[rule_link(connection).eligibility].copies[0];
  std::vector<double> out(traces.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = now_ == 0 ? 0 : traces.value(i, now_ - 1);
  return out;
}

template <class T>
std::vector<double> Network<T>::event_traces(std::size_t group) const {
  const auto& traces = groups_.at(group).events;
  std::vector<double> out(traces.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = now_ == 0 ? 0 : traces.value(i, now_ - 1);
  return out;
}

template <class T>
std::vector<double> Network<T>::burst_traces(std::size_t group) const {
  const auto& traces = groups_.at(group).bursts;
  std::vector<double> out(traces.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = now_ == 0 ? 0 : traces.value(i, now_ - 1);
  return out;
}

template <class T>
std::vector<double> Network<T>::weights(std::size_t connection) const {
  std::vector<double> all;
  each_weight(connection, [&](std::span<const T> w) { all.insert(all.end(), w.begin(), w.end()); });
  return all;
}

template <class T>
std::vector<std::pair<std::uint32_t, std::uint32_t>> Network<T>::pairs(std::size_t connection) const {
  const Link& link = links_.at(connection);
  if (!shared()) return link.synapses.pairs();
  const std::size_t targets = description_.groups[link.target].size;
  return Synapses<T>(wired(connection), link.synapses.sources(), targets, seed_, draw_address(connection),
                     {0, static_cast<std::uint32_t>(targets)})
      .pairs();
}

template <class T>
double Network<T>::mean_weight(std::size_t connection) const {
  double sum = 0;
  std::size_t count = 0;
  each_weight(connection, [&](std::span<const T> w) {
    for (const T x : w) sum += static_cast<double>(x);
    count += w.size();
  });
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

template <class T>
void Network<T>::record_updates(std::size_t connection, bool on) {
  APICAL_CHECK(links_.at(connection).synapses.plastic());
  links_[connection].recorded = on;
}

template <class T>
std::vector<RuleUpdate> Network<T>::take_updates(std::size_t connection) {
  std::vector<RuleUpdate> all;
  for (auto& list : links_.at(connection).updates) {
    all.insert(all.end(), list.begin(), list.end());
    list.clear();
  }
  std::sort(all.begin(), all.end(), [](const RuleUpdate& a, const RuleUpdate& b) {
    return a.step != b.step ? a.step < b.step : a.target < b.target;
  });
  return all;
}

template <class T>
std::vector<PresynapticTerm> Network<T>::take_presynaptic_terms(std::size_t connection) {
  std::vector<PresynapticTerm> all;
  for (auto& list : links_.at(connection).terms) {
    for (PresynapticTerm& term : list) {
      const auto same = std::find_if(all.begin(), all.end(), [&](const PresynapticTerm& t) {
        return t.step == term.step && t.source == term.source;
      });
      if (same == all.end()) {
        all.push_back(std::move(term));
      } else {
        for (std::size_t i = 0; i < term.deficits_Hz.size(); ++i) same->deficits_Hz[i] += term.deficits_Hz[i];
      }
    }
    list.clear();
  }
  return all;
}

template <class T>
std::vector<Spike> Network<T>::presynaptic_labels(std::size_t group) const {
  std::vector<Spike> out;
  if (now_ == 0) return out;
  for (const Block& b : groups_.at(group).blocks) {
    const Emission& last = b.ring[slot(now_ - 1)];
    for (const std::uint32_t neuron : last[0]) {
      const auto in = [&](std::size_t kind) {
        return std::find(last[kind].begin(), last[kind].end(), neuron) != last[kind].end();
      };
      out.push_back({now_ - 1, neuron, in(1) ? Label::event : in(2) ? Label::burst : Label::none});
    }
  }
  return out;
}

template <class T>
std::uint64_t Network<T>::synaptic_events() const {
  std::uint64_t sum = background_spikes();
  for (const Tally& part : deliveries_) sum += part.count;
  return sum;
}

template <class T>
std::uint64_t Network<T>::background_spikes() const {
  std::uint64_t sum = 0;
  for (const Group& group : groups_) {
    for (const Block& block : group.blocks) {
      for (const Feed& feed : block.feeds) sum += feed.deliveries;
    }
  }
  return sum;
}

template <class T>
std::size_t Network<T>::synapses() const {
  std::size_t sum = 0;
  for (const Link& link : links_) sum += link.synapses.count();
  return sum;
}

template <class T>
std::size_t Network<T>::synapse_bytes() const {
  std::size_t sum = 0;
  for (const Link& link : links_) sum += link.synapses.bytes();
  return sum;
}

template <class T>
std::size_t Network<T>::synapses(std::size_t connection) const {
  return links_.at(connection).synapses.count();
}

template <class T>
std::size_t Network<T>::synapse_bytes(std::size_t connection) const {
  return links_.at(connection).synapses.bytes();
}

template class Network<float>;
template class Network<double>;

}  // namespace apical::spike
