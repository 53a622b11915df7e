// SPDX-License-Identifier: Apache-2.0
// Any text is an experiment, a comparison, a protocol or a search, or is refused with its place. What is
// accepted is, as resolved, the same experiment again.
#include "apical/experiment/experiment.h"

#include "apical/experiment/protocol.h"
#include "apical/experiment/search.h"
#include "support/fuzz.h"

APICAL_FUZZ(input) {
  using namespace apical;
  std::optional<TomlDocument> document;
  if (!fuzz::accepted([&] { document = TomlDocument::parse(input.text(), "x.toml"); })) return;
  std::vector<Experiment> variants;
  if (fuzz::accepted([&] { variants = read_variants(*document); })) {
    for (const Experiment& e : variants) {
      const Experiment again = read_experiment(TomlDocument::parse(e.resolved, "resolved.toml"));
      fuzz::require(again.resolved == e.resolved);
    }
  }
  fuzz::accepted([&] { read_protocol(*document); });
  fuzz::accepted([&] { read_search(*document); });
}
