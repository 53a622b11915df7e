// SPDX-License-Identifier: Apache-2.0
// A number of an input or of a target that is not finite, although data are checked when they are read: a
// program may have changed it since. Learning ends as a numerical fault of that seed within the epoch that
// shows it, or, if nothing depends on it, as if nothing had been. Nothing that was measured afterwards is
// told.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "apical/core/random.h"
#include "apical/io/test_directory.h"
#include "apical/learning/trainer.h"
#include "apical/run/fault_record.h"
#include "apical/run/make_learner.h"
#include "apical/run/metrics_file.h"
#include "apical/run/run.h"
#include "apical/tasks/array_data.h"
#include "support/figures.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN(),
                 kInf = std::numeric_limits<double>::infinity();
double not_finite(std::size_t k) { return k % 3 == 0 ? kNan : k % 3 == 1 ? kInf : -kInf; }
/// In [0, count).
std::size_t any(std::size_t count, std::uint64_t k, std::uint32_t of) {
  return static_cast<std::size_t>(uniform({11, Stream::perturbation, of, k}) * static_cast<double>(count));
}

/// One case after the other of a test: counts them for the table of promises.
class Cases {
 public:
  explicit Cases(std::string what) : what_(std::move(what)) {}
  ~Cases() { test::figure("R9", what_, tried_, held_); }
  Cases(const Cases&) = delete;
  Cases& operator=(const Cases&) = delete;
  void add(bool held) {
    ++tried_;
    held_ += held ? 1U : 0U;
  }

 private:
  std::string what_;
  std::size_t tried_ = 0, held_ = 0;
};

// ---------------------------------------------------------------------------------------------- learners

Experiment experiment_of(const std::string& model) {
  return read_experiment(TomlDocument::parse(
      test::yin_yang(40, 20, 20) + model + "[training]\nepochs = 3\n[run]\nseeds = 2\n", "samples.toml"));
}

/// The same samples with numbers that can be anything.
Dataset as_numbers(const Dataset& data) {
  Dataset out = data;
  Matrix<double> inputs(data.train.size(), data.inputs());
  for (std::size_t i = 0; i < inputs.rows(); ++i) data.train.read_input(i, inputs.row(i));
  out.train.inputs = Inputs(std::move(inputs));
  out.train.targets = Matrix<double>(data.train.size(), data.outputs());
  for (std::size_t i = 0; i < data.train.size(); ++i) data.train.read_target(i, out.train.targets.row(i));
  out.train.classes = 0;
  return out;
}

struct Told final : Observer {
  std::vector<std::pair<std::size_t, double>> losses;
  void on(const Evaluated& e) override {
    for (const Score& s : e.scores) losses.emplace_back(e.epoch, s.loss());
  }
};

class PoisonedSamples : public testing::TestWithParam<const char*> {
 protected:
  std::vector<std::pair<std::size_t, double>> learn(const SeedData& data) {
    const auto learner = make_learner(experiment_, data, {pool_});
    Told told;
    Trainer trainer(*learner, experiment_.plan, {&told});
    const std::atomic<bool> never{false};
    try {
      trainer.run(never);
    } catch (const NumericalFault& f) {
      fault_ = f.where();
      EXPECT_EQ(f.exit_code(), ExitCode::numerical_fault);
    }
    return told.losses;
  }
  ThreadPool pool_{1};
  Experiment experiment_ = experiment_of(GetParam());
  std::optional<NumericalFault::Where> fault_;
};

TEST_P(PoisonedSamples, EndLearningWithinTheEpochThatShowsThem) {
  SeedData clean;
  for (const auto& data : experiment_.make_data({pool_}))
    clean.push_back(std::make_shared<const Dataset>(as_numbers(*data)));
  const auto undisturbed = learn(clean);
  ASSERT_FALSE(fault_);
  Cases cases("poisoned inputs and targets, " + experiment_.model);
  std::size_t faults = 0;
  for (std::size_t k = 0; k < 12; ++k) {
    const std::size_t replica = any(2, k, 1), sample = any(40, k, 2);
    Dataset data = *clean[replica];
    if (k % 2 == 0) {
      Matrix<double> inputs(data.train.size(), data.inputs());
      for (std::size_t i = 0; i < inputs.rows(); ++i) data.train.read_input(i, inputs.row(i));
      inputs(sample, any(data.inputs(), k, 3)) = not_finite(k / 2);
      data.train.inputs = Inputs(std::move(inputs));
    } else {
      data.train.targets(sample, any(data.outputs(), k, 3)) = not_finite(k / 2);
    }
    SeedData poisoned = clean;
    poisoned[replica] = std::make_shared<const Dataset>(std::move(data));
    fault_.reset();
    const auto told = learn(poisoned);
    const bool prefix =
        told.size() <= undisturbed.size() && std::equal(told.begin(), told.end(), undisturbed.begin());
    EXPECT_TRUE(prefix) << "case " << k << ": a loss that the undisturbed run does not have";
    if (fault_) {
      ++faults;
      EXPECT_EQ(fault_->seed, experiment_.seeds[replica]) << "case " << k;
      EXPECT_FALSE(fault_->population.empty() || fault_->quantity.empty()) << "case " << k;
      const bool soon = told.empty() || told.back().first == 0;
      EXPECT_TRUE(soon) << "case " << k << ": told of epoch " << told.back().first;
      cases.add(prefix && soon && fault_->seed == experiment_.seeds[replica]);
    } else {
      cases.add(prefix && told.size() == undisturbed.size());
    }
  }
  EXPECT_GE(faults, 10U) << "hardly anything depends on what is poisoned";
}

// Targets that are not finite are no distribution over classes either, which is refused before: mean squares.
INSTANTIATE_TEST_SUITE_P(
    Models, PoisonedSamples,
    testing::Values(
        "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 6, 3]\nactivation = \"logistic\"\n",
        "[model]\nname = \"dendritic-microcircuit\"\nlayers = [4, 6, 3]\nactivation = [\"logistic\", "
        "\"linear\"]\n",
        "[model]\nname = \"backpropagation\"\nlayers = [4, 8, 6, 3]\noutput = \"linear\"\nloss = \"mse\"\n",
        "[model]\nname = \"burstprop\"\nlayers = [4, 8, 6, 3]\n",
        "[model]\nname = \"difference-target-propagation\"\nlayers = [4, 8, 6, 3]\noutput = \"linear\"\nloss "
        "= \"mse\"\n",
        "[model]\nname = \"equilibrium-propagation\"\nlayers = [4, 8, 6, 3]\n",
        "[model]\nname = \"predictive-coding\"\nlayers = [4, 8, 6, 3]\n",
        "[model]\nname = \"weight-mirror\"\nlayers = [4, 8, 6, 3]\noutput = \"linear\"\nloss = \"mse\"\n"));

// -------------------------------------------------------------------------------------------------- runs

/// Overwrites a number of an array, that a program has handed in, after so many measurements.
class Spoils final : public Listener {
 public:
  Spoils(float& number, double value, std::size_t measurements)
      : number_(number), value_(value), left_(measurements) {}
  void on(const Measurement&) override {
    if (left_ > 0 && --left_ == 0) number_ = static_cast<float>(value_);
  }

 private:
  float& number_;
  double value_;
  std::size_t left_;
};

class PoisonedArrays : public testing::TestWithParam<const char*> {
 protected:
  struct Samples {
    std::shared_ptr<std::vector<float>> inputs = std::make_shared<std::vector<float>>();
    HandedArrays handed;
    Samples() {
      std::vector<std::int32_t> labels;
      for (std::uint64_t i = 0; i < 60; ++i) {
        labels.push_back(static_cast<std::int32_t>(i % 3));
        for (std::uint32_t f = 0; f < 4; ++f)
          inputs->push_back(
              static_cast<float>(uniform({3, Stream::perturbation, f, i}) + (f == i % 3 ? 1 : 0)));
      }
      const io::Array x{io::Element::f32, {60, 4}, inputs, std::as_bytes(std::span(*inputs))};
      handed.by_name["mine"] = {.inputs = x, .labels = io::array_of<std::int32_t>({60}, labels)};
    }
  };
  std::vector<Measurement> measured(const io::Path& out, const std::shared_ptr<Samples>& samples,
                                    std::vector<Listener*> listeners) {
    Resources resources{pool_};
    resources.arrays = std::shared_ptr<const HandedArrays>(samples, &samples->handed);
    RunOptions options;
    options.directory = out;
    options.listeners = std::move(listeners);
    const std::atomic<bool> never{false};
    return run_experiment(experiment_, options, resources, never).measured;
  }
  io::TestDirectory directory_;
  ThreadPool pool_{1};
  Experiment experiment_ = read_experiment(TomlDocument::parse(
      std::string("[task]\nname = \"arrays\"\ntrain = \"memory:mine\"\nvalidation_fraction = 0.25\n"
                  "test_fraction = 0.25\n") +
          GetParam() + "[training]\nepochs = 4\n[run]\nseeds = 2\n",
      "arrays.toml"));
};

TEST_P(PoisonedArrays, EndTheRunWithItsStateKeptAndNothingFalseTold) {
  const auto clean = measured(directory_ / "whole", std::make_shared<Samples>(), {});
  Cases cases("inputs poisoned while the run goes on, " + experiment_.model);
  std::size_t faults = 0;
  for (std::size_t k = 0; k < 12; ++k) {
    const auto samples = std::make_shared<Samples>();
    Spoils spoils((*samples->inputs)[any(240, k, 1)], not_finite(k), 1 + any(clean.size() / 2, k, 2));
    const io::Path run = directory_ / ("run-" + std::to_string(k));
    bool held = false;
    try {
      const auto told = measured(run, samples, {&spoils});
      held = told.size() == clean.size() && std::equal(told.begin(), told.end(), clean.begin(),
                                                       [](const Measurement& a, const Measurement& b) {
                                                         return a.key() == b.key() && a.value == b.value;
                                                       });
      EXPECT_TRUE(held) << "case " << k << ": other figures as a success";
    } catch (const NumericalFault& fault) {
      ++faults;
      EXPECT_FALSE(fault.where().population.empty()) << fault.what();
      held = io::file_exists(fault_state_file(run)) && !io::file_exists(run / "summary.json");
      EXPECT_TRUE(held) << "case " << k << ": " << fault.what();
      for (const Measurement& m : read_measurements(run)) {
        const auto same = std::find_if(clean.begin(), clean.end(),
                                       [&](const Measurement& c) { return c.key() == m.key(); });
        const bool as_it_was = same != clean.end() && (same->value == m.value);
        EXPECT_TRUE(as_it_was) << "case " << k << ": " << m.where << ' ' << m.metric << ' ' << m.value;
        held = held && as_it_was;
      }
    }
    cases.add(held);
  }
  EXPECT_GE(faults, 8U) << "hardly anything depends on what is poisoned";
}

INSTANTIATE_TEST_SUITE_P(Models, PoisonedArrays,
                         testing::Values("[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 6, 3]\n"
                                         "activation = \"logistic\"\n",
                                         "[model]\nname = \"backpropagation\"\nlayers = [4, 8, 3]\n"));

}  // namespace
}  // namespace apical
