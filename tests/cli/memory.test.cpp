// SPDX-License-Identifier: Apache-2.0
// What `check` says of memory, beside what a run took at its peak.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/child_process.h"
#include "support/command_line.h"

namespace apical {
namespace {

struct Case {
  const char *name, *model, *task, *more;
  int seeds;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

/// Libraries, allocators and pages differ from machine to machine; a wrong count of copies is further off.
constexpr double kFactor = 1.5;

class MemoryOfRuns : public test::CommandLine, public testing::WithParamInterface<Case> {};

TEST_P(MemoryOfRuns, IsWhatCheckSays) {
#ifdef APICAL_SANITIZED
  GTEST_SKIP() << "sanitizers take several times the memory";
#endif
  const Case& c = GetParam();
  const std::string e = file(std::string("[task]\n") + c.task + "\n[model]\n" + c.model + "\n" + c.more +
                             "\n[run]\nseeds = " + std::to_string(c.seeds) + "\n");
  const test::Answer check = test::apical_says({"check", e, "--json", "--threads", "2"});
  ASSERT_EQ(check.code, 0) << check.err;
  const double said = nlohmann::json::parse(check.out).at("experiments").at(0).at("memory_bytes");
  rusage usage{};
  const test::ChildProcess program({"run", e, "--quiet", "--threads", "2", "--out", out()});
  ASSERT_EQ(program.wait(usage), 0);
  const double peak = 1024.0 * static_cast<double>(usage.ru_maxrss);
  EXPECT_GT(said, peak / kFactor);
  EXPECT_LT(said, peak * kFactor);
}

constexpr const char* kFew =
    "name = \"yin-yang\"\ntrain_samples = 20\nvalidation_samples = 10\ntest_samples = 10";
constexpr const char* kOnce = "[training]\nepochs = 1\nvalidate_every = 0";

INSTANTIATE_TEST_SUITE_P(
    Every, MemoryOfRuns,
    testing::Values(
        Case{"Small", "name = \"backpropagation\"\nlayers = [4, 20, 3]", kFew, kOnce, 1},
        Case{"Layered", "name = \"backpropagation\"\nlayers = [4, 1200, 1200, 3]", kFew, kOnce, 2},
        Case{"WithFeedback", "name = \"feedback-alignment\"\nlayers = [4, 1000, 1000, 3]", kFew, kOnce, 1},
        Case{"ManySamples", "name = \"backpropagation\"\nlayers = [4, 10, 3]\nbatch = 1000",
             "name = \"yin-yang\"\ntrain_samples = 500000", kOnce, 1},
        Case{"Circuit", "name = \"error-neuron-microcircuit\"\nlayers = [4, 800, 800, 3]", kFew, kOnce, 1},
        Case{"CircuitInLanes", "name = \"error-neuron-microcircuit\"\nlayers = [4, 300, 300, 3]", kFew, kOnce,
             16},
        Case{"Reward", "name = \"backpropagation\"\nlayers = [4, 64, 64, 2]", "name = \"cart-pole-v1\"",
             "[training]\nenvironment_steps = 64000\n[reward]\nenvironments = 1000\nsteps = 64", 1}),
    [](const auto& i) { return std::string(i.param.name); });

}  // namespace
}  // namespace apical
