// SPDX-License-Identifier: Apache-2.0
#include "apical/run/metrics_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "apical/core/error.h"
#include "apical/io/test_directory.h"

namespace apical {
namespace {

using testing::HasSubstr;

TEST(MetricsFile, KeepsEveryBitAndReadsInOrderOfEpochs) {
  const io::TestDirectory directory;
  MetricsFile file(directory.path());
  file.append({2, "test", "loss", 1, 0.1});
  file.append({1, "test", "loss", 7, std::numeric_limits<double>::infinity()});
  file.append({1, "total", "angle_deg", 7, NAN});
  file.close();
  EXPECT_THAT(io::read_text(directory.path() / "metrics.ndjson"),
              HasSubstr(R"({"seq":0,"epoch":2,"where":"test","metric":"loss","seed":1,"value":0.1})"));
  const std::vector<Measurement> rows = read_measurements(directory.path());
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_TRUE(std::isinf(rows[0].value));
  EXPECT_TRUE(std::isnan(rows[1].value));
  EXPECT_EQ(rows[2].value, 0.1);
}

TEST(MetricsFile, GoesOnWhereACheckpointStood) {
  const io::TestDirectory directory;
  io::JournalPosition after_first;
  {
    MetricsFile file(directory.path());
    file.append({0, "test", "loss", 1, 1});
    after_first = file.position();
    file.append({1, "test", "loss", 1, 2});
  }
  MetricsFile file(directory.path(), after_first);
  file.append({1, "test", "loss", 1, 3});
  file.close();
  EXPECT_EQ(read_measurements(directory.path()).back().value, 3);
}

TEST(MetricsFile, OfAnotherLayoutIsRefusedWithItsLine) {
  const io::TestDirectory directory;
  for (const auto& [text, said] :
       {std::pair{R"({"seq":0,"epoch":1,"seed":1,"split":"test","loss":1})", "no member 'where'"},
        {R"({"seq":0,"epoch":1,"where":"test","metric":3,"seed":1,"value":1})", "line 1"}}) {
    io::write_atomically(directory.path() / "metrics.ndjson", std::string_view(std::string(text) + "\n"));
    try {
      read_measurements(directory.path());
      ADD_FAILURE() << text;
    } catch (const DataError& e) {
      EXPECT_THAT(e.what(), HasSubstr(said));
    }
  }
}

}  // namespace
}  // namespace apical
