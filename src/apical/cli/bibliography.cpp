// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/bibliography.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <regex>
#include <set>

namespace apical::cli {
namespace {

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t.,";
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

std::string match(const std::string& text, const std::regex& pattern) {
  std::smatch found;
  return std::regex_search(text, found, pattern) ? found[1].str() : "";
}

/// "A, B & C", "A et al."; what they wrote begins after them: at "(1986)", at a year, or at the comma behind
/// the last of them.
std::string_view authors_of(std::string_view part) {
  std::size_t end = std::min(part.find(" ("), part.size());
  const std::size_t and_last = part.find(" & ");
  const std::size_t others = part.find(" et al.");
  if (others < end)
    end = others + std::string_view(" et al.").size();
  else if (and_last < end)
    end = std::min(end, part.find(',', and_last));
  else
    end = std::min(end, part.find(','));
  return part.substr(0, end);
}

std::optional<Reference> reference_of(std::string part) {
  static const std::regex year("\\b((?:19|20)[0-9]{2})\\b(?![.:][0-9])"), doi("(10\\.[0-9]{4,}/[^\\s,;)]+)"),
      arxiv("arXiv:? ?([0-9]{4}\\.[0-9]{4,5})"), lead("^[^,&(]*?(?:as in|: )\\s*");
  part = std::regex_replace(part, lead, "", std::regex_constants::format_first_only);
  Reference r;
  r.note = trimmed(part);
  r.year = match(part, year);
  r.doi = match(part, doi);
  r.arxiv = match(part, arxiv);
  std::string authors(authors_of(part));
  authors = std::regex_replace(authors, std::regex("\\s*(?:19|20)[0-9]{2}$"), "");
  if (const std::size_t others = authors.find(" et al."); others != std::string::npos) {
    r.and_others = true;
    authors.resize(others);
  }
  for (std::size_t at = 0; at < authors.size();) {
    const std::size_t comma = authors.find(", ", at), last = authors.find(" & ", at);
    const std::size_t end = std::min({comma, last, authors.size()});
    if (const std::string name = trimmed(std::string_view(authors).substr(at, end - at)); !name.empty())
      r.authors.push_back(name);
    at = end + (end == last ? 3 : 2);
  }
  const bool is_name =
      !r.authors.empty() && std::isupper(static_cast<unsigned char>(r.authors.front().front())) != 0;
  if (!is_name || r.year.empty()) return {};
  return r;
}

/// Letters of the first author's name.
std::string key_of(const Reference& r) {
  std::string key;
  for (const char c : r.authors.front()) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0)
      key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return key + r.year;
}

}  // namespace

std::vector<Reference> references_in(std::string_view citation) {
  std::vector<Reference> out;
  for (std::size_t at = 0; at < citation.size();) {
    const std::size_t end = std::min(citation.find("; ", at), citation.size());
    if (auto r = reference_of(std::string(citation.substr(at, end - at)))) out.push_back(std::move(*r));
    at = end + 2;
  }
  return out;
}

std::string bibtex(std::vector<Reference> references) {
  // "Max et al. 2026, doi:…" is the paper that another names with all its authors.
  std::stable_sort(references.begin(), references.end(), [](const Reference& a, const Reference& b) {
    return a.authors.size() > b.authors.size();
  });
  std::map<std::string, std::size_t> used;
  std::set<std::string> known;
  std::string out;
  for (const Reference& r : references) {
    const std::string key = key_of(r);
    const bool abridged = r.and_others && used.contains(key);
    if (abridged || (!r.doi.empty() && !known.insert(r.doi).second) || !known.insert(r.note).second) continue;
    const std::size_t before = used[key]++;
    out += fmt::format("@misc{{{}{},\n  author = {{", key,
                       before == 0 ? "" : std::string(1, static_cast<char>('a' + before)));
    for (std::size_t i = 0; i < r.authors.size(); ++i)
      out += fmt::format("{}{{{}}}", i > 0 ? " and " : "", r.authors[i]);
    out += fmt::format("{}}},\n  year = {{{}}},\n", r.and_others ? " and others" : "", r.year);
    if (!r.doi.empty()) out += fmt::format("  doi = {{{}}},\n", r.doi);
    if (!r.arxiv.empty()) out += fmt::format("  eprint = {{{}}},\n  archiveprefix = {{arXiv}},\n", r.arxiv);
    std::string note;
    for (const char c : r.note) {
      if (std::string_view("&%$#_").find(c) != std::string_view::npos) note += '\\';
      note += c;
    }
    out += fmt::format("  note = {{{}}},\n}}\n\n", note);
  }
  return out;
}

}  // namespace apical::cli
