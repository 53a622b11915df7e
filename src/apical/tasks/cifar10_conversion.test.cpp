// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cifar10_conversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "apical/io/test_archive.h"
#include "apical/io/test_directory.h"
#include "apical/io/test_pictures.h"
#include "apical/tasks/cifar10.h"
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
        const std::string path = (i < 5 ? "train/" : "test/") + cifar10_classes()[c] + "/000" + std::to_string(i) + ".jpg";
        const io::Bytes jpeg = io::encode_jpeg(io::plain_picture(32, 32, static_cast<std::uint8_t>(20 * c), static_cast<std::uint8_t>(40 * i), 7));
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
  io::TestDirectory directory_;
  ThreadPool pool_{2};
  CifarConversion how_{.seed = 3, .train_per_class = 5, .test_per_class = 1};
  std::vector<std::pair<std::string, std::string>> files_;
};

TEST_F(CifarConversionTest, LabelsGoWithTheirPicturesInAnOrderThatMixesClasses) {
  lay_out();
  EXPECT_EQ(convert_cifar10(directory_ / "jpeg", directory_ / "cifar10", how_, pool_).train, 50U);
  const auto p = TaskParameters{}.set("directory", (directory_ / "cifar10").string()).set("verify", "none").set("validation_samples", 10);
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
  for (const std::string& file : cifar10_files()) EXPECT_EQ(io::read_file(directory_ / "x" / file), io::read_file(directory_ / "y" / file));
  how_.seed = 4;
  convert_cifar10(directory_ / "jpeg", directory_ / "y", how_, pool_);
  EXPECT_NE(io::read_file(directory_ / "x" / "data_batch_1.bin"), io::read_file(directory_ / "y" / "data_batch_1.bin"));
}

TEST_F(CifarConversionTest, WhatDoesNotBelongIsNamed) {
  lay_out();
  const io::Path picture = directory_ / "jpeg" / "train" / "cat" / "0002.jpg";
  const io::Bytes whole = io::read_file(picture);
  io::write_atomically(picture, std::span(whole).first(whole.size() - 30));
  EXPECT_THAT(complaint(), AllOf(HasSubstr("train: cat/0002.jpg"), HasSubstr("cut off")));
  io::write_atomically(picture, io::encode_jpeg(io::plain_picture(32, 31, 0, 0, 0)));
  EXPECT_THAT(complaint(), HasSubstr("32 x 31 pixels, expected 32 x 32"));
  io::remove_file(picture);
  EXPECT_THAT(complaint(), HasSubstr("4 pictures in train/cat, expected 5"));
  io::write_atomically(picture, whole);
  io::rename_file(directory_ / "jpeg" / "train" / "cat", directory_ / "jpeg" / "train" / "catt");
  EXPECT_THAT(complaint(), AllOf(HasSubstr("'catt'"), HasSubstr("did you mean 'cat'?")));
  io::make_directories(directory_ / "empty");
  EXPECT_THAT(complaint("empty"), HasSubstr("0 pictures in train/airplane"));
}

TEST_F(CifarConversionTest, AConversionMayBeRepeatedButReplacesNoOriginals) {
  lay_out();
  io::make_directories(directory_ / "out");
  io::write_atomically(directory_ / "out" / "data_batch_2.bin", "precious");
  EXPECT_THAT(complaint(), HasSubstr("was not written by a conversion"));
  io::remove_file(directory_ / "out" / "data_batch_2.bin");
  EXPECT_EQ(complaint(), "nothing was thrown");
  EXPECT_EQ(complaint(), "nothing was thrown");
}

}  // namespace
}  // namespace apical
