// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/xor_task.h"

namespace apical {
namespace {

struct XorOptions {
  int outputs = 1;
  double off = 0;
};

void fields(FieldVisitor& v, XorOptions& o) {
  v({"outputs", "", "1: one output with target 0 or 1; 2: one-hot (equal, different)", within(1, 2)},
    o.outputs);
  v({"off", "", "input value of a bit that is off (on is 1)", within(-1, 0)}, o.off);
}

Dataset build(const XorOptions& o) {
  Split split;
  Matrix<double> inputs(4, 2);
  for (std::size_t i = 0; i < 4; ++i) {
    const bool first = (i & 2U) != 0, second = (i & 1U) != 0;
    inputs(i, 0) = first ? 1.0 : o.off;
    inputs(i, 1) = second ? 1.0 : o.off;
    split.labels.push_back(first != second ? 1 : 0);
  }
  split.inputs = Inputs(std::move(inputs));
  Dataset data;
  data.name = "xor";
  data.class_names = {"equal", "different"};
  if (o.outputs == 2) {
    split.targets = one_hot(split.labels, 2);
    data.readout = Readout::largest_output;
  } else {
    split.targets = Matrix<double>(4, 1);
    for (std::size_t i = 0; i < 4; ++i) split.targets(i, 0) = split.labels[i];
    data.readout = Readout::sign;
    data.threshold = 0.5;
  }
  data.train = data.validation = data.test = split;
  return data;
}

}  // namespace

TaskInfo xor_task() {
  return {.name = "xor",
          .description =
              "exclusive or of two bits as rates; the four patterns are train, validation and test alike",
          .citation = "Rumelhart, Hinton & Williams (1986) Parallel Distributed Processing, vol. 1, ch. 8",
          .recipe = TaskRecipe(XorOptions{}),
          .classifies = true};
}

}  // namespace apical
