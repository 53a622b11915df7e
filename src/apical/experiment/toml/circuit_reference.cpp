// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/circuit_reference.h"

#include <fmt/format.h>

#include "apical/experiment/toml/circuit_fields.h"
#include "apical/experiment/toml/part_table.h"

namespace apical {
namespace {

template <class Part>
std::string table(const char* title, Part standard = {}) {
  part_table::Lister<Part> lister{standard};
  fields(lister, standard);
  return part_table::titled(title, lister.rows);
}

}  // namespace

std::string circuit_reference() {
  return "How circuits are written is told in [circuits.md](circuits.md).\n\n" +
         table<Population>("[[population]], beyond name, kind and size") +
         table<Compartment>("compartments") + table<CompartmentNoise>("noise") +
         table<Projection>("[[projection]], beyond name, from, to and compartment") +
         table<InitialWeights>("weights, deviation") + table<DerivedWeights>("derivation") +
         table<TransposedView>("view") + table<PlasticityRule>("rule") + table<PostFactor>("rule.post") +
         table<PreFactor>("rule.pre") + table<WeightDecay>("rule.decay");
}

}  // namespace apical
