// SPDX-License-Identifier: Apache-2.0
// Samples of a data set as arrays.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <string>
#include <vector>

#include "apical/learning/learner.h"

namespace apical::python {

/// ConfigError, with those there are, for any other word.
SplitName split_named(const std::string& name);

/// Inputs as they are read, none of samples that run a course of their own; targets; labels and what they are
/// called; and which samples of the arrays they come from these are, where they come from arrays.
struct ShownSamples {
  Matrix<double> inputs, targets;
  std::vector<double> labels, rows;
  std::vector<std::string> classes;
};
/// All of a split, or some. DataError for one that is not there.
ShownSamples shown_samples_of(const Dataset& data, SplitName split,
                              const std::optional<std::vector<std::size_t>>& chosen = {});
nanobind::dict dict_of(ShownSamples samples);

}  // namespace apical::python
