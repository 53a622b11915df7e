// SPDX-License-Identifier: Apache-2.0
// What rules read of the two sides of a synapse.
#include <fmt/format.h>

#include <algorithm>

#include "apical/engine/rate/network_emit.h"

namespace apical::rate {

template <class Real>
Real* Network<Real>::post_factor(const Projection& j) {
  const PostFactor& f = j.rule->post;
  const Population& p = circuit_[j.to];
  PopulationState& s = *populations_[j.to.value];
  if (f.kind == PostFactor::Kind::none) return nullptr;
  const bool has_compartment = f.kind != PostFactor::Kind::rate && f.kind != PostFactor::Kind::noise;
  const std::size_t c = has_compartment ? p.compartment_index(f.compartment) : 0;
  const double attenuation =
      f.attenuation.value_or(has_compartment ? p.compartments[c].conductance * p.tau_ms() : 0);
  // The key is a name in checkpoints, in which -1 has always stood for "not given".
  const std::string given = !f.attenuation         ? "-1"
                            : *f.attenuation == -1 ? "minus one"
                                                   : fmt::format("{}", *f.attenuation);
  const std::string key = fmt::format("{}|post|{}|{}|{}|{}|{}|{}", p.name, static_cast<int>(f.kind),
                                      f.compartment, given, f.now, f.gain, f.low_pass_ms);
  if (const auto at = factor_index_.find(key); at != factor_index_.end()) return at->second;
  Real* out = new_array(key, p.size);
  factor_index_[key] = out;
  const Real gain = static_cast<Real>(f.gain);
  const auto copy = [this, out, n = s.padded, gain](Phase phase, const Real* from) {
    emit(phase, [out, n, gain, from] {
      for (std::size_t i = 0; i < n; ++i) out[i] = gain * from[i];
    });
  };
  switch (f.kind) {
    case PostFactor::Kind::voltage_residual:
    case PostFactor::Kind::rate_residual: {
      auto& a = emit<ResidualArgs<Real>>(factors, kernel_.residual);
      a.of_rate = f.kind == PostFactor::Kind::rate_residual;
      a.kind = p.activation;
      a.lookahead = s.prospective;
      a.rate = s.rate;
      a.potential = s.compartment[c];
      a.slope_parameter = s.slope_parameter;
      a.offset_parameter = s.offset_parameter;
      a.attenuation = static_cast<Real>(attenuation);
      a.gain = gain;
      a.out = out;
      a.n = s.padded;
      a.valid = s.size * lanes_;
      break;
    }
    case PostFactor::Kind::compartment:
      copy(f.now ? capture : factors, s.compartment[c]);
      break;
    case PostFactor::Kind::noise:
      copy(capture, s.noise);
      break;
    case PostFactor::Kind::rate:
      copy(factors, s.rate);
      break;
    case PostFactor::Kind::none:
      break;
  }
  if (f.low_pass_ms == 0) return out;
  Real* filtered = new_array(key + "|filtered", p.size);
  const Real k = static_cast<Real>(circuit_.dt_ms / f.low_pass_ms);
  emit(capture, [this, out, filtered, k, n = s.padded] {
    if (!learning_.any() && !learning_.observe_credit) return;
    for (std::size_t i = 0; i < n; ++i) filtered[i] += k * (out[i] - filtered[i]);
  });
  factor_index_[key] = filtered;
  return filtered;
}

template <class Real>
Real* Network<Real>::pre_factor(const Projection& j, ProjectionState& s) {
  const PreFactor& f = j.rule->pre;
  const Population& from = circuit_[j.from];
  PopulationState& source = *populations_[j.from.value];
  if (f.kind == PreFactor::Kind::none) return nullptr;
  if (f.kind == PreFactor::Kind::high_passed_rate) {
    if (!source.high_passed) {
      source.high_pass_ms = f.high_pass_ms;
      source.high_passed = new_array(from.name + ".rate_highpass", from.size);
      source.rate_before =
          previous_of(*source_of(j.from, Quantity::rate, 0), fmt::format("{}.rate.0", from.name));
      std::copy_n(source.rate, source.padded, source.high_passed);
    }
    if (source.high_pass_ms != f.high_pass_ms) {
      throw ConfigError(fmt::format(
          "two rules ask for rates of '{}' high-passed with different time constants ({} and {} ms)",
          from.name, source.high_pass_ms, f.high_pass_ms));
    }
    return source.high_passed;
  }
  if (f.kind == PreFactor::Kind::transmitted_now) return s.source->now;
  const Real* previous =
      previous_of(*s.source, fmt::format("{}.{}.{}", from.name, name_of(j.transmits), j.delay_steps));
  if (f.low_pass_ms == 0) return s.source->previous;
  const std::string key =
      fmt::format("{}.{}.{}.low_passed{}", from.name, name_of(j.transmits), j.delay_steps, f.low_pass_ms);
  if (const auto at = factor_index_.find(key); at != factor_index_.end()) return at->second;
  Real* filtered = new_array(key, from.size);
  const Real k = static_cast<Real>(circuit_.dt_ms / f.low_pass_ms);
  emit(capture, [this, filtered, k, previous, n = s.source->n] {
    if (!learning_.any() && !learning_.observe_credit) return;
    for (std::size_t i = 0; i < n; ++i) filtered[i] += k * (previous[i] - filtered[i]);
  });
  factor_index_[key] = filtered;
  return filtered;
}

template <class Real>
void Network<Real>::plan_factors() {
  for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
    const Projection& j = circuit_.projections()[k];
    ProjectionState& s = *projections_[k];
    s.source = source_of(j.from, j.transmits, j.delay_steps);
    if (!j.rule) continue;
    if (j.rule->interpreted) {
      plan_interpreted(s, j);
      general_rules_.push_back(&s);
      continue;
    }
    s.post = post_factor(j);
    s.pre = pre_factor(j, s);
    if (!s.fast_rule) {
      general_rules_.push_back(&s);
      continue;
    }
    const auto pending_copy = [&](const std::string& name, const Real* of, std::size_t n) {
      Real*& at = factor_index_[fmt::format("pending|{}", reinterpret_cast<std::uintptr_t>(of))];
      if (!at) at = new_array(name + ".pending", n);
      return at;
    };
    s.pending_post = pending_copy(j.name + ".post", s.post, circuit_[j.to].size);
    s.pending_pre = pending_copy(j.name + ".pre", s.pre, circuit_[j.from].size);
  }
}

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
