// SPDX-License-Identifier: Apache-2.0
// The space of settings that [tune] names, and the points of it that are tried.
//   [tune]
//   trials = 40
//   seeds = [101, 102]
//   [tune.space]
//   "model.eta" = {log_uniform = [1, 1e4], each = 2}     # a list of two, each drawn for itself
//   "training.batch_size" = {log_uniform = [8, 128], whole = true}
//   "model.activation" = {choice = ["tanh", "logistic"]}
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/core/fields.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

struct SearchedKey {
  enum class Law { log_uniform, uniform, choice };
  std::string key;
  Law law = Law::log_uniform;
  double low = 0, high = 0;
  std::vector<std::string> choices = {};  ///< as TOML
  std::size_t each = 0;                   ///< length of the list; 0: no list
  bool whole = false;                     ///< of a range: its whole numbers
  Place place = {};                       ///< where it is given
  std::size_t dimensions() const { return each == 0 ? 1 : each; }
  std::string in_words() const;
};

struct TuneOptions {
  std::size_t trials = 40;
  std::vector<std::uint64_t> seeds = {101, 102};
  std::string metric;  ///< empty: accuracy where it is measured, else loss; the return where the task rewards
  std::size_t rounds = 3;
  std::size_t keep_one_of = 3;
  std::uint64_t draw_seed = 1;
};
void fields(FieldVisitor& v, TuneOptions& o);

struct Search {
  TuneOptions options;
  std::vector<SearchedKey> space;

  /// A point for each trial: what TOML says of every key. The points of the R2 sequence (Roberts 2018), which
  /// fills a space evenly however many are taken, from a place that draw_seed gives.
  std::vector<std::string> point(std::size_t trial) const;

  /// So many trials, and epochs, of each round: a share of the trials learns for longer each time, the last
  /// for all epochs.
  struct Round {
    std::size_t trials, epochs;
  };
  std::vector<Round> rounds(std::size_t epochs) const;
};

/// ConfigError if the document has no [tune], or one that is wrong.
Search read_search(const TomlDocument& document);

}  // namespace apical
