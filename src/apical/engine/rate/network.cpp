// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/divergence.h"

namespace apical::rate {
namespace {
constexpr Step kCheckStride = 256;  // steps between looks for values that are not finite
}

// ---- stepping --------------------------------------------------------------------------------------------

template <class Real>
void Network<Real>::advance(Step steps, const Learning& learning) {
  if (perturbations_.empty()) return advance_alike(steps, learning);
  while (steps > 0) {
    const Step alike = std::min(steps, begin_and_end_perturbations());
    advance_alike(alike, learning);
    steps -= alike;
  }
}

/// Steps in which the same perturbations act.
template <class Real>
void Network<Real>::advance_alike(Step steps, const Learning& learning) {
  learning_ = learning;
  decided_ = false;
  const bool learns = learning.any();
  const bool wants_factors = learns || learning.observe_credit;
  const bool perturbed = !active_.empty();
  for (auto& s : projections_) {
    for (auto& [sweep, first] : s->sweeps) {
      // A view lags its matrix by one update: while nothing learns, the last update stays out of the store.
      sweep->store = s->pending && (learns || !s->viewed);
    }
  }
  for (Step k = 0; k < steps; ++k) {
    run(remember);
    run(rates);
    if (perturbed) perturb_rates();
    if (wants_factors) run(factors);
    run(views);
    run(parallel_products);
    run(products);
    run(integration);
    if (perturbed) perturb_potentials();
    run(capture);
    ++step_;
    if (k == 0 && !learns) settle_stored_updates();
    if (step_ % kCheckStride == 0) check_finite();
  }
}

/// Without learning, what waited has been stored by the first sweep and nothing replaces it.
template <class Real>
void Network<Real>::settle_stored_updates() {
  bool any = false;
  for (auto& s : projections_) {
    if (!s->pending || s->viewed) continue;
    s->pending = false;
    any = true;
  }
  if (any) point_sweeps();
}

/// Which rules act. Switches, learning rates and the presence of inputs change between calls of advance()
/// only, so that once per call is enough.
template <class Real>
void Network<Real>::decide_updates() {
  bool repoint = false;
  for (auto& s : projections_) {
    repoint = repoint || s->until_refresh;
    s->until_refresh = false;
  }
  for (std::uint32_t k = 0; k < projections_.size(); ++k) {
    ProjectionState& s = *projections_[k];
    const Projection& j = circuit_.projections()[k];
    if (!j.rule) continue;
    const bool absent = circuit_[j.from].kind == Population::Kind::external &&
                        circuit_[j.from].absent_input_holds && !populations_[j.from.value]->present;
    s.learns = learning_.in(j.pathway) && s.eta != 0 && !absent && !s.frozen;
    if (!s.fast_rule) continue;
    repoint = repoint || s.pending != s.learns;
    s.pending = s.learns;
    s.pending_scale = static_cast<Real>(circuit_.dt_ms * s.eta);
    for (auto& [sweep, first] : s.sweeps) sweep->update_scale = s.pending_scale;
  }
  if (repoint) point_sweeps();
  decided_ = true;
}

/// Notes this step's updates; the next sweep applies them. Views see the matrices as they are now.
template <class Real>
void Network<Real>::capture_updates() {
  if (!decided_) decide_updates();
  kernel_.copy({captured_.data(), captured_.size()});
  for (ProjectionState* s : general_rules_) {
    if (!s->learns) continue;
    if (s->interpreted) {
      interpret(*s, s->weights, nullptr);
    } else {
      apply_general_rule(*s, circuit_[s->id]);
    }
  }
}

/// Makes the sweeps' pointers agree with what waits and with which deviation is in force.
template <class Real>
void Network<Real>::point_sweeps() {
  captured_.clear();
  // Once per vector: several projections share the factors of one population.
  const auto capture_once = [&](Real* to, const Real* from, std::size_t n) {
    if (std::any_of(captured_.begin(), captured_.end(), [&](const Copy& c) { return c.to == to; })) return;
    captured_.push_back({to, from, n});
  };
  for (auto& s : projections_) {
    if (s->before_update) capture_once(s->before_update, s->weights, s->rows * s->stride * lanes_);
    const auto deviation_of = [](const ProjectionState& view) {
      return view.until_refresh ? view.initial_deviation : view.deviation;
    };
    if (s->view_layout && s->view_layout->fused_view != s.get()) {
      for (auto& chunk : s->sweeps) chunk.args->deviation = deviation_of(*s);
    }
    if (!s->fast_rule) continue;
    capture_once(s->pending_post, s->post, populations_[circuit_[s->id].to.value]->padded);
    capture_once(s->pending_pre, s->pre, populations_[circuit_[s->id].from.value]->padded);
    const Real* outer = s->pre_contiguous ? s->pending_post : s->pending_pre;
    const Real* inner = s->pre_contiguous ? s->pending_pre : s->pending_post;
    const ProjectionState* view = s->fused_view;
    for (auto& [sweep, first] : s->sweeps) {
      sweep->outer_update = s->pending ? outer + first * lanes_ : nullptr;
      sweep->inner_update = inner;
      sweep->update_scale = s->pending_scale;
      sweep->store = s->pending && (learning_.any() || !s->viewed);
      const Real* deviation = view ? deviation_of(*view) : nullptr;
      sweep->deviation = deviation ? deviation + (first - s->first_row) * s->stride * lanes_ : nullptr;
    }
  }
}

/// dW = dt eta (post (x) pre - alpha a_i b_j (w - w*)), element by element; for rules that are more than an
/// outer product, one-to-one and sparse projections.
template <class Real>
void Network<Real>::apply_general_rule(ProjectionState& s, const Projection& j) {
  const PlasticityRule& rule = *j.rule;
  const bool one_to_one = j.topology == Topology::one_to_one;
  const std::size_t post = circuit_[j.to].size, pre = circuit_[j.from].size;
  const Real rate = static_cast<Real>(circuit_.dt_ms * s.eta), alpha = static_cast<Real>(rule.decay.alpha);
  const Real* post_slope =
      rule.decay.post == WeightDecay::PostGate::slope ? populations_[j.to.value]->slope : nullptr;
  const Real* pre_slope =
      rule.decay.pre == WeightDecay::PreGate::slope ? populations_[j.from.value]->slope : nullptr;
  const bool forgets = alpha != 0 && rule.decay.toward == WeightDecay::Toward::forget;
  const bool gated = rule.decay.pre == WeightDecay::PreGate::positive;
  const Real low_pass =
      rule.update_low_pass_ms > 0 ? static_cast<Real>(circuit_.dt_ms / rule.update_low_pass_ms) : Real(0);
  const bool some_posts = s.divided() && s.pre_contiguous, some_pres = s.divided() && !s.pre_contiguous;
  const std::size_t first_post = some_posts ? s.first_row : 0,
                    end_post = some_posts ? s.first_row + s.rows : post;
  const std::size_t first_pre = some_pres ? s.first_row : 0, end_pre = some_pres ? s.first_row + s.rows : pre;
  for (std::size_t i = first_post; i < end_post; ++i) {
    const std::size_t first = one_to_one ? i : first_pre, last = one_to_one ? std::min(i + 1, pre) : end_pre;
    for (std::size_t k = first; k < last; ++k) {
      for (std::size_t lane = 0; lane < lanes_; ++lane) {
        const std::size_t at = one_to_one ? i * lanes_ + lane : element(s, i, k) + lane;
        const std::size_t at_post = i * lanes_ + lane, at_pre = k * lanes_ + lane;
        Real change = s.post ? s.post[at_post] * s.pre[at_pre] : Real(0);
        if (alpha != 0 && !forgets) {
          const Real target =
              rule.decay.toward == WeightDecay::Toward::identity && i == k ? Real(1) : Real(0);
          Real decay = alpha * (s.weights[at] - target);
          if (post_slope) decay *= post_slope[at_post];
          if (pre_slope) decay *= pre_slope[at_pre];
          if (gated && !(s.pre[at_pre] > 0)) decay = 0;
          change -= decay;
        }
        change *= rate;
        if (forgets) change -= s.weights[at];
        if (s.mask) change *= s.mask[at];
        if (s.low_passed_update) {
          Real& q = s.low_passed_update[at];
          q += low_pass * (change - q);
          change = q;
        }
        s.weights[at] += change;
      }
    }
  }
}

template <class Real>
void Network<Real>::draw_noise(PopulationId id) {
  const Population& p = circuit_[id];
  const CompartmentNoise& law = *p.noise;
  PopulationState& s = *populations_[id.value];
  std::vector<double> drawn(p.size);
  const std::int64_t counter = s.noise_counter++;
  for (std::size_t lane = 0; lane < lanes_; ++lane) {
    if (noise_source_) {
      if (!noise_source_(id, step_, drawn)) return;
    } else {
      if (counter % law.hold_steps != 0) return;
      for (std::size_t i = 0; i < p.size; ++i) {
        double amplitude = 1;
        const std::size_t at = i * lanes_ + lane;
        switch (law.amplitude) {
          case CompartmentNoise::Amplitude::constant:
            break;
          case CompartmentNoise::Amplitude::soma:
            amplitude = std::abs(s.soma[at]);
            break;
          case CompartmentNoise::Amplitude::lookahead:
            amplitude = std::abs(s.prospective[at]);
            break;
          case CompartmentNoise::Amplitude::compartment:
            amplitude = std::abs(s.compartment[p.compartment_index(law.compartment)][at]);
            break;
        }
        const auto draw = static_cast<std::uint64_t>(step_) * p.size + i;
        drawn[i] = amplitude * normal({seeds_[lane], Stream::dendritic_noise, id.value, draw});
      }
    }
    const double dt = circuit_.dt_ms;
    for (std::size_t i = 0; i < p.size; ++i) {
      Real& xi = s.noise[i * lanes_ + lane];
      const double w = law.scale * drawn[i];
      const double old = static_cast<double>(xi);
      xi = static_cast<Real>(law.process == CompartmentNoise::Process::held_white
                                 ? w
                                 : old + (-dt * old + std::sqrt(dt * law.tau_ms) * w) / law.tau_ms);
    }
  }
}

// ---- access ----------------------------------------------------------------------------------------------

template <class Real>
template <class Value>
void Network<Real>::set_external(PopulationId p, std::size_t replica, std::span<const Value> values) {
  PopulationState& s = *populations_.at(p.value);
  APICAL_CHECK(values.size() == s.size && replica < lanes_);
  for (std::size_t i = 0; i < s.size; ++i) s.staged[i * lanes_ + replica] = static_cast<Real>(values[i]);
  s.present = s.changed = true;
}

template <class Real>
void Network<Real>::clear_external(PopulationId p) {
  PopulationState& s = *populations_.at(p.value);
  if (!circuit_[p].absent_input_holds) {
    std::fill_n(s.staged, s.padded, Real(0));
    s.changed = true;
  }
  s.present = false;
}

/// Calls f(name, where) for one variable after the other until it returns true.
template <class Real>
template <class F>
void Network<Real>::find_variable(PopulationId p, F&& f) const {
  const PopulationState& s = *populations_.at(p.value);
  const Population& description = circuit_[p];
  if (f("rate", s.rate)) return;
  for (auto [name, at] : {std::pair{"soma", s.soma},
                          {"prospective", s.prospective},
                          {"lookahead", s.lookahead},
                          {"slope", s.slope},
                          {"mismatch", s.mismatch},
                          {"noise", s.noise},
                          {"rate_highpass", s.high_passed}}) {
    if (at && f(name, at)) return;
  }
  for (const auto& [key, source] : source_index_) {
    const auto& [of, quantity, delay] = key;
    if (of != p.value || delay == 0) continue;
    if (f(fmt::format("{}_delayed{}", name_of(quantity), delay), source->now)) return;
  }
  for (std::size_t c = 0; c < s.compartment.size(); ++c) {
    const std::string& compartment = description.compartments[c].name;
    if (f(compartment, s.compartment[c])) return;
    if (description.noise && description.noise->compartment == compartment &&
        f(compartment + "_noisy", s.noisy))
      return;
  }
}

template <class Real>
Real* Network<Real>::variable(PopulationId p, std::string_view name) {
  Real* found = nullptr;
  find_variable(p, [&](std::string_view n, Real* at) {
    if (n == name) found = at;
    return n == name;
  });
  if (found != nullptr) return found;
  throw ConfigError(fmt::format("unknown variable '{}' of population '{}'", name, circuit_[p].name), {},
                    suggestion(std::string(name), variables(p)));
}

template <class Real>
std::vector<std::string> Network<Real>::variables(PopulationId p) const {
  std::vector<std::string> names;
  find_variable(p, [&](std::string_view name, Real*) {
    names.emplace_back(name);
    return false;
  });
  return names;
}

template <class Real>
void Network<Real>::read(PopulationId p, std::string_view name, std::size_t replica, std::span<double> out) {
  const Real* from = variable(p, name);
  APICAL_CHECK(out.size() == circuit_[p].size);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(from[i * lanes_ + replica]);
}

template <class Real>
void Network<Real>::write(PopulationId p, std::string_view name, std::size_t replica,
                          std::span<const double> values) {
  Real* to = variable(p, name);
  APICAL_CHECK(values.size() == circuit_[p].size);
  for (std::size_t i = 0; i < values.size(); ++i) to[i * lanes_ + replica] = static_cast<Real>(values[i]);
}

template <class Real>
void Network<Real>::set_soma(PopulationId p, std::size_t replica, std::span<const double> now,
                             std::span<const double> before) {
  PopulationState& s = *populations_.at(p.value);
  const Population& description = circuit_[p];
  const double gain = description.lookahead_gain * description.tau_ms() / circuit_.dt_ms;
  for (std::size_t i = 0; i < s.size; ++i) {
    const std::size_t at = i * lanes_ + replica;
    s.soma[at] = static_cast<Real>(now[i]);
    s.prospective[at] = static_cast<Real>(before[i] + gain * (now[i] - before[i]));
  }
}

template <class Real>
void Network<Real>::reset_soma(PopulationId p, std::size_t replica, std::span<const double> now) {
  // Where the soma was a step ago follows from u = u' + k (d - u') and look = u' + g (d - u').
  PopulationState& s = *populations_.at(p.value);
  const Population& description = circuit_[p];
  const double k = circuit_.dt_ms / description.tau_ms(), g = description.lookahead_gain;
  std::vector<double> before(s.size);
  for (std::size_t i = 0; i < s.size; ++i) {
    const auto u = static_cast<double>(s.soma[i * lanes_ + replica]);
    const auto look = static_cast<double>(s.prospective[i * lanes_ + replica]);
    before[i] = (g * u - k * look) / (g - k);
  }
  set_soma(p, replica, now, before);
}

template <class Real>
Matrix<double> Network<Real>::weights(ProjectionId id, std::size_t replica) const {
  const Projection& j = circuit_[id];
  const ProjectionState& s = *projections_[id.value];
  const std::size_t post = circuit_[j.to].size, pre = circuit_[j.from].size;
  if (j.topology == Topology::one_to_one) {
    const std::size_t n = std::min(post, pre);
    Matrix<double> out(1, n, 1.0);
    for (std::size_t i = 0; s.weights && i < n; ++i)
      out(0, i) = static_cast<double>(s.weights[i * lanes_ + replica]);
    return out;
  }
  Matrix<double> out(post, pre);
  const auto deviation_at = [&](std::size_t i, std::size_t k) -> double {
    const Real* d = s.until_refresh ? s.initial_deviation : s.deviation;
    if (!d) return 0;
    return static_cast<double>(d[view_element(s, i, k) + replica]);
  };
  const ProjectionState& lies = j.view && s.view_layout ? *s.view_layout : s;
  const bool rows_are_post = j.view && s.view_layout ? !lies.pre_contiguous : lies.pre_contiguous;
  for (std::size_t i = 0; i < post; ++i) {
    for (std::size_t k = 0; k < pre; ++k) {
      if (!lies.has(rows_are_post ? i : k)) continue;
      if (j.view) {
        const ProjectionState& viewed = *projections_[j.view->of.value];
        const Projection& of = circuit_[j.view->of];
        const Real* w = viewed.before_update ? viewed.before_update : viewed.weights;
        const bool inside = k < circuit_[of.to].size && i < circuit_[of.from].size;
        out(i, k) =
            j.view->scale *
            ((inside ? static_cast<double>(w[element(viewed, k, i) + replica]) : 0.0) + deviation_at(i, k));
        continue;
      }
      Real w = s.weights[element(s, i, k) + replica];
      if (s.pending) {
        const Real at_post = s.pending_post[i * lanes_ + replica],
                   at_pre = s.pending_pre[k * lanes_ + replica];
        w = s.pre_contiguous ? std::fma(at_post * s.pending_scale, at_pre, w)
                             : std::fma(at_pre * s.pending_scale, at_post, w);
      }
      out(i, k) = static_cast<double>(w);
    }
  }
  complete(out, lies, rows_are_post);
  return out;
}

template <class Real>
Matrix<double> Network<Real>::existing(ProjectionId id, std::size_t replica) const {
  const ProjectionState& s = *projections_[id.value];
  if (!s.mask) return {};
  Matrix<double> out(circuit_[circuit_[id].to].size, circuit_[circuit_[id].from].size);
  for (std::size_t i = 0; i < out.rows(); ++i) {
    for (std::size_t k = 0; k < out.cols(); ++k) {
      if (s.has(s.row_of(i, k))) out(i, k) = static_cast<double>(s.mask[element(s, i, k) + replica]);
    }
  }
  complete(out, s, s.pre_contiguous);
  return out;
}

template <class Real>
void Network<Real>::set_weights(ProjectionId id, std::size_t replica, const Matrix<double>& values) {
  const Projection& j = circuit_[id];
  ProjectionState& s = *projections_[id.value];
  if (!s.weights) {
    throw ConfigError(fmt::format("projection '{}' has no weights of its own ({})", j.name,
                                  j.view ? "it shows a transpose" : "it is the identity"));
  }
  const bool one_to_one = j.topology == Topology::one_to_one;
  const std::size_t post = circuit_[j.to].size, pre = circuit_[j.from].size;
  const std::size_t rows = one_to_one ? 1 : post, cols = one_to_one ? std::min(post, pre) : pre;
  if (values.rows() != rows || values.cols() != cols) {
    throw DataError(fmt::format("weights of '{}' are {} x {}; expected {} x {} (post x pre)", j.name,
                                values.rows(), values.cols(), rows, cols));
  }
  const auto is_here = [&](std::size_t i, std::size_t k) { return one_to_one || s.has(s.row_of(i, k)); };
  for (std::size_t i = 0; s.mask && i < values.rows(); ++i) {
    for (std::size_t k = 0; k < values.cols(); ++k) {
      if (!is_here(i, k) || values(i, k) == 0 || s.mask[element(s, i, k) + replica] != 0) continue;
      throw DataError(
          fmt::format("weights of '{}' have {:g} at [{}, {}], where seed {} has no synapse (density {:g}); "
                      "expected 0 there",
                      j.name, values(i, k), i, k, seeds_[replica], j.density));
    }
  }
  if (s.pending) {
    // Other replicas' waiting updates must not get lost with this one's.
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      const Matrix<double> whole = weights(id, lane);
      for (std::size_t i = 0; i < whole.rows(); ++i) {
        for (std::size_t k = 0; k < whole.cols(); ++k) {
          if (is_here(i, k)) s.weights[element(s, i, k) + lane] = static_cast<Real>(whole(i, k));
        }
      }
    }
    s.pending = false;
    point_sweeps();
  }
  for (std::size_t i = 0; i < values.rows(); ++i) {
    for (std::size_t k = 0; k < values.cols(); ++k) {
      if (!is_here(i, k)) continue;
      const std::size_t at = one_to_one ? k * lanes_ : element(s, i, k);
      s.weights[at + replica] = static_cast<Real>(values(i, k));
      if (s.before_update) s.before_update[at + replica] = s.weights[at + replica];
    }
  }
}

template <class Real>
void Network<Real>::set_deviation(ProjectionId id, std::size_t replica, const Matrix<double>& values) {
  const Projection& j = circuit_[id];
  ProjectionState& s = *projections_[id.value];
  APICAL_CHECK(j.view && s.deviation);
  for (std::size_t i = 0; i < values.rows(); ++i) {
    for (std::size_t k = 0; k < values.cols(); ++k) {
      if (has_of_view(s, i, k))
        s.deviation[view_element(s, i, k) + replica] = static_cast<Real>(values(i, k));
    }
  }
}

template <class Real>
Matrix<double> Network<Real>::deviation(ProjectionId id, std::size_t replica) const {
  const Projection& j = circuit_[id];
  const ProjectionState& s = *projections_[id.value];
  APICAL_CHECK(j.view && s.deviation);
  Matrix<double> values(circuit_[j.to].size, circuit_[j.from].size);
  for (std::size_t i = 0; i < values.rows(); ++i) {
    for (std::size_t k = 0; k < values.cols(); ++k) {
      if (has_of_view(s, i, k))
        values(i, k) = static_cast<double>(s.deviation[view_element(s, i, k) + replica]);
    }
  }
  if (s.view_layout) complete(values, *s.view_layout, !s.view_layout->pre_contiguous);
  return values;
}

template <class Real>
void Network<Real>::set_until_refresh(ProjectionId id, std::size_t replica, const Matrix<double>& values) {
  const Projection& j = circuit_[id];
  ProjectionState& s = *projections_[id.value];
  APICAL_CHECK(j.view);
  ProjectionState& viewed = *projections_[j.view->of.value];
  const Projection& of = circuit_[j.view->of];
  if (!s.initial_deviation)
    s.initial_deviation = new_matrix(s.name + ".initial_deviation", s.view_layout ? *s.view_layout : s);
  const Real* w = viewed.before_update ? viewed.before_update : viewed.weights;
  for (std::size_t i = 0; i < values.rows(); ++i) {
    for (std::size_t k = 0; k < values.cols(); ++k) {
      if (!has_of_view(s, i, k)) continue;
      const bool inside = k < circuit_[of.to].size && i < circuit_[of.from].size;
      const double base = inside ? static_cast<double>(w[element(viewed, k, i) + replica]) : 0.0;
      s.initial_deviation[view_element(s, i, k) + replica] =
          static_cast<Real>(values(i, k) / j.view->scale - base);
    }
  }
  s.until_refresh = true;
  point_sweeps();
}

template <class Real>
void Network<Real>::credit(ProjectionId id, std::size_t replica, std::span<double> post,
                           std::span<double> pre) const {
  const ProjectionState& s = *projections_[id.value];
  APICAL_CHECK(s.post && s.pre);
  for (std::size_t i = 0; i < post.size(); ++i) post[i] = static_cast<double>(s.post[i * lanes_ + replica]);
  for (std::size_t i = 0; i < pre.size(); ++i) pre[i] = static_cast<double>(s.pre[i * lanes_ + replica]);
}

template <class Real>
std::vector<double> Network<Real>::drawn(const Real* parameter, std::size_t n, std::size_t replica,
                                         double otherwise) const {
  std::vector<double> out(n, otherwise);
  for (std::size_t i = 0; parameter && i < n; ++i)
    out[i] = static_cast<double>(parameter[i * lanes_ + replica]);
  return out;
}

template <class Real>
std::vector<double> Network<Real>::neuron_slopes(PopulationId p, std::size_t replica) const {
  return drawn(populations_[p.value]->slope_parameter, populations_[p.value]->size, replica, 1);
}

template <class Real>
std::vector<double> Network<Real>::neuron_offsets(PopulationId p, std::size_t replica) const {
  return drawn(populations_[p.value]->offset_parameter, populations_[p.value]->size, replica, 0);
}

template <class Real>
void Network<Real>::set_eta(ProjectionId id, double eta) {
  projections_[id.value]->eta = eta;
}
template <class Real>
double Network<Real>::eta(ProjectionId id) const {
  return projections_[id.value]->eta;
}

namespace {
/// The first value that is not finite or beyond the divergence limit; `n` if there is none. Where all is well
/// nothing is compared one by one: x - x adds up to zero, and the largest is small enough.
template <class Real>
std::size_t first_diverged(const Real* values, std::size_t n) {
  Real doubt = 0, largest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    doubt += values[i] - values[i];
    largest = std::max(largest, std::abs(values[i]));
  }
  if (doubt == 0 && largest <= static_cast<Real>(kDivergenceLimit)) return n;
  return static_cast<std::size_t>(
      std::find_if(values, values + n, [](Real v) { return has_diverged(static_cast<double>(v)); }) - values);
}
}  // namespace

template <class Real>
void Network<Real>::check_finite() const {
  for (const auto& p : populations_) {
    const PopulationState& s = *p;
    if (!s.prospective) continue;
    const auto check = [&](const char* what, const Real* values) {
      const std::size_t n = s.size * lanes_, i = first_diverged(values, n);
      if (i == n) return;
      throw NumericalFault({s.name, what, i / lanes_, seeds_[i % lanes_], step_,
                            static_cast<double>(step_) * circuit_.dt_ms, static_cast<double>(values[i])});
    };
    check("prospective potential", s.prospective);
    check("somatic potential", s.soma);  // a full lookahead does not depend on it, recordings and rules do
  }
  for (const ProjectionState* s : general_rules_) {
    if (!s->interpreted) continue;
    if (!s->divided()) {
      check_finite_weights(*s);
      continue;
    }
    // Rows rise with ranks, so that the lowest rank has the first of one process.
    try {
      check_finite_weights(*s);
    } catch (const NumericalFault& fault) {
      sharing_.ranks->throw_on_all(fault);
    }
    sharing_.ranks->exchange({});
  }
}

template <class Real>
std::size_t Network<Real>::bytes() const {
  std::size_t n = 0;
  for (const Array& a : arrays_) n += a.whole * sizeof(Real);
  return n;
}

template <class Real>
std::size_t Network<Real>::own_bytes() const {
  std::size_t n = 0;
  for (const Array& a : arrays_) n += a.values.size() * sizeof(Real);
  return n;
}

template void Network<float>::set_external(PopulationId, std::size_t, std::span<const float>);
template void Network<float>::set_external(PopulationId, std::size_t, std::span<const double>);
template void Network<double>::set_external(PopulationId, std::size_t, std::span<const float>);
template void Network<double>::set_external(PopulationId, std::size_t, std::span<const double>);
template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
