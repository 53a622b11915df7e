// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/xor_task.h"

namespace apical {
namespace {

Dataset make_xor(const TaskParameters& p) {
  const double off = p.number("off");
  Split split;
  Matrix<double> inputs(4, 2);
  for (std::size_t i = 0; i < 4; ++i) {
    const bool first = (i & 2U) != 0, second = (i & 1U) != 0;
    inputs(i, 0) = first ? 1.0 : off;
    inputs(i, 1) = second ? 1.0 : off;
    split.labels.push_back(first != second ? 1 : 0);
  }
  split.inputs = Inputs(std::move(inputs));
  Dataset data;
  data.name = "xor";
  data.class_names = {"equal", "different"};
  if (p.count("outputs") == 2) {
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
  ParameterInfo off;
  off.name = "off";
  off.unit = "1";
  off.default_value = 0.0;
  off.meaning = "input value of a bit that is off (on is 1)";
  off.minimum = -1;
  off.maximum = 0;
  TaskInfo info;
  info.name = "xor";
  info.description =
      "exclusive or of two bits as rates; the four patterns are train, validation and test alike";
  info.parameters = {
      count_parameter("outputs", 1, "1: one output with target 0 or 1; 2: one-hot (equal, different)", 1, 2),
      off,
  };
  info.citation = "Rumelhart, Hinton & Williams (1986) Parallel Distributed Processing, vol. 1, ch. 8";
  info.classifies = true;
  info.make = make_xor;
  return info;
}

}  // namespace apical
