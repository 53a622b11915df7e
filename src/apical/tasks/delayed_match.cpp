// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/delayed_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/random.h"
#include "apical/io/csv.h"
#include "apical/tasks/array_files.h"
#include "apical/tasks/task_fields.h"

namespace apical {
namespace {

struct MatchOptions {
  std::string train_trials, validation_trials, test_trials;
  std::size_t train_samples = 50, validation_samples = 50, test_samples = 50;
  std::uint64_t train_seed = 42, validation_seed = 123456, test_seed = 44;
  MatchTiming timing;
};

void fields(FieldVisitor& v, MatchOptions& o) {
  const char* source = "Max et al. 2025";
  MatchTiming& t = o.timing;
  struct Part {
    const char *name, *of;
    std::string& file;
    std::size_t& samples;
    std::uint64_t& seed;
  };
  const Part parts[] = {
      {"train", "training", o.train_trials, o.train_samples, o.train_seed},
      {"validation", "validation", o.validation_trials, o.validation_samples, o.validation_seed},
      {"test", "test", o.test_trials, o.test_samples, o.test_seed}};
  for (const Part& p : parts) {
    v({.name = fmt::format("{}_trials", p.name),
       .meaning =
           fmt::format("{} trials as they are: a .csv file with the columns delay_steps, first and second; "
                       "a relative path is sought in --data or APICAL_DATA first",
                       p.of),
       .optional = true},
      p.file);
  }
  const auto unless_given = [&](const Part& p, const std::string& what, auto&& field) {
    const std::string name = fmt::format("{}_{}", p.name, what);
    if (v.when(p.file.empty())) {
      field(name);
    } else {
      v.without(name, fmt::format("{}_trials, which has them", p.name));
    }
  };
  for (const Part& p : parts) {
    unless_given(p, "samples", [&](const std::string& name) {
      count_field(v, name.c_str(), fmt::format("{} trials", p.of).c_str(), p.samples, 1, 1e6, source);
    });
  }
  for (const Part& p : parts) {
    unless_given(p, "seed", [&](const std::string& name) {
      seed_field(v, name.c_str(), fmt::format("seed of the {} trials", p.of).c_str(), p.seed, source);
    });
  }
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

Split match_split(const std::vector<MatchTrial>& trials, const MatchTiming& timing) {
  Split split;
  split.targets = Matrix<double>(trials.size(), 1);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    split.sequences.push_back(trials[i].sequence(timing));
    split.targets(i, 0) = trials[i].target();
    split.labels.push_back(trials[i].target() > 0 ? 1 : 0);
  }
  return split;
}

Dataset build(const MatchOptions& o, const Resources& resources) {
  const auto split = [&](const std::string& file, std::uint64_t samples, std::uint64_t seed) {
    if (!file.empty())
      return match_split(read_match_trials(found_source(file, resources.data, "a .csv file of trials")),
                         o.timing);
    std::vector<MatchTrial> trials;
    for (std::uint64_t i = 0; i < samples; ++i) trials.push_back(draw_match_trial(seed, i, o.timing));
    return match_split(trials, o.timing);
  };
  Dataset data;
  data.name = "delayed-match-to-sample";
  data.train = split(o.train_trials, o.train_samples, o.train_seed);
  data.validation = split(o.validation_trials, o.validation_samples, o.validation_seed);
  data.test = split(o.test_trials, o.test_samples, o.test_seed);
  data.from_files = !o.train_trials.empty() || !o.validation_trials.empty() || !o.test_trials.empty();
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

std::vector<MatchTrial> read_match_trials(const io::Path& file) {
  const io::CsvTable table = io::read_csv(file);
  const auto column = [&](const char* name) {
    const auto at = std::find(table.header.begin(), table.header.end(), name);
    if (at == table.header.end()) {
      throw DataError(
          fmt::format("{} has no column '{}'; expected delay_steps, first and second", file.string(), name));
    }
    return static_cast<std::size_t>(at - table.header.begin());
  };
  const std::size_t delay = column("delay_steps"), first = column("first"), second = column("second");
  const auto whole = [&](std::size_t row, std::size_t k, double low, double high, const char* expected) {
    double number = 0;
    const bool fits = io::csv_number(table.cell(row, k), number) && number >= low && number <= high &&
                      number == std::floor(number) && (low >= 0 || number != 0);
    if (!fits) {
      throw DataError(fmt::format("{}:{}: {} is '{}'; expected {}", file.string(), table.lines[row],
                                  table.header[k], table.cell(row, k), expected));
    }
    return number;
  };
  std::vector<MatchTrial> trials(table.rows());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    trials[i].first = static_cast<std::int32_t>(whole(i, first, -1, 1, "1 or -1"));
    trials[i].second = static_cast<std::int32_t>(whole(i, second, -1, 1, "1 or -1"));
    trials[i].delay =
        static_cast<std::uint32_t>(whole(i, delay, 0, 1e6, "a whole number of steps up to 1e6"));
  }
  return trials;
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
