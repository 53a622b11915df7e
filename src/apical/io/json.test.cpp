// SPDX-License-Identifier: Apache-2.0
#include "apical/io/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace apical::io {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Json, ParsesWhatItWrites) {
  const nlohmann::json value{
      {"a", 1}, {"b", {1.5, 0.1, -3}}, {"c", {{"d", nullptr}, {"e", true}, {"f", "\u00e9\n\""}}}};
  for (const int indent : {-1, 2}) EXPECT_EQ(parse_json(json_text(value, indent), "x"), value);
}

TEST(Json, NonFiniteNumbersAreSpelledAndReadBack) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::string text = json_text({{"loss", {inf, -inf, std::nan(""), 0.1}}}, -1);
  EXPECT_EQ(text, "{\"loss\":[\"Infinity\",\"-Infinity\",\"NaN\",0.1]}\n");
  const auto back = parse_json(text, "x")["loss"];
  EXPECT_EQ(number_of(back[0], "loss"), inf);
  EXPECT_EQ(number_of(back[1], "loss"), -inf);
  EXPECT_TRUE(std::isnan(number_of(back[2], "loss")));
  EXPECT_EQ(number_of(back[3], "loss"), 0.1);
  EXPECT_THAT([&] { number_of("0.1", "loss"); },
              ThrowsMessage<DataError>("loss: expected a number, found \"0.1\""));
}

TEST(Json, ADuplicateKeyIsAnErrorAtItsPlace) {
  EXPECT_THAT(
      [] { parse_json("{\n  \"a\\\"b\": 1,\n  \"c\": {\"a\\\"b\": 1},\n  \"a\\\"b\": 2\n}", "m.json"); },
      ThrowsMessage<DataError>("m.json:4:3: key 'a\"b' appears twice in one object"));
}

TEST(Json, WrongTextIsAnErrorAtItsPlace) {
  EXPECT_THAT([] { parse_json("{\n  \"a\": ]\n}", "m.json"); },
              ThrowsMessage<DataError>(testing::StartsWith("m.json:2:8: not JSON")));
  EXPECT_THAT([] { parse_json("[1, 2", "m.json", 7); },
              ThrowsMessage<DataError>(testing::StartsWith("m.json:7:6: not JSON")));
  EXPECT_THAT([] { parse_json("{} x", "m.json"); },
              ThrowsMessage<DataError>(testing::StartsWith("m.json:1:4: not JSON")));
  EXPECT_THROW(parse_json("", "m.json"), DataError);
  EXPECT_THROW(parse_json("[NaN]", "m.json"), DataError);
  EXPECT_THROW(parse_json("\"\xff\"", "m.json"), DataError);
  EXPECT_THROW(parse_json("1e999", "m.json"), DataError);
}

TEST(Json, DeepNestingIsRefused) {
  EXPECT_THAT([] { parse_json(std::string(100000, '['), "m.json"); },
              ThrowsMessage<DataError>("m.json:1:201: nested deeper than 200 levels"));
  EXPECT_NO_THROW(parse_json(std::string(200, '[') + std::string(200, ']'), "m.json"));
}

TEST(Json, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(json_quoted("a\xff\"\n"), "\"a\xef\xbf\xbd\\\"\\n\"");
}

}  // namespace
}  // namespace apical::io
