// SPDX-License-Identifier: Apache-2.0
#include "apical/core/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/recipe.h"

namespace apical {
namespace {

enum class Form { round, square };

}  // namespace
template <>
inline constexpr std::array<std::string_view, 2> kNames<Form>{"round", "square"};
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Options {
  double sigma = 0.5;
  int vectors = 2;
  bool guard = true;
  std::string word = "a";
  Form form = Form::square;
  ActivationKind activation = ActivationKind::tanh;
  std::vector<double> rates = {1};
  std::vector<std::size_t> layers;
  std::optional<double> cut;
  std::optional<Matrix<double>> table;
  double round_only = 7;
};

void fields(FieldVisitor& v, Options& o) {
  v({"sigma", "mV", "width of the noise", more_than(0), "A Paper 2020"}, o.sigma);
  v({"vectors", "", "how many", at_least(1)}, o.vectors);
  v({"guard", "", "careful"}, o.guard);
  v({.name = "word", .choices = {"a", "b"}}, o.word);
  v({"form", "", "shape"}, o.form);
  v({"activation", "", "phi"}, o.activation);
  v({"rates", "1/ms", "of each layer", at_least(0)}, o.rates);
  v({"layers", "neurons", "sizes"}, o.layers);
  v.number_or({"cut", "ms", "0: never"}, o.cut, 0);
  v({"table", "", "of numbers"}, o.table);
  if (v.when(o.form == Form::round)) v({"round_only", "", "radius"}, o.round_only);
  if (o.sigma > 10 && o.guard)
    throw FieldError({"sigma", "guard"}, "is large; expected at most 10, or guard = false");
}

Options filled(const FieldValues& given) {
  Options o;
  fill(o, given);
  return o;
}

FieldError complaint(const FieldValues& given) {
  try {
    filled(given);
  } catch (const FieldError& e) {
    return e;
  }
  return {"nothing", "was wrong"};
}

std::string message(const FieldValues& given) { return complaint(given).what(); }

TEST(Fields, AreListedWithTheValuesOfTheStructAsDefaults) {
  const std::vector<FieldInfo> list = list_fields(Options{});
  std::vector<std::string> shown;
  for (const FieldInfo& f : list)
    shown.push_back(f.name + ": " + std::string(type_of(f)) + " " + text_of(f.default_value));
  EXPECT_THAT(shown, ElementsAre("sigma: number 0.5", "vectors: whole number 2", "guard: true or false true",
                                 "word: text \"a\"", "form: text \"square\"", "activation: text \"tanh\"",
                                 "rates: list of numbers [1]", "layers: list of whole numbers []",
                                 "cut: number 0", "table: table of numbers not given"));
  EXPECT_EQ(list[0].unit, "mV");
  EXPECT_EQ(list[0].source, "A Paper 2020");
  EXPECT_EQ(list[0].bounds.text(), "more than 0");
  EXPECT_THAT(list[4].choices, ElementsAre("round", "square"));
}

TEST(Fields, ThatMeanNothingYetAreListedOnlyWhenEverythingIs) {
  EXPECT_EQ(list_fields(Options{}).size() + 1, list_all_fields(Options{}).size());
  EXPECT_EQ(list_all_fields(Options{}).back().name, "round_only");
}

TEST(Fields, AreFilledByName) {
  const Options o = filled(FieldValues()
                               .set("sigma", 2)
                               .set("vectors", 5)
                               .set("guard", false)
                               .set("word", "b")
                               .set("form", "round")
                               .set("activation", "relu")
                               .set("rates", 0.25)
                               .set("layers", std::vector<double>{4, 3})
                               .set("cut", 3)
                               .set("table", Matrix<double>(1, 2, 0.5))
                               .set("round_only", 8));
  EXPECT_EQ(o.sigma, 2);
  EXPECT_EQ(o.vectors, 5);
  EXPECT_FALSE(o.guard);
  EXPECT_EQ(o.word, "b");
  EXPECT_EQ(o.form, Form::round);
  EXPECT_EQ(o.activation, ActivationKind::relu);
  EXPECT_THAT(o.rates, ElementsAre(0.25));
  EXPECT_THAT(o.layers, ElementsAre(4, 3));
  EXPECT_EQ(o.cut, 3);
  EXPECT_EQ(o.table->size(), 2U);
  EXPECT_EQ(o.round_only, 8);
  Options again;
  fill(again, values_of(o));
  EXPECT_EQ(values_of(again).all(), values_of(o).all());
}

TEST(Fields, ComplaintsNameTheFieldAsData) {
  EXPECT_EQ(message(FieldValues()), "nothing was wrong");
  EXPECT_EQ(message(FieldValues().set("sigma", 0)),
            "sigma is 0; expected more than 0\n  sigma: width of the noise, in mV");
  EXPECT_THAT(message(FieldValues().set("sigma", NAN)), HasSubstr("expected more than 0"));
  EXPECT_THAT(message(FieldValues().set("vectors", 0)), HasSubstr("expected a whole number of 1 or more"));
  EXPECT_THAT(message(FieldValues().set("vectors", 1.5)), HasSubstr("vectors is 1.5; expected a whole"));
  EXPECT_THAT(message(FieldValues().set("rates", std::vector<double>{1, -1})), HasSubstr("rates holds -1"));
  EXPECT_THAT(message(FieldValues().set("word", "c")), HasSubstr("word is 'c'; expected a or b"));
  EXPECT_THAT(message(FieldValues().set("form", "sqare")), HasSubstr("did you mean 'square'?"));
  EXPECT_THAT(message(FieldValues().set("activation", "tahn")), HasSubstr("did you mean 'tanh'?"));
  EXPECT_THAT(message(FieldValues().set("sigma", "much")),
              HasSubstr("is 'much'; expected a number such as 0.5"));
  EXPECT_THAT(message(FieldValues().set("sgima", 1)), HasSubstr("did you mean 'sigma'?"));
  EXPECT_THAT(complaint(FieldValues().set("sigma", 0)).fields(), ElementsAre("sigma"));
  const FieldError both = complaint(FieldValues().set("sigma", 11));
  EXPECT_THAT(both.fields(), ElementsAre("sigma", "guard"));
  EXPECT_EQ(both.message_as("noise.sigma"), "'noise.sigma' is large; expected at most 10, or guard = false");
}

TEST(Fields, OfAnotherStructAreTakenOverWhereTheyAreKnown) {
  Options o;
  fill_where_known(o, FieldValues().set("sigma", 3).set("guard", 1).set("colour", "blue"));
  EXPECT_EQ(o.sigma, 3);
  EXPECT_TRUE(o.guard) << "a number is no flag";
}

TEST(Fields, BoundsSayWhatIsExpected) {
  EXPECT_EQ(at_least(0).text(), "0 or more");
  EXPECT_EQ(within(0, 1).text(), "a number from 0 to 1");
  EXPECT_EQ(between(0, 1).text(), "more than 0 and less than 1");
  EXPECT_EQ((Bounds{.low = 0, .high = 1, .below = true}).text(), "at least 0 and less than 1");
  EXPECT_EQ((Bounds{.high = 5}).text(), "at most 5");
  EXPECT_EQ((Bounds{.low = 1, .high = 1e6, .whole = true}).text(), "a whole number from 1 to 1000000");
  EXPECT_EQ((Bounds{.whole = true}).text(), "a whole number");
  EXPECT_EQ(Bounds{}.text(), "");
}

std::string build(const Options& o) { return o.word + (o.guard ? "!" : "?"); }

TEST(Recipes, AreValuesWithOptions) {
  const Recipe<std::string> standard{Options{}};
  EXPECT_EQ(build_with(standard, FieldValues().set("word", "b").set("guard", false)), "b?");
  EXPECT_EQ(standard.build(), "a!") << "what is built with other options leaves the recipe alone";
  EXPECT_EQ(list_fields(standard).size(), list_fields(Options{}).size());
}

}  // namespace
}  // namespace apical
