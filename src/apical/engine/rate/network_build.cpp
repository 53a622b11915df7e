// SPDX-License-Identifier: Apache-2.0
// From a circuit to state and a list of kernel calls.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/engine/rate/network.h"

namespace apical::rate {
namespace {
/// Matrices from this many elements on are swept in chunks that threads share. Chunks depend on the circuit
/// alone, so that the order of sums does not depend on the number of threads.
constexpr std::size_t kParallelElements = 1 << 17;
constexpr std::size_t kChunkTraffic =
    1 << 17;  // elements read and written; smaller: more partial sums to add up

std::size_t one_to_one_size(const Circuit& c, const Projection& j) {
  return std::min(c[j.from].size, c[j.to].size);
}

/// A rule that is a plain outer product and so can ride on the sweep.
bool is_fast(const Projection& j) {
  return j.rule && j.topology == Topology::dense && j.density == 1 && j.rule->decay.alpha == 0 &&
         j.rule->update_low_pass_ms == 0 && j.rule->post.kind != PostFactor::Kind::none;
}
}  // namespace

template <class Real>
Network<Real>::Network(const Circuit& circuit, std::span<const std::uint64_t> seeds, bool lanes,
                       bool all_quantities, ThreadPool* pool)
    : circuit_(circuit),
      seeds_(seeds.begin(), seeds.end()),
      lanes_(lanes ? kLanes : 1),
      pool_(pool),
      kernel_(kernels<Real>()) {
  APICAL_CHECK(!seeds_.empty() && seeds_.size() <= lanes_);
  // Lanes without a seed of their own repeat the last one; nobody reads them.
  while (seeds_.size() < lanes_) seeds_.push_back(seeds_.back());
  make_populations(all_quantities);
  make_weights();
  plan_factors();
  if (!remembered_.empty())
    emit<CopyArgs<Real>>(remember, kernel_.copy) = {remembered_.data(), remembered_.size()};
  plan_products();
  plan_integration();
  plan_capture();
  point_sweeps();
  run(rates);  // rates of the initial potentials
}

template <class Real>
Real* Network<Real>::new_array(std::string name, std::size_t n, bool is_state) {
  arrays_.push_back(
      {std::move(name), AlignedBuffer<Real>(lanes_ > 1 ? n * lanes_ : round_up_block(n), Real(0)), is_state});
  return arrays_.back().values.data();
}

template <class Real>
template <class Args>
Args& Network<Real>::emit(Phase phase, void (*kernel)(const Args&)) {
  struct Bound {
    void (*kernel)(const Args&);
    Args args;
  };
  auto bound = std::make_shared<Bound>(Bound{kernel, {}});
  args_.push_back(bound);
  ops_[phase].push_back({[](const void* p) {
                           const auto* b = static_cast<const Bound*>(p);
                           b->kernel(b->args);
                         },
                         bound.get()});
  return bound->args;
}

template <class Real>
template <std::invocable F>
void Network<Real>::emit(Phase phase, F f) {
  auto bound = std::make_shared<F>(std::move(f));
  args_.push_back(bound);
  ops_[phase].push_back({[](const void* p) { (*static_cast<const F*>(p))(); }, bound.get()});
}

template <class Real>
Real* Network<Real>::input_of(const Projection& j) const {
  return populations_[j.to.value]->compartment_input[circuit_[j.to].compartment_index(j.compartment)];
}

template <class Real>
template <class Args>
Args& Network<Real>::keep(Args args) {
  auto owned = std::make_shared<Args>(args);
  args_.push_back(owned);
  return *owned;
}

/// `in` reads the source of `s` from now on, or its scaled copy.
template <class Real>
void Network<Real>::read_through(ProjectionState& s, const Real*& in, std::size_t offset) {
  in = s.source->now + offset;
  s.taps.push_back({&in, offset});
}

/// True for the first contribution to a compartment in a step: it sets, later ones add.
template <class Real>
bool Network<Real>::overwrites(const Real* compartment) {
  if (std::find(written_.begin(), written_.end(), compartment) != written_.end()) return false;
  written_.push_back(compartment);
  return true;
}

// ---- populations -----------------------------------------------------------------------------------------

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
    for (int d = 0; d < delay; ++d) {
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

// ---- weights ---------------------------------------------------------------------------------------------

/// Fills a dense matrix, laid out like `layout`'s, with W(post, pre) drawn from `law`; `transposed` means
/// that the drawn matrix is the transpose of what is stored (deviations of views).
template <class Real>
void Network<Real>::fill(Real* matrix, const ProjectionState& layout, const InitialWeights& law,
                         Stream stream, std::uint32_t drawn_as, std::size_t post, std::size_t pre,
                         bool transposed) {
  for (std::size_t i = 0; i < post; ++i) {
    for (std::size_t j = 0; j < pre; ++j) {
      const std::size_t row = transposed ? j : i, col = transposed ? i : j;
      for (std::size_t lane = 0; lane < lanes_; ++lane) {
        const Address at{seeds_[lane], stream, drawn_as, i * pre + j};
        double w = 0;
        switch (law.law) {
          case InitialWeights::Law::constant:
            w = law.low;
            break;
          case InitialWeights::Law::uniform:
            w = uniform(at, law.low, law.high);
            break;
          case InitialWeights::Law::uniform_upper:
            w = j >= i ? uniform(at, law.low, law.high) : 0.0;
            break;
          case InitialWeights::Law::normal:
            w = law.low + law.high * normal(at);
            break;
          case InitialWeights::Law::explicit_values:
            w = (*law.values)(i, j);
            break;
          case InitialWeights::Law::derived:
            break;  // once all others are drawn
        }
        w = w * law.scale + (i == j ? law.identity : 0.0);
        matrix[element(layout, row, col) + lane] = static_cast<Real>(w);
      }
    }
  }
}

template <class Real>
void Network<Real>::make_weights() {
  for (const Projection& j : circuit_.projections()) {
    auto s = std::make_unique<ProjectionState>();
    s->name = j.name;
    s->id = {static_cast<std::uint32_t>(projections_.size())};
    const std::size_t pre = circuit_[j.from].size, post = circuit_[j.to].size;
    s->pre_contiguous = pre >= post;
    s->outer = s->pre_contiguous ? post : pre;
    s->inner = s->pre_contiguous ? pre : post;
    s->stride = lanes_ > 1 ? s->inner : round_up_block(s->inner);
    if (j.rule) s->eta = j.rule->eta;
    projections_.push_back(std::move(s));
  }
  for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
    const Projection& j = circuit_.projections()[k];
    ProjectionState& s = *projections_[k];
    const std::size_t pre = circuit_[j.from].size, post = circuit_[j.to].size;
    if (j.topology == Topology::one_to_one) {
      if (j.weights.is_identity() && !j.rule) continue;
      const std::size_t n = one_to_one_size(circuit_, j);
      s.weights = new_array(j.name + ".weights", n);
      InitialWeights law = j.weights;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t lane = 0; lane < lanes_; ++lane) {
          const Address at{seeds_[lane], Stream::initial_weight, j.draw_address, i};
          const bool is_uniform =
              law.law == InitialWeights::Law::uniform || law.law == InitialWeights::Law::uniform_upper;
          double w = is_uniform                               ? uniform(at, law.low, law.high)
                     : law.law == InitialWeights::Law::normal ? law.low + law.high * normal(at)
                     : law.values                             ? (*law.values)(0, i)
                                                              : law.low;
          s.weights[i * lanes_ + lane] = static_cast<Real>(w * law.scale + law.identity);
        }
      }
      continue;
    }
    if (!j.view) {
      s.weights = new_array(j.name + ".weights", s.outer * s.stride);
      fill(s.weights, s, j.weights, Stream::initial_weight, j.draw_address, post, pre, false);
      if (j.density < 1) {
        s.mask = new_array(j.name + ".mask", s.outer * s.stride);
        for (std::size_t i = 0; i < post; ++i) {
          for (std::size_t c = 0; c < pre; ++c) {
            for (std::size_t lane = 0; lane < lanes_; ++lane) {
              const bool exists =
                  uniform({seeds_[lane], Stream::connectivity, j.draw_address, i * pre + c}) < j.density;
              s.mask[element(s, i, c) + lane] = exists ? Real(1) : Real(0);
              if (!exists) s.weights[element(s, i, c) + lane] = 0;
            }
          }
        }
      }
      s.fast_rule = is_fast(j);
      if (j.rule && j.rule->update_low_pass_ms > 0)
        s.low_passed_update = new_array(j.name + ".low_passed_update", s.outer * s.stride);
      continue;
    }
    ProjectionState& viewed = *projections_[j.view->of.value];
    viewed.viewed = true;
    const Projection& of = circuit_[j.view->of];
    // A view of the same size rides on the viewed matrix's sweep, or has one of its own if another view rides
    // already or the rule is not a plain product; its deviation lies in the same layout.
    const bool same_size = circuit_[of.to].size == pre && circuit_[of.from].size == post;
    if (same_size) s.view_layout = &viewed;
    if (same_size && is_fast(of) && !viewed.fused_view) viewed.fused_view = &s;
    if (j.view->deviation) {
      s.deviation = new_array(j.name + ".deviation", s.outer * s.stride);
      const std::uint32_t drawn_as =
          circuit_[j.view->shares_deviation_with.value_or(ProjectionId{k})].draw_address;
      fill(s.deviation, same_size ? viewed : s, *j.view->deviation, Stream::feedback_deviation, drawn_as,
           post, pre, same_size);
    }
  }
  for (auto& s : projections_) {
    // A lazily updated matrix is itself the "weights before the update"; others keep a copy for their views.
    if (s->viewed && !s->fast_rule) {
      s->before_update = new_array(s->name + ".before_update", s->outer * s->stride);
      std::copy_n(s->weights, s->outer * s->stride * lanes_, s->before_update);
    }
  }
  derive_weights();
}

template <class Real>
void Network<Real>::derive_weights() {
  for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
    const Projection& j = circuit_.projections()[k];
    ProjectionState& s = *projections_[k];
    if (!j.weights.derivation || j.view) continue;
    const DerivedWeights& d = *j.weights.derivation;
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      const Matrix<double> left = weights(d.of, lane);
      const Matrix<double> right = d.times ? weights(*d.times, lane) : Matrix<double>();
      for (std::size_t i = 0; i < circuit_[j.to].size; ++i) {
        for (std::size_t c = 0; c < circuit_[j.from].size; ++c) {
          double w = 0;
          if (d.times) {
            for (std::size_t m = 0; m < right.rows(); ++m) w += left(i, m) * right(m, c);
          } else {
            w = d.transposed ? left(c, i) : left(i, c);
          }
          const std::size_t at = element(s, i, c) + lane;
          s.weights[at] = static_cast<Real>(j.weights.scale * w + (i == c ? j.weights.identity : 0.0));
          if (s.mask) s.weights[at] *= s.mask[at];
          if (s.before_update) s.before_update[at] = s.weights[at];
        }
      }
    }
  }
}

// ---- rules' factors --------------------------------------------------------------------------------------

template <class Real>
Real* Network<Real>::post_factor(const Projection& j) {
  const PostFactor& f = j.rule->post;
  const Population& p = circuit_[j.to];
  PopulationState& s = *populations_[j.to.value];
  if (f.kind == PostFactor::Kind::none) return nullptr;
  const std::string key =
      fmt::format("{}|post|{}|{}|{}|{}|{}|{}", p.name, static_cast<int>(f.kind), f.compartment,
                  f.attenuation.value_or(-1), f.now, f.gain, f.low_pass_ms);
  if (const auto at = factor_index_.find(key); at != factor_index_.end()) return at->second;
  Real* out = new_array(key, p.size);
  factor_index_[key] = out;
  const bool has_compartment = f.kind != PostFactor::Kind::rate && f.kind != PostFactor::Kind::noise;
  const std::size_t c = has_compartment ? p.compartment_index(f.compartment) : 0;
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
      a.attenuation = static_cast<Real>(f.attenuation.value_or(p.compartments[c].conductance * p.tau_ms()));
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

// ---- products --------------------------------------------------------------------------------------------

template <class Real>
void Network<Real>::plan_products() {
  for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
    const Projection& j = circuit_.projections()[k];
    if (j.view && projections_[j.view->of.value]->fused_view != projections_[k].get()) plan_view_alone({k});
  }
  emit(parallel_products, [this] {
    const auto one = [this](std::size_t i) { kernel_.sweep(*parallel_[i]); };
    if (pool_) {
      pool_->run(parallel_.size(), one);
    } else {
      for (std::size_t i = 0; i < parallel_.size(); ++i) one(i);
    }
  });
  for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
    const Projection& j = circuit_.projections()[k];
    if (!j.view && j.topology == Topology::dense) plan_dense({k});
  }
  for (const bool additive : {true, false}) {
    for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
      const Projection& j = circuit_.projections()[k];
      if (j.topology == Topology::one_to_one && (j.effect == Effect::add) == additive)
        plan_one_to_one({k}, additive);
    }
    if (additive) continue;
    // Dense multiplicative inputs were summed into vectors of their own; now they multiply.
    for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
      const Projection& j = circuit_.projections()[k];
      if (j.topology != Topology::dense || j.effect != Effect::multiply) continue;
      const auto at = factor_index_.find(j.name + "|gate");
      APICAL_CHECK(at != factor_index_.end());
      auto& a = emit<OneToOneArgs<Real>>(products, kernel_.one_to_one);
      a.mode = Combine::multiply;
      a.in = at->second;
      a.out = input_of(j);
      a.n = populations_[j.to.value]->padded;
    }
  }
  if (parallel_.empty()) ops_[parallel_products].clear();
  for (std::uint32_t k = 0; k < circuit_.populations().size(); ++k) {
    const Population& p = circuit_.populations()[k];
    PopulationState& s = *populations_[k];
    for (std::size_t c = 0; c < p.compartments.size(); ++c) {
      if (p.compartments[c].low_pass_ms == 0) continue;
      emit(products, [v = s.compartment[c], in = s.compartment_input[c], n = s.padded,
                      rate = static_cast<Real>(circuit_.dt_ms / p.compartments[c].low_pass_ms)] {
        for (std::size_t i = 0; i < n; ++i) v[i] += rate * (in[i] - v[i]);
      });
    }
  }
}

/// Views that do not ride on the viewed matrix's sweep: a second one, or of a matrix with a general rule.
/// They have a sweep of their own, before any that may store the viewed matrix' last update; views of another
/// size have a plain loop.
template <class Real>
void Network<Real>::plan_view_alone(ProjectionId id) {
  const Projection& j = circuit_[id];
  ProjectionState& s = *projections_[id.value];
  const ProjectionState& viewed = *projections_[j.view->of.value];
  Real* out = input_of(j);
  const auto scale = static_cast<Real>(j.view->scale);
  if (s.view_layout) {
    SweepArgs<Real>& a = emit<SweepArgs<Real>>(views, lanes_ > 1 ? kernel_.lane_sweep : kernel_.sweep);
    a.weights = viewed.before_update ? viewed.before_update : viewed.weights;
    a.outer = viewed.outer;
    a.inner = viewed.inner;
    a.stride = viewed.stride;
    a.forward_is_dot = viewed.pre_contiguous;
    a.view_scale = scale;
    read_through(s, viewed.pre_contiguous ? a.axpy_in : a.dot_in, 0);
    (viewed.pre_contiguous ? a.axpy_out : a.dot_out) = out;
    (viewed.pre_contiguous ? a.axpy_overwrites : a.dot_overwrites) = overwrites(out);
    s.sweeps.push_back({&a, 0});
    bytes_per_step_ += s.outer * s.stride * lanes_ * sizeof(Real) * (s.deviation ? 2 : 1);
    return;
  }
  read_through(s, s.input, 0);
  struct Sizes {
    std::size_t out, in, of_post, of_pre;
  };
  const Projection& of = circuit_[j.view->of];
  const Sizes size{circuit_[j.to].size, circuit_[j.from].size, circuit_[of.to].size, circuit_[of.from].size};
  emit(views, [this, &s, &viewed, out, size, scale, set = overwrites(out)] {
    const Real* weights = viewed.before_update ? viewed.before_update : viewed.weights;
    const Real* deviation = s.until_refresh ? s.initial_deviation : s.deviation;
    for (std::size_t i = 0; i < size.out; ++i) {
      for (std::size_t lane = 0; lane < lanes_; ++lane) {
        Real sum = 0;
        for (std::size_t k = 0; k < size.in; ++k) {
          Real w = k < size.of_post && i < size.of_pre ? weights[element(viewed, k, i) + lane] : Real(0);
          if (deviation) w += deviation[element(s, i, k) + lane];
          sum += scale * w * s.input[k * lanes_ + lane];
        }
        Real& to = out[i * lanes_ + lane];
        to = set ? sum : to + sum;
      }
    }
  });
}

template <class Real>
void Network<Real>::add_up(Real* out, const Real* parts, std::size_t count, std::size_t n) {
  auto& a = emit<AddUpArgs<Real>>(products, kernel_.add_up);
  a.parts = parts;
  a.count = count;
  a.stride = a.n = n;
  a.out = out;
  a.overwrites = overwrites(out);
}

template <class Real>
void Network<Real>::plan_dense(ProjectionId id) {
  const Projection& j = circuit_[id];
  ProjectionState& s = *projections_[id.value];
  const PopulationState& from = *populations_[j.from.value];
  const std::size_t post = circuit_[j.to].size;
  const bool chunked = lanes_ == 1 && s.outer * s.inner >= kParallelElements;
  const bool holds =
      circuit_[j.from].kind == Population::Kind::external && circuit_[j.from].absent_input_holds;
  const Projection* view_of = s.fused_view ? &circuit_[s.fused_view->id] : nullptr;

  // Products go straight into the compartment, unless they multiply it, are split over chunks, or may have to
  // hold their last value: then into a vector of their own.
  const bool own = chunked || holds || j.effect == Effect::multiply;
  Real* forward_out = own ? new_array(j.name + ".product", post, holds) : input_of(j);
  Real* view_out = !view_of  ? nullptr
                   : chunked ? new_array(s.fused_view->name + ".product", circuit_[view_of->to].size, false)
                             : input_of(*view_of);
  const bool forward_sets = own || overwrites(forward_out);
  const bool view_sets = view_of && (chunked || overwrites(view_out));

  // Equal shares of memory traffic, and whole blocks of rows.
  const std::size_t passes = (j.rule ? 2 : 1) + (view_of && s.fused_view->deviation ? 1 : 0);
  const std::size_t chunks =
      chunked ? 2 * std::max<std::size_t>(1, s.outer * s.stride * passes / kChunkTraffic / 2) : 1;
  const auto first_row = [&](std::size_t chunk) {
    return chunk == chunks ? s.outer : s.outer * chunk / chunks / 4 * 4;
  };
  const std::size_t partial_length = lanes_ * s.stride;
  Real* partial = nullptr;  // of the product along `inner`, one per chunk
  if (chunked && (view_of || !s.pre_contiguous))
    partial = new_array(j.name + ".partial", chunks * partial_length, false);
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    const std::size_t first = first_row(chunk);
    SweepArgs<Real>& a =
        chunked ? keep(SweepArgs<Real>{})
                : emit<SweepArgs<Real>>(products, lanes_ > 1 ? kernel_.lane_sweep : kernel_.sweep);
    if (chunked) parallel_.push_back(&a);
    s.sweeps.push_back({&a, first});
    a.weights = s.weights + first * s.stride * lanes_;
    a.outer = first_row(chunk + 1) - first;
    a.inner = s.inner;
    a.stride = s.stride;
    a.forward_is_dot = s.pre_contiguous;
    const auto product = [&](bool dot, ProjectionState& of, Real* out, bool sets) {
      if (dot) {
        read_through(of, a.dot_in, 0);
        a.dot_out = out + first * lanes_;
        a.dot_overwrites = sets;
      } else {
        read_through(of, a.axpy_in, first * lanes_);
        a.axpy_out = chunked ? partial + chunk * partial_length : out;
        a.axpy_overwrites = sets;
      }
    };
    product(s.pre_contiguous, s, forward_out, forward_sets);
    if (view_of) {
      product(!s.pre_contiguous, *s.fused_view, view_out, view_sets);
      a.view_scale = static_cast<Real>(view_of->view->scale);
    }
  }
  const std::size_t bytes = s.outer * s.stride * lanes_ * sizeof(Real);
  bytes_per_step_ += bytes * passes;
  if (j.rule) bytes_written_per_step_ += bytes;

  if (holds) {
    // While the input is absent the sweep still runs (it applies what waits), but its product is discarded.
    Real* discarded = new_array(j.name + ".discarded", post, false);
    emit(rates, [&from, &s, forward_out, discarded] {
      for (auto& [sweep, first] : s.sweeps) {
        (s.pre_contiguous ? sweep->dot_out : sweep->axpy_out) = from.present ? forward_out : discarded;
      }
    });
    APICAL_CHECK(!chunked);
  }
  const std::size_t post_length = populations_[j.to.value]->padded;
  const bool forward_is_partial = chunked && !s.pre_contiguous;
  const Real* forward_parts = forward_is_partial ? partial : forward_out;
  const std::size_t forward_count = forward_is_partial ? chunks : 1;
  if (j.effect == Effect::multiply) {
    factor_index_[j.name + "|gate"] = forward_out;
    if (forward_is_partial) add_up(forward_out, partial, chunks, post_length);
  } else if (own) {
    add_up(input_of(j), forward_parts, forward_count, post_length);
  }
  if (view_of && chunked) {
    const std::size_t length = populations_[view_of->to.value]->padded;
    add_up(input_of(*view_of), forward_is_partial ? view_out : partial, forward_is_partial ? 1 : chunks,
           length);
  }
}

/// Nothing meets the compartment after `id` does: products come first, then one-to-one inputs that add, then
/// those that multiply, then products that multiply.
template <class Real>
bool Network<Real>::is_last_input(ProjectionId id) const {
  const auto order = [&](std::uint32_t k) {
    const Projection& j = circuit_.projections()[k];
    const bool one_to_one = j.topology == Topology::one_to_one, adds = j.effect == Effect::add;
    return std::pair(one_to_one ? (adds ? 1 : 2) : (adds ? 0 : 3), k);
  };
  for (std::uint32_t k = 0; k < circuit_.projections().size(); ++k) {
    const Projection& j = circuit_.projections()[k];
    if (j.to == circuit_[id].to && j.compartment == circuit_[id].compartment && order(k) > order(id.value))
      return false;
  }
  return true;
}

template <class Real>
void Network<Real>::plan_one_to_one(ProjectionId id, bool additive) {
  const Projection& j = circuit_[id];
  ProjectionState& s = *projections_[id.value];
  PopulationState& to = *populations_[j.to.value];
  const bool whole = circuit_[j.from].size >= circuit_[j.to].size;
  const std::size_t n = one_to_one_size(circuit_, j);
  OneToOneArgs<Real> a;
  a.weights = s.weights;
  a.in = s.source->now;
  a.out = input_of(j);
  a.mode = !additive ? Combine::multiply : overwrites(a.out) ? Combine::set : Combine::add;
  a.n = whole && circuit_[j.from].size == circuit_[j.to].size ? to.padded : n * lanes_;
  // The last input can wait until its compartment is read anyway.
  const Compartment& c = circuit_[j.to].compartments[circuit_[j.to].compartment_index(j.compartment)];
  const bool read_by_soma_alone = c.conductance != 0 && c.low_pass_ms == 0 &&
                                  c.when_absent != WhenAbsent::disconnects && !circuit_[j.to].noise;
  // Potentials may already be those of the next step then; other quantities stay.
  const bool stays =
      j.delay_steps > 0 || (j.transmits != Quantity::soma && j.transmits != Quantity::lookahead);
  if (a.n == to.padded && read_by_soma_alone && stays && is_last_input(id)) {
    last_inputs_[a.out] = {a, &s};
    return;
  }
  auto& emitted = emit<OneToOneArgs<Real>>(products, kernel_.one_to_one);
  emitted = a;
  read_through(s, emitted.in, 0);
  if (!additive && !whole) {
    // Neurons without a partner are multiplied by nothing, i.e. by 0.
    emit(products, [out = a.out + n * lanes_, rest = (circuit_[j.to].size - n) * lanes_] {
      std::fill_n(out, rest, Real(0));
    });
  }
}

// ---- integration and capture -----------------------------------------------------------------------------

template <class Real>
void Network<Real>::plan_integration() {
  for (std::uint32_t k = 0; k < circuit_.populations().size(); ++k) {
    const Population& p = circuit_.populations()[k];
    PopulationState& s = *populations_[k];
    if (p.kind == Population::Kind::external) continue;
    if (p.compartments.size() > IntegrateArgs<Real>::kMaxCompartments) {
      throw ConfigError(fmt::format("population '{}' has {} compartments; the rate engine runs up to {}",
                                    p.name, p.compartments.size(), IntegrateArgs<Real>::kMaxCompartments));
    }
    // A compartment that disconnects does so while its external input is absent.
    const bool* present = nullptr;
    for (const Projection& j : circuit_.projections()) {
      const Population& from = circuit_[j.from];
      if (circuit_[j.to].name != p.name || from.kind != Population::Kind::external) continue;
      if (p.compartments[p.compartment_index(j.compartment)].when_absent == WhenAbsent::disconnects) {
        present = &populations_[j.from.value]->present;
      }
    }
    Real* noisy = nullptr;  // takes the place of the compartment that noise is added to
    /// Each compartment's share in the somatic steady state; 0 for one that is disconnected.
    const auto pulls = [&](bool with_teaching) {
      const auto connected = [&](const Compartment& c) {
        return with_teaching || c.when_absent != WhenAbsent::disconnects;
      };
      double conductance = p.leak;
      for (const Compartment& c : p.compartments) conductance += connected(c) ? c.conductance : 0;
      std::vector<Real> shares;
      for (const Compartment& c : p.compartments)
        shares.push_back(connected(c) ? static_cast<Real>(c.conductance / conductance) : Real(0));
      return shares;
    };
    const auto arguments = [&](bool with_teaching) {
      IntegrateArgs<Real> a;
      const std::vector<Real>& share = with_teaching ? s.pull : s.pull_alone;
      for (std::size_t c = 0; c < p.compartments.size(); ++c) {
        if (share[c] == 0) continue;
        const bool noise_here = noisy && p.compartments[c].name == p.noise->compartment;
        auto& to = a.compartment[a.compartments++];
        to.potential = noise_here ? noisy : s.compartment[c];
        to.coefficient = share[c];
        if (const auto last = last_inputs_.find(s.compartment[c]); last != last_inputs_.end()) {
          to.in = last->second.args.in;
          to.weights = last->second.args.weights;
          to.mode = last->second.args.mode;
        }
      }
      a.step = s.step;
      a.lookahead_gain = s.lookahead_gain;
      a.soma = s.soma;
      a.lookahead = s.prospective;
      a.n = s.padded;
      return a;
    };
    s.connects = present;
    s.step = static_cast<Real>(circuit_.dt_ms / p.tau_ms());
    s.lookahead_gain = static_cast<Real>(p.lookahead_gain);
    s.pull = pulls(true);
    s.pull_alone = pulls(false);
    if (p.noise) {
      const auto quiet = std::pair{arguments(false), arguments(true)};
      noisy = s.noisy;
      const auto loud = std::pair{arguments(false), arguments(true)};
      emit(integration,
           [this, id = PopulationId{k}, &s, from = s.compartment[p.compartment_index(p.noise->compartment)],
            present, quiet, loud] {
             for (std::size_t i = 0; i < s.padded; ++i) s.noisy[i] = from[i] + s.noise[i];
             // Noise belongs to feedback learning; without it the dendrite is quiet.
             if (learning_.feedback) draw_noise(id);
             const auto& [without, with] = learning_.feedback ? loud : quiet;
             kernel_.integrate(!present || *present ? with : without);
           });
    } else if (present) {
      auto &with = keep(arguments(true)), &without = keep(arguments(false));
      tap_last_inputs(with);
      tap_last_inputs(without);
      emit(integration, [this, present, &with, &without] { kernel_.integrate(*present ? with : without); });
    } else {
      auto& args = emit<IntegrateArgs<Real>>(integration, kernel_.integrate);
      args = arguments(true);
      tap_last_inputs(args);
    }
  }
}

template <class Real>
void Network<Real>::tap_last_inputs(IntegrateArgs<Real>& args) {
  for (std::size_t c = 0; c < args.compartments; ++c) {
    auto& compartment = args.compartment[c];
    if (compartment.in) read_through(*last_inputs_.at(compartment.potential).of, compartment.in, 0);
  }
}

template <class Real>
void Network<Real>::plan_capture() {
  emit(capture, [this] {
    if (learning_.any()) capture_updates();
  });
  for (auto& p : populations_) {
    if (!p->high_passed) continue;
    // h += dr - dt/tau h, at the very end of the step: the rules above have used h of the step before.
    emit(capture, [s = p.get(), k = static_cast<Real>(circuit_.dt_ms / p->high_pass_ms)] {
      for (std::size_t i = 0; i < s->padded; ++i) {
        s->high_passed[i] += (s->rate[i] - s->rate_before[i]) - k * s->high_passed[i];
      }
    });
  }
}

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
