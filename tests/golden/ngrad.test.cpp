// SPDX-License-Identifier: Apache-2.0
#include "golden/ngrad.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "golden/ngrad_case.h"
#include "support/paths.h"

namespace apical::golden {
namespace {

nlohmann::json read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return nlohmann::json::parse(in);
}

std::vector<std::filesystem::path> files() {
  return files_below(std::string(test::kTestData) + "/golden/ngrad");
}

TEST(NgradGolden, EveryFileIsReproducedInDoublePrecision) {
  EXPECT_GE(files().size(), 52U);
  for (const auto& file : files()) {
    const Verdict v = replay_file(file);
    EXPECT_TRUE(v.passed) << file << ": " << v.worst_deviation << " at " << v.worst_quantity;
  }
}

TEST(NgradGolden, EveryFileIsReproducedInSinglePrecisionWithinItsOwnRules) {
  for (const auto& file : files()) {
    const auto parsed = read(file);
    if (!is_ngrad_rule(parsed)) continue;
    const Verdict v = replay_ngrad<float>(parsed);
    EXPECT_TRUE(v.passed) << file << ": " << v.worst_deviation << " at " << v.worst_quantity;
  }
}

TEST(NgradGolden, AWrongNumberAnywhereInTheExpectationIsSeen) {
  auto file = read(std::string(test::kTestData) + "/golden/ngrad/bp_4-5-3_tanh_linear_mse.json");
  for (const char* key : {"a", "h", "delta", "grad_W", "grad_b"}) {
    auto wrong = file;
    auto* number = &wrong.at("expected").at(key);
    while (number->is_array()) number = &number->back();
    *number = number->get<double>() + 1e-6;
    EXPECT_FALSE(replay_ngrad<double>(wrong).passed) << key;
  }
}

TEST(NgradGolden, AMissingArrayIsADataErrorThatNamesIt) {
  auto file = read(std::string(test::kTestData) + "/golden/ngrad/bp_4-5-3_tanh_linear_mse.json");
  file.at("expected").at("grad_W").erase(0);
  try {
    replay_ngrad<double>(file);
    FAIL() << "accepted";
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("grad_W"));
  }
}

TEST(NgradGolden, WhatIsNotANumberFailsWhicheverWayItIsCompared) {
  const nlohmann::json file{{"tolerance", {{"abs", 1.0}, {"rel", 0.0}}}};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CaseComparison<double> angle(file), round_off(file), value(file);
  angle.check_angle("angle", nan, 1);
  round_off.check_double_only("round-off", nan, 0.0);
  value.check("value", std::vector<double>{nan}, nlohmann::json{1.0});
  EXPECT_FALSE(angle.verdict().passed);
  EXPECT_FALSE(round_off.verdict().passed);
  EXPECT_FALSE(value.verdict().passed);
}

}  // namespace
}  // namespace apical::golden
