// SPDX-License-Identifier: Apache-2.0
// Labelled images in the four IDX files that MNIST and its successors share.
#pragma once

#include <optional>

#include "apical/tasks/augmentation.h"
#include "apical/tasks/data_files.h"
#include "apical/tasks/task.h"

namespace apical {

struct LabelledImages {
  std::size_t pixels = 0;            ///< per image, of all channels
  std::size_t rows = 0;              ///< per channel
  std::vector<std::uint8_t> images;  ///< images x pixels
  std::vector<std::int32_t> labels;
};

/// Size and CRC-32 (of the unpacked file) that the original has; without CRC only the size is checked.
struct ExpectedFile {
  std::size_t items;
  std::optional<std::uint32_t> crc32;
  std::optional<std::uint32_t> not_crc32;  ///< a mix-up that is recognised by this CRC
};

/// At least one image, from files below `base`. `expected_images` and `expected_labels` are null
/// for files that are not the originals.
LabelledImages read_labelled_images(const DataSource& source, const std::string& images_file,
                                    const std::string& labels_file, const std::filesystem::path& base,
                                    const ExpectedFile* expected_images, const ExpectedFile* expected_labels);

/// What distinguishes one such data set from another.
struct IdxDataset {
  std::string name;
  DataSource source;
  ExpectedFile train_images, train_labels, test_images, test_labels;
  double mean, sd;  ///< of the training pixels divided by 255; an sd of 0: of those that are read
  std::vector<std::string> class_names;  ///< of labels 0, 1, …; empty: as many as there are
};

/// Where files are, and whether they have to be the published ones.
struct FileOptions {
  std::string directory;
  std::string verify = "original";
  bool only_originals() const { return verify == "original"; }
  std::filesystem::path base(const Resources& resources) const {
    return data_folder(directory, resources.data);
  }
};
void directory_field(FieldVisitor& v, FileOptions& o);
void verify_field(FieldVisitor& v, FileOptions& o);

struct IdxOptions {
  const IdxDataset* set = nullptr;
  std::string prefix;       ///< of the names of files
  std::size_t classes = 0;  ///< 0: as many as there are labels
  FileOptions files;
  std::string normalisation = "unit";
  std::size_t validation_samples = 10000;
  std::size_t pooling = 1;        ///< pixels per side of a square that becomes one input, their mean
  std::size_t train_samples = 0;  ///< the first so many; 0: all that are not held out
  std::size_t units_per_class = 1;
  AugmentationOptions augmentation;
};
void fields(FieldVisitor& v, IdxOptions& o);
Dataset build(const IdxOptions& o, const Resources& resources);

/// Labels as numbers of classes, 0, 1, …, and what the classes are called: by their labels unless `set` names
/// them all. With `classes` 0 each label that occurs is a class; otherwise labels are 0 … classes - 1 or, if
/// no 0 occurs, 1 … classes. FieldError for labels beyond.
std::vector<std::string> number_classes(LabelledImages& train, LabelledImages& test, std::size_t classes,
                                        const std::vector<std::string>& set, const std::string& title);

/// DataError if a label is not one of 0 … 9.
void require_digits(const LabelledImages& images, const std::string& title);

/// The samples [first, last) with one-hot targets.
Split image_split(const LabelledImages& all, std::size_t first, std::size_t last, const PixelScale& scale,
                  std::size_t classes);

}  // namespace apical
