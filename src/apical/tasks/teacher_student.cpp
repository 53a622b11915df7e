// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/teacher_student.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "apical/core/random.h"
#include "apical/tasks/task_fields.h"

namespace apical {
namespace {

enum class InputLaw { uniform, normal };

struct TeacherStudentOptions {
  std::string layers = "8-4-2-1";
  std::size_t samples = 100;
  std::uint64_t seed = 0;
  double gamma = Teacher{}.gamma;
  ActivationKind activation = Teacher{}.activation;
  InputLaw input_law = InputLaw::uniform;
};

void fields(FieldVisitor& v, TeacherStudentOptions& o) {
  v({"layers", "", "sizes of the teacher from input to output"}, o.layers);
  count_field(v, "samples", "samples in each of train, validation and test", o.samples);
  seed_field(v, o.seed);
  v({"gamma", "", "attenuation from basal dendrite to soma, g_basal / (g_basal + g_leak)", within(0, 10)},
    o.gamma);
  v({"activation", "", "phi of every layer of the teacher"}, o.activation);
  v.choice({"input_law", "", "U[0, 1) or N(0, 1)"}, o.input_law, {"uniform", "normal"});
}

Split teacher_split(const Teacher& teacher, const TeacherStudentOptions& o, std::uint32_t split_number,
                    std::size_t features) {
  const bool normal_inputs = o.input_law == InputLaw::normal;
  Matrix<double> inputs(o.samples, features);
  Split split;
  split.targets = split.target_potentials = Matrix<double>(o.samples, teacher.weights.back().rows());
  for (std::size_t i = 0; i < o.samples; ++i) {
    for (std::size_t j = 0; j < features; ++j) {
      const Address at{o.seed, Stream::task_input, split_number, i * features + j};
      inputs(i, j) = normal_inputs ? normal(at) : uniform(at);
    }
    const auto rates = teacher.rates(inputs.row(i)), potentials = teacher.voltages(inputs.row(i));
    std::copy(rates.begin(), rates.end(), split.targets.row(i).begin());
    std::copy(potentials.begin(), potentials.end(), split.target_potentials.row(i).begin());
  }
  split.inputs = Inputs(std::move(inputs));
  return split;
}

Dataset build(const TeacherStudentOptions& o) {
  const auto layers = parse_layers(o.layers);
  Teacher teacher = draw_teacher(o.seed, layers);
  teacher.gamma = o.gamma;
  teacher.activation = o.activation;
  Dataset data;
  data.name = "teacher-student";
  data.train = teacher_split(teacher, o, 0, layers.front());
  data.validation = teacher_split(teacher, o, 1, layers.front());
  data.test = teacher_split(teacher, o, 2, layers.front());
  data.readout = Readout::regression;
  return data;
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

std::vector<std::size_t> parse_layers(std::string_view text) {
  std::vector<std::size_t> sizes;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::size_t size = 0;
    const auto [next, fault] = std::from_chars(at, end, size);
    const bool last = next == end;
    if (fault != std::errc{} || size < 1 || size > 100000 || (!last && *next != '-') ||
        (last && sizes.empty())) {
      throw FieldError::about({"layers"}, fmt::format("layers '{}' are not understood; expected "
                                                      "sizes between 1 and 100000 from the "
                                                      "input to the output, such as 8-4-2-1",
                                                      text));
    }
    sizes.push_back(size);
    if (last) return sizes;
    at = next + 1;
  }
}

TaskInfo teacher_student_task() {
  return {.name = "teacher-student",
          .description =
              "regression on the answers of a random feed-forward teacher; a new teacher and new "
              "inputs per seed",
          .citation =
              "Max, Jaras, Granier, Wilmes & Petrovici (2025) bioRxiv 2025.07.11.664263, "
              "teacher-student tasks",
          .recipe = TaskRecipe(TeacherStudentOptions{})};
}

}  // namespace apical
