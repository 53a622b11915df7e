// SPDX-License-Identifier: Apache-2.0
// Every kind of run and command that keeps state, small enough to be run whole, and how each is made to last.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "apical/io/file.h"
#include "support/paths.h"
#include "support/small_experiments.h"

namespace apical::test {

struct LongCommand {
  const char* name;
  /// Verb, then a file below experiments/ or the text of one, then options.
  std::vector<std::string> command;
  std::vector<std::string> longer;  ///< options by which it lasts for minutes
  bool needs_data = false;          ///< MNIST, in the folder that APICAL_DATA names
  friend void PrintTo(const LongCommand& c, std::ostream* out) { *out << c.name; }

  /// Why it cannot run here; empty if it can.
  std::string missing() const {
    return needs_data && std::getenv("APICAL_DATA") == nullptr
               ? "needs MNIST in the folder that APICAL_DATA names"
               : "";
  }
  /// Its arguments; a text becomes a file in `folder`.
  std::vector<std::string> arguments(const std::filesystem::path& folder) const {
    std::vector<std::string> out = command;
    if (out[1].find('\n') != std::string::npos) {
      const std::filesystem::path file = folder / "experiment.toml";
      if (!std::filesystem::exists(file)) io::write_atomically(file, std::string_view(out[1]));
      out[1] = file.string();
    } else {
      out[1] = std::string(kSourceDir) + "/experiments/" + out[1];
    }
    return out;
  }
};

inline const std::vector<LongCommand>& long_commands() {
  static const std::vector<std::string> epochs{"--set", "training.epochs=100000"};
  static const std::vector<LongCommand> all{
      {"rate",
       {"run", "yin-yang/error-neurons.toml", "--seeds", "2", "--set", "task.train_samples=300", "--set",
        "task.validation_samples=100", "--set", "task.test_samples=100", "--set", "model.layers=[4, 30, 3]",
        "--set", "training.epochs=200"},
       epochs},
      {"recorded",
       {"run", with_recording(yin_yang(300, 100, 100) +
                              "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 30, 3]\n"
                              "activation = \"logistic\"\n[training]\nepochs = 40\n[run]\nseeds = 2\n")},
       epochs},
      {"recurrent",
       {"run", small_recurrent_network(), "--set", "model.name=reward-eligibility", "--set",
        "training.epochs=1500", "--set", "training.align_every=500", "--set", "training.validate_every=100"},
       epochs},
      {"layered",
       {"run", "yin-yang/layered.toml", "--seeds", "2", "--set", "training.epochs=60", "--set",
        "training.align_every=10", "--set", "model.name=burstprop"},
       epochs},
      {"reward",
       {"compare", "cart-pole-v1/methods.toml", "--models", "PPO, backpropagation", "--set",
        "training.environment_steps=30000"},
       {"--set", "training.environment_steps=100000000"}},
      {"spiking_rounds",
       {"run", "payeur2021/xor.toml", "--seeds", "2", "--set", "model.neurons=40", "--set",
        "model.in_degree=20", "--set", "model.example_s=0.5", "--set", "model.alpha_s=0.2", "--set",
        "training.epochs=20"},
       epochs},
      {"spiking_single_round",
       {"run", "payeur2021/pairing-poisson.toml", "--seeds", "3", "--set", "model.repetitions=10"},
       {"--set", "model.repetitions=100000"}},
      {"spiking_within_a_round",
       {"run", "payeur2021/multiplexing.toml", "--seeds", "2", "--set", "model.pyramidal=400", "--set",
        "model.duration_s=8"},
       {"--set", "model.duration_s=100000"}},
      {"spiking_digits",
       {"run", "payeur2021/mnist.toml", "--seeds", "2", "--set", "model.hidden=50", "--set",
        "model.train_images=60", "--set", "model.test_images=30", "--set", "training.epochs=2"},
       {"--set", "training.epochs=1000"},
       true},
      {"probe",
       {"probe", "protocols/feedback.toml", "--seeds", "2", "--set", "training.epochs=4", "--set",
        "protocol.epochs=[2, 4]", "--set", "protocol.samples=20"},
       {"--set", "training.epochs=100000", "--set", "protocol.epochs=[100000]"}},
      {"spiking_probe",
       {"probe", "protocols/spiking-feedback.toml", "--seeds", "2", "--set", "training.epochs=12", "--set",
        "protocol.epochs=[4, 12]"},
       {"--set", "training.epochs=100000", "--set", "protocol.epochs=[100000]"}},
      {"comparison",
       {"compare", "yin-yang/compare.toml", "--seeds", "2", "--set", "task.train_samples=300", "--set",
        "model.layers=[4, 20, 3]", "--set", "training.epochs=4"},
       epochs},
  };
  return all;
}

}  // namespace apical::test
