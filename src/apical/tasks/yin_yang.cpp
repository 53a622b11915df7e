// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/yin_yang.h"

#include <fmt/format.h>

#include <cmath>
#include <random>

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

Split make_split(const TaskParameters& p, const std::string& name) {
  const YinYangGeometry geometry{p.number("r_small"), p.number("r_big")};
  YinYangPoints drawn = draw_yin_yang(p.count(name + "_samples"),
                                      static_cast<std::uint32_t>(p.count(name + "_seed")), geometry);
  Split split;
  split.targets = one_hot(drawn.labels, 3);
  split.inputs = Inputs(std::move(drawn.points));
  split.labels = std::move(drawn.labels);
  return split;
}

Dataset make_yin_yang(const TaskParameters& p) {
  if (2 * p.number("r_small") >= p.number("r_big")) {
    throw ConfigError(
        fmt::format("the dots of task 'yin-yang' touch the rim or each other: r_small is {:g}; expected "
                    "less than half of r_big = {:g}",
                    p.number("r_small"), p.number("r_big")));
  }
  Dataset data;
  data.name = "yin-yang";
  data.train = make_split(p, "train");
  data.validation = make_split(p, "validation");
  data.test = make_split(p, "test");
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
  const std::string source = "Kriener, Göltz & Petrovici 2022";
  const auto length = [&](std::string name, double value, std::string meaning) {
    ParameterInfo info;
    info.name = std::move(name);
    info.unit = "1";
    info.default_value = value;
    info.meaning = std::move(meaning);
    info.minimum = 1e-3;
    info.maximum = 0.5;
    info.source = source;
    return info;
  };
  const double largest_seed = 4294967295.0;
  TaskInfo info;
  info.name = "yin-yang";
  info.description =
      "points of a Yin-Yang figure in three classes; inputs x, y, 1-x, 1-y in [0, 1], one-hot targets";
  info.parameters = {
      length("r_small", 0.1, "radius of the dots"),
      length("r_big", 0.5, "radius of the disc"),
      count_parameter("train_samples", 5000, "training samples", 1, 1e6, source),
      count_parameter("validation_samples", 1000, "validation samples", 1, 1e6, source),
      count_parameter("test_samples", 1000, "test samples", 1, 1e6, source),
      count_parameter("train_seed", 42, "MT19937 seed of the training split", 0, largest_seed, source),
      count_parameter("validation_seed", 41, "MT19937 seed of the validation split", 0, largest_seed, source),
      count_parameter("test_seed", 40, "MT19937 seed of the test split", 0, largest_seed, source),
  };
  info.citation =
      "Kriener, Göltz & Petrovici (2022) The Yin-Yang dataset. NICE 2022, doi 10.1145/3517343.3517380";
  info.classifies = true;
  info.make = make_yin_yang;
  return info;
}

}  // namespace apical
