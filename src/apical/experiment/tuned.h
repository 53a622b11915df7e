// SPDX-License-Identifier: Apache-2.0
// What is recorded of how the settings of an experiment were found: the table [tuned], which 'apical tune'
// writes. Whoever compares models reads from it whether all had the same effort.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apical/core/fields.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

struct Tuned {
  std::size_t trials = 0;
  std::vector<std::size_t> rounds = {};  ///< trials of each round
  std::vector<std::size_t> epochs = {};  ///< for which those of each round learned
  std::vector<std::uint64_t> seeds = {};
  std::string metric, where;
  double score = 0;
  std::uint64_t draw_seed = 1;
  std::vector<std::string> space = {};   ///< "model.eta: log-uniform from 1 to 1000"
  std::vector<std::string> chosen = {};  ///< "model.eta = 12.5"

  /// The same budget, whatever was searched with it.
  bool same_effort(const Tuned& other) const;
  std::string effort() const;    ///< "40 trials each"
  std::string in_words() const;  ///< a sentence or two
};
void fields(FieldVisitor& v, Tuned& o);

/// Of a document that has it. [tune], the wish for it, is read elsewhere.
std::optional<Tuned> read_tuned(TomlReader& root);

}  // namespace apical
