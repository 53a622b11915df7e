// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/io/test_directory.h"
#include "apical/io/test_pictures.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

/// Two classes of four training pictures and one test picture each, in the folder `root`.
class Fingerprint : public testing::Test {
 protected:
  void write(const std::string& root, const std::string& name, std::uint8_t red = 10) const {
    io::write_jpeg(directory_ / (root + "/" + name), io::plain_picture(8, 8, red, 100, 50));
  }
  void write_all(const std::string& root) const {
    for (const char* name : {"cat", "dog"}) {
      for (int i = 0; i < 4; ++i) write(root, fmt_path("train", name, i), static_cast<std::uint8_t>(40 * i));
      write(root, fmt_path("test", name, 0));
    }
  }
  static std::string fmt_path(const std::string& part, const std::string& name, int i) {
    return part + "/" + name + "/" + std::to_string(i) + ".jpg";
  }
  DataFingerprint of(const std::string& root) {
    return fingerprint_of(
        make_dataset("image-folder",
                     TaskParameters{}.set("directory", (directory_ / root).string()).set("size", 8)),
        pool_);
  }
  io::Path file(const std::string& name) const { return directory_ / ("a/" + name); }
  std::vector<std::string> changed() { return differences(before_, of("a")); }
  void SetUp() override {
    write_all("a");
    before_ = of("a");
  }
  io::TestDirectory directory_;
  ThreadPool pool_{2};
  DataFingerprint before_;
};

TEST_F(Fingerprint, TheSamePicturesElsewhereOnAnyNumberOfThreadsAreTheSame) {
  write_all("b/c");
  ThreadPool one(1);
  EXPECT_THAT(differences(before_, of("b/c")), IsEmpty());
  EXPECT_EQ(before_.at("train samples"), "8");
  EXPECT_EQ(before_.at("train samples of 'cat'"), "4");
  EXPECT_EQ(before_.at("names of classes"), "cat / dog");
  EXPECT_EQ(before_.count("validation samples"), 0U);
}

TEST_F(Fingerprint, APictureLessOrMoreIsCountedInItsClass) {
  io::remove_file(file("train/dog/2.jpg"));
  EXPECT_THAT(changed(), testing::IsSupersetOf({"train samples: 8 then, 7 now", "train labels differ",
                                                "train samples of 'dog': 4 then, 3 now"}));
  write("a", "train/dog/2.jpg", 80);
  EXPECT_THAT(changed(), IsEmpty());
  write("a", "test/cat/1.jpg");
  EXPECT_THAT(changed(), Contains("test samples: 2 then, 3 now"));
}

TEST_F(Fingerprint, ClassesThatChangePlacesAreNoticed) {
  for (const char* part : {"train", "test"}) io::rename_file(file(part) / "cat", file(part) / "zcat");
  EXPECT_THAT(changed(), Contains("names of classes: cat / dog then, dog / zcat now"));
}

TEST_F(Fingerprint, APictureUnderAnotherNameOrWithOtherContentOfTheSameSizeIsNoticed) {
  io::rename_file(file("train/cat/3.jpg"), file("train/cat/4.jpg"));
  EXPECT_THAT(changed(), testing::ElementsAre("train names of files differ"));
  io::rename_file(file("train/cat/4.jpg"), file("train/cat/3.jpg"));
  io::Bytes content = io::read_file(file("train/cat/1.jpg"));
  content[content.size() / 2] ^= std::byte{1};
  io::write_atomically(file("train/cat/1.jpg"), content);
  EXPECT_THAT(changed(), testing::ElementsAre("train content of files differ"));
}

TEST_F(Fingerprint, NamesOfClassesThatAreNoTextAreKeptAsText) {
  for (const char* part : {"train", "test"}) io::rename_file(file(part) / "cat", file(part) / "c\xff");
  EXPECT_EQ(of("a").at("names of classes"), "c\xEF\xBF\xBD / dog");
}

TEST(FingerprintOfDrawnData, IsEmpty) {
  ThreadPool pool(1);
  EXPECT_THAT(fingerprint_of(make_dataset("xor"), pool), IsEmpty());
}

}  // namespace
}  // namespace apical
