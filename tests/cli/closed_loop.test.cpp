// SPDX-License-Identifier: Apache-2.0
// What `apical run` tells of tasks that run their course or steer a plant: table, metrics, summary, report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/io/file.h"
#include "apical/io/json.h"
#include "apical/run/metrics_file.h"
#include "apical/run/summary.h"
#include "support/command_line.h"
#include "support/paths.h"
#include "support/well_formed.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::CommandLine;
using testing::HasSubstr;

class TaskKinds : public CommandLine {
 protected:
  fs::path run() const { return directory_ / "run"; }
  /// What the program prints about a shipped experiment, made smaller.
  std::string small(const std::string& experiment, const std::vector<std::string>& settings) {
    std::vector<std::string> arguments{
        "run",     std::string(test::kSourceDir) + "/experiments/" + experiment,
        "--out",   run().string(),
        "--quiet", "--seeds",
        "2"};
    for (const std::string& s : settings) arguments.insert(arguments.end(), {"--set", s});
    const Answer a = apical_says(arguments);
    EXPECT_EQ(a.code, 0) << a.err;
    return a.out;
  }
};

TEST_F(TaskKinds, APlantIsToldOfInFallsBesideItsTeachers) {
  const std::string said =
      small("max2026/figure-2a-linear.toml",
            {"training.epochs=1", "task.samples=20", "task.stretches=2", "task.control_steps=200"});
  EXPECT_THAT(said, HasSubstr("median test falls of the teacher"));
  const std::vector<Measurement> rows = read_measurements(run());
  EXPECT_TRUE(curves_of(rows, "validation", "accuracy").empty());
  for (const char* metric : {"falls", "teacher_falls", "rms_deviation", "teacher_rms_deviation", "loss"}) {
    const std::vector<SeedCurve> curves = curves_of(rows, "validation", metric);
    ASSERT_EQ(curves.size(), 2U) << metric;
    for (const SeedCurve& c : curves) {
      EXPECT_EQ(c.y.size(), 2U) << "before and after the epoch";
      for (const double y : c.y) EXPECT_GE(y, 0) << metric;
    }
  }
  EXPECT_THAT(values_of(last_of(rows, "test", "samples")), testing::ElementsAre(2, 2));
  const nlohmann::json summary = io::read_json(run() / "summary.json");
  EXPECT_TRUE(last_measure(summary, "test", "falls").contains("median"));
  const nlohmann::json& teacher = last_measure(summary, "test", "teacher_falls");
  EXPECT_EQ(teacher.at("median"), teacher.at("values")[0]);
  const std::string report = io::read_text(run() / "report.html");
  EXPECT_EQ(test::malformed(report), "");
  for (const char* part : {"Validation falls over training", "times in the test", "The teacher fell",
                           "from the same starts", "4 network steps"}) {
    EXPECT_THAT(report, HasSubstr(part));
  }
}

TEST_F(TaskKinds, SequencesAreToldOfInAccuracies) {
  const std::string said =
      small("max2026/figure-2b.toml", {"training.epochs=1", "task.train_samples=4", "task.test_samples=6"});
  EXPECT_THAT(said, HasSubstr("test accuracy"));
  EXPECT_EQ(io::read_json(run() / "summary.json").at("seeds").size(), 2U);
  EXPECT_THAT(io::read_text(run() / "report.html"), HasSubstr("one step after the end of each sample"));
  // The resolved experiment is one that can be read again.
  std::ostringstream out, err;
  std::atomic<bool> stop{false};
  cli::Context context{out, err, false, false, &stop};
  EXPECT_EQ(cli::run({"run", "--resume", "--out", run().string()}, context), 0) << err.str();
}

}  // namespace
}  // namespace apical
