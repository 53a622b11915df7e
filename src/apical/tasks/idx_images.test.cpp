// SPDX-License-Identifier: Apache-2.0
// The readers on small files written here, whole, cut off and damaged; and on the originals where present.
#include "apical/tasks/idx_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "apical/core/error.h"
#include "apical/tasks/cifar10.h"
#include "apical/tasks/idx.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;
using testing::AllOf;
using testing::HasSubstr;

Bytes idx_bytes(const std::vector<std::uint32_t>& shape, const Bytes& values) {
  Bytes bytes{0, 0, 8, static_cast<std::uint8_t>(shape.size())};
  for (std::uint32_t extent : shape) {
    for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(extent >> shift));
  }
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

/// A folder that is removed again.
class Folder : public testing::Test {
 protected:
  Folder() : path_(fs::temp_directory_path() / ("apical-images-" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() override { fs::remove_all(path_); }

  void write(const std::string& name, const Bytes& bytes) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  void write_gz(const std::string& name, const Bytes& bytes) const {
    gzFile file = gzopen((path_ / name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
  }
  Bytes read(const std::string& name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// Twelve 2 x 2 training images, image i all of byte 10 i, label i mod 10; two test images.
  void write_small_mnist() const {
    Bytes pixels, labels;
    for (unsigned i = 0; i < 12; ++i) {
      pixels.insert(pixels.end(), 4, static_cast<std::uint8_t>(10 * i));
      labels.push_back(static_cast<std::uint8_t>(i % 10));
    }
    write_gz("train-images-idx3-ubyte.gz", idx_bytes({12, 2, 2}, pixels));
    write("train-labels-idx1-ubyte", idx_bytes({12}, labels));
    write("t10k-images-idx3-ubyte", idx_bytes({2, 2, 2}, Bytes(8, 51)));
    write("t10k-labels-idx1-ubyte", idx_bytes({2}, {3, 4}));
  }
  TaskParameters parameters() const {
    return TaskParameters{}.set("directory", path_.string()).set("verify", "none");
  }
  template <class Fault>
  std::string message(const std::string& task, const TaskParameters& p) const {
    try {
      make_dataset(task, p);
    } catch (const Fault& fault) {
      return fault.what();
    }
    return "nothing was thrown";
  }

  fs::path path_;
};

using IdxImages = Folder;

TEST_F(IdxImages, PlainAndGzipFilesMakeADataset) {
  write_small_mnist();
  const Dataset data = make_dataset("mnist", parameters().set("validation_samples", 2));
  EXPECT_EQ(data.train.size(), 10U);
  EXPECT_EQ(data.validation.size(), 2U);
  EXPECT_EQ(data.test.size(), 2U);
  EXPECT_EQ(data.inputs(), 4U);
  EXPECT_EQ(data.outputs(), 10U);
  EXPECT_EQ(data.validation.labels, (std::vector<std::int32_t>{0, 1}));
  std::vector<double> x(4);
  data.validation.read_input(1, std::span<double>(x));
  EXPECT_EQ(x, std::vector<double>(4, 110 / 255.0));
  std::vector<double> y(10);
  data.test.read_target(0, std::span<double>(y));
  EXPECT_EQ(y, (std::vector<double>{0, 0, 0, 1, 0, 0, 0, 0, 0, 0}));
}

TEST_F(IdxImages, FilesOfOneNameSideBySideAreTheSameOrRefused) {
  write_small_mnist();
  const Bytes same = read("t10k-labels-idx1-ubyte");
  write_gz("t10k-labels-idx1-ubyte.gz", same);
  const auto p = parameters().set("validation_samples", 2);
  EXPECT_EQ(make_dataset("mnist", p).test.size(), 2U) << "packed and unpacked, as torchvision leaves them";
  write("t10k-labels.idx1-ubyte", idx_bytes({2}, {5, 6}));
  EXPECT_THAT(message<DataError>("mnist", p),
              AllOf(HasSubstr("t10k-labels.idx1-ubyte"), HasSubstr("hold different data")));
  fs::remove(path_ / "t10k-labels.idx1-ubyte");
  write("test-images-idx3-ubyte", idx_bytes({2, 2, 2}, Bytes(8, 7)));
  EXPECT_THAT(message<DataError>("mnist", p), HasSubstr("could be the test images; expected one of them"));
}

TEST_F(IdxImages, ARelativeDirectoryIsSoughtBelowThatOfAllData) {
  write_small_mnist();
  ThreadPool pool(1);
  const Resources resources{pool, path_.parent_path()};
  const auto p = TaskParameters{}
                     .set("directory", path_.filename().string())
                     .set("verify", "none")
                     .set("validation_samples", 2);
  EXPECT_EQ(make_dataset("mnist", p, resources).test.size(), 2U);
}

TEST_F(IdxImages, StandardNormalisationUsesMeanAndDeviation) {
  write_small_mnist();
  const auto p = parameters().set("validation_samples", 2).set("normalisation", "standard");
  std::vector<double> x(4);
  make_dataset("mnist", p).test.read_input(0, std::span<double>(x));
  EXPECT_DOUBLE_EQ(x[0], (51 / 255.0 - 0.1307) / 0.3081);
}

TEST_F(IdxImages, SquaresOfPixelsBecomeOneInputTheirMean) {
  Bytes pixels;
  for (unsigned i = 0; i < 16; ++i) pixels.push_back(static_cast<std::uint8_t>(10 * i));
  Bytes three;
  for (int n = 0; n < 3; ++n) three.insert(three.end(), pixels.begin(), pixels.end());
  write("train-images-idx3-ubyte", idx_bytes({3, 4, 4}, three));
  write("train-labels-idx1-ubyte", idx_bytes({3}, {0, 1, 2}));
  write("t10k-images-idx3-ubyte", idx_bytes({1, 4, 4}, pixels));
  write("t10k-labels-idx1-ubyte", idx_bytes({1}, {3}));
  const auto p = parameters().set("validation_samples", 1);
  const Dataset data = make_dataset("mnist", TaskParameters(p).set("pooling", 2));
  ASSERT_EQ(data.inputs(), 4U);
  std::vector<double> x(4);
  data.test.read_input(0, std::span<double>(x));
  // Pixels 0, 1, 4, 5 are 0, 10, 40, 50; the square beside them has 20 more, the one below 80.
  EXPECT_EQ(x, (std::vector<double>{25 / 255.0, 45 / 255.0, 105 / 255.0, 125 / 255.0}));
  EXPECT_THAT(message<ConfigError>("mnist", TaskParameters(p).set("pooling", 3)),
              HasSubstr("pooling is 3; expected a divisor of the 4 x 4 pixels of MNIST"));
}

TEST_F(IdxImages, TheFirstTrainingImagesMayBeAllThereAre) {
  write_small_mnist();
  const auto p = parameters().set("validation_samples", 2);
  const Dataset all = make_dataset("mnist", p),
                one = make_dataset("mnist", TaskParameters(p).set("train_samples", 1));
  ASSERT_GT(all.train.size(), 1U);
  EXPECT_EQ(one.train.size(), 1U);
  EXPECT_EQ(one.validation.labels, all.validation.labels);
  EXPECT_THAT(message<ConfigError>("mnist", TaskParameters(p).set("train_samples", 60000)),
              HasSubstr("train_samples is 60000; expected at most the"));
}

TEST_F(IdxImages, AClassMayHaveSeveralOutputsWhoseSumDecides) {
  write_small_mnist();
  const auto p = parameters().set("validation_samples", 2).set("units_per_class", 2);
  const Dataset data = make_dataset("mnist", p);
  ASSERT_EQ(data.outputs(), 20U);
  std::vector<double> y(20), wanted(20);
  data.test.read_target(0, std::span<double>(y));
  wanted[6] = wanted[7] = 1;
  EXPECT_EQ(y, wanted);
  EXPECT_EQ(data.decide(std::span<const double>(y)), 3);
  y[0] = 1.5;  // the largest single output, but of a smaller sum
  EXPECT_EQ(data.decide(std::span<const double>(y)), 3);
  y[1] = 0.5;
  EXPECT_EQ(data.decide(std::span<const double>(y)), 0);
}

TEST_F(IdxImages, DigitsAreGeneratedInOrderOfFirstOccurrence) {
  LabelledImages images;
  images.pixels = 1;
  images.labels = {5, 0, 4, 5, 1, 9, 2, 2, 3, 6, 7, 8};
  for (std::size_t i = 0; i < images.labels.size(); ++i)
    images.images.push_back(static_cast<std::uint8_t>(i));
  write("train-images-idx3-ubyte", idx_bytes({12, 1, 1}, images.images));
  write("train-labels-idx1-ubyte", idx_bytes({12}, Bytes(images.labels.begin(), images.labels.end())));
  const Dataset data = make_dataset("digit-generation", parameters());
  ASSERT_EQ(data.train.size(), 10U);
  const std::vector<std::size_t> order{5, 0, 4, 1, 9, 2, 3, 6, 7, 8}, image{0, 1, 2, 4, 5, 6, 8, 9, 10, 11};
  std::vector<double> x(10);
  for (std::size_t i = 0; i < 10; ++i) {
    data.test.read_input(i, std::span<double>(x));
    for (std::size_t k = 0; k < 10; ++k) EXPECT_EQ(x[k], k == order[i] ? 1.0 : 0.0);
    EXPECT_EQ(data.test.targets(i, 0), static_cast<double>(image[i]) / 255.0);
  }
  write("train-labels-idx1-ubyte", idx_bytes({12}, Bytes(12, 3)));
  EXPECT_THAT(message<DataError>("digit-generation", parameters()), HasSubstr("only 1 of the ten digits"));
}

TEST_F(IdxImages, AMissingFileSaysWhereItWasSoughtAndHowToGetIt) {
  const std::string said = message<DataError>("mnist", parameters());
  for (const char* part :
       {"train-images-idx3-ubyte", "MNIST/raw", "download", "APICAL_DATA", "'directory'"}) {
    EXPECT_THAT(said, HasSubstr(part));
  }
  EXPECT_THAT(said, HasSubstr(path_.string()));
}

TEST_F(IdxImages, FilesAreSoughtInTheFolderHandedInUnlessTheTaskNamesOne) {
  write_small_mnist();
  const auto p = TaskParameters{}.set("verify", "none").set("validation_samples", 2);
  ThreadPool pool(1);
  const auto complaint = [&](const Resources& resources) -> std::string {
    try {
      make_dataset("mnist", p, resources);
    } catch (const DataError& fault) {
      return fault.what();
    }
    return "nothing was thrown";
  };
  EXPECT_THAT(complaint({pool, "/nowhere"}), HasSubstr("/nowhere/mnist"));
  EXPECT_THAT(complaint({pool}), HasSubstr("no data directory is known"));
  EXPECT_EQ(make_dataset("mnist", p, {pool, path_}).train.size(), 10U);
  EXPECT_EQ(make_dataset("mnist", parameters().set("validation_samples", 2), {pool, "/nowhere"}).train.size(),
            10U);
}

TEST_F(IdxImages, OnlyTheOriginalsPassVerification) {
  write_small_mnist();
  EXPECT_THAT(message<DataError>("mnist", parameters().set("verify", "original")),
              HasSubstr("holds 12 items, the original of MNIST 60000"));
  // Right size, wrong content.
  fs::remove(path_ / "train-images-idx3-ubyte.gz");
  write("train-images-idx3-ubyte", idx_bytes({60000, 1, 1}, Bytes(60000, 1)));
  EXPECT_THAT(message<DataError>("mnist", parameters().set("verify", "original")),
              HasSubstr("expected e9f4d8b3"));
}

TEST_F(IdxImages, ACutOffOrDamagedGzipFileIsRefused) {
  write_small_mnist();
  const Bytes whole = read("train-images-idx3-ubyte.gz");
  const auto p = parameters().set("validation_samples", 2);
  for (std::size_t length = 11; length < whole.size(); ++length) {
    write("train-images-idx3-ubyte.gz",
          Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    EXPECT_THROW(make_dataset("mnist", p), DataError) << length;
  }
  Bytes damaged = whole;
  damaged[whole.size() - 6] ^= 1;  // in the stored checksum
  write("train-images-idx3-ubyte.gz", damaged);
  EXPECT_THAT(message<DataError>("mnist", p), HasSubstr("damaged"));
}

TEST_F(IdxImages, FilesThatDoNotFitEachOtherAreRefused) {
  write_small_mnist();
  const auto p = parameters().set("validation_samples", 2);
  EXPECT_THAT(message<ConfigError>("mnist", parameters().set("validation_samples", 12)),
              HasSubstr("less than the 12"));
  write("t10k-images-idx3-ubyte", idx_bytes({2, 3, 3}, Bytes(18, 0)));
  EXPECT_THAT(message<DataError>("mnist", p), HasSubstr("test images 9"));
  write("train-labels-idx1-ubyte", idx_bytes({12}, Bytes(12, 10)));
  EXPECT_THAT(message<DataError>("digit-generation", parameters()),
              HasSubstr("label 0 of the files is 10; expected 0 to 9"));
  write("train-labels-idx1-ubyte", idx_bytes({11}, Bytes(11, 1)));
  EXPECT_THAT(message<DataError>("mnist", p), HasSubstr("12 images but"));
}

TEST_F(IdxImages, FilesWithADotInTheirNamesAreFound) {
  write_small_mnist();
  const auto p = parameters().set("validation_samples", 2);
  const Dataset dashed = make_dataset("mnist", p);
  fs::rename(path_ / "train-images-idx3-ubyte.gz", path_ / "train-images.idx3-ubyte.gz");
  fs::rename(path_ / "train-labels-idx1-ubyte", path_ / "train-labels.idx1-ubyte");
  // Unpacked with their folders, as some archives are: those are no files.
  fs::create_directories(path_ / "train-labels-idx1-ubyte");
  const Dataset dotted = make_dataset("mnist", p);
  EXPECT_EQ(dotted.train.labels, dashed.train.labels);
  fs::remove(path_ / "train-labels.idx1-ubyte");
  EXPECT_THAT(message<DataError>("mnist", p),
              HasSubstr("train-labels-idx1-ubyte, train-labels.idx1-ubyte, train-labels-idx1-ubyte.gz or "
                        "train-labels.idx1-ubyte.gz is not in"));
}

TEST_F(IdxImages, WhatCannotBeLookedAtIsNotMissing) {
  write_small_mnist();
  fs::remove(path_ / "train-labels-idx1-ubyte");
  fs::create_symlink("train-labels-idx1-ubyte", path_ / "train-labels-idx1-ubyte");
  EXPECT_THAT(message<IoError>("mnist", parameters().set("validation_samples", 2)),
              HasSubstr("train-labels-idx1-ubyte: cannot stat: Too many levels of symbolic links"));
}

/// Letters as EMNIST has them: 2 x 2 pixels here, labels 1 to 26, each twice; tests show the vowels.
class Letters : public Folder {
 protected:
  Letters() {
    Bytes labels;
    for (unsigned i = 0; i < 52; ++i) labels.push_back(static_cast<std::uint8_t>(1 + i % 26));
    write_set("train", labels);
    write_set("test", {1, 5, 9, 15, 21});
  }
  void write_set(const std::string& part, const Bytes& labels) const {
    const auto n = static_cast<std::uint32_t>(labels.size());
    Bytes pixels;
    for (const std::uint8_t label : labels)
      pixels.insert(pixels.end(), 4, static_cast<std::uint8_t>(9 * label));
    write("emnist-letters-" + part + "-images-idx3-ubyte", idx_bytes({n, 2, 2}, pixels));
    write("emnist-letters-" + part + "-labels-idx1-ubyte", idx_bytes({n}, labels));
  }
  TaskParameters letters() const {
    return TaskParameters{}.set("directory", path_.string()).set("prefix", "emnist-letters-");
  }
};

TEST_F(Letters, EachLabelIsAClass) {
  const Dataset data = make_dataset("idx-folder", letters());
  EXPECT_EQ(data.train.size(), 52U);
  EXPECT_EQ(data.outputs(), 26U);
  EXPECT_EQ(data.class_names.front(), "1");
  EXPECT_EQ(data.class_names.back(), "26");
  EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{0, 4, 8, 14, 20}));
  std::vector<double> x(4);
  data.test.read_input(4, std::span<double>(x));
  EXPECT_EQ(x, std::vector<double>(4, 9 * 21 / 255.0));
}

TEST_F(Letters, ALabelThatOnlyTestsHaveIsNoClass) {
  write_set("test", {1, 5, 27});
  EXPECT_THAT(message<DataError>("idx-folder", letters()),
              HasSubstr("label 27 occurs among test images and not in training"));
  EXPECT_EQ(make_dataset("idx-folder", letters().set("classes", 47)).test.labels.back(), 27);
}

TEST_F(Letters, ClassesMayBeSet) {
  EXPECT_EQ(make_dataset("idx-folder", letters().set("classes", 26)).test.labels.front(), 0);
  const Dataset wider = make_dataset("idx-folder", letters().set("classes", 47));
  EXPECT_EQ(wider.outputs(), 47U);
  EXPECT_EQ(wider.test.labels.front(), 1);
  EXPECT_THAT(message<ConfigError>("idx-folder", letters().set("classes", 20)),
              HasSubstr("classes is 20; expected 26 or 0, for labels of IDX files are 1 to 26"));
}

TEST_F(Letters, StandardNormalisationIsThatOfTheirOwnPixels) {
  const Dataset data = make_dataset("idx-folder", letters().set("normalisation", "standard"));
  double sum = 0, squares = 0;
  std::vector<double> x(4);
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    data.train.read_input(i, std::span<double>(x));
    for (const double v : x) sum += v, squares += v * v;
  }
  EXPECT_NEAR(sum / 208, 0, 1e-9);
  EXPECT_NEAR(squares / 208, 1, 1e-9);
}

TEST_F(Letters, UnderTheNamesOfMnistTheyAreCountedToo) {
  for (const fs::directory_entry& entry : fs::directory_iterator(path_)) {
    std::string name = entry.path().filename().string().substr(std::string("emnist-letters-").size());
    if (name.starts_with("test")) name = "t10k" + name.substr(4);
    fs::rename(entry.path(), path_ / name);
  }
  EXPECT_EQ(make_dataset("mnist", parameters().set("validation_samples", 2)).outputs(), 26U);
}

TEST_F(IdxImages, UnpackingStopsAtItsLimitAndNamesWhatItCannotOpen) {
  write_gz("zeros.gz", Bytes(3000000, 0));
  EXPECT_EQ(unpack_file(path_ / "zeros.gz", 3000000).size(), 3000000U);
  EXPECT_THROW(unpack_file(path_ / "zeros.gz", 2999999), DataError);
  EXPECT_THROW(unpack_file(path_ / "absent", 10), IoError);
  EXPECT_THROW(unpack_file(path_, 10), IoError);
}

TEST(Idx, HeadersThatLieAreRefused) {
  const Bytes good = idx_bytes({2, 1, 2}, {1, 2, 3, 4});
  EXPECT_EQ(parse_idx(good, 3, "f").shape, (std::vector<std::size_t>{2, 1, 2}));
  EXPECT_EQ(parse_idx(good, 3, "f").values, (Bytes{1, 2, 3, 4}));
  EXPECT_THROW(parse_idx(good, 1, "f"), DataError);
  EXPECT_THROW(parse_idx(Bytes(3, 0), 1, "f"), DataError);
  EXPECT_THROW(parse_idx(idx_bytes({2, 1, 2}, {1, 2, 3}), 3, "f"), DataError);
  EXPECT_THROW(parse_idx(idx_bytes({2, 1, 2}, {1, 2, 3, 4, 5}), 3, "f"), DataError);
  EXPECT_THROW(parse_idx(idx_bytes({0, 1, 2}, {}), 3, "f"), DataError);
  EXPECT_THROW(parse_idx(idx_bytes({0xffffffffU, 0xffffffffU, 0xffffffffU}, {1}), 3, "f"), DataError);
  Bytes floats = good;
  floats[2] = 0x0d;
  EXPECT_THROW(parse_idx(floats, 3, "f"), DataError);
}

RC_GTEST_PROP(Idx, AnyDamageEitherParsesConsistentlyOrIsADataError, ()) {
  Bytes bytes = idx_bytes({3, 2, 2}, Bytes(12, 7));
  bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 4));
  if (!bytes.empty()) {
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<std::uint8_t>();
  }
  try {
    const IdxArray array = parse_idx(bytes, 3, "f");
    RC_ASSERT(array.values.size() == array.shape[0] * array.shape[1] * array.shape[2]);
  } catch (const DataError&) {
  }
}

TEST_F(IdxImages, ClothesMayBeMirroredAndDigitsMayNot) {
  write_small_mnist();
  const auto p = parameters().set("validation_samples", 2);
  const Dataset clothes =
      make_dataset("fashion-mnist", TaskParameters(p).set("augment", "crop-and-flip").set("crop_padding", 3));
  EXPECT_TRUE(clothes.train.augmentation.flip);
  EXPECT_EQ(clothes.train.augmentation.pad, 3U);
  EXPECT_FALSE(clothes.validation.augmentation.any() || clothes.test.augmentation.any());
  EXPECT_EQ(clothes.class_names.front(), "T-shirt/top");
  std::vector<float> x(4);
  clothes.train.read_shown(5, {1, 1}, std::span<float>(x));
  EXPECT_THAT(message<ConfigError>("mnist", TaskParameters(p).set("augment", "flip")),
              HasSubstr("expected none or crop"));
  const auto standard = TaskParameters(p).set("normalisation", "standard");
  std::vector<double> y(4);
  make_dataset("fashion-mnist", standard).test.read_input(0, std::span<double>(y));
  EXPECT_DOUBLE_EQ(y[0], (51 / 255.0 - 0.2860) / 0.3530);
}

using Cifar10 = Folder;

Bytes cifar_record(std::uint8_t label, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  Bytes record{label};
  for (std::uint8_t value : {red, green, blue}) record.insert(record.end(), 1024, value);
  return record;
}

TEST_F(Cifar10, RecordsBecomeColourPlanes) {
  for (std::uint8_t batch = 1; batch <= 5; ++batch) {
    write("cifar-10-batches-bin/data_batch_" + std::to_string(batch) + ".bin",
          cifar_record(batch, batch, 0, 255));
  }
  write("cifar-10-batches-bin/test_batch.bin", cifar_record(9, 51, 102, 153));
  const Dataset data = make_dataset("cifar10", parameters().set("validation_samples", 1));
  EXPECT_EQ(data.train.labels, (std::vector<std::int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(data.validation.labels, (std::vector<std::int32_t>{5}));
  EXPECT_EQ(data.inputs(), 3072U);
  std::vector<double> x(3072);
  data.test.read_input(0, std::span<double>(x));
  EXPECT_EQ(x[0], 0.2);
  EXPECT_EQ(x[1023], 0.2);
  EXPECT_EQ(x[1024], 0.4);
  EXPECT_EQ(x[3071], 0.6);
  const auto standard = parameters().set("validation_samples", 1).set("normalisation", "standard");
  make_dataset("cifar10", standard).test.read_input(0, std::span<double>(x));
  EXPECT_DOUBLE_EQ(x[3071], (0.6 - 0.4465) / 0.2616);
  const auto imagenet = parameters().set("validation_samples", 1).set("normalisation", "imagenet");
  make_dataset("cifar10", imagenet).test.read_input(0, std::span<double>(x));
  EXPECT_DOUBLE_EQ(x[3071], (0.6 - 0.406) / 0.225);
  EXPECT_THAT(message<DataError>("cifar10", parameters().set("verify", "original")),
              HasSubstr("holds 1 pictures"));
  EXPECT_THAT(message<ConfigError>("cifar10", parameters()), HasSubstr("less than the 5 training"));
}

TEST_F(Cifar10, WholeRecordsWithKnownLabelsOnly) {
  LabelledImages images;
  images.pixels = kCifarRecord - 1;
  Bytes record = cifar_record(2, 0, 0, 0);
  append_cifar_records(record, "f", images);
  EXPECT_EQ(images.labels, (std::vector<std::int32_t>{2}));
  record.pop_back();
  EXPECT_THROW(append_cifar_records(record, "f", images), DataError);
  EXPECT_THROW(append_cifar_records(Bytes{}, "f", images), DataError);
  EXPECT_THROW(append_cifar_records(cifar_record(10, 0, 0, 0), "f", images), DataError);
}

class Originals : public testing::Test {
 protected:
  void SetUp() override {
    const char* const directory = std::getenv("APICAL_DATA");
    if (directory == nullptr) GTEST_SKIP() << "APICAL_DATA is not set; the original MNIST files are needed";
    if (!fs::exists(fs::path(directory) / "mnist")) GTEST_SKIP() << directory << " has no folder mnist";
    resources_.data = directory;
  }
  ThreadPool pool_{1};
  Resources resources_{pool_};
};

TEST(Cifar10Files, OriginalOrConvertedTheyAreSplitAndNormalised) {
  const char* const directory = std::getenv("APICAL_DATA");
  if (directory == nullptr) GTEST_SKIP() << "APICAL_DATA is not set; the files of CIFAR-10 are needed";
  if (find_below(directory, cifar10_source(), "test_batch.bin").empty())
    GTEST_SKIP() << directory << " has no CIFAR-10";
  ThreadPool pool(1);
  const Dataset data = make_dataset(
      "cifar10", TaskParameters{}.set("normalisation", "standard").set("verify", "none"), {pool, directory});
  EXPECT_EQ(data.train.size(), 45000U);
  EXPECT_EQ(data.validation.size(), 5000U);
  EXPECT_EQ(data.test.size(), 10000U);
  std::array<int, 10> tested{};
  for (const std::int32_t label : data.test.labels) ++tested[static_cast<std::size_t>(label)];
  for (const int n : tested) EXPECT_EQ(n, 1000);
  // Mean 0 and deviation 1 of each colour over the training pictures; validation pictures mix all classes.
  std::array<double, 3> sum{}, square{};
  std::vector<double> x(3072);
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    data.train.read_input(i, std::span<double>(x));
    for (std::size_t k = 0; k < x.size(); ++k) {
      sum[k / 1024] += x[k];
      square[k / 1024] += x[k] * x[k];
    }
  }
  for (std::size_t c = 0; c < 3; ++c) {
    const double n = 45000.0 * 1024;
    EXPECT_NEAR(sum[c] / n, 0, 0.02);
    EXPECT_NEAR(square[c] / n, 1, 0.03);
  }
  for (std::int32_t label = 0; label < 10; ++label) {
    EXPECT_NEAR(std::count(data.validation.labels.begin(), data.validation.labels.end(), label), 500, 5 * 22);
  }
}

// The order of the first occurrences is that of the published digit-generation experiment.
TEST_F(Originals, MnistPassesItsChecksumsAndStartsWithTheKnownDigits) {
  const Dataset data = make_dataset("mnist", {}, resources_);
  EXPECT_EQ(data.train.size(), 50000U);
  EXPECT_EQ(data.validation.size(), 10000U);
  EXPECT_EQ(data.test.size(), 10000U);
  EXPECT_EQ(data.inputs(), 784U);
  const std::vector<std::int32_t> first(data.train.labels.begin(), data.train.labels.begin() + 10);
  EXPECT_EQ(first, (std::vector<std::int32_t>{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}));
  std::vector<double> x(784);
  double sum = 0;
  for (std::size_t i = 0; i < 50000; ++i) {
    data.train.read_input(i, std::span<double>(x));
    for (double value : x) sum += value;
  }
  EXPECT_NEAR(sum / 50000 / 784, 0.1307, 5e-4);
  try {
    make_dataset("fashion-mnist", TaskParameters{}.set("directory", (resources_.data / "mnist").string()));
    ADD_FAILURE() << "MNIST was taken for Fashion-MNIST";
  } catch (const DataError& fault) {
    EXPECT_THAT(fault.what(), HasSubstr("is the file of MNIST"));
  }
}

TEST_F(Originals, DigitGenerationShowsFiveFirst) {
  const Dataset data = make_dataset("digit-generation", {}, resources_);
  std::vector<double> x(10);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < 10; ++i) {
    data.train.read_input(i, std::span<double>(x));
    order.push_back(static_cast<std::size_t>(std::max_element(x.begin(), x.end()) - x.begin()));
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{5, 0, 4, 1, 9, 2, 3, 6, 7, 8}));
  EXPECT_EQ(data.outputs(), 784U);
}

}  // namespace
}  // namespace apical
