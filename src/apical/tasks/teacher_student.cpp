// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/teacher_student.h"

#include <algorithm>

#include "apical/core/random.h"

namespace apical {
namespace {

Split make_split(const Teacher& teacher, const TaskParameters& p, std::uint32_t split_number,
                 std::size_t features) {
  const std::size_t samples = p.count("samples");
  const bool normal_inputs = p.text("input_law") == "normal";
  Matrix<double> inputs(samples, features);
  Split split;
  split.targets = split.target_potentials = Matrix<double>(samples, teacher.weights.back().rows());
  for (std::size_t i = 0; i < samples; ++i) {
    for (std::size_t j = 0; j < features; ++j) {
      const Address at{p.count("seed"), Stream::task_input, split_number, i * features + j};
      inputs(i, j) = normal_inputs ? normal(at) : uniform(at);
    }
    const auto rates = teacher.rates(inputs.row(i)), potentials = teacher.voltages(inputs.row(i));
    std::copy(rates.begin(), rates.end(), split.targets.row(i).begin());
    std::copy(potentials.begin(), potentials.end(), split.target_potentials.row(i).begin());
  }
  split.inputs = Inputs(std::move(inputs));
  return split;
}

Dataset make_teacher_student(const TaskParameters& p) {
  const auto layers = parse_layers(p.text("layers"));
  Teacher teacher = draw_teacher(p.count("seed"), layers);
  teacher.gamma = p.number("gamma");
  teacher.activation = activation_named(p.text("activation"));
  Dataset data;
  data.name = "teacher-student";
  data.train = make_split(teacher, p, 0, layers.front());
  data.validation = make_split(teacher, p, 1, layers.front());
  data.test = make_split(teacher, p, 2, layers.front());
  data.readout = Readout::regression;
  return data;
}

ParameterInfo choice(std::string name, std::string value, std::vector<std::string> choices,
                     std::string meaning) {
  ParameterInfo info;
  info.name = std::move(name);
  info.default_value = std::move(value);
  info.choices = std::move(choices);
  info.meaning = std::move(meaning);
  return info;
}

}  // namespace

std::vector<double> Teacher::voltages(std::span<const double> input) const {
  std::vector<double> r(input.begin(), input.end()), u;
  for (std::size_t l = 0; l < weights.size(); ++l) {
    const Matrix<double>& w = weights[l];
    APICAL_CHECK(w.cols() == r.size());
    u.assign(w.rows(), 0.0);
    for (std::size_t post = 0; post < w.rows(); ++post) {
      double sum = 0;
      for (std::size_t pre = 0; pre < w.cols(); ++pre) sum += w(post, pre) * r[pre];
      u[post] = gamma * sum;
    }
    r = u;
    for (double& value : r) value = activate(activation, value, 1.0, 0.0);
  }
  return u;
}

std::vector<double> Teacher::rates(std::span<const double> input) const {
  std::vector<double> u = voltages(input);
  for (double& value : u) value = activate(activation, value, 1.0, 0.0);
  return u;
}

Teacher draw_teacher(std::uint64_t seed, const std::vector<std::size_t>& layers) {
  Teacher teacher;
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    Matrix<double> w(layers[l + 1], layers[l]);
    std::uint64_t synapse = 0;
    for (double& value : w.flat()) {
      value = uniform({seed, Stream::teacher_weight, static_cast<std::uint32_t>(l), synapse++}, -1.0, 1.0);
    }
    teacher.weights.push_back(std::move(w));
  }
  return teacher;
}

TaskInfo teacher_student_task() {
  ParameterInfo gamma;
  gamma.name = "gamma";
  gamma.unit = "1";
  gamma.default_value = Teacher{}.gamma;
  gamma.meaning = "attenuation from basal dendrite to soma, g_basal / (g_basal + g_leak)";
  gamma.minimum = 0;
  gamma.maximum = 10;
  TaskInfo info;
  info.name = "teacher-student";
  info.description =
      "regression on the answers of a random feed-forward teacher; a new teacher and new inputs per seed";
  info.parameters = {
      choice("layers", "8-4-2-1", {}, "sizes of the teacher from input to output"),
      count_parameter("samples", 100, "samples in each of train, validation and test", 1, 1e6),
      seed_parameter(),
      gamma,
      choice("activation", "tanh", activation_names(), "phi of every layer of the teacher"),
      choice("input_law", "uniform", {"uniform", "normal"}, "U[0, 1) or N(0, 1)"),
  };
  info.citation =
      "Max, Jaras, Granier, Wilmes & Petrovici (2025) bioRxiv 2025.07.11.664263, teacher-student tasks";
  info.make = make_teacher_student;
  return info;
}

}  // namespace apical
