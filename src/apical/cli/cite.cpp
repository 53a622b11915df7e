// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/bibliography.h"
#include "apical/cli/command.h"
#include "apical/io/json.h"
#include "apical/run/runs_in.h"
#include "apical/run/seals.h"

namespace apical::cli {
namespace {

/// The program that made a run, by what its manifest says.
std::string software_entry(const nlohmann::json& manifest) {
  const nlohmann::json& apical = manifest.at("apical");
  return fmt::format(
      "@software{{apical,\n  author = {{{{The Apical developers}}}},\n  title = {{Apical}},\n  version = "
      "{{{}}},\n"
      "  year = {{{}}},\n  note = {{revision {}, numerics {}}},\n}}\n\n",
      apical.at("version").get<std::string>(), manifest.at("created").get<std::string>().substr(0, 4),
      apical.at("revision").get<std::string>(), apical.at("numerics").get<int>());
}

int cite(Context& context, const Arguments& arguments) {
  std::vector<Reference> references;
  std::vector<std::string> unknown;
  std::string software;
  nlohmann::json sources = nlohmann::json::array();
  for (const std::string& given : arguments.positionals) {
    for (const io::Path& run : runs_in(given)) {
      if (!io::file_exists(run / "manifest.json")) continue;  // planned, not begun
      const nlohmann::json manifest = read_sealed(run / "manifest.json");
      if (software.empty()) software = software_entry(manifest);
      for (const char* member : {"citation", "task_citation"}) {
        const std::string text = manifest.value(member, "");
        if (text.empty()) continue;
        if (std::find(sources.begin(), sources.end(), text) == sources.end()) sources.push_back(text);
        const std::vector<Reference> found = references_in(text);
        references.insert(references.end(), found.begin(), found.end());
        if (found.empty() && std::find(unknown.begin(), unknown.end(), text) == unknown.end())
          unknown.push_back(text);
      }
    }
  }
  if (software.empty())
    throw DataError(fmt::format("no run of {} has begun", join_names(arguments.positionals)));
  const std::string text = software + bibtex(std::move(references));
  if (arguments.has("--json")) {
    context.out << io::json_text({{"schema", "apical-cite/1"}, {"sources", sources}, {"bibtex", text}});
  } else {
    context.out << text;
    for (const std::string& line : unknown) context.out << "% " << line << '\n';
  }
  return 0;
}

}  // namespace

Command cite_command() {
  Command c;
  c.name = "cite";
  c.summary = "BibTeX of Apical and of the papers behind the models and tasks of runs";
  c.positionals = {{"RUN", "directories of runs or of comparisons", 1, 10000}};
  c.examples = {"apical cite runs/error-neurons-001 > apical.bib"};
  c.run = cite;
  return c;
}

}  // namespace apical::cli
