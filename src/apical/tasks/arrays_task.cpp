// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/arrays_task.h"

#include "apical/tasks/array_dataset.h"
#include "apical/tasks/array_files.h"
#include "apical/tasks/task_fields.h"

namespace apical {
namespace {

struct ArraysOptions {
  std::string train, validation, test;
  ArrayNames names;
  ArraySettings settings;
};

void fields(FieldVisitor& v, ArraysOptions& o) {
  ArraySettings& s = o.settings;
  v({.name = "train",
     .meaning =
         "training samples: a .npz, .safetensors or .csv file or a folder of .npy files; a relative path "
         "is sought in --data or APICAL_DATA first",
     .optional = true},
    o.train);
  v({.name = "validation", .meaning = "the same for validation", .optional = true}, o.validation);
  v({.name = "test", .meaning = "the same for the test", .optional = true}, o.test);
  v({.name = "inputs",
     .meaning =
         "name of the array of inputs, by default inputs; of a table its columns, by default all others. In "
         "any name {part} stands for train, validation or test",
     .optional = true},
    o.names.inputs);
  v({.name = "targets",
     .meaning =
         "name of the array of numbers wanted, [sample, output] or [sample], or columns of a table; in place "
         "of labels",
     .optional = true},
    o.names.targets);
  if (v.when(o.names.targets.empty())) {
    v({"labels", "",
       "name of the array of labels, [sample], or of a column: each that occurs in training is a class"},
      o.names.labels);
    v({"classes", "", "0: as many as labels occur in training; else labels are 0 to classes - 1",
       within(0, 1e6)},
      s.classes);
  } else {
    v.without("labels", "targets, which say what is wanted");
    v.without("classes", "targets, which are no classes");
  }
  v.choice({"axes", "",
            "what inputs are: feature: [sample, feature]; time: [sample, time, feature], for circuits; "
            "flatten: all "
            "axes behind the first are features"},
           s.axes, {"feature", "time", "flatten"});
  v.choice({"normalisation", "",
            "unit: x / 255, of bytes; standard: (x - mean) / sd of each feature over the training samples"},
           s.scale, {"none", "unit", "standard"});
  v({"validation_fraction",
     "",
     "of the training samples taken out at random for validation",
     {.low = 0, .high = 1, .below = true}},
    s.validation_fraction);
  v({"test_fraction",
     "",
     "of the training samples taken out at random for the test",
     {.low = 0, .high = 1, .below = true}},
    s.test_fraction);
  v({"split_seed", "", "of the draw which samples are taken out: the same for all seeds of the run",
     within(0, kLargestWhole)},
    s.split_seed);
  if (v.when(s.axes == InputAxes::time)) {
    v({"dt_ms", "ms", "duration of a step, that of the circuit", within(1e-6, 1e3)}, s.dt_ms);
    v({"steps_per_row", "steps", "for which one row of the axis of time holds", within(1, 1e6)},
      s.steps_per_row);
  }
}

Dataset build(const ArraysOptions& o, const Resources& resources) {
  if (o.train.empty()) {
    throw FieldError::about({"train"}, "task 'arrays' needs 'train', the file with the training samples",
                            "e.g. train = \"train.npz\" with arrays inputs and labels");
  }
  ArrayParts parts;
  parts.train = read_split(o.train, "train", o.names, resources);
  if (!o.validation.empty()) parts.validation = read_split(o.validation, "validation", o.names, resources);
  if (!o.test.empty()) parts.test = read_split(o.test, "test", o.names, resources);
  return dataset_of(parts, o.settings);
}

/// Targets make it a regression, and an axis of time a task of sequences.
void specify(TaskInfo& info, const TaskParameters& parameters) {
  const FieldValue* const targets = parameters.find("targets");
  const FieldValue* const axes = parameters.find("axes");
  info.classifies = targets == nullptr || std::get<std::vector<std::string>>(*targets).empty();
  info.sequences = axes != nullptr && std::get<std::string>(*axes) == "time";
}

}  // namespace

TaskInfo arrays_task() {
  return {.name = "arrays",
          .description =
              "samples of your own, from .npz, .npy, .safetensors or .csv files: classes or a regression",
          .citation = "your own data; cite where they come from",
          .recipe = TaskRecipe(ArraysOptions{}),
          .classifies = true,
          .pictures = true,
          .specify = specify};
}

}  // namespace apical
