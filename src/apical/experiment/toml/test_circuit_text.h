// SPDX-License-Identifier: Apache-2.0
// For tests: circuits of either kind from text, and what is wrong with a text.
#pragma once

#include <string>

#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// `read_parts` adds what the text says to the circuit.
template <class SomeCircuit>
SomeCircuit circuit_from(void (*read_parts)(TomlReader&, SomeCircuit&), const std::string& text,
                         SomeCircuit circuit, std::string* resolved = nullptr) {
  const TomlDocument document = TomlDocument::parse(text, "x.toml");
  TomlReader root(document);
  read_parts(root, circuit);
  root.finish();
  if (resolved) *resolved = root.resolved();
  return circuit;
}

template <class SomeCircuit>
std::string error_from(void (*read_parts)(TomlReader&, SomeCircuit&), const std::string& text,
                       const SomeCircuit& circuit) {
  try {
    circuit_from(read_parts, text, circuit);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace apical
