// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/bibliography.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/models/layered_models.h"
#include "apical/models/recurrent_models.h"
#include "apical/models/registry.h"
#include "apical/models/spiking_models.h"

namespace apical::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

TEST(Bibliography, ReadsAuthorsYearAndAddressOfEachPaper) {
  const auto max = references_in(
      "Max, Jaras, Granier, Wilmes & Petrovici, PLoS Comput Biol 2026, doi:10.1371/journal.pcbi.1014164 "
      "(bioRxiv "
      "2025.07.11.664263)");
  ASSERT_THAT(max, SizeIs(1));
  EXPECT_THAT(max[0].authors, ElementsAre("Max", "Jaras", "Granier", "Wilmes", "Petrovici"));
  EXPECT_EQ(max[0].year, "2026");
  EXPECT_EQ(max[0].doi, "10.1371/journal.pcbi.1014164");

  const auto two = references_in(
      "Rumelhart, Hinton & Williams, Nature 323:533, 1986; feedback alignment: Lillicrap, Cownden, Tweed & "
      "Akerman, Nat "
      "Commun 7:13276, 2016");
  ASSERT_THAT(two, SizeIs(2));
  EXPECT_EQ(two[0].year, "1986");
  EXPECT_EQ(two[1].authors.front(), "Lillicrap");

  const auto others = references_in("Salvatori et al., arXiv:2212.00720, 2022");
  ASSERT_THAT(others, SizeIs(1));
  EXPECT_THAT(others[0].authors, ElementsAre("Salvatori"));
  EXPECT_TRUE(others[0].and_others);
  EXPECT_EQ(others[0].arxiv, "2212.00720");
  EXPECT_EQ(others[0].year, "2022");

  const auto as_in = references_in(
      "Mikulasch, Rudelt, Wibral & Priesemann, Trends Neurosci 46:45, 2023; constants and prospective coding "
      "as in Max et "
      "al. 2026, doi:10.1371/journal.pcbi.1014164");
  ASSERT_THAT(as_in, SizeIs(2));
  EXPECT_THAT(as_in[1].authors, ElementsAre("Max"));
  EXPECT_EQ(as_in[1].year, "2026");
  EXPECT_THAT(references_in("your own data; cite where they come from"), SizeIs(0));
}

TEST(Bibliography, NamesAPaperOnceUnderAKeyOfItsOwn) {
  std::vector<Reference> all;
  for (const char* text :
       {"Oja, J Math Biol 15:267, 1982", "Oja, Int J Neural Syst 1:61, 1982", "Oja, J Math Biol 15:267, 1982",
        "Max et al. 2026, doi:10.1/x", "Max & Jaras, PLoS 2026, doi:10.1/x"}) {
    for (Reference& r : references_in(text)) all.push_back(std::move(r));
  }
  const std::string text = bibtex(all);
  EXPECT_THAT(text, HasSubstr("@misc{oja1982,"));
  EXPECT_THAT(text, HasSubstr("@misc{oja1982b,"));
  EXPECT_THAT(text, Not(HasSubstr("oja1982c")));
  EXPECT_THAT(text, HasSubstr("author = {{Max} and {Jaras}}"));
  EXPECT_THAT(text, Not(HasSubstr("others")));
  EXPECT_THAT(text, HasSubstr("@misc{max2026,"));
  EXPECT_THAT(text, Not(HasSubstr("max2026b")));
}

TEST(Bibliography, UnderstandsWhatEveryModelCites) {
  std::vector<std::pair<std::string, std::string>> citations;
  for (const auto& m : models::all()) citations.emplace_back(m.name, m.citation);
  for (const auto& m : models::layered_models()) citations.emplace_back(m.name, m.citation);
  for (const auto& m : models::recurrent_models()) citations.emplace_back(m.name, m.citation);
  for (const auto& m : models::spiking_models()) citations.emplace_back(m.name, m.citation);
  EXPECT_GT(citations.size(), 30U);
  for (const auto& [name, citation] : citations)
    EXPECT_FALSE(references_in(citation).empty()) << name << ": " << citation;
}

}  // namespace
}  // namespace apical::cli
