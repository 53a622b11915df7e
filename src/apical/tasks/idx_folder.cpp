// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/idx_folder.h"

namespace apical {
namespace {

const IdxDataset& any_files() {
  static const IdxDataset files{
      "idx-folder",
      {"IDX files",
       {"emnist", "EMNIST/raw", "gzip"},
       "put the four files [prefix]train-images-idx3-ubyte, [prefix]train-labels-idx1-ubyte, "
       "[prefix]test-images-idx3-ubyte (or t10k-images-idx3-ubyte) and the labels of these into one folder, "
       "unpacked or as .gz"},
      {},
      {},
      {},
      {},
      0,
      0,
      {}};
  return files;
}

struct IdxFolderOptions {
  IdxOptions idx;
};

void fields(FieldVisitor& v, IdxFolderOptions& o) {
  directory_field(v, o.idx.files);
  v({.name = "prefix",
     .meaning = "what stands before train- and test- in the names of the files, e.g. \"emnist-letters-\"",
     .optional = true},
    o.idx.prefix);
  v({"classes", "",
     "0: each label that occurs is a class; else labels are 0 to classes - 1 or, where no 0 occurs, 1 to "
     "classes",
     within(0, 256)},
    o.idx.classes);
  v({.name = "normalisation",
     .meaning = "unit: x / 255; standard: (x / 255 - mean) / sd over all training pixels, as they are found",
     .choices = {"unit", "standard"}},
    o.idx.normalisation);
  v({"validation_samples", "", "taken from the end of the training files", within(0, 1e6)},
    o.idx.validation_samples);
  fields(v, o.idx.augmentation);
}

Dataset build(const IdxFolderOptions& o, const Resources& resources) { return build(o.idx, resources); }

}  // namespace

TaskInfo idx_folder_task() {
  IdxFolderOptions options;
  options.idx.set = &any_files();
  options.idx.files.verify = "none";
  options.idx.validation_samples = 0;
  return {.name = "idx-folder",
          .description =
              "grey pictures in IDX files of your own, with any number of classes: EMNIST and its like",
          .citation = "your own pictures; cite where they come from",
          .recipe = TaskRecipe(options),
          .classifies = true,
          .pictures = true};
}

}  // namespace apical
