// SPDX-License-Identifier: Apache-2.0
// A course is data: what is done to a spiking circuit, stage by stage, and what is measured meanwhile. No
// execution here (procedure/course_stepper.h), so that a recipe gives a circuit and its course as two values.
//   course   stages before training, the stages of an epoch as often as there are epochs, stages after it
//   stage    its phases, once for each stimulus or sample it shows, or once if it shows none
//   phase    a stretch of time: what is plastic, taught, injected; spikes are counted anew in each
// SI units (A, s, Hz). Nothing is reset between phases: a circuit goes on as the phase before left it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/core/fields.h"

namespace apical {

namespace course {

enum class CellPart { soma, dendrite };

/// A current into each neuron of a population on top of what the circuit injects: constant + amplitude
/// sin(2 pi t / period), t from the beginning of the phase.
struct Injection {
  std::string population = {};
  CellPart into = CellPart::soma;
  double constant_A = 0, amplitude_A = 0, period_s = 1;
  bool operator==(const Injection&) const = default;
};

/// Rates of a population of Poisson sources: one for all, or one for each. They hold while what gives them is
/// shown; then sources have the rate again that the circuit gives them.
struct SourceRates {
  std::string population = {};
  std::vector<double> rates_Hz = {};
  bool operator==(const SourceRates&) const = default;
};

/// What becomes of a spike between two time steps.
enum class BetweenSteps {
  refused,
  nearest,  ///< it is emitted in the nearest step
};

/// Relays emit the spikes of a file, in the layout of SONATA, from the beginning of what shows them until its
/// end. `from_s` is the time in the file that is the beginning.
struct Replay {
  std::string population = {};   ///< of relays, as many as the file's neurons or more
  std::string spikes_file = {};  ///< sought in the folder of data sets first
  std::string spikes_of = {};    ///< population in the file; empty: that of the same name, or the only one
  double from_s = 0;
  BetweenSteps between_steps = BetweenSteps::refused;
  bool operator==(const Replay&) const = default;
};

/// What a stage shows, for the whole of its phases.
struct Stimulus {
  std::string name = {};                   ///< in names of measures: "10"
  std::string label = {};                  ///< for people: "1,0"
  std::vector<Injection> injections = {};  ///< constant ones
  std::vector<SourceRates> rates = {};
  std::vector<double> target =
      {};  ///< 0 or 1 for each class of the taught population; empty: nothing is wanted
  std::vector<Replay> replays = {};
  bool operator==(const Stimulus&) const = default;
};

/// Stimuli that a task gives: its inputs, numbers from 0 to 1, set the rates of Poisson sources; its labels
/// say which class is wanted.
struct Samples {
  std::string task = {};            ///< one that classifies held inputs: "mnist"
  std::string population = {};      ///< a source for each input, or for each square of pooling x pixels
  double rate_Hz = 60;              ///< of an input of 1
  std::size_t pooling = 1;          ///< pixels per side of a square that shares a source
  std::size_t train = 0, test = 0;  ///< the first so many; at most what the task has
  FieldValues parameters = {};      ///< of the task, where they are not its defaults
  bool operator==(const Samples& o) const {
    return task == o.task && population == o.population && rate_Hz == o.rate_Hz && pooling == o.pooling &&
           train == o.train && test == o.test && parameters.all() == o.parameters.all();
  }
};

/// A weight given to all synapses of a projection at the beginning of a phase; it stays.
struct WeightChange {
  std::string projection = {};
  double weight = 0;
  bool operator==(const WeightChange&) const = default;
};

/// Where a raster of a watched stage is drawn: the last stretch of a phase, twice as long a stretch from its
/// beginning, or nowhere.
enum class Drawn { end, beginning, nowhere };

struct Phase {
  std::string name = {};
  double duration_s = 1;  ///< a whole number of time steps
  bool plastic = false;
  bool taught = false;  ///< the teacher's currents flow, frozen as they are at the phase's beginning
  double bin_s = 0;     ///< more than 0: spikes are also counted in bins, which divide the phase
  std::vector<Injection> injections = {};
  std::vector<WeightChange> weights = {};
  Drawn drawn = Drawn::end;
  std::vector<Replay> replays = {};
  bool operator==(const Phase&) const = default;
};

/// What is measured of a population in a phase, of a projection, or of answers to a teacher's targets.
enum class MeasureKind {
  event_Hz,           ///< mean over neurons
  burst_Hz,           ///< mean over neurons
  burst_probability,  ///< bursts over events of the population
  mean_weight,
  rms_weight,  ///< root of the mean square
  cost,        ///< mean over what was shown; see Teacher
  total_cost,  ///< its sum
  correct,     ///< number of right answers
  accuracy,    ///< fraction of right answers
};

/// What a quantity is of.
enum class MeasuredOf {
  population,
  projection,  ///< its weights as they stand
  answers      ///< what the circuit answers, beside what it should
};

/// What there is to say of a quantity, besides how it comes about (procedure/course_measures.cpp).
struct MeasuredQuantity {
  MeasureKind kind;
  std::string_view name;   ///< in TOML and in rows of measurements
  std::string_view words;  ///< in tables and figures
  std::string_view unit;   ///< empty: a pure number
  MeasuredOf of = MeasuredOf::population;
  bool summed = false;  ///< over all that was shown, rather than the mean
};

/// In the order of MeasureKind.
inline constexpr std::array kQuantities{
    MeasuredQuantity{MeasureKind::event_Hz, "event_Hz", "event rate", "Hz"},
    MeasuredQuantity{MeasureKind::burst_Hz, "burst_Hz", "burst rate", "Hz"},
    MeasuredQuantity{MeasureKind::burst_probability, "burst_probability", "burst probability", ""},
    MeasuredQuantity{MeasureKind::mean_weight, "mean_weight", "mean weight", "", MeasuredOf::projection},
    MeasuredQuantity{MeasureKind::rms_weight, "rms_weight", "root mean square weight", "",
                     MeasuredOf::projection},
    MeasuredQuantity{MeasureKind::cost, "cost", "cost", "", MeasuredOf::answers},
    MeasuredQuantity{MeasureKind::total_cost, "total_cost", "cost", "", MeasuredOf::answers, true},
    MeasuredQuantity{MeasureKind::correct, "correct", "right answers", "", MeasuredOf::answers, true},
    MeasuredQuantity{MeasureKind::accuracy, "accuracy", "fraction right", "", MeasuredOf::answers},
};
static_assert([] {
  for (std::size_t i = 0; i < kQuantities.size(); ++i) {
    if (kQuantities[i].kind != static_cast<MeasureKind>(i)) return false;
  }
  return true;
}());
constexpr const MeasuredQuantity& quantity_of(MeasureKind k) {
  return kQuantities[static_cast<std::size_t>(k)];
}
constexpr bool of_weights(MeasureKind k) { return quantity_of(k).of == MeasuredOf::projection; }
constexpr bool of_answers(MeasureKind k) { return quantity_of(k).of == MeasuredOf::answers; }

/// What a measure has one value for.
enum class Each {
  stage,     ///< the mean over all that was shown; weights as they are at the stage's end
  stimulus,  ///< names end in _ and the stimulus' name
  phase,     ///< names end in _phase_ and the phase's number from 0; outside epochs also a row for each phase
};

/// Several quantities of several populations or projections.
struct Measure {
  std::vector<MeasureKind> quantities = {};
  std::vector<std::string> of = {};  ///< populations or projections; empty for answers
  std::string phase = {};            ///< in which spikes are counted and answers judged; empty: the last one
  Each each = Each::stage;
  bool mean_of_bins =
      false;  ///< the mean over the phase's bins, of a burst probability over those with events
  /// Pattern of names (placeholders: measure_patterns.h). Empty: {of}_{quantity} of populations,
  /// weight_{from}_{to} of projections, {quantity} of answers.
  std::string name = {};
  std::string text = {};   ///< pattern of what tables of results call it, a headline if given
  std::string title = {};  ///< pattern, of its figure; empty: made from quantity and population
  bool operator==(const Measure&) const = default;
};

enum class SeriesKind { event_Hz, burst_Hz, burst_probability, soma_current, dendrite_current };

/// A number for each bin of a phase; of currents the phase's injection at the end of the bin.
struct Series {
  SeriesKind kind = SeriesKind::event_Hz;
  std::string population = {};
  bool operator==(const Series&) const = default;
};

/// Pearson's r of two series.
struct Correlation {
  std::string name = {}, phase = {};  ///< phase empty: the last one
  Series between = {}, and_of = {};
  std::string text = {};  ///< what tables of results call it, a headline if given
  bool operator==(const Correlation&) const = default;
};

enum class When { before, epoch, after };
enum class Shows { nothing, stimuli, training_samples, test_samples };

/// Of what a stage shows, as many can be watched.
inline constexpr std::size_t kMostWatched = 500;

struct Stage {
  std::string name = {};
  When when = When::before;
  Shows shows = Shows::nothing;
  std::size_t at_most = 0;     ///< of what is shown, the first so many; 0: all
  bool shuffled = false;       ///< samples in an order of each epoch's own
  bool decay = false;          ///< learning rates fall linearly to 0 over all epochs
  std::string where = "test";  ///< split of its measures: "train", "test"
  std::vector<Phase> phases = {};
  std::vector<Measure> measures = {};
  std::vector<Correlation> correlations = {};
  /// Activity over time is kept under this name; of stages within epochs in the last epoch.
  std::string watched = {};
  std::size_t watched_first = 0;  ///< of what is shown, the first so many, kMostWatched at most; 0: that many
  double shown_s() const;         ///< all phases once
  bool operator==(const Stage&) const = default;
};

/// What a taught population is told. It is divided evenly into as many classes as stimuli have targets.
struct Teacher {
  /// Event rates of single neurons that the law sees, and of classes that answers are judged and costs
  /// computed from: the estimators' averages, or counts in the phase before.
  enum class Sees { estimates, counts };
  /// Of event rates r with y = (r - low)/(high - low): -log y or -log(1-y), y within [0.01, 0.99], summed
  /// over classes; or the mean over classes of (y - target)^2.
  enum class Cost { cross_entropy, squared_distance };
  enum class Law {
    /// largest_A where the rate is on the wrong side, falling with the distance from the other one, 0 where
    /// it is within 1 Hz of what is wanted (Payeur et al. 2021, Methods, XOR)
    distance,
    /// the current that takes the dendrite to the burst probability P [1 + (wanted - r)/max(r, low)] within
    /// [0.01, 0.99], P the one without a teacher; of neurons whose dendrite has no dynamics of its own
    burst_probability,
  };
  std::string population = {};
  Sees sees = Sees::estimates;
  Cost cost = Cost::cross_entropy;
  Law law = Law::distance;
  double high_Hz = 10, low_Hz = 2;         ///< event rates that mean 1 and 0
  double largest_A = 1000e-12;             ///< law distance
  double resting_burst_probability = 0.2;  ///< law burst_probability
  bool operator==(const Teacher&) const = default;
};

/// Weight change over what a protocol varies.
struct WeightChangeCurve {
  std::string label;  ///< "P(0) = 0.3"
  std::vector<double> x, delta_w;
  /// Where the change first turns from negative to positive, between two points; NaN if it does not.
  double crossing() const;
};

/// A named escape hatch for what is not done to a network at all: a protocol that gives curves by itself (one
/// synapse and given spike trains). It cannot be written down as text.
struct CurveProtocol {
  std::string x_label, x_unit;      ///< "rate of both trains (Hz)", "Hz"
  std::string description;          ///< what is done, in a sentence
  std::vector<std::string> labels;  ///< of the curves
  double duration_s = 0;            ///< of all trains, biological
  std::function<std::vector<WeightChangeCurve>(std::uint64_t seed)> run;
};

}  // namespace course

struct Course {
  std::vector<course::Stimulus> stimuli = {};
  std::optional<course::Samples> samples = {};
  std::optional<course::Teacher> teacher = {};
  std::vector<course::Stage> stages = {};
  std::size_t epochs = 0;
  double activity_bin_s = 0.1;  ///< in which activity over time is counted
  std::optional<course::CurveProtocol> protocol = {};

  /// Whether there are stages of epochs.
  bool trains() const;
  /// Biological seconds of one seed.
  double duration_s() const;
  /// How often a stage shows something, in one pass.
  std::size_t presentations(const course::Stage& stage) const;
  /// As often as a stage is gone through: 1, or `epochs`. Stages after training need some training.
  std::size_t passes(const course::Stage& stage) const;
};

/// What is done, in sentences.
std::string in_words(const Course& course);

/// ConfigError for what cannot be done to the circuit: unknown names, teachers of nothing, measures without
/// their bins …
void validate(const Course& course, const SpikingCircuit& circuit);
/// The same for one stage.
void validate(const Course& course, const course::Stage& stage, const SpikingCircuit& circuit);

template <>
inline constexpr std::array<std::string_view, 2> kNames<course::CellPart>{"soma", "dendrite"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<course::BetweenSteps>{"refused", "nearest"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<course::Drawn>{"end", "beginning", "nowhere"};
template <>
inline constexpr auto kNames<course::MeasureKind> = [] {
  std::array<std::string_view, course::kQuantities.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = course::kQuantities[i].name;
  return names;
}();
template <>
inline constexpr std::array<std::string_view, 3> kNames<course::Each>{"stage", "stimulus", "phase"};
template <>
inline constexpr std::array<std::string_view, 5> kNames<course::SeriesKind>{
    "event_Hz", "burst_Hz", "burst_probability", "soma_current", "dendrite_current"};
template <>
inline constexpr std::array<std::string_view, 3> kNames<course::When>{"before", "epoch", "after"};
template <>
inline constexpr std::array<std::string_view, 4> kNames<course::Shows>{"nothing", "stimuli",
                                                                       "training_samples", "test_samples"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<course::Teacher::Sees>{"estimates", "counts"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<course::Teacher::Cost>{"cross_entropy",
                                                                               "squared_distance"};
template <>
inline constexpr std::array<std::string_view, 2> kNames<course::Teacher::Law>{"distance",
                                                                              "burst_probability"};

}  // namespace apical
