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

/// A recurrent network of six units that learns to recall a bit by backpropagation through time, two seeds.
inline std::string small_recurrent_network() {
  return R"([task]
name = "store-recall"
slots = 3
slot_steps = 2
train_samples = 16
validation_samples = 8
test_samples = 8
[model]
name = "bptt"
layers = [3, 6, 1]
tau_steps = 4
batch = 8
[training]
epochs = 3
align_every = 1
align_samples = 3
[run]
seeds = 2
)";
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

/// Two areas of several blocks that learn, with everything that travels between ranks or need not. Few steps:
/// on a busy machine an exchange waits for whoever does not have the processor.
inline std::string small_areas(int epochs = 2, double stage_s = 0.008) {
  return R"([circuit]
neurons = "spiking"
name = "areas"
dt_ms = 0.1

[[population]]
name = "input"
kind = "poisson"
size = 600
neuron = {rate_Hz = 80}
estimator = {burst_limit_ms = 0.05}

[[population]]
name = "low"
kind = "burst_poisson"
size = 1100
estimator = {alpha_s = 1}
soma_current = {constant_pA = 1500}
dendrite_current = {constant_pA = 300}
initial_voltage_sd_mV = 8

[[population]]
name = "high"
kind = "burst_poisson"
size = 700
estimator = {alpha_s = 1}
soma_current = {constant_pA = 1500}
initial_voltage_sd_mV = 8

[[background]]
to = "low"
receptor = "soma_excitatory"
rate_Hz = 1500
weight = 0.2

[[projection]]
from = "input"
to = "low"
receptor = "soma_excitatory"
transmits = "events"
delay_steps = 0
density = 0.1
weight = 0.2
rule = {eta = 0.01, w_max = 2}

[[projection]]
name = "up"
from = "low"
to = "high"
receptor = "soma_excitatory"
transmits = "events"
delay_steps = 0
density = 0.1
weight = 0.3
weight_sd = 0.01
rule = {eta = 0.01, w_max = 2}

[[projection]]
name = "down"
from = "high"
to = "low"
receptor = "dendrite_excitatory"
transmits = "bursts"
density = 0.1
weight = 0.2
follow = {of = "up"}

[[projection]]
from = "high"
to = "low"
receptor = "soma_inhibitory"
density = 0.05
weight = 0.3
short_term = {depression_tau_ms = 100, facilitation_tau_ms = 100, u_rest = 0.02, f = 0.1}

[training]
epochs = )" +
         std::to_string(epochs) +
         R"(

[[stage]]
name = "learn"
when = "epoch"
where = "train"
watched = "learning"

[[stage.phase]]
name = "learning"
duration_s = )" +
         std::to_string(stage_s) + R"(
plastic = true

[[stage.measure]]
quantities = ["event_Hz", "burst_probability"]
of = ["low", "high"]

[[stage.measure]]
quantities = ["mean_weight", "rms_weight"]
of = ["up"]
name = "{of}_{quantity}"

[run]
seeds = 1

[record]
spikes = true
from_s = 0
until_s = 0.01
)";
}

/// A circuit of rate neurons with a projection large enough to be divided among ranks, back and forth; few
/// steps of each sample. Recorded, compared with the exact gradient, and saved all the time.
inline std::string large_circuit(int epochs = 2) {
  return yin_yang(4, 2, 2) +
         "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 370, 360, 3]\nactivation = "
         "\"logistic\"\n"
         "weight_range = 0.1\nfeedback_deviation = 0.1\neta = 0.5\n"
         "[training]\nepochs = " +
         std::to_string(epochs) +
         "\npresentation_ms = 0.08\nsettling_ms = 0.16\nalign_every = 1\nalign_samples = 2\n"
         "[run]\nseeds = 1\ncheckpoint_every_s = 0\n"
         "[[record]]\npopulation = \"a2.rep\"\nvariable = \"apical\"\nevery_ms = 0.08\n"
         "[[record]]\nprojection = \"a1.rep->a2.rep.basal\"\nvariable = \"weights\"\nevery_ms = 0.32\n";
}

/// A layered network of which some products are worth sharing.
inline std::string large_network(int epochs = 2, const std::string& rule = "feedback-alignment") {
  return yin_yang(256, 128, 128) + "[model]\nname = \"" + rule +
         "\"\nlayers = [4, 384, 300, 3]\nbatch = 128\noptimiser = \"adam\"\n[training]\nepochs = " +
         std::to_string(epochs) +
         "\nalign_every = 1\nalign_samples = 2\n[run]\nseeds = 1\ncheckpoint_every_s = 0\n"
         "[[record]]\npopulation = \"a2\"\nvariable = \"rate\"\nevery_batches = 2\n";
}

/// small_areas() with a rule that divides by nothing at the first burst of a neuron that learns.
inline std::string falling_areas() {
  std::string text = small_areas();
  const std::string rule = "rule = {eta = 0.01, w_max = 2}";
  return text.replace(text.find(rule), rule.size(),
                      "rule = {formula = \"burst * pre / (p - p)\", w_max = 2}");
}

/// large_circuit() in which one synapse of its large projection, the strongest, has no number to change to.
inline std::string falling_circuit() {
  return large_circuit() +
         "[[edit]]\nprojection = \"a1.rep->a2.rep.basal\"\n"
         "rule = {formula = \"1e-9 * sqrt(0.099997 - w)\"}\n";
}

}  // namespace apical::test
