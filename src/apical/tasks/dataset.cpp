// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/dataset.h"

#include <algorithm>

namespace apical {
namespace {

template <class T>
void copy_row(const Matrix<double>& from, std::size_t row, std::span<T> out) {
  APICAL_CHECK(row < from.rows() && out.size() == from.cols());
  const auto values = from.row(row);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(values[i]);
}

template <class T>
void copy_row(const PixelMatrix& from, std::size_t row, std::span<T> out) {
  APICAL_CHECK((row + 1) * from.features <= from.bytes.size() && out.size() == from.features);
  const std::size_t channel_size = from.features / from.scale.channels.size();
  const std::uint8_t* byte = from.bytes.data() + row * from.features;
  T* value = out.data();
  for (const auto& table : from.scale.channels) {
    for (std::size_t i = 0; i < channel_size; ++i) *value++ = static_cast<T>(table[*byte++]);
  }
}

template <class T>
std::int32_t decide_class(const Dataset& data, std::span<const T> outputs) {
  switch (data.readout) {
    case Readout::largest_output:
      return static_cast<std::int32_t>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin());
    case Readout::sign: return static_cast<double>(outputs[0]) > data.threshold ? 1 : 0;
    case Readout::regression: break;
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

Inputs::Inputs(PixelMatrix pixels) : values_(std::move(pixels)) {
  const auto& p = std::get<PixelMatrix>(values_);
  APICAL_CHECK(p.features > 0 && !p.scale.channels.empty() && p.features % p.scale.channels.size() == 0 &&
               p.bytes.size() % p.features == 0);
}

std::size_t Inputs::samples() const {
  if (const auto* pixels = std::get_if<PixelMatrix>(&values_))
    return pixels->bytes.size() / pixels->features;
  return std::get<Matrix<double>>(values_).rows();
}

std::size_t Inputs::features() const {
  if (const auto* pixels = std::get_if<PixelMatrix>(&values_)) return pixels->features;
  return std::get<Matrix<double>>(values_).cols();
}

void Inputs::read(std::size_t sample, std::span<double> out) const {
  std::visit([&](const auto& from) { copy_row(from, sample, out); }, values_);
}

void Inputs::read(std::size_t sample, std::span<float> out) const {
  std::visit([&](const auto& from) { copy_row(from, sample, out); }, values_);
}

std::span<const double> InputSequence::at(std::uint32_t step) const {
  APICAL_CHECK(step < steps());
  const auto next = std::upper_bound(change_points.begin(), change_points.end(), step);
  return values.row(static_cast<std::size_t>(next - change_points.begin()) - 1);
}

void Split::read_target(std::size_t sample, std::span<double> out) const { copy_row(targets, sample, out); }
void Split::read_target(std::size_t sample, std::span<float> out) const { copy_row(targets, sample, out); }

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
