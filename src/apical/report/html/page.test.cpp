// SPDX-License-Identifier: Apache-2.0
#include "apical/report/html/page.h"

#include <gtest/gtest.h>

#include "apical/io/digest.h"
#include "apical/io/png.h"
#include "support/well_formed.h"

namespace apical {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Page, ASectionInWhichNothingIsShownLeavesNoTrace) {
  Page page("title");
  page.section("Empty");
  page.grid();
  page.figure("", "no drawing", "");
  page.table({.columns = {{"without"}, {"rows"}}});
  page.references({});
  page.section("Full");
  page.grid();
  page.figure("<svg/>", "drawing", "caption");
  page.end_section();
  page.paragraph("below no heading");
  const std::string text = page.text();
  EXPECT_EQ(test::malformed(text), "");
  EXPECT_FALSE(contains(text, "Empty"));
  EXPECT_TRUE(contains(text, "<h2>Full</h2>\n<div class=\"grid\">\n<figure>"));
  EXPECT_EQ(test::occurrences(text, "<h2>"), 1U);
  EXPECT_TRUE(contains(text, "Figure 1 | drawing"));
}

TEST(Page, OpenGridsAreClosedAtTheEnd) {
  Page page("title");
  page.grid();
  page.note("inside");
  EXPECT_EQ(test::malformed(page.text()), "");
}

TEST(Page, TextFromOutsideStaysText) {
  const std::string evil = "<b a=\"1\">&'";
  Page page(evil);
  page.heading(evil, {evil}, {{evil, evil}, {"", evil}, {"unseen", ""}});
  page.section(evil);
  page.paragraph(evil, evil);
  page.note(evil);
  page.warnings({evil, evil});
  page.table({.columns = {{evil, evil}},
              .rows = {{{{.text = evil, .below = evil, .look = Cell::Look::heading, .rows = 2}}, true}}});
  page.figure("<svg/>", evil, evil);
  page.details(evil, evil);
  page.references({evil + " doi:10.1000/" + evil});
  const std::string text = page.text();
  EXPECT_EQ(test::malformed(text), "");
  EXPECT_FALSE(contains(text, evil));
  EXPECT_FALSE(contains(text, "unseen"));
}

TEST(Page, OfManyWarningsTheFirstStandBeforeTheResult) {
  const auto text = [](int count) {
    Page page("a");
    std::vector<std::string> all;
    for (int i = 1; i <= count; ++i) all.push_back("warning " + std::to_string(i) + ".");
    page.warnings(all);
    return page.text();
  };
  EXPECT_EQ(text(8).find("<summary>"), std::string::npos);
  const std::string many = text(100);
  EXPECT_NE(many.find("100 warnings"), std::string::npos);
  EXPECT_LT(many.find("warning 6."), many.find("<summary>94 more</summary>"));
  EXPECT_GT(many.find("warning 7."), many.find("<summary>94 more</summary>"));
  EXPECT_NE(many.find("warning 100."), std::string::npos) << "none is lost";
}

TEST(Page, DoisInReferencesAreLinks) {
  Page page("title");
  page.references({"A (2026), doi:10.1000/x.", "https://doi.org/10.1000/y", "version 10.2 of something"});
  const std::string text = page.text();
  EXPECT_TRUE(contains(text, "doi:<a href=\"https://doi.org/10.1000/x\">10.1000/x</a>."));
  EXPECT_TRUE(contains(text, "<li><a href=\"https://doi.org/10.1000/y\">10.1000/y</a></li>"));
  EXPECT_EQ(test::occurrences(text, "<a href"), 2U);
}

TEST(Page, AFoldedSectionIsClosedBeforeTheNext) {
  Page page("title");
  page.folded_section("Folded and empty");
  page.folded_section("Folded");
  page.paragraph("inside");
  page.section("Open");
  page.paragraph("outside");
  page.folded_section("Last");
  page.paragraph("inside too");
  const std::string text = page.text();
  EXPECT_EQ(test::malformed(text), "");
  EXPECT_TRUE(
      contains(text,
               "<details class=\"section\"><summary><h2>Folded</h2></summary>\n<p>inside</p>\n</details>\n"
               "<h2>Open</h2>\n<p>outside</p>\n<details"));
  EXPECT_FALSE(contains(text, "Folded and empty"));
}

TEST(Page, FiguresThatComeAsValuesAreKeptUnderNamesOfTheirOwn) {
  Page page("title");
  DotPlot plot{.description = "d", .x_label = "x"};
  plot.rows.push_back({.label = "a", .seeds = {{1, 2}}, .interval = mean_interval(std::vector{2.0})});
  page.figure({"Test loss", "caption", plot});
  page.figure({"Test loss", "caption", plot});
  page.figure({"Nothing", "caption", DotPlot{}});
  ASSERT_EQ(page.figures().size(), 2U);
  EXPECT_EQ(page.figures()[1].name, "test-loss-2");
  const std::string text = page.text();
  EXPECT_EQ(test::malformed(text), "");
  EXPECT_TRUE(contains(text, "<figure id=\"test-loss-2\">"));
  EXPECT_EQ(test::occurrences(text, "<script type=\"application/json\">"), 2U);
}

TEST(Page, OnlyItsOwnScriptMayRun) {
  const std::string text = Page("title").text();
  const std::size_t from = text.find("<script>") + 8;
  const std::string script = text.substr(from, text.rfind("</script>") - from);
  const std::string hex = io::digest_of(io::Digest::sha256, io::bytes_of(script));
  io::Bytes digest;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    digest.push_back(static_cast<std::byte>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  EXPECT_TRUE(contains(text, "script-src 'sha256-" + io::base64(digest) + "'; base-uri"));
  EXPECT_TRUE(contains(text, "default-src 'none'"));
}

}  // namespace
}  // namespace apical
