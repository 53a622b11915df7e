// SPDX-License-Identifier: Apache-2.0
// A circuit is data: areas, populations of point or multi-compartment rate neurons, projections between
// them, and local plasticity rules. No numerics here; an engine executes a circuit without knowing which
// paper it is from.
//
// Dynamics that a population stands for (time in ms, conductance per capacitance in 1/ms):
//   tau = 1 / (leak + sum_c g_c)                            membrane time constant
//   du/dt = (tau sum_c g_c v_c - u) / tau                   soma, v_c = potential of compartment c
//   u_look = u + tau du/dt                                  lookahead (prospective) potential
//   r = phi(u_look)  or  phi(u)                             output rate
//   v_c = (sum of added inputs) * (product of multiplied inputs)
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "apical/circuit/formula.h"
#include "apical/core/activation.h"
#include "apical/core/matrix.h"
#include "apical/core/names.h"

namespace apical {

struct PopulationId {
  std::uint32_t value = 0;
  auto operator<=>(const PopulationId&) const = default;
};
struct ProjectionId {
  std::uint32_t value = 0;
  auto operator<=>(const ProjectionId&) const = default;
};

/// What one population can show to a synapse. All are vectors with one entry per neuron.
enum class Quantity {
  rate,       ///< r = phi(...)
  soma,       ///< u
  lookahead,  ///< u_look
  slope,      ///< phi'(u_look)
  mismatch,   ///< phi'(u_look) * (teacher - r); 0 while the teacher is absent
};
template <>
inline constexpr std::array<std::string_view, 5> kNames<Quantity>{"rate", "soma", "lookahead", "slope",
                                                                  "mismatch"};

/// What a compartment's conductance does in a step in which its (teaching) input is absent.
enum class WhenAbsent {
  counts_as_zero,  ///< stays connected, sees 0
  disconnects,     ///< leaves the somatic steady state; the time constant stays (Sacramento 2018 output)
};
template <>
inline constexpr std::array<std::string_view, 2> kNames<WhenAbsent>{"counts_as_zero", "disconnects"};

struct Compartment {
  std::string name;
  double conductance = 0;  ///< to the soma, 1/ms
  WhenAbsent when_absent = WhenAbsent::counts_as_zero;
  double low_pass_ms = 0;  ///< 0: the potential is the instantaneous input; else v += dt/tau (input - v)
  bool operator==(const Compartment&) const = default;
};

/// Which derivative `slope` and `mismatch` use.
enum class DerivativeForm {
  exact,     ///< d phi(x; slope, offset) / dx
  released,  ///< that of the error-neuron paper's program: slope and offset ignored
};
template <>
inline constexpr std::array<std::string_view, 2> kNames<DerivativeForm>{"exact", "released"};

/// Noise added to one compartment's potential on its way to the soma (phaseless alignment learning).
struct CompartmentNoise {
  enum class Process { ornstein_uhlenbeck, held_white };
  enum class Amplitude { constant, soma, lookahead, compartment };  ///< the sd follows |this| per neuron
  std::string compartment;
  Process process = Process::ornstein_uhlenbeck;
  Amplitude amplitude = Amplitude::constant;
  double scale = 0;     ///< multiplies the amplitude; dimensionless
  double tau_ms = 0.1;  ///< of the Ornstein-Uhlenbeck process
  int hold_steps = 1;   ///< steps between draws
  bool operator==(const CompartmentNoise&) const = default;
};
template <>
inline constexpr std::array<std::string_view, 2> kNames<CompartmentNoise::Process>{"ornstein_uhlenbeck",
                                                                                   "held_white"};
template <>
inline constexpr std::array<std::string_view, 4> kNames<CompartmentNoise::Amplitude>{
    "constant", "soma", "lookahead", "compartment"};

struct Population {
  enum class Kind {
    external,  ///< its rate is set from outside: a stimulus or a teacher; may be absent in a step
    neurons,
  };
  std::string name;  ///< "area.population", unique
  std::string area;
  std::size_t size = 0;
  Kind kind = Kind::neurons;
  double leak = 0;  ///< 1/ms
  std::vector<Compartment> compartments = {};
  ActivationKind activation = ActivationKind::linear;
  double slope = 1, offset = 0;                   ///< of the activation, all neurons
  double slope_sd = 0, offset_sd = 0;             ///< heterogeneity, drawn once per seed and neuron
  std::vector<double> slopes = {}, offsets = {};  ///< explicit, one per neuron; replace the two lines above
  std::optional<ActivationKind> derivative_of = {};  ///< another function for `slope` (released DMS task)
  DerivativeForm derivative = DerivativeForm::exact;
  bool lookahead = true;                     ///< rate from the lookahead potential; else from the soma
  double lookahead_gain = 1;                 ///< multiplies tau du/dt
  double initial_soma_sd = 1;                ///< initial potentials ~ N(0, sd^2)
  std::optional<PopulationId> teacher = {};  ///< external population of target rates, for `mismatch`
  std::optional<CompartmentNoise> noise = {};
  bool absent_input_holds = false;  ///< external only: targets keep their last potential when absent

  /// Throws ConfigError: "unknown compartment 'x' in <where> (population …)".
  std::size_t compartment_index(std::string_view compartment, std::string_view where = {},
                                const char* field = "compartment") const;
  double total_conductance() const;
  double tau_ms() const { return 1.0 / total_conductance(); }
  bool operator==(const Population&) const = default;
};
template <>
inline constexpr std::array<std::string_view, 2> kNames<Population::Kind>{"external", "neurons"};

/// Where recordings keep a population: a group within that of its area.
struct RecordedUnder {
  std::string area, name;
};
RecordedUnder recorded_under(const Population& population);

enum class Effect { add, multiply };
template <>
inline constexpr std::array<std::string_view, 2> kNames<Effect>{"add", "multiply"};
enum class Topology { dense, one_to_one };
template <>
inline constexpr std::array<std::string_view, 2> kNames<Topology>{"dense", "one_to_one"};
/// Label used by learning switches and by analyses; the engine treats all alike.
enum class Pathway { forward, lateral, feedback, teaching };
template <>
inline constexpr std::array<std::string_view, 4> kNames<Pathway>{"forward", "lateral", "feedback",
                                                                 "teaching"};

/// Begins as another projection's matrix of the same seed, W_of or its transpose, or as W_of W_times;
/// multiplied by InitialWeights::scale. E.g. interneurons that predict the area above from the start.
struct DerivedWeights {
  ProjectionId of;
  bool transposed = false;
  std::optional<ProjectionId> times = {};
  bool operator==(const DerivedWeights&) const = default;
};

/// How a matrix begins. Values are drawn per seed at the address (seed, stream, projection, synapse).
struct InitialWeights {
  enum class Law {
    constant,
    uniform,
    normal,
    explicit_values,
    derived,
    uniform_upper,  ///< uniform on and above the diagonal, where the presynaptic index is not below the
                    ///< postsynaptic one; else 0
  };
  Law law = Law::constant;
  double low = 0,
         high = 0;      ///< uniform, uniform_upper: [low, high); constant: low; normal: mean low, sd high
  double scale = 1;     ///< multiplies the drawn value, e.g. an area-to-area density
  double identity = 0;  ///< added on the (rectangular) diagonal
  std::optional<Matrix<double>> values = {};  ///< (post, pre); one_to_one: a single row
  std::optional<DerivedWeights> derivation = {};

  static InitialWeights uniform(double low, double high) { return {Law::uniform, low, high}; }
  static InitialWeights zero() { return {}; }
  static InitialWeights eye() { return {.identity = 1}; }
  static InitialWeights explicit_matrix(Matrix<double> m) {
    InitialWeights w;
    w.law = Law::explicit_values;
    w.values = std::move(m);
    return w;
  }
  static InitialWeights derived(DerivedWeights from, double scale) {
    InitialWeights w;
    w.law = Law::derived;
    w.scale = scale;
    w.derivation = from;
    return w;
  }
  bool is_identity() const { return law == Law::constant && low == 0 && identity == 1; }
  bool operator==(const InitialWeights&) const = default;
};
template <>
inline constexpr std::array<std::string_view, 6> kNames<InitialWeights::Law>{
    "constant", "uniform", "normal", "explicit_values", "derived", "uniform_upper"};

/// The weights are scale * (W of another projection, transposed) + deviation, cut or zero-padded where the
/// sizes differ. Refreshed at each plasticity step from the weights before their update, so the view
/// lags the viewed weights by one update.
struct TransposedView {
  ProjectionId of;
  double scale = 1;
  std::optional<InitialWeights> deviation = {};  ///< fixed; drawn once per seed; multiplied by `scale` too
  std::optional<ProjectionId> shares_deviation_with = {};  ///< draws the same deviation as that view
  bool operator==(const TransposedView&) const = default;
};

/// The postsynaptic factor of a rule: quantities that exist at the postsynaptic neuron.
struct PostFactor {
  enum class Kind {
    none,
    voltage_residual,  ///< u_look(t) - a v_c(t-1): what the soma does that compartment c did not foresee
    rate_residual,     ///< r(t) - phi(a v_c(t-1))
    compartment,       ///< v_c of the previous step, or of this step with `now`
    noise,             ///< the compartment noise just drawn
    rate,
  };
  Kind kind = Kind::none;
  std::string compartment = {};
  std::optional<double> attenuation = {};  ///< a; default g_c tau
  bool now = false;
  double gain = 1;
  double low_pass_ms = 0;  ///< 0 = off; q += dt/tau (factor - q), then q
  bool operator==(const PostFactor&) const = default;
};
template <>
inline constexpr std::array<std::string_view, 6> kNames<PostFactor::Kind>{
    "none", "voltage_residual", "rate_residual", "compartment", "noise", "rate"};

/// The presynaptic factor of a rule.
struct PreFactor {
  enum class Kind {
    none,
    transmitted,  ///< what this synapse transmitted in the previous step (the cause of the post factor)
    transmitted_now,
    high_passed_rate,  ///< h += dr - dt/tau h, as of the end of the previous step; h(0) = r(0)
  };
  Kind kind = Kind::none;
  double low_pass_ms = 0;
  double high_pass_ms = 0;  ///< tau of high_passed_rate
  bool operator==(const PreFactor&) const = default;
};
template <>
inline constexpr std::array<std::string_view, 4> kNames<PreFactor::Kind>{
    "none", "transmitted", "transmitted_now", "high_passed_rate"};

/// - alpha * a_i b_j (w_ij - w*_ij); or, with `forget`, all that was there before goes in each step of
/// learning, whatever alpha (if it is not 0) and eta: w_ij = dt eta post_i pre_j.
struct WeightDecay {
  enum class Toward { zero, identity, forget };
  enum class PostGate { none, slope };
  enum class PreGate { none, slope, positive };  ///< positive: 1 where the presynaptic factor is > 0
  double alpha = 0;
  Toward toward = Toward::zero;
  PostGate post = PostGate::none;
  PreGate pre = PreGate::none;
  bool operator==(const WeightDecay&) const = default;
};
template <>
inline constexpr std::array<std::string_view, 3> kNames<WeightDecay::Toward>{"zero", "identity", "forget"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<WeightDecay::PostGate>{"none", "slope"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<WeightDecay::PreGate>{"none", "slope", "positive"};

/// dW = dt eta (post (x) pre - decay), each factor local to the synapse by construction.
struct PlasticityRule {
  double eta = 0;  ///< 1/ms
  PostFactor post = {};
  PreFactor pre = {};
  WeightDecay decay = {};
  double update_low_pass_ms = 0;  ///< 0 = off; q += dt/tau (dW - q), w += q
  /// What the rule was written as; made of it by rule_of() (formula_rule.h), which sets everything else.
  std::optional<Formula> formula = {};
  bool interpreted = false;  ///< no product of factors: dW = dt eta formula
  bool operator==(const PlasticityRule&) const = default;
};

struct Projection {
  std::string name;  ///< unique; default "from->to.compartment"
  PopulationId from, to;
  std::string compartment;
  Quantity transmits = Quantity::rate;
  Effect effect = Effect::add;
  Topology topology = Topology::dense;
  Pathway pathway = Pathway::forward;
  double density = 1;   ///< probability that a synapse exists (dense topology); absent ones stay absent
  int delay_steps = 0;  ///< on top of the synchronous step
  InitialWeights weights = {};
  std::optional<TransposedView> view = {};  ///< instead of weights of its own
  std::optional<PlasticityRule> rule = {};
  /// Where this projection's random numbers are drawn. Given by Circuit::connect and kept when other
  /// projections are removed, so that a lesioned circuit starts with the weights of the intact one.
  std::uint32_t draw_address = 0;
  bool operator==(const Projection&) const = default;
};

struct ConnectOptions {
  std::string compartment;
  std::string name = {};
  Quantity transmits = Quantity::rate;
  Effect effect = Effect::add;
  Topology topology = Topology::dense;
  Pathway pathway = Pathway::forward;
  double density = 1;
  int delay_steps = 0;
  InitialWeights weights = {};
  std::optional<TransposedView> view = {};
  std::optional<PlasticityRule> rule = {};
};

class Circuit {
 public:
  std::string name = "circuit";
  double dt_ms = 0.01;

  PopulationId add_population(Population population);
  /// An external population (stimulus or teacher).
  PopulationId add_external(std::string name, std::size_t size);
  ProjectionId connect(PopulationId from, PopulationId to, ConnectOptions options);

  /// Takes a projection out, as if it had never been described; the ids of later ones move down by one.
  /// ConfigError if another projection shows its transpose or begins with its weights.
  void remove(ProjectionId id);

  void set_stimulus(PopulationId id) { stimulus_ = id; }
  void set_target(PopulationId id) { target_ = id; }
  void set_readout(PopulationId id) { readout_ = id; }
  std::optional<PopulationId> stimulus() const { return stimulus_; }
  std::optional<PopulationId> target() const { return target_; }
  std::optional<PopulationId> readout() const { return readout_; }

  const std::vector<Population>& populations() const { return populations_; }
  const std::vector<Projection>& projections() const { return projections_; }
  const Population& operator[](PopulationId id) const { return populations_.at(id.value); }
  const Projection& operator[](ProjectionId id) const { return projections_.at(id.value); }
  Population& edit(PopulationId id) { return populations_.at(id.value); }
  Projection& edit(ProjectionId id) { return projections_.at(id.value); }
  /// By name; ConfigError with the nearest name if there is none.
  PopulationId population(std::string_view name) const;
  ProjectionId projection(std::string_view name) const;

  /// Throws ConfigError for anything an engine could not run: unknown compartment, sizes that do not fit a
  /// one-to-one view, a rule on a view, a non-positive time step or conductance, dt too coarse for a
  /// membrane, a teacher of another size …
  void validate() const;
  void validate(PopulationId id) const;
  void validate(ProjectionId id) const;
  bool operator==(const Circuit&) const = default;

  std::size_t synapse_count() const;  ///< stored weights, views counted by their deviations
  std::size_t plastic_synapse_count() const;
  std::size_t neuron_count() const;

 private:
  std::vector<Population> populations_;
  std::vector<Projection> projections_;
  std::optional<PopulationId> stimulus_, target_, readout_;
};

/// A page of text: each population with its equation's constants, each projection with its rule.
std::string describe(const Circuit& circuit);

}  // namespace apical
