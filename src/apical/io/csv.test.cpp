// SPDX-License-Identifier: Apache-2.0
#include "apical/io/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apical::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string csv_refusal(const std::string& text) {
  try {
    parse_csv(text, "x.csv");
  } catch (const DataError& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(Csv, HeaderQuotesSpacesAndEmptyLinesAreUnderstood) {
  const CsvTable t = parse_csv(
      "\xef\xbb\xbf"
      "a, \"b,c\" ,d\r\n1,\"say \"\"hi\"\"\n there\",x y \r\n\r\n3,,\n",
      "x.csv");
  EXPECT_THAT(t.header, ElementsAre("a", "b,c", "d"));
  ASSERT_EQ(t.rows(), 2U);
  EXPECT_EQ(t.cell(0, 1), "say \"hi\"\n there");
  EXPECT_EQ(t.cell(0, 2), "x y");
  EXPECT_EQ(t.cell(1, 2), "");
  EXPECT_THAT(t.lines, ElementsAre(2, 5)) << "the quoted line break and the empty line count";
}

TEST(Csv, ColumnsOfATableWithoutNamesAreCounted) {
  const CsvTable t = parse_csv("1,2\n3,4", "x.csv");
  EXPECT_THAT(t.header, ElementsAre("1", "2"));
  EXPECT_EQ(t.rows(), 2U);
}

TEST(Csv, RaggedAndBrokenTablesNameTheLine) {
  EXPECT_THAT(csv_refusal("a,b\n1,2\n3\n"),
              HasSubstr("x.csv:3: has 1 cells; expected 2 as in the first line"));
  EXPECT_THAT(csv_refusal("a,b\n1,\"2\n"), HasSubstr("x.csv:2: a quote in this line does not end"));
  EXPECT_THAT(csv_refusal("a,b\n1,\"2\"3\n"), HasSubstr("x.csv:2: '3' follows a quoted cell"));
  EXPECT_THAT(csv_refusal("a,a\n1,2\n"), HasSubstr("two columns are called 'a'"));
  EXPECT_THAT(csv_refusal(""), HasSubstr("x.csv: is empty"));
  EXPECT_THAT(csv_refusal("a,b\n"), HasSubstr("has a first line and no other"));
}

TEST(Csv, TextsOfOtherEncodingsAndLineEndsAreNamedAsSuch) {
  EXPECT_THAT(csv_refusal(std::string("\xff\xfe"
                                      "a\0,\0b\0\n\0",
                                      10)),
              HasSubstr("as UTF-16 has"));
  EXPECT_THAT(csv_refusal("a,b\r1,2\r"), HasSubstr("end with CR alone"));
}

TEST(Csv, NumbersAreWholeCellsAndFinite) {
  double x = 0;
  EXPECT_TRUE(csv_number("-1.5e3", x));
  EXPECT_EQ(x, -1500);
  EXPECT_TRUE(csv_number("+2", x));
  for (const char* wrong : {"", "1 2", "nan", "inf", "1,5", "0x"})
    EXPECT_FALSE(csv_number(wrong, x)) << wrong;
}

TEST(Csv, CellsAreQuotedWhereTheyNeedIt) {
  EXPECT_EQ(csv_cell("a b"), "a b");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"hi\""), "\"say \"\"hi\"\"\"");
  // What would not be read as it is: tabs at an end, and what begins as a byte order mark does.
  for (const std::string name : {"\ta", "a\t", " a",
                                 "\xef\xbb\xbf"
                                 "a"})
    EXPECT_EQ(parse_csv(csv_cell(name) + "\nx\n", "x.csv").header.front(), name);
}

}  // namespace
}  // namespace apical::io
