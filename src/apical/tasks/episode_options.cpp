// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/episode_options.h"

#include <utility>

#include "apical/tasks/task_fields.h"

namespace apical {

void episode_fields(FieldVisitor& v, EpisodeOptions& o, const char* source) {
  v({"solved",
     "",
     "mean return of the last 100 training episodes from which on it counts as solved",
     {},
     source},
    o.solved);
  count_field(v, "validation_episodes", "episodes of a validation, each from a start of its own",
              o.validation_episodes, 0);
  count_field(v, "test_episodes", "episodes of the test", o.test_episodes, 0);
  seed_field(v, "validation_seed", "seed of the starts in validation", o.validation_seed);
  seed_field(v, "test_seed", "seed of the starts in the test", o.test_seed);
  seed_field(v, o.seed);
}

Dataset episodes_of(std::string name, const EpisodeOptions& o, std::size_t observations, std::size_t actions,
                    const std::function<Episodes::Factory(std::uint64_t seed)>& starting_from) {
  Dataset data;
  data.name = std::move(name);
  data.readout = Readout::largest_output;
  Episodes& e = data.episodes.emplace();
  e.train = starting_from(o.seed);
  e.validation = starting_from(o.validation_seed);
  e.test = starting_from(o.test_seed);
  e.observations = observations;
  e.actions = actions;
  e.validation_episodes = o.validation_episodes;
  e.test_episodes = o.test_episodes;
  e.solved = o.solved;
  return data;
}

}  // namespace apical
