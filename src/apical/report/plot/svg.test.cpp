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

TEST(Svg, WrapsAtSpacesAndHyphensAndEndsInAnEllipsis) {
  EXPECT_EQ(svg::wrap("error-neuron-microcircuit", 14, 3),
            (std::vector<std::string>{"error-neuron-", "microcircuit"}));
  EXPECT_EQ(svg::wrap("one two three four", 4, 2).back().substr(0, 4), "two ");
  EXPECT_TRUE(svg::wrap("one two three four", 4, 2).back().ends_with("…"));
  EXPECT_EQ(svg::wrap("", 5, 2), std::vector<std::string>{""});
}

}  // namespace
}  // namespace apical
