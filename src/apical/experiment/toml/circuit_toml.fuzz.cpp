// SPDX-License-Identifier: Apache-2.0
// Any text is a circuit, of rate neurons or spiking ones, that is the same once written, or is refused.
#include "apical/experiment/toml/circuit_toml.h"

#include "apical/experiment/toml/spiking_circuit_toml.h"
#include "support/fuzz.h"

namespace {

using namespace apical;

template <class Description, class Read>
void back_and_forth(const TomlDocument& document, Read read) {
  Description circuit;
  const bool whole = fuzz::accepted([&] {
    TomlReader root(document);
    read(root, circuit);
  });
  if (!whole) return;
  const TomlDocument written = TomlDocument::parse(circuit_toml(circuit), "written.toml");
  TomlReader root(written);
  Description again;
  read(root, again);
  fuzz::require(again == circuit);
}

}  // namespace

APICAL_FUZZ(input) {
  std::optional<TomlDocument> document;
  if (!fuzz::accepted([&] { document = TomlDocument::parse(input.text(), "x.toml"); })) return;
  back_and_forth<Circuit>(*document, read_populations_and_projections);
  back_and_forth<SpikingCircuit>(*document, read_spiking_circuit);
}
