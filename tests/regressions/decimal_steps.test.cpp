// SPDX-License-Identifier: Apache-2.0
// Steps of 0.1 or 0.025 ms are no binary fractions: whoever counted time in sums of them, or compared such
// sums, would show a sample, record a row or save a step too many or too few, here or after a stop. Every run
// of a list of such steps, stopped somewhere and gone on with, leaves byte for byte what an undisturbed one
// does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "apical/core/random.h"
#include "apical/io/test_directory.h"
#include "apical/run/run.h"
#include "support/figures.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

struct Steps {
  const char *dt, *shown, *recorded;  ///< ms, decimal
};
constexpr std::array<Steps, 8> kSteps{{{"0.1", "0.7", "0.3"},
                                       {"0.1", "2.3", "0.7"},
                                       {"0.025", "0.725", "0.175"},
                                       {"0.025", "1.1", "0.275"},
                                       {"0.3", "2.1", "0.9"},
                                       {"0.07", "0.49", "0.21"},
                                       {"0.05", "1.15", "0.35"},
                                       {"0.01", "0.29", "0.07"}}};

std::string experiment_of(const Steps& s) {
  return test::yin_yang(40, 20, 20) +
         fmt::format(
             "[model]\nname = \"error-neuron-microcircuit\"\nlayers = [4, 6, 3]\nactivation = \"logistic\"\n"
             "dt_ms = {}\n[training]\nepochs = 3\npresentation_ms = {}\n[run]\nseeds = 2\n"
             "[[record]]\npopulation = \"a1.rep\"\nvariable = \"apical\"\nevery_ms = {}\n",
             s.dt, s.shown, s.recorded);
}

/// Asks to stop when so much has been told.
class StopsWhenTold final : public Listener {
 public:
  StopsWhenTold(std::size_t after, std::atomic<bool>& stop) : left_(after), stop_(stop) {}
  void on(const Measurement&) override { told(); }
  void on(const RunProgress&) override { told(); }

 private:
  void told() {
    if (left_ > 0 && --left_ == 0) stop_ = true;
  }
  std::size_t left_;
  std::atomic<bool>& stop_;
};

TEST(DecimalSteps, ContinuingEqualsNeverHavingStopped) {
  const io::TestDirectory directory;
  ThreadPool pool(1);
  std::size_t tried = 0, held = 0;
  for (const Steps& steps : kSteps) {
    SCOPED_TRACE(fmt::format("dt {} ms, shown for {} ms, recorded every {} ms", steps.dt, steps.shown,
                             steps.recorded));
    const Experiment e = read_experiment(TomlDocument::parse(experiment_of(steps), "steps.toml"));
    const auto run = [&](const std::string& name, bool resume, std::size_t stop_after) {
      std::atomic<bool> stop{false};
      StopsWhenTold stops(stop_after, stop);
      RunOptions options;
      options.directory = directory / name;
      options.resume = resume;
      options.listeners = {&stops};
      return run_experiment(e, options, {pool}, stop);
    };
    const std::string whole = std::string("whole") + steps.dt + steps.shown;
    ASSERT_FALSE(run(whole, false, 0).stopped);
    for (std::uint32_t k = 0; k < 3; ++k) {
      const std::string broken = fmt::format("broken-{}-{}-{}", steps.dt, steps.shown, k);
      bool stopped = true, resume = false;
      // A chain of stops.
      for (std::uint64_t part = 0; stopped; ++part, resume = true) {
        const auto after = 1 + static_cast<std::size_t>(uniform({5, Stream::perturbation, k, part}) * 8);
        stopped = run(broken, resume, part < 6 ? after : 0).stopped;
      }
      const std::string differs = test::difference(directory / whole, directory / broken);
      EXPECT_EQ(differs, "");
      ++tried;
      held += differs.empty() ? 1U : 0U;
    }
  }
  test::figure("D2", "chains of stops at steps that are no binary fractions", tried, held);
}

}  // namespace
}  // namespace apical
