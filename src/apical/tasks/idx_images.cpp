// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/idx_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "apical/tasks/idx.h"

namespace apical {
namespace {

// The largest of the originals is 47 MB.
constexpr std::size_t kLargestFile = std::size_t{1} << 30;

IdxArray read_idx(const DataSource& source, const std::string& file, const std::filesystem::path& base,
                  std::size_t dimensions, const ExpectedFile* expected) {
  const std::filesystem::path path = find_data_file(source, file, base);
  const auto bytes = unpack_file(path, kLargestFile);
  for (const std::filesystem::path& other : namesakes(path, file)) {
    if (unpack_file(other, kLargestFile) == bytes) continue;
    throw DataError(fmt::format("{} and {} lie side by side and hold different data; expected one of them",
                                path.string(), other.filename().string()));
  }
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
  return all;
}

namespace {

/// Of a text that is a class of its own for each label.
std::vector<std::string> label_names(const std::vector<std::int32_t>& labels) {
  std::vector<std::string> names;
  names.reserve(labels.size());
  for (const std::int32_t label : labels) names.push_back(std::to_string(label));
  return names;
}

/// That occur, rising.
std::vector<std::int32_t> labels_in(const LabelledImages& train, const LabelledImages& test) {
  std::set<std::int32_t> occur(train.labels.begin(), train.labels.end());
  occur.insert(test.labels.begin(), test.labels.end());
  return {occur.begin(), occur.end()};
}

std::vector<std::int32_t> labels_from(std::int32_t first, std::size_t count) {
  std::vector<std::int32_t> labels(count);
  std::iota(labels.begin(), labels.end(), first);
  return labels;
}

}  // namespace

std::vector<std::string> number_classes(LabelledImages& train, LabelledImages& test, std::size_t classes,
                                        const std::vector<std::string>& set, const std::string& title) {
  std::vector<std::int32_t> known = labels_in(train, test);
  const std::set<std::int32_t> taught(train.labels.begin(), train.labels.end());
  const auto lowest = known.front(), highest = known.back();
  const bool as_set = classes == 0 && static_cast<std::size_t>(highest) < set.size();
  if (as_set) {
    known = labels_from(0, set.size());
  } else if (classes > 0) {
    const std::int32_t first = static_cast<std::size_t>(highest) == classes && lowest > 0 ? 1 : 0;
    known = labels_from(first, classes);
    if (highest > known.back()) {
      throw FieldError("classes",
                       fmt::format("is {}; expected {} or 0, for labels of {} are {} to {}", classes,
                                   lowest > 0 ? highest : highest + 1, title, lowest, highest));
    }
  }
  if (!as_set && classes == 0) {
    const auto stranger =
        std::find_if(known.begin(), known.end(), [&](auto l) { return !taught.contains(l); });
    if (stranger != known.end()) {
      throw DataError(
          fmt::format("{}: label {} occurs among test images and not in training; give classes if it is "
                      "one all the same",
                      title, *stranger));
    }
  }
  for (LabelledImages* images : {&train, &test}) {
    for (std::int32_t& label : images->labels) {
      label = static_cast<std::int32_t>(std::lower_bound(known.begin(), known.end(), label) - known.begin());
    }
  }
  return as_set ? set : label_names(known);
}

void require_digits(const LabelledImages& images, const std::string& title) {
  const auto wrong =
      std::find_if(images.labels.begin(), images.labels.end(), [](std::int32_t label) { return label > 9; });
  if (wrong == images.labels.end()) return;
  throw DataError(fmt::format("{}: label {} of the files is {}; expected 0 to 9", title,
                              wrong - images.labels.begin(), *wrong));
}

void directory_field(FieldVisitor& v, FileOptions& o) {
  v({.name = "directory",
     .meaning =
         "folder of the data files, a relative one sought in --data or APICAL_DATA first; empty: that itself",
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
  v({"train_samples", "", "the first so many training images; 0: all that are not taken for validation",
     within(0, 1e6)},
    o.train_samples);
  v({"pooling", "pixels", "per side of a square that becomes one input, their mean; 1: each pixel is one",
     at_least(1)},
    o.pooling);
  v({"units_per_class", "", "outputs of each class, side by side; the answer is the class of the largest sum",
     within(1, 1000)},
    o.units_per_class);
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

namespace {

/// Of the pictures as they are: mean 0 and standard deviation 1.
PixelScale scale_of_training(const LabelledImages& images) {
  double sum = 0, squares = 0;
  for (const std::uint8_t byte : images.images) {
    const double x = byte / 255.0;
    sum += x;
    squares += x * x;
  }
  const auto n = static_cast<double>(images.images.size());
  const double mean = sum / n, sd = std::sqrt(std::max(squares / n - mean * mean, 0.0));
  return PixelScale::standard({mean}, {sd > 0 ? sd : 1.0});
}

PixelScale scale_of(const IdxOptions& o, const LabelledImages& train) {
  if (o.normalisation == "unit") return PixelScale::unit(1);
  if (o.set->sd == 0) return scale_of_training(train);
  return PixelScale::standard({o.set->mean}, {o.set->sd});
}

/// Tests are called "t10k" after MNIST's ten thousand, or "test".
std::string test_name(const IdxOptions& o, const std::filesystem::path& base) {
  std::string test = o.prefix + "test", t10k = o.prefix + "t10k";
  if (base.empty()) return t10k;
  const auto found = [&](const std::string& name) {
    return find_below(base, o.set->source, name + "-images-idx3-ubyte");
  };
  const std::filesystem::path other = found(test);
  if (other.empty()) return t10k;
  if (const std::filesystem::path first = found(t10k); !first.empty())
    throw DataError(fmt::format("{}: both {} and {} could be the test images; expected one of them",
                                o.set->source.title, first.string(), other.string()));
  return test;
}

/// Squares of pooling x pooling pixels in the place of pixels, rounded to bytes.
void pool(LabelledImages& images, std::size_t pooling, const std::string& title) {
  const std::size_t rows = images.rows, cols = images.pixels / rows;
  if (rows % pooling != 0 || cols % pooling != 0) {
    throw FieldError("pooling", fmt::format("is {}; expected a divisor of the {} x {} pixels of {}", pooling,
                                            rows, cols, title));
  }
  const std::size_t squares = images.pixels / (pooling * pooling), per_row = cols / pooling;
  std::vector<std::uint8_t> pooled(images.labels.size() * squares);
  for (std::size_t n = 0; n < images.labels.size(); ++n) {
    for (std::size_t q = 0; q < squares; ++q) {
      std::size_t sum = pooling * pooling / 2;
      const std::size_t top = q / per_row * pooling, left = q % per_row * pooling;
      for (std::size_t y = top; y < top + pooling; ++y) {
        for (std::size_t x = left; x < left + pooling; ++x)
          sum += images.images[n * images.pixels + y * cols + x];
      }
      pooled[n * squares + q] = static_cast<std::uint8_t>(sum / (pooling * pooling));
    }
  }
  images.images = std::move(pooled);
  images.pixels = squares;
  images.rows = rows / pooling;
}

/// Each class has several outputs, side by side.
void spread(Split& split, std::size_t units) {
  split.targets = Matrix<double>(split.labels.size(), split.classes * units);
  for (std::size_t n = 0; n < split.labels.size(); ++n) {
    const std::size_t first = static_cast<std::size_t>(split.labels[n]) * units;
    for (double& y : split.targets.row(n).subspan(first, units)) y = 1;
  }
  split.classes = 0;
}

}  // namespace

Dataset build(const IdxOptions& o, const Resources& resources) {
  const std::filesystem::path base = o.files.base(resources);
  const IdxDataset& set = *o.set;
  const auto expected = [&](const ExpectedFile& file) { return o.files.only_originals() ? &file : nullptr; };
  const auto read = [&](const std::string& part, const ExpectedFile& images, const ExpectedFile& labels) {
    return read_labelled_images(set.source, part + "-images-idx3-ubyte", part + "-labels-idx1-ubyte", base,
                                expected(images), expected(labels));
  };
  LabelledImages train = read(o.prefix + "train", set.train_images, set.train_labels);
  LabelledImages test = read(test_name(o, base), set.test_images, set.test_labels);
  const std::size_t held_out = o.validation_samples, all = train.labels.size();
  if (held_out >= all) {
    throw FieldError("validation_samples",
                     fmt::format("is {}; expected less than the {} training images", held_out, all));
  }
  if (train.pixels != test.pixels) {
    throw DataError(fmt::format("{}: training images have {} pixels, test images {}", set.source.title,
                                train.pixels, test.pixels));
  }
  if (o.pooling > 1) {
    for (LabelledImages* images : {&train, &test}) pool(*images, o.pooling, set.source.title);
  }
  Dataset data;
  data.name = set.name;
  data.from_files = true;
  data.class_names = number_classes(train, test, o.classes, set.class_names, set.source.title);
  const PixelScale scale = scale_of(o, train);
  const std::size_t classes = data.class_names.size();
  if (o.train_samples > all - held_out) {
    throw FieldError("train_samples",
                     fmt::format("is {}; expected at most the {} training images that are not held out",
                                 o.train_samples, all - held_out));
  }
  const std::size_t shown = o.train_samples > 0 ? o.train_samples : all - held_out;
  data.train = image_split(train, 0, shown, scale, classes);
  data.validation = image_split(train, all - held_out, all, scale, classes);
  data.test = image_split(test, 0, test.labels.size(), scale, classes);
  if (o.units_per_class > 1) {
    for (Split* split : {&data.train, &data.validation, &data.test}) spread(*split, o.units_per_class);
  }
  data.train.augmentation = augmentation_of(o.augmentation);
  data.readout = Readout::largest_output;
  return data;
}

}  // namespace apical
