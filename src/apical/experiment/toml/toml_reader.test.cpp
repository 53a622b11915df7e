// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/toml_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstring>

#include "apical/experiment/toml/toml_text.h"

namespace apical {
namespace {

using testing::HasSubstr;

TomlDocument parsed(std::string_view text) { return TomlDocument::parse(text, "x.toml"); }

/// Runs `f`, which must throw a ConfigError, and returns it.
template <class F>
ConfigError error_of(F&& f) {
  try {
    f();
  } catch (const ConfigError& e) {
    return e;
  }
  ADD_FAILURE() << "no error";
  return ConfigError("");
}

template <class F>
void expect_error(const std::string& text, const std::string& whole_message, F&& f) {
  const TomlDocument document = parsed(text);
  TomlReader root(document);
  EXPECT_STREQ(error_of([&] { f(root); }).what(), whole_message.c_str());
}

TEST(TomlDocument, TextOfADocumentReadsBackAsTheSame) {
  TomlDocument d = TomlDocument::parse(
      "title = \"a \\\"b\\\"\"\nrates = [0.1, 2, 1e-300]\n[model]\nname = 'x'\nmixed = [true, \"a\", [1, 2], "
      "{k = "
      "1}]\n[model.\"deep er\"]\nnone = []\n[[variant]]\nlabel = 'one'\n[[variant]]\n[variant.model]\nflag = "
      "false\n",
      "test");
  d.set("model.name=backpropagation");
  d.overlay(TomlDocument::parse("[tune]\ntrials = 3\n", "more"));
  const std::string text = d.text();
  EXPECT_EQ(TomlDocument::parse(text, "again").text(), text);
  EXPECT_EQ(text,
            "title = \"a \\\"b\\\"\"\nrates = [0.1, 2, 1e-300]\n\n[model]\nname = \"backpropagation\"\nmixed "
            "= [true, "
            "\"a\", [1, 2], {k = 1}]\n\n[model.\"deep er\"]\nnone = []\n\n[[variant]]\nlabel = "
            "\"one\"\n\n[[variant]]\n\n[variant.model]\nflag = false\n\n[tune]\ntrials = 3\n");
  EXPECT_THROW(TomlDocument::parse("born = 2020-01-01\n", "test").text(), ConfigError);
}

TEST(TomlReader, ReadsEveryKindOfValue) {
  const TomlDocument d = parsed(R"(
whole = 3
real = 0.25
flag = true
name = "pyr"
list = [1, 2.5]
texts = ["a", "b"]
rows = [[1, 2], [3, 4]]
[sub]
x = 1
[[entry]]
y = 2
[[entry]]
y = 3
)");
  TomlReader r(d);
  EXPECT_EQ(r.integer("whole", {}, 0, 10), 3);
  EXPECT_EQ(r.number("whole"), 3.0);
  EXPECT_EQ(r.number("real"), 0.25);
  EXPECT_TRUE(r.boolean("flag"));
  EXPECT_EQ(r.text("name"), "pyr");
  EXPECT_EQ(r.choice("name", {"pyr", "pv"}), "pyr");
  EXPECT_EQ(r.numbers("list"), (std::vector<double>{1, 2.5}));
  EXPECT_EQ(r.numbers("real"), (std::vector<double>{0.25}));
  EXPECT_EQ(r.texts("texts"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(r.texts("name"), (std::vector<std::string>{"pyr"}));
  EXPECT_EQ(r.number_rows("rows"), (std::vector<std::vector<double>>{{1, 2}, {3, 4}}));
  EXPECT_EQ(r.table("sub").number("x"), 1);
  auto entries = r.tables("entry");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].number("y"), 3);
  r.finish();
}

TEST(TomlReader, AbsentKeysTakeTheirDefaults) {
  const TomlDocument d = parsed("");
  TomlReader r(d);
  EXPECT_EQ(r.number("a", 1.5), 1.5);
  EXPECT_EQ(r.integer("b", 2, 0, 9), 2);
  EXPECT_FALSE(r.boolean("c", false));
  EXPECT_EQ(r.text("d", "x"), "x");
  EXPECT_EQ(r.numbers("e", std::vector<double>{}), std::vector<double>{});
  EXPECT_EQ(r.table("f").number("g", 4), 4);
  EXPECT_TRUE(r.tables("h").empty());
}

TEST(TomlReader, TellsKindsApart) {
  const TomlDocument d = parsed("a=true\nb=1\nc=1.5\nd='t'\ne=[1]\nf={}\ng=[{}]\nh=2024-01-31\ni=07:30:00\n");
  const TomlReader r(d);
  EXPECT_EQ(r.kind("a"), TomlKind::boolean);
  EXPECT_EQ(r.kind("b"), TomlKind::number);
  EXPECT_EQ(r.kind("c"), TomlKind::number);
  EXPECT_EQ(r.kind("d"), TomlKind::text);
  EXPECT_EQ(r.kind("e"), TomlKind::list);
  EXPECT_EQ(r.kind("f"), TomlKind::table);
  EXPECT_EQ(r.kind("g"), TomlKind::table_list);
  EXPECT_EQ(r.kind("h"), TomlKind::date_or_time);
  EXPECT_EQ(r.kind("i"), TomlKind::date_or_time);
  EXPECT_EQ(r.kind("j"), TomlKind::absent);
}

TEST(TomlReader, WrongTypesSayWhatWasFoundAndExpectedAndWhere) {
  expect_error("\ndt = '0.1'", "x.toml:2:6: 'dt' is a text; expected a number",
               [](auto& r) { r.number("dt"); });
  expect_error("dt = true", "x.toml:1:6: 'dt' is true or false; expected a number",
               [](auto& r) { r.number("dt"); });
  expect_error("dt = 2024-01-31", "x.toml:1:6: 'dt' is a date or time; expected a number",
               [](auto& r) { r.number("dt"); });
  expect_error("n = 2.0", "x.toml:1:5: 'n' is a number; expected an integer",
               [](auto& r) { r.integer("n", {}, 0, 9); });
  expect_error("on = 1", "x.toml:1:6: 'on' is an integer; expected true or false",
               [](auto& r) { r.boolean("on"); });
  expect_error("name = [1]", "x.toml:1:8: 'name' is a list; expected a text in quotes",
               [](auto& r) { r.text("name"); });
  expect_error("l = [1, 'b']", "x.toml:1:9: 'l' is a text; expected a number in this list",
               [](auto& r) { r.numbers("l"); });
  expect_error("l = ['b', 1]", "x.toml:1:11: 'l' is an integer; expected a text in this list",
               [](auto& r) { r.texts("l"); });
  expect_error("l = 1", "x.toml:1:5: 'l' is an integer; expected a text or a list of texts",
               [](auto& r) { r.texts("l"); });
  expect_error("m = 1", "x.toml:1:5: 'm' is an integer; expected a list of rows of numbers",
               [](auto& r) { r.number_rows("m"); });
  expect_error("m = [1]", "x.toml:1:6: 'm' is an integer; expected a row of numbers",
               [](auto& r) { r.number_rows("m"); });
  expect_error("t = 1", "x.toml:1:5: 't' is an integer; expected a table [t]", [](auto& r) { r.table("t"); });
  expect_error("t = 1", "x.toml:1:5: 't' is an integer; expected tables [[t]]",
               [](auto& r) { r.tables("t"); });
  expect_error("t = [1]", "x.toml:1:5: 't' is a list; expected tables [[t]]", [](auto& r) { r.tables("t"); });
}

TEST(TomlReader, RowsOfOneMatrixAreEquallyLong) {
  expect_error("m = [[1, 2],\n [3]]", "x.toml:2:2: a row of 'm' has 1 numbers; expected 2 as in the first",
               [](auto& r) { r.number_rows("m"); });
}

TEST(TomlReader, NumbersAreFinite) {
  expect_error("x = nan", "x.toml:1:5: 'x' is nan; expected a finite number", [](auto& r) { r.number("x"); });
  expect_error("x = [1, -inf]", "x.toml:1:9: 'x' is -inf; expected a finite number",
               [](auto& r) { r.numbers("x"); });
  expect_error("x = [[inf]]", "x.toml:1:7: 'x' is inf; expected a finite number",
               [](auto& r) { r.number_rows("x"); });
}

TEST(TomlReader, IntegersStayInTheirRange) {
  expect_error("[a]\nn = -1", "x.toml:2:5: 'a.n' is -1; expected 0 … 9",
               [](auto& r) { r.table("a").integer("n", {}, 0, 9); });
}

TEST(TomlReader, ChoicesSuggestTheNearest) {
  expect_error("k = 'tahn'", "x.toml:1:5: 'k' is 'tahn'; expected linear or tanh\n  did you mean 'tanh'?",
               [](auto& r) {
                 r.choice("k", {"linear", "tanh"});
               });
}

TEST(TomlReader, MissingKeysNameTheirTableAndWhatMayBeMeant) {
  expect_error("[task]\nnmae = 'xor'",
               "x.toml:1:1: missing key 'task.name'; expected a text in quotes\n  there is a 'nmae' here: is "
               "it meant?",
               [](auto& r) { r.table("task").text("name"); });
  expect_error("", "x.toml: missing key 'x'; expected a number", [](auto& r) { r.number("x"); });
  expect_error("", "x.toml: missing key 'x'; expected true or false", [](auto& r) { r.boolean("x"); });
  expect_error("", "x.toml: missing key 'x'; expected an integer", [](auto& r) { r.integer("x", {}, 0, 1); });
  expect_error("", "x.toml: missing key 'x'; expected a number or a list of numbers",
               [](auto& r) { r.numbers("x"); });
  expect_error("", "x.toml: missing key 'x'; expected a text or a list of texts",
               [](auto& r) { r.texts("x"); });
  expect_error("", "x.toml: missing key 'x'; expected a list of rows of numbers",
               [](auto& r) { r.number_rows("x"); });
}

TEST(TomlReader, UnknownKeysAreErrorsWithTheNearestKnown) {
  expect_error("epoch = 3", "x.toml:1:1: unknown key 'epoch' at the top level\n  did you mean 'epochs'?",
               [](auto& r) {
                 r.integer("epochs", 1, 0, 9);
                 r.finish();
               });
  expect_error("[[p]]\nsize = 1\n[[p]]\nszie = 2",
               "x.toml:4:1: unknown key 'szie' in [p[2]]\n  did you mean 'size'?", [](auto& r) {
                 for (TomlReader& p : r.tables("p")) {
                   p.integer("size", 1, 0, 9);
                   p.finish();
                 }
               });
}

TEST(TomlReader, TheFirstUnknownKeyOfTheFileIsReported) {
  expect_error("zeta = 1\nalpha = 2", "x.toml:1:1: unknown key 'zeta' at the top level\n  there are none",
               [](auto& r) { r.finish(); });
}

TEST(TomlReader, AskingWhetherAKeyIsThereIsNotReadingIt) {
  expect_error("a = 1", "x.toml:1:1: unknown key 'a' at the top level\n  there are none", [](auto& r) {
    EXPECT_TRUE(r.has("a"));
    r.finish();
  });
}

TEST(TomlReader, PutsThePlaceOfAKeyInFrontOfOthersComplaints) {
  const TomlDocument d = parsed("a = 1\nb = 2");
  TomlReader r(d);
  const auto fail = [](const char* file) { throw ConfigError("no", {file, 7, 8}, "try"); };
  EXPECT_STREQ(error_of([&] { r.at("b", [&] { fail(""); }); }).what(), "x.toml:2:5: no\n  try");
  EXPECT_STREQ(error_of([&] { r.at("b", [&] { fail("y"); }); }).what(), "y:7:8: no\n  try");
  EXPECT_EQ(r.at("b", [] { return 5; }), 5);
}

TEST(TomlDocument, RefusesWhatIsNotTomlWithItsPlace) {
  for (const auto& [text, line] : {std::pair{"a = 1\na = 2", 2U},
                                   {"a = ", 1U},
                                   {"a = 01", 1U},
                                   {"a = 1979-13-40", 1U},
                                   {"x = 1\n[t\n", 2U},
                                   {"s = \"\xff\"", 1U}}) {
    const ConfigError e = error_of([&, t = text] { parsed(t); });
    EXPECT_EQ(e.place().file, "x.toml") << text;
    EXPECT_EQ(e.place().line, line) << text << e.what();
    EXPECT_TRUE(e.bare_message().starts_with("not TOML: ")) << e.what();
  }
}

TEST(TomlDocument, AFileThatIsNotThereIsAnIoError) {
  EXPECT_THROW(TomlDocument::read("/nowhere/x.toml"), IoError);
}

TEST(TomlDocument, SetReplacesAddsAndDescends) {
  TomlDocument d = parsed("[model]\nname = 'a'\nlayers = [1]\n");
  d.set("model.layers=[4, 30, 3]");
  d.set("model.name = b-c d");  // no TOML value: a text
  d.set("run.seeds=3");
  d.set("title=say \"hi\"");
  TomlReader r(d);
  TomlReader model = r.table("model");
  EXPECT_EQ(model.numbers("layers"), (std::vector<double>{4, 30, 3}));
  EXPECT_EQ(model.text("name"), " b-c d");
  EXPECT_EQ(r.table("run").integer("seeds", {}, 1, 9), 3);
  EXPECT_EQ(r.text("title"), "say \"hi\"");
}

TEST(TomlReader, ANameInQuotesWithADotIsNoKeyInATable) {
  const TomlDocument d = parsed("\"model.layers\" = [4, 3]\n");
  TomlReader r(d);
  r.has("model");
  EXPECT_THAT(
      error_of([&] { r.finish(); }).what(),
      HasSubstr("unknown key 'model.layers' at the top level\n  in quotes it is one name; without them, "
                "model.layers, it is a key in a table"));
}

TEST(TomlDocument, SetReachesVariantsThatHaveAValueOfTheirOwn) {
  TomlDocument d = TomlDocument::parse(
      "[training]\nepochs = 9\n[[variant]]\nlabel = \"a\"\ntraining = { epochs = 300, eta = 1 "
      "}\n[[variant]]\nlabel = \"b\"\n",
      "x");
  d.set("training.epochs=2", "variant");
  for (const TomlDocument& v : d.variants("variant")) {
    TomlReader root(v);
    TomlReader training = root.table("training");
    EXPECT_EQ(training.number("epochs"), 2);
    EXPECT_EQ(training.has("eta"), root.text("label") == "a");
  }
}

TEST(TomlDocument, SetComplainsAboutWhatIsNoAssignment) {
  TomlDocument d = parsed("");
  for (const char* wrong : {"epochs", "=3", "", "a b=1", "a=1\nb=2", "a..b=1", "a[1]=7", "a.=3", ".a=3"}) {
    const ConfigError e = error_of([&] { d.set(wrong); });
    EXPECT_EQ(e.place().file, std::string("--set ") + wrong);
  }
  TomlReader r(d);
  r.finish();  // and nothing has been set
}

TEST(TomlDocument, SetSaysWhatIsWrongWithANumber) {
  TomlDocument d = parsed("");
  for (const char* wrong :
       {"k=.001", "k=1.", "k=1e400", "k=0,001", "k=007", "k=1/256", "k=-.5e3", "k=1e", "k= 010"})
    EXPECT_THAT(error_of([&] { d.set(wrong); }).what(), HasSubstr("is no number of TOML")) << wrong;
  for (const char* text : {"k=4-2-1", "k=3 layers", "k=v1.2", "k=1.2.3", "k=conv 64 5x5"}) {
    d.set(text);
    TomlReader r(d);
    EXPECT_EQ(r.text("k"), std::string(text).substr(2)) << "a text, as before";
  }
}

TEST(TomlDocument, ANumberThatWouldBecomeZeroIsRefusedWhereItStands) {
  for (const char* tiny : {"1e-400", "-3.2e-9999", "0.1e-330"}) {
    const ConfigError e = error_of([&] { parsed(std::string("a = \"é\"\nl = [0, ") + tiny + "]\n"); });
    EXPECT_THAT(e.what(), HasSubstr(std::string("x.toml:2:9: ") + tiny + " is nearer to 0"));
  }
  TomlDocument d = parsed("a = 0.000\nb = 0e-999\nc = 5e-324\n");
  TomlReader r(d);
  EXPECT_EQ(r.number("a"), 0);
  EXPECT_EQ(r.number("b"), 0);
  EXPECT_GT(r.number("c"), 0);
}

TEST(TomlReader, WholeNumbersThatNoDoubleHoldsAreRefused) {
  TomlDocument d = parsed(
      "ok = 9007199254740992\nno = 9007199254740993\nmost = 9223372036854775807\nl = [1, -9007199254740993]");
  TomlReader r(d);
  EXPECT_EQ(r.number("ok"), 9007199254740992.0);
  for (const char* key : {"no", "most"})
    EXPECT_THAT(error_of([&] { r.number(key); }).what(),
                HasSubstr("which no number of double precision holds exactly"));
  EXPECT_THROW(r.numbers("l"), ConfigError);
}

TEST(TomlDocument, ValuesFromSetSayWhereTheyAreFrom) {
  TomlDocument d = parsed("dt = 1");
  d.set("dt=fast");
  TomlReader r(d);
  EXPECT_EQ(error_of([&] { r.number("dt"); }).place().file, "--set dt=fast");
}

TEST(TomlDocument, OverlayMergesTablesAndReplacesTheRest) {
  TomlDocument d = parsed("a = 1\nl = [1, 2]\n[t]\nx = 1\n[t.u]\ny = 1\n");
  const TomlDocument before = d.copy();
  d.overlay(parsed("a = 2\nl = [3]\n[t]\nz = 5\n[t.u]\ny = 2\n"));
  TomlReader r(d), old(before);
  EXPECT_EQ(r.number("a"), 2);
  EXPECT_EQ(r.numbers("l"), std::vector<double>{3});
  TomlReader t = r.table("t");
  EXPECT_EQ(t.number("x"), 1);
  EXPECT_EQ(t.number("z"), 5);
  EXPECT_EQ(t.table("u").number("y"), 2);
  EXPECT_EQ(old.number("a"), 1);
}

TEST(TomlDocument, CopiesAndVariantsKeepTheirPlaces) {
  const TomlDocument d = parsed(
      "a = 1\nb = 'x'\n[t]\ny = 1\n[[variant]]\nlabel = 'one'\n[[variant]]\nb = 'z'\n[variant.t]\ny = 2\n");
  const auto variants = d.variants("variant");
  ASSERT_EQ(variants.size(), 2U);
  TomlReader one(variants[0]), two(variants[1]);
  EXPECT_FALSE(one.has("variant"));
  EXPECT_EQ(one.place("b").line, 2U);
  EXPECT_EQ(one.text("label"), "one");
  EXPECT_EQ(two.place("b").line, 8U);
  EXPECT_EQ(two.number("a"), 1);
  EXPECT_EQ(two.table("t").number("y"), 2);
  EXPECT_EQ(parsed("a = 1").variants("variant").size(), 1U);
  const TomlDocument list = parsed("\nvariant = [1]");
  EXPECT_STREQ(error_of([&] { list.variants("variant"); }).what(),
               "x.toml:2:11: 'variant' is a list; expected tables [[variant]]");
}

std::string resolve_sample(const TomlDocument& d) {
  TomlReader r(d);
  r.text("title", "untitled");
  r.number("tiny", 1e-300);
  r.number("third", 1.0 / 3);
  r.number("minus", -0.0);
  r.numbers("list", std::vector<double>{1, 0.1, 1e15, 1e22});
  r.texts("names", std::vector<std::string>{"a \"b\"", "tab\tcr\r\x01"});
  r.text("odd key", "v");
  for (TomlReader& e : r.tables("entry")) {
    e.integer("n", 7, 0, 9);
    TomlReader sub = e.table("sub");
    sub.boolean("flag", true);
  }
  TomlReader t = r.table("t");
  t.table("u").number("y", 2);
  TomlReader again = r.table("t");
  again.number("late", 3);
  return r.resolved();
}

TEST(TomlReader, ResolvedTextHoldsEveryDefaultAndReadsBackAsItself) {
  const std::string once =
      resolve_sample(parsed("third = 0.3333\n[[entry]]\n[[entry]]\nn = 2\nsub = {flag = false}\n"));
  const TomlDocument back = parsed(once);
  EXPECT_EQ(resolve_sample(back), once);
  TomlReader r(back);
  EXPECT_EQ(r.number("third"), 0.3333);
  EXPECT_EQ(r.number("tiny"), 1e-300);
  EXPECT_TRUE(std::signbit(r.number("minus")));
  EXPECT_EQ(r.numbers("list"), (std::vector<double>{1, 0.1, 1e15, 1e22}));
  EXPECT_EQ(r.texts("names"), (std::vector<std::string>{"a \"b\"", "tab\tcr\r\x01"}));
  EXPECT_EQ(r.text("odd key"), "v");
  auto entries = r.tables("entry");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].integer("n", {}, 0, 9), 7);
  EXPECT_TRUE(entries[0].table("sub").boolean("flag"));
  EXPECT_EQ(entries[1].integer("n", {}, 0, 9), 2);
  EXPECT_FALSE(entries[1].table("sub").boolean("flag"));
  TomlReader t = r.table("t");
  EXPECT_EQ(t.table("u").number("y"), 2);
  EXPECT_EQ(t.number("late"), 3) << "what a second reader of the table asked for";
}

RC_GTEST_PROP(TomlText, NumbersReadBackBitForBit, ()) {
  const auto bits = *rc::gen::arbitrary<std::uint64_t>();
  double v;
  static_assert(sizeof v == sizeof bits);
  std::memcpy(&v, &bits, sizeof v);
  RC_PRE(std::isfinite(v));
  const TomlDocument d = parsed("x = " + toml_number(v));
  TomlReader r(d);
  const double back = r.number("x");
  RC_ASSERT(back == v);
  RC_ASSERT(std::signbit(back) == std::signbit(v));
}

RC_GTEST_PROP(TomlText, TextsReadBack, ()) {
  std::string text;
  for (const int c : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 128)))
    text += static_cast<char>(c);
  const TomlDocument d = parsed(toml_key(text) + " = " + toml_quoted(text));
  TomlReader r(d);
  RC_ASSERT(r.text(text) == text);
}

}  // namespace
}  // namespace apical
