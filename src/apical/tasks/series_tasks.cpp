// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/series_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "apical/core/random.h"
#include "apical/tasks/task_fields.h"
#include "apical/tasks/temporal_series.h"

namespace apical {
namespace {

// ---- a sum of sines ----

struct SinesOptions {
  std::size_t steps = 100;
  std::vector<double> cycles{1, 2, 3, 5};
  SineClock input = SineClock::clock;
  std::size_t inputs = 5;
  double spike_probability = 0.05;
  std::size_t train_samples = 20;
  std::uint64_t seed = 42;
  double dt_ms = 1;
};

void fields(FieldVisitor& v, SinesOptions& o) {
  const char* source = "Bellec et al. 2020";
  v({"steps", "steps", "of a sample", within(2, 1e6)}, o.steps);
  v({"cycles", "", "of each sine in a sample; amplitudes from 0.5 to 2 and phases are drawn", more_than(0),
     source},
    o.cycles);
  v({"input", "", "clock: input j is 1 in the j-th part of a sample; spikes: random ones, always the same"},
    o.input);
  count_field(v, "inputs", "of them", o.inputs, 1, 1e4, "");
  if (v.when(o.input == SineClock::spikes)) {
    v({"spike_probability", "", "of an input, per step", within(0, 1), source}, o.spike_probability);
  } else {
    v.without("spike_probability", "input = \"clock\"");
  }
  count_field(v, "train_samples", "presentations in an epoch, all of them the same", o.train_samples, 1, 1e6,
              "");
  seed_field(v, o.seed);
  v({"dt_ms", "ms", "duration of a step", within(1e-6, 1e3), source}, o.dt_ms);
}

Matrix<double> clock_of(const SinesOptions& o) {
  Matrix<double> rows(o.steps, o.inputs);
  for (std::size_t t = 0; t < o.steps; ++t) {
    if (o.input == SineClock::clock) {
      rows(t, t * o.inputs / o.steps) = 1;
      continue;
    }
    for (std::size_t j = 0; j < o.inputs; ++j) {
      const double draw = uniform({o.seed, Stream::task_input, 2, t * o.inputs + j});
      rows(t, j) = draw < o.spike_probability ? 1 : 0;
    }
  }
  return rows;
}

Dataset build(const SinesOptions& o) {
  SumOfSines sines;
  sines.cycles = o.cycles;
  for (std::size_t i = 0; i < o.cycles.size(); ++i) {
    sines.amplitude.push_back(uniform({o.seed, Stream::task_input, 0, i}, 0.5, 2));
    sines.phase.push_back(uniform({o.seed, Stream::task_input, 1, i}, 0, 2 * std::numbers::pi));
  }
  const std::vector<double> wanted = sum_of_sines(sines, o.steps);
  const Matrix<double> inputs = clock_of(o);
  const auto split = [&](std::size_t samples) {
    Split s;
    s.targets = Matrix<double>(samples, 1, wanted.back());
    for (std::size_t i = 0; i < samples; ++i) {
      s.sequences.push_back(step_by_step(inputs));
      Matrix<double>& course = s.target_courses.emplace_back(o.steps, 1);
      std::copy(wanted.begin(), wanted.end(), course.flat().begin());
    }
    return s;
  };
  Dataset data;
  data.name = "sines";
  data.sequence_dt_ms = o.dt_ms;
  data.answer_steps = o.steps;
  data.train = split(o.train_samples);
  data.validation = split(1);
  data.test = split(1);
  return data;
}

// ---- Mackey-Glass ----

struct MackeyGlassOptions {
  double tau = 17;
  std::size_t ahead = 15, window = 100, unscored = 20, stride = 20;
  std::size_t train_units = 4000, validation_units = 1000, test_units = 1900;
  std::uint64_t seed = 42;
};

void fields(FieldVisitor& v, MackeyGlassOptions& o) {
  const char* source = "Mackey & Glass 1977";
  v({"tau", "units of time", "delay of the equation; chaotic from about 17 on", within(0.1, 1e4), source},
    o.tau);
  v({"ahead_steps", "steps", "how far ahead the series is predicted; a step is a unit of time",
     within(1, 1e4)},
    o.ahead);
  v({"window_steps", "steps", "of a sample", within(2, 1e6)}, o.window);
  v({"unscored_steps", "steps", "first ones of a sample in which no answer is wanted", within(0, 1e6)},
    o.unscored);
  if (o.unscored >= o.window) {
    throw FieldError({"unscored_steps", "window_steps"},
                     fmt::format("is {}; expected less than 'window_steps' = {}", o.unscored, o.window));
  }
  v({"stride_steps", "steps",
     "from the start of a training sample to that of the next; those of other splits "
     "do not overlap",
     within(1, 1e6)},
    o.stride);
  const std::size_t shortest = o.window + o.ahead;
  struct Part {
    const char *name, *meaning;
    std::size_t& units;
  };
  for (const Part& p : {Part{"train_units", "of the series for training", o.train_units},
                        Part{"validation_units", "that follow, for validation", o.validation_units},
                        Part{"test_units", "that follow, for the test", o.test_units}}) {
    v({p.name, "units of time", p.meaning, within(1, 1e7)}, p.units);
    if (p.units < shortest) {
      throw FieldError(
          p.name, fmt::format("is {}; expected at least window_steps + ahead_steps = {}", p.units, shortest));
    }
  }
  seed_field(v, o.seed);
}

/// Windows of the series from `first` on.
Split windows_of(const std::vector<double>& series, std::size_t first, std::size_t units, std::size_t stride,
                 const MackeyGlassOptions& o) {
  const std::size_t count = (units - o.window - o.ahead) / stride + 1, scored = o.window - o.unscored;
  Split s;
  s.targets = Matrix<double>(count, 1);
  for (std::size_t i = 0; i < count; ++i) {
    const auto start = series.begin() + static_cast<std::ptrdiff_t>(first + i * stride);
    Matrix<double> shown(o.window, 1), wanted(scored, 1);
    std::copy_n(start, o.window, shown.flat().begin());
    std::copy_n(start + static_cast<std::ptrdiff_t>(o.unscored + o.ahead), scored, wanted.flat().begin());
    s.targets(i, 0) = wanted.flat().back();
    s.sequences.push_back(step_by_step(std::move(shown)));
    s.target_courses.push_back(std::move(wanted));
  }
  return s;
}

Dataset build(const MackeyGlassOptions& o) {
  MackeyGlass equation;
  equation.tau = o.tau;
  equation.x0 = 1.2 + uniform({o.seed, Stream::task_input, 0, 0}, -0.1, 0.1);
  std::vector<double> series = mackey_glass(equation, o.train_units + o.validation_units + o.test_units);
  for (double& x : series) x = std::tanh(x - 1);
  double mean = 0, squares = 0;
  for (std::size_t i = 0; i < o.train_units; ++i) mean += series[i] / static_cast<double>(o.train_units);
  for (std::size_t i = 0; i < o.train_units; ++i)
    squares += (series[i] - mean) * (series[i] - mean) / static_cast<double>(o.train_units);
  for (double& x : series) x = (x - mean) / std::sqrt(squares);
  Dataset data;
  data.name = "mackey-glass";
  data.sequence_dt_ms = 1;
  data.answer_steps = o.window - o.unscored;
  data.train = windows_of(series, 0, o.train_units, o.stride, o);
  data.validation = windows_of(series, o.train_units, o.validation_units, o.window, o);
  data.test = windows_of(series, o.train_units + o.validation_units, o.test_units, o.window, o);
  return data;
}

}  // namespace

TaskInfo mackey_glass_task() {
  return {.name = "mackey-glass",
          .description =
              "a chaotic series is predicted; values are squashed and standardised by those of training, so "
              "that a loss is about the square of the error relative to the standard deviation",
          .citation = "Mackey & Glass (1977) Science 197:287; the protocol is ours",
          .recipe = TaskRecipe(MackeyGlassOptions{}),
          .sequences = true};
}

TaskInfo sines_task() {
  return {.name = "sines",
          .description =
              "a sum of sines is drawn, always the same, from inputs that only tell the time; less its first "
              "value, divided by its largest",
          .citation = "Bellec et al. (2020) Nat Commun 11:3625; amplitudes and phases are our draws",
          .recipe = TaskRecipe(SinesOptions{}),
          .sequences = true};
}

}  // namespace apical
