// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/digit_generation.h"

#include <fmt/format.h>

#include <array>

#include "apical/tasks/mnist.h"

namespace apical {
namespace {

struct DigitGenerationOptions {
  FileOptions files;
};

void fields(FieldVisitor& v, DigitGenerationOptions& o) {
  directory_field(v, o.files);
  verify_field(v, o.files);
}

Dataset build(const DigitGenerationOptions& o, const Resources& resources) {
  const IdxDataset& mnist = mnist_files();
  const bool verify = o.files.only_originals();
  const LabelledImages images = read_labelled_images(
      mnist.source, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", o.files.base(resources),
      verify ? &mnist.train_images : nullptr, verify ? &mnist.train_labels : nullptr);
  require_digits(images, mnist.source.title);
  Dataset data;
  data.name = "digit-generation";
  data.from_files = true;
  data.train = digit_generation_split(images);
  data.validation = data.test = data.train;
  data.readout = Readout::regression;
  data.target_picture = PictureShape{28, 28};
  return data;
}

}  // namespace

Split digit_generation_split(const LabelledImages& images) {
  std::array<bool, 10> seen{};
  std::vector<std::int32_t> digits;
  Split split;
  split.targets = Matrix<double>(10, images.pixels);
  for (std::size_t i = 0; i < images.labels.size() && digits.size() < 10; ++i) {
    const std::int32_t digit = images.labels[i];
    if (seen[static_cast<std::size_t>(digit)]) continue;
    seen[static_cast<std::size_t>(digit)] = true;
    const auto row = split.targets.row(digits.size());
    for (std::size_t k = 0; k < images.pixels; ++k) {
      row[k] = static_cast<double>(images.images[i * images.pixels + k]) / 255.0;
    }
    digits.push_back(digit);
  }
  if (digits.size() < 10) {
    throw DataError(
        fmt::format("only {} of the ten digits occur among {} images", digits.size(), images.labels.size()));
  }
  split.inputs = Inputs(one_hot(digits, 10));
  return split;
}

TaskInfo digit_generation_task() {
  return {
      .name = "digit-generation",
      .description =
          "one-hot digit in, the first MNIST training image of that digit out (784 pixels in [0, 1])",
      .citation = "Max, Jaras, Granier, Wilmes & Petrovici (2025) bioRxiv 2025.07.11.664263, Figs. 4 and 5",
      .recipe = TaskRecipe(DigitGenerationOptions{})};
}

}  // namespace apical
