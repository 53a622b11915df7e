// SPDX-License-Identifier: Apache-2.0
#include "apical/models/spiking_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/models/layered_fields.h"

namespace apical::models {
namespace {

using namespace payeur2021;

constexpr double kPico = 1e12, kMilli = 1e3;  // per unit of SI

/// A quantity kept in SI units and shown in others. Division gives the double nearest to the decimal number.
void scaled(Fields& f, const char* name, double& v, double per_si, const char* unit, const char* meaning) {
  constexpr double kDigits = 1e6;
  double shown = std::round(v * per_si * kDigits) / kDigits;
  f(name, shown, unit, meaning);
  v = shown / per_si;
}

void require_positive(const char* name, double v) {
  if (!(v > 0)) throw ConfigError(fmt::format("{} is {:g}; expected more than 0", name, v));
}

void positive(Fields& f, const char* name, double& v, const char* unit, const char* meaning) {
  f(name, v, unit, meaning);
  require_positive(name, v);
}

void expect(bool holds, const char* name, double v, const std::string& expected) {
  if (!holds) throw ConfigError(fmt::format("{} is {}; expected {}", name, v, expected));
}

void from_0(Fields& f, const char* name, double& v, const char* unit, const char* meaning) {
  f(name, v, unit, meaning);
  expect(v >= 0, name, v, "0 or more");
}

bool is_probability(double v) { return v >= 0 && v <= 1; }

void within_1(Fields& f, const char* name, double& v, const char* meaning) {
  f(name, v, "", meaning);
  expect(is_probability(v), name, v, "a number from 0 to 1");
}

/// Of connections; none at all is no network.
void density(Fields& f, const char* name, double& v, const char* meaning) {
  f(name, v, "", meaning);
  expect(v > 0 && v <= 1, name, v, "more than 0 and at most 1");
}

template <class Count>
void count(Fields& f, const char* name, Count& v, double low, double high, const char* unit,
           const char* meaning) {
  auto number = static_cast<double>(v);
  f(name, number, unit, meaning);
  expect(number == std::floor(number) && number >= low && number <= high, name, number,
         fmt::format("a whole number from {} to {}", low, high));
  v = static_cast<Count>(number);
}

constexpr double kMostNeurons = 1e7, kMostRepetitions = 1e6;

void neurons(Fields& f, const char* name, std::size_t& v, const char* meaning) {
  count(f, name, v, 1, kMostNeurons, "", meaning);
}

/// A list with something in it, all of which `holds`.
template <class Holds>
void each(Fields& f, const char* name, std::vector<double>& list, const char* unit, const char* meaning,
          const std::string& expected, Holds&& holds) {
  f(name, list, unit, meaning);
  if (list.empty()) throw ConfigError(fmt::format("{} is empty; expected one number or more", name));
  for (const double v : list) {
    if (!holds(v)) throw ConfigError(fmt::format("{} holds {}; expected {}", name, v, expected));
  }
}

/// Rates of trains with a refractory time.
void rates(Fields& f, const char* name, std::vector<double>& list, double refractory_s,
           const char* refractory, const char* meaning) {
  const std::string limit =
      refractory_s > 0 ? fmt::format(" and less than 1/{} = {:g}", refractory, 1 / refractory_s) : "";
  each(f, name, list, "Hz", meaning, "more than 0" + limit,
       [&](double v) { return v > 0 && v * refractory_s < 1; });
}

/// Which departures of the program can act in a model; those of dendrites, detectors and traces can in every
/// network.
struct Scope {
  bool short_term = false;    ///< depressing and facilitating synapses
  bool plastic = false;       ///< the burst-dependent rule
  bool minimum_rate = false;  ///< whose minimum rate can be chosen
};

struct ScopeFinder {
  Scope operator()(const XorOptions&) const { return {.plastic = true, .minimum_rate = true}; }
  Scope operator()(const RuleNetworkOptions&) const { return {.plastic = true}; }
  Scope operator()(const PropagationOptions&) const { return {.short_term = true}; }
  template <class Other>
  Scope operator()(const Other&) const {
    return {};
  }
};

void fields(Fields& f, spike::Quirks& q, const Scope& scope) {
  f.choice("dendritic_drive", q.dendritic_drive, {"dendritic", "somatic"},
           "potential in the driving force of dendritic synapses (Q1: the program takes the somatic)");
  if (scope.short_term) {
    f.choice("facilitation_jump", q.facilitation_jump, {"f", "u_rest"},
             "what u jumps by at a spike, times 1-u: f = 0.1, or u at rest (Q2: the latter in the program)");
  }
  f.choice("detector", q.detector, {"interspike_interval", "accumulating", "accumulating_mainline"},
           "how events are told from bursts (Q3: accumulating in the program; Q9: as in the simulator it was "
           "forked from)");
  if (scope.plastic) {
    count(f, "presynaptic_detector_lag_steps", q.presynaptic_detector_lag_steps, 0, 10000, "steps",
          "spikes reach the presynaptic detector so much later (Q3: 8 in the program)");
    f.choice("homeostatic_rate", q.homeostatic_rate, {"events", "all_spikes"},
             "what presynaptic homeostasis measures: the event rate estimate, or a 30 s average of all "
             "spikes (Q4: the latter in the program)");
    f.choice("first_event", q.first_event, {"no_depression", "burst_probability_one"},
             "burst probability at a neuron's first event, 0/0 (Q5)");
  }
  f("float32_trace_decay", q.float32_trace_decay,
    "decay factors of traces rounded to float32 (Q6: in the program)");
  if (scope.minimum_rate)
    f("minimum_rate_ignored", q.minimum_rate_ignored,
      "the minimum rate is 2 Hz whatever e_min_Hz says (Q7: in the program)");
  scaled(f, "initial_dendritic_adaptation_mV", q.initial_dendritic_adaptation_V, kMilli, "mV",
         "adaptation of dendrites at the start (Q8: 0.1 in the program)");
}

void fields(Fields& f, XorOptions& o) {
  neurons(f, "neurons", o.neurons,
          "per population; fewer is not neutral: excitatory and inhibitory partners coincide");
  positive(f, "in_degree", o.in_degree, "", "inputs per neuron and projection, on average");
  expect(o.in_degree <= static_cast<double>(o.neurons), "in_degree", o.in_degree,
         fmt::format("at most neurons = {}", o.neurons));
  f("hidden_plasticity", o.hidden_plasticity, "false: only the output learns");
  f("hidden_eta", o.hidden_eta, "", "learning rate of the hidden populations");
  f("output_eta", o.output_eta, "", "learning rate of the output");
  positive(f, "alpha_s", o.alpha_s, "s", "averaging time of event and burst rates");
  positive(f, "example_s", o.example_s, "s",
           "duration of one example: nine tenths prediction, one tenth with the teacher");
  f("e_max_Hz", o.e_max_Hz, "Hz", "event rate that means 1; also where postsynaptic homeostasis sets in");
  f("e_min_Hz", o.e_min_Hz, "Hz", "event rate that means 0; also below which presynaptic homeostasis acts");
  if (!(o.e_max_Hz > o.e_min_Hz + 2))
    throw ConfigError(
        fmt::format("e_max_Hz is {:g}; expected more than e_min_Hz + 2 = {:g}", o.e_max_Hz, o.e_min_Hz + 2));
  scaled(f, "teacher_pA", o.teacher_A, kPico, "pA", "largest current of the teacher into an output dendrite");
  scaled(f, "input_on_pA", o.input_on_A, kPico, "pA", "current into input somata for 1");
  scaled(f, "input_off_pA", o.input_off_A, kPico, "pA", "current into input somata for 0");
}

void probability(Fields& f, const char* name, double& v, const char* meaning) {
  f(name, v, "", meaning);
  expect(v > 0 && v < 1, name, v, "more than 0 and less than 1");
}

void fields(Fields& f, MnistOptions& o) {
  f.count("hidden", o.hidden, "", "neurons of the hidden population");
  f.count("per_class", o.per_class, "", "output neurons of each digit");
  f.count("pooling", o.pooling, "pixels",
          "per side of a square that shares one Poisson source: 1, 2, 4, 7 ...; 2 leaves 14 x 14 sources");
  mnist_sources(o, kMnistSide);
  f.count("train_images", o.train_images, "", "of an epoch, the first so many; 0: all");
  f.count("test_images", o.test_images, "", "the first so many; 0: all");
  f.choice("feedback", o.feedback, {"random", "learned", "bursts", "cut"},
           "bursts of the output, less those its events let expect, reach hidden dendrites through fixed "
           "random weights, or through weights "
           "that change as forward ones do; bursts alone; or nothing");
  f("hidden_plasticity", o.hidden_plasticity, "false: only the output learns");
  f("hidden_eta", o.hidden_eta, "mV",
    "learning rate of the hidden population, per event and presynaptic event");
  f("output_eta", o.output_eta, "mV", "learning rate of the output");
  f("decay", o.decay, "learning rates fall linearly to 0 over the training");
  positive(f, "dt_s", o.dt_s, "s", "time step");
  positive(f, "prediction_s", o.prediction_s, "s", "of each picture, without plasticity and teacher");
  positive(f, "settle_s", o.settle_s, "s", "of it in which events are not counted");
  if (!(o.settle_s < o.prediction_s))
    throw ConfigError(
        fmt::format("settle_s is {:g}; expected less than prediction_s = {:g}", o.settle_s, o.prediction_s));
  if (std::lround((o.prediction_s - o.settle_s) / o.dt_s) < 1) {
    throw ConfigError(
        fmt::format("settle_s is {:g}; expected to leave at least one step of {:g} s of prediction_s = {:g} "
                    "to count events in",
                    o.settle_s, o.dt_s, o.prediction_s));
  }
  positive(f, "teaching_s", o.teaching_s, "s", "after it, with both");
  if (std::lround(o.teaching_s / o.dt_s) < 1)
    throw ConfigError(
        fmt::format("teaching_s is {:g}; expected at least one step of {:g} s", o.teaching_s, o.dt_s));
  positive(f, "alpha_s", o.alpha_s, "s", "averaging time of event and burst rates");
  positive(f, "input_Hz", o.input_Hz, "Hz", "rate of a white pixel");
  positive(f, "escape_Hz", o.escape_Hz, "Hz", "largest event rate, but for the refractory time of 20 ms");
  f("threshold_mV", o.threshold_mV, "mV",
    "above rest, where the event rate is half of it; the slope is 2 mV");
  probability(f, "output_burst_probability", o.output_burst_probability,
              "of output neurons without a teacher");
  f("e_max_Hz", o.e_max_Hz, "Hz", "wanted of the right digit's neurons");
  positive(f, "e_min_Hz", o.e_min_Hz, "Hz", "wanted of the others");
  if (!(o.e_max_Hz > o.e_min_Hz))
    throw ConfigError(
        fmt::format("e_max_Hz is {:g}; expected more than e_min_Hz = {:g}", o.e_max_Hz, o.e_min_Hz));
  positive(f, "hidden_max_Hz", o.hidden_max_Hz, "Hz",
           "event rate of hidden neurons above which homeostasis takes their weights down");
  f("initial_gain", o.initial_gain, "",
    "spread of hidden potentials over pictures at the start, in units of the slope, about");
  f("feedback_gain", o.feedback_gain, "",
    "spread of what a digit's output adds to hidden dendrites when it bursts at 40 Hz, in units of their "
    "slope; of learned feedback at the start");
  from_0(f, "feedback_follow", o.feedback_follow, "",
         "learned: change of a feedback weight over that of the forward weight beside it");
}

void drive_fields(Fields& f, PropagationOptions& o) {
  from_0(f, "burn_in_s", o.burn_in_s, "s", "before the drives begin");
  positive(f, "duration_s", o.duration_s, "s", "of the drives");
  positive(f, "bin_s", o.bin_s, "s", "in which events and bursts are counted");
  if (o.duration_s < 2 * o.bin_s)
    throw ConfigError(
        fmt::format("duration_s is {:g}; expected at least two bins of {:g} s", o.duration_s, o.bin_s));
  scaled(f, "soma_amplitude_pA", o.soma_amplitude_A, kPico, "pA", "of the sine into somata");
  positive(f, "soma_period_s", o.soma_period_s, "s", "of the sine into somata");
  scaled(f, "dendrite_amplitude_pA", o.dendrite_amplitude_A, kPico, "pA", "of the sine into dendrites");
  positive(f, "dendrite_period_s", o.dendrite_period_s, "s", "of the sine into dendrites");
}

void fields(Fields& f, PropagationOptions& o) {
  neurons(f, "pyramidal", o.pyramidal, "neurons per area");
  neurons(f, "interneurons", o.interneurons, "of each kind");
  density(f, "connection_probability", o.in_degree_fraction, "of each pair, in every projection");
  f.choice("short_term", o.short_term, {"dynamic", "none"},
           "depressing and facilitating synapses, or all the time the mean efficacy that they would have in "
           "regular firing");
  drive_fields(f, o);
}

void fields(Fields& f, MultiplexingOptions& o) {
  neurons(f, "pyramidal", o.population.pyramidal, "neurons");
  drive_fields(f, o.population);
}

void fields(Fields& f, RuleNetworkOptions& o) {
  neurons(f, "neurons", o.neurons, "per side");
  count(f, "pool", o.pool, 100, kMostNeurons, "",
        "Poisson sources of each sign, 5 Hz each; every input neuron has 100 excitatory and 30 inhibitory "
        "contacts per compartment on average");
  density(f, "contact_probability", o.contact_probability, "of plastic synapses");
  within_1(f, "initial_weight", o.initial_weight, "of plastic synapses, which stay from 0 to 1");
  f("eta", o.eta, "", "learning rate");
  positive(f, "alpha_s", o.alpha_s, "s", "averaging time of event and burst rates");
  from_0(f, "dendritic_weight", o.dendritic_weight, "", "d0, of the input to the targets' dendrites");
  positive(f, "phase_s", o.phase_s, "s", "duration of each phase; a burn-in of 4 alpha comes first");
  std::vector<double> phases(o.phases.begin(), o.phases.end());
  each(f, "phases", phases, "d0", "dendritic weight in each of five phases", "0 or more",
       [](double v) { return v >= 0; });
  if (phases.size() != o.phases.size())
    throw ConfigError(fmt::format("phases has {} entries; expected {}", phases.size(), o.phases.size()));
  std::copy(phases.begin(), phases.end(), o.phases.begin());
  scaled(f, "final_presynaptic_current_pA", o.final_presynaptic_current_A, kPico, "pA",
         "into presynaptic dendrites in a last phase");
}

void fields(Fields& f, PairingParameters& p) {
  f("learning_rate", p.learning_rate, "", "eta");
  positive(f, "burst_threshold_s", p.burst_threshold_s, "s", "a longer interval starts an event");
  positive(f, "pre_tau_s", p.pre_tau_s, "s", "of the presynaptic trace");
  positive(f, "alpha_s", p.alpha_s, "s", "averaging time of event and burst rates");
  positive(f, "dt_s", p.dt_s, "s", "time step");
  expect(p.dt_s < p.pre_tau_s && p.dt_s < p.alpha_s, "dt_s", p.dt_s, "less than pre_tau_s and alpha_s");
}

void fields(Fields& f, PeriodicExperiment& e) {
  each(f, "frequencies_Hz", e.frequencies_Hz, "Hz", "of simultaneous pre- and postsynaptic spikes",
       "more than 0", [](double v) { return v > 0; });
  count(f, "pairings_per_epoch", e.protocol.pairings_per_epoch, 1, kMostRepetitions, "", "");
  count(f, "epochs", e.protocol.epochs, 1, kMostRepetitions, "", "of pairings");
  from_0(f, "interval_between_epochs_s", e.protocol.interval_between_epochs_s, "s",
         "in which the estimates decay");
  from_0(f, "first_pairing_s", e.protocol.first_pairing_s, "s", "after the start of an epoch");
  from_0(f, "tail_s", e.protocol.tail_s, "s", "after the last period of an epoch");
  f("post_delay_s", e.protocol.post_delay_s, "s", "postsynaptic spike minus presynaptic spike");
  positive(f, "initial_event_Hz", e.protocol.initial.event_Hz, "Hz", "estimate at the start");
  from_0(f, "initial_burst_Hz", e.protocol.initial.burst_Hz, "Hz", "estimate at the start");
  fields(f, e.protocol.parameters);
}

void train_fields(Fields& f, double& duration_s, int& repetitions) {
  positive(f, "duration_s", duration_s, "s", "of a train");
  count(f, "repetitions", repetitions, 1, kMostRepetitions, "", "of each point, per seed");
}

void fields(Fields& f, PoissonExperiment& e) {
  from_0(f, "refractory_s", e.refractory_s, "s", "of the trains");
  rates(f, "rates_Hz", e.rates_Hz, e.refractory_s, "refractory_s", "of both trains");
  each(f, "initial_burst_probabilities", e.initial_burst_probabilities, "",
       "estimates at the start, one curve each", "numbers from 0 to 1", is_probability);
  positive(f, "initial_event_Hz", e.initial_event_Hz, "Hz", "estimate at the start");
  train_fields(f, e.duration_s, e.repetitions);
  fields(f, e.parameters);
}

void fields(Fields& f, BurstPoissonExperiment& e) {
  each(f, "burst_probabilities", e.burst_probabilities, "", "of both trains", "numbers from 0 to 1",
       is_probability);
  within_1(f, "initial_burst_probability", e.initial_burst_probability, "estimate at the start");
  from_0(f, "gap_s", e.gap_s, "s", "least interval inside a burst");
  from_0(f, "span_s", e.span_s, "s", "range of intervals inside a burst");
  f("event_refractory_s", e.event_refractory_s, "s", "between events");
  expect(
      e.event_refractory_s >= e.gap_s + e.span_s, "event_refractory_s", e.event_refractory_s,
      fmt::format("at least gap_s + span_s = {:g}: a burst ends before the next event", e.gap_s + e.span_s));
  rates(f, "event_rates_Hz", e.event_rates_Hz, e.event_refractory_s, "event_refractory_s",
        "of both trains and of the estimate at the start, one curve each");
  train_fields(f, e.duration_s, e.repetitions);
  fields(f, e.parameters);
}

void all_fields(Fields& f, SpikingOptions& options) {
  std::visit([&](auto& o) { fields(f, o); }, options);
  if (spike::Quirks* q = quirks_of(options)) fields(f, *q, std::visit(ScopeFinder{}, options));
}

const Parameter& quirk_preset() {
  static const Parameter preset{"quirks",
                                std::string("recipe"),
                                "",
                                "what options marked Q1 … Q9 are unless they are given: as intended but for "
                                "what the experiment cannot do without, all as intended, or all as in the "
                                "published program",
                                {"recipe", "intended", "published"}};
  return preset;
}

const Parameter& feedback_preset() {
  static const Parameter preset{
      "feedback",
      std::string("asymmetric"),
      "",
      "net excitatory to one hidden population and inhibitory to the other; excitatory to both, with "
      "learning rates half as large unless they are given; none",
      {"asymmetric", "symmetric", "cut"}};
  return preset;
}

const char* kDigitsAfter =
    "Payeur et al. (2021), Nat Neurosci 24:1010 (the rule and its phases); Greedy et al. (2022), "
    "Single-phase deep learning in cortico-cortical "
    "networks, NeurIPS 35 (taking off expected bursts); Stuck & Naud (2024), bioRxiv 2024.07.19.604308 "
    "(digits)";
const char* kPayeur =
    "Payeur, Guerguiev, Zenke, Richards & Naud (2021), Burst-dependent synaptic plasticity can coordinate "
    "learning in hierarchical circuits, "
    "Nature Neuroscience 24, doi 10.1038/s41593-021-00857-x";

}  // namespace

const std::vector<SpikingModel>& spiking_models() {
  static const std::vector<SpikingModel> models{
      {"burstprop-pairing-periodic",
       "one synapse with the burst-dependent rule, paired spikes at one frequency (Fig. 2B)", kPayeur,
       PeriodicExperiment{}},
      {"burstprop-pairing-poisson",
       "one synapse with the burst-dependent rule, Poisson trains on both sides (Fig. 2C)", kPayeur,
       PoissonExperiment{}},
      {"burstprop-pairing-burst-poisson",
       "one synapse with the burst-dependent rule, trains of events and bursts on both sides (Fig. 2D)",
       kPayeur, BurstPoissonExperiment{}},
      {"burstprop-rule-network",
       "the burst-dependent rule between two populations of two-compartment neurons: weights follow changes "
       "of burst probability (Fig. 2E-G)",
       kPayeur, RuleNetworkOptions{}},
      {"burstprop-multiplexing",
       "one population of two-compartment neurons: the event rate follows somatic input, burst probability "
       "dendritic input (Fig. 3)",
       kPayeur, MultiplexingOptions{}},
      {"burstprop-propagation",
       "two areas of two-compartment neurons with interneurons: short-term plasticity sends event rates up "
       "and bursts down at once (Fig. 3)",
       kPayeur, PropagationOptions{}},
      {"burstprop-xor",
       "three stages of bursting neurons learn XOR: events carry the input up, bursts the teacher's signal "
       "down to hidden dendrites (Fig. 4)",
       kPayeur, XorOptions{}},
      {"burstprop-mnist",
       "hundreds of bursting neurons learn handwritten digits from Poisson spikes: events carry the picture "
       "up, bursts the teacher's signal down. Beyond the article: docs/spiking.md",
       kDigitsAfter, MnistOptions{}},
  };
  return models;
}

const SpikingModel* find_spiking(std::string_view name) {
  const auto& all = spiking_models();
  const auto at = std::find_if(all.begin(), all.end(), [&](const SpikingModel& m) { return m.name == name; });
  return at == all.end() ? nullptr : &*at;
}

std::optional<std::size_t> default_epochs(const SpikingOptions& options) {
  if (std::holds_alternative<XorOptions>(options)) return 500;
  if (std::holds_alternative<MnistOptions>(options)) return 5;
  return {};
}

spike::Quirks* quirks_of(SpikingOptions& options) {
  struct Finder {
    spike::Quirks* operator()(MultiplexingOptions& o) const { return &o.population.quirks; }
    spike::Quirks* operator()(XorOptions& o) const { return &o.quirks; }
    spike::Quirks* operator()(MnistOptions&) const { return nullptr; }
    spike::Quirks* operator()(PropagationOptions& o) const { return &o.quirks; }
    spike::Quirks* operator()(RuleNetworkOptions& o) const { return &o.quirks; }
    spike::Quirks* operator()(PeriodicExperiment&) const { return nullptr; }
    spike::Quirks* operator()(PoissonExperiment&) const { return nullptr; }
    spike::Quirks* operator()(BurstPoissonExperiment&) const { return nullptr; }
  };
  return std::visit(Finder{}, options);
}

std::vector<Parameter> presets_of(const SpikingOptions& options) {
  std::vector<Parameter> out;
  if (SpikingOptions copy = options; quirks_of(copy) != nullptr) out.push_back(quirk_preset());
  if (std::holds_alternative<XorOptions>(options)) out.push_back(feedback_preset());
  return out;
}

void apply_preset(SpikingOptions& options, std::string_view preset, std::string_view choice) {
  for (const Parameter& p : presets_of(options)) {
    if (p.name != preset) continue;
    const auto at = std::find(p.choices.begin(), p.choices.end(), choice);
    if (at == p.choices.end())
      throw ConfigError(fmt::format("{} is '{}'; expected {}", preset, choice, join_names(p.choices, "or")));
    if (p.name == feedback_preset().name) {
      std::get<XorOptions>(options).use(static_cast<XorFeedback>(at - p.choices.begin()));
    } else if (choice != "recipe") {
      *quirks_of(options) = choice == "intended" ? spike::Quirks{} : spike::Quirks::published();
    }
    return;
  }
  throw ConfigError(fmt::format("the model has no preset '{}'", preset));
}

std::vector<Parameter> parameters_of(SpikingOptions options) {
  std::vector<Parameter> list;
  Fields f(list);
  all_fields(f, options);
  return list;
}

SpikingOptions filled(SpikingOptions options, const Values& values) {
  Fields f(values);
  all_fields(f, options);
  return options;
}

std::optional<spike::SpikingCircuit> network_of(const SpikingOptions& options) {
  struct Builder {
    std::optional<spike::SpikingCircuit> operator()(const XorOptions& o) const { return xor_network(o); }
    std::optional<spike::SpikingCircuit> operator()(const MnistOptions& o) const {
      return mnist_network(o, mnist_sources(o, kMnistSide));
    }
    std::optional<spike::SpikingCircuit> operator()(const PropagationOptions& o) const {
      return propagation_network(o);
    }
    std::optional<spike::SpikingCircuit> operator()(const MultiplexingOptions& o) const {
      return multiplexing_population(o.population);
    }
    std::optional<spike::SpikingCircuit> operator()(const RuleNetworkOptions& o) const {
      return rule_network(o);
    }
    std::optional<spike::SpikingCircuit> operator()(const PeriodicExperiment&) const { return {}; }
    std::optional<spike::SpikingCircuit> operator()(const PoissonExperiment&) const { return {}; }
    std::optional<spike::SpikingCircuit> operator()(const BurstPoissonExperiment&) const { return {}; }
  };
  return std::visit(Builder{}, options);
}

}  // namespace apical::models
