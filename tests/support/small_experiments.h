// SPDX-License-Identifier: Apache-2.0
// Experiments that take a moment, for tests that are about something else. `with` changes a line of one.
#pragma once

#include <string>

namespace apical::test {

/// The task of most of them: points of Yin-Yang, so many for training, validation and tests.
inline std::string yin_yang(int train, int validation, int test) {
  return "[task]\nname = \"yin-yang\"\ntrain_samples = " + std::to_string(train) +
         "\nvalidation_samples = " + std::to_string(validation) + "\ntest_samples = " + std::to_string(test) +
         "\n";
}

/// An error-neuron microcircuit of 4-6-3 neurons that learns for one epoch, one seed.
inline std::string small_circuit() {
  return yin_yang(40, 20, 20) +
         "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 6, 3]\nactivation = \"logistic\"\n"
         "[training]\nepochs = 1\n[run]\nseeds = 1\n";
}

/// A network of 4-8-3 units that learns by backpropagation for two epochs, one seed.
inline std::string small_network() {
  return yin_yang(40, 20, 20) +
         "[model]\nname = \"backpropagation\"\nlayers = [4, 8, 3]\n[training]\nepochs = 2\n[run]\nseeds = "
         "1\n";
}

/// An experiment on an error-neuron microcircuit that records dendrites, and saves itself all the time.
inline std::string with_recording(const std::string& experiment) {
  return experiment +
         "checkpoint_every_s = 0.02\n[[record]]\npopulation = \"a1.rep\"\nvariable = \"apical\"\nevery_ms = "
         "4\n";
}

/// Policy and value network of a pole on a cart, two iterations of four environments, two seeds.
inline std::string small_policy() {
  return R"([task]
name = "cart-pole-v1"
test_episodes = 3
[model]
name = "backpropagation"
layers = [4, 6, 2]
[value]
learning_rate = 0.003
[reward]
environments = 4
steps = 64
[training]
environment_steps = 1000
align_every = 2
align_samples = 8
[run]
seeds = 2
)";
}

}  // namespace apical::test
