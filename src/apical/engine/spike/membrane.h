// SPDX-License-Identifier: Apache-2.0
// The membranes of a neuron group: state, one step of a block, resets and bursts.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apical/circuit/spiking_circuit.h"
#include "apical/core/matrix.h"
#include "apical/engine/spike/neuron_kernels.h"

namespace apical::spike {

enum class CurrentTarget { soma, dendrite };

/// State of one neuron at the end of a step, in SI units; conductances by Receptor.
struct NeuronState {
  double v = 0, vd = 0, ws = 0, wd = 0, theta = 0;
  std::array<double, kReceptors> g{};
};

/// A potential that is not finite.
struct Fault {
  std::size_t neuron;
  std::string quantity;
  double value;
};

/// A factor exp(-(k mod period) rate), tabulated: what a stored quantity is multiplied with in step k.
class Scale {
 public:
  Scale() = default;
  /// `period` is a power of two.
  Scale(double factor_per_step, Step period);
  double at(Step k) const { return table_[static_cast<std::size_t>(k & mask_)]; }
  /// Whether stored values must be multiplied by wrap() before step k.
  bool wraps(Step k) const { return k > 0 && (k & mask_) == 0; }
  double wrap() const { return wrap_; }
  /// What an amount that is to count in full in step k is worth in stored units before step k's wrap.
  double store_for(Step k) const {
    return wraps(k) ? 1 / wrap_ : inverse_[static_cast<std::size_t>(k & mask_)];
  }

 private:
  std::vector<double> table_{1.0}, inverse_{1.0};
  double wrap_ = 1;
  Step mask_ = 0;
};

template <class T>
class Membrane {
 public:
  /// `number` addresses the group's random numbers.
  Membrane(const NeuronGroup& group, double dt_s, std::uint64_t seed, std::uint32_t number);

  std::size_t size() const { return size_; }
  std::size_t blocks() const { return (size_ + kBlock - 1) / kBlock; }

  /// Step k of one block, currents included; appends the group's indices of neurons that spiked, ascending.
  void step(Step k, std::size_t block, std::vector<std::uint32_t>& spikes);

  /// Stored conductances of a receptor, and the stored worth of weight 1 that arrives in step k (acts from
  /// k+1).
  T* conductance(Receptor r) { return g_[static_cast<std::size_t>(r)].data(); }
  T arrival_factor(Receptor r, Step k) const {
    return static_cast<T>((is_excitatory(r) ? excitatory_ : inhibitory_).store_for(k + 1));
  }

  void set_drive(CurrentTarget where, const Drive& drive) {
    (where == CurrentTarget::soma ? soma_drive_ : dendrite_drive_) = drive;
  }
  /// A further current per neuron in A, or none if empty.
  void set_currents(CurrentTarget where, std::span<const double> amperes);
  /// Uniform numbers the group uses instead of drawn ones, two per event (replay of recorded runs).
  void set_burst_uniforms(std::vector<double> uniforms) {
    uniforms_.assign(uniforms.begin(), uniforms.end());
  }

  /// State of neuron i after step k.
  NeuronState state(std::size_t i, Step k) const;
  void set_state(std::size_t i, Step k, const NeuronState& state);
  /// The first of `count` neurons from `first` whose potentials are not finite.
  std::optional<Fault> first_fault(std::size_t first, std::size_t count) const;
  std::size_t bytes() const;

  template <class Archive>
  void visit_state(Archive& a, const std::string& prefix);

  /// f(values) for every quantity that a block's neurons have, each as a span; the last block's with what
  /// pads it.
  template <class F>
  void each_block_state(std::size_t block, F&& f) {
    const auto visit = [&](auto& buffer) {
      const std::size_t first = std::min(block * kBlock, buffer.size());
      const std::size_t last = (block + 1) * kBlock < size_ ? first + kBlock : buffer.size();
      f(std::span(buffer).subspan(first, std::min(last, buffer.size()) - first));
    };
    for (AlignedBuffer<T>* b : {&v_, &vd_, &ws_, &wd_, &theta_, &count_}) visit(*b);
    for (AlignedBuffer<T>& g : g_) visit(g);
    visit(ready_);
  }
  /// Extra spikes of a block's bursts that are still to come, as pairs (slot, neuron).
  std::vector<std::uint32_t> pending(std::size_t block) const;
  void set_pending(std::size_t block, std::span<const std::uint32_t> pairs);

 private:
  static bool is_excitatory(Receptor r) {
    return r == Receptor::soma_excitatory || r == Receptor::dendrite_excitatory;
  }
  void wrap(Step k, std::size_t first, std::size_t last);
  double drive_at(const Drive& d, Step k) const;
  void add_currents(std::size_t first, std::size_t count);
  void reset_pyramidal(Step k, std::size_t block, std::size_t first, std::size_t crossings, bool bursting,
                       T soma_current, std::vector<std::uint32_t>& spikes);
  void escape_step(Step k, std::size_t first, std::size_t count, std::vector<std::uint32_t>& spikes);
  /// Draws whether an event of neuron i in step k is followed by a second spike, and when.
  void draw_burst(Step k, std::size_t i, double vd);
  void emit_due(Step k, std::size_t block, std::vector<std::uint32_t>& spikes);
  /// Potential of a compartment whose stored synaptic potentials count `scale`, drives not included.
  double escape_V(CurrentTarget where, std::size_t i, double scale) const;
  double burst_uniform(std::size_t neuron, Step k, int which);

  NeuronModel model_;
  bool somatic_drive_ = false;  ///< of dendritic synapses
  double dt_;
  std::uint64_t seed_;
  std::uint32_t number_;
  std::size_t size_;
  PyramidalStep<T> pyramidal_{};  ///< constants; scales and currents are filled in per step
  InterneuronStep<T> interneuron_{};
  /// Change of potential per step and ampere, dt/C; of EscapeBurst the potential itself, R.
  double soma_per_ampere_ = 0, dendrite_per_ampere_ = 0;
  double inverse_slope_ = 0, midpoint_ = 0;
  double burst_shortest_s_ = 0, burst_span_s_ = 0;
  Step refractory_steps_ = 0;
  Scale excitatory_, inhibitory_, ws_scale_, theta_scale_;

  AlignedBuffer<T> v_, vd_, ws_, wd_, theta_, count_;  ///< count_: back-propagation or refractory steps left
  std::array<AlignedBuffer<T>, kReceptors> g_;
  AlignedBuffer<T> soma_currents_, dendrite_currents_;
  Drive soma_drive_, dendrite_drive_;
  std::vector<Step> ready_;  ///< first step at which a burst-Poisson event may occur
  /// Extra spikes of bursts by step modulo calendar_size_ (a power of two), per block.
  std::vector<std::vector<std::vector<std::uint32_t>>> calendar_;
  std::size_t calendar_size_ = 1;
  std::vector<std::vector<Crossing<T>>> crossings_;  ///< scratch per block
  std::deque<double> uniforms_;
};

template <class T>
template <class Archive>
void Membrane<T>::visit_state(Archive& a, const std::string& prefix) {
  a(prefix + "v", v_);
  a(prefix + "vd", vd_);
  a(prefix + "ws", ws_);
  a(prefix + "wd", wd_);
  a(prefix + "theta", theta_);
  a(prefix + "count", count_);
  for (std::size_t r = 0; r < kReceptors; ++r) a(prefix + "g" + std::to_string(r), g_[r]);
  a(prefix + "soma_currents", soma_currents_);
  a(prefix + "dendrite_currents", dendrite_currents_);
  for (Drive* d : {&soma_drive_, &dendrite_drive_}) {
    const std::string name = prefix + (d == &soma_drive_ ? "soma_drive/" : "dendrite_drive/");
    a(name + "constant", d->constant_A);
    a(name + "amplitude", d->amplitude_A);
    a(name + "period", d->period_s);
    a(name + "start", d->start_s);
  }
  a(prefix + "ready", ready_);
  std::vector<std::uint32_t> all;  // lists of lists have no name of their own
  for (std::size_t b = 0; b < calendar_.size(); ++b) {
    const std::vector<std::uint32_t> some = pending(b);
    all.insert(all.end(), some.begin(), some.end());
  }
  a(prefix + "pending_bursts", all);
  for (auto& block : calendar_) {
    for (auto& slot : block) slot.clear();
  }
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    calendar_[all[i + 1] / kBlock][all[i]].push_back(all[i + 1]);
  }
}

}  // namespace apical::spike
