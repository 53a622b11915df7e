// SPDX-License-Identifier: Apache-2.0
// A circuit of spiking neurons is data too: groups of neurons, connections between them, background input. No
// numerics here; engine/spike executes it without knowing which paper it is from.
// SI units throughout (V, A, F, S, s) unless a name carries another; synaptic conductances are in units of
// the target compartment's leak conductance (dimensionless), as in Payeur et al. 2021.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "apical/circuit/circuit.h"

namespace apical::spike {

using Step = std::int64_t;

/// Which potential V stands in the current g (E - V) of a dendritic synapse: the dendrite's own, where the
/// synapse is, or that of the soma.
enum class DendriticDrive { dendritic, somatic };

/// Constants of the pyramidal neuron (Naud et al. 2014; Payeur et al. 2021, Methods), both of its models.
struct PyramidalParameters {
  double rest_V = -70e-3, reset_V = -70e-3, excitatory_reversal_V = 0, inhibitory_reversal_V = -80e-3;
  double threshold_V = -50e-3, threshold_jump_V = 2e-3, threshold_tau_s = 27e-3;
  double soma_tau_s = 16e-3, soma_capacitance_F = 370e-12;
  double dendrite_to_soma_A = 1300e-12;                              ///< g_s, two-compartment model only
  double soma_adaptation_A = -200e-12, soma_adaptation_tau_s = 0.1;  ///< per spike
  double dendrite_tau_s = 7e-3, dendrite_capacitance_F = 170e-12;
  double dendrite_regenerative_A = 1200e-12;  ///< g_d, two-compartment model only
  double dendrite_adaptation_S = -13e-9, dendrite_adaptation_tau_s = 30e-3;
  double back_propagation_A = 2600e-12, back_propagation_s = 2e-3;  ///< zeta, box; two-compartment model only
  double dendrite_midpoint_V = -38e-3, dendrite_slope_V = 6e-3;     ///< E_d, D
  double excitatory_tau_s = 5e-3, inhibitory_tau_s = 10e-3;
  DendriticDrive dendritic_drive = DendriticDrive::dendritic;
  double refractory_s = 20e-3;                           ///< burst-Poisson model only
  double burst_shortest_s = 5e-3, burst_span_s = 10e-3;  ///< burst-Poisson model only
  bool operator==(const PyramidalParameters&) const = default;
};

/// Bursts arise from the back-propagating action potential and the regenerative dendrite.
struct TwoCompartment {
  PyramidalParameters parameters;
  bool operator==(const TwoCompartment&) const = default;
};

/// A passive dendrite sets the probability that an event is followed by one extra spike.
struct BurstPoisson {
  PyramidalParameters parameters = with_midpoint(-57e-3);
  static PyramidalParameters with_midpoint(double midpoint_V) {
    PyramidalParameters p;
    p.dendrite_midpoint_V = midpoint_V;
    return p;
  }
  bool operator==(const BurstPoisson&) const = default;
};

/// An event-and-burst generator without membrane dynamics of its own: somatic and dendritic potential are
/// sums of decaying synaptic potentials, events are drawn at the rate maximum_rate / (1 + exp(-(V -
/// threshold)/slope)) (escape noise: Gerstner & Kistler 2002, ch. 5) outside the refractory time, and bursts
/// as by BurstPoisson. Synapses are currents, so their weights may have either sign: one of weight w moves
/// the potential by w unit_psp. A step may be as long as the shortest interval.
struct EscapeBurst {
  double rest_V = -70e-3;
  double maximum_rate_Hz = 100, threshold_V = -66e-3, slope_V = 2e-3;
  double dendrite_midpoint_V = -57e-3, dendrite_slope_V = 6e-3;  ///< E_d', D of BurstPoisson
  double soma_resistance_ohm = 16e-3 / 370e-12,
         dendrite_resistance_ohm = 7e-3 / 170e-12;  ///< tau/C of the pyramidal neuron
  double unit_psp_V = 1e-3, synaptic_tau_s = 50e-3;
  double refractory_s = 20e-3, burst_shortest_s = 5e-3, burst_span_s = 10e-3;
  bool operator==(const EscapeBurst&) const = default;
  /// Into the dendrite, in A: takes it from rest to where events are followed by bursts with this
  /// probability.
  double dendrite_current_A(double burst_probability) const;
};

/// Exponential integrate-and-fire interneuron with adaptation; one compartment.
/// tau dV/dt = E_L - V + Delta exp((V-theta)/Delta) + (I-w)/g_L + synapses; tau_w dw/dt = a(V-E_L) - w; w +=
/// b.
struct ExponentialIf {
  double leak_S = 10e-9, tau_s = 10e-3, rest_V = -70e-3, slope_V = 2e-3, threshold_V = -48e-3,
         reset_V = -55e-3;
  double refractory_s = 1e-3, adaptation_S = 0, adaptation_jump_A = 0, adaptation_tau_s = 0.5;
  double excitatory_reversal_V = 0, inhibitory_reversal_V = -80e-3;
  double excitatory_tau_s = 5e-3, inhibitory_tau_s = 10e-3;
  /// Parvalbumin- and somatostatin-expressing cells of the propagation experiment.
  static ExponentialIf parvalbumin();
  static ExponentialIf somatostatin();
  bool operator==(const ExponentialIf&) const = default;
};

/// Independent Poisson sources whose spikes travel through connections (at most one spike per step).
/// Network::set_rates gives each a rate of its own.
struct PoissonSource {
  double rate_Hz = 0;
  bool operator==(const PoissonSource&) const = default;
};

/// Emits what it's told to (Network::emit): recorded trains, tests, inputs from outside.
struct Relay {
  bool operator==(const Relay&) const = default;
};

using NeuronModel =
    std::variant<TwoCompartment, BurstPoisson, EscapeBurst, ExponentialIf, PoissonSource, Relay>;

/// What integrates currents: not sources and relays.
bool has_membrane(const NeuronModel& model);
/// A compartment of its own for dendritic currents.
bool has_dendrite(const NeuronModel& model);

/// How the first spike of an event is told from further spikes of a burst, with a limit L.
enum class DetectorKind {
  interspike_interval,       ///< an interval longer than L starts an event
  accumulating,              ///< a trace (+1 per spike, decaying with L) below exp(-1) before the spike does
  accumulating_after_spike,  ///< the same trace read after the spike and one step of decay, below 1 + exp(-1)
};

/// Events and bursts of each neuron, and moving averages of their rates: Ebar, Bbar with time constant alpha.
struct RateEstimator {
  double alpha_s = 2;                                         ///< moving average of events and bursts
  double burst_limit_s = 16e-3;                               ///< intervals up to this are inside a burst
  double all_spikes_tau_s = 30, all_spikes_initial_Hz = 0.1;  ///< moving average of all spikes
  DetectorKind detector = DetectorKind::interspike_interval;
  /// What the neuron's synapses tell apart: a spike counts there so many steps after it counts at the soma.
  int presynaptic_lag_steps = 0;
  bool float32_decay = false;  ///< decay factors per step of its traces are rounded to float32
  bool operator==(const RateEstimator&) const = default;
};

/// Current injected into a compartment: constant + amplitude sin(2 pi (t - start) / period).
struct Drive {
  double constant_A = 0, amplitude_A = 0, period_s = 1, start_s = 0;
  bool operator==(const Drive&) const = default;
};

/// N neurons of one model.
struct NeuronGroup {
  std::string name;
  std::size_t size = 0;
  NeuronModel model = Relay{};
  RateEstimator estimator = {};
  Drive soma_current = {}, dendrite_current = {};
  double initial_voltage_sd_V = 0;            ///< V(0) normal around rest, both compartments independently
  double initial_dendritic_adaptation_V = 0;  ///< w_d(0); two-compartment and burst-Poisson neurons only
  bool operator==(const NeuronGroup&) const = default;
};

/// The four synaptic conductances of a neuron; one-compartment neurons have the first two.
enum class Receptor : std::uint32_t {
  soma_excitatory,
  soma_inhibitory,
  dendrite_excitatory,
  dendrite_inhibitory
};
inline constexpr std::size_t kReceptors = 4;

/// Which presynaptic spikes a connection transmits.
enum class Reads : std::uint32_t { spikes, events, bursts };

struct RandomPairs {
  double probability = 0.1;  ///< each pair on its own
  bool autapses = false;     ///< whether a neuron may contact itself
  bool operator==(const RandomPairs&) const = default;
};
struct AllToAll {
  bool operator==(const AllToAll&) const = default;
};
struct OneToOne {
  bool operator==(const OneToOne&) const = default;
};
/// Pairs (pre, post) and one weight for each (or no weights: the connection's).
struct ListedPairs {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  std::vector<double> weights;
  bool operator==(const ListedPairs&) const = default;
};
using Topology = std::variant<RandomPairs, AllToAll, OneToOne, ListedPairs>;

/// What u jumps by at a spike: f (1-u), or U (1-u) with its resting value U.
enum class FacilitationJump { f, u_rest };

/// Extended Tsodyks-Markram dynamics of a presynaptic neuron (transmitted efficacy x u).
struct ShortTermParameters {
  double depression_tau_s = 0.1, facilitation_tau_s = 0.1, u_rest = 0.02, f = 0.1;
  FacilitationJump jump = FacilitationJump::f;
  static ShortTermParameters depressing() { return {20e-3, 1.0, 0.9, 0.1}; }
  static ShortTermParameters facilitating() { return {0.1, 0.1, 0.02, 0.1}; }
  bool operator==(const ShortTermParameters&) const = default;
};

/// What the presynaptic homeostatic term compares with the minimum: the target's event rate Ebar/alpha, or
/// its moving average of all spikes.
enum class HomeostaticRate { events, all_spikes };

/// Burst probability at a neuron's first event, where the estimate is 0/0.
enum class FirstEvent { no_depression, burst_probability_one };

/// dW/dt = eta (B - Pbar E) Etilde_pre with homeostasis (Payeur et al. 2021, eq. 1 and Methods); w in [w_min,
/// w_max].
struct BurstRule {
  double eta = 1e-3;
  double pre_tau_s = 0.1;
  double minimum_rate_Hz = 2, maximum_rate_Hz = 12;  ///< where homeostasis sets in; 0 and infinite: nowhere
  double w_min = 0, w_max = 1;
  std::optional<double> fixed_burst_probability = {};  ///< the non-adaptive rule: replaces Pbar
  HomeostaticRate homeostatic_rate = HomeostaticRate::events;
  FirstEvent first_event = FirstEvent::no_depression;
  bool float32_decay = false;  ///< the decay factor per step of the presynaptic trace is rounded to float32
  /// How it was written, if so: see formula_rule.h, which sets what follows from it.
  std::optional<Formula> formula = {};
  bool interpreted = false;  ///< the formula, times eta, stands for (B - Pbar E) Etilde_pre
  bool operator==(const BurstRule&) const = default;
};

/// The weights are `scale` times those of another connection, never their own: w_ij = scale w'_ji, or w'_ij
/// if not transposed (the same pair of groups then). They are refreshed when plasticity is switched off, and
/// when the other's weights are set. A view and what it views have the same synapses: random pairs are the
/// other's.
struct WeightView {
  std::string of;  ///< name of a connection with weights of its own
  double scale = 1;
  bool transposed = true;
  bool operator==(const WeightView&) const = default;
};

/// Weights change as those of another connection do, times `scale` (Kolen & Pollack 1994, as feedback that
/// comes to mirror the forward weights): w_ij += scale (w'_ji(end) - w'_ji(begin)) when plasticity is
/// switched off, over the time since it was switched on; w'_ij if not transposed. Same synapses as for a
/// view.
struct FollowRule {
  std::string of;  ///< name of a connection that learns by a rule
  double scale = 1;
  bool transposed = true;
  bool operator==(const FollowRule&) const = default;
};

struct Connection {
  std::string name;
  std::string source, target;  ///< names of neuron groups
  Receptor receptor = Receptor::soma_excitatory;
  Reads reads = Reads::spikes;
  int delay_steps = 8;  ///< 0: acts on the target's next step
  Topology topology = RandomPairs{};
  double weight = 0;
  double weight_sd =
      0;  ///< initial weights are normal around `weight`; plastic ones are clipped to their bounds
  std::optional<ShortTermParameters> short_term = {};
  std::optional<BurstRule> rule = {};
  std::optional<FollowRule> follow = {};  ///< instead of a rule
  std::optional<WeightView> view = {};    ///< instead of weights of its own, a rule or following
  /// Where its random numbers are drawn; its position in the circuit if not given (see remove_connection).
  std::optional<std::uint32_t> draw_address = {};
  bool operator==(const Connection&) const = default;
};

/// One independent Poisson train per neuron of the target.
struct Background {
  std::string target;
  Receptor receptor = Receptor::soma_excitatory;
  double rate_Hz = 0;
  double weight = 0;
  std::optional<std::uint32_t> draw_address = {};  ///< as of connections
  bool operator==(const Background&) const = default;
};

/// The largest group: blocks of it are numbered with 16 bits in addresses of random numbers.
inline constexpr std::size_t kLargestGroup = 65536 * 512;
inline constexpr int kLongestDelay = 10000;             ///< steps; a ring of past spikes is that long
inline constexpr std::uint32_t kMostAddresses = 32768;  ///< of which a Poisson walk's number has room

struct SpikingCircuit {
  std::string name = "circuit";
  double dt_s = 1e-4;
  std::vector<NeuronGroup> groups;
  std::vector<Connection> connections;
  std::vector<Background> background;
  bool operator==(const SpikingCircuit&) const = default;
};

/// Throws ConfigError for what cannot be executed: unknown names, empty groups, steps too long … Where it is
/// about an option, a FieldError that has the option's name in a circuit's text.
void validate(const SpikingCircuit& description);
/// The same of one part, by its position; for whoever knows where it was written.
void validate_population(const SpikingCircuit& description, std::size_t index);
void validate_projection(const SpikingCircuit& description, std::size_t index);
void validate_background(const SpikingCircuit& description, std::size_t index);

/// Position of a group by name; ConfigError with the nearest name if there is none.
std::size_t group_index(const SpikingCircuit& description, const std::string& name);
std::size_t connection_index(const SpikingCircuit& description, const std::string& name);

/// Takes a connection, or a background, out, as if it had never been described: those behind it keep the
/// random numbers they had. ConfigError if another connection views or follows it.
void remove_connection(SpikingCircuit& circuit, std::size_t index);
void remove_background(SpikingCircuit& circuit, std::size_t index);

/// The words that populations of a neuron model go by, in the order of NeuronModel: "two_compartment" …
inline constexpr std::array<std::string_view, 6> kNeuronKinds{
    "two_compartment", "burst_poisson", "escape_burst", "exponential_if", "poisson", "relay"};
constexpr std::string_view kind_of(const NeuronModel& model) { return kNeuronKinds[model.index()]; }

/// A page of text: each population with its model, each connection with what it transmits and learns by.
std::string describe(const SpikingCircuit& circuit);

}  // namespace apical::spike

namespace apical {
using spike::SpikingCircuit;

template <>
inline constexpr std::array<std::string_view, 2> kNames<spike::DendriticDrive>{"dendritic", "somatic"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<spike::DetectorKind>{
    "interspike_interval", "accumulating", "accumulating_after_spike"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<spike::FacilitationJump>{"f", "u_rest"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<spike::HomeostaticRate>{"events", "all_spikes"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<spike::FirstEvent>{"no_depression",
                                                                           "burst_probability_one"};
template <>
inline constexpr std::array<std::string_view, 4> kNames<spike::Receptor>{
    "soma_excitatory", "soma_inhibitory", "dendrite_excitatory", "dendrite_inhibitory"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<spike::Reads>{"spikes", "events", "bursts"};
}  // namespace apical
