// SPDX-License-Identifier: Apache-2.0
// The keys under which the parts of a course stand in TOML, once for reading and writing. visit_fields(v, x)
// calls v(key, member) for every key that means something for x as it is so far, and v(key, member, per_si)
// for quantities that are shown in another unit than they are kept in.
#pragma once

#include "apical/circuit/course.h"

namespace apical {

inline constexpr double kPicoampere = 1e12, kMillisecond = 1e3;  // per SI unit

template <class V>
void visit_fields(V& v, const course::Injection& i) {
  using course::Injection;
  v("population", &Injection::population);
  v("into", &Injection::into);
  v("pA", &Injection::constant_A, kPicoampere);
  v("sine_pA", &Injection::amplitude_A, kPicoampere);
  if (i.amplitude_A != 0) v("period_s", &Injection::period_s);
}

template <class V>
void visit_fields(V& v, const course::SourceRates&) {
  using course::SourceRates;
  v("population", &SourceRates::population);
  v("Hz", &SourceRates::rates_Hz);
}

template <class V>
void visit_fields(V& v, const course::WeightChange&) {
  using course::WeightChange;
  v("projection", &WeightChange::projection);
  v("weight", &WeightChange::weight);
}

template <class V>
void visit_fields(V& v, const course::Stimulus&) {
  using course::Stimulus;
  v("name", &Stimulus::name);
  v("label", &Stimulus::label);
  v("target", &Stimulus::target);
  v("inject", &Stimulus::injections);
  v("rates", &Stimulus::rates);
}

template <class V>
void visit_fields(V& v, const course::Samples&) {
  using course::Samples;
  v("task", &Samples::task);
  v("population", &Samples::population);
  v("rate_Hz", &Samples::rate_Hz);
  v("pooling", &Samples::pooling);
  v("train", &Samples::train);
  v("test", &Samples::test);
}

template <class V>
void visit_fields(V& v, const course::Teacher& t) {
  using course::Teacher;
  v("population", &Teacher::population);
  v("sees", &Teacher::sees);
  v("cost", &Teacher::cost);
  v("high_Hz", &Teacher::high_Hz);
  v("low_Hz", &Teacher::low_Hz);
  v("law", &Teacher::law);
  if (t.law == Teacher::Law::distance) v("largest_pA", &Teacher::largest_A, kPicoampere);
  if (t.law == Teacher::Law::burst_probability)
    v("resting_burst_probability", &Teacher::resting_burst_probability);
}

template <class V>
void visit_fields(V& v, const course::Phase&) {
  using course::Phase;
  v("name", &Phase::name);
  v("duration_s", &Phase::duration_s);
  v("plastic", &Phase::plastic);
  v("taught", &Phase::taught);
  v("bin_ms", &Phase::bin_s, kMillisecond);
  v("drawn", &Phase::drawn);
  v("inject", &Phase::injections);
  v("weights", &Phase::weights);
}

template <class V>
void visit_fields(V& v, const course::Measure&) {
  using course::Measure;
  v("quantities", &Measure::quantities);
  v("of", &Measure::of);
  v("phase", &Measure::phase);
  v("each", &Measure::each);
  v("mean_of_bins", &Measure::mean_of_bins);
  v("name", &Measure::name);
  v("text", &Measure::text);
  v("title", &Measure::title);
}

template <class V>
void visit_fields(V& v, const course::Correlation&) {
  using course::Correlation;
  v("name", &Correlation::name);
  v("phase", &Correlation::phase);
  v("of", &Correlation::between);
  v("with", &Correlation::and_of);
  v("text", &Correlation::text);
}

/// Beyond phases, measures and correlations.
template <class V>
void visit_fields(V& v, const course::Stage& s) {
  using course::Stage;
  v("name", &Stage::name);
  v("when", &Stage::when);
  v("shows", &Stage::shows);
  v("at_most", &Stage::at_most);
  v("shuffled", &Stage::shuffled);
  if (s.when == course::When::epoch) v("decay", &Stage::decay);
  v("where", &Stage::where);
  v("watched", &Stage::watched);
  if (!s.watched.empty()) v("watched_first", &Stage::watched_first);
}

}  // namespace apical
