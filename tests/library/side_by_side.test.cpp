// SPDX-License-Identifier: Apache-2.0
// The library within a process that is not its own: several runs at once, each with what it was handed, leave
// what each leaves alone.
#include <gtest/gtest.h>

#include <thread>

#include "apical/experiments.h"
#include "apical/io/test_directory.h"
#include "support/run_files.h"

namespace apical {
namespace {

constexpr const char* kRate = R"(
[task]
name = "yin-yang"
train_samples = 60
validation_samples = 20
test_samples = 20
[model]
name = "error-neuron-microcircuit"
layers = [4, 6, 3]
[training]
epochs = 6
[run]
seeds = 2
checkpoint_every_s = 0
[[record]]
population = "a1.rep"
variable = "rate"
)";

constexpr const char* kLayered = R"(
[task]
name = "yin-yang"
[model]
name = "backpropagation"
layers = [4, 30, 3]
[training]
epochs = 20
align_every = 5
[run]
seeds = 2
checkpoint_every_s = 0
)";

constexpr const char* kSpiking = R"(
[model]
name = "burstprop-xor"
neurons = 40
in_degree = 20
example_s = 0.2
alpha_s = 0.1
[training]
epochs = 2
[run]
checkpoint_every_s = 0
[record]
spikes = true
until_s = 2
raster_s = 0.1
)";

/// Runs into `directory`, on a pool of its own.
void run_into(const io::Path& directory, const char* text, unsigned threads) {
  const std::atomic<bool> stop{false};
  ThreadPool pool(threads);
  run_experiment(read_experiment(TomlDocument::parse(text, "test.toml")), {.directory = directory}, {pool},
                 stop);
}

TEST(SideBySide, RunsOfOneProcessLeaveWhatEachLeavesAlone) {
  const io::TestDirectory directory;
  const std::vector<const char*> texts{kRate, kLayered, kSpiking};
  const auto alone = [&](std::size_t k) { return directory / ("alone-" + std::to_string(k)); };
  for (std::size_t k = 0; k < texts.size(); ++k) run_into(alone(k), texts[k], 1);
  constexpr std::size_t kTwins = 2;
  const auto beside = [&](std::size_t k, std::size_t twin) {
    return directory / ("beside-" + std::to_string(k) + "-" + std::to_string(twin));
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t k = 0; k < texts.size(); ++k) {
      for (std::size_t twin = 0; twin < kTwins; ++twin) {
        threads.emplace_back([&, k, twin] {
          EXPECT_NO_THROW(run_into(beside(k, twin), texts[k], 1 + static_cast<unsigned>(twin)));
        });
      }
    }
  }
  for (std::size_t k = 0; k < texts.size(); ++k) {
    for (std::size_t twin = 0; twin < kTwins; ++twin)
      EXPECT_EQ(test::difference(alone(k), beside(k, twin)), "") << texts[k];
  }
}

}  // namespace
}  // namespace apical
