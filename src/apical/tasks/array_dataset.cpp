// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/array_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "apical/core/random.h"
#include "apical/tasks/array_labels.h"

namespace apical {
namespace {

/// Samples of a split of the data set: rows of an array split.
struct Chosen {
  const ArraySplit* from;
  std::vector<std::uint32_t> rows;
};

std::size_t samples_in(const ArraySplit& s) { return s.inputs.shape.front(); }

std::uint64_t features_of(const ArraySplit& s, InputAxes axes) {
  const auto& shape = s.inputs.shape;
  return axes == InputAxes::time ? shape[2]
                                 : io::elements_of(std::span(shape).subspan(1), s.origin + ": inputs");
}

void refuse_not_finite(const ArraySplit& split, const char* name, const io::Array& a) {
  if (!a.is_floating()) return;
  const auto look = [&](auto numbers) {
    const auto bad = std::find_if(numbers.begin(), numbers.end(), [](auto x) { return !std::isfinite(x); });
    if (bad == numbers.end()) return;
    const auto at = static_cast<std::size_t>(bad - numbers.begin());
    throw DataError(fmt::format("{}: {}{} is {}; expected finite numbers", split.origin, name,
                                io::index_text(a.shape, at), *bad));
  };
  if (a.element == io::Element::f32) return look(a.as<float>());
  look(a.as<double>());
}

void check_inputs(const ArraySplit& split, InputAxes axes) {
  const io::Array& x = split.inputs;
  const std::string found = fmt::format("{}: inputs is {}", split.origin, io::shape_text(x.shape));
  const bool fits = axes == InputAxes::feature ? x.shape.size() == 2
                    : axes == InputAxes::time  ? x.shape.size() == 3
                                               : x.shape.size() >= 2;
  if (!fits) {
    const char* hint = axes == InputAxes::time      ? "[sample, time, feature], as axes = \"time\" has it"
                       : x.shape.size() == 1        ? "[sample, feature]; of one feature [sample, 1]"
                       : axes == InputAxes::flatten ? "[sample, …] of two axes or more"
                                                    : "[sample, feature]\n  axes = \"time\" takes [sample, "
                                                      "time, feature]; axes = \"flatten\" takes all "
                                                      "axes behind the first for features";
    throw DataError(fmt::format("{}; expected {}", found, hint));
  }
  if (x.size() == 0) throw DataError(fmt::format("{}, which is empty; expected at least one of each", found));
  if (samples_in(split) > 0xffffffffU) throw DataError(fmt::format("{}: too many samples", found));
  refuse_not_finite(split, "inputs", x);
}

void check_answers(const ArraySplit& split) {
  const std::size_t samples = samples_in(split);
  const auto require = [&](std::size_t there, const std::string& what) {
    if (there == samples) return;
    throw DataError(fmt::format("{}: inputs {} has {} samples, but {}", split.origin,
                                io::shape_text(split.inputs.shape), samples, what));
  };
  if (!split.label_names.empty())
    return require(split.label_names.size(), fmt::format("there are {} labels", split.label_names.size()));
  if (split.labels) {
    const auto& shape = split.labels->shape;
    if (shape.size() != 1) {
      throw DataError(
          fmt::format("{}: labels is {}; expected [sample]\n  a row of numbers per sample is targets",
                      split.origin, io::shape_text(shape)));
    }
    return require(shape[0], fmt::format("labels is {}", io::shape_text(shape)));
  }
  if (!split.targets) throw DataError(fmt::format("{}: has neither labels nor targets", split.origin));
  const auto& shape = split.targets->shape;
  if (shape.empty() || shape.size() > 2 || (shape.size() == 2 && shape[1] == 0)) {
    throw DataError(fmt::format("{}: targets is {}; expected [sample, output] or [sample]", split.origin,
                                io::shape_text(shape)));
  }
  require(shape[0], fmt::format("targets is {}", io::shape_text(shape)));
  refuse_not_finite(split, "targets", *split.targets);
}

void check_alike(const ArraySplit& split, const ArraySplit& train) {
  const auto behind_samples = [](const io::Array& a) {
    return std::vector<std::uint64_t>(a.shape.begin() + 1, a.shape.end());
  };
  const auto compare = [&](const char* name, const io::Array& a, const io::Array& b) {
    if (behind_samples(a) == behind_samples(b)) return;
    throw DataError(fmt::format("{}: {} is {}, but {} {} of {}; expected the same but for the samples",
                                split.origin, name, io::shape_text(a.shape), name, io::shape_text(b.shape),
                                train.origin));
  };
  compare("inputs", split.inputs, train.inputs);
  if (split.targets.has_value() != train.targets.has_value())
    throw DataError(fmt::format("{} has {}, but {} has {}", split.origin,
                                split.targets ? "targets" : "labels", train.origin,
                                train.targets ? "targets" : "labels"));
  if (split.targets) compare("targets", *split.targets, *train.targets);
}

std::vector<std::uint32_t> all_rows(const ArraySplit& split) {
  std::vector<std::uint32_t> rows(samples_in(split));
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

/// `count` of the rows in `order` from `at` on, in the order of the file.
std::vector<std::uint32_t> some_rows(const std::vector<std::uint32_t>& order, std::size_t at,
                                     std::size_t count) {
  std::vector<std::uint32_t> rows(order.begin() + static_cast<std::ptrdiff_t>(at),
                                  order.begin() + static_cast<std::ptrdiff_t>(at + count));
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::size_t count_of(const char* key, double fraction, std::size_t samples) {
  const auto count = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(samples)));
  if (fraction > 0 && count == 0)
    throw FieldError(key, fmt::format("is {:g}, which of {} samples is none", fraction, samples));
  return count;
}

struct Parts {
  Chosen train, validation, test;
};

Parts cut(const ArrayParts& parts, const ArraySettings& s) {
  const ArraySplit& all = parts.train;
  const std::size_t samples = samples_in(all);
  const auto refuse_both = [](const char* key, bool given, double fraction) {
    if (given && fraction > 0)
      throw FieldError(key, fmt::format("is {:g}, but there are samples of their own for that", fraction),
                       "leave one out");
  };
  refuse_both("validation_fraction", parts.validation.has_value(), s.validation_fraction);
  refuse_both("test_fraction", parts.test.has_value(), s.test_fraction);
  const std::size_t tested = count_of("test_fraction", s.test_fraction, samples),
                    validated = count_of("validation_fraction", s.validation_fraction, samples);
  if (tested + validated >= samples) {
    throw FieldError(
        {"validation_fraction", "test_fraction"},
        fmt::format("is {:g} and test_fraction {:g}, which leaves none of {} samples for training",
                    s.validation_fraction, s.test_fraction, samples));
  }
  Parts out{{&all, {}}, {&all, {}}, {&all, {}}};
  if (tested + validated == 0) {
    out.train.rows = all_rows(all);
  } else {
    const auto order = permutation({s.split_seed, Stream::sample_order, 0x21, 0}, samples);
    out.test.rows = some_rows(order, 0, tested);
    out.validation.rows = some_rows(order, tested, validated);
    out.train.rows = some_rows(order, tested + validated, samples - tested - validated);
  }
  if (parts.validation) out.validation = {&*parts.validation, all_rows(*parts.validation)};
  if (parts.test) out.test = {&*parts.test, all_rows(*parts.test)};
  return out;
}

/// (x - shift) / divisor of each feature.
struct Scale {
  std::vector<double> shift, divisor;
};

Scale scale_of(const Chosen& train, const ArraySettings& s) {
  const io::Array& x = train.from->inputs;
  const std::size_t features = features_of(*train.from, s.axes);
  if (s.scale == InputScale::none) return {};
  if (s.scale == InputScale::unit) {
    if (x.element != io::Element::u8)
      throw FieldError(
          "normalisation",
          fmt::format("is unit, x / 255, but the inputs of {} are no bytes (uint8)", train.from->origin),
          "standard brings any numbers to mean 0 and sd 1");
    return {std::vector<double>(features, 0.0), std::vector<double>(features, 255.0)};
  }
  const std::size_t rows = x.size() / samples_in(*train.from) / features;  // of time
  const double count = static_cast<double>(train.rows.size() * rows);
  std::vector<double> mean(features, 0.0), sd(features, 0.0), most(features, 0.0);
  std::vector<double> low(features, std::numeric_limits<double>::infinity()), high = low;
  for (double& h : high) h = -h;
  const auto each = [&](auto&& take) {
    for (const std::uint32_t sample : train.rows) {
      for (std::size_t k = 0; k < rows * features; ++k)
        take(k % features, x.number(sample * rows * features + k));
    }
  };
  each([&](std::size_t f, double v) {
    mean[f] += v / count;
    low[f] = std::min(low[f], v);
    high[f] = std::max(high[f], v);
  });
  // What never changes is 0, not the rounding error of its mean divided by one as small.
  for (std::size_t f = 0; f < features; ++f) {
    if (low[f] == high[f]) mean[f] = low[f];
  }
  each([&](std::size_t f, double v) { sd[f] += (v - mean[f]) * (v - mean[f]) / count; });
  // Squares of very large and very small numbers are none; those of their shares of the largest are.
  each([&](std::size_t f, double v) { most[f] = std::max(most[f], std::abs(v - mean[f])); });
  for (std::size_t f = 0; f < features; ++f) {
    if (most[f] > 0 && (sd[f] == 0 || std::isinf(sd[f]))) {
      sd[f] = 0;
    } else {
      sd[f] = std::sqrt(sd[f]);
      most[f] = 0;  // its sd is known
    }
  }
  each([&](std::size_t f, double v) {
    if (most[f] == 0) return;
    const double share = (v - mean[f]) / most[f];
    sd[f] += share * share / count;
  });
  for (std::size_t f = 0; f < features; ++f) {
    if (most[f] > 0) sd[f] = most[f] * std::sqrt(sd[f]);
    if (!(sd[f] > 0)) sd[f] = 1;
  }
  return {std::move(mean), std::move(sd)};
}

/// What SharedRows reads; anything else is copied once.
io::Array readable(const io::Array& x) {
  if (x.is_floating() || x.element == io::Element::u8) return x;
  std::vector<double> numbers(x.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = x.number(i);
  return io::array_of(x.shape, std::move(numbers));
}

std::vector<InputSequence> courses(const Chosen& chosen, const Scale& scale, const ArraySettings& s) {
  const io::Array& x = chosen.from->inputs;
  const std::size_t times = x.shape[1], features = x.shape[2];
  if (times > 0xffffffffU / s.steps_per_row)
    throw DataError(fmt::format("{}: inputs {} has too long an axis of time", chosen.from->origin,
                                io::shape_text(x.shape)));
  std::vector<InputSequence> out(chosen.rows.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].values = Matrix<double>(times, features);
    const auto values = out[i].values.flat();
    for (std::size_t k = 0; k < values.size(); ++k) {
      const double v = x.number(chosen.rows[i] * times * features + k);
      values[k] = scale.shift.empty() ? v : (v - scale.shift[k % features]) / scale.divisor[k % features];
    }
    out[i].change_points.resize(times + 1);
    for (std::size_t t = 0; t <= times; ++t)
      out[i].change_points[t] = static_cast<std::uint32_t>(t) * s.steps_per_row;
  }
  return out;
}

Matrix<double> targets_of(const Chosen& chosen) {
  const io::Array& y = *chosen.from->targets;
  const std::size_t outputs = y.shape.size() == 2 ? y.shape[1] : 1;
  Matrix<double> out(chosen.rows.size(), outputs);
  for (std::size_t i = 0; i < out.rows(); ++i) {
    for (std::size_t k = 0; k < outputs; ++k) out(i, k) = y.number(chosen.rows[i] * outputs + k);
  }
  return out;
}

/// Of the numbers of these rows.
auto place_in(const ArraySplit& from, const std::vector<std::uint32_t>& rows) {
  return [origin = from.origin, lines = from.lines, rows, inputs = from.inputs.shape,
          targets = from.targets ? from.targets->shape : std::vector<std::uint64_t>{}](
             std::string_view array, std::size_t sample, std::size_t index) {
    const std::vector<std::uint64_t>& shape = array == "targets" ? targets : inputs;
    const std::uint64_t each = io::elements_of(std::span(shape).subspan(1), origin);
    const std::size_t row = rows[sample];
    return fmt::format("{}{}: {}{}", origin, lines.empty() ? "" : fmt::format(":{}", lines[row]), array,
                       io::index_text(shape, row * each + index));
  };
}

Split split_of(const Chosen& chosen, const Scale& scale, const ArraySettings& s, const ClassTable* classes) {
  Split split;
  if (chosen.rows.empty()) return split;
  const ArraySplit& from = *chosen.from;
  split.place = place_in(from, chosen.rows);
  if (s.axes == InputAxes::time) {
    split.sequences = courses(chosen, scale, s);
  } else {
    const bool all = chosen.rows.size() == samples_in(from);
    split.inputs =
        Inputs(SharedRows{from.inputs, features_of(from, s.axes),
                          all ? std::vector<std::uint32_t>{} : chosen.rows, scale.shift, scale.divisor});
  }
  if (classes == nullptr) {
    split.targets = targets_of(chosen);
    return split;
  }
  const std::vector<std::int32_t> labels = classes->classes_of(from);
  split.classes = classes->names().size();
  for (const std::uint32_t row : chosen.rows) split.labels.push_back(labels[row]);
  return split;
}

}  // namespace

Dataset dataset_of(const ArrayParts& given, const ArraySettings& s) {
  ArrayParts parts = given;
  std::vector<ArraySplit*> splits{&parts.train};
  if (parts.validation) splits.push_back(&*parts.validation);
  if (parts.test) splits.push_back(&*parts.test);
  for (ArraySplit* split : splits) {
    check_inputs(*split, s.axes);
    check_answers(*split);
    check_alike(*split, parts.train);
    split->inputs = readable(split->inputs);
  }
  const Parts chosen = cut(parts, s);
  const Scale scale = scale_of(chosen.train, s);
  std::optional<ClassTable> classes;
  if (!parts.train.targets) classes.emplace(parts.train, s.classes);
  const ClassTable* const table = classes ? &*classes : nullptr;
  Dataset data;
  data.name = "arrays";
  data.from_files = true;
  data.train = split_of(chosen.train, scale, s, table);
  data.validation = split_of(chosen.validation, scale, s, table);
  data.test = split_of(chosen.test, scale, s, table);
  if (table != nullptr) data.class_names = table->names();
  data.readout = table != nullptr ? Readout::largest_output : Readout::regression;
  if (s.axes == InputAxes::time) data.sequence_dt_ms = s.dt_ms;
  return data;
}

}  // namespace apical
