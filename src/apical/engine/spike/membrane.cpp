// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/membrane.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "apical/core/divergence.h"
#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical::spike {
namespace {

constexpr std::uint32_t kEscapeObjects = 0x80000000U;  // draws of events; those of Poisson sources are below
constexpr std::size_t kPad = 16;                       // the widest vector, so that kernels need no tail

/// Long enough to write rarely, short enough that a stored value stays within a factor e^7 of the true one.
Step scale_period(double rate) {
  return static_cast<Step>(std::bit_floor(static_cast<std::uint64_t>(std::clamp(7 / rate, 1.0, 1024.0))));
}

Scale exponential(double dt_s, double tau_s) { return {std::exp(-dt_s / tau_s), scale_period(dt_s / tau_s)}; }

const PyramidalParameters* pyramidal_parameters(const NeuronModel& model) {
  if (const auto* m = std::get_if<TwoCompartment>(&model)) return &m->parameters;
  if (const auto* m = std::get_if<BurstPoisson>(&model)) return &m->parameters;
  return nullptr;
}

template <class T>
PyramidalStep<T> constants(const PyramidalParameters& p, double dt) {
  PyramidalStep<T> c{};
  const auto t = [](double x) { return static_cast<T>(x); };
  c.rest = t(p.rest_V);
  c.excitatory = t(p.excitatory_reversal_V);
  c.inhibitory = t(p.inhibitory_reversal_V);
  c.soma_leak = t(dt / p.soma_tau_s);
  c.soma_adaptation = t(dt * p.soma_adaptation_A / p.soma_capacitance_F);
  c.soma_regenerative = t(dt * p.dendrite_to_soma_A / p.soma_capacitance_F);
  c.dendrite_leak = t(dt / p.dendrite_tau_s);
  c.dendrite_adaptation = t(dt * p.dendrite_adaptation_S / p.dendrite_capacitance_F);
  c.dendrite_regenerative = t(dt * p.dendrite_regenerative_A / p.dendrite_capacitance_F);
  c.back_propagation = t(dt * p.back_propagation_A / p.dendrite_capacitance_F);
  c.wd_rate = t(dt / p.dendrite_adaptation_tau_s);
  c.theta_rest = t(p.threshold_V);
  c.midpoint = t(p.dendrite_midpoint_V);
  c.inverse_slope = t(1 / p.dendrite_slope_V);
  return c;
}

template <class T>
InterneuronStep<T> constants(const ExponentialIf& p, double dt) {
  InterneuronStep<T> c{};
  const auto t = [](double x) { return static_cast<T>(x); };
  c.rest = t(p.rest_V);
  c.excitatory = t(p.excitatory_reversal_V);
  c.inhibitory = t(p.inhibitory_reversal_V);
  c.ceiling = t(20e-3);
  c.floor = t(p.inhibitory_reversal_V);
  c.leak = t(dt / p.tau_s);
  c.inverse_leak_S = t(1 / p.leak_S);
  c.slope = t(p.slope_V);
  c.inverse_slope = t(1 / p.slope_V);
  c.threshold = t(p.threshold_V);
  c.adaptation_rate = t(dt / p.adaptation_tau_s);
  c.adaptation_S = t(p.adaptation_S);
  return c;
}

}  // namespace

Scale::Scale(double factor_per_step, Step period)
    : table_(static_cast<std::size_t>(period)), inverse_(table_.size()), mask_(period - 1) {
  for (std::size_t k = 0; k < table_.size(); ++k) {
    table_[k] = std::pow(factor_per_step, static_cast<double>(k));
    inverse_[k] = 1 / table_[k];
  }
  wrap_ = std::pow(factor_per_step, static_cast<double>(period));
}

template <class T>
Membrane<T>::Membrane(const NeuronGroup& group, double dt_s, std::uint64_t seed, std::uint32_t number)
    : model_(group.model),
      dt_(dt_s),
      seed_(seed),
      number_(number),
      size_(group.size),
      soma_drive_(group.soma_current),
      dendrite_drive_(group.dendrite_current) {
  const std::size_t padded = round_up(size_, kPad);
  const auto fill = [&](AlignedBuffer<T>& buffer, double value) {
    buffer.assign(padded, static_cast<T>(value));
  };
  const auto scatter = [&](AlignedBuffer<T>& buffer, double mean, std::uint64_t which) {
    fill(buffer, mean);
    if (group.initial_voltage_sd_V == 0) return;
    for (std::size_t i = 0; i < size_; ++i) {
      buffer[i] = static_cast<T>(mean + group.initial_voltage_sd_V *
                                            normal({seed, Stream::initial_voltage, number, 2 * i + which}));
    }
  };
  const auto plan_bursts = [&](double shortest_s, double span_s) {
    burst_shortest_s_ = shortest_s;
    burst_span_s_ = span_s;
    ready_.assign(size_, 0);
    calendar_size_ = std::bit_ceil(static_cast<std::size_t>((shortest_s + span_s) / dt_) + 2);
    calendar_.assign(blocks(), std::vector<std::vector<std::uint32_t>>(calendar_size_));
  };
  crossings_.resize(blocks());
  for (auto& scratch : crossings_) scratch.resize(kBlock);
  if (const PyramidalParameters* p = pyramidal_parameters(model_)) {
    pyramidal_ = constants<T>(*p, dt_);
    soma_per_ampere_ = dt_ / p->soma_capacitance_F;
    dendrite_per_ampere_ = dt_ / p->dendrite_capacitance_F;
    inverse_slope_ = 1 / p->dendrite_slope_V;
    midpoint_ = p->dendrite_midpoint_V;
    excitatory_ = exponential(dt_, p->excitatory_tau_s);
    inhibitory_ = exponential(dt_, p->inhibitory_tau_s);
    ws_scale_ = exponential(dt_, p->soma_adaptation_tau_s);
    theta_scale_ = Scale(1 - dt_ / p->threshold_tau_s, scale_period(dt_ / p->threshold_tau_s));
    scatter(v_, p->rest_V, 0);
    scatter(vd_, p->rest_V, 1);
    somatic_drive_ = p->dendritic_drive == DendriticDrive::somatic;
    fill(wd_, group.initial_dendritic_adaptation_V);
    for (AlignedBuffer<T>* b : {&ws_, &theta_}) fill(*b, 0);
    for (auto& g : g_) fill(g, 0);
    if (std::holds_alternative<TwoCompartment>(model_)) {
      fill(count_, 0);
    } else {
      refractory_steps_ = static_cast<Step>(std::llround(p->refractory_s / dt_));
      plan_bursts(p->burst_shortest_s, p->burst_span_s);
    }
  } else if (const auto* x = std::get_if<EscapeBurst>(&model_)) {
    soma_per_ampere_ = x->soma_resistance_ohm;
    dendrite_per_ampere_ = x->dendrite_resistance_ohm;
    inverse_slope_ = 1 / x->dendrite_slope_V;
    midpoint_ = x->dendrite_midpoint_V;
    excitatory_ = inhibitory_ = exponential(dt_, x->synaptic_tau_s);
    for (auto& g : g_) fill(g, 0);
    refractory_steps_ = static_cast<Step>(std::llround(x->refractory_s / dt_));
    plan_bursts(x->burst_shortest_s, x->burst_span_s);
  } else if (const auto* e = std::get_if<ExponentialIf>(&model_)) {
    interneuron_ = constants<T>(*e, dt_);
    soma_per_ampere_ = dt_ / (e->leak_S * e->tau_s);
    excitatory_ = exponential(dt_, e->excitatory_tau_s);
    inhibitory_ = exponential(dt_, e->inhibitory_tau_s);
    refractory_steps_ = static_cast<Step>(std::llround(e->refractory_s / dt_));
    scatter(v_, e->rest_V, 0);
    for (AlignedBuffer<T>* b : {&ws_, &count_}) fill(*b, 0);
    for (std::size_t r = 0; r < 2; ++r) fill(g_[r], 0);
  }
}

template <class T>
double Membrane<T>::drive_at(const Drive& d, Step k) const {
  if (d.amplitude_A == 0) return d.constant_A;
  return d.constant_A + d.amplitude_A * std::sin(2 * std::numbers::pi *
                                                 (static_cast<double>(k) * dt_ - d.start_s) / d.period_s);
}

template <class T>
void Membrane<T>::wrap(Step k, std::size_t first, std::size_t last) {
  const auto multiply = [&](AlignedBuffer<T>& buffer, const Scale& scale) {
    if (buffer.empty() || !scale.wraps(k)) return;
    const T factor = static_cast<T>(scale.wrap());
    for (std::size_t i = first; i < last; ++i) {
      buffer[i] *= factor;
      if (std::abs(buffer[i]) < T(1e-30)) buffer[i] = 0;  // denormal numbers would slow every later step
    }
  };
  multiply(g_[0], excitatory_);
  multiply(g_[1], inhibitory_);
  multiply(g_[2], excitatory_);
  multiply(g_[3], inhibitory_);
  if (!theta_.empty()) {
    multiply(ws_, ws_scale_);
    multiply(theta_, theta_scale_);
  }
}

template <class T>
double Membrane<T>::burst_uniform(std::size_t neuron, Step k, int which) {
  if (uniforms_.empty()) {
    const auto late = static_cast<std::uint32_t>(k >> 32)
                      << 16;  // beyond 2^32 steps the index has no room for the step
    const auto w =
        random_words({seed_, Stream::burst, number_ | late, static_cast<std::uint64_t>(k) << 32 | neuron});
    const std::size_t first = 2 * static_cast<std::size_t>(which);
    return (static_cast<double>(w[first]) * 0x1p-32 + static_cast<double>(w[first + 1])) * 0x1p-32;
  }
  const double u = uniforms_.front();
  uniforms_.pop_front();
  return u;
}

template <class T>
void Membrane<T>::reset_pyramidal(Step k, std::size_t block, std::size_t first, std::size_t crossings,
                                  bool bursting, T soma_current, std::vector<std::uint32_t>& spikes) {
  const T ws_jump = static_cast<T>(ws_scale_.store_for(k + 1));
  const T theta_jump = static_cast<T>(pyramidal_parameters(model_)->threshold_jump_V / theta_scale_.at(k));
  const T reset = static_cast<T>(pyramidal_parameters(model_)->reset_V);
  for (std::size_t c = 0; c < crossings; ++c) {
    const Crossing<T>& at = crossings_[block][c];
    const std::size_t i = first + at.neuron;
    if (bursting && k < ready_[i]) continue;
    v_[i] = reset + soma_current + (soma_currents_.empty() ? T{0} : soma_currents_[i]);
    theta_[i] += theta_jump;
    ws_[i] += ws_jump;
    spikes.push_back(static_cast<std::uint32_t>(i));
    if (!bursting) {
      count_[i] = static_cast<T>(std::llround(pyramidal_parameters(model_)->back_propagation_s / dt_));
      continue;
    }
    ready_[i] = k + refractory_steps_;
    draw_burst(k, i, static_cast<double>(at.potential));
  }
}

template <class T>
void Membrane<T>::draw_burst(Step k, std::size_t i, double vd) {
  const double p = 1 / (1 + std::exp(-(vd - midpoint_) * inverse_slope_));
  const double u_burst = burst_uniform(i, k, 0), u_duration = burst_uniform(i, k, 1);
  if (u_burst >= p) return;
  const Step ticks = static_cast<Step>((burst_shortest_s_ + u_duration * burst_span_s_) / dt_);
  calendar_[i / kBlock][static_cast<std::size_t>(k + ticks - 1) & (calendar_size_ - 1)].push_back(
      static_cast<std::uint32_t>(i));
}

template <class T>
void Membrane<T>::emit_due(Step k, std::size_t block, std::vector<std::uint32_t>& spikes) {
  auto& due = calendar_[block][static_cast<std::size_t>(k) & (calendar_size_ - 1)];
  if (due.empty()) return;
  const auto events = static_cast<std::ptrdiff_t>(spikes.size());
  for (const std::uint32_t i : due) {
    spikes.push_back(i);
    ready_[i] = k + refractory_steps_;
  }
  due.clear();
  std::sort(spikes.begin() + events, spikes.end());
  std::inplace_merge(spikes.begin(), spikes.begin() + events, spikes.end());
}

template <class T>
double Membrane<T>::escape_V(CurrentTarget where, std::size_t i, double scale) const {
  const auto& p = std::get<EscapeBurst>(model_);
  const bool soma = where == CurrentTarget::soma;
  const AlignedBuffer<T>& currents = soma ? soma_currents_ : dendrite_currents_;
  const double current_V = currents.empty() ? 0 : static_cast<double>(currents[i]);
  const double balance = static_cast<double>(g_[soma ? 0 : 2][i]) - static_cast<double>(g_[soma ? 1 : 3][i]);
  return p.rest_V + current_V + p.unit_psp_V * scale * balance;
}

/// Thinning (Lewis & Shedler 1979): a candidate at the largest rate becomes an event with the probability
/// that its potential gives, so potentials are looked at where there is a candidate only.
template <class T>
void Membrane<T>::escape_step(Step k, std::size_t first, std::size_t count,
                              std::vector<std::uint32_t>& spikes) {
  const auto& p = std::get<EscapeBurst>(model_);
  const double scale = excitatory_.at(k), candidate = p.maximum_rate_Hz * dt_;
  const double soma_V = soma_per_ampere_ * drive_at(soma_drive_, k) - p.threshold_V;
  const double dendrite_V = dendrite_per_ampere_ * drive_at(dendrite_drive_, k);
  constexpr std::size_t kWords = 4;  // of one draw; blocks begin at a multiple
  static_assert(kBlock % kWords == 0);
  for (std::size_t i = first; i < first + count; i += kWords) {
    const auto words = random_words({seed_, Stream::poisson_spike, kEscapeObjects | number_,
                                     static_cast<std::uint64_t>(k) << 32 | i / kWords});
    for (std::size_t n = i; n < std::min(i + kWords, first + count); ++n) {
      const double u = static_cast<double>(words[n - i]) * 0x1p-32;
      if (u >= candidate || k < ready_[n]) continue;
      if (u * (1 + std::exp(-(escape_V(CurrentTarget::soma, n, scale) + soma_V) / p.slope_V)) >= candidate)
        continue;
      spikes.push_back(static_cast<std::uint32_t>(n));
      ready_[n] = k + refractory_steps_;
      draw_burst(k, n, escape_V(CurrentTarget::dendrite, n, scale) + dendrite_V);
    }
  }
}

template <class T>
void Membrane<T>::add_currents(std::size_t first, std::size_t count) {
  const auto add = [&](AlignedBuffer<T>& potentials, const AlignedBuffer<T>& currents) {
    if (currents.empty()) return;
    for (std::size_t i = first; i < first + count; ++i) potentials[i] += currents[i];
  };
  add(v_, soma_currents_);
  add(vd_, dendrite_currents_);
}

template <class T>
void Membrane<T>::step(Step k, std::size_t block, std::vector<std::uint32_t>& spikes) {
  const std::size_t first = block * kBlock, count = std::min(kBlock, size_ - first);
  wrap(k, first, first + count);
  if (std::holds_alternative<EscapeBurst>(model_)) {
    escape_step(k, first, count, spikes);
    emit_due(k, block, spikes);
    return;
  }
  Crossing<T>* const out = crossings_[block].data();
  const double soma_A = drive_at(soma_drive_, k);
  const T soma_current = static_cast<T>(soma_per_ampere_ * soma_A);
  if (std::holds_alternative<ExponentialIf>(model_)) {
    InterneuronState<T> s{v_.data() + first,
                          ws_.data() + first,
                          count_.data() + first,
                          {g_[0].data() + first, g_[1].data() + first}};
    InterneuronStep<T> c = interneuron_;
    c.excitatory_scale = static_cast<T>(excitatory_.at(k));
    c.inhibitory_scale = static_cast<T>(inhibitory_.at(k));
    c.current = soma_current;
    const std::size_t crossings = interneuron_step(s, c, count, out);
    const auto& p = std::get<ExponentialIf>(model_);
    for (std::size_t n = 0; n < crossings; ++n) {
      const std::size_t i = first + out[n].neuron;
      v_[i] = static_cast<T>(p.reset_V) + soma_current;
      ws_[i] += static_cast<T>(p.adaptation_jump_A);
      count_[i] = static_cast<T>(refractory_steps_);
      spikes.push_back(static_cast<std::uint32_t>(i));
    }
    add_currents(first, count);
    return;
  }
  const bool bursting = std::holds_alternative<BurstPoisson>(model_);
  PyramidalState<T> s{
      v_.data() + first,
      vd_.data() + first,
      wd_.data() + first,
      bursting ? nullptr : count_.data() + first,
      ws_.data() + first,
      theta_.data() + first,
      {g_[0].data() + first, g_[1].data() + first, g_[2].data() + first, g_[3].data() + first}};
  PyramidalStep<T> c = pyramidal_;
  c.excitatory_scale = static_cast<T>(excitatory_.at(k));
  c.inhibitory_scale = static_cast<T>(inhibitory_.at(k));
  c.ws_scale = static_cast<T>(ws_scale_.at(k));
  c.theta_scale = static_cast<T>(theta_scale_.at(k));
  c.soma_current = soma_current;
  c.dendrite_current = static_cast<T>(dendrite_per_ampere_ * drive_at(dendrite_drive_, k));
  const std::size_t crossings = bursting ? burst_poisson_step(s, c, somatic_drive_, count, out)
                                         : two_compartment_step(s, c, somatic_drive_, count, out);
  add_currents(first, count);
  if (crossings > 0) reset_pyramidal(k, block, first, crossings, bursting, soma_current, spikes);
  if (bursting) emit_due(k, block, spikes);
}

template <class T>
void Membrane<T>::set_currents(CurrentTarget where, std::span<const double> amperes) {
  AlignedBuffer<T>& currents = where == CurrentTarget::soma ? soma_currents_ : dendrite_currents_;
  const double factor = where == CurrentTarget::soma ? soma_per_ampere_ : dendrite_per_ampere_;
  if (amperes.empty()) {
    currents.clear();
    return;
  }
  APICAL_CHECK(amperes.size() == size_);
  currents.assign(round_up(size_, kPad), T{0});
  for (std::size_t i = 0; i < size_; ++i) currents[i] = static_cast<T>(factor * amperes[i]);
}

template <class T>
NeuronState Membrane<T>::state(std::size_t i, Step k) const {
  NeuronState s;
  const auto conductance = [&](std::size_t r, const Scale& scale) {
    return g_[r].empty() ? 0.0 : static_cast<double>(g_[r][i]) / scale.store_for(k + 1);
  };
  if (std::holds_alternative<EscapeBurst>(model_)) {
    const double scale = 1 / excitatory_.store_for(k + 1);
    s.v = escape_V(CurrentTarget::soma, i, scale);
    s.vd = escape_V(CurrentTarget::dendrite, i, scale);
    s.g = {conductance(0, excitatory_), conductance(1, inhibitory_), conductance(2, excitatory_),
           conductance(3, inhibitory_)};
    return s;
  }
  if (v_.empty()) return s;
  s.v = static_cast<double>(v_[i]);
  s.g = {conductance(0, excitatory_), conductance(1, inhibitory_), conductance(2, excitatory_),
         conductance(3, inhibitory_)};
  if (const PyramidalParameters* p = pyramidal_parameters(model_)) {
    s.vd = static_cast<double>(vd_[i]);
    s.wd = static_cast<double>(wd_[i]);
    s.ws = static_cast<double>(ws_[i]) / ws_scale_.store_for(k + 1);
    s.theta = p->threshold_V + static_cast<double>(theta_[i]) * (k < 0 ? 1 : theta_scale_.at(k));
  } else {
    s.ws = static_cast<double>(ws_[i]);
  }
  return s;
}

template <class T>
void Membrane<T>::set_state(std::size_t i, Step k, const NeuronState& s) {
  APICAL_CHECK(i < size_);
  if (!v_.empty()) v_[i] = static_cast<T>(s.v);
  for (std::size_t r = 0; r < kReceptors; ++r) {
    if (!g_[r].empty())
      g_[r][i] = static_cast<T>(s.g[r] * (r % 2 == 0 ? excitatory_ : inhibitory_).store_for(k + 1));
  }
  if (const PyramidalParameters* p = pyramidal_parameters(model_)) {
    vd_[i] = static_cast<T>(s.vd);
    wd_[i] = static_cast<T>(s.wd);
    ws_[i] = static_cast<T>(s.ws * ws_scale_.store_for(k + 1));
    theta_[i] = static_cast<T>((s.theta - p->threshold_V) / (k < 0 ? 1 : theta_scale_.at(k)));
  } else if (!ws_.empty()) {
    ws_[i] = static_cast<T>(s.ws);
  }
}

template <class T>
std::optional<Fault> Membrane<T>::first_fault(std::size_t first, std::size_t count) const {
  for (std::size_t i = first; i < first + count; ++i) {
    if (v_.empty()) {
      const double soma_V = escape_V(CurrentTarget::soma, i, 1),
                   dendrite_V = escape_V(CurrentTarget::dendrite, i, 1);
      if (has_diverged(soma_V)) return Fault{i, "membrane potential of the soma", soma_V};
      if (has_diverged(dendrite_V)) return Fault{i, "membrane potential of the dendrite", dendrite_V};
      continue;
    }
    if (has_diverged(static_cast<double>(v_[i])))
      return Fault{i, "membrane potential of the soma", static_cast<double>(v_[i])};
    if (!vd_.empty() && has_diverged(static_cast<double>(vd_[i])))
      return Fault{i, "membrane potential of the dendrite", static_cast<double>(vd_[i])};
  }
  return {};
}

template <class T>
std::vector<std::uint32_t> Membrane<T>::pending(std::size_t block) const {
  std::vector<std::uint32_t> pairs;
  if (calendar_.empty()) return pairs;
  for (std::size_t slot = 0; slot < calendar_[block].size(); ++slot) {
    for (const std::uint32_t neuron : calendar_[block][slot])
      pairs.insert(pairs.end(), {static_cast<std::uint32_t>(slot), neuron});
  }
  return pairs;
}

template <class T>
void Membrane<T>::set_pending(std::size_t block, std::span<const std::uint32_t> pairs) {
  if (calendar_.empty()) return;
  for (auto& slot : calendar_[block]) slot.clear();
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) calendar_[block][pairs[i]].push_back(pairs[i + 1]);
}

template <class T>
std::size_t Membrane<T>::bytes() const {
  std::size_t n = 0;
  for (const auto* b : {&v_, &vd_, &ws_, &wd_, &theta_, &count_, &g_[0], &g_[1], &g_[2], &g_[3]})
    n += b->size() * sizeof(T);
  return n + ready_.size() * sizeof(Step);
}

template class Membrane<float>;
template class Membrane<double>;

}  // namespace apical::spike
