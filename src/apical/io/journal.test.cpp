// SPDX-License-Identifier: Apache-2.0
#include "apical/io/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "apical/io/archive.h"
#include "apical/io/fault_injection.h"
#include "apical/io/json.h"
#include "apical/io/test_directory.h"
#include "support/figures.h"

namespace apical::io {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(JsonLine, SpellsEveryKindOfValue) {
  JsonLine inner;
  inner.add("mean", 0.1f);
  JsonLine line;
  line.add("event", "epoch \"1\"")
      .add("epoch", 1)
      .add("ok", true)
      .add("big", ~std::uint64_t{0})
      .add("small", std::int64_t{-5});
  line.add("loss", 0.1)
      .add("one", 1.0)
      .add("nan", std::nan(""))
      .add("inf", -std::numeric_limits<double>::infinity());
  line.add("inner", inner)
      .add("counts", std::vector<int>{1, 2})
      .add("rates", std::vector<float>{0.5f, std::nanf("")});
  line.add("names", std::vector<std::string>{"a", "b\n"});
  EXPECT_EQ(line.text(),
            "{\"event\":\"epoch "
            "\\\"1\\\"\",\"epoch\":1,\"ok\":true,\"big\":18446744073709551615,\"small\":-5,\"loss\":0.1,"
            "\"one\":1,\"nan\":\"NaN\",\"inf\":\"-Infinity\",\"inner\":{\"mean\":0.1},\"counts\":[1,2],"
            "\"rates\":[0.5,\"NaN\"],\"names\":[\"a\",\"b\\n\"]}");
  EXPECT_EQ(JsonLine().text(), "{}");
  EXPECT_THROW(line.add("event", 1), std::logic_error);
}

RC_GTEST_PROP(JsonLine, EveryDoubleReadsBackToTheSameBits, (std::uint64_t bits)) {
  const auto value = std::bit_cast<double>(bits);
  JsonLine line;
  line.add("x", value);
  const double back = number_of(parse_json(line.text(), "line")["x"], "x");
  if (std::isnan(value))
    RC_ASSERT(std::isnan(back));
  else
    RC_ASSERT(std::bit_cast<std::uint64_t>(back) == bits);
}

TEST(JsonLine, NegativeZeroKeepsItsSign) {
  JsonLine line;
  line.add("x", -0.0);
  EXPECT_TRUE(std::signbit(number_of(parse_json(line.text(), "line")["x"], "x")));
}

JsonLine event(int i) {
  JsonLine line;
  line.add("i", i);
  return line;
}

TEST(Journal, LinesCountUpAndComeBack) {
  const TestDirectory dir;
  Journal journal(dir / "events.ndjson");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(journal.append(event(i)), static_cast<std::uint64_t>(i));
  journal.append({});
  const Ndjson back = read_ndjson(dir / "events.ndjson");
  EXPECT_FALSE(back.torn);
  ASSERT_EQ(back.lines.size(), 4u);
  EXPECT_EQ(back.lines[2]["i"], 2);
  EXPECT_EQ(back.lines[3], (nlohmann::json{{"seq", 3}}));
}

TEST(Journal, ContinuingEqualsNeverHavingStopped) {
  const TestDirectory dir;
  Journal whole(dir / "whole");
  for (int i = 0; i < 10; ++i) whole.append(event(i));
  Bytes checkpoint;
  {
    Journal journal(dir / "parts");
    for (int i = 0; i < 6; ++i) journal.append(event(i));
    checkpoint = save_state(journal.position());
    for (int i = 6; i < 9; ++i) journal.append(event(i));
    AppendFile(dir / "parts", file_size(dir / "parts") - 4).close();  // killed within a line
  }
  EXPECT_TRUE(read_ndjson(dir / "parts").torn);
  JournalPosition position;
  load_state(checkpoint, position);
  Journal journal(dir / "parts", position);
  for (int i = 6; i < 10; ++i) journal.append(event(i));
  EXPECT_EQ(read_text(dir / "parts"), read_text(dir / "whole"));
}

TEST(Journal, TruncationAtEveryByteLeavesTheWholeLines) {
  const TestDirectory dir;
  Journal journal(dir / "j");
  for (int i = 0; i < 4; ++i) journal.append(event(i));
  const std::string text = read_text(dir / "j");
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const std::string cut = text.substr(0, n);
    write_atomically(dir / "cut", cut);
    const Ndjson back = read_ndjson(dir / "cut");
    EXPECT_EQ(back.lines.size(), static_cast<std::size_t>(std::count(cut.begin(), cut.end(), '\n')));
    EXPECT_EQ(back.torn, !cut.empty() && cut.back() != '\n');
    EXPECT_LE(back.bytes, n);
  }
  test::figure("D6", "cuts of a journal", text.size() + 1);
}

TEST(Journal, LostLinesAndWrongLinesAreNamed) {
  const TestDirectory dir;
  write_atomically(dir / "j", "{\"seq\":0}\n{\"seq\":2}\n");
  EXPECT_THAT(
      [&] { read_ndjson(dir / "j"); },
      ThrowsMessage<DataError>(HasSubstr(":2:1: expected seq 1, found seq 2: lines were lost or repeated")));
  write_atomically(dir / "j", "{\"a\":0}\n{\"seq\":1}\n");
  EXPECT_THAT(
      [&] { read_ndjson(dir / "j"); },
      ThrowsMessage<DataError>(HasSubstr(":2:1: expected no seq as in the lines before, found seq 1")));
  write_atomically(dir / "j", "{\"a\":0}\n[1]\n");
  EXPECT_THAT([&] { read_ndjson(dir / "j"); },
              ThrowsMessage<DataError>(HasSubstr(":2:1: expected an object")));
  write_atomically(dir / "j", "{\"a\":0}\n{\"a\":}\n");
  EXPECT_THAT([&] { read_ndjson(dir / "j"); }, ThrowsMessage<DataError>(HasSubstr(":2:6: not JSON")));
}

TEST(Journal, AFailureIsReportedAndStays) {
  for (std::uint64_t k = 1;; ++k) {
    const TestDirectory dir;
    FaultyDisk disk({.fail_at = k, .error = 28});
    int failures = 0;
    {
      const ScopedFileSystem scope(disk);
      try {
        Journal journal(dir / "j");
        const auto attempt = [&](auto&& action) {
          try {
            action();
            EXPECT_EQ(failures, 0) << "success after a failure, operation " << k;
          } catch (const IoError&) {
            ++failures;
          }
        };
        attempt([&] { journal.append(event(0)); });
        attempt([&] { journal.position(); });
        attempt([&] { journal.append(event(1)); });
        attempt([&] { journal.close(); });
      } catch (const IoError&) {
        ++failures;
      }
    }
    EXPECT_EQ(failures > 0, disk.fired()) << k;
    if (!disk.fired()) break;
    if (file_exists(dir / "j")) {
      EXPECT_LE(read_ndjson(dir / "j").lines.size(), 2u);
    }
  }
}

}  // namespace
}  // namespace apical::io
