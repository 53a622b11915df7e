// SPDX-License-Identifier: Apache-2.0
// What tasks that reward have in common: how many episodes are judged, from which starts, and what counts as
// solved.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "apical/core/fields.h"
#include "apical/tasks/dataset.h"

namespace apical {

struct EpisodeOptions {
  double solved = 0;
  std::uint32_t validation_episodes = 20, test_episodes = 100;
  std::uint64_t validation_seed = 123456, test_seed = 44, seed = 0;
};

/// `source`: of `solved`.
void episode_fields(FieldVisitor& v, EpisodeOptions& o, const char* source = "");

/// The data of such a task. `starting_from` makes worlds whose episodes begin by a seed.
Dataset episodes_of(std::string name, const EpisodeOptions& o, std::size_t observations, std::size_t actions,
                    const std::function<Episodes::Factory(std::uint64_t seed)>& starting_from);

}  // namespace apical
