// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/area_table.h"

#include <gtest/gtest.h>

#include "apical/core/error.h"
#include "apical/experiment/experiment.h"
#include "apical/io/file.h"
#include "apical/io/test_directory.h"
#include "apical/models/area_densities.h"
#include "support/paths.h"

namespace apical {
namespace {

using Rows = std::vector<std::vector<double>>;

class AreaTable : public ::testing::Test {
 protected:
  std::string write(const std::string& text) {
    io::write_atomically(directory_.path() / "table.csv", text);
    return (directory_.path() / "table.csv").string();
  }
  void expect_error(const std::string& text, const std::string& message,
                    const std::vector<std::string>& areas = {}) {
    const std::string path = write(text);
    try {
      read_area_table(path, areas);
      ADD_FAILURE() << "accepted:\n" << text;
    } catch (const ConfigError& e) {
      EXPECT_NE(std::string(e.what()).find(message), std::string::npos) << e.what();
    }
  }
  io::TestDirectory directory_;
};

TEST_F(AreaTable, RowsAreTargetsOrSourcesAsTheCornerSays) {
  EXPECT_EQ(read_area_table(write("to\\from,A,B\nA,0,0.5\nB,1,0\n")), (Rows{{0, 0.5}, {1, 0}}));
  EXPECT_EQ(read_area_table(write("from\\to,A,B\r\nA,0,0.5\r\nB,1,0\r\n")), (Rows{{0, 1}, {0.5, 0}}));
}

TEST_F(AreaTable, SpreadsheetsMayMarkTheByteOrder) {
  EXPECT_EQ(read_area_table(write("\xef\xbb\xbf"
                                  "to\\from,A\nA,0.5\n")),
            (Rows{{0.5}}));
}

TEST_F(AreaTable, NamesPickAndOrderAreas) {
  const std::string path = write("to\\from,A,B,C\nA,1,2,3\nB,4,5,6\nC,7,8,9\n");
  EXPECT_EQ(read_area_table(path, {"C", "A"}), (Rows{{9, 7}, {3, 1}}));
}

TEST_F(AreaTable, MistakesAreReportedWithTheirPlace) {
  expect_error("", "the table is empty");
  expect_error("to\\from;A\nA;1\n", "separate the cells by commas");
  expect_error("area,A\nA,1\n", "table.csv:1:1: the first cell is 'area'; expected to\\from or from\\to");
  expect_error("to\\from,A,B\nA,1,2\n", "1 rows for 2 columns");
  expect_error("to\\from,A,B\nA,1,2\nB,3\n", "table.csv:3:1: 1 numbers; expected 2");
  expect_error("to\\from,A,B\nB,1,2\nA,3,4\n", "table.csv:2:1: row 'B' stands where column 'A' does");
  expect_error("to\\from,A,B\nA,1,2\nB,x,4\n", "table.csv:3:3: 'x' is no finite number");
  expect_error("to\\from,A,B\nA,1,2\nB,inf,4\n", "'inf' is no finite number");
  expect_error("to\\from,A,A\nA,1,2\nA,3,4\n",
               "table.csv:1:9: several columns are named 'A'; name each area once");
  expect_error("to\\from,A,B\nA,1,2\nB,3,4\n", "areas names 'A' twice", {"A", "A"});
  expect_error("to\\from,V1,V2\nV1,1,2\nV2,3,4\n", "has no area 'V11'", {"V11"});
}

TEST_F(AreaTable, ACircuitOverNamedAreasTakesItsDensitiesFromTheFile) {
  write("to\\from,V1,V2,V4\nV1,0,1,0.25\nV2,1,0,0.5\nV4,0.125,1,0\n");
  const auto document = TomlDocument::parse(R"(
[task]
name = "teacher-student"
layers = "3-4-2-1"
[model]
name = "error-neuron-microcircuit"
layers = [3, 4, 2, 1]
areas = ["V1", "V2", "V4"]
wiring = "skip"
densities = "table.csv"
)",
                                            (directory_.path() / "experiment.toml").string());
  const Experiment e = read_experiment(document);
  EXPECT_EQ(e.circuit()[e.circuit().projection("V1.rep->V4.rep.basal")].weights.scale, 0.125);
  // The resolved experiment holds the numbers: it does not need the file any more.
  const Experiment again = read_experiment(TomlDocument::parse(e.resolved, "elsewhere/experiment.toml"));
  EXPECT_EQ(again.circuit(), e.circuit());
}

TEST_F(AreaTable, DensitiesWithoutUseOrBelowZeroAreRefused) {
  const auto message = [&](const std::string& table, const std::string& wiring) -> std::string {
    write(table);
    const std::string text =
        "[task]\nname = \"teacher-student\"\nlayers = \"3-4-1\"\n[model]\nname = "
        "\"error-neuron-microcircuit\"\nlayers = [3, 4, 1]\n"
        "densities = \"table.csv\"\nwiring = \"" +
        wiring + "\"\n";
    try {
      read_experiment(TomlDocument::parse(text, (directory_.path() / "experiment.toml").string()));
      return "accepted";
    } catch (const ConfigError& e) {
      return e.what();
    }
  };
  EXPECT_NE(message("to\\from,A,B\nA,0,1\nB,1,0\n", "layered").find("wiring is layered"), std::string::npos);
  EXPECT_NE(message("to\\from,A,B\nA,0,1\nB,-1,0\n", "skip").find("densities holds a negative number"),
            std::string::npos);
  EXPECT_EQ(message("to\\from,A,B\nA,0,1\nB,1,0\n", "skip"), "accepted");
}

TEST_F(AreaTable, TheShippedTableIsTheBuiltInOne) {
  const Rows rows =
      read_area_table(std::string(test::kSourceDir) + "/experiments/loose-hierarchy/macaque-visual.csv");
  const Matrix<double>& table = models::macaque_visual_densities();
  ASSERT_EQ(rows.size(), table.rows());
  for (std::size_t to = 0; to < rows.size(); ++to) {
    for (std::size_t from = 0; from < rows.size(); ++from)
      EXPECT_EQ(rows[to][from], table(to, from)) << to << " " << from;
  }
}

}  // namespace
}  // namespace apical
