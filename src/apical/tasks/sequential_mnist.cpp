// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/sequential_mnist.h"

#include <utility>

#include "apical/core/random.h"
#include "apical/tasks/idx_images.h"
#include "apical/tasks/mnist.h"
#include "apical/tasks/sequential_image.h"
#include "apical/tasks/task_fields.h"

namespace apical {
namespace {

struct SequentialOptions {
  IdxOptions images;
  PixelOrder order = PixelOrder::rows;
  std::size_t train_samples = 10000, validation_samples = 1000, test_samples = 1000;
  std::uint64_t permutation_seed = 1;
};

void fields(FieldVisitor& v, SequentialOptions& o) {
  directory_field(v, o.images.files);
  verify_field(v, o.images.files);
  v({"order",
     "",
     "28 rows of 28 pixels, 784 single pixels, or these in one fixed permutation",
     {},
     "Le et al. 2015"},
    o.order);
  if (v.when(o.order == PixelOrder::permuted)) {
    seed_field(v, "permutation_seed", "seed of the permutation", o.permutation_seed);
  } else {
    v.without("permutation_seed", "an order that is not permuted");
  }
  count_field(v, "train_samples", "training digits, the first so many; 60000 take 0.4 GB", o.train_samples, 1,
              6e4);
  count_field(v, "validation_samples", "held out from the end of the training digits", o.validation_samples,
              0, 5e4);
  count_field(v, "test_samples", "test digits, the first so many", o.test_samples, 1, 1e4);
}

Split as_courses(const Split& digits, std::size_t samples, const SequentialOptions& o,
                 std::span<const std::uint32_t> permutation) {
  constexpr std::size_t kPictureSide = 28;
  Split s;
  s.classes = digits.classes;
  samples = std::min(samples, digits.size());
  s.labels.assign(digits.labels.begin(), digits.labels.begin() + static_cast<std::ptrdiff_t>(samples));
  std::vector<double> pixels(kPictureSide * kPictureSide);
  for (std::size_t i = 0; i < samples; ++i) {
    digits.read_input(i, std::span<double>(pixels));
    s.sequences.push_back(step_by_step(sequential_image(pixels, kPictureSide, o.order, permutation)));
  }
  return s;
}

Dataset build(const SequentialOptions& o, const Resources& resources) {
  IdxOptions images = o.images;
  images.set = &mnist_files();
  images.validation_samples = o.validation_samples;
  const Dataset digits = build(images, resources);
  std::vector<std::uint32_t> order;
  if (o.order == PixelOrder::permuted)
    order = permutation({o.permutation_seed, Stream::task_input, 0, 0}, 28 * 28);
  Dataset data;
  data.name = "sequential-mnist";
  data.readout = digits.readout;
  data.class_names = digits.class_names;
  data.from_files = true;
  data.provenance = digits.provenance;
  data.sequence_dt_ms = 1;
  data.train = as_courses(digits.train, o.train_samples, o, order);
  data.validation = as_courses(digits.validation, o.validation_samples, o, order);
  data.test = as_courses(digits.test, o.test_samples, o, order);
  return data;
}

}  // namespace

TaskInfo sequential_mnist_task() {
  return {
      .name = "sequential-mnist",
      .description = "handwritten digits, row by row or pixel by pixel; the class is told in the last step",
      .citation =
          "Le, Jaitly & Hinton (2015) arXiv 1504.00941; LeCun, Bottou, Bengio & Haffner (1998) "
          "Gradient-based learning applied to document recognition",
      .recipe = TaskRecipe(SequentialOptions{}),
      .classifies = true,
      .sequences = true};
}

}  // namespace apical
