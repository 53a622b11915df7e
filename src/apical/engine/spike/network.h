// SPDX-License-Identifier: Apache-2.0
// Executes a spiking circuit, clock-driven neurons and event-driven synapses. One step (Payeur et al. 2021,
// order of their program): membranes and resets, connections and plasticity, background input; estimates
// decay last. The same seed gives the same bits for any number of threads: random numbers have addresses, and
// each neuron's sums have one order. So do any number of ranks: each integrates neurons of its own and has
// the synapses onto them, and hears what spikes elsewhere before it could arrive.
//
// float: for speed. double: for validation.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "apical/circuit/formula_rule.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/core/error.h"
#include "apical/core/ranks.h"
#include "apical/core/threads.h"
#include "apical/engine/spike/detector.h"
#include "apical/engine/spike/layout.h"
#include "apical/engine/spike/membrane.h"
#include "apical/engine/spike/poisson.h"
#include "apical/engine/spike/short_term.h"
#include "apical/engine/spike/synapses.h"
#include "apical/engine/spike/trace.h"

namespace apical::spike {

/// A recorded spike and what it was on the postsynaptic side's detector.
struct Spike {
  Step step;
  std::uint32_t neuron;
  Label label;
  bool operator==(const Spike&) const = default;
};

/// A spike that a relay is to emit.
struct Emitted {
  Step step;
  std::uint32_t neuron;
  bool operator==(const Emitted&) const = default;
  bool operator<(const Emitted& o) const { return std::tie(step, neuron) < std::tie(o.step, o.neuron); }
};

/// What happened since the counters were last reset.
struct Counts {
  std::uint64_t spikes = 0, events = 0, bursts = 0;
};

/// A weight change at a postsynaptic event or burst (recorded on request; for validation).
struct RuleUpdate {
  Step step;
  std::uint32_t target;
  Label kind;
  double valence, homeostatic_term;
};

/// The presynaptic term of one presynaptic event: per target, before the learning rate (recorded with
/// updates).
struct PresynapticTerm {
  Step step;
  std::uint32_t source;
  std::vector<double> deficits_Hz;
};

/// In which order spikes that arrive in one step are added up.
enum class Arrivals {
  sorted,   ///< by connection and neuron: the same wherever they come from
  by_rank,  ///< one's own first, then those of one rank after another, as messages come. Sums then depend on
            ///< the number of ranks; here so that tests see that they would notice
};

/// With whom a network is shared. All ranks make the same calls; what a call says of the network is said of
/// the whole, on every rank, unless it says otherwise.
struct Sharing {
  Ranks* ranks = nullptr;  ///< null: it is whole here. Must outlive the network
  Arrivals arrivals = Arrivals::sorted;
};

template <class T>
class Network {
 public:
  /// `pool` may be null (one thread) and must outlive the network. Throws ConfigError (see validate).
  Network(const SpikingCircuit& description, std::uint64_t seed, ThreadPool* pool = nullptr,
          Sharing sharing = {});
  ~Network();
  Network(Network&&) noexcept;

  /// Executes `steps` steps. Throws NumericalFault within 264 steps of a number that is no longer finite, the
  /// first that was found, and Error from then on: the state can be saved, but not continued. Where it is
  /// found, and at which step all stop, does not depend on the number of threads and ranks.
  void advance(Step steps);
  /// Number of the next step; the time is step() dt.
  Step step() const { return now_; }
  const SpikingCircuit& description() const { return description_; }
  std::size_t group(const std::string& name) const { return group_index(description_, name); }
  std::size_t connection(const std::string& name) const { return connection_index(description_, name); }

  // ---- between steps: what goes in
  void set_drive(std::size_t group, CurrentTarget where, const Drive& drive);
  /// A current per neuron in A on top of the drive; empty removes it.
  void set_currents(std::size_t group, CurrentTarget where, std::span<const double> amperes);
  void set_background_rate(std::size_t background, double rate_Hz);
  /// A rate for each source of a Poisson group, from the next step on; below 1/dt. Empty: the group's own.
  void set_rates(std::size_t group, std::span<const double> rates_Hz);
  /// Makes relay neurons spike in the next step.
  void emit(std::size_t group, std::span<const std::uint32_t> neurons);
  /// Relay neurons spike in these steps too, which rise; those of steps that are done are passed over. It
  /// takes the place of what was given before. Not part of the state.
  void set_train(std::size_t group, std::span<const Emitted> train);
  /// Adds to a conductance as if a synapse had delivered in the step just done.
  void add_conductance(std::size_t group, Receptor receptor, std::uint32_t neuron, double amount);
  /// Weight changes on or off; estimators always run. Switching off also carries out what followers and views
  /// of connections do (see FollowRule, WeightView).
  void set_plasticity(bool on);
  bool plasticity() const { return plasticity_; }
  void set_learning_rate(std::size_t connection, double eta);
  /// A projection that is cut transmits nothing; whatever else it does goes on. Not part of the state.
  void set_cut(std::size_t connection, bool cut);
  void set_burst_uniforms(std::size_t group, std::vector<double> uniforms);
  void set_state(std::size_t group, std::uint32_t neuron, const NeuronState& state);

  // ---- between steps: what comes out
  /// Of a neuron that this rank owns.
  NeuronState state(std::size_t group, std::uint32_t neuron) const;
  /// Event rate estimates Ebar/alpha in Hz, and burst rates Bbar/alpha, one per neuron.
  std::vector<double> event_rates(std::size_t group) const;
  std::vector<double> burst_rates(std::size_t group) const;
  Counts counts(std::size_t group) const;
  /// Events of each neuron since reset_counts().
  std::vector<std::uint32_t> event_counts(std::size_t group) const;
  void reset_counts();
  void record(std::size_t group, bool on);
  /// Recorded spikes in order of step and neuron; forgets them.
  std::vector<Spike> take_spikes(std::size_t group);
  /// Copies of the presynaptic eligibility traces and estimators as they stood within the last step, before
  /// its decay.
  std::vector<double> eligibility(std::size_t connection) const;
  std::vector<double> event_traces(std::size_t group) const;
  std::vector<double> burst_traces(std::size_t group) const;
  /// One weight per synapse, or the common one; sorted by source, then target (see pairs).
  std::vector<double> weights(std::size_t connection) const;
  /// The same piece by piece, so that they need not lie in one place: f(weights) in order.
  void each_weight(std::size_t connection, const std::function<void(std::span<const T>)>& f) const;
  /// Views of the connection show the new ones; a view's own cannot be set.
  void set_weights(std::size_t connection, std::span<const double> weights);
  /// All of them to one value.
  void set_weights(std::size_t connection, double weight);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs(std::size_t connection) const;
  double mean_weight(std::size_t connection) const;
  void record_updates(std::size_t connection, bool on);
  std::vector<RuleUpdate> take_updates(std::size_t connection);
  std::vector<PresynapticTerm> take_presynaptic_terms(std::size_t connection);
  /// Labels the presynaptic detector gave to the spikes of the last step.
  std::vector<Spike> presynaptic_labels(std::size_t group) const;

  // Of this rank:
  bool owns(std::size_t group, std::uint32_t neuron) const;
  std::uint64_t synaptic_events() const;    ///< deliveries so far, background included
  std::uint64_t background_spikes() const;  ///< those from the background
  std::size_t synapses() const;
  std::size_t synapse_bytes() const;
  std::size_t synapse_bytes(std::size_t connection) const;
  std::size_t synapses(std::size_t connection) const;

  /// Reads or writes the complete state through a("name", field); fields are numbers and vectors of numbers.
  /// Recorded spikes and updates are not part of it. The numbers of threads and of ranks may differ between
  /// writer and reader. Of several ranks rank 0 writes all of it, the others what they have.
  template <class Archive>
  void visit_state(Archive& a);

 private:
  struct Block;
  struct Group;
  struct Faults;
  struct Link;
  struct Feed;
  /// A counter on a cache line of its own.
  struct alignas(kAlignment) Tally {
    std::uint64_t count = 0;
  };
  /// Where a background's trains are: in each block of its target.
  struct Noise {
    std::size_t target, feed;
  };
  struct Eligibility;
  /// A connection that views or follows another: which synapse of that one belongs to each of its own.
  struct Mirror {
    std::size_t connection, of;
    double scale;
    bool follows;
    std::vector<std::uint32_t> synapse;
    std::vector<T> before;  ///< followers: weights of `of` when plasticity was switched on
  };
  /// Connections that leave one group with one delay: looked at only when a block of it emitted.
  struct Outgoing {
    std::size_t source;
    int delay;
    std::vector<std::size_t> links;
  };

  void add_group(std::size_t g, const GroupLayout& places);
  void share_blocks();
  void add_connection(std::size_t n, const std::vector<GroupLayout>& places);
  /// The connection as it is wired: mirrors of random pairs have those of what they mirror.
  Connection wired(std::size_t n) const;
  std::uint32_t draw_address(std::size_t n) const {
    return description_.connections[n].draw_address.value_or(static_cast<std::uint32_t>(n));
  }
  void add_mirror(std::size_t n);
  void show_views_of(std::size_t connection);
  std::size_t eligibility_of(std::size_t source, double tau_s, bool float32_decay);
  void add_background(std::size_t n);
  bool shared() const { return sharing_.ranks != nullptr; }
  std::size_t rank() const { return shared() ? sharing_.ranks->rank() : 0; }
  std::size_t ranks() const { return shared() ? sharing_.ranks->size() : 1; }
  /// Whether ranks meet in step k, having met last before step `from`.
  bool meets(Step from, Step k, Step end) const;
  /// Deaf blocks that hear nobody are integrated up to here once step k is.
  static Step deaf_until(Step k, Step end);
  /// Whether faults are asked for after step k.
  static bool ends_check(Step k);
  void meet(Step k);
  void follow_others(std::size_t part, Step from, Step k, Step end);
  void note_sent(const Block& block, Step k);
  /// A number that is not finite, found by a part in the step that it names.
  void note_fault(std::size_t part, const NumericalFault& fault);
  bool precedes(const NumericalFault& a, const NumericalFault& b) const;
  /// Whether the parts here know of a fault, once all have done step k - 1.
  bool faulty_before(Step k) const;
  /// The first fault of all parts and ranks.
  std::optional<NumericalFault> settle() const;
  /// Rank 0 gets what others have of each neuron.
  void collect_units();
  std::vector<T> all_weights(std::size_t connection) const;
  template <class Archive>
  void visit_weights(Archive& a, Link& link, std::size_t connection, const std::string& prefix);
  void integrate(std::size_t part, Step k, Step end);
  void integrate_block(Block& block, Step k);
  void emit_at_rates(Block& block, Step k);
  void emit_train(Block& block, Step k);
  /// `from`: others' spikes of steps from ... k are noted now.
  void deliver(std::size_t part, Step k, Step from);
  void transmit_all(std::size_t part, Step k);
  void note_presynaptic(std::size_t part, Step k, bool own);
  void note_rates(std::size_t part, Step k, bool own);
  void use_resources(Link& link, std::size_t connection, const Block& block, Step k);
  void begin_step(std::size_t part, Step k);
  void transmit(std::size_t part, const Block& block, Link& link, Step k);
  void label(Group& group, Block& block, Step k);
  /// Deficits of the part's own targets, in link.deficits; false if nobody lacks anything.
  bool find_deficits(std::size_t part, Link& link, const BurstRule& rule, Step k);
  void apply_presynaptic_term(std::size_t part, Link& link, const BurstRule& rule, Step k);
  void apply_postsynaptic_term(std::size_t part, Link& link, const BurstRule& rule, Step k);
  /// What an event or burst multiplies the trace with, where the rule is interpreted.
  double interpreted_valence(const Link& link, Label kind, double p, double events, double bursts) const;
  /// The first potential of a part that is not finite.
  std::optional<NumericalFault> first_fault(std::size_t part, Step k) const;
  std::size_t slot(Step k) const { return static_cast<std::size_t>(k) & (slots_ - 1); }
  const Link& rule_link(std::size_t connection) const;
  bool emitted(const Block& block, std::size_t slot, Reads what) const {
    return activity_[slot * activity_stride_ + block.activity] >> static_cast<unsigned>(what) & 1;
  }

  SpikingCircuit description_;
  std::uint64_t seed_;
  ThreadPool* pool_;
  Sharing sharing_;
  std::size_t parts_ = 1;
  Step now_ = 0, first_ = 0;  ///< step now, and at the start of this advance()
  bool plasticity_ = false;
  std::string fault_;      ///< why the state cannot be continued
  std::size_t slots_ = 2;  ///< ring of past spikes, a power of two
  std::vector<Group> groups_;
  /// Blocks by part, in order of group and position: all; of those that are integrated here those that hear
  /// others, and those that hear nobody; and those of other ranks, which are followed.
  std::vector<std::vector<Block*>> part_blocks_, listening_, deaf_, followed_;
  std::vector<Block*> blocks_;     ///< all, by number
  std::vector<Step> heard_ahead_;  ///< by part: deaf blocks of others are followed up to this step
  Step patience_ = 1;              ///< steps until a spike arrives at the earliest, itself included
  bool learns_ = false;
  std::vector<std::vector<std::byte>> sent_;  ///< by part: spikes that others have not heard of
  std::vector<std::byte> message_;
  std::span<const std::span<const std::byte>> received_;
  std::unique_ptr<Faults> faults_;  ///< of this advance()
  /// Whether a block emitted anything that connections read, bit per Reads, by slot: most steps most blocks
  /// did not, and a scan of bytes is cheaper than one of lists. Parts write to cache lines of their own.
  AlignedBuffer<std::uint8_t> activity_;
  std::size_t activity_stride_ = 0;
  std::vector<Link> links_;
  std::vector<Mirror> mirrors_;
  std::vector<Tally> deliveries_;  ///< through connections, by part
  std::vector<Noise> noise_;
  std::vector<Eligibility> eligibility_;
  std::vector<Outgoing> outgoing_;
  Step shortest_period_ = Step{1} << 24;  ///< of all traces; a power of two
};

/// Spikes of one step by what connections read, then the events and bursts of the block's own (post side)
/// detector.
using Emission = std::array<std::vector<std::uint32_t>, 5>;
inline constexpr std::size_t kRead = 3, kPostEvents = 3, kPostBursts = 4;
/// A bit for each Reads of which there is something.
inline std::uint8_t kinds_in(const Emission& emission) {
  unsigned bits = 0;
  for (std::size_t kind = 0; kind < kRead; ++kind) bits |= emission[kind].empty() ? 0U : 1U << kind;
  return static_cast<std::uint8_t>(bits);
}

template <class T>
struct Network<T>::Faults {
  std::vector<std::optional<NumericalFault>> first;           ///< by part
  std::atomic<Step> since{std::numeric_limits<Step>::max()};  ///< the step of the first of all parts
  bool anywhere = false;                                      ///< on any rank, as agreed at the last exchange
};

/// One background's trains to one block.
template <class T>
struct Network<T>::Feed {
  PoissonWalk walk;
  Receptor receptor;
  T weight;
  std::uint64_t deliveries = 0;
};

/// Up to kBlock neurons of a group: what one part works on at a time.
template <class T>
struct Network<T>::Block {
  std::size_t group = 0, index = 0, rank = 0, part = 0;
  std::uint32_t number = 0;  ///< among all blocks
  bool owned = true;         ///< synapses onto it are here
  bool here = true;          ///< its spikes arise here: owned, or a relay
  bool deaf = false;
  std::size_t activity = 0;  ///< position in Network::activity_
  std::uint32_t first = 0, count = 0;
  std::vector<Emission> ring;                 ///< by step modulo the number of slots
  std::vector<EventBurstDetector> detectors;  ///< post side, pre side (one if they agree, none if unused)
  std::vector<Feed> feeds;                    ///< backgrounds; side by side, since a step reads them all
  std::vector<PoissonWalk> source;            ///< Poisson sources only
  std::vector<float> probabilities;         ///< per step of each source, where rates differ; empty otherwise
  std::vector<std::uint32_t> event_counts;  ///< by neuron; none without a detector
  std::vector<std::uint32_t> to_emit;       ///< relays only
  std::vector<Emitted> train;               ///< relays only; those before next_in_train are done
  std::size_t next_in_train = 0;
  Counts counts;
  std::vector<Spike> recorded;
};

template <class T>
struct Network<T>::Group {
  std::vector<Membrane<T>> membrane;  ///< none for sources and relays
  std::vector<Block> blocks;
  DecayingTraces<double> events, bursts, spikes;  ///< Ebar, Bbar, 30 s average of all spikes
  double alpha_s = 1;
  int presynaptic_lag = 0;  ///< steps
  bool relay = false, recorded = false;
};

template <class T>
struct Network<T>::Link {
  std::size_t source, target;
  Synapses<T> synapses;
  Receptor receptor;
  Reads reads;
  int delay;
  bool cut = false;
  std::vector<ShortTermState> short_term = {};             ///< by source
  std::vector<std::vector<std::vector<T>>> efficacy = {};  ///< by slot and block of the source
  std::size_t eligibility = 0;
  double eta = 0;
  std::optional<Jumps> jumps = {};  ///< of a rule that is interpreted
  std::vector<T> deficits = {};     ///< scratch by target
  std::vector<Step> no_deficit_before =
      {};  ///< by part: nobody lacks anything in earlier steps (0: not known)
  bool recorded = false;
  std::vector<std::vector<RuleUpdate>> updates = {};     ///< by part
  std::vector<std::vector<PresynapticTerm>> terms = {};  ///< by part
};

/// Presynaptic event traces of one group and time constant; every part keeps its own copy, so that it can be
/// brought up to date while another part still reads its own.
template <class T>
struct Network<T>::Eligibility {
  std::size_t source;
  double decay;  ///< per step
  std::vector<DecayingTraces<T>> copies;
};

template <class T>
template <class Archive>
void Network<T>::visit_weights(Archive& a, Link& link, std::size_t connection, const std::string& prefix) {
  if (!shared() || !link.synapses.has_own_weights()) return link.synapses.visit_state(a, prefix);
  const std::string name = prefix + "weights";
  AlignedBuffer<T> all;
  if (a.kReading) {
    all.resize(link.synapses.count_of_all());
    a(name, all);
    link.synapses.take_own(all);
  } else {
    if (sharing_.ranks->leads()) all.reserve(link.synapses.count_of_all());
    each_weight(connection, [&](std::span<const T> some) {
      if (sharing_.ranks->leads()) all.insert(all.end(), some.begin(), some.end());
    });
    a(name, all);
  }
}

template <class T>
template <class Archive>
void Network<T>::visit_state(Archive& a) {
  if (!a.kReading) collect_units();
  a("step", now_);
  std::uint64_t plasticity = plasticity_ ? 1 : 0;
  a("plasticity", plasticity);
  plasticity_ = plasticity != 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::string prefix = "group/" + description_.groups[g].name + "/";
    Group& group = groups_[g];
    for (Membrane<T>& m : group.membrane) m.visit_state(a, prefix);
    group.events.visit_state(a, prefix + "events");
    group.bursts.visit_state(a, prefix + "bursts");
    group.spikes.visit_state(a, prefix + "spikes");
    for (Block& block : group.blocks) {
      const std::string at = prefix + "block" + std::to_string(block.index) + "/";
      for (std::size_t s = 0; s < block.ring.size(); ++s) {
        for (std::size_t kind = 0; kind < block.ring[s].size(); ++kind) {
          a(at + "ring" + std::to_string(s) + "/" + std::to_string(kind), block.ring[s][kind]);
        }
      }
      for (std::size_t d = 0; d < block.detectors.size(); ++d) {
        block.detectors[d].visit_state(a, at + "detector" + std::to_string(d) + "/");
      }
      for (PoissonWalk& walk : block.source) {
        walk.visit_state(a, at + "source/");
        a(at + "source/probabilities", block.probabilities);
      }
      a(at + "to_emit", block.to_emit);
      a(at + "counts/spikes", block.counts.spikes);
      a(at + "counts/events", block.counts.events);
      a(at + "counts/bursts", block.counts.bursts);
      a(at + "counts/by_neuron", block.event_counts);
    }
  }
  for (std::size_t l = 0; l < links_.size(); ++l) {
    Link& link = links_[l];
    const std::string prefix = "connection/" + description_.connections[l].name + "/";
    visit_weights(a, link, l, prefix);
    a(prefix + "eta", link.eta);
    std::fill(link.no_deficit_before.begin(), link.no_deficit_before.end(), Step{0});
    for (std::size_t i = 0; i < link.short_term.size(); ++i) {
      const std::string at = prefix + "short_term" + std::to_string(i) + "/";
      a(at + "x", link.short_term[i].x);
      a(at + "u", link.short_term[i].u);
      a(at + "last", link.short_term[i].last);
    }
    for (std::size_t s = 0; s < link.efficacy.size(); ++s) {
      for (std::size_t b = 0; b < link.efficacy[s].size(); ++b) {
        a(prefix + "efficacy" + std::to_string(s) + "/" + std::to_string(b), link.efficacy[s][b]);
      }
    }
  }
  for (Mirror& mirror : mirrors_) {
    if (mirror.follows)
      a("connection/" + description_.connections[mirror.connection].name + "/before", mirror.before);
  }
  for (std::size_t n = 0; n < noise_.size(); ++n) {
    for (Block& block : groups_[noise_[n].target].blocks) {
      const std::string at = "background" + std::to_string(n) + "/block" + std::to_string(block.index) + "/";
      block.feeds[noise_[n].feed].walk.visit_state(a, at);
    }
  }
  for (Group& group : groups_) {  // what the lists say, for the scan
    for (Block& block : group.blocks) {
      for (std::size_t s = 0; s < block.ring.size(); ++s) {
        activity_[s * activity_stride_ + block.activity] = kinds_in(block.ring[s]);
      }
    }
  }
  for (std::size_t e = 0; e < eligibility_.size(); ++e) {
    eligibility_[e].copies[0].visit_state(a, "eligibility" + std::to_string(e));
    for (auto& copy : eligibility_[e].copies) copy = eligibility_[e].copies[0];
  }
}

}  // namespace apical::spike
