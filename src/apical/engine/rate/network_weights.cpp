// SPDX-License-Identifier: Apache-2.0
// Weights, masks and deviations as they are at first.
#include <algorithm>
#include <cmath>

#include "apical/engine/rate/network_emit.h"

namespace apical::rate {
/// Fills a dense matrix, laid out like `layout`'s, with W(post, pre) drawn from `law`; `transposed` means
/// that the drawn matrix is the transpose of what is stored (deviations of views).
template <class Real>
void Network<Real>::fill(Real* matrix, const ProjectionState& layout, const InitialWeights& law,
                         Stream stream, std::uint32_t drawn_as, std::size_t post, std::size_t pre,
                         bool transposed) {
  for (std::size_t i = 0; i < post; ++i) {
    for (std::size_t j = 0; j < pre; ++j) {
      const std::size_t row = transposed ? j : i, col = transposed ? i : j;
      if (!layout.has(layout.row_of(row, col))) continue;
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
    s->rows = s->outer;
    if (j.rule) s->eta = j.rule->eta;
    projections_.push_back(std::move(s));
    divide(*projections_.back());
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
      s.weights = new_matrix(j.name + ".weights", s);
      fill(s.weights, s, j.weights, Stream::initial_weight, j.draw_address, post, pre, false);
      if (j.density < 1) {
        s.mask = new_matrix(j.name + ".mask", s);
        for (std::size_t i = 0; i < post; ++i) {
          for (std::size_t c = 0; c < pre; ++c) {
            if (!s.has(s.row_of(i, c))) continue;
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
        s.low_passed_update = new_matrix(j.name + ".low_passed_update", s);
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
      s.deviation = new_matrix(j.name + ".deviation", same_size ? viewed : s);
      const std::uint32_t drawn_as =
          circuit_[j.view->shares_deviation_with.value_or(ProjectionId{k})].draw_address;
      fill(s.deviation, same_size ? viewed : s, *j.view->deviation, Stream::feedback_deviation, drawn_as,
           post, pre, same_size);
    }
  }
  for (auto& s : projections_) {
    // A lazily updated matrix is itself the "weights before the update"; others keep a copy for their views.
    if (s->viewed && !s->fast_rule) {
      s->before_update = new_matrix(s->name + ".before_update", *s);
      std::copy_n(s->weights, s->rows * s->stride * lanes_, s->before_update);
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
          if (!s.has(s.row_of(i, c))) continue;
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

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
