// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/mnist.h"

namespace apical {
const IdxDataset& mnist_files() {
  static const IdxDataset files{"mnist",
                                {"MNIST",
                                 {"mnist", "MNIST/raw"},
                                 "'apical data fetch mnist', or download the four files "
                                 "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
                                 "t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz from "
                                 "https://ossci-datasets.s3.amazonaws.com/mnist/"},
                                {60000, 0xe9f4d8b3U, {}},
                                {60000, 0xe0cb4ad2U, {}},
                                {10000, 0x91373bdfU, {}},
                                {10000, 0x4ab9eff9U, {}},
                                0.1307,
                                0.3081,
                                {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
  return files;
}

TaskInfo mnist_task() {
  IdxOptions options;
  options.set = &mnist_files();
  options.augmentation.choices = {"none", "crop"};  // a mirrored digit is none
  return {.name = "mnist",
          .description =
              "handwritten digits, 28 x 28 pixels, ten classes; 50000 train, 10000 validation, 10000 test",
          .citation =
              "LeCun, Bottou, Bengio & Haffner (1998) Gradient-based "
              "learning applied to document recognition",
          .recipe = TaskRecipe(options),
          .classifies = true,
          .pictures = true};
}

}  // namespace apical
