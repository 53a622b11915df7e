// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/spiking_bursts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/engine/layered/elementwise.h"

namespace apical::layered {

std::size_t SpikingBurstPhysiology::steps(double seconds) const {
  const double n = std::round(seconds / dt_s);
  if (!(n >= 0 && n < 1e6) || std::abs(n * dt_s - seconds) > 1e-9 * dt_s) {
    throw FieldError::about(
        {"dt", "settle", "predict", "teach", "refractory"},
        fmt::format("{} s is no whole number of steps of {} s, as durations of spiking bursts must be",
                    seconds, dt_s));
  }
  return static_cast<std::size_t>(n);
}

template <class T>
SpikingBursts<T>::SpikingBursts(const SpikingBurstPhysiology& physiology, std::size_t inputs,
                                std::size_t hidden, std::size_t output, std::size_t classes)
    : p_(physiology),
      settle_(p_.steps(p_.settle_s)),
      predict_(p_.steps(p_.predict_s)),
      teach_(p_.steps(p_.teach_s)),
      refractory_(p_.steps(p_.refractory_s)),
      per_class_(output / classes) {
  APICAL_CHECK(classes > 0 && per_class_ * classes == output);
  if (predict_ == 0) throw FieldError("predict", "is 0; expected time to answer in");
  // The next accumulation is so many steps after an event: none in between.
  if (refractory_ == 0) throw FieldError("refractory", "is 0; expected at least one step");
  keep_ = static_cast<T>(std::exp(-p_.dt_s / p_.tau_s));
  keep_dendrite_ = static_cast<T>(std::exp(-p_.dt_s / p_.dendrite_tau_s));
  input_jump_ = static_cast<T>(1 / (p_.tau_s * p_.input_Hz));
  hidden_jump_ = static_cast<T>(1 / (p_.tau_s * p_.hidden_reference_Hz));
  class_jump_ = static_cast<T>(
      1 / (p_.dendrite_tau_s * p_.output_baseline * p_.high_Hz * static_cast<double>(per_class_)));
  resize(hidden_, hidden);
  resize(output_, output);
  d_.assign(classes, T(0));
  counts_.inputs.assign(inputs, 0);
}

template <class T>
void SpikingBursts<T>::resize(Units& units, std::size_t n) {
  for (AlignedBuffer<T>* x : {&units.potential, &units.phase, &units.rate}) x->assign(n, T(0));
  units.rest.assign(n, 0);
}

template <class T>
void SpikingBursts<T>::begin(std::span<const T> hidden_phases, std::span<const T> output_phases) {
  APICAL_CHECK(hidden_phases.size() == hidden_.phase.size() && output_phases.size() == output_.phase.size());
  resize(hidden_, hidden_phases.size());
  resize(output_, output_phases.size());
  std::copy(hidden_phases.begin(), hidden_phases.end(), hidden_.phase.begin());
  std::copy(output_phases.begin(), output_phases.end(), output_.phase.begin());
  std::fill(d_.begin(), d_.end(), T(0));
}

template <class T>
void SpikingBursts<T>::freeze_teacher(std::span<const T> wanted) {
  counts_.taught.resize(output_.phase.size());
  const double seconds = static_cast<double>(predict_) * p_.dt_s, P = p_.output_baseline;
  for (std::size_t k = 0; k < counts_.taught.size(); ++k) {
    const double r = counts_.predicted[k] / seconds;
    const double y = static_cast<double>(wanted[k / per_class_]);
    const double target = p_.low_Hz + y * (p_.high_Hz - p_.low_Hz);
    counts_.taught[k] =
        static_cast<T>(std::clamp(P * (1 + (target - r) / std::max(r, p_.low_Hz)), 0.01, 0.99));
  }
}

template <class T>
void SpikingBursts<T>::show(const SpikingBurstWeights<T>& weights, std::span<const T> wanted,
                            SpikeSource& source) {
  std::fill(counts_.inputs.begin(), counts_.inputs.end(), 0);
  counts_.hidden.assign(hidden_.phase.size(), 0);
  counts_.predicted.assign(output_.phase.size(), 0);
  counts_.hidden_excess.assign(hidden_.phase.size(), T(0));
  counts_.output_excess.assign(output_.phase.size(), T(0));
  counts_.taught.clear();
  for (std::size_t k = 0; k < steps_before_teaching(); ++k) one_step(weights, k, k >= settle_, false, source);
  if (wanted.empty()) return;
  freeze_teacher(wanted);
  for (std::size_t k = steps_before_teaching(); k < steps(); ++k) one_step(weights, k, true, true, source);
}

/// Which units have an event in this step.
template <class T>
void SpikingBursts<T>::fire(Units& units, std::span<const T> offset, SpikeSource& source) {
  const T maximum = static_cast<T>(p_.maximum_Hz), dt = static_cast<T>(p_.dt_s);
  if (p_.timing == EventTiming::regular) {
    count_up<T>({units.potential, offset, units.rate, units.phase, units.rest}, maximum, dt, refractory_ - 1,
                units.events);
    return;
  }
  const std::size_t n = units.potential.size();
  for (std::size_t i = 0; i < n; ++i) units.rate[i] = units.potential[i] + offset[i];
  activate<T>(Activation::sigmoid, units.rate, std::span<T>(units.rate));
  units.events.clear();
  for (std::size_t i = 0; i < n; ++i) {
    units.rate[i] *= maximum;
    if (units.rest[i] > 0) {
      --units.rest[i];
    } else if (source.event_uniform() < static_cast<double>(units.rate[i] * dt)) {
      units.rest[i] = static_cast<StepsLeft<T>>(refractory_ - 1);
      units.events.push_back(static_cast<std::uint32_t>(i));
    }
  }
}

template <class T>
bool SpikingBursts<T>::hidden_burst(const SpikingBurstWeights<T>& weights, std::uint32_t unit,
                                    SpikeSource& source) {
  const double P = p_.hidden_baseline;
  double u = 0;
  for (std::size_t c = 0; c < d_.size(); ++c)
    u += static_cast<double>(d_[c]) * static_cast<double>(weights.feedback(c, unit));
  u *= p_.gain;
  if (p_.gate) u *= 1 - static_cast<double>(hidden_.rate[unit]) / p_.maximum_Hz;
  const bool burst = source.burst_uniform() < 1 / (1 + std::exp(-(std::log(P / (1 - P)) + u)));
  counts_.hidden_excess[unit] += static_cast<T>((burst ? 1 : 0) - P);
  return burst;
}

template <class T>
void SpikingBursts<T>::one_step(const SpikingBurstWeights<T>& weights, std::size_t step, bool counted,
                                bool taught, SpikeSource& source) {
  for (T& d : d_) d *= keep_dendrite_;
  const auto inputs = source.inputs(step);
  decay_and_add_rows<T>(keep_, input_jump_, weights.in, inputs, hidden_.potential);
  if (counted) {
    for (const std::uint32_t j : inputs) ++counts_.inputs[j];
  }
  fire(hidden_, weights.hidden_offset, source);
  transmitted_ += inputs.size() * hidden_.potential.size() + hidden_.events.size() * output_.potential.size();
  decay_and_add_rows<T>(keep_, hidden_jump_, weights.out, hidden_.events, output_.potential);
  for (const std::uint32_t i : hidden_.events) {
    if (counted) ++counts_.hidden[i];
    const bool burst = taught && hidden_burst(weights, i, source);
    source.event(false, step, i, burst);
  }
  fire(output_, weights.output_offset, source);
  for (const std::uint32_t k : output_.events) {
    bool burst = false;
    if (taught) {
      burst = source.burst_uniform() < static_cast<double>(counts_.taught[k]);
      const T excess = static_cast<T>((burst ? 1 : 0) - p_.output_baseline);
      counts_.output_excess[k] += excess;
      d_[k / per_class_] += excess * class_jump_;
      transmitted_ += hidden_.potential.size();
    } else if (counted) {
      ++counts_.predicted[k];
    }
    source.event(true, step, k, burst);
  }
}

template <class T>
void SpikingBursts<T>::visit_state(StateVisitor& visit) {
  const auto units = [&](const char* name, Units& u) {
    visit.section(name, [&] {
      visit("potential", std::span<T>(u.potential));
      visit("phase", std::span<T>(u.phase));
      visit("rest", std::span<StepsLeft<T>>(u.rest));
    });
  };
  units("hidden", hidden_);
  units("output", output_);
  visit("class_traces", std::span<T>(d_));
}

template class SpikingBursts<float>;
template class SpikingBursts<double>;

void fields(FieldVisitor& v, SpikingBurstPhysiology& o) {
  v({"dt", "s", "time step", more_than(0)}, o.dt_s);
  v({"settle", "s", "of a picture, in which nothing counts", at_least(0)}, o.settle_s);
  v({"predict", "s", "in which the output answers", more_than(0)}, o.predict_s);
  v({"teach", "s", "in which it is taught and events may be bursts; 0: nothing could be learned",
     more_than(0)},
    o.teach_s);
  v({"tau", "s", "of somatic potentials", more_than(0)}, o.tau_s);
  v({"dendrite_tau", "s", "of what dendrites hear of a class", more_than(0)}, o.dendrite_tau_s);
  v({"input_rate", "Hz", "of an input of 1, the chance of a spike in each step", more_than(0)}, o.input_Hz);
  v({"maximum_rate", "Hz", "of a unit that is always driven", more_than(0)}, o.maximum_Hz);
  v({"refractory", "s", "from an event to when the next begins to be counted up to", more_than(0)},
    o.refractory_s);
  v({"hidden_rate", "Hz", "at which a hidden unit counts as 1", more_than(0)}, o.hidden_reference_Hz);
  v({"hidden_baseline", "", "share of events that are bursts without dendritic input", between(0, 1)},
    o.hidden_baseline);
  v({"output_baseline", "", "the same of the output without an error", between(0, 1)}, o.output_baseline);
  v({"high_rate", "Hz", "event rate that means 1", more_than(0)}, o.high_Hz);
  v({"low_rate", "Hz", "event rate that means 0", more_than(0)}, o.low_Hz);
  v({"dendrite_gain", "", "of feedback to hidden dendrites", at_least(0)}, o.gain);
  v({"gate", "", "units near their highest rate hear their dendrites less"}, o.gate);
  v.choice({"events", "", "a unit counts up to its next event, or has them at random"}, o.timing,
           {"regular", "hazard"});
  if (!(o.high_Hz > o.low_Hz))
    throw FieldError({"high_rate", "low_rate"}, fmt::format("is {}; expected more than low_rate", o.high_Hz));
  if (o.input_Hz * o.dt_s > 1) {
    throw FieldError({"input_rate", "dt"},
                     fmt::format("is {}; expected at most 1/dt, one spike per step", o.input_Hz));
  }
}

}  // namespace apical::layered
