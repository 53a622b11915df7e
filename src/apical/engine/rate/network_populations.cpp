// SPDX-License-Identifier: Apache-2.0
// State of populations, their rates in each step, and the vectors that projections read of them.
#include <fmt/format.h>

#include <algorithm>

#include "apical/engine/rate/network_emit.h"

namespace apical::rate {

template <class Real>
void Network<Real>::make_populations(bool all_quantities) {
  std::vector<bool> wants_slope(circuit_.populations().size(), all_quantities);
  std::vector<bool> wants_mismatch(circuit_.populations().size(), false);
  for (const Projection& j : circuit_.projections()) {
    if (j.transmits == Quantity::slope || j.transmits == Quantity::mismatch) wants_slope[j.from.value] = true;
    if (j.transmits == Quantity::mismatch) wants_mismatch[j.from.value] = true;
    if (j.rule && j.rule->decay.pre == WeightDecay::PreGate::slope) wants_slope[j.from.value] = true;
    if (j.rule && j.rule->decay.post == WeightDecay::PostGate::slope) wants_slope[j.to.value] = true;
  }
  for (std::uint32_t k = 0; k < circuit_.populations().size(); ++k) {
    const Population& p = circuit_.populations()[k];
    auto s = std::make_unique<PopulationState>();
    s->name = p.name;
    s->size = p.size;
    s->rate = new_array(p.name + ".rate", p.size);
    s->padded = arrays_.back().values.size();
    if (p.kind == Population::Kind::external) {
      // Staged, because rules still need the previous step's value when the new one has been given.
      s->staged = new_array(p.name + ".staged", p.size);
      emit(rates, [s = s.get()] {
        if (!s->changed) return;
        std::copy_n(s->staged, s->padded, s->rate);
        s->changed = false;
      });
      populations_.push_back(std::move(s));
      continue;
    }
    s->soma = new_array(p.name + ".soma", p.size);
    s->prospective = new_array(p.name + ".prospective", p.size);
    if (all_quantities) s->lookahead = new_array(p.name + ".lookahead", p.size, false);
    if (wants_slope[k] || wants_mismatch[k]) s->slope = new_array(p.name + ".slope", p.size);
    if (wants_mismatch[k]) s->mismatch = new_array(p.name + ".mismatch", p.size);
    for (const Compartment& c : p.compartments) {
      s->compartment.push_back(new_array(p.name + "." + c.name, p.size));
      s->compartment_input.push_back(c.low_pass_ms > 0 ? new_array(p.name + "." + c.name + ".input", p.size)
                                                       : s->compartment.back());
    }
    if (p.noise) {
      s->noise = new_array(p.name + ".noise", p.size);
      s->noisy = new_array(p.name + "." + p.noise->compartment + "_noisy", p.size);
    }
    const auto parameter = [&](const std::vector<double>& list, double value, double sd, Stream stream,
                               double neutral) -> Real* {
      if (list.empty() && sd == 0 && value == neutral) return nullptr;
      Real* out = new_array(fmt::format("{}.parameter{}", p.name, static_cast<int>(stream)), p.size);
      for (std::size_t i = 0; i < p.size; ++i) {
        for (std::size_t lane = 0; lane < lanes_; ++lane) {
          const double base = list.empty() ? value : list[i];
          out[i * lanes_ + lane] =
              static_cast<Real>(sd == 0 ? base : base + sd * normal({seeds_[lane], stream, k, i}));
        }
      }
      return out;
    };
    s->slope_parameter = parameter(p.slopes, p.slope, p.slope_sd, Stream::neuron_slope, 1);
    s->offset_parameter = parameter(p.offsets, p.offset, p.offset_sd, Stream::neuron_offset, 0);
    for (std::size_t i = 0; i < p.size; ++i) {
      for (std::size_t lane = 0; lane < lanes_; ++lane) {
        const double u = p.initial_soma_sd * normal({seeds_[lane], Stream::initial_voltage, k, i});
        s->soma[i * lanes_ + lane] = s->prospective[i * lanes_ + lane] = static_cast<Real>(u);
      }
    }
    populations_.push_back(std::move(s));
  }
  for (std::uint32_t k = 0; k < circuit_.populations().size(); ++k) {
    const Population& p = circuit_.populations()[k];
    PopulationState& s = *populations_[k];
    if (p.kind == Population::Kind::external) continue;
    auto& a = emit<ActivateArgs<Real>>(rates, kernel_.activate);
    s.activation = &a;
    a.kind = p.activation;
    a.derivative_of = p.derivative_of.value_or(p.activation);
    a.released_derivative = p.derivative == DerivativeForm::released;
    a.source_is_lookahead = p.lookahead;
    a.soma = s.soma;
    a.lookahead = s.prospective;
    a.slope_parameter = s.slope_parameter;
    a.offset_parameter = s.offset_parameter;
    a.rate = s.rate;
    a.slope = s.slope;
    a.mismatch = s.mismatch;
    a.n = s.padded;
    a.valid = s.size * lanes_;
    if (p.teacher) {
      a.teacher = populations_[p.teacher->value]->rate;
      a.teacher_present = &populations_[p.teacher->value]->present;
    }
    if (s.lookahead) {
      auto& copy = emit<OneToOneArgs<Real>>(rates, kernel_.one_to_one);
      copy.in = s.prospective;
      copy.out = s.lookahead;
      copy.n = s.padded;
    }
  }
}

/// The vector a projection reads; delayed ones get a ring of past values, filled with the initial ones.
template <class Real>
typename Network<Real>::Source* Network<Real>::source_of(PopulationId p, Quantity q, int delay) {
  const auto key = std::make_tuple(p.value, q, delay);
  if (const auto at = source_index_.find(key); at != source_index_.end()) return at->second;
  PopulationState& s = *populations_[p.value];
  Real* direct = nullptr;
  switch (q) {
    case Quantity::rate:
      direct = s.rate;
      break;
    case Quantity::soma:
      direct = s.soma;
      break;
    case Quantity::lookahead:
      direct = s.prospective;
      break;
    case Quantity::slope:
      direct = s.slope;
      break;
    case Quantity::mismatch:
      direct = s.mismatch;
      break;
  }
  APICAL_CHECK(direct != nullptr);
  Source& source = sources_.emplace_back();
  source.n = s.padded;
  if (delay == 0) {
    source.now = direct;
  } else {
    run(rates);
    const std::string name = fmt::format("{}.{}.delay{}", s.name, name_of(q), delay);
    source.now = new_array(name, s.size);
    std::vector<Real*> ring;
    // When values are put into the ring, potentials are those that this step transmits; rates, slopes and
    // mismatches still those of the step before.
    const bool of_this_step = q == Quantity::soma || q == Quantity::lookahead;
    for (int d = 0; d < delay + (of_this_step ? 1 : 0); ++d) {
      ring.push_back(new_array(fmt::format("{}.{}", name, d), s.size));
      std::copy_n(direct, s.padded, ring.back());
    }
    std::copy_n(direct, s.padded, source.now);
    // What is there before the step goes into the ring, so that values written from outside are delayed, too.
    const auto slot = [ring](Step step) { return ring[static_cast<std::size_t>(step) % ring.size()]; };
    emit(remember, [this, slot, direct, n = s.padded] { std::copy_n(direct, n, slot(step_)); });
    emit(rates, [this, slot, n = s.padded, now = source.now] { std::copy_n(slot(step_ + 1), n, now); });
  }
  source_index_[key] = &source;
  return &source;
}

/// What the source showed in the step before.
template <class Real>
Real* Network<Real>::previous_of(Source& source, const std::string& name) {
  if (source.previous) return source.previous;
  source.previous = new_array(name + ".previous", source.n / lanes_);
  run(rates);
  std::copy_n(source.now, source.n, source.previous);
  for (auto& p : populations_) {
    if (p->rate != source.now || !p->activation) continue;
    p->activation->previous_rate = source.previous;  // kept on the way
    return source.previous;
  }
  remembered_.push_back({source.previous, source.now, source.n});
  return source.previous;
}

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
