// SPDX-License-Identifier: Apache-2.0
// A command that is killed at random moments and continued, beside one that nothing happens to.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "apical/core/random.h"
#include "support/child_process.h"
#include "support/figures.h"
#include "support/run_files.h"

namespace apical::test {

/// `begin` starts the command, or continues it where something stands, with so many threads. Each kill comes
/// after at most `share` of the time that the whole takes.
inline void kill_often(const std::function<ChildProcess(const std::filesystem::path&, const char*)>& begin,
                       const std::filesystem::path& directory, int kills, double share = 0.7) {
  const std::filesystem::path whole = directory / "whole", broken = directory / "broken";
  const auto started = std::chrono::steady_clock::now();
  ASSERT_EQ(begin(whole, "1").wait(), 0);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  int killed = 0;
  for (std::uint64_t attempt = 0; killed < kills; ++attempt) {
    ASSERT_LT(attempt, 20U * static_cast<unsigned>(kills)) << "the run ended too often before its kill";
    const ChildProcess child = begin(broken, attempt % 2 == 0 ? "2" : "1");
    const double after = seconds * uniform({2026, Stream::perturbation, 0, attempt}) * share;
    std::this_thread::sleep_for(std::chrono::duration<double>(after));
    child.kill();
    const int status = child.wait();
    ASSERT_TRUE(status == -SIGKILL || status == 0) << "attempt " << attempt << " ended with " << status;
    killed += status == -SIGKILL ? 1 : 0;
    if (status != 0) continue;
    // It finished first: what it left counts too; then begin another.
    EXPECT_EQ(difference(whole, broken), "");
    std::filesystem::remove_all(broken);
  }
  ASSERT_EQ(begin(broken, "2").wait(), 0);
  EXPECT_EQ(difference(whole, broken), "");
  const auto* const now = testing::UnitTest::GetInstance()->current_test_info();
  const auto done = static_cast<std::size_t>(kills);
  figure("D1", std::string("kills, ") + now->test_suite_name() + " " + now->name(), done,
         testing::Test::HasFailure() ? 0 : done);
}

}  // namespace apical::test
