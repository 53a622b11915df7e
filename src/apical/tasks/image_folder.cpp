// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/image_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/random.h"
#include "apical/core/threads.h"
#include "apical/io/directory.h"
#include "apical/io/picture.h"
#include "apical/tasks/augmentation.h"
#include "apical/tasks/data_files.h"
#include "apical/tasks/image_files.h"
#include "apical/tasks/imagenet_scale.h"
#include "apical/tasks/picture_tree.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

/// Decodes everything once and leaves out what cannot be; their names and reasons go to `skipped`.
LabelledFiles without_corrupt(const LabelledFiles& all, std::size_t shorter_side, ThreadPool& pool,
                              LeftOut& skipped) {
  std::vector<std::string> faults(all.files.size());
  std::string first;
  constexpr std::size_t kPiece = 64;
  pool.run((all.files.size() + kPiece - 1) / kPiece, [&](std::size_t piece) {
    for (std::size_t i = piece * kPiece; i < std::min((piece + 1) * kPiece, all.files.size()); ++i) {
      try {
        io::decode_picture(io::read_file(all.files[i]), all.files[i].string(), shorter_side);
      } catch (const DataError& e) {
        faults[i] = e.what();
      }
    }
  });
  LabelledFiles whole;
  for (std::size_t i = 0; i < all.files.size(); ++i) {
    if (faults[i].empty()) {
      whole.add(all, i);
    } else {
      if (first.empty()) first = faults[i];
      skipped.tell(faults[i]);
    }
  }
  if (whole.files.empty())
    throw DataError(fmt::format("none of {} pictures is whole; the first: {}", all.files.size(), first));
  return whole;
}

/// Threads that decode ahead: half as many as there are, for training has work for the rest.
std::size_t readers(const Resources& resources) {
  return std::clamp<std::size_t>(resources.pool.size() / 2, 1, 8);
}

Split make_split(LabelledFiles files, std::size_t classes, std::size_t size, std::size_t shorter_side,
                 const PixelScale& scale, std::size_t readers) {
  Split split;
  if (files.files.empty()) return split;
  split.inputs = Inputs(FilePixels{
      std::make_shared<const ImageFiles>(std::move(files.files), size, shorter_side, readers), scale});
  split.labels = std::move(files.labels);
  split.classes = classes;
  return split;
}

/// Takes `count` files at random, since files are sorted by class.
LabelledFiles take_out(LabelledFiles& files, std::size_t count) {
  LabelledFiles taken, rest;
  std::vector<bool> chosen(files.files.size(), false);
  const std::vector<std::uint32_t> order =
      permutation({0, Stream::sample_order, 0x20, 0}, files.files.size());
  for (std::size_t i = 0; i < count; ++i) chosen[order[i]] = true;
  for (std::size_t i = 0; i < files.files.size(); ++i) (chosen[i] ? taken : rest).add(files, i);
  files = std::move(rest);
  return taken;
}

struct ImageFolderOptions {
  std::string directory;
  std::size_t size = 32, resize = 0;
  std::string normalisation = "unit";
  std::size_t validation_samples = 0;
  std::string corrupt_files = "refuse";
  AugmentationOptions augmentation{.crop_padding = 0};
};

void fields(FieldVisitor& v, ImageFolderOptions& o) {
  v({.name = "directory",
     .meaning =
         "folder with train/CLASS/FILE and test/CLASS/FILE or val/CLASS/FILE, pictures in JPEG, PNG or "
         "BMP; a relative one is sought in --data or APICAL_DATA first",
     .optional = true},
    o.directory);
  v({"size", "", "side of the pictures the network sees, pixels", within(1, 4096)}, o.size);
  v({"resize", "", "shorter side before the window of 'size' is cut out, pixels; 0: size", within(0, 4096)},
    o.resize);
  if (o.resize != 0 && o.resize < o.size) {
    throw FieldError({"resize", "size"}, fmt::format("is {}, but windows have 'size' {}; expected "
                                                     "at least that, or 0 for the same",
                                                     o.resize, o.size));
  }
  v({.name = "normalisation",
     .meaning = "unit: x / 255; standard: (x / 255 - mean) / sd with the customary means and deviations of "
                "ImageNet's colours",
     .choices = {"unit", "standard"}},
    o.normalisation);
  v({"validation_samples", "", "taken at random from train/, where there is no val/ beside test/",
     within(0, 1e7)},
    o.validation_samples);
  v({.name = "corrupt_files",
     .meaning =
         "refuse: stop with the file's name when it is read; skip: decode all files before training "
         "and leave out, by name, what is no whole picture: other files, links to nothing, empty classes",
     .choices = {"refuse", "skip"}},
    o.corrupt_files);
  fields(v, o.augmentation);
}

fs::path root_of(const ImageFolderOptions& o, const fs::path& base) {
  if (o.directory.empty()) {
    throw FieldError::about({"directory"},
                            "task 'image-folder' needs 'directory', the folder that holds train/CLASS/FILE",
                            "a relative one is sought in --data or APICAL_DATA first");
  }
  fs::path root = data_folder(o.directory, base);
  if (!io::directory_exists(root / "train")) {
    const std::string sought = root.is_relative() && !base.empty()
                                   ? fmt::format(" here, nor below {} (--data, APICAL_DATA)", base.string())
                                   : "";
    throw DataError(fmt::format("there is no folder {}{}; expected pictures train/CLASS/FILE in it",
                                (root / "train").string(), sought));
  }
  return root;
}

Dataset build(const ImageFolderOptions& o, const Resources& resources) {
  const fs::path root = root_of(o, resources.data);
  const std::size_t size = o.size, side = o.resize == 0 ? size : o.resize;
  Dataset data;
  data.name = "image-folder";
  data.from_files = true;
  LeftOut left_out(o.corrupt_files == "skip"), told_again(left_out.skip());
  data.class_names = classes_below(root / "train", told_again);
  const auto read = [&](const char* part) -> LabelledFiles {
    if (!io::directory_exists(root / part)) return {};
    LabelledFiles files = pictures_below(root / part, data.class_names, "the training pictures", left_out);
    return left_out.skip() ? without_corrupt(files, side, resources.pool, left_out) : files;
  };
  LabelledFiles train = read("train"), validation = read("val"), test = read("test");
  data.skipped_files = left_out.files();
  if (validation.files.empty() && test.files.empty()) {
    throw DataError(
        fmt::format("{} has neither a folder test nor val; expected test/CLASS/FILE", root.string()));
  }
  // Sets whose only other part is "val" (ImageNet) are tested on it.
  if (test.files.empty()) std::swap(test, validation);
  const std::size_t held_out = o.validation_samples;
  if (held_out > 0) {
    if (!validation.files.empty()) {
      throw FieldError("validation_samples",
                       fmt::format("is {}, but {} is there", held_out, (root / "val").string()),
                       "leave it out");
    }
    if (held_out >= train.files.size()) {
      throw FieldError("validation_samples", fmt::format("is {}; expected less than the {} training pictures",
                                                         held_out, train.files.size()));
    }
    validation = take_out(train, held_out);
  }
  const std::size_t classes = data.class_names.size();
  const PixelScale scale = o.normalisation == "unit" ? PixelScale::unit(3) : imagenet_scale();
  data.train = make_split(std::move(train), classes, size, side, scale, readers(resources));
  data.validation = make_split(std::move(validation), classes, size, side, scale, readers(resources));
  data.test = make_split(std::move(test), classes, size, side, scale, readers(resources));
  data.train.augmentation = augmentation_of(o.augmentation);
  data.readout = Readout::largest_output;
  return data;
}

}  // namespace

TaskInfo image_folder_task() {
  return {.name = "image-folder",
          .description =
              "your own pictures (JPEG, PNG, BMP), one folder per class, decoded while training goes on",
          .citation = "your own pictures; cite where they come from",
          .recipe = TaskRecipe(ImageFolderOptions{}),
          .classifies = true,
          .pictures = true};
}

}  // namespace apical
