// SPDX-License-Identifier: Apache-2.0
// Segregated dendrites with spikes (Guerguiev, Lillicrap & Richards, eLife 6:e22901, 2017): what
// segregated_dendrites.h is the limit of for many spikes. Units are Poisson neurons of rate phi_max
// sigmoid(V), V the somatic potential:
//   hidden  dV/dt = -g_L V + g_B (V_b - V) + g_A (V_a - V),  V_b = W PSP(below) + b,  V_a = PSP(output) Y
//   output  dV/dt = -g_L V + g_D (V_b - V) + I,              I = y (E_E - V) + (1 - y) (E_I - V) in the
//   target phase, else 0
// PSP is a spike train filtered by (exp(-t/tau_long) - exp(-t/tau_short))/(tau_long - tau_short). Every
// sample is shown for a forward and a target phase, from rest; averages are over the last part of a phase.
// Plateaus are sigmoids of the mean apical potential, and the updates are those of the steady state with
// averages in the place of rates.
#pragma once

#include "apical/core/fields.h"
#include "apical/rules/rule_options.h"
#include "apical/rules/segregated_dendrites.h"

namespace apical::layered {

struct SpikingSegregatedOptions {
  SegregatedOptions steady;  ///< what both forms share
  double g_A =
      0;  ///< from the apical dendrite to the soma; 0.05 in the authors' control with attenuated plateaus
  double dt = 1;                        ///< ms
  double phase = 50;                    ///< ms; the authors add a random time to it
  double average = 20;                  ///< ms at the end of a phase
  double tau_long = 10, tau_short = 3;  ///< ms
  std::size_t input_neurons = 1;        ///< Poisson neurons that carry each input; their PSPs are averaged
};
void fields(FieldVisitor& v, SpikingSegregatedOptions& o);

template <class T>
class SpikingSegregatedDendrites final : public CreditRule<T> {
 public:
  /// Y in the shapes of direct feedback, (n_L, n_l); `seed` addresses the spikes. Throws ConfigError for
  /// units other than sigmoid, times that are not multiples of dt, averages longer than a phase, and steps
  /// too long for the membrane.
  SpikingSegregatedDendrites(const NetworkDescription& description, SpikingSegregatedOptions options,
                             FeedbackWeights<T> Y, std::uint64_t seed);
  std::string_view name() const override { return "segregated_dendrites_spiking"; }
  Needs needs() const override { return {.separate_phases = true}; }
  /// Inputs are rates in spikes per ms; DataError if one is negative. The loss is mean 1/2 |r^f_L/phi_max -
  /// y|^2.
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  /// Rate at the mean potential of the forward phase over phi_max, between 0 and 1.
  MatrixView<const T> output() const override { return output_.view(); }
  /// A forward phase; a sample's spikes depend on the sample alone.
  void predict(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
               MatrixView<T> out) override;
  void visit_state(StateVisitor& visit) override {
    visit_matrices<T>(visit, "feedback", Y_);
    visit("batches", batches_);
  }
  std::vector<OwnWeights<T>> own_weights() override { return own_feedback(Y_, FeedbackPath::direct); }

  // Means over the end of the forward phase, and plateaus.
  const LayerRows<T>& potential() const { return mean_V_; }
  const LayerRows<T>& plateau_forward() const { return alpha_forward_; }
  const LayerRows<T>& plateau_target() const { return alpha_target_; }
  /// Mean over the end of the target phase.
  const Rows<T>& target_rate() const { return mean_rate_; }

 private:
  enum class Phase { forward, target };
  /// A spike train and its two exponential traces.
  struct Trains {
    Rows<T> slow, fast, psp;
  };

  void rest(const NetworkDescription& description, std::size_t rows);
  void show(const Workers& workers, const Network<T>& network, MatrixView<const T> X, MatrixView<const T> Y,
            Phase phase, std::size_t first_step);
  void membrane(const Workers& workers, const Network<T>& network, std::size_t l, MatrixView<const T> Y,
                Phase phase);
  void fire(const Workers& workers, MatrixView<const T> rates, double scale, T gain, Trains& trains,
            std::uint32_t object, std::uint64_t step);
  void forward_answer(const Workers& workers, const Network<T>& network, MatrixView<const T> X);

  SpikingSegregatedOptions options_;
  FeedbackWeights<T> Y_;
  std::uint64_t seed_, batches_ = 0;
  std::size_t steps_, averaged_;  ///< per phase
  std::vector<std::uint64_t> sample_seed_;
  T keep_slow_, keep_fast_, psp_gain_;

  Trains input_;
  std::vector<Trains> trains_;       ///< by layer
  LayerRows<T> V_, drive_, apical_;  ///< potentials of soma, basal and apical dendrite
  Rows<T> rate_, mean_input_, mean_rate_, output_;
  LayerRows<T> mean_V_, mean_psp_, mean_apical_, alpha_forward_, alpha_target_, post_;
};

struct SpikingSegregatedRuleOptions {
  SpikingSegregatedOptions physiology;
  FeedbackStart feedback;
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const {
    return std::make_unique<SpikingSegregatedDendrites<T>>(
        network, physiology, random_feedback<T>(network, FeedbackPath::direct, feedback, seed), seed);
  }
};
void fields(FieldVisitor& v, SpikingSegregatedRuleOptions& o);
RuleEntries spiking_segregated_dendrites_rules();

}  // namespace apical::layered
