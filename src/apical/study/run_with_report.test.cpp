// SPDX-License-Identifier: Apache-2.0
#include "apical/study/run_with_report.h"

#include <gtest/gtest.h>

#include "apical/io/test_directory.h"

namespace apical {
namespace {

constexpr const char* kShort =
    "[task]\nname = \"yin-yang\"\ntrain_samples = 20\nvalidation_samples = 10\ntest_samples = 10\n"
    "[model]\nname = \"backpropagation\"\nlayers = [4, 3]\n[training]\nepochs = 1\n";

TEST(RunWithReport, KilledWhileThePageWasWrittenLeavesThePageAlone) {
  const io::TestDirectory directory;
  const Experiment experiment = read_experiment(TomlDocument::parse(kShort, "test.toml"));
  const std::atomic<bool> stop{false};
  ThreadPool pool(1);
  RunOptions options;
  options.directory = directory / "run";
  run_with_report(experiment, options, {pool}, stop);
  const io::Path page = options.directory / "report.html", piece = io::temporary_name(page);
  io::remove_file(page);
  io::write_atomically(piece, "<html>");
  options.resume = true;
  EXPECT_TRUE(run_with_report(experiment, options, {pool}, stop).was_finished);
  EXPECT_TRUE(io::file_exists(page));
  EXPECT_FALSE(io::file_exists(piece));
}

}  // namespace
}  // namespace apical
