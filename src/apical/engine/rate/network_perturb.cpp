// SPDX-License-Identifier: Apache-2.0
// Perturbations between the kernels of a step. What is not perturbed runs as it always does.
#include <algorithm>
#include <cmath>

#include "apical/core/random.h"
#include "apical/engine/rate/network.h"

namespace apical::rate {
namespace {

using Kind = Perturbation::Kind;

/// Injected potentials first, then clamped compartments, then clamped somata.
int rank(const Perturbation& p) { return p.kind != Kind::clamp ? 0 : p.variable == "soma" ? 2 : 1; }

/// f(neuron) for those that are meant.
template <class F>
void for_each_unit(const Perturbation& p, std::size_t size, F&& f) {
  if (p.units.empty()) {
    for (std::size_t i = 0; i < size; ++i) f(i);
  } else {
    for (const std::size_t i : p.units) f(i);
  }
}

}  // namespace

template <class Real>
void Network<Real>::set_perturbations(std::vector<Perturbation> perturbations) {
  for (const Perturbation& p : perturbations) validate(p, circuit_);
  perturbations_.clear();
  begin_and_end_perturbations();
  perturbations_ = std::move(perturbations);
}

/// Returns for how many steps the same ones act from here on.
template <class Real>
Step Network<Real>::begin_and_end_perturbations() {
  const Step now = step_ - event_;
  Step alike = Perturbation::kForGood;
  std::vector<const Perturbation*> acting;
  for (const Perturbation& p : perturbations_) {
    if (p.acts_at(now)) acting.push_back(&p);
    if (now < p.onset) alike = std::min(alike, p.onset - now);
    if (p.acts_at(now)) alike = std::min(alike, p.offset - now);
  }
  std::stable_sort(acting.begin(), acting.end(),
                   [](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
  if (acting == active_) return alike;

  // External rates that were clamped become again what they were set to.
  for (auto& s : populations_) {
    s->changed = s->changed || s->clamped;
    s->clamped = false;
  }
  active_ = std::move(acting);
  for (auto& s : projections_) s->scaled = s->frozen = false;
  for (const Perturbation* p : active_) {
    if (!p->projection) {
      PopulationState& s = *populations_[p->population->value];
      s.clamped = s.clamped || (s.staged && p->variable == "rate");
      continue;
    }
    ProjectionState& s = *projections_[p->projection->value];
    (p->kind == Kind::freeze ? s.frozen : s.scaled) = true;
  }
  for (auto& s : projections_) {
    if (s->scaled && !s->scaled_input)
      s->scaled_input = new_array(s->name + ".scaled_input", s->source->n / lanes_, false);
    for (const Tap& tap : s->taps) *tap.in = (s->scaled ? s->scaled_input : s->source->now) + tap.offset;
  }
  return alike;
}

/// Once rates are known: those that are clamped, and what scaled projections transmit.
template <class Real>
void Network<Real>::perturb_rates() {
  bool any_rate = false;
  for (const Perturbation* p : active_) {
    if (p->kind != Kind::clamp || p->variable != "rate") continue;
    any_rate = true;
    PopulationState& s = *populations_[p->population->value];
    for_each_unit(*p, s.size, [&](std::size_t i) {
      std::fill_n(s.rate + i * lanes_, lanes_, static_cast<Real>(p->value));
    });
  }
  if (any_rate) {
    for (auto& s : populations_) {
      if (!s->mismatch || !*s->activation->teacher_present) continue;
      const Real* teacher = s->activation->teacher;
      for (std::size_t i = 0; i < s->size * lanes_; ++i)
        s->mismatch[i] = s->slope[i] * (teacher[i] - s->rate[i]);
    }
  }
  for (auto& s : projections_) {
    if (s->scaled) std::copy_n(s->source->now, s->source->n, s->scaled_input);
  }
  for (const Perturbation* p : active_) {
    if (p->kind != Kind::scale) continue;
    Real* in = projections_[p->projection->value]->scaled_input;
    const std::size_t size = circuit_[circuit_[*p->projection].from].size;
    for_each_unit(*p, size, [&](std::size_t i) {
      for (std::size_t lane = 0; lane < lanes_; ++lane) in[i * lanes_ + lane] *= static_cast<Real>(p->value);
    });
  }
}

/// After the somatic integration, which is linear in the potentials: d = sum_c pull_c v_c, look = u + gain (d
/// - u), u += k (d - u). A potential that differs by x moves look by gain pull x and u by k pull x.
template <class Real>
void Network<Real>::perturb_potentials() {
  for (const Perturbation* p : active_) {
    if (!p->population || p->variable == "rate") continue;
    const Population& description = circuit_[*p->population];
    PopulationState& s = *populations_[p->population->value];
    const auto value = static_cast<Real>(p->value);
    if (p->variable == "soma") {
      for_each_unit(*p, s.size, [&](std::size_t i) {
        std::fill_n(s.soma + i * lanes_, lanes_, value);
        std::fill_n(s.prospective + i * lanes_, lanes_, value);
      });
      continue;
    }
    const std::size_t c = description.compartment_index(p->variable);
    const Compartment& compartment = description.compartments[c];
    const Real pull = !s.connects || *s.connects ? s.pull[c] : s.pull_alone[c];
    const Real filter =
        compartment.low_pass_ms > 0 ? static_cast<Real>(circuit_.dt_ms / compartment.low_pass_ms) : Real(1);
    Real* noisy = description.noise && description.noise->compartment == p->variable ? s.noisy : nullptr;
    const auto number = static_cast<std::uint32_t>(p - perturbations_.data());
    const auto draw = static_cast<std::uint64_t>(step_ / p->hold_steps) * s.size;
    for_each_unit(*p, s.size, [&](std::size_t i) {
      for (std::size_t lane = 0; lane < lanes_; ++lane) {
        const std::size_t at = i * lanes_ + lane;
        Real more = filter * value;
        if (p->kind == Kind::noise)
          more *= static_cast<Real>(normal({seeds_[lane], Stream::injected_noise, number, draw + i}));
        if (p->kind == Kind::clamp) more = value - s.compartment[c][at];
        s.compartment[c][at] += more;
        if (noisy) noisy[at] += more;
        s.prospective[at] += s.lookahead_gain * pull * more;
        s.soma[at] += s.step * pull * more;
      }
    });
  }
}

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
