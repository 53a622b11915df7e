// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cifar10.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "apical/io/digest.h"
#include "apical/tasks/data_receipt.h"
#include "apical/tasks/imagenet_scale.h"

namespace apical {
const DataSource& cifar10_source() {
  static const DataSource where{"CIFAR-10",
                                {"cifar-10-batches-bin", "cifar10", "cifar10/cifar-10-batches-bin"},
                                "'apical data fetch cifar10', or download and unpack "
                                "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (six files of "
                                "3073-byte records), or 'apical data convert cifar10' from JPEG files"};
  return where;
}

const std::vector<std::string>& cifar10_classes() {
  static const std::vector<std::string> names{"airplane", "automobile", "bird",  "cat",  "deer",
                                              "dog",      "frog",       "horse", "ship", "truck"};
  return names;
}

const std::vector<std::string>& cifar10_files() {
  static const std::vector<std::string> names{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                              "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};
  return names;
}

namespace {

/// Files by what they are, where a receipt knows that they are not as published.
using Variants = std::map<std::string, std::size_t>;

/// What the receipt beside a file says of it; empty for published content and without a receipt.
std::string variant_of(const std::filesystem::path& path, const std::string& file,
                       std::span<const std::uint8_t> bytes, bool only_originals) {
  const std::optional<DataReceipt> receipt = read_receipt(path.parent_path());
  if (!receipt || !receipt->md5.contains(file)) return {};
  const bool changed = io::digest_of(io::Digest::md5, std::as_bytes(bytes)) != receipt->md5.at(file);
  if (receipt->original && !changed) return {};
  std::string variant = (changed ? "not what was written as: " : "") + receipt->variant;
  if (!only_originals) return variant;
  throw DataError(fmt::format("{} is not the original of CIFAR-10: {}\n  {}", path.string(), variant,
                              changed ? "it was changed, or its conversion was broken off: convert or "
                                        "fetch it again"
                                      : "set verify = \"none\" (--set task.verify=none) to take it; "
                                        "runs and reports will say so"));
}

std::string provenance_of(const Variants& variants) {
  std::string text;
  for (const auto& [variant, files] : variants) {
    if (!text.empty()) text += "; ";
    if (files < cifar10_files().size())
      text += fmt::format("{} of {} files: ", files, cifar10_files().size());
    text += variant;
  }
  return text;
}

struct CifarOptions {
  FileOptions files;
  std::string normalisation = "unit";
  std::size_t validation_samples = 5000;
  AugmentationOptions augmentation;
};

void fields(FieldVisitor& v, CifarOptions& o) {
  directory_field(v, o.files);
  v({.name = "normalisation",
     .meaning = "unit: x / 255; standard: (x / 255 - mean) / sd over all training pixels of each colour; "
                "imagenet: with those of ImageNet",
     .choices = {"unit", "standard", "imagenet"}},
    o.normalisation);
  v({"validation_samples", "", "taken from the end of the training files", within(0, 1e6)},
    o.validation_samples);
  verify_field(v, o.files);
  fields(v, o.augmentation);
}

LabelledImages read_batches(std::span<const std::string> files, const FileOptions& o,
                            const std::filesystem::path& base, Variants& variants) {
  constexpr std::size_t kBatch = 10000;
  LabelledImages images;
  images.pixels = kCifarRecord - 1;
  images.rows = 32;
  for (const std::string& file : files) {
    const auto path = find_data_file(cifar10_source(), file, base);
    const auto bytes = unpack_file(path, std::size_t{1} << 30);
    const std::string variant = variant_of(path, file, bytes, o.only_originals());
    if (!variant.empty()) ++variants[variant];
    const std::size_t before = images.labels.size();
    append_cifar_records(bytes, path.string(), images);
    const std::size_t added = images.labels.size() - before;
    if (o.only_originals() && added != kBatch) {
      throw DataError(
          fmt::format("{} holds {} pictures, the original of CIFAR-10 {}; set verify = \"none\" for files of "
                      "your own",
                      path.string(), added, kBatch));
    }
  }
  return images;
}

PixelScale scale_of(const std::string& normalisation) {
  if (normalisation == "unit") return PixelScale::unit(3);
  if (normalisation == "imagenet") return imagenet_scale();
  return PixelScale::standard({0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616});
}

Dataset build(const CifarOptions& o, const Resources& resources) {
  const std::filesystem::path base = o.files.base(resources);
  const std::span<const std::string> files(cifar10_files());
  Variants variants;
  const LabelledImages train = read_batches(files.first(5), o.files, base, variants);
  const LabelledImages test = read_batches(files.subspan(5), o.files, base, variants);
  const std::size_t held_out = o.validation_samples, all = train.labels.size();
  if (held_out >= all) {
    throw FieldError("validation_samples",
                     fmt::format("is {}; expected less than the {} training pictures", held_out, all));
  }
  const PixelScale scale = scale_of(o.normalisation);
  Dataset data;
  data.name = "cifar10";
  data.from_files = true;
  data.train = image_split(train, 0, all - held_out, scale, 10);
  data.validation = image_split(train, all - held_out, all, scale, 10);
  data.test = image_split(test, 0, test.labels.size(), scale, 10);
  data.train.augmentation = augmentation_of(o.augmentation);
  data.class_names = cifar10_classes();
  data.readout = Readout::largest_output;
  data.provenance = provenance_of(variants);
  return data;
}

}  // namespace

void append_cifar_records(std::span<const std::uint8_t> bytes, const std::string& name,
                          LabelledImages& images) {
  if (bytes.empty() || bytes.size() % kCifarRecord != 0) {
    throw DataError(
        fmt::format("{}: {} bytes are not a whole number of CIFAR-10 records "
                    "of {} bytes; the file is cut off or not the binary version",
                    name, bytes.size(), kCifarRecord));
  }
  for (std::size_t at = 0; at < bytes.size(); at += kCifarRecord) {
    const auto record = bytes.subspan(at, kCifarRecord);
    if (record[0] > 9) {
      throw DataError(
          fmt::format("{}: label {} of record {}; expected 0 to 9", name, record[0], at / kCifarRecord));
    }
    images.labels.push_back(record[0]);
    images.images.insert(images.images.end(), record.begin() + 1, record.end());
  }
}

TaskInfo cifar10_task() {
  return {
      .name = "cifar10",
      .description = "colour pictures, 3 x 32 x 32, ten classes; 45000 train, 5000 validation, 10000 test",
      .citation = "Krizhevsky (2009) Learning multiple layers of features from tiny images",
      .recipe = TaskRecipe(CifarOptions{}),
      .classifies = true,
      .pictures = true};
}

}  // namespace apical
