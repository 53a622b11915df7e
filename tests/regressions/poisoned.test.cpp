// SPDX-License-Identifier: Apache-2.0
// One number of the state of a run, a weight, a potential, a trace, a moment of an optimiser, becomes NaN or
// infinite: the run ends as a numerical fault that names a place, or, if nothing depends on that number any
// more, as if nothing had been. It never reports other figures as a success.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

#include "apical/core/random.h"
#include "apical/io/hash.h"
#include "apical/io/test_directory.h"
#include "apical/run/fault_record.h"
#include "apical/run/metrics_file.h"
#include "apical/run/run.h"
#include "support/figures.h"
#include "support/poison.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

struct Kind {
  const char* name;
  std::string experiment;
  std::size_t stop_after;  ///< measurements
  friend void PrintTo(const Kind& k, std::ostream* out) { *out << k.name; }
};

std::string layered(const std::string& model, const std::string& options = {}) {
  return test::yin_yang(40, 20, 20) + "[model]\nname = \"" + model + "\"\nlayers = [4, 8, 6, 3]\n" + options +
         "[training]\nepochs = 4\n[run]\nseeds = 2\n";
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"error_neurons",
       test::yin_yang(20, 10, 10) +
           "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 6, 3]\nactivation = "
           "\"logistic\"\n[training]\nepochs = 3\n[run]\nseeds = 2\n",
       4},
      {"backpropagation", layered("backpropagation", "optimiser = \"adam\"\n"), 8},
      {"burstprop", layered("burstprop"), 8},
      {"target_propagation", layered("target-propagation"), 8},
      {"predictive_coding", layered("predictive-coding"), 8},
      {"weight_mirror", layered("weight-mirror"), 8},
      {"reward", test::small_policy(), 6},
      {"spiking_xor",
       "[model]\nname = \"burstprop-xor\"\nneurons = 30\nin_degree = 10\nexample_s = 0.3\nalpha_s = 0.1\n"
       "[training]\nepochs = 3\n[run]\nseeds = 1\n",
       12},
  };
  return all;
}

/// Asks to stop after so many measurements.
class StopsAfter final : public Listener {
 public:
  StopsAfter(std::size_t measurements, std::atomic<bool>& stop) : left_(measurements), stop_(stop) {}
  void on(const Measurement&) override {
    if (left_ > 0 && --left_ == 0) stop_ = true;
  }

 private:
  std::size_t left_;
  std::atomic<bool>& stop_;
};

class Poisoned : public testing::TestWithParam<Kind> {
 protected:
  enum class End { fault, as_if_nothing_had_been, silent };

  void SetUp() override {
    experiment_ = read_experiment(TomlDocument::parse(GetParam().experiment, "poisoned.toml"));
    std::atomic<bool> never{false}, stop{false};
    RunOptions whole;
    whole.directory = directory_ / "whole";
    clean_ = run_experiment(experiment_, whole, {pool_}, never).measured;
    StopsAfter stops(GetParam().stop_after, stop);
    RunOptions part;
    part.directory = base();
    part.listeners = {&stops};
    ASSERT_TRUE(run_experiment(experiment_, part, {pool_}, stop).stopped);
    const fs::path folder = base() / "checkpoints";
    file_ = io::checkpoint_name(io::list_checkpoints(folder).back());
    checkpoint_ = io::decode_checkpoint(io::read_file(folder / file_), hash(), file_);
    numbers_ = test::numbers_of(checkpoint_);
    ASSERT_FALSE(numbers_.empty());
  }
  fs::path base() const { return directory_ / "base"; }
  std::uint64_t hash() const { return io::xxh3(experiment_.resolved); }

  /// So that small arrays are met as often as large ones.
  const test::StateNumber& any(std::uint64_t k) const {
    std::map<std::string, std::vector<std::size_t>> by_name;
    for (std::size_t i = 0; i < numbers_.size(); ++i) by_name[numbers_[i].name].push_back(i);
    auto at = by_name.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(uniform({7, Stream::perturbation, 1, k}) *
                                                 static_cast<double>(by_name.size())));
    const auto i = static_cast<std::size_t>(uniform({7, Stream::perturbation, 2, k}) *
                                            static_cast<double>(at->second.size()));
    return numbers_[at->second[i]];
  }

  End end_with(const test::StateNumber& number, double value) {
    const fs::path run = directory_ / "poisoned";
    fs::remove_all(run);
    fs::copy(base(), run, fs::copy_options::recursive);
    io::Checkpoint c = checkpoint_;
    test::poison(c, number, value);
    io::write_atomically(run / "checkpoints" / file_, io::encode(c));
    std::atomic<bool> never{false};
    RunOptions options;
    options.directory = run;
    options.resume = true;
    try {
      const RunResult result = run_experiment(experiment_, options, {pool_}, never);
      return same(result.measured) ? End::as_if_nothing_had_been : End::silent;
    } catch (const NumericalFault& fault) {
      EXPECT_FALSE(fault.where().population.empty());
      EXPECT_FALSE(fault.where().quantity.empty());
      EXPECT_TRUE(io::file_exists(fault_state_file(run))) << fault.what();
      EXPECT_FALSE(io::file_exists(run / "summary.json"));
      for (const Measurement& m : read_measurements(run)) EXPECT_FALSE(std::isinf(m.value)) << m.metric;
      return End::fault;
    } catch (const DataError& refused) {  // of spiking networks it is seen before anything is computed
      EXPECT_THAT(refused.what(), testing::HasSubstr("is not finite"));
      return End::fault;
    }
  }
  bool same(const std::vector<Measurement>& measured) const {
    return std::equal(measured.begin(), measured.end(), clean_.begin(), clean_.end(),
                      [](const Measurement& a, const Measurement& b) {
                        return a.key() == b.key() &&
                               (a.value == b.value || (std::isnan(a.value) && std::isnan(b.value)));
                      });
  }

  void poison(std::size_t cases) {
    const double nan = std::numeric_limits<double>::quiet_NaN(),
                 inf = std::numeric_limits<double>::infinity();
    std::map<End, std::size_t> ends;
    for (std::size_t k = 0; k < cases; ++k) {
      const test::StateNumber& number = any(k);
      const double value = k % 3 == 0 ? inf : k % 3 == 1 ? -inf : nan;
      const End end = end_with(number, value);
      ++ends[end];
      EXPECT_NE(end, End::silent) << number.name << " = " << value << ", case " << k;
    }
    RecordProperty("faults", static_cast<int>(ends[End::fault]));
    RecordProperty("without_effect", static_cast<int>(ends[End::as_if_nothing_had_been]));
    EXPECT_GT(ends[End::fault], 0u) << "nothing depends on what is poisoned";
    test::figure("R9", std::string("poisoned ") + GetParam().name, cases, cases - ends[End::silent]);
  }

  io::TestDirectory directory_;
  ThreadPool pool_{1};
  Experiment experiment_;
  std::vector<Measurement> clean_;
  std::string file_;
  io::Checkpoint checkpoint_;
  std::vector<test::StateNumber> numbers_;
};

TEST_P(Poisoned, ARunEndsAsAFaultOrAsIfNothingHadBeen) { poison(24); }

using SlowPoisoned = Poisoned;
TEST_P(SlowPoisoned, ARunEndsAsAFaultOrAsIfNothingHadBeen) { poison(200); }

const auto kName = [](const auto& kind) { return std::string(kind.param.name); };
INSTANTIATE_TEST_SUITE_P(Kinds, Poisoned, testing::ValuesIn(kinds()), kName);
INSTANTIATE_TEST_SUITE_P(Kinds, SlowPoisoned, testing::ValuesIn(kinds()), kName);

}  // namespace
}  // namespace apical
