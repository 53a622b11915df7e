// SPDX-License-Identifier: Apache-2.0
// Handwritten digits in a spiking network with one hidden population, by burst-dependent plasticity. The
// rule, the phases and the two streams (events up, bursts down) are those of the XOR network of Payeur et al.
// 2021; the size of the problem is that of their rate model and of Stuck & Naud 2024 (bioRxiv
// 2024.07.19.604308). Departures from the article's spiking network:
//   neurons    EscapeBurst: events drawn from a somatic potential, bursts from a dendritic one; no membrane
//   equation synapses   currents of either sign, all to all, instead of an excitatory and an inhibitory arm
//   input      one Poisson source per pixel, or per square of pixels; a source that is always on stands for a
//   bias output     a population per class; the class with most events is the answer. Their burst probability
//   without a teacher is known, so
//              their rule is the one with a fixed burst probability (the article's first form)
//   feedback   expected bursts are taken off: each output neuron also reaches a hidden dendrite with its
//   events, by -P times the weight of
//              its bursts (as through dendrite-targeting interneurons; Greedy et al. 2022, "burstCCN").
//              Without a teacher the sum is 0 on average, so the burst probability of hidden neurons does not
//              depend on the picture and is known as well: a half, where a dendrite's slope is the same to
//              both sides, so that fluctuations of the feedback do not shift it
//   teacher    sets the burst probability of an output neuron to P [1 + (e* - e)/max(e, e_min)] within [0.01,
//   0.99], with its event rate e
//              and its target e*
//   learning of feedback  (Kolen & Pollack 1994; the article's rate model has it) uses what both synapses
//   see, events of the hidden neuron and
//              bursts of the output neuron; it is carried out when a teaching phase ends
//   homeostasis none, unless hidden_max_Hz is lowered
#pragma once

#include <cstddef>

#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"

namespace apical::payeur2021 {

enum class MnistFeedback {
  random,   ///< fixed, normal around 0, from every output neuron to every hidden dendrite, less what is
            ///< expected of events
  learned,  ///< the same at the start; then every feedback synapse changes as the forward synapse beside it
            ///< does (Kolen & Pollack 1994)
  bursts,   ///< the same without that subtraction; hidden neurons keep a moving average of their burst
            ///< probability, as in XOR
  cut,      ///< control: none
};

struct MnistOptions {
  std::size_t hidden = 300, per_class = 10;
  std::size_t pooling = 2;                        ///< pixels per side of a square that shares one source
  std::size_t train_images = 0, test_images = 0;  ///< the first so many; 0: all
  MnistFeedback feedback = MnistFeedback::random;
  bool hidden_plasticity = true;                ///< false: control, only the output learns
  bool decay = true;                            ///< learning rates fall linearly to 0 over the training
  double hidden_eta = 7e-4, output_eta = 0.02;  ///< mV per event and presynaptic event
  double prediction_s = 0.8, teaching_s = 0.8;
  double settle_s = 0.2;    ///< at the beginning of the prediction, not counted
  double alpha_s = 0.5;     ///< moving average of events and bursts
  double input_Hz = 60;     ///< of a white pixel
  double escape_Hz = 100;   ///< event rate at the largest potential, but for the refractory time
  double threshold_mV = 6;  ///< above rest, where half of it is reached
  double output_burst_probability = 0.2;  ///< without teacher
  double e_max_Hz = 25, e_min_Hz = 3;     ///< targets of output neurons
  double hidden_max_Hz =
      40;  ///< above it homeostasis takes hidden weights down; the refractory time keeps rates below
  double initial_gain = 2;  ///< spread of the initial hidden potential, in escape slopes
  double feedback_gain =
      6;  ///< hidden dendrite at the start, in slopes, when a class bursts at kMnistReference_Hz
  double feedback_follow =
      10;  ///< learned: change of a feedback weight over that of the forward weight beside it
  double dt_s = 5e-3;
};

inline constexpr std::size_t kDigits = 10, kMnistSide = 28;
/// Burst probability of hidden neurons without feedback.
inline constexpr double kMnistHiddenBursts = 0.5;
/// Event rate that gains refer to.
inline constexpr double kMnistReference_Hz = 40;

/// Groups in, bias, hid, out; connections in->hid, bias->hid, hid->out, bias->out, "out->hid bursts",
/// "out->hid events".
spike::SpikingCircuit mnist_network(const MnistOptions& options, std::size_t sources);

/// Sources of a square picture of `side` pixels per side. ConfigError if `pooling` does not divide it.
std::size_t mnist_sources(const MnistOptions& options, std::size_t side);

/// A test of the untrained network on the first 1000 test pictures at most, then epochs of all training
/// pictures in an order of their own, each followed by a test. Every picture is predicted; in training it is
/// taught afterwards.
Course mnist_course(const MnistOptions& options, std::size_t epochs);

}  // namespace apical::payeur2021
