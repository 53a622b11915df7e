// SPDX-License-Identifier: Apache-2.0
#include "golden/representation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "support/paths.h"

namespace apical::golden {
namespace {

using nlohmann::json;

std::string path_of(const std::string& id) {
  return std::string(test::kTestData) + "/golden/representation/" + id + ".json";
}

json file_of(const std::string& id) {
  std::ifstream in(path_of(id));
  return json::parse(in);
}

Verdict replay(const json& file) {
  std::vector<Format> list;
  add_representation_formats(list);
  return list.front().replay(file);
}

class RepresentationGolden : public testing::TestWithParam<const char*> {};

TEST_P(RepresentationGolden, IsReplayedCompletely) {
  const json file = file_of(GetParam());
  const bool needs_pictures =
      file.at("kind") != "measures" && file.at("kind") != "ties" && file.at("kind") != "inference";
  const char* const data = std::getenv("APICAL_DATA");
  if (needs_pictures && (data == nullptr || !std::filesystem::exists(std::filesystem::path(data) / "it92"))) {
    GTEST_SKIP() << "needs the folder it92 in the folder that APICAL_DATA names";
  }
  const Verdict v = replay(file);
  EXPECT_TRUE(v.passed) << v.worst_quantity << " deviates by " << v.worst_deviation << " of " << v.tolerance;
  EXPECT_EQ(v.note, "");
}

INSTANTIATE_TEST_SUITE_P(Files, RepresentationGolden,
                         testing::Values("measures_7x5_21", "ties_7x7_22", "inference_8x5_23", "it92_all",
                                         "it92_inanimate", "end_to_end_dense_24"),
                         [](const auto& name) { return std::string(name.param); });

/// The last number below `value`, moved by so much.
void move_last(json& value, double by) {
  json* at = &value;
  while (at->is_structured()) at = at->is_array() ? &at->back() : &at->begin().value();
  *at = at->get<double>() + by;
}

TEST(RepresentationGoldenReplay, NoticesASmallChangeOfAnyExpectation) {
  for (const char* id : {"measures_7x5_21", "ties_7x7_22", "inference_8x5_23"}) {
    const json file = file_of(id);
    for (const auto& item : file.at("expected").items()) {
      if (item.key() == "distinct_doubles_in_numpy") continue;  // a fact about another program
      json changed = file;
      move_last(changed.at("expected").at(item.key()), 1e-6);
      EXPECT_FALSE(replay(changed).passed) << id << ": " << item.key();
    }
  }
}

TEST(RepresentationGoldenReplay, RefusesAKindThatItDoesNotKnow) {
  json file = file_of("ties_7x7_22");
  file["kind"] = "tyes";
  try {
    replay(file);
    FAIL() << "accepted";
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("known: "));
  }
}

}  // namespace
}  // namespace apical::golden
