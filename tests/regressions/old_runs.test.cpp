// SPDX-License-Identifier: Apache-2.0
// Runs of every kind as earlier versions left them: they are reported, examined and verified, finished ones
// stay finished, and stopped ones go on, or are refused with the reason where results would not be the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/io/json.h"
#include "support/command_line.h"
#include "support/figures.h"
#include "support/paths.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using testing::AnyOf;
using testing::HasSubstr;

/// "unsealed/rate"
std::vector<std::string> kept_runs() {
  std::vector<std::string> out;
  for (const auto& version : fs::directory_iterator(fs::path(test::kTestData) / "runs")) {
    if (!version.is_directory()) continue;
    for (const auto& run : fs::directory_iterator(version)) {
      if (run.is_directory()) out.push_back((version.path().filename() / run.path().filename()).string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

class OldRuns : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    fs::copy(fs::path(test::kTestData) / "runs" / GetParam(), run(), fs::copy_options::recursive);
  }
  std::string run() const { return directory_ / "run"; }
  bool stopped() const { return GetParam().ends_with("-stopped"); }
  bool single() const { return fs::exists(fs::path(run()) / "manifest.json"); }
  io::TestDirectory directory_;
};

TEST_P(OldRuns, AreReportedExaminedAndVerified) {
  for (const char* command : {"report", "diagnose", "verify"}) {
    const Answer a = apical_says({command, run()});
    const bool may_warn = command == std::string("diagnose");
    EXPECT_TRUE(a.code == 0 || (may_warn && a.code == 1)) << command << a.code << a.out << a.err;
  }
  EXPECT_TRUE(fs::exists(fs::path(run()) / "report.html"));
  test::figure("D11", "runs that open: " + GetParam(), 1, HasFailure() ? 0 : 1);
}

TEST_P(OldRuns, GoOnOrSayWhyNot) {
  // A comparison and a protocol are gone on with by their experiment, which they do not keep.
  const std::string experiment = std::string(test::kTestData) + "/runs/" + GetParam() + ".toml";
  if (!single() && !fs::exists(experiment)) GTEST_SKIP() << "its experiment was not kept";
  const std::string verb = single() ? "run" : fs::exists(run() + "/results.h5") ? "probe" : "compare";
  std::vector<std::string> again{verb, "--resume", "--out", run(), "--quiet"};
  if (!single()) again.push_back(experiment);
  const Answer a = apical_says(again, true);
  if (a.code == 3) {
    EXPECT_THAT(a.err, AnyOf(HasSubstr("numerics version"), HasSubstr("checkpoint format")));
    return;
  }
  EXPECT_EQ(a.code, stopped() ? 75 : 0) << a.err;
}

/// The first digit of each text of every kind of run becomes another.
TEST_P(OldRuns, AnEditOfAnyTextIsNamedByVerify) {
  if (!GetParam().starts_with("sealed")) GTEST_SKIP() << "its version kept no checksums";
  std::size_t tried = 0, held = 0;
  for (const auto& entry : fs::recursive_directory_iterator(run())) {
    const fs::path file = entry.path();
    const bool is_text =
        file.extension() == ".json" || file.extension() == ".ndjson" || file.extension() == ".toml";
    // Names of runs, each of which has its own checksums.
    if (!entry.is_regular_file() || !is_text || file.filename() == "comparison.json") continue;
    const std::string text = io::read_text(file);
    const std::size_t digit = text.find_first_of("12345678");
    if (digit == std::string::npos) continue;
    std::string edited = text;
    ++edited[digit];
    io::write_atomically(file, std::string_view(edited));
    const Answer a = apical_says({"verify", run()});
    const bool named = a.code != 0 && (a.out + a.err).find(file.filename().string()) != std::string::npos;
    EXPECT_TRUE(named) << file << a.out << a.err;
    ++tried;
    held += named ? 1 : 0;
    io::write_atomically(file, std::string_view(text));
  }
  EXPECT_GT(tried, 2u);
  EXPECT_EQ(apical_says({"verify", run()}).code, 0);
  test::figure("D9", "edited texts that verify names: " + GetParam(), tried, held);
}

INSTANTIATE_TEST_SUITE_P(Versions, OldRuns, testing::ValuesIn(kept_runs()), [](const auto& run) {
  std::string name = run.param;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

}  // namespace
}  // namespace apical
