// SPDX-License-Identifier: Apache-2.0
// The options of the parts of a course, once for reading, writing and the documentation. As in core/fields.h,
// but parts lie within parts, so that members are named rather than handed over: fields(v, x) calls v(field,
// member) for every option that means something for x as it is so far, and v(field, member, per_si) for
// quantities that are shown in another unit than they are kept in.
#pragma once

#include "apical/circuit/course.h"
#include "apical/core/fields.h"
#include "apical/models/spiking_fields.h"

namespace apical {

inline constexpr double kPicoampere = 1e12, kMillisecond = 1e3;  // per SI unit

namespace course {

template <class V>
void fields(V& v, const Injection& i) {
  v({.name = "population", .meaning = "whose neurons get it", .required = true}, &Injection::population);
  v({"into", "", "which compartment"}, &Injection::into);
  v({"pA", "pA", "constant, on top of what the circuit injects"}, &Injection::constant_A, kPicoampere);
  v({"sine_pA", "pA", "amplitude of a sine from the phase's beginning"}, &Injection::amplitude_A,
    kPicoampere);
  if (v.when(i.amplitude_A != 0)) v({"period_s", "s", "of the sine", more_than(0)}, &Injection::period_s);
}

template <class V>
void fields(V& v, const SourceRates&) {
  v({.name = "population", .meaning = "of Poisson sources", .required = true}, &SourceRates::population);
  v({"Hz", "Hz", "one for all sources, or one for each", at_least(0)}, &SourceRates::rates_Hz);
}

template <class V>
void fields(V& v, const Replay&) {
  v({.name = "population", .meaning = "of relays that emit the spikes", .required = true},
    &Replay::population);
  v({.name = "spikes_file",
     .meaning = "in the layout of SONATA; a relative path is sought in --data or APICAL_DATA first",
     .required = true},
    &Replay::spikes_file);
  v({"spikes_of", "", "population in the file; default: that of the same name, or the only one"},
    &Replay::spikes_of);
  v({"from_s", "s", "time in the file that is the beginning, a whole number of time steps", at_least(0)},
    &Replay::from_s);
  v({"between_steps", "", "what becomes of spikes between two time steps"}, &Replay::between_steps);
}

template <class V>
void fields(V& v, const WeightChange&) {
  v({.name = "projection", .meaning = "with weights of its own", .required = true},
    &WeightChange::projection);
  v({"weight", "", "of all its synapses, from the phase's beginning on"}, &WeightChange::weight);
}

template <class V>
void fields(V& v, const Stimulus&) {
  v({.name = "name", .meaning = "in names of measures", .required = true}, &Stimulus::name);
  v({"label", "", "for people; default: the name"}, &Stimulus::label);
  v({"target", "", "0 or 1 for each class of the taught population", within(0, 1)}, &Stimulus::target);
  v({"inject", "", "constant currents"}, &Stimulus::injections);
  v({"rates", "", "of Poisson sources; those that are not named keep the circuit's"}, &Stimulus::rates);
  v({"replay", "", "spikes of files, from the beginning of the first phase"}, &Stimulus::replays);
}

template <class V>
void fields(V& v, const Samples&) {
  v({.name = "task", .meaning = "that gives classes of held inputs from 0 to 1", .required = true},
    &Samples::task);
  v({.name = "population", .meaning = "of Poisson sources, one for each input", .required = true},
    &Samples::population);
  v({"rate_Hz", "Hz", "of an input of 1", at_least(0)}, &Samples::rate_Hz);
  v({"pooling", "pixels", "per side of a square that shares a source", at_least(1)}, &Samples::pooling);
  v({"train", "", "training samples: the first so many"}, &Samples::train);
  v({"test", "", "test samples: the first so many"}, &Samples::test);
  v({"parameters", "", "of the task, see there"}, &Samples::parameters);
}

template <class V>
void fields(V& v, const Teacher& t) {
  v({.name = "population",
     .meaning = "that is taught, divided evenly into as many classes as there are targets",
     .required = true},
    &Teacher::population);
  v({"sees", "", "moving averages of event rates, or counts of the phase before"}, &Teacher::sees);
  v({"cost", "", "of answers that are off"}, &Teacher::cost);
  v({"high_Hz", "Hz", "event rate that means 1"}, &Teacher::high_Hz);
  v({"low_Hz", "Hz", "event rate that means 0", at_least(0)}, &Teacher::low_Hz);
  v({"law", "", "how currents follow from rates"}, &Teacher::law);
  if (v.when(t.law == Teacher::Law::distance))
    v({"largest_pA", "pA", "where the rate is on the wrong side"}, &Teacher::largest_A, kPicoampere);
  if (v.when(t.law == Teacher::Law::burst_probability))
    v({"resting_burst_probability", "", "without a teacher", between(0, 1)},
      &Teacher::resting_burst_probability);
}

template <class V>
void fields(V& v, const Phase&) {
  v({.name = "name", .meaning = "in measures and reports", .required = true}, &Phase::name);
  v({"duration_s", "s", "a whole number of time steps", within(0, models::kLongestS)}, &Phase::duration_s);
  v({"plastic", "", "weights change"}, &Phase::plastic);
  v({"taught", "", "the teacher's currents flow, frozen as they are at the phase's beginning"},
    &Phase::taught);
  v({"bin_ms", "ms", "more than 0: spikes are also counted in bins, which divide the phase", at_least(0)},
    &Phase::bin_s, kMillisecond);
  v({"drawn", "", "which stretch of it is drawn as a raster"}, &Phase::drawn);
  v({"inject", "", "currents"}, &Phase::injections);
  v({"weights", "", "given to projections, which keep them"}, &Phase::weights);
  v({"replay", "", "spikes of files, from the phase's beginning"}, &Phase::replays);
}

template <class V>
void fields(V& v, const Measure&) {
  v({"quantities", "", "of populations, of projections, or of the taught population's answers"},
    &Measure::quantities);
  v({"of", "", "populations or projections; none for answers"}, &Measure::of);
  v({"phase", "", "in which spikes are counted and answers judged; default: the last"}, &Measure::phase);
  v({"each", "", "what it has one value for"}, &Measure::each);
  v({"mean_of_bins", "", "the mean over the phase's bins"}, &Measure::mean_of_bins);
  v({"name", "", "pattern with placeholders such as {of} and {quantity}"}, &Measure::name);
  v({"text", "", "what tables call it, a headline if given"}, &Measure::text);
  v({"title", "", "of its figure"}, &Measure::title);
}

template <class V>
void fields(V& v, const Correlation&) {
  v({.name = "name", .meaning = "of the measure", .required = true}, &Correlation::name);
  v({"phase", "", "with bins; default: the last"}, &Correlation::phase);
  v({"of", "", "a series such as \"event_Hz of pyr1\""}, &Correlation::between);
  v({"with", "", "the other one"}, &Correlation::and_of);
  v({"text", "", "what tables call it, a headline if given"}, &Correlation::text);
}

/// Beyond phases, measures and correlations.
template <class V>
void fields(V& v, const Stage& s) {
  v({.name = "name", .meaning = "in reports", .required = true}, &Stage::name);
  v({"when", "", "before training, in each epoch, or after it"}, &Stage::when);
  v({"shows", "", "what its phases are gone through for"}, &Stage::shows);
  v({"at_most", "", "of what is shown, the first so many; 0: all"}, &Stage::at_most);
  v({"shuffled", "", "training samples in an order of each epoch's own"}, &Stage::shuffled);
  if (v.when(s.when == When::epoch))
    v({"decay", "", "learning rates fall linearly to 0 over all epochs"}, &Stage::decay);
  v({.name = "where", .meaning = "split of its measures", .choices = {"train", "test"}}, &Stage::where);
  v({"watched", "", "activity over time is kept under this name"}, &Stage::watched);
  if (v.when(!s.watched.empty()))
    v({"watched_first", "", "of what is shown, the first so many; 0: as many as can be"},
      &Stage::watched_first);
}

}  // namespace course
}  // namespace apical
