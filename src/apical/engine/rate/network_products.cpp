// SPDX-License-Identifier: Apache-2.0
// Products of rates with weights, into the compartments that they meet.
#include <algorithm>

#include "apical/engine/rate/network_emit.h"

namespace apical::rate {

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
    if (!heard_.empty()) exchange_rows(heard_);
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
  if (parallel_.empty() && heard_.empty()) ops_[parallel_products].clear();
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
  if (s.view_layout && viewed.divided()) return plan_view_in_turn(id);
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
  const Cut cut = cut_of(circuit_, id);
  const bool chunked = lanes_ == 1 && cut.divisible();
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

  const std::size_t passes = (j.rule ? 2 : 1) + (view_of && s.fused_view->deviation ? 1 : 0);
  // Those that are here; their sums are parts of the whole's.
  const std::size_t ranks = s.divided() ? sharing_.ranks->size() : 1;
  const std::vector<std::size_t> of_ranks =
      chunked ? chunks_of_ranks(cut, ranks) : std::vector<std::size_t>{0, 1};
  const std::size_t first_chunk = s.divided() ? of_ranks[own_rank()] : 0,
                    end_chunk = s.divided() ? of_ranks[own_rank() + 1] : of_ranks.back();
  const auto first_row = [&](std::size_t chunk) { return chunked ? cut.first_row(chunk) : chunk * s.outer; };
  const std::size_t partial_length = lanes_ * s.stride;
  Real* partial = nullptr;  // of the product along `inner`, one per chunk
  if (chunked && (view_of || !s.pre_contiguous)) {
    partial = new_array(j.name + ".partial",
                        std::max<std::size_t>(1, end_chunk - first_chunk) * partial_length, false);
    arrays_.back().whole = cut.chunks * partial_length;
  }
  for (std::size_t chunk = first_chunk; chunk < end_chunk; ++chunk) {
    const std::size_t first = first_row(chunk);
    SweepArgs<Real>& a =
        chunked ? keep(SweepArgs<Real>{})
                : emit<SweepArgs<Real>>(products, lanes_ > 1 ? kernel_.lane_sweep : kernel_.sweep);
    if (chunked) parallel_.push_back(&a);
    s.sweeps.push_back({&a, first});
    a.weights = s.weights + (first - s.first_row) * s.stride * lanes_;
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
        a.axpy_out = chunked ? partial + (chunk - first_chunk) * partial_length : out;
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
  const auto add_up_parts = [&](Real* out, std::size_t length) {
    if (s.divided()) return add_up_in_turn(out, partial, of_ranks, length);
    add_up(out, partial, cut.chunks, length);
  };
  if (s.divided() && !forward_is_partial) heard_.push_back({forward_out, &s});
  if (s.divided() && forward_is_partial && view_of) heard_.push_back({view_out, &s});
  if (j.effect == Effect::multiply) {
    factor_index_[j.name + "|gate"] = forward_out;
    if (forward_is_partial) add_up_parts(forward_out, post_length);
  } else if (forward_is_partial) {
    add_up_parts(input_of(j), post_length);
  } else if (own) {
    add_up(input_of(j), forward_out, 1, post_length);
  }
  if (view_of && chunked) {
    const std::size_t length = populations_[view_of->to.value]->padded;
    if (forward_is_partial) {
      add_up(input_of(*view_of), view_out, 1, length);
    } else {
      add_up_parts(input_of(*view_of), length);
    }
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

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
