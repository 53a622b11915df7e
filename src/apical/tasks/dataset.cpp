// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/dataset.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "apical/tasks/image_files.h"

namespace apical {
namespace {

template <class T>
void copy_row(const Matrix<double>& from, std::size_t row, std::span<T> out) {
  APICAL_CHECK(row < from.rows() && out.size() == from.cols());
  const auto values = from.row(row);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(values[i]);
}

/// Bytes, channel by channel, as the numbers they stand for.
template <class T>
void to_numbers(std::span<const std::uint8_t> bytes, const PixelScale& scale, std::span<T> out) {
  APICAL_CHECK(out.size() == bytes.size());
  const std::size_t channel_size = bytes.size() / scale.channels.size();
  const std::uint8_t* byte = bytes.data();
  T* value = out.data();
  for (const auto& table : scale.channels) {
    for (std::size_t i = 0; i < channel_size; ++i) *value++ = static_cast<T>(table[*byte++]);
  }
}

std::span<const std::uint8_t> bytes_of_row(const PixelMatrix& from, std::size_t row) {
  APICAL_CHECK((row + 1) * from.features <= from.bytes.size());
  return std::span(from.bytes).subspan(row * from.features, from.features);
}

template <class T>
void copy_row(const PixelMatrix& from, std::size_t row, std::span<T> out) {
  to_numbers(bytes_of_row(from, row), from.scale, out);
}

template <class T>
void copy_row(const FilePixels& from, std::size_t row, std::span<T> out) {
  to_numbers<T>(from.files->read(static_cast<std::uint32_t>(row), nullptr, {}), from.scale, out);
}

template <class Stored, class T>
void copy_shared(const SharedRows& from, std::span<const Stored> all, std::size_t row, std::span<T> out) {
  APICAL_CHECK(out.size() == from.features && (row + 1) * from.features <= all.size());
  const std::span<const Stored> values = all.subspan(row * from.features, from.features);
  if (from.shift.empty()) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(values[i]);
    return;
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<T>((static_cast<double>(values[i]) - from.shift[i]) / from.divisor[i]);
}

template <class T>
void copy_row(const SharedRows& from, std::size_t sample, std::span<T> out) {
  const std::size_t row = from.rows.empty() ? sample : from.rows[sample];
  if (from.values.element == io::Element::f32) return copy_shared(from, from.values.as<float>(), row, out);
  if (from.values.element == io::Element::f64) return copy_shared(from, from.values.as<double>(), row, out);
  copy_shared(from, from.values.as<std::uint8_t>(), row, out);
}

template <class T>
void copy_target(const Split& from, std::size_t sample, std::span<T> out) {
  if (from.classes == 0) return copy_row(from.targets, sample, out);
  APICAL_CHECK(sample < from.labels.size() && out.size() == from.classes);
  std::fill(out.begin(), out.end(), T(0));
  out[static_cast<std::size_t>(from.labels[sample])] = T(1);
}

template <class T>
void copy_shown(const Matrix<double>&, std::size_t, const Augmentation&, const Showing&, std::span<T>) {
  APICAL_CHECK(!"numbers that are no image have no augmentation");
}

template <class T>
void copy_shown(const SharedRows&, std::size_t, const Augmentation&, const Showing&, std::span<T>) {
  APICAL_CHECK(!"arrays have no augmentation");
}

template <class T>
void copy_shown(const PixelMatrix& from, std::size_t row, const Augmentation& augmentation,
                const Showing& showing, std::span<T> out) {
  const ImageShape shape = from.shape();
  const Window window =
      window_of(augmentation, shape.rows, shape.cols, shape, showing, static_cast<std::uint32_t>(row));
  std::vector<std::uint8_t> bytes(from.features);
  cut_out(bytes_of_row(from, row), shape.rows, shape.cols, augmentation.padding(), window, shape, bytes);
  to_numbers<T>(bytes, from.scale, out);
}

template <class T>
void copy_shown(const FilePixels& from, std::size_t row, const Augmentation& augmentation,
                const Showing& showing, std::span<T> out) {
  to_numbers<T>(from.files->read(static_cast<std::uint32_t>(row), &augmentation, showing), from.scale, out);
}

void scale_as(const Matrix<double>&, Matrix<double>&) {}

void scale_as(const SharedRows& like, Matrix<double>& others) {
  if (like.shift.empty()) return;
  for (std::size_t k = 0; k < others.rows(); ++k) {
    for (std::size_t i = 0; i < others.cols(); ++i)
      others(k, i) = (others(k, i) - like.shift[i]) / like.divisor[i];
  }
}

/// Between two bytes as between 0 and 255: the tables are straight lines.
void scale_as(const PixelScale& like, Matrix<double>& others) {
  const std::size_t channel_size = others.cols() / like.channels.size();
  for (std::size_t k = 0; k < others.rows(); ++k) {
    for (std::size_t i = 0; i < others.cols(); ++i) {
      const std::array<double, 256>& table = like.channels[i / channel_size];
      double& x = others(k, i);
      const bool byte = x == std::floor(x) && x >= 0 && x <= 255;
      x = byte ? table[static_cast<std::size_t>(x)] : table[0] + (table[255] - table[0]) * x / 255;
    }
  }
}

void scale_as(const PixelMatrix& like, Matrix<double>& others) { scale_as(like.scale, others); }
void scale_as(const FilePixels& like, Matrix<double>& others) { scale_as(like.scale, others); }

/// The class whose outputs, side by side, add up to most; the lowest on a tie.
template <class T>
std::int32_t largest_class(std::size_t units, std::span<const T> outputs) {
  if (units <= 1)
    return static_cast<std::int32_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin());
  std::int32_t best = 0;
  double most = 0;
  for (std::size_t c = 0; c * units < outputs.size(); ++c) {
    double sum = 0;
    for (const T y : outputs.subspan(c * units, units)) sum += static_cast<double>(y);
    if (c > 0 && !(sum > most)) continue;
    best = static_cast<std::int32_t>(c);
    most = sum;
  }
  return best;
}

/// Outputs of each class: 1 unless there are several for each of the names.
std::size_t units_of_class(const Dataset& data, std::size_t outputs) {
  const std::size_t classes = data.class_names.size();
  return classes > 0 && outputs % classes == 0 ? outputs / classes : 1;
}

template <class T>
std::int32_t decide_class(const Dataset& data, std::span<const T> outputs) {
  switch (data.readout) {
    case Readout::largest_output:
      return largest_class(units_of_class(data, outputs.size()), outputs);
    case Readout::sign:
      return static_cast<double>(outputs[0]) > data.threshold ? 1 : 0;
    case Readout::regression:
      break;
  }
  return -1;
}

}  // namespace

PixelScale PixelScale::unit(std::size_t channels) {
  return standard(std::vector<double>(channels, 0.0), std::vector<double>(channels, 1.0));
}

PixelScale PixelScale::standard(const std::vector<double>& means, const std::vector<double>& sds) {
  APICAL_CHECK(means.size() == sds.size());
  PixelScale scale;
  scale.channels.resize(means.size());
  for (std::size_t c = 0; c < means.size(); ++c) {
    for (std::size_t x = 0; x < 256; ++x) {
      scale.channels[c][x] = (static_cast<double>(x) / 255.0 - means[c]) / sds[c];
    }
  }
  return scale;
}

ImageShape PixelMatrix::shape() const {
  const std::size_t channels = scale.channels.size();
  APICAL_CHECK(rows > 0 && features % (channels * rows) == 0);
  return {channels, rows, features / channels / rows};
}

Inputs::Inputs(PixelMatrix pixels) : values_(std::move(pixels)) {
  const auto& p = std::get<PixelMatrix>(values_);
  APICAL_CHECK(p.features > 0 && !p.scale.channels.empty() && p.features % p.scale.channels.size() == 0 &&
               p.bytes.size() % p.features == 0);
}

Inputs::Inputs(FilePixels pixels) : values_(std::move(pixels)) {
  const auto& p = std::get<FilePixels>(values_);
  APICAL_CHECK(p.files && p.scale.channels.size() == p.files->shape().channels);
}

Inputs::Inputs(SharedRows rows) : values_(std::move(rows)) {
  const auto& shared = std::get<SharedRows>(values_);
  APICAL_CHECK(shared.features > 0 && shared.values.size() % shared.features == 0 &&
               shared.shift.size() == shared.divisor.size() &&
               (shared.shift.empty() || shared.shift.size() == shared.features));
}

std::size_t Inputs::samples() const {
  if (const auto* shared = std::get_if<SharedRows>(&values_))
    return shared->rows.empty() ? shared->values.size() / shared->features : shared->rows.size();
  if (const auto* files = std::get_if<FilePixels>(&values_)) return files->files->samples();
  if (const auto* pixels = std::get_if<PixelMatrix>(&values_)) return pixels->bytes.size() / pixels->features;
  return std::get<Matrix<double>>(values_).rows();
}

std::optional<ImageShape> Inputs::picture() const {
  if (const auto* files = std::get_if<FilePixels>(&values_)) return files->files->shape();
  const auto* pixels = std::get_if<PixelMatrix>(&values_);
  return pixels != nullptr && pixels->rows > 0 ? std::optional(pixels->shape()) : std::nullopt;
}

std::size_t Inputs::features() const {
  if (const auto* shared = std::get_if<SharedRows>(&values_)) return shared->features;
  if (const auto* files = std::get_if<FilePixels>(&values_)) return files->files->shape().size();
  if (const auto* pixels = std::get_if<PixelMatrix>(&values_)) return pixels->features;
  return std::get<Matrix<double>>(values_).cols();
}

const ImageFiles* Inputs::files() const {
  const auto* files = std::get_if<FilePixels>(&values_);
  return files != nullptr ? files->files.get() : nullptr;
}

bool Inputs::fit_single() const {
  if (const auto* shared = std::get_if<SharedRows>(&values_))
    return shared->shift.empty() && shared->values.element != io::Element::f64;
  return !std::holds_alternative<Matrix<double>>(values_);
}

std::span<const std::byte> Inputs::bytes() const {
  if (files() != nullptr) return {};
  if (const auto* shared = std::get_if<SharedRows>(&values_)) return shared->values.values;
  if (const auto* pixels = std::get_if<PixelMatrix>(&values_)) return std::as_bytes(std::span(pixels->bytes));
  return std::as_bytes(std::get<Matrix<double>>(values_).flat());
}

std::optional<std::size_t> Inputs::origin_of(std::size_t sample) const {
  const auto* shared = std::get_if<SharedRows>(&values_);
  if (shared == nullptr) return {};
  return shared->rows.empty() ? sample : shared->rows[sample];
}

Matrix<double> Inputs::scaled(Matrix<double> others) const {
  APICAL_CHECK(others.cols() == features());
  std::visit([&](const auto& like) { scale_as(like, others); }, values_);
  return others;
}

void Inputs::read(std::size_t sample, std::span<double> out) const {
  std::visit([&](const auto& from) { copy_row(from, sample, out); }, values_);
}

void Inputs::read(std::size_t sample, std::span<float> out) const {
  std::visit([&](const auto& from) { copy_row(from, sample, out); }, values_);
}

void Inputs::read_shown(std::size_t sample, const Augmentation& augmentation, const Showing& showing,
                        std::span<double> out) const {
  std::visit([&](const auto& from) { copy_shown(from, sample, augmentation, showing, out); }, values_);
}

void Inputs::read_shown(std::size_t sample, const Augmentation& augmentation, const Showing& showing,
                        std::span<float> out) const {
  std::visit([&](const auto& from) { copy_shown(from, sample, augmentation, showing, out); }, values_);
}

void Inputs::announce(std::span<const std::uint32_t> samples, const Augmentation* augmentation,
                      const Showing& showing) const {
  if (const auto* files = std::get_if<FilePixels>(&values_))
    files->files->announce(samples, augmentation, showing);
}

std::span<const double> InputSequence::at(std::uint32_t step) const {
  APICAL_CHECK(step < steps());
  const auto next = std::upper_bound(change_points.begin(), change_points.end(), step);
  return values.row(static_cast<std::size_t>(next - change_points.begin()) - 1);
}

InputSequence step_by_step(Matrix<double> values) {
  InputSequence course;
  course.change_points.resize(values.rows() + 1);
  std::iota(course.change_points.begin(), course.change_points.end(), 0U);
  course.values = std::move(values);
  return course;
}

void Split::read_shown(std::size_t sample, const Showing& showing, std::span<double> out) const {
  if (!augmentation.any()) return inputs.read(sample, out);
  inputs.read_shown(sample, augmentation, showing, out);
}

void Split::read_shown(std::size_t sample, const Showing& showing, std::span<float> out) const {
  if (!augmentation.any()) return inputs.read(sample, out);
  inputs.read_shown(sample, augmentation, showing, out);
}

void Split::read_target(std::size_t sample, std::span<double> out) const { copy_target(*this, sample, out); }
void Split::read_target(std::size_t sample, std::span<float> out) const { copy_target(*this, sample, out); }

std::size_t Dataset::inputs() const {
  if (episodes) return episodes->observations;
  return is_sequence() ? train.sequences.front().values.cols() : train.inputs.features();
}

std::int32_t Dataset::decide(std::span<const double> outputs) const { return decide_class(*this, outputs); }
std::int32_t Dataset::decide(std::span<const float> outputs) const { return decide_class(*this, outputs); }

Matrix<double> one_hot(const std::vector<std::int32_t>& labels, std::size_t classes) {
  Matrix<double> rows(labels.size(), classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto label = static_cast<std::size_t>(labels[i]);
    APICAL_CHECK(label < classes);
    rows(i, label) = 1.0;
  }
  return rows;
}

}  // namespace apical
