// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/yin_yang.h"

#include <fmt/format.h>

#include <cmath>
#include <random>

#include "apical/tasks/task_fields.h"

namespace apical {
namespace {

double distance(double x, double y, double to_x, double to_y) {
  return std::sqrt((x - to_x) * (x - to_x) + (y - to_y) * (y - to_y));
}

// The two draws of the published generator (numpy.random.RandomState): a bounded integer by masking and
// rejection, and a double with 53 random bits.
std::int32_t draw_class(std::mt19937& generator) {
  while (true) {
    const auto bits = static_cast<std::int32_t>(generator() & 3U);
    if (bits != 3) return bits;
  }
}

double draw_unit(std::mt19937& generator) {
  const auto high = static_cast<double>(generator() >> 5U);
  const auto low = static_cast<double>(generator() >> 6U);
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

struct YinYangOptions {
  YinYangGeometry geometry;
  std::size_t train_samples = 5000, validation_samples = 1000, test_samples = 1000;
  std::uint32_t train_seed = 42, validation_seed = 41, test_seed = 40;
};

void fields(FieldVisitor& v, YinYangOptions& o) {
  const char* source = "Kriener, Göltz & Petrovici 2022";
  YinYangGeometry& g = o.geometry;
  v({"r_small", "", "radius of the dots", within(1e-3, 0.5), source}, g.r_small);
  v({"r_big", "", "radius of the disc", within(1e-3, 0.5), source}, g.r_big);
  if (2 * g.r_small >= g.r_big) {
    throw FieldError::about({"r_small", "r_big"},
                            fmt::format("the dots of task 'yin-yang' touch the rim or each other: "
                                        "r_small is {:g}; expected less than half of r_big = {:g}",
                                        g.r_small, g.r_big));
  }
  count_field(v, "train_samples", "training samples", o.train_samples, 1, 1e6, source);
  count_field(v, "validation_samples", "validation samples", o.validation_samples, 1, 1e6, source);
  count_field(v, "test_samples", "test samples", o.test_samples, 1, 1e6, source);
  v({"train_seed", "", "MT19937 seed of the training split", {}, source}, o.train_seed);
  v({"validation_seed", "", "MT19937 seed of the validation split", {}, source}, o.validation_seed);
  v({"test_seed", "", "MT19937 seed of the test split", {}, source}, o.test_seed);
}

Split yin_yang_split(std::size_t samples, std::uint32_t seed, const YinYangGeometry& geometry) {
  YinYangPoints drawn = draw_yin_yang(samples, seed, geometry);
  Split split;
  split.targets = one_hot(drawn.labels, 3);
  split.inputs = Inputs(std::move(drawn.points));
  split.labels = std::move(drawn.labels);
  return split;
}

Dataset build(const YinYangOptions& o) {
  Dataset data;
  data.name = "yin-yang";
  data.train = yin_yang_split(o.train_samples, o.train_seed, o.geometry);
  data.validation = yin_yang_split(o.validation_samples, o.validation_seed, o.geometry);
  data.test = yin_yang_split(o.test_samples, o.test_seed, o.geometry);
  data.class_names = {"yin", "yang", "dot"};
  data.readout = Readout::largest_output;
  return data;
}

}  // namespace

std::int32_t yin_yang_class(double x, double y, const YinYangGeometry& geometry) {
  const double big = geometry.r_big;
  const double to_right = distance(x, y, 1.5 * big, big);
  const double to_left = distance(x, y, 0.5 * big, big);
  if (to_right < geometry.r_small || to_left < geometry.r_small) return 2;
  const bool around_right_dot = to_right <= geometry.r_small;
  const bool in_left_half_disc = to_left > geometry.r_small && to_left <= 0.5 * big;
  const bool in_upper_half = y > big && to_right > 0.5 * big;
  return around_right_dot || in_left_half_disc || in_upper_half ? 1 : 0;
}

YinYangPoints draw_yin_yang(std::size_t samples, std::uint32_t seed, const YinYangGeometry& geometry) {
  std::mt19937 generator(seed);
  YinYangPoints drawn;
  drawn.points = Matrix<double>(samples, 4);
  drawn.labels.resize(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    const std::int32_t wanted = draw_class(generator);
    double x = 0, y = 0;
    do {
      x = draw_unit(generator) * 2.0 * geometry.r_big;
      y = draw_unit(generator) * 2.0 * geometry.r_big;
      ++drawn.candidate_draws;
    } while (distance(x, y, geometry.r_big, geometry.r_big) > geometry.r_big ||
             yin_yang_class(x, y, geometry) != wanted);
    drawn.labels[i] = wanted;
    const auto row = drawn.points.row(i);
    row[0] = x;
    row[1] = y;
    row[2] = 1.0 - x;
    row[3] = 1.0 - y;
  }
  return drawn;
}

TaskInfo yin_yang_task() {
  return {.name = "yin-yang",
          .description =
              "points of a Yin-Yang figure in three classes; inputs "
              "x, y, 1-x, 1-y in [0, 1], one-hot targets",
          .citation =
              "Kriener, Göltz & Petrovici (2022) The Yin-Yang dataset. "
              "NICE 2022, doi 10.1145/3517343.3517380",
          .recipe = TaskRecipe(YinYangOptions{}),
          .classifies = true};
}

}  // namespace apical
