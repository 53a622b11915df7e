// SPDX-License-Identifier: Apache-2.0
// One hidden population and an output that spikes, in time: events carry activity up, bursts tell a teacher.
// Per step dt, in this order; state is never reset from one picture to the next.
//   1  V (hidden), U (output) decay by exp(-dt/tau), class traces d by exp(-dt/tau_d)
//   2  input j spikes: V_i += W_ij / (tau r_in)
//   3  hidden: lambda = lambda_max sigmoid(V + b); outside refractoriness phase += lambda dt, an event where
//      it reaches 1 (regular events, or a hazard instead). U_k += O_ki/(tau r_h). While taught, a burst with
//      probability p = sigmoid(logit P_h + u), u = gain sum_c d_c Yhat_ci: z_i += burst - P_h
//   4  output: the same with U + bo. While taught, a burst with probability p_k: z_k += burst - P_o,
//      d_c += (burst - P_o)/(tau_d P_o high n), n units of class c
// p_k is frozen when teaching begins, each unit's from its own rate r in the prediction before:
//   p_k = P_o [1 + (wanted - r)/max(r, low)] within [0.01, 0.99]
// Bursts as labels of events: Payeur et al. (Nat Neurosci 24:1010, 2021), spiking digits: Stuck, Wang & Naud
// (Neuromorph. Comput. Eng. 5:014010, 2025). That events are regular, that each unit is taught from its own
// rate, and the numbers are ours.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apical/core/fields.h"
#include "apical/core/matrix.h"
#include "apical/core/state_visitor.h"
#include "apical/rules/spiking_burst_kernels.h"

namespace apical::layered {

enum class EventTiming {
  regular,  ///< a unit counts up to its next event
  hazard,   ///< each step for itself: Poisson, but for refractoriness
};

struct SpikingBurstPhysiology {
  double dt_s = 5e-3;
  double settle_s = 0.1, predict_s = 0.6, teach_s = 0.6;
  double tau_s = 20e-3, dendrite_tau_s = 100e-3;
  double input_Hz = 180;    ///< of an input of 1
  double maximum_Hz = 100;  ///< lambda_max
  double refractory_s = 20e-3;
  double hidden_reference_Hz = 10;                      ///< at which a hidden unit counts as 1
  double hidden_baseline = 0.5, output_baseline = 0.2;  ///< P
  double high_Hz = 25, low_Hz = 3;                      ///< wanted of the units of the class and of others
  double gain = 2;                                      ///< of dendrites
  bool gate = false;                                    ///< dendritic input times 1 - lambda/lambda_max
  EventTiming timing = EventTiming::regular;
  std::size_t steps(double seconds) const;  ///< FieldError unless a whole number
};
void fields(FieldVisitor& v, SpikingBurstPhysiology& o);

/// Where chance comes from, and who looks on.
class SpikeSource {
 public:
  virtual ~SpikeSource() = default;
  /// Inputs that spike in this step of the picture.
  virtual std::span<const std::uint32_t> inputs(std::size_t step) = 0;
  /// Of one event while taught: hidden ones of a step by index, then those of the output.
  virtual double burst_uniform() = 0;
  /// Only of units whose events are a hazard.
  virtual double event_uniform() = 0;
  virtual void event(bool /*of_output*/, std::size_t /*step*/, std::size_t /*unit*/, bool /*burst*/) {}
};

/// What does the work has presynaptic rows, so that a spike reads one of them.
template <class T>
struct SpikingBurstWeights {
  MatrixView<const T> in;        ///< (inputs, hidden)
  MatrixView<const T> out;       ///< (hidden, output)
  MatrixView<const T> feedback;  ///< (classes, hidden), Yhat
  std::span<const T> hidden_offset, output_offset;
};

/// What a picture left behind.
template <class T>
struct SpikingBurstCounts {
  std::vector<std::uint32_t> inputs, hidden;    ///< spikes and events, prediction and teaching together
  std::vector<std::uint32_t> predicted;         ///< events of the output in the prediction
  std::vector<T> taught;                        ///< p_k; empty: not taught
  std::vector<T> hidden_excess, output_excess;  ///< z
};

template <class T>
class SpikingBursts {
 public:
  SpikingBursts(const SpikingBurstPhysiology& physiology, std::size_t inputs, std::size_t hidden,
                std::size_t output, std::size_t classes);

  /// At rest, phases as given (in [0, 1)).
  void begin(std::span<const T> hidden_phases, std::span<const T> output_phases);
  /// Settling and prediction, then teaching unless `wanted` (1 or 0 per class) is empty.
  void show(const SpikingBurstWeights<T>& weights, std::span<const T> wanted, SpikeSource& source);
  const SpikingBurstCounts<T>& counts() const { return counts_; }
  /// Spikes and events times the synapses that each went through so far, feedback of the taught output
  /// included.
  std::uint64_t transmitted() const { return transmitted_; }
  /// Steps of a picture: without teaching, or all.
  std::size_t steps_before_teaching() const { return settle_ + predict_; }
  std::size_t steps() const { return settle_ + predict_ + teach_; }

  std::span<const T> hidden_phases() const { return hidden_.phase; }
  std::span<const T> output_phases() const { return output_.phase; }
  std::span<const T> class_traces() const { return d_; }
  void visit_state(StateVisitor& visit);

 private:
  struct Units {
    AlignedBuffer<T> potential, phase, rate;
    std::vector<StepsLeft<T>> rest;  ///< steps without accumulation that are left
    std::vector<std::uint32_t> events;
  };
  void resize(Units& units, std::size_t n);
  void fire(Units& units, std::span<const T> offset, SpikeSource& source);
  bool hidden_burst(const SpikingBurstWeights<T>& weights, std::uint32_t unit, SpikeSource& source);
  void one_step(const SpikingBurstWeights<T>& weights, std::size_t step, bool counted, bool taught,
                SpikeSource& source);
  void freeze_teacher(std::span<const T> wanted);

  SpikingBurstPhysiology p_;
  std::size_t settle_, predict_, teach_, refractory_, per_class_;
  T keep_, keep_dendrite_, input_jump_, hidden_jump_, class_jump_;
  Units hidden_, output_;
  AlignedBuffer<T> d_;
  std::uint64_t transmitted_ = 0;
  SpikingBurstCounts<T> counts_;
};

}  // namespace apical::layered
