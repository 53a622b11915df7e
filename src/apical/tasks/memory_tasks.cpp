// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/memory_tasks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "apical/core/random.h"
#include "apical/tasks/memory_trials.h"
#include "apical/tasks/task_fields.h"

namespace apical {
namespace {

struct TrialCounts {
  std::size_t train_samples, validation_samples, test_samples;
  std::uint64_t train_seed = 42, validation_seed = 123456, test_seed = 44;
};

void count_fields(FieldVisitor& v, TrialCounts& o) {
  count_field(v, "train_samples", "training trials", o.train_samples, 1, 1e6, "");
  count_field(v, "validation_samples", "validation trials", o.validation_samples, 1, 1e6, "");
  count_field(v, "test_samples", "test trials", o.test_samples, 1, 1e6, "");
  seed_field(v, "train_seed", "seed of the training trials", o.train_seed);
  seed_field(v, "validation_seed", "seed of the validation trials", o.validation_seed);
  seed_field(v, "test_seed", "seed of the test trials", o.test_seed);
}

/// Splits whose trials `draw(seed, index, split)` adds one by one.
template <class Draw>
void fill(Dataset& data, const TrialCounts& counts, std::size_t outputs, Draw draw) {
  const auto split = [&](std::size_t trials, std::uint64_t seed) {
    Split s;
    s.targets = Matrix<double>(trials, outputs);
    for (std::size_t i = 0; i < trials; ++i) draw(seed, i, s);
    return s;
  };
  data.train = split(counts.train_samples, counts.train_seed);
  data.validation = split(counts.validation_samples, counts.validation_seed);
  data.test = split(counts.test_samples, counts.test_seed);
}

/// The first `steps` rows, each for one step.
InputSequence course_of(const Matrix<double>& rows, std::size_t steps) {
  Matrix<double> first(steps, rows.cols());
  std::copy_n(rows.flat().begin(), first.size(), first.flat().begin());
  return step_by_step(std::move(first));
}

// ---- store and recall ----

struct StoreRecallOptions {
  TrialCounts trials{200, 200, 200};
  std::size_t slots = 10;
  std::uint32_t slot_steps = 10;
  double dt_ms = 1;
};

void fields(FieldVisitor& v, StoreRecallOptions& o) {
  const char* source = "Bellec et al. 2018";
  count_fields(v, o.trials);
  count_field(v, "slots", "bits that are shown, one after the other", o.slots, 2, 1e4, source);
  v({"slot_steps", "steps", "for which each bit is shown", within(1, 1e4), source}, o.slot_steps);
  v({"dt_ms", "ms", "duration of a step", within(1e-6, 1e3), ""}, o.dt_ms);
}

Dataset build(const StoreRecallOptions& o) {
  Dataset data;
  data.name = "store-recall";
  data.readout = Readout::sign;
  data.class_names = {"-1", "+1"};
  data.sequence_dt_ms = o.dt_ms;
  data.answer_steps = o.slot_steps;
  fill(data, o.trials, 1, [&](std::uint64_t seed, std::size_t i, Split& split) {
    const auto draw = [&](std::uint32_t object, std::uint64_t index, std::uint64_t n) {
      return uniform_integer({seed, Stream::task_input, object, index}, n);
    };
    std::vector<std::int32_t> bits(o.slots);
    for (std::size_t k = 0; k < o.slots; ++k)
      bits[k] = static_cast<std::int32_t>(draw(0, i * o.slots + k, 2));
    const std::size_t store = draw(1, i, o.slots - 1);
    const std::size_t recall = store + 1 + draw(2, i, o.slots - 1 - store);
    const StoreRecallTrial trial = store_recall_trial(bits, store, recall, o.slot_steps);
    split.sequences.push_back(course_of(trial.inputs, trial.scored.to));
    split.targets(i, 0) = trial.target;
    split.labels.push_back(trial.target > 0 ? 1 : 0);
  });
  return data;
}

// ---- evidence accumulation ----

struct EvidenceOptions {
  TrialCounts trials{64, 64, 64};
  std::size_t cues = 7;
  EvidenceTiming timing;
  double bias = 0.7;
  EvidenceCoding coding = EvidenceCoding::spikes;
  double dt_ms = 1;
};

void fields(FieldVisitor& v, EvidenceOptions& o) {
  const char* source = "Bellec et al. 2020";
  EvidenceTiming& t = o.timing;
  count_fields(v, o.trials);
  count_field(v, "cues", "on one side or the other, an odd number", o.cues, 1, 1e3, source);
  if (o.cues % 2 == 0) {
    throw FieldError("cues", fmt::format("is {}; expected an odd number, so that one side has more", o.cues));
  }
  v({"spacing_steps", "steps", "from one cue to the next", within(1, 1e6), source}, t.spacing);
  v({"cue_steps", "steps", "duration of a cue, at the end of its spacing", within(1, 1e6), source}, t.cue);
  if (t.cue > t.spacing) {
    throw FieldError({"cue_steps", "spacing_steps"},
                     fmt::format("is {}; expected at most 'spacing_steps' = {}", t.cue, t.spacing));
  }
  v({"delay_steps", "steps", "from the last cue to the recall signal", within(0, 1e6), source}, t.delay);
  v({"recall_steps", "steps", "duration of the recall signal", within(1, 1e6), source}, t.recall);
  v({"bias", "", "probability of each cue to be on the side that was drawn", within(0.5, 1), source}, o.bias);
  v({"coding", "", "ten spiking inputs per group, or one input per group that is 1 while it is active"},
    o.coding);
  v({"dt_ms", "ms", "duration of a step", within(1e-6, 1e3), source}, o.dt_ms);
}

Matrix<double> evidence_inputs(const EvidenceOptions& o, const EvidenceTrial& trial, std::uint64_t seed,
                               std::size_t index) {
  constexpr std::size_t groups = 4;
  constexpr double noise_of_rates = 0.25;  // probability per step that the noise input is 1
  const std::size_t per_group = o.coding == EvidenceCoding::spikes ? 10 : 1, inputs = groups * per_group;
  Matrix<double> rows(trial.steps, inputs);
  for (const EvidenceSegment& segment : trial.segments) {
    const bool noise = segment.group == EvidenceGroup::noise;
    const double probability = o.coding == EvidenceCoding::spikes ? segment.probability
                               : noise                            ? noise_of_rates
                                                                  : 1;
    for (std::size_t t = segment.steps.from; t < segment.steps.to; ++t) {
      for (std::size_t k = 0; k < per_group; ++k) {
        const std::size_t input = static_cast<std::size_t>(segment.group) * per_group + k;
        const std::uint64_t address = (index * trial.steps + t) * inputs + input;
        if (uniform({seed, Stream::task_input, 2, address}) < probability) rows(t, input) = 1;
      }
    }
  }
  return rows;
}

Dataset build(const EvidenceOptions& o) {
  Dataset data;
  data.name = "evidence-accumulation";
  data.readout = Readout::largest_output;
  data.class_names = {"left", "right"};
  data.sequence_dt_ms = o.dt_ms;
  data.answer_steps = o.timing.recall;
  fill(data, o.trials, 2, [&](std::uint64_t seed, std::size_t i, Split& split) {
    const double right = uniform_integer({seed, Stream::task_input, 0, i}, 2) == 1 ? o.bias : 1 - o.bias;
    std::vector<std::int32_t> cues(o.cues);
    for (std::size_t k = 0; k < o.cues; ++k) {
      cues[k] = uniform({seed, Stream::task_input, 1, i * o.cues + k}) < right ? 1 : 0;
    }
    const EvidenceTrial trial = evidence_trial(cues, o.timing);
    split.sequences.push_back(course_of(evidence_inputs(o, trial, seed, i), trial.steps));
    split.targets(i, static_cast<std::size_t>(trial.label)) = 1;
    split.labels.push_back(trial.label);
  });
  return data;
}

// ---- copy ----

struct CopyOptions {
  TrialCounts trials{200, 200, 200};
  std::size_t alphabet = 8, symbols = 10;
  std::uint32_t delay = 10;
  double dt_ms = 1;
};

void fields(FieldVisitor& v, CopyOptions& o) {
  count_fields(v, o.trials);
  count_field(v, "alphabet", "different symbols", o.alphabet, 2, 1e3, "");
  count_field(v, "symbols", "that are shown, one per step, and to be repeated", o.symbols, 1, 1e4, "");
  v({"delay_steps", "steps",
     "from the last symbol to the first repetition; the go signal is the last of them", within(1, 1e6), ""},
    o.delay);
  v({"dt_ms", "ms", "duration of a step", within(1e-6, 1e3), ""}, o.dt_ms);
}

Dataset build(const CopyOptions& o) {
  Dataset data;
  data.name = "copy";
  data.readout = Readout::largest_output;
  data.class_names = {"silence"};
  for (std::size_t k = 1; k <= o.alphabet; ++k) data.class_names.push_back(fmt::format("{}", k));
  data.sequence_dt_ms = o.dt_ms;
  data.answer_steps = o.symbols;
  fill(data, o.trials, o.alphabet + 1, [&](std::uint64_t seed, std::size_t i, Split& split) {
    std::vector<std::int32_t> symbols(o.symbols);
    for (std::size_t k = 0; k < o.symbols; ++k)
      symbols[k] = static_cast<std::int32_t>(
          uniform_integer({seed, Stream::task_input, 0, i * o.symbols + k}, o.alphabet));
    const CopyTrial trial = copy_trial(symbols, o.delay, o.alphabet);
    Matrix<double> inputs(trial.channel.size(), o.alphabet + 2), wanted(o.symbols, o.alphabet + 1);
    for (std::size_t t = 0; t < trial.channel.size(); ++t) inputs(t, trial.channel[t]) = 1;
    for (std::size_t k = 0; k < o.symbols; ++k) wanted(k, trial.target[trial.scored.from + k]) = 1;
    split.targets(i, trial.target.back()) = 1;
    split.labels.push_back(static_cast<std::int32_t>(trial.target.back()));
    split.sequences.push_back(step_by_step(std::move(inputs)));
    split.target_courses.push_back(std::move(wanted));
  });
  return data;
}

}  // namespace

TaskInfo copy_task() {
  return {.name = "copy",
          .description =
              "symbols, one per step, a delay of silence, a go signal; then the same symbols are wanted, one "
              "per step",
          .citation =
              "after Hochreiter & Schmidhuber (1997) Neural Comput 9:1735 and Graves, Wayne & Danihelka "
              "(2014) arXiv 1410.5401; the trials are our draws",
          .recipe = TaskRecipe(CopyOptions{}),
          .classifies = true,
          .sequences = true};
}

TaskInfo store_recall_task() {
  return {
      .name = "store-recall",
      .description =
          "a stream of bits, of which one is shown with a store flag and asked for with a recall flag; "
          "target +1 or -1, read at the end of the recall slot, with which a sample ends",
      .citation =
          "Bellec, Salaj, Subramoney, Legenstein & Maass (2018) arXiv 1803.09574; the trials are our draws",
      .recipe = TaskRecipe(StoreRecallOptions{}),
      .classifies = true,
      .sequences = true};
}

TaskInfo evidence_accumulation_task() {
  return {
      .name = "evidence-accumulation",
      .description =
          "cues on the left or on the right, a delay, then a recall signal, at which the side with more is "
          "to be told",
      .citation =
          "Bellec et al. (2020) Nat Commun 11:3625, after Morcos & Harvey (2016); the trials are our draws "
          "with its law",
      .recipe = TaskRecipe(EvidenceOptions{}),
      .classifies = true,
      .sequences = true};
}

}  // namespace apical
