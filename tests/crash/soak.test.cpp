// SPDX-License-Identifier: Apache-2.0
// Long runs stay flat: memory, open files, threads and left-over files of many runs in one process, and of
// one run that records all the time. Two minutes each, or as many as APICAL_SOAK_MINUTES says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "apical/io/file.h"
#include "apical/io/test_directory.h"
#include "apical/run/run.h"
#include "support/child_process.h"
#include "support/figures.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// Of a process, as /proc knows it.
struct Usage {
  double minutes, resident_kB;
  std::size_t files, threads;
};

Usage usage_of(const std::string& process, Clock::time_point began) {
  Usage u{std::chrono::duration<double>(Clock::now() - began).count() / 60, 0, 0, 0};
  std::ifstream status("/proc/" + process + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) u.resident_kB = std::stod(line.substr(6));
    if (line.starts_with("Threads:")) u.threads = std::stoul(line.substr(8));
  }
  for ([[maybe_unused]] const auto& file : fs::directory_iterator("/proc/" + process + "/fd")) ++u.files;
  return u;
}

/// Of the last two thirds; what is warmed up comes before.
struct Slope {
  double kB_per_minute = 0, first_kB = 0, last_kB = 0;
  std::size_t most_files = 0, least_files = ~std::size_t{0}, most_threads = 0,
              least_threads = ~std::size_t{0};
};

Slope slope_of(const std::vector<Usage>& all) {
  const std::span<const Usage> u = std::span(all).subspan(all.size() / 3);
  double t = 0, m = 0;
  for (const Usage& x : u) {
    t += x.minutes / static_cast<double>(u.size());
    m += x.resident_kB / static_cast<double>(u.size());
  }
  Slope s;
  double above = 0, below = 0;
  for (const Usage& x : u) {
    above += (x.minutes - t) * (x.resident_kB - m);
    below += (x.minutes - t) * (x.minutes - t);
    s.most_files = std::max(s.most_files, x.files);
    s.least_files = std::min(s.least_files, x.files);
    s.most_threads = std::max(s.most_threads, x.threads);
    s.least_threads = std::min(s.least_threads, x.threads);
  }
  s.kB_per_minute = below > 0 ? above / below : 0;
  s.first_kB = u.front().resident_kB;
  s.last_kB = u.back().resident_kB;
  return s;
}

std::chrono::duration<double> patience() {
  const char* minutes = std::getenv("APICAL_SOAK_MINUTES");
  return std::chrono::duration<double>(60 * (minutes == nullptr ? 2.0 : std::atof(minutes)));
}

void expect_flat(const std::string& what, const Slope& s, std::size_t counted) {
  fmt::print(
      "{}: {} counted, memory {:.0f} to {:.0f} kB, slope {:+.1f} kB a minute, files {} to {}, threads {} to "
      "{}\n",
      what, counted, s.first_kB, s.last_kB, s.kB_per_minute, s.least_files, s.most_files, s.least_threads,
      s.most_threads);
  // The allocator of a process that goes on keeps some pages more, now and then: a hundredth of what it has.
  EXPECT_LT(s.last_kB - s.first_kB, 0.02 * s.first_kB + 1024) << what;
  EXPECT_EQ(s.most_files, s.least_files) << what;
  EXPECT_EQ(s.most_threads, s.least_threads) << what;
  test::figure("O7",
               fmt::format("{}; memory {:+.1f} kB a minute at {:.0f} kB", what, s.kB_per_minute, s.last_kB),
               counted, testing::Test::HasFailure() ? 0 : counted);
}

TEST(SlowSoak, ManyRunsInOneProcessStayFlat) {
  const io::TestDirectory directory;
  const std::vector<std::string> texts{
      test::with_recording(test::small_circuit()), test::small_network(), test::small_policy(),
      "[model]\nname = \"burstprop-xor\"\nneurons = 30\nin_degree = 10\nexample_s = 0.2\nalpha_s = 0.1\n"
      "[training]\nepochs = 1\n[run]\nseeds = 1\n"};
  std::vector<Experiment> experiments;
  for (const std::string& text : texts)
    experiments.push_back(read_experiment(TomlDocument::parse(text, "soak.toml")));
  const std::atomic<bool> never{false};
  const auto began = Clock::now();
  std::vector<Usage> usage;
  std::size_t runs = 0;
  while (Clock::now() - began < patience()) {
    for (const Experiment& e : experiments) {
      ThreadPool pool(2);
      RunOptions options;
      options.directory = directory / "run";
      run_experiment(e, options, {pool}, never);
      fs::remove_all(options.directory);
      ++runs;
    }
    usage.push_back(usage_of("self", began));
  }
  ASSERT_GT(usage.size(), 10U);
  expect_flat("runs in one process", slope_of(usage), runs);
  EXPECT_TRUE(fs::is_empty(directory.path())) << "something was left";
}

TEST(SlowSoak, ARunThatRecordsAllTheTimeStaysFlat) {
  const io::TestDirectory directory;
  io::write_atomically(directory / "experiment.toml",
                       std::string_view(test::with_recording(test::small_circuit())));
  const test::ChildProcess child({"run", directory / "experiment.toml", "--set", "training.epochs=10000000",
                                  "--set", "run.checkpoint_every_s=1", "--quiet", "--threads", "2", "--out",
                                  directory / "run"});
  const auto began = Clock::now();
  std::vector<Usage> usage;
  while (Clock::now() - began < patience()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    usage.push_back(usage_of(std::to_string(child.id()), began));
  }
  child.kill(SIGTERM);
  EXPECT_EQ(child.wait(), 75);
  expect_flat("samples of memory of one run that records", slope_of(usage), usage.size());
  for (const auto& file : fs::recursive_directory_iterator(directory.path()))
    EXPECT_FALSE(io::is_temporary(file.path())) << file.path();
}

}  // namespace
}  // namespace apical
