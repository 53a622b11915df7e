// SPDX-License-Identifier: Apache-2.0
// The program with less memory than it needs, from less than its libraries take up to enough: it ends by
// itself, soon, and says why.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "support/child_process.h"
#include "support/command_line.h"
#include "support/figures.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::ChildProcess;
using test::with;

class OutOfMemory : public test::CommandLine {
 protected:
  /// -1000 if it did not end in time.
  static int ended(const ChildProcess& child) {
    constexpr std::chrono::seconds kPatience{20};
    std::atomic<bool> over{false};
    std::atomic<bool> hung{false};
    std::thread watch([&] {
      const auto began = std::chrono::steady_clock::now();
      while (!over && std::chrono::steady_clock::now() - began < kPatience)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      hung = !over;
      if (hung) child.kill();
    });
    const int code = child.wait();
    over = true;
    watch.join();
    return hung ? -1000 : code;
  }
};

TEST_F(OutOfMemory, EndsByItselfWhateverIsAllowed) {
#ifdef APICAL_SANITIZED
  GTEST_SKIP() << "sanitizers take more address space than any of these limits";
#endif
  const std::string large = with(test::small_network(), "[4, 8, 3]", "[4, 900, 900, 3]\nbatch = 40");
  std::size_t tried = 0, held = 0, refused = 0;
  for (std::uint64_t mib = 60; mib <= 460; mib += 20) {
    for (const char* more : {"--quiet", "--ignore-memory"}) {
      fs::remove_all(out());
      const ChildProcess child({"run", file(large), "--out", out(), "--threads", "2", more}, {}, -1,
                               mib << 20);
      const int code = ended(child);
      // 127: not even its libraries fit; 3: no room for the threads that were asked for.
      // SIGINT: OpenBLAS ends a process so, before main() begins, if there is no room for its own threads.
      const bool good = code == 0 || code == 3 || code == 5 || code == 127 || code == -SIGINT;
      EXPECT_TRUE(good) << mib << " MiB: " << code;
      EXPECT_EQ(code == 0, fs::exists(fs::path(out()) / "summary.json")) << mib << " MiB";
      ++tried;
      held += good ? 1 : 0;
      refused += code == 5 || code == 3 ? 1 : 0;
    }
  }
  EXPECT_GT(refused, 3u) << "the limits miss where it gets tight";
  test::figure("O5", "limits of memory", tried, held);
}

TEST_F(OutOfMemory, CommandsThatNeedNoneAnswerAndEnd) {
#ifdef APICAL_SANITIZED
  GTEST_SKIP() << "sanitizers take more address space than any of these limits";
#endif
  for (const std::uint64_t mib : {140, 180, 220, 260}) {
    for (const auto& [command, code] : {std::pair{"--version", 0}, {"bogus", 2}}) {
      const int ended_with = ended(ChildProcess({command}, {}, -1, mib << 20));
      EXPECT_TRUE(ended_with == code || ended_with == 127) << command << ' ' << mib << ' ' << ended_with;
    }
  }
}

}  // namespace
}  // namespace apical
