// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cifar10_conversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "apical/io/fault_injection.h"
#include "apical/io/test_archive.h"
#include "apical/io/test_directory.h"
#include "apical/io/test_pictures.h"
#include "apical/tasks/cifar10.h"
#include "apical/tasks/data_receipt.h"
#include "apical/tasks/published_data.h"

namespace apical {
namespace {

using testing::HasSubstr;

/// Five training pictures and one test picture of each class; red tells the class, green the number.
class CifarConversionTest : public testing::Test {
 protected:
  CifarConversionTest() {
    for (std::size_t c = 0; c < 10; ++c) {
      for (std::size_t i = 0; i < 6; ++i) {
        const std::string path =
            (i < 5 ? "train/" : "test/") + cifar10_classes()[c] + "/000" + std::to_string(i) + ".jpg";
        const io::Bytes jpeg = io::encode_jpeg(io::plain_picture(32, 32, static_cast<std::uint8_t>(20 * c),
                                                                 static_cast<std::uint8_t>(40 * i), 7));
        files_.emplace_back(path, std::string(reinterpret_cast<const char*>(jpeg.data()), jpeg.size()));
      }
    }
  }
  void lay_out() const {
    for (const auto& [path, content] : files_) {
      io::make_directories((directory_ / ("jpeg/" + path)).parent_path());
      io::write_atomically(directory_ / ("jpeg/" + path), std::string_view(content));
    }
  }
  std::string complaint(const std::string& folder = "jpeg") {
    try {
      convert_cifar10(directory_ / folder, directory_ / "out", how_, pool_);
    } catch (const DataError& e) {
      return e.what();
    }
    return "nothing was thrown";
  }
  TaskParameters reading(const std::string& verify) const {
    return TaskParameters{}
        .set("directory", (directory_ / "out").string())
        .set("verify", verify)
        .set("validation_samples", 10);
  }
  std::string complaint_of_task(const std::string& verify) const {
    try {
      make_dataset("cifar10", reading(verify));
    } catch (const DataError& e) {
      return e.what();
    }
    return "nothing was thrown";
  }
  io::TestDirectory directory_;
  ThreadPool pool_{2};
  CifarConversion how_{.seed = 3, .train_per_class = 5, .test_per_class = 1};
  std::vector<std::pair<std::string, std::string>> files_;
};

TEST_F(CifarConversionTest, LabelsGoWithTheirPicturesInAnOrderThatMixesClasses) {
  lay_out();
  EXPECT_EQ(convert_cifar10(directory_ / "jpeg", directory_ / "cifar10", how_, pool_).train, 50U);
  const auto p = TaskParameters{}
                     .set("directory", (directory_ / "cifar10").string())
                     .set("verify", "none")
                     .set("validation_samples", 10);
  const Dataset data = make_dataset("cifar10", p);
  ASSERT_EQ(data.train.size(), 40U);
  ASSERT_EQ(data.validation.size(), 10U);
  ASSERT_EQ(data.test.size(), 10U);
  std::vector<double> x(3072);
  for (const Split* split : {&data.train, &data.validation, &data.test}) {
    for (std::size_t i = 0; i < split->size(); ++i) {
      split->read_input(i, std::span<double>(x));
      EXPECT_NEAR(x[0] * 255, 20 * split->labels[i], 4);
      EXPECT_NEAR(x[3071] * 255, 7, 4);
    }
  }
  EXPECT_FALSE(std::is_sorted(data.train.labels.begin(), data.train.labels.end()));
}

TEST_F(CifarConversionTest, ArchiveAndFolderThreadsAndOrderOfFilesMakeNoDifferenceButTheSeedDoes) {
  lay_out();
  std::reverse(files_.begin(), files_.end());
  io::write_tar_xz(directory_ / "a.tar.xz", files_);
  ThreadPool one(1);
  convert_cifar10(directory_ / "jpeg", directory_ / "x", how_, pool_);
  convert_cifar10(directory_ / "a.tar.xz", directory_ / "y", how_, one);
  for (const std::string& file : cifar10_files())
    EXPECT_EQ(io::read_file(directory_ / "x" / file), io::read_file(directory_ / "y" / file));
  how_.seed = 4;
  convert_cifar10(directory_ / "jpeg", directory_ / "y", how_, pool_);
  EXPECT_NE(io::read_file(directory_ / "x" / "data_batch_1.bin"),
            io::read_file(directory_ / "y" / "data_batch_1.bin"));
}

TEST_F(CifarConversionTest, WhatDoesNotBelongIsNamed) {
  lay_out();
  const io::Path picture = directory_ / "jpeg" / "train" / "cat" / "0002.jpg";
  const io::Bytes whole = io::read_file(picture);
  io::write_atomically(picture, std::span(whole).first(whole.size() - 30));
  EXPECT_THAT(complaint(), AllOf(HasSubstr("train/cat/0002.jpg"), HasSubstr("cut off")));
  io::write_atomically(picture, io::encode_jpeg(io::plain_picture(32, 31, 0, 0, 0)));
  EXPECT_THAT(complaint(), HasSubstr("32 x 31 pixels, expected 32 x 32"));
  io::remove_file(picture);
  EXPECT_THAT(complaint(), HasSubstr("4 pictures in train/cat, expected 5"));
  io::write_atomically(picture, whole);
  io::rename_file(directory_ / "jpeg" / "train" / "cat", directory_ / "jpeg" / "train" / "catt");
  EXPECT_THAT(complaint(), AllOf(HasSubstr("'catt'"), HasSubstr("did you mean 'cat'?")));
  io::make_directories(directory_ / "empty");
  EXPECT_THAT(complaint("empty"), HasSubstr("no train/CLASS/FILE in it, nor in a folder right below"));
}

/// A folder and an archive with what people and their systems put beside pictures.
TEST_F(CifarConversionTest, FoldersAndArchivesAreReadAlikeAndSayWhatTheyLeftOut) {
  lay_out();
  convert_cifar10(directory_ / "jpeg", directory_ / "plain", how_, pool_);
  const io::Path cat = directory_ / "jpeg" / "train" / "cat";
  io::rename_file(cat, directory_ / "cats");
  std::filesystem::create_directory_symlink(directory_ / "cats", cat);
  io::rename_file(cat / "0001.jpg", cat / "0001.JPG");
  io::write_atomically(cat / "._0001.JPG", "what macOS writes");
  io::write_atomically(cat / "Thumbs.db", "icons");
  io::write_atomically(directory_ / "jpeg" / "train" / ".DS_Store", "what macOS writes");
  for (auto& [path, content] : files_) {
    if (path == "train/cat/0001.jpg") path = "train/cat/0001.JPG";
  }
  files_.emplace_back("__MACOSX/train/cat/._0001.JPG", "what macOS writes");
  files_.emplace_back("train/cat/Thumbs.db", "icons");
  files_.emplace_back("train/.DS_Store", "what macOS writes");
  io::write_archive(directory_ / "a.zip", files_, io::ArchiveFormat::zip);
  const ConvertedCifar folder = convert_cifar10(directory_ / "jpeg", directory_ / "x", how_, pool_),
                       archive = convert_cifar10(directory_ / "a.zip", directory_ / "y", how_, pool_);
  for (const ConvertedCifar* converted : {&folder, &archive}) {
    EXPECT_EQ(converted->train, 50U);
    EXPECT_THAT(converted->left_out, testing::UnorderedElementsAre(
                                         AllOf(HasSubstr("._0001.JPG"), HasSubstr("hidden")),
                                         AllOf(HasSubstr("Thumbs.db"), HasSubstr("expected a picture"))));
  }
  for (const std::string& file : cifar10_files())
    EXPECT_EQ(io::read_file(directory_ / "x" / file), io::read_file(directory_ / "y" / file));
}

TEST_F(CifarConversionTest, PicturesWithoutLossKeepTheirPixels) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    auto& [path, content] = files_[i];
    const io::Picture plain =
        io::plain_picture(32, 32, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(255 - i), 7);
    const io::Bytes bytes = i % 2 == 0 ? io::encode_rgb_png(plain) : io::encode_bmp(plain);
    content.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    path.replace(path.size() - 3, 3, i % 2 == 0 ? "png" : "bmp");
  }
  lay_out();
  EXPECT_EQ(convert_cifar10(directory_ / "jpeg", directory_ / "out", how_, pool_).variant,
            "re-encoded: pixels of PNG or BMP files; order of seed 3");
  const io::Bytes test = io::read_file(directory_ / "out" / "test_batch.bin");
  for (std::size_t r = 0; r < 10; ++r) {
    const auto at = [&](std::size_t k) { return std::to_integer<std::size_t>(test[r * kCifarRecord + k]); };
    const std::size_t i = 6 * at(0) + 5;  // its place in files_
    EXPECT_EQ(at(1), i);
    EXPECT_EQ(at(1 + 1024), 255 - i);
    EXPECT_EQ(at(1 + 2048), 7U);
  }
}

TEST_F(CifarConversionTest, WhatAnArchiveMayNotHoldIsNamed) {
  const auto packed = [&](const std::string& path, const std::string& content) {
    auto files = files_;
    files.emplace_back(path, content);
    io::write_archive(directory_ / "a.tar", files, io::ArchiveFormat::tar);
    return complaint("a.tar");
  };
  EXPECT_THAT(packed("../train/cat/9.jpg", "x"), HasSubstr("'../train/cat/9.jpg' in it leads out"));
  EXPECT_THAT(packed("train/cat/0009.jpg", files_[0].second), HasSubstr("more than 5 pictures in train/cat"));
  EXPECT_THAT(packed("other/" + files_[0].first, files_[0].second), HasSubstr("is there twice"));
  EXPECT_THAT(packed("train/catt/1.jpg", "x"), AllOf(HasSubstr("'catt'"), HasSubstr("did you mean 'cat'?")));
  EXPECT_THAT(packed("train/cat/1.jpg", std::string(2'000'000, 'x')),
              HasSubstr("train/cat/1.jpg in it is larger than 1048576 bytes"));
  // A link is no picture, wherever it leads; which one is missing then is said.
  auto files = files_;
  files[0].second = "->" + files_[1].first;
  io::write_archive(directory_ / "a.tar", files, io::ArchiveFormat::tar);
  EXPECT_THAT(complaint("a.tar"), AllOf(HasSubstr("4 pictures in train/airplane, expected 5"),
                                        HasSubstr(files_[0].first), HasSubstr("a link")));
}

/// 10000 x 10000 pixels in a few bytes.
TEST_F(CifarConversionTest, APictureThatClaimsToBeLargeIsRefusedBeforeItIsDecoded) {
  io::Bytes bmp = io::encode_bmp(io::plain_picture(32, 32, 1, 2, 3));
  for (const std::size_t at : {std::size_t{18}, std::size_t{22}}) {
    bmp[at] = std::byte{0x10};
    bmp[at + 1] = std::byte{0x27};
  }
  files_[3].second.assign(reinterpret_cast<const char*>(bmp.data()), bmp.size());
  lay_out();
  EXPECT_THAT(complaint(), HasSubstr("10000 x 10000 pixels, expected 32 x 32"));
}

TEST_F(CifarConversionTest, AConversionMayBeRepeatedButReplacesNoOriginals) {
  lay_out();
  io::make_directories(directory_ / "out");
  io::write_atomically(directory_ / "out" / "data_batch_2.bin", "precious");
  EXPECT_THAT(complaint(), HasSubstr("it may be an original"));
  io::remove_file(directory_ / "out" / "data_batch_2.bin");
  EXPECT_EQ(complaint(), "nothing was thrown");
  EXPECT_EQ(complaint(), "nothing was thrown");
}

TEST_F(CifarConversionTest, WhereverItIsBrokenOffTheSameCallBeginsAgain) {
  lay_out();
  convert_cifar10(directory_ / "jpeg", directory_ / "whole", how_, pool_);
  std::uint64_t k = 0;
  for (bool fired = true; fired;) {
    io::FaultyDisk disk({.fail_at = ++k, .persistent = true, .only_writes = true});
    {
      const io::ScopedFileSystem scope(disk);
      try {
        convert_cifar10(directory_ / "jpeg", directory_ / "out", how_, pool_);
      } catch (const IoError&) {
        EXPECT_TRUE(disk.fired());
      }
    }
    fired = disk.fired();
    EXPECT_EQ(complaint(), "nothing was thrown") << "broken off at " << k << ": " << disk.failed_operation();
    for (const std::string& file : cifar10_files())
      ASSERT_EQ(io::read_file(directory_ / "out" / file), io::read_file(directory_ / "whole" / file)) << k;
    std::filesystem::remove_all(directory_ / "out");
  }
  EXPECT_GT(k, 7U * 4);  // six files and the receipt, each opened, written, synced and renamed
}

TEST_F(CifarConversionTest, OneBrokenOffOverAnEarlierOneIsNoMixtureThatGoesUnseen) {
  lay_out();
  convert_cifar10(directory_ / "jpeg", directory_ / "out", how_, pool_);
  const io::Bytes earlier = io::read_file(directory_ / "out" / "test_batch.bin");
  how_.seed = 4;
  convert_cifar10(directory_ / "jpeg", directory_ / "out", how_, pool_);
  io::write_atomically(directory_ / "out" / "test_batch.bin", earlier);
  EXPECT_THAT(make_dataset("cifar10", reading("none")).provenance,
              AllOf(HasSubstr("5 of 6 files: re-encoded"),
                    HasSubstr("1 of 6 files: not what was written as: re-encoded")));
  EXPECT_EQ(complaint(), "nothing was thrown");
  EXPECT_THAT(make_dataset("cifar10", reading("none")).provenance, testing::StartsWith("re-encoded"));
}

TEST_F(CifarConversionTest, TheTaskKnowsWhatItReads) {
  lay_out();
  const ConvertedCifar converted = convert_cifar10(directory_ / "jpeg", directory_ / "out", how_, pool_);
  EXPECT_THAT(converted.variant, HasSubstr("order of seed 3"));
  EXPECT_EQ(make_dataset("cifar10", reading("none")).provenance, converted.variant);
  EXPECT_THAT(complaint_of_task("original"),
              AllOf(HasSubstr("data_batch_1.bin is not the original of CIFAR-10: re-encoded"),
                    HasSubstr("verify = \"none\"")));
  // The same bytes with the receipt of a fetch are the published ones, as long as they stay so.
  DataReceipt receipt = *read_receipt(directory_ / "out");
  receipt.original = true;
  receipt.variant = "as published";
  write_receipt(directory_ / "out", receipt);
  EXPECT_EQ(make_dataset("cifar10", reading("none")).provenance, "");
  EXPECT_THAT(complaint_of_task("original"), HasSubstr("holds 10 pictures"));
  receipt.md5["data_batch_1.bin"] = "0";
  write_receipt(directory_ / "out", receipt);
  EXPECT_THAT(complaint_of_task("original"), HasSubstr("not what was written as: as published"));
}

}  // namespace
}  // namespace apical
