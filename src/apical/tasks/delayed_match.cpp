// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/delayed_match.h"

#include <fmt/format.h>

#include "apical/core/random.h"

namespace apical {
namespace {

Split make_split(std::uint64_t trials, std::uint64_t seed, const MatchTiming& timing) {
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

Dataset make_delayed_match(const TaskParameters& p) {
  MatchTiming timing;
  timing.silence = static_cast<std::uint32_t>(p.count("silence_steps"));
  timing.cue = static_cast<std::uint32_t>(p.count("cue_steps"));
  timing.shortest_delay = static_cast<std::uint32_t>(p.count("shortest_delay_steps"));
  timing.longest_delay = static_cast<std::uint32_t>(p.count("longest_delay_steps"));
  timing.dt_ms = p.number("dt_ms");
  if (timing.longest_delay < timing.shortest_delay) {
    throw ConfigError(
        fmt::format("'longest_delay_steps' of task 'delayed-match-to-sample' is {}; expected at least "
                    "'shortest_delay_steps' = {}",
                    timing.longest_delay, timing.shortest_delay));
  }
  Dataset data;
  data.name = "delayed-match-to-sample";
  data.train = make_split(p.count("train_samples"), p.count("train_seed"), timing);
  data.validation = make_split(p.count("validation_samples"), p.count("validation_seed"), timing);
  data.test = make_split(p.count("test_samples"), p.count("test_seed"), timing);
  data.class_names = {"non-match", "match"};
  data.readout = Readout::sign;
  data.sequence_dt_ms = timing.dt_ms;
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
  const std::string source = "Max et al. 2025";
  const MatchTiming timing;
  const auto steps = [&](std::string name, std::uint32_t value, std::string meaning, double minimum) {
    ParameterInfo info = count_parameter(std::move(name), value, std::move(meaning), minimum, 1e6, source);
    info.unit = "steps";
    return info;
  };
  ParameterInfo dt;
  dt.name = "dt_ms";
  dt.unit = "ms";
  dt.default_value = timing.dt_ms;
  dt.meaning = "duration of a step";
  dt.minimum = 1e-6;
  dt.maximum = 1e3;
  dt.source = source;
  TaskInfo info;
  info.name = "delayed-match-to-sample";
  info.description =
      "two cues of +1 or -1 around a silent delay; target +1 if they are equal, -1 if not, read at the end";
  info.parameters = {
      count_parameter("train_samples", 50, "training trials", 1, 1e6, source),
      count_parameter("validation_samples", 50, "validation trials", 1, 1e6, source),
      count_parameter("test_samples", 50, "test trials", 1, 1e6, source),
      count_parameter("train_seed", 42, "seed of the training trials", 0, kLargestSeed, source),
      count_parameter("validation_seed", 123456, "seed of the validation trials", 0, kLargestSeed, source),
      count_parameter("test_seed", 44, "seed of the test trials", 0, kLargestSeed, source),
      steps("silence_steps", timing.silence, "silence before the first cue", 0),
      steps("cue_steps", timing.cue, "duration of each cue", 1),
      steps("shortest_delay_steps", timing.shortest_delay, "shortest delay between the cues", 0),
      steps("longest_delay_steps", timing.longest_delay, "longest delay between the cues", 0),
      dt,
  };
  info.citation =
      "Max, Jaras, Granier, Wilmes & Petrovici (2025) bioRxiv 2025.07.11.664263, Fig. 2b; "
      "the trials are our draws with its law, not its trials";
  info.classifies = true;
  info.sequences = true;
  info.make = make_delayed_match;
  return info;
}

}  // namespace apical
