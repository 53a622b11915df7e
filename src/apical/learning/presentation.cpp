// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/presentation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/core/field_error.h"
#include "apical/learning/output_targets.h"

namespace apical {
namespace {

/// Per population, the longest way from the stimulus along forward projections; 0 where there is none.
std::vector<std::size_t> depths(const Circuit& c) {
  std::vector<std::size_t> depth(c.populations().size(), 0);
  if (!c.stimulus()) return depth;
  // A loop would lengthen its ways for ever; no way without one is longer than there are populations.
  for (std::size_t round = 0; round <= c.populations().size(); ++round) {
    for (const Projection& j : c.projections()) {
      if (j.pathway != Pathway::forward || j.view || j.to == j.from) continue;
      if (j.from != *c.stimulus() && depth[j.from.value] == 0) continue;
      depth[j.to.value] =
          std::max(depth[j.to.value], std::min(depth[j.from.value] + 1, c.populations().size()));
    }
  }
  return depth;
}

}  // namespace

std::vector<PopulationId> forward_path(const Circuit& c) {
  const std::vector<std::size_t> depth = depths(c);
  std::vector<PopulationId> path;
  for (std::uint32_t p = 0; p < depth.size(); ++p) {
    if (depth[p] > 0 && c.populations()[p].kind == Population::Kind::neurons) path.push_back({p});
  }
  return path;
}

std::size_t forward_depth(const Circuit& c) { return c.readout() ? depths(c)[c.readout()->value] : 0; }

void check_presentation(const Circuit& c, const Dataset& data, const Presentation& presentation) {
  if (!c.stimulus() || !c.readout()) {
    throw ConfigError(fmt::format("circuit '{}' names no {}", c.name, c.stimulus() ? "readout" : "stimulus"),
                      {}, "set stimulus, target and readout to populations of the circuit");
  }
  if (data.is_sequence() && std::abs(data.sequence_dt_ms - c.dt_ms) > 1e-9 * c.dt_ms) {
    throw FieldError::about(
        {"dt_ms"},
        fmt::format("task '{}' changes in steps of {:g} ms, but circuit '{}' has steps of {:g} ms", data.name,
                    data.sequence_dt_ms, c.name, c.dt_ms),
        "give dt_ms the same value in both");
  }
  if (!data.train.target_courses.empty()) {
    throw ConfigError(
        fmt::format("task '{}' wants another answer in each step, and circuits are taught one per sample",
                    data.name),
        {}, "choose a recurrent network: bptt, rflo, e-prop …");
  }
  if (data.train.augmentation.any()) {
    throw FieldError::about(
        {"augment"},
        fmt::format("task '{}' draws its training pictures anew in each epoch, which circuits do not",
                    data.name),
        "set augment = \"none\", or choose a layered network");
  }
  APICAL_CHECK(!(data.is_sequence() && data.closed_loop));
  const Population& out = c[*c.readout()];
  if (data.inputs() != c[*c.stimulus()].size || data.outputs() != out.size) {
    throw FieldError::about(
        {"layers"},
        fmt::format("task '{}' has {} inputs and {} outputs, but circuit '{}' has {} and {}", data.name,
                    data.inputs(), data.outputs(), c.name, c[*c.stimulus()].size, out.size),
        fmt::format("the first entry of layers must be {} and the last {}", data.inputs(), data.outputs()));
  }
  const auto hold = std::llround(presentation.presentation_ms / c.dt_ms);
  const std::size_t depth = forward_depth(c);
  const std::size_t needed = steps_there_and_back(depth);
  if (!data.is_sequence() && hold < static_cast<long long>(needed)) {
    throw FieldError::about(
        {"presentation_ms"},
        fmt::format("presentation_ms = {:g} holds a sample for {} steps, but input needs {} to "
                    "reach the output and errors as many to come back",
                    presentation.presentation_ms, hold, depth),
        fmt::format("choose at least {:g}", static_cast<double>(needed) * c.dt_ms));
  }
  const auto each = [&](const std::vector<double>& own, double all) {
    return own.empty() ? std::vector<double>(out.size, all) : own;
  };
  OutputTargets(c, data, presentation.target_potentials, each(out.slopes, out.slope),
                each(out.offsets, out.offset));
}

std::int64_t steps_of(const Dataset& data, SplitName split, const Presentation& presentation, double dt_ms) {
  if (split != SplitName::train && data.closed_loop) {
    return presentation.steps_per_control * data.closed_loop->stretches * data.closed_loop->control_steps;
  }
  const Split& s = split_of(data, split);
  const auto samples = static_cast<std::int64_t>(s.size());
  std::int64_t steps = samples * presentation.further_steps();
  if (!data.is_sequence()) return steps + samples * std::llround(presentation.presentation_ms / dt_ms);
  for (const InputSequence& course : s.sequences) steps += course.steps();
  return steps;
}

}  // namespace apical
