// SPDX-License-Identifier: Apache-2.0
// What ranks that share a network tell one another (sharing.h).
#include <algorithm>
#include <cstring>

#include "apical/engine/rate/network_emit.h"

namespace apical::rate {
namespace {

/// As many numbers of matrices as travel at a time.
constexpr std::size_t kNumbersAtOnce = std::size_t{1} << 20;

template <class V>
std::span<const std::byte> as_message(const V* values, std::size_t n) {
  return std::as_bytes(std::span(values, n));
}

/// f(rank, first row, last row) for pieces of a matrix, by rank.
template <class F>
void for_pieces(const std::vector<std::size_t>& rows_of, std::size_t numbers_of_row, F&& f) {
  const std::size_t at_once = std::max<std::size_t>(1, kNumbersAtOnce / numbers_of_row);
  for (std::size_t r = 0; r + 1 < rows_of.size(); ++r) {
    for (std::size_t first = rows_of[r]; first < rows_of[r + 1]; first += at_once)
      f(r, first, std::min(first + at_once, rows_of[r + 1]));
  }
}

}  // namespace

template <class Real>
void Network<Real>::divide(ProjectionState& s) {
  if (sharing_.ranks == nullptr || lanes_ > 1) return;
  const Cut cut = cut_of(circuit_, s.id);
  if (!cut.divisible()) return;
  s.rows_of = rows_of_ranks(cut, sharing_.ranks->size());
  s.first_row = s.rows_of[own_rank()];
  s.rows = s.rows_of[own_rank() + 1] - s.first_row;
}

template <class Real>
void Network<Real>::exchange_rows(std::span<const Heard> sums) {
  message_.clear();
  for (const Heard& h : sums)
    message_.insert(message_.end(), h.values + h.rows->first_row,
                    h.values + h.rows->first_row + h.rows->rows);
  const auto all = sharing_.ranks->exchange(as_message(message_.data(), message_.size()));
  for (std::size_t r = 0; r < all.size(); ++r) {
    if (r == own_rank()) continue;
    const std::byte* from = all[r].data();
    for (const Heard& h : sums) {
      const std::size_t first = h.rows->rows_of[r], bytes = (h.rows->rows_of[r + 1] - first) * sizeof(Real);
      if (bytes > 0) std::memcpy(h.values + first, from, bytes);
      from += bytes;
    }
  }
}

/// Ranks that have a part in a sum add to it one after the other: add(whether it is the first to).
template <class Real>
template <class F>
void Network<Real>::in_turn(const std::vector<std::size_t>& of_ranks, Real* sum, std::size_t n,
                            F&& add) const {
  const std::size_t ranks = of_ranks.size() - 1;
  bool first = true;
  for (std::size_t k = 0; k < ranks; ++k) {
    const std::size_t r = sharing_.sums == Sums::from_the_last ? ranks - 1 - k : k;
    if (of_ranks[r] == of_ranks[r + 1]) continue;
    const bool mine = r == own_rank();
    if (mine) add(first);
    const auto said = sharing_.ranks->exchange(mine ? as_message(sum, n) : std::span<const std::byte>{})[r];
    if (!mine) std::memcpy(sum, said.data(), said.size());
    first = false;
  }
}

/// As add_up(), of which each rank has some of the parts.
template <class Real>
void Network<Real>::add_up_in_turn(Real* out, const Real* parts, const std::vector<std::size_t>& chunks,
                                   std::size_t n) {
  AddUpArgs<Real> a;
  a.parts = parts;
  a.count = chunks[own_rank() + 1] - chunks[own_rank()];
  a.stride = a.n = n;
  a.out = out;
  const bool sets = overwrites(out);
  if (sharing_.sums != Sums::of_each_rank) {
    emit(products, [this, a, sets, chunks] {
      in_turn(chunks, a.out, a.n, [&](bool first) {
        AddUpArgs<Real> now = a;
        now.overwrites = sets && first;
        kernel_.add_up(now);
      });
    });
    return;
  }
  Real* const own = new_array("sum of a rank", n, false);
  arrays_.back().whole = 0;
  emit(products, [this, a, sets, chunks, own] {
    AddUpArgs<Real> alone = a;
    alone.out = own;
    alone.overwrites = true;
    if (a.count > 0) kernel_.add_up(alone);
    bool first = sets;
    for (const auto said : sharing_.ranks->exchange(as_message(own, a.count > 0 ? a.n : 0))) {
      for (std::size_t i = 0; i < said.size() / sizeof(Real); ++i) {
        Real x = 0;
        std::memcpy(&x, said.data() + i * sizeof x, sizeof x);
        a.out[i] = first ? x : a.out[i] + x;
      }
      first = first && said.empty();
    }
  });
}

/// A view that has a sweep of its own, through a matrix of which some rows are here.
template <class Real>
void Network<Real>::plan_view_in_turn(ProjectionId id) {
  const Projection& j = circuit_[id];
  ProjectionState& s = *projections_[id.value];
  const ProjectionState& viewed = *projections_[j.view->of.value];
  Real* const out = input_of(j);
  const bool sets = overwrites(out);
  SweepArgs<Real>& a = keep(SweepArgs<Real>{});
  a.weights = viewed.before_update ? viewed.before_update : viewed.weights;
  a.outer = viewed.rows;
  a.inner = viewed.inner;
  a.stride = viewed.stride;
  a.forward_is_dot = viewed.pre_contiguous;
  a.view_scale = static_cast<Real>(j.view->scale);
  s.sweeps.push_back({&a, viewed.first_row});
  bytes_per_step_ += s.outer * s.stride * sizeof(Real) * (s.deviation ? 2 : 1);
  if (viewed.pre_contiguous) {
    read_through(s, a.axpy_in, viewed.first_row);
    a.axpy_out = out;
    emit(views, [this, &a, &viewed, sets, out, n = populations_[j.to.value]->padded] {
      in_turn(viewed.rows_of, out, n, [&](bool first) {
        a.axpy_overwrites = sets && first;
        kernel_.sweep(a);
      });
    });
    return;
  }
  read_through(s, a.dot_in, 0);
  a.dot_out = out + viewed.first_row;
  a.dot_overwrites = sets;
  emit(views, [this, &a, sums = Heard{out, &viewed}] {
    kernel_.sweep(a);
    exchange_rows({&sums, 1});
  });
}

/// A matrix of which some rows are known here becomes whole.
template <class Real>
void Network<Real>::complete(Matrix<double>& m, const ProjectionState& layout, bool rows_are_post) const {
  if (!layout.divided()) return;
  const std::size_t length = rows_are_post ? m.cols() : m.rows();
  const auto at = [&](std::size_t row, std::size_t i) -> double& {
    return rows_are_post ? m(row, i) : m(i, row);
  };
  std::vector<double> piece;
  for_pieces(layout.rows_of, length, [&](std::size_t r, std::size_t first, std::size_t last) {
    piece.clear();
    for (std::size_t row = first; r == own_rank() && row < last; ++row) {
      for (std::size_t i = 0; i < length; ++i) piece.push_back(at(row, i));
    }
    const auto said = sharing_.ranks->exchange(as_message(piece.data(), piece.size()))[r];
    if (r == own_rank()) return;
    piece.resize(said.size() / sizeof(double));
    std::memcpy(piece.data(), said.data(), said.size());
    auto from = piece.begin();
    for (std::size_t row = first; row < last; ++row) {
      for (std::size_t i = 0; i < length; ++i) at(row, i) = *from++;
    }
  });
}

/// Whole on rank 0, empty elsewhere.
template <class Real>
AlignedBuffer<Real> Network<Real>::gathered(Array& array) const {
  const ProjectionState& s = *array.divided;
  AlignedBuffer<Real> whole(sharing_.ranks->leads() ? array.whole : 0);
  for_pieces(s.rows_of, s.stride, [&](std::size_t r, std::size_t first, std::size_t last) {
    const Real* const own = array.values.data() + (first - s.rows_of[r]) * s.stride;
    const auto said = sharing_.ranks->exchange(r == own_rank() ? as_message(own, (last - first) * s.stride)
                                                               : std::span<const std::byte>{})[r];
    if (!whole.empty()) std::memcpy(whole.data() + first * s.stride, said.data(), said.size());
  });
  return whole;
}

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
