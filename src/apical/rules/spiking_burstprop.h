// SPDX-License-Identifier: Apache-2.0
// Burst-dependent learning with spikes (Stuck, Wang & Naud, Neuromorph. Comput. Eng. 5:014010, 2025; Payeur
// et al. 2021), made to learn digits: every sample is a picture simulated in time (spiking_bursts.h), and a
// weight changes at its end by what its two neurons did meanwhile, bursts beyond their share of events after,
// and spikes relative to their own slow mean before the synapse:
//   dW_ij = z_i (N_j/(r_in T) - m_j),   dO_ki = z_k (n_i/(r_h T) - mbar_i),   dc = z
// with T the time that counts. Feedback goes from classes to hidden dendrites, Yhat = Y/rms(Y); learned, it
// makes the mean change of the forward weights of its class, `follow` times. Homeostasis moves an
// excitability of each hidden unit towards a rate. A class may have several output units, side by side.
#pragma once

#include <functional>
#include <memory>

#include "apical/rules/rule_options.h"
#include "apical/rules/simulated_time.h"
#include "apical/rules/spiking_bursts.h"

namespace apical::layered {

enum class ClassFeedback {
  fixed,      ///< Y stays as it is
  learned,    ///< Y follows the forward weights
  symmetric,  ///< the mean of the forward weights of the class: weight transport, a control
};

struct SpikingBurstpropOptions {
  SpikingBurstPhysiology physiology;
  ClassFeedback feedback = ClassFeedback::learned;
  double follow = 100;
  double homeostasis = 1e-4;  ///< per picture, of what is missing of the rate, relative
  double homeostatic_Hz = 5;
  double mean_pictures = 1000;      ///< time constant of slow means
  bool centred = true;              ///< means are taken off presynaptic activity
  std::size_t units_per_class = 1;  ///< of the output, side by side
  std::size_t calibration = 2000;   ///< pictures before learning: means of inputs, then of hidden rates
  double offset = -3.5;             ///< of hidden potentials at the mean input, once calibrated
  template <class T>
  RulePointer<T> make(const NetworkDescription& network, std::uint64_t seed) const;
};
void fields(FieldVisitor& v, SpikingBurstpropOptions& o);

template <class T>
class SpikingBurstprop final : public CreditRule<T>, public SimulatedTime<T> {
 public:
  /// Y is (classes, hidden), and as many output units belong to each class; `seed` addresses spikes and
  /// bursts. Throws ConfigError for other than one hidden layer, all to all, of sigmoid units with the loss
  /// mse.
  SpikingBurstprop(const NetworkDescription& description, SpikingBurstpropOptions options, Matrix<T> Y,
                   std::uint64_t seed);
  ~SpikingBurstprop() override;
  std::string_view name() const override { return "spiking_burstprop"; }
  Needs needs() const override {
    return {.weight_transport = options_.feedback == ClassFeedback::symmetric, .separate_phases = true};
  }
  /// The loss is mean 1/2 |answer - y|^2. DataError for inputs outside [0, 1].
  double credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch, Credit<T>& out,
                int update) override;
  /// (r - low)/(high - low) of event rates in the prediction.
  MatrixView<const T> output() const override { return output_.view(); }
  /// A prediction from rest, at phases of chance; a sample's spikes depend on the sample alone.
  void predict(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
               MatrixView<T> out) override;
  /// Hidden rates in the prediction over the highest rate, and the answer.
  void activity(const Workers& workers, const Network<T>& network, MatrixView<const T> X,
                Activity<T>& out) override;
  std::uint64_t samples_before_learning() const override { return options_.calibration; }
  std::string_view why_no_halved_step() const override {
    return "spikes are drawn step by step: at half the step others would be drawn, and single answers "
           "differ by chance alone; compare accuracies with half the dt";
  }
  /// The slow mean of hidden events, over units, and how many units have hardly any.
  std::vector<std::pair<std::string_view, double>> hidden_figures() const override;
  /// Of the rates that events are drawn from, with the excitabilities as they are.
  bool exact_credit(const Workers& workers, const Network<T>& network, const Batch<T>& batch,
                    Credit<T>& out) override;
  std::span<const Trainable<T>> learned_feedback() override { return slots_; }
  bool feedback_follows_forward() const override { return options_.feedback == ClassFeedback::learned; }
  void scale_learning(double factor) override { rate_factor_ = factor; }
  void rest(bool resting) override { resting_ = resting; }
  void visit_state(StateVisitor& visit) override;

  /// Spikes and chance of the k-th picture from now on, for replays; null: drawn by address.
  using Sources = std::function<SpikeSource&(std::size_t picture)>;
  void use_sources(Sources sources) { sources_ = std::move(sources); }
  /// Called when a picture has been shown and learned from; none: nobody.
  void after_picture(std::function<void()> watcher) { watcher_ = std::move(watcher); }
  SpikingBursts<T>& simulation() { return learning_; }
  const Matrix<T>& class_feedback() const { return Y_; }
  /// What homeostasis adds to the offsets of hidden units.
  std::span<T> excitability() { return excitability_; }
  std::span<T> mean_inputs() { return mean_in_; }
  std::span<T> mean_hidden() { return mean_hidden_; }  ///< in units of the reference rate

 private:
  /// Draws by address: inputs of one picture, then uniforms in the order in which they are asked for.
  class Drawn;
  void prepare(const Network<T>& network);
  SpikingBurstWeights<T> weights(const Network<T>& network);
  void answer(MatrixView<T> out, std::size_t row, const SpikingBursts<T>& simulation) const;
  void learn_from(Credit<T>& out, double share);
  void follow_means(bool calibrating);
  void calibrate(const Network<T>& network, MatrixView<const T> X, std::size_t row);
  void answer_all(const Network<T>& network, MatrixView<const T> X, MatrixView<T> out, MatrixView<T> hidden);

  SpikingBurstpropOptions options_;
  std::uint64_t seed_, pictures_ = 0;
  double rate_factor_ = 1;
  bool resting_ = false;
  Matrix<T> Y_, Y_credit_;
  std::vector<Trainable<T>> slots_;
  AlignedBuffer<T> excitability_, mean_in_, mean_hidden_;
  SpikingBursts<T> learning_, answering_;
  Sources sources_;
  std::function<void()> watcher_;
  std::unique_ptr<Drawn> drawn_;
  std::size_t shown_ = 0;  ///< of replays

  Matrix<T> in_, out_, feedback_;  // presynaptic rows, and Yhat
  AlignedBuffer<T> hidden_offset_, output_offset_, wanted_, phases_, pre_;
  Rows<T> output_, a1_, h_, a2_, delta1_, delta2_;
};

/// Normal numbers, (outputs / units, hidden); ConfigError unless that is a whole number.
template <class T>
Matrix<T> class_feedback(const NetworkDescription& network, std::uint64_t seed, std::size_t units = 1);

template <class T>
RulePointer<T> SpikingBurstpropOptions::make(const NetworkDescription& network, std::uint64_t seed) const {
  return std::make_unique<SpikingBurstprop<T>>(network, *this,
                                               class_feedback<T>(network, seed, units_per_class), seed);
}
RuleEntries spiking_burstprop_rules();

}  // namespace apical::layered
