// SPDX-License-Identifier: Apache-2.0
// From a circuit to state and a list of kernel calls: the order in which a network is made.
#include <algorithm>

#include "apical/engine/rate/network_emit.h"

namespace apical::rate {

template <class Real>
Network<Real>::Network(const Circuit& circuit, std::span<const std::uint64_t> seeds, bool lanes,
                       bool all_quantities, ThreadPool* pool, Sharing sharing)
    : circuit_(circuit),
      seeds_(seeds.begin(), seeds.end()),
      lanes_(lanes ? kLanes : 1),
      pool_(pool),
      sharing_(sharing),
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
  const std::size_t numbers = lanes_ > 1 ? n * lanes_ : round_up_block(n);
  arrays_.push_back({std::move(name), AlignedBuffer<Real>(numbers, Real(0)), is_state, nullptr, numbers});
  return arrays_.back().values.data();
}

/// Of the rows that are here; never null.
template <class Real>
Real* Network<Real>::new_matrix(std::string name, const ProjectionState& layout, bool is_state) {
  Real* const values =
      new_array(std::move(name), std::max<std::size_t>(layout.rows, 1) * layout.stride, is_state);
  if (layout.divided()) {
    arrays_.back().divided = &layout;
    arrays_.back().whole = layout.outer * layout.stride;
  }
  return values;
}

template <class Real>
Real* Network<Real>::input_of(const Projection& j) const {
  return populations_[j.to.value]->compartment_input[circuit_[j.to].compartment_index(j.compartment)];
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

template class Network<float>;
template class Network<double>;

}  // namespace apical::rate
