// SPDX-License-Identifier: Apache-2.0
// References as models and tasks write them, "Oja, J Math Biol 15:267, 1982; Max et al. (2026) …", as BibTeX.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace apical::cli {

struct Reference {
  std::vector<std::string> authors;
  bool and_others = false;
  std::string year;
  std::string note;  ///< all of it, as it was written
  std::string doi, arxiv;
};

/// Of a text with one or several, divided by semicolons; parts that name no author and year are none.
std::vector<Reference> references_in(std::string_view citation);

/// Each once, under keys such as "max2026". Titles are not known: the note has what the model says.
std::string bibtex(std::vector<Reference> references);

}  // namespace apical::cli
