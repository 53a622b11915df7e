// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <utility>

#include "apical/cli/bibliography.h"
#include "apical/cli/command.h"
#include "apical/io/json.h"
#include "apical/run/runs_in.h"
#include "apical/run/seals.h"

namespace apical::cli {
namespace {

/// The program that made a run, by what its manifest says.
struct Software {
  std::string version, year, revision;
  int numerics = 0;
};

Software software_of(const nlohmann::json& manifest) {
  const nlohmann::json& apical = manifest.at("apical");
  return {apical.at("version"), manifest.at("created").get<std::string>().substr(0, 4), apical.at("revision"),
          apical.at("numerics")};
}

std::string in_words(const Software& s) {
  return fmt::format("Apical {} ({}), revision {}, numerics {}", s.version, s.year, s.revision, s.numerics);
}

std::string entry_of(const Software& s) {
  return fmt::format(
      "@software{{apical,\n  author = {{{{The Apical developers}}}},\n  title = {{Apical}},\n  version = "
      "{{{}}},\n"
      "  year = {{{}}},\n  note = {{revision {}, numerics {}}},\n}}\n\n",
      s.version, s.year, s.revision, s.numerics);
}

/// What runs were made of and where that is from, each once, in the words of models and tasks.
struct Sources {
  std::optional<Software> software;
  std::vector<std::pair<std::string, std::string>> cited = {};  ///< "model burstprop", its citation

  void add(const nlohmann::json& manifest) {
    if (!software) software = software_of(manifest);
    for (const char* what : {"model", "task"}) {
      const std::string citation =
          manifest.value(what == std::string("task") ? "task_citation" : "citation", "");
      std::pair one{fmt::format("{} {}", what, manifest.value(what, "")), citation};
      if (!citation.empty() && std::find(cited.begin(), cited.end(), one) == cited.end())
        cited.push_back(std::move(one));
    }
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const auto& [what, citation] : cited) {
      if (std::find(out.begin(), out.end(), citation) == out.end()) out.push_back(citation);
    }
    return out;
  }
};

/// BibTeX begins an entry at every @, also behind a %.
std::string without_at(std::string text) {
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@'))
    text.replace(at, 1, " at ");
  return text;
}

int cite(Context& context, const Arguments& arguments) {
  Sources sources;
  for (const std::string& given : arguments.positionals) {
    for (const io::Path& run : runs_in(given)) {
      if (!io::file_exists(run / "manifest.json")) continue;  // planned, not begun
      sources.add(read_sealed(run / "manifest.json"));
    }
  }
  if (!sources.software)
    throw DataError(fmt::format("no run of {} has begun", join_names(arguments.positionals)));
  std::vector<Reference> references;
  for (const std::string& text : sources.texts()) {
    const std::vector<Reference> found = references_in(text);
    references.insert(references.end(), found.begin(), found.end());
  }
  const std::string entries = entry_of(*sources.software) + bibtex(std::move(references));
  if (arguments.has("--json")) {
    context.out << io::json_text(
        {{"schema", "apical-cite/1"}, {"sources", sources.texts()}, {"bibtex", entries}});
    return 0;
  }
  if (!arguments.has("--bibtex")) {
    // Comments of BibTeX, so that all of it may go into a file of references.
    context.out << "% " << in_words(*sources.software) << '\n';
    for (const auto& [what, citation] : sources.cited)
      context.out << "% " << without_at(fmt::format("{}: {}", what, citation)) << '\n';
    context.out << '\n';
  }
  context.out << entries;
  return 0;
}

}  // namespace

Command cite_command() {
  Command c;
  c.name = "cite";
  c.summary =
      "what to cite for runs: Apical and the papers behind their models and tasks, and BibTeX of them";
  c.positionals = {{"RUN", "directories of runs or of comparisons", 1, 10000}};
  c.options = {{"--bibtex", "", "the entries of BibTeX alone, without the text above them"}};
  c.examples = {"apical cite runs/error-neurons-001 > apical.bib"};
  c.run = cite;
  return c;
}

}  // namespace apical::cli
