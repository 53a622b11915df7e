// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/fashion_mnist.h"

#include "apical/tasks/mnist.h"

namespace apical {
// Checksums are published of the compressed files only ('apical data verify' compares them), and people keep
// them unpacked or packed anew. So reading checks sizes, and that the files are not those of MNIST, which
// have the same names.
const IdxDataset& fashion_mnist_files() {
  static const IdxDataset set{"fashion-mnist",
                              {"Fashion-MNIST",
                               {"fashion-mnist", "fashion_mnist", "FashionMNIST/raw"},
                               "'apical data fetch fashion-mnist', or download the four .gz files in "
                               "data/fashion of https://github.com/zalandoresearch/fashion-mnist"},
                              {60000, {}, mnist_files().train_images.crc32},
                              {60000, {}, mnist_files().train_labels.crc32},
                              {10000, {}, mnist_files().test_images.crc32},
                              {10000, {}, mnist_files().test_labels.crc32},
                              0.2860,
                              0.3530,
                              {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
                               "Sneaker", "Bag", "Ankle boot"}};
  return set;
}

TaskInfo fashion_mnist_task() {
  IdxOptions options;
  options.set = &fashion_mnist_files();
  return {.name = "fashion-mnist",
          .description =
              "pictures of clothes, 28 x 28 pixels, ten classes; 50000 train, 10000 validation, 10000 test",
          .citation = "Xiao, Rasul & Vollgraf (2017) Fashion-MNIST, arXiv 1708.07747",
          .recipe = TaskRecipe(options),
          .classifies = true,
          .pictures = true};
}

}  // namespace apical
