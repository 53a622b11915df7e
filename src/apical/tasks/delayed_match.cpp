// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/delayed_match.h"

#include <fmt/format.h>

#include "apical/core/random.h"
#include "apical/tasks/task_fields.h"

namespace apical {
namespace {

struct MatchOptions {
  std::size_t train_samples = 50, validation_samples = 50, test_samples = 50;
  std::uint64_t train_seed = 42, validation_seed = 123456, test_seed = 44;
  MatchTiming timing;
};

void fields(FieldVisitor& v, MatchOptions& o) {
  const char* source = "Max et al. 2025";
  MatchTiming& t = o.timing;
  count_field(v, "train_samples", "training trials", o.train_samples, 1, 1e6, source);
  count_field(v, "validation_samples", "validation trials", o.validation_samples, 1, 1e6, source);
  count_field(v, "test_samples", "test trials", o.test_samples, 1, 1e6, source);
  seed_field(v, "train_seed", "seed of the training trials", o.train_seed, source);
  seed_field(v, "validation_seed", "seed of the validation trials", o.validation_seed, source);
  seed_field(v, "test_seed", "seed of the test trials", o.test_seed, source);
  v({"silence_steps", "steps", "silence before the first cue", within(0, 1e6), source}, t.silence);
  v({"cue_steps", "steps", "duration of each cue", within(1, 1e6), source}, t.cue);
  v({"shortest_delay_steps", "steps", "shortest delay between the cues", within(0, 1e6), source},
    t.shortest_delay);
  v({"longest_delay_steps", "steps", "longest delay between the cues", within(0, 1e6), source},
    t.longest_delay);
  if (t.longest_delay < t.shortest_delay) {
    throw FieldError({"longest_delay_steps", "shortest_delay_steps"},
                     fmt::format("is {}; expected at least 'shortest_delay_steps' = {}", t.longest_delay,
                                 t.shortest_delay));
  }
  v({"dt_ms", "ms", "duration of a step", within(1e-6, 1e3), source}, t.dt_ms);
}

Split match_split(std::uint64_t trials, std::uint64_t seed, const MatchTiming& timing) {
  Split split;
  split.targets = Matrix<double>(trials, 1);
  for (std::uint64_t i = 0; i < trials; ++i) {
    const MatchTrial trial = draw_match_trial(seed, i, timing);
    split.sequences.push_back(trial.sequence(timing));
    split.targets(i, 0) = trial.target();
    split.labels.push_back(trial.target() > 0 ? 1 : 0);
  }
  return split;
}

Dataset build(const MatchOptions& o) {
  Dataset data;
  data.name = "delayed-match-to-sample";
  data.train = match_split(o.train_samples, o.train_seed, o.timing);
  data.validation = match_split(o.validation_samples, o.validation_seed, o.timing);
  data.test = match_split(o.test_samples, o.test_seed, o.timing);
  data.class_names = {"non-match", "match"};
  data.readout = Readout::sign;
  data.sequence_dt_ms = o.timing.dt_ms;
  return data;
}

}  // namespace

InputSequence MatchTrial::sequence(const MatchTiming& timing) const {
  InputSequence course;
  const std::uint32_t delay_start = timing.silence + timing.cue;
  course.change_points = {0, timing.silence, delay_start, delay_start + delay,
                          delay_start + delay + timing.cue};
  course.values = Matrix<double>(4, 1);
  course.values(1, 0) = first;
  course.values(3, 0) = second;
  return course;
}

MatchTrial draw_match_trial(std::uint64_t seed, std::uint64_t index, const MatchTiming& timing) {
  const auto draw = [&](std::uint32_t object, std::uint64_t n) {
    return uniform_integer({seed, Stream::task_input, object, index}, n);
  };
  MatchTrial trial;
  trial.first = draw(0, 2) == 0 ? -1 : 1;
  trial.second = draw(1, 2) == 0 ? -1 : 1;
  const std::uint64_t delays = timing.longest_delay - timing.shortest_delay + std::uint64_t{1};
  trial.delay = timing.shortest_delay + static_cast<std::uint32_t>(draw(2, delays));
  return trial;
}

TaskInfo delayed_match_task() {
  return {.name = "delayed-match-to-sample",
          .description =
              "two cues of +1 or -1 around a silent delay; target +1 if they are equal, -1 if not, "
              "read at the end",
          .citation =
              "Max, Jaras, Granier, Wilmes & Petrovici (2025) bioRxiv 2025.07.11.664263, Fig. 2b; "
              "the trials are our draws with its law, not its trials",
          .recipe = TaskRecipe(MatchOptions{}),
          .classifies = true,
          .sequences = true};
}

}  // namespace apical
