// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/svg.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/well_formed.h"

namespace apical {
namespace {

TEST(Svg, EscapesWhatMarkupWouldRead) {
  EXPECT_EQ(svg::escape("a<b & \"c\" 'd'>"), "a&lt;b &amp; &quot;c&quot; &#39;d&#39;&gt;");
  EXPECT_EQ(svg::escape("Wᵀ → φ′"), "Wᵀ → φ′");
}

TEST(Svg, ReplacesControlCharactersAndBrokenUtf8) {
  const std::string replaced = "\xEF\xBF\xBD";
  EXPECT_EQ(svg::escape(std::string("a\0b", 3)), "a" + replaced + "b");
  EXPECT_EQ(svg::escape("\x1b[31m"), replaced + "[31m");
  EXPECT_EQ(svg::escape("\xC3"), replaced);
  EXPECT_EQ(svg::escape("\xED\xA0\x80"), replaced + replaced + replaced);  // a surrogate
}

RC_GTEST_PROP(Svg, AnyBytesGiveWellFormedMarkup, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  const std::string escaped = svg::escape(bytes);
  RC_ASSERT(test::malformed("<p title=\"" + escaped + "\">" + escaped + "</p>").empty());
}

TEST(Svg, NumbersAreShortAndNeverMinusZero) {
  EXPECT_EQ(svg::num(12.0), "12");
  EXPECT_EQ(svg::num(12.345), "12.3");
  EXPECT_EQ(svg::num(-0.01), "0");
}

TEST(Svg, WrapsAtSpacesAndHyphensAndLeavesOutTheMiddle) {
  EXPECT_EQ(svg::wrap("error-neuron-microcircuit", 14, 3),
            (std::vector<std::string>{"error-neuron-", "microcircuit"}));
  EXPECT_EQ(svg::wrap("one two three four", 6, 2), (std::vector<std::string>{"one ", "…four"}));
  EXPECT_EQ(svg::wrap("error-neuron-microcircuit, weight_range 8", 20, 2),
            (std::vector<std::string>{"error-neuron-", "…weight_range 8"}))
      << "the value is what tells runs apart";
  EXPECT_EQ(svg::wrap("one two three four", 4, 1), (std::vector<std::string>{"one …"}));
  EXPECT_EQ(svg::wrap("", 5, 2), std::vector<std::string>{""});
}

TEST(Svg, NamesThatDifferAreDrawnApart) {
  const std::vector<std::string> names{"a long name, width 10, eta 0.5", "a long name, width 20, eta 0.5"};
  EXPECT_EQ(svg::wrap(names[0], 10, 2), svg::wrap(names[1], 10, 2)) << "alone each would lose its width";
  const auto drawn = svg::wrap_apart(names, 10, 2);
  EXPECT_NE(drawn[0], drawn[1]);
  EXPECT_EQ(svg::wrap_apart({names[0], "short"}, 10, 2)[0].size(), 2U) << "nothing else is like it";
}

}  // namespace
}  // namespace apical
