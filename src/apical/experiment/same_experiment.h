// SPDX-License-Identifier: Apache-2.0
// Whether one experiment is another for longer, by their resolved texts.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace apical {

/// Keys with different values, that decide what is learned on what: not those that only name, record or
/// measure, nor how long it goes on. "training.eta_decay", "projection.2.density" …
struct ExperimentDifferences {
  std::vector<std::string> of_model;   ///< another model, task, presentation or seeds
  std::vector<std::string> of_course;  ///< schedules and evaluations: the same model on another way
};
ExperimentDifferences differences_between(const std::string& resolved, const std::string& other);

/// Keys with their values as texts; a list of numbers or texts is one value.
std::map<std::string, std::string> values_by_key(const std::string& resolved);

/// All keys with different values, or that only one has.
std::vector<std::string> differing_keys(const std::string& resolved, const std::string& other);
/// The same of what values_by_key() gave.
std::vector<std::string> differing_keys(const std::map<std::string, std::string>& one,
                                        const std::map<std::string, std::string>& two);

}  // namespace apical
