// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/text_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "apical/cli/display_text.h"
#include "apical/cli/escaping_stream.h"

namespace apical::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

const std::vector<std::vector<std::string>> kRows{
    {"model", "test accuracy [95 %]", "test loss [95 %]", "angle to the gradient [95 %]", "seeds", "wall"},
    {"error-neuron-microcircuit", "96.9 % [90.1, 99.0]", "0.01 [0.001, 0.2]", "45.0° [10.1, 80.2]", "3",
     "12.0 s"},
    {"神経回路", "12 %", "-", "-", "1", "0.1 s"}};

TEST(TextTable, FitsTheTerminalWhateverItsWidth) {
  EXPECT_GT(widest_line(text_table(kRows)), 100U);
  for (std::size_t columns = 24; columns < 160; ++columns) {
    const std::string table = text_table(kRows, columns);
    EXPECT_LE(widest_line(table), columns) << table;
    EXPECT_THAT(table, HasSubstr("12 %"));
    EXPECT_THAT(table, HasSubstr("[90.1,"));
  }
}

TEST(TextTable, ColumnsOfWideCharactersStandBelowOneAnother) {
  const std::string table = text_table({{"a", "b"}, {"神経", "1"}, {"abcd", "2"}});
  EXPECT_EQ(table, "a     b\n神経  1\nabcd  2\n");
}

TEST(TextTable, ControlCharactersOfCellsAreEscaped) {
  EXPECT_EQ(text_table({{"a"}, {"\x1b[2J"}}), "a\n\\u001b[2J\n");
}

TEST(DisplayText, IsCutOffWithAnEllipsisAndNeverWithinACharacter) {
  EXPECT_EQ(shortened("epoch 3/20", 20), "epoch 3/20");
  EXPECT_EQ(shortened("epoch 3/20", 6), "epoch…");
  EXPECT_EQ(shortened("神経回路", 4), "神…");
  for (std::size_t columns = 0; columns < 12; ++columns)
    EXPECT_LE(display_width(shortened("aé神経回路b", columns)), columns);
}

TEST(DisplayText, BreaksAtSpaces) {
  EXPECT_THAT(broken_into_lines("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(broken_into_lines("abcdefgh ij", 3), ElementsAre("abc", "def", "gh", "ij"));
  EXPECT_THAT(broken_into_lines("one two three", 0), ElementsAre("one two three"));
  EXPECT_EQ(hanging("  --out DIR", 14, "directory of the run", 36), "  --out DIR   directory of the run\n");
  EXPECT_EQ(hanging("  --out DIR", 14, "directory of all the runs", 36),
            "  --out DIR   directory of all the\n              runs\n");
}

TEST(EscapingStream, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(escaped("\x1b[2J\x1b]0;x\x07"), "\\u001b[2J\\u001b]0;x\\u0007");
  EXPECT_EQ(escaped("\u202Eevil\u2066\u200F"), "\\u202eevil\\u2066\\u200f");
  EXPECT_EQ(escaped("\r\x7f\u0085"), "\\u000d\\u007f\\u0085");
  EXPECT_EQ(escaped("é 神経\n\tµ"), "é 神経\n\tµ");
  EXPECT_EQ(escaped(std::string_view("a\0b", 3)), "a\\u0000b");
  EXPECT_EQ(escaped("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(escaped_line("a\nb\tc"), "a\\u000ab\\u0009c");
}

TEST(EscapingStream, PutsSplitCharactersTogether) {
  const std::string text = "é神\u202E\x1b[1mµ";
  std::ostringstream to;
  {
    EscapingStream out(to);
    for (const char c : text) out << c;
    EXPECT_EQ(to.str(), escaped(text));
    out << "\xc3";
  }
  EXPECT_EQ(to.str(), escaped(text) + "\\xc3");
}

}  // namespace
}  // namespace apical::cli
