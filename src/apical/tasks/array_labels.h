// SPDX-License-Identifier: Apache-2.0
// Labels of samples as classes: whole numbers or texts, each that occurs in training a class.
#pragma once

#include "apical/tasks/array_data.h"

namespace apical {

/// "iris.csv:14" of a text file, "train.npz: labels[12]" of others.
std::string place_of(const ArraySplit& split, const std::string& array, std::size_t sample);

class ClassTable {
 public:
  /// `classes` 0: the labels of `train`, numbers in their order or texts in that of the alphabet.
  ClassTable(const ArraySplit& train, std::size_t classes);
  const std::vector<std::string>& names() const { return names_; }
  /// Classes of all samples of a split. DataError that names the first label which is none, and the nearest.
  std::vector<std::int32_t> classes_of(const ArraySplit& split) const;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::int32_t, std::less<>> class_of_;
  bool given_;  ///< their number was
};

}  // namespace apical
