// SPDX-License-Identifier: Apache-2.0
// BurstCCN with spikes (Greedy et al., doi 10.64898/2026.06.16.732595): two populations of two-compartment
// neurons (Payeur et al. 2021; Naud et al. 2014), current synapses, one weight per input neuron that learns.
// A step, first the input population, then the output; right-hand sides are old values.
//   1  V += dt/C_s [-(C_s/tau_s)(V - E_L) + g_s f(Vd) + I_s - w_s]
//   2  theta relaxes; a spike where V >= theta: V to reset, theta jumps
//   3  labels: an event, or within the limit since the last spike the first one a burst and the others
//   nothing;
//      burst W = min(w_max, W + dt eta x), event W = max(0, W - dt eta P x), x what the synapse carries
//   4  w_s += dt/tau_ws (-w_s + b tau_ws spike)
//   5  Vd += dt/C_d [-(C_d/tau_d)(Vd - E_L) + g_d f(Vd) + zeta (spikes of the last steps) + I_d - w_d]
//   6  w_d += dt/tau_wd (-w_d + a (Vd - E_L))
// I_s is W x in the input population and the events of a step ago through fixed weights in the output; input
// dendrites hear bursts through Y and events through -P Y, both of two steps ago.
// This is the program's order and current synapses, which circuits of spiking neurons (engine/spike) do not
// have; it stands for itself and is no subject of experiment files.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apical/circuit/spiking_circuit.h"
#include "apical/core/matrix.h"
#include "apical/core/state_visitor.h"

namespace apical::spike {

enum class SpikeLabel : std::uint8_t { none, event, burst, later };

struct SpikingBurstCcnOptions {
  PyramidalParameters neuron;  ///< of both populations
  double dt_s = 1e-3;
  double burst_limit_s = 16e-3;
  double input_A = 200e-12;  ///< x
  double eta = 2.3e11;       ///< 1/(A s)
  double baseline = 0.375;   ///< P
  double largest_weight = 1.5;
};

class SpikingBurstCcn {
 public:
  /// `out` and `Y` (inputs, outputs), in A per event and per burst. ConfigError for shapes that do not fit or
  /// a step that is longer than the neurons' time constants.
  SpikingBurstCcn(SpikingBurstCcnOptions options, std::vector<double> in, Matrix<double> out,
                  Matrix<double> Y);

  /// Injected in a step, one current per neuron in A.
  struct Currents {
    std::span<const double> soma, dendrite;
  };
  /// One step. DataError for other lengths, NumericalFault where a potential is not finite any more.
  void step(const Currents& into_input, const Currents& into_output);

  /// A population's state at the end of the last step.
  struct Population {
    std::vector<double> V, Vd, theta, soma_adaptation_A, dendrite_adaptation_A;
    std::vector<SpikeLabel> label;         ///< of the step
    std::vector<std::int64_t> last_spike;  ///< its step; far in the past before the first
    std::vector<std::uint8_t> bursting;
    std::vector<std::vector<std::uint8_t>> recent;  ///< spikes of the last steps, newest first
  };
  const Population& input() const { return input_; }
  const Population& output() const { return output_; }
  std::span<const double> input_weights() const { return in_; }
  /// Into input dendrites in the last step.
  std::span<const double> feedback_A() const { return feedback_; }
  void visit_state(StateVisitor& visit);

 private:
  void advance(Population& p, std::span<const double> soma_A, std::span<const double> dendrite_A,
               bool learns);

  SpikingBurstCcnOptions o_;
  std::vector<double> in_;
  Matrix<double> out_, Y_;
  Population input_, output_;
  std::vector<double> feedback_, drive_, dendrite_;
  std::vector<SpikeLabel> input_before_, output_before_, output_two_ago_;
  std::int64_t steps_ = 0;
};

}  // namespace apical::spike
