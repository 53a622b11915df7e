// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/idx_images.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/tasks/idx.h"

namespace apical {
namespace {

// The largest of the originals is 47 MB.
constexpr std::size_t kLargestFile = std::size_t{1} << 30;

IdxArray read_idx(const DataSource& source, const std::string& file, const std::filesystem::path& base,
                  std::size_t dimensions, const ExpectedFile* expected) {
  const std::filesystem::path path = find_data_file(source, file, base);
  const auto bytes = unpack_file(path, kLargestFile);
  IdxArray array = parse_idx(bytes, dimensions, path.string());
  if (expected == nullptr) return array;
  if (array.shape[0] != expected->items) {
    throw DataError(
        fmt::format("{} holds {} items, the original of {} {}; set verify = \"none\" for files of your own",
                    path.string(), array.shape[0], source.title, expected->items));
  }
  const std::uint32_t found = crc32_of(bytes);
  if (expected->crc32 && found != *expected->crc32) {
    throw DataError(
        fmt::format("{} is not the original of {}: CRC-32 {:08x}, expected {:08x}; set verify = \"none\" for "
                    "files of your own",
                    path.string(), source.title, found, *expected->crc32));
  }
  if (expected->not_crc32 && found == *expected->not_crc32) {
    throw DataError(
        fmt::format("{} is the file of MNIST, which has the same name as that of {}; keep the two in folders "
                    "of their own",
                    path.string(), source.title));
  }
  return array;
}

}  // namespace

LabelledImages read_labelled_images(const DataSource& source, const std::string& images_file,
                                    const std::string& labels_file, const std::filesystem::path& base,
                                    const ExpectedFile* expected_images,
                                    const ExpectedFile* expected_labels) {
  IdxArray images = read_idx(source, images_file, base, 3, expected_images);
  const IdxArray labels = read_idx(source, labels_file, base, 1, expected_labels);
  if (images.shape[0] != labels.shape[0]) {
    throw DataError(fmt::format("{}: {} has {} images but {} has {} labels", source.title, images_file,
                                images.shape[0], labels_file, labels.shape[0]));
  }
  LabelledImages all;
  all.pixels = images.shape[1] * images.shape[2];
  all.rows = images.shape[1];
  all.images = std::move(images.values);
  all.labels.assign(labels.values.begin(), labels.values.end());
  const auto wrong =
      std::find_if(all.labels.begin(), all.labels.end(), [](std::int32_t label) { return label > 9; });
  if (wrong != all.labels.end()) {
    throw DataError(fmt::format("{}: label {} of {} is {}; expected 0 to 9", source.title,
                                wrong - all.labels.begin(), labels_file, *wrong));
  }
  return all;
}

void directory_field(FieldVisitor& v, FileOptions& o) {
  v({.name = "directory",
     .meaning = "folder of the data files; empty: that of --data or APICAL_DATA",
     .optional = true},
    o.directory);
}

void verify_field(FieldVisitor& v, FileOptions& o) {
  v({.name = "verify",
     .meaning = "insist on the published files, or take any of this format",
     .choices = {"original", "none"}},
    o.verify);
}

void fields(FieldVisitor& v, IdxOptions& o) {
  directory_field(v, o.files);
  v({.name = "normalisation",
     .meaning = "unit: x / 255; standard: (x / 255 - mean) / sd of the training pixels",
     .choices = {"unit", "standard"}},
    o.normalisation);
  v({"validation_samples", "", "taken from the end of the training files", within(0, 1e6)},
    o.validation_samples);
  verify_field(v, o.files);
  fields(v, o.augmentation);
}

Split image_split(const LabelledImages& all, std::size_t first, std::size_t last, const PixelScale& scale,
                  std::size_t classes) {
  const auto at = [](std::size_t i) { return static_cast<std::ptrdiff_t>(i); };
  Split split;
  PixelMatrix pixels;
  pixels.features = all.pixels;
  pixels.rows = all.rows;
  pixels.bytes.assign(all.images.begin() + at(first * all.pixels),
                      all.images.begin() + at(last * all.pixels));
  pixels.scale = scale;
  split.inputs = Inputs(std::move(pixels));
  split.labels.assign(all.labels.begin() + at(first), all.labels.begin() + at(last));
  split.classes = classes;
  return split;
}

Dataset build(const IdxOptions& o, const Resources& resources) {
  const std::filesystem::path base = o.files.base(resources);
  const IdxDataset& set = *o.set;
  const auto expected = [&](const ExpectedFile& file) { return o.files.only_originals() ? &file : nullptr; };
  const LabelledImages train =
      read_labelled_images(set.source, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", base,
                           expected(set.train_images), expected(set.train_labels));
  const LabelledImages test =
      read_labelled_images(set.source, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", base,
                           expected(set.test_images), expected(set.test_labels));
  const std::size_t held_out = o.validation_samples, all = train.labels.size();
  if (held_out >= all) {
    throw FieldError("validation_samples",
                     fmt::format("is {}; expected less than the {} training images", held_out, all));
  }
  if (train.pixels != test.pixels) {
    throw DataError(fmt::format("{}: training images have {} pixels, test images {}", set.source.title,
                                train.pixels, test.pixels));
  }
  const PixelScale scale =
      o.normalisation == "unit" ? PixelScale::unit(1) : PixelScale::standard({set.mean}, {set.sd});
  Dataset data;
  data.name = set.name;
  data.train = image_split(train, 0, all - held_out, scale, 10);
  data.validation = image_split(train, all - held_out, all, scale, 10);
  data.test = image_split(test, 0, test.labels.size(), scale, 10);
  data.train.augmentation = augmentation_of(o.augmentation);
  data.class_names = set.class_names;
  data.readout = Readout::largest_output;
  return data;
}

}  // namespace apical
