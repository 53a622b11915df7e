// SPDX-License-Identifier: Apache-2.0
// Whatever learns, and however it is begun: another seed gives other figures, the same seed the same.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "support/command_line.h"
#include "support/figures.h"
#include "support/long_commands.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;

class Seeds : public test::CommandLine {
 protected:
  /// What was measured below a folder, without the seeds themselves.
  static std::string figures_below(const fs::path& folder) {
    std::set<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string name = entry.path().filename();
      if (name == "metrics.ndjson" || name == "results.ndjson" || name == "tuning.json")
        files.insert(entry.path());
    }
    std::string out;
    for (const fs::path& f : files) out += io::read_text(f);
    for (const char* seed : {"\"seed\":11,", "\"seed\":12,"}) {
      for (std::size_t at = out.find(seed); at != std::string::npos; at = out.find(seed, at))
        out.erase(at, 10);
    }
    return out;
  }
  std::string with_seed(std::vector<std::string> command, const char* seed, const std::string& to) const {
    command.insert(command.end(), {"--set", std::string("run.seeds=[") + seed + "]", "--threads", "1",
                                   "--quiet", "--out", out(to)});
    const Answer a = apical_says(command);
    EXPECT_EQ(a.code, 0) << command[0] << a.err;
    return figures_below(out(to));
  }
};

class SeedsOfKinds : public Seeds, public testing::WithParamInterface<test::LongCommand> {};

TEST_P(SeedsOfKinds, MakeTheDifferenceAndNothingElseDoes) {
  if (!GetParam().missing().empty()) GTEST_SKIP() << GetParam().missing();
  const std::vector<std::string> command = GetParam().arguments(directory_.path());
  std::vector<std::string> shorter = command;
  if (shorter.size() > 2 && shorter[2] == "--seeds") shorter.erase(shorter.begin() + 2, shorter.begin() + 4);
  const std::string first = with_seed(shorter, "11", "a"), again = with_seed(shorter, "11", "b"),
                    other = with_seed(shorter, "12", "c");
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
  test::figure("R5", std::string("kinds of commands called with two seeds, ") + GetParam().name, 1,
               HasFailure() ? 0 : 1);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SeedsOfKinds, testing::ValuesIn(test::long_commands()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace apical
