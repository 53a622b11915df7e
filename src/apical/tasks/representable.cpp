// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/representable.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "apical/core/error.h"

namespace apical {
namespace {

void require(const Dataset& data, const Split& split, const char* array, std::size_t sample,
             std::span<const double> shown, bool single) {
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const bool finite = std::isfinite(shown[i]);
    const std::string beyond = single && finite ? beyond_single(shown[i]) : "";
    if (finite && beyond.empty()) continue;
    const std::string at = split.place ? split.place(array, sample, i)
                                       : fmt::format("task '{}': {}[{}, {}]", data.name, array, sample, i);
    throw DataError(
        finite ? fmt::format("{} is {}", at, beyond)
               : fmt::format("{} is {} after normalisation; expected a finite number", at, shown[i]));
  }
}

void require(const Dataset& data, const Split& split, bool single) {
  if (!split.inputs.fit_single()) {
    std::vector<double> shown(split.inputs.features());
    for (std::size_t i = 0; i < split.inputs.samples(); ++i) {
      split.read_input(i, std::span<double>(shown));
      require(data, split, "inputs", i, shown, single);
    }
  }
  for (std::size_t i = 0; i < split.sequences.size(); ++i)
    require(data, split, "inputs", i, split.sequences[i].values.flat(), single);
  for (std::size_t i = 0; i < split.target_courses.size(); ++i)
    require(data, split, "targets", i, split.target_courses[i].flat(), single);
  for (std::size_t i = 0; i < split.targets.rows(); ++i)
    require(data, split, "targets", i, split.targets.row(i), single);
}

}  // namespace

std::string beyond_single(double number) {
  constexpr double kMost = std::numeric_limits<float>::max();
  if (std::abs(number) <= kMost) return "";
  return fmt::format(
      "{:g}, and the run is in single precision; expected at most {:g} in size\n  run.precision = \"double\" "
      "holds it",
      number, kMost);
}

void require_representable(const Dataset& data, bool single) {
  for (const Split* split : {&data.train, &data.validation, &data.test}) require(data, *split, single);
}

}  // namespace apical
