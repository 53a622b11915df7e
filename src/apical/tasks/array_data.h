// SPDX-License-Identifier: Apache-2.0
// Samples of your own as arrays: what task 'arrays' learns from, whether they were read from files
// (array_files.h) or handed in by a program that has them in memory:
//   HandedArrays mine;
//   mine.by_name["day 1"] = {.inputs = io::array_of<float>({150, 4}, values), .labels = …};
//   Resources{pool, .arrays = std::make_shared<const HandedArrays>(mine)}  // train = "memory:day 1"
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apical/io/array.h"

namespace apical {

/// One split. Labels or targets, not both, and the same in all splits of a task.
struct ArraySplit {
  io::Array inputs;  ///< [sample, feature], [sample, time, feature] …; any type of number
  std::optional<io::Array> labels = {};       ///< [sample]: whole numbers
  std::vector<std::string> label_names = {};  ///< or labels as texts, one per sample
  std::optional<io::Array> targets = {};      ///< [sample] or [sample, output]
  std::string origin = {};                    ///< opens messages: "train.npz"
  std::vector<std::uint32_t> lines = {};      ///< of a text file, for each sample; empty: no text file
};

struct ArrayParts {
  ArraySplit train;
  std::optional<ArraySplit> validation = {}, test = {};
};

/// What a program hands in (Resources::arrays); an experiment says memory:NAME where it says a file
/// otherwise.
struct HandedArrays {
  std::map<std::string, ArraySplit, std::less<>> by_name;
};

}  // namespace apical
