// SPDX-License-Identifier: Apache-2.0
// A few hundred small pictures, written here, as a folder of classes.
#include "apical/tasks/image_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "apical/core/error.h"
#include "apical/io/test_directory.h"
#include "apical/io/test_pictures.h"
#include "apical/tasks/image_files.h"

namespace apical {
namespace {

using testing::HasSubstr;

/// Class c of "ant", "bee", "cat" is red 60 c, the number is green; 80 training and 20 test pictures each, 24
/// x 40 pixels.
class ImageFolder : public testing::Test {
 protected:
  void write(const std::string& part, const std::string& name, std::size_t count, std::uint8_t red) const {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(100 + i);
      io::write_jpeg(directory_ / (part + "/" + name + "/" + number + ".jpg"),
                     io::plain_picture(24, 40, red, static_cast<std::uint8_t>(2 * i), 50));
    }
  }
  void write_all() const {
    for (std::size_t c = 0; c < 3; ++c) {
      const char* const names[] = {"ant", "bee", "cat"};
      write("train", names[c], 80, static_cast<std::uint8_t>(60 * c));
      write("test", names[c], 20, static_cast<std::uint8_t>(60 * c));
    }
  }
  TaskParameters parameters() const {
    return TaskParameters{}.set("directory", directory_.path().string()).set("size", 8);
  }
  template <class Fault = DataError>
  std::string complaint(const TaskParameters& p) const {
    try {
      make_dataset("image-folder", p);
    } catch (const Fault& e) {
      return e.what();
    }
    return "nothing was thrown";
  }
  io::TestDirectory directory_;
};

TEST_F(ImageFolder, ClassesComeFromFoldersAndPicturesFromFiles) {
  write_all();
  const Dataset data = make_dataset("image-folder", parameters());
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"ant", "bee", "cat"}));
  EXPECT_EQ(data.train.size(), 240U);
  EXPECT_EQ(data.test.size(), 60U);
  EXPECT_EQ(data.validation.size(), 0U);
  EXPECT_EQ(data.inputs(), 192U);
  EXPECT_EQ(data.outputs(), 3U);
  std::vector<float> x(192), y(3);
  for (std::size_t i = 0; i < data.train.size(); ++i) {
    data.train.read_input(i, std::span<float>(x));
    EXPECT_NEAR(x[0] * 255, 60 * data.train.labels[i], 4);
    EXPECT_NEAR(x[64] * 255, 2 * static_cast<double>(i % 80), 4);
    data.train.read_target(i, std::span<float>(y));
    EXPECT_EQ(data.decide(std::span<const float>(y)), data.train.labels[i]);
    EXPECT_EQ(y[0] + y[1] + y[2], 1.0F);
  }
}

TEST_F(ImageFolder, TheCentreIsTestedAndRandomWindowsAreTrained) {
  // Columns 0 … 39 of brightness 6 per column; resized to 12 rows x 20 columns.
  io::Picture ramp = io::plain_picture(24, 40, 0, 0, 0);
  for (std::size_t i = 0; i < ramp.rgb.size(); ++i) ramp.rgb[i] = static_cast<std::uint8_t>(6 * (i / 3 % 40));
  for (const char* part : {"train/a/1.jpg", "train/b/1.JPEG", "test/a/1.jpg"})
    io::write_jpeg(directory_ / part, ramp);
  const Dataset data =
      make_dataset("image-folder", parameters().set("resize", 12).set("augment", "crop-and-flip"));
  std::vector<float> x(192);
  data.test.read_input(0, std::span<float>(x));
  EXPECT_NEAR(x[0] * 255, 12 * 6 + 3, 6);  // column 6 of 20: old columns 12 and 13
  data.train.read_input(0, std::span<float>(x));
  EXPECT_NEAR(x[0] * 255, 12 * 6 + 3, 6);
  std::set<int> lefts;
  bool mirrored = false, straight = false;
  for (std::uint64_t epoch = 0; epoch < 100; ++epoch) {
    data.train.read_shown(0, {7, epoch}, std::span<float>(x));
    (x[0] > x[7] ? mirrored : straight) = true;
    lefts.insert(static_cast<int>(std::min(x[0], x[7]) * 255 / 12));
  }
  EXPECT_TRUE(mirrored && straight);
  EXPECT_EQ(lefts.size(), 13U);  // 20 - 8 + 1 places
}

TEST_F(ImageFolder, ValidationComesFromItsFolderOrAtRandomFromTraining) {
  write_all();
  const Dataset drawn = make_dataset("image-folder", parameters().set("validation_samples", 60));
  EXPECT_EQ(drawn.train.size(), 180U);
  EXPECT_EQ(drawn.validation.size(), 60U);
  for (std::int32_t label : {0, 1, 2})
    EXPECT_GT(std::count(drawn.validation.labels.begin(), drawn.validation.labels.end(), label), 5);
  EXPECT_THAT(complaint<ConfigError>(parameters().set("validation_samples", 240)),
              HasSubstr("less than the 240"));
  write("val", "ant", 3, 0);
  EXPECT_EQ(make_dataset("image-folder", parameters()).validation.size(), 3U);
  EXPECT_THAT(complaint<ConfigError>(parameters().set("validation_samples", 60)), HasSubstr("is there"));
  std::filesystem::remove_all(directory_ / "test");
  const Dataset only_val = make_dataset("image-folder", parameters());
  EXPECT_EQ(only_val.test.size(), 3U);
  EXPECT_EQ(only_val.validation.size(), 0U);
}

TEST_F(ImageFolder, SkippingLeavesOutByNameWhatIsNoPicture) {
  write_all();
  io::write_atomically(directory_ / "train" / "ant" / "Thumbs.db", "icons");
  io::write_atomically(directory_ / "train" / "desktop.ini", "[.ShellClassInfo]");
  std::filesystem::create_symlink("nowhere.jpg", directory_ / "test" / "bee" / "999.jpg");
  io::make_directories(directory_ / "train" / "emu");
  const Dataset data = make_dataset("image-folder", parameters().set("corrupt_files", "skip"));
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"ant", "bee", "cat"}));
  EXPECT_EQ(data.train.size(), 240U);
  EXPECT_EQ(data.test.size(), 60U);
  EXPECT_THAT(data.skipped_files,
              testing::UnorderedElementsAre(HasSubstr("Thumbs.db: expected a picture (.jpg"),
                                            HasSubstr("desktop.ini is no folder"),
                                            HasSubstr("emu is empty of pictures"),
                                            HasSubstr("999.jpg: a link to a file that is not there")));
  EXPECT_THAT(complaint(parameters()), HasSubstr("corrupt_files = \"skip\""));
}

TEST_F(ImageFolder, LinksAreFollowedSuffixesMayBeLargeAndHiddenPicturesAreNamed) {
  write_all();
  io::rename_file(directory_ / "train" / "ant", directory_ / "elsewhere");
  std::filesystem::create_directory_symlink(directory_ / "elsewhere", directory_ / "train" / "ant");
  io::rename_file(directory_ / "elsewhere" / "100.jpg", directory_ / "elsewhere" / "100.JPG");
  io::write_atomically(directory_ / "train" / "bee" / "._100.jpg", "what macOS writes");
  io::write_atomically(directory_ / "train" / "bee" / ".DS_Store", "what macOS writes");
  const Dataset data = make_dataset("image-folder", parameters());
  EXPECT_EQ(data.train.size(), 240U);
  EXPECT_THAT(data.skipped_files, testing::ElementsAre(HasSubstr("._100.jpg: hidden")));
}

TEST_F(ImageFolder, SkippingLeavesOutWhatIsNoFileAndFoldersWithoutPictures) {
  write_all();
  std::filesystem::create_symlink("999.jpg", directory_ / "test" / "bee" / "999.jpg");
  std::filesystem::create_symlink("nowhere", directory_ / "train" / "emu");
  io::make_directories(directory_ / "train" / "ant" / "1.jpg");
  io::make_directories(directory_ / "train" / "@eaDir" / "ant");
  io::make_directories(directory_ / "train" / "fly");
  io::write_atomically(directory_ / "train" / "fly" / "Thumbs.db", "icons");
  const Dataset data = make_dataset("image-folder", parameters().set("corrupt_files", "skip"));
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"ant", "bee", "cat"}));
  EXPECT_EQ(data.train.size(), 240U);
  EXPECT_THAT(data.skipped_files,
              testing::UnorderedElementsAre(HasSubstr("999.jpg: a link to a file that is not there"),
                                            HasSubstr("emu is no folder"), HasSubstr("1.jpg: a folder"),
                                            HasSubstr("@eaDir is empty of pictures"),
                                            HasSubstr("fly is empty of pictures")));
}

TEST_F(ImageFolder, FormatsMayBeMixedAndTheContentTellsWhichItIs) {
  write_all();
  const io::Picture red = io::plain_picture(24, 40, 250, 0, 0);
  io::write_atomically(directory_ / "train" / "ant" / "000.PNG", io::encode_rgb_png(red));
  io::write_atomically(directory_ / "train" / "ant" / "001.bmp", io::encode_bmp(red));
  io::write_atomically(directory_ / "train" / "ant" / "002.jpg", io::encode_rgb_png(red));
  const Dataset data = make_dataset("image-folder", parameters());
  EXPECT_EQ(data.train.size(), 243U);
  std::vector<float> x(192);
  for (std::size_t i = 0; i < 3; ++i) {
    data.train.read_input(i, std::span<float>(x));
    EXPECT_EQ(x[0], 250.0F / 255.0F) << i;
    EXPECT_EQ(x[191], 0.0F) << i;
  }
}

/// Windows of the padding alone are black.
TEST_F(ImageFolder, PaddingMayBeWiderThanTheWindow) {
  write_all();
  const Dataset data =
      make_dataset("image-folder", parameters().set("augment", "crop").set("crop_padding", 30));
  std::vector<float> x(192);
  int black = 0;
  for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
    data.train.read_shown(200, {1, epoch}, std::span<float>(x));
    black += std::all_of(x.begin(), x.end(), [](float v) { return v == 0; }) ? 1 : 0;
  }
  EXPECT_GT(black, 100);
  EXPECT_LT(black, 200) << "some show the picture";
}

/// 1 x 60000 pixels would become 256 x 15 million, of which 256 x 256 are seen.
TEST_F(ImageFolder, OfAStripOnlyTheWindowIsMade) {
  write_all();
  io::Picture strip = io::plain_picture(1, 60000, 10, 20, 30);
  for (std::size_t i = 0; i < 60000; ++i) strip.rgb[3 * i] = static_cast<std::uint8_t>(i < 30000 ? 10 : 240);
  io::write_jpeg(directory_ / "train" / "ant" / "000.jpg", strip);
  const Dataset data = make_dataset("image-folder", parameters().set("size", 256));
  std::vector<float> x(3 * 256 * 256);
  data.train.read_input(0, std::span<float>(x));
  EXPECT_NEAR(x[0] * 255, 10, 12);
  EXPECT_NEAR(x[255] * 255, 240, 12);
}

TEST_F(ImageFolder, ACorruptFileIsNamedOrSkippedAndCounted) {
  write_all();
  const io::Path bad = directory_ / "train" / "bee" / "107.jpg";
  const io::Bytes whole = io::read_file(bad);
  io::write_atomically(bad, std::span(whole).first(whole.size() - 20));
  io::write_atomically(directory_ / "test" / "cat" / "101.jpg", "no picture");
  const Dataset data = make_dataset("image-folder", parameters());
  std::vector<float> x(192);
  data.train.read_input(86, std::span<float>(x));
  try {
    data.train.read_input(87, std::span<float>(x));
    ADD_FAILURE() << "a cut-off picture was read";
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), HasSubstr(bad.string()));
  }
  const Dataset skipped = make_dataset("image-folder", parameters().set("corrupt_files", "skip"));
  EXPECT_EQ(skipped.train.size(), 239U);
  EXPECT_EQ(skipped.test.size(), 59U);
  ASSERT_EQ(skipped.skipped_files.size(), 2U);
  EXPECT_THAT(skipped.skipped_files[0], HasSubstr(bad.string()));
  skipped.train.read_input(87, std::span<float>(x));
  EXPECT_NEAR(x[64] * 255, 16, 4);  // the next one moved up
  for (int i = 100; i < 120; ++i)
    io::write_atomically(directory_ / "test" / "cat" / (std::to_string(i) + ".jpg"), "no picture");
  for (const char* name : {"ant", "bee"}) std::filesystem::remove_all(directory_ / "test" / name);
  EXPECT_THAT(complaint(parameters().set("corrupt_files", "skip")),
              HasSubstr("none of 20 pictures is whole"));
}

TEST_F(ImageFolder, WhatDoesNotBelongIsNamed) {
  EXPECT_THAT(complaint(parameters()), HasSubstr((directory_ / "train").string()));
  EXPECT_THAT(complaint<ConfigError>(TaskParameters{}), HasSubstr("needs 'directory'"));
  io::make_directories(directory_ / "train");
  EXPECT_THAT(complaint(parameters()), HasSubstr("is empty; expected one folder"));
  io::make_directories(directory_ / "train" / "ant");
  EXPECT_THAT(complaint(parameters()),
              HasSubstr("ant is empty of pictures; expected some (.jpg, .jpeg, .png or .bmp)"));
  write("train", "ant", 2, 0);
  write("train", "bee", 2, 60);
  EXPECT_THAT(complaint(parameters()), HasSubstr("neither a folder test nor val"));
  write("test", "antt", 1, 0);
  EXPECT_THAT(complaint(parameters()),
              AllOf(HasSubstr("'antt' is no class"), HasSubstr("did you mean 'ant'?")));
  std::filesystem::remove_all(directory_ / "test" / "antt");
  write("test", "ant", 1, 0);
  EXPECT_EQ(complaint(parameters()), "nothing was thrown");
  EXPECT_THAT(complaint<ConfigError>(parameters().set("resize", 7)), HasSubstr("windows have 'size' 8"));
  io::write_atomically(directory_ / "test" / "ant" / ".DS_Store", "hidden");
  EXPECT_EQ(complaint(parameters()), "nothing was thrown");
  io::write_atomically(directory_ / "test" / "ant" / "x.gif", "gif");
  EXPECT_THAT(complaint(parameters()), HasSubstr("x.gif: expected a picture (.jpg, .jpeg, .png or .bmp)"));
  io::remove_file(directory_ / "test" / "ant" / "x.gif");
  io::write_atomically(directory_ / "test" / "README", "text");
  EXPECT_THAT(complaint(parameters()), HasSubstr("README is no folder"));
}

TEST_F(ImageFolder, WhatIsAnnouncedReadsTheSameInAnyOrderFromAnyThread) {
  write_all();
  std::vector<io::Path> paths;
  for (int i = 100; i < 180; ++i)
    paths.push_back(directory_ / "train" / "bee" / (std::to_string(i) + ".jpg"));
  io::write_atomically(paths[33], "no picture");
  const ImageFiles files(paths, 8, 12, 4), plain(paths, 8, 12);
  const Augmentation augmentation{.crop = true, .flip = true, .pad = 0};
  std::vector<std::uint32_t> order(80);
  for (std::uint32_t i = 0; i < 80; ++i) order[i] = (i * 31) % 80;
  std::vector<std::jthread> readers;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    readers.emplace_back([&, seed] {
      for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
        for (std::size_t at = 0; at < 80; at += 20) {
          files.announce(std::span(order).subspan(at, std::min<std::size_t>(40, 80 - at)), &augmentation,
                         {seed, epoch});
          for (std::size_t i = at; i < at + 20; ++i) {
            if (order[i] == 33) {
              EXPECT_THROW(files.read(33, &augmentation, {seed, epoch}), DataError);
              continue;
            }
            EXPECT_EQ(files.read(order[i], &augmentation, {seed, epoch}),
                      plain.read(order[i], &augmentation, {seed, epoch}));
          }
        }
      }
    });
  }
}

}  // namespace
}  // namespace apical
