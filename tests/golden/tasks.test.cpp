// SPDX-License-Identifier: Apache-2.0
#include "golden/tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "support/paths.h"

namespace apical::golden {
namespace {

std::string golden_path(const std::string& id) {
  return std::string(test::kTestData) + "/golden/ngrad/" + id + ".json";
}

nlohmann::json golden_json(const std::string& id) {
  std::ifstream in(golden_path(id));
  return nlohmann::json::parse(in);
}

Verdict replay(const nlohmann::json& trace) {
  std::vector<Format> list;
  add_task_formats(list);
  for (const Format& format : list) {
    if (format.recognises(trace)) return format.replay(trace);
  }
  throw DataError("no task format recognises this file");
}

class TaskGolden : public testing::TestWithParam<const char*> {};

TEST_P(TaskGolden, IsReplayedCompletely) {
  const Verdict v = replay_file(golden_path(GetParam()));
  EXPECT_TRUE(v.passed) << v.worst_quantity << " deviates by " << v.worst_deviation << " of " << v.tolerance;
  EXPECT_EQ(v.note, "");
}

INSTANTIATE_TEST_SUITE_P(Ngrad, TaskGolden, testing::Values("task_yinyang", "task_cartpole", "task_dms"),
                         [](const auto& name) { return std::string(name.param); });

TEST(TaskGoldenReplay, NoticesEverySmallChange) {
  const auto changed = [](const std::string& id, const std::string& pointer, const nlohmann::json& value) {
    nlohmann::json trace = golden_json(id);
    trace.at(nlohmann::json::json_pointer(pointer)) = value;
    return replay(trace);
  };
  const auto yin_yang = golden_json("task_yinyang");
  const double point = yin_yang["splits"]["test"]["points"][49][1],
               sum = yin_yang["splits"]["train"]["coordinate_sums"][0];
  EXPECT_FALSE(changed("task_yinyang", "/splits/test/points/49/1", std::nextafter(point, 2)).passed);
  EXPECT_FALSE(changed("task_yinyang", "/splits/train/coordinate_sums/0", sum * (1 + 3e-12)).passed);
  EXPECT_TRUE(changed("task_yinyang", "/splits/train/coordinate_sums/0", sum * (1 + 5e-13)).passed);
  EXPECT_FALSE(changed("task_yinyang", "/splits/validation/candidate_draws", 7522).passed);
  EXPECT_FALSE(changed("task_yinyang", "/mt19937_seed42_first_u32/3", 787846415).passed);
  EXPECT_FALSE(changed("task_cartpole", "/closed_loop/0/failed", true).passed);
  EXPECT_FALSE(changed("task_cartpole", "/closed_loop/1/final_state/2", 1e-9).passed);
  EXPECT_FALSE(changed("task_cartpole", "/gym/1/total_reward", 10).passed);
  EXPECT_FALSE(changed("task_cartpole", "/constants/g", 9.81).passed);
  EXPECT_FALSE(changed("task_dms", "/trials/2/target", 1).passed);
  EXPECT_FALSE(changed("task_dms", "/trials/0/change_points", {0, 250, 500, 550}).passed);
  EXPECT_EQ(changed("task_dms", "/trials/2/target", 1).worst_quantity, "trials[2].target");
}

TEST(TaskGoldenReplay, ConstantsMayBeMissing) {
  nlohmann::json yin_yang = golden_json("task_yinyang");
  yin_yang.erase("r_small");
  yin_yang.erase("r_big");
  for (auto& split : yin_yang["splits"]) {
    for (const char* key : {"seed", "size", "points", "class_names"}) split.erase(key);
  }
  EXPECT_TRUE(replay(yin_yang).passed);
  nlohmann::json cart_pole = golden_json("task_cartpole");
  for (const char* key : {"constants", "lqr_gain", "tolerance", "open_loop"}) cart_pole.erase(key);
  EXPECT_TRUE(replay(cart_pole).passed);
}

TEST(TaskGoldenReplay, WhatIsNotComparedIsSaid) {
  nlohmann::json dms = golden_json("task_dms");
  dms["accuracy"] = 1;
  EXPECT_THAT(replay(dms).note, testing::HasSubstr("not compared: accuracy"));
  EXPECT_FALSE(replay({{"id", "task_dms"}}).passed);
  EXPECT_THROW(replay({{"id", "task_yinyang"}, {"splits", {{"extra", nlohmann::json::object()}}}}),
               DataError);
}

}  // namespace
}  // namespace apical::golden
