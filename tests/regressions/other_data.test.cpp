// SPDX-License-Identifier: Apache-2.0
// A run goes on, and is repeated, with the data it began with or not at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apical/io/json.h"
#include "apical/io/test_pictures.h"
#include "support/command_line.h"

namespace apical::test {
namespace {

using testing::HasSubstr;

constexpr const char* kPictures = R"([task]
name = "image-folder"
directory = "pictures"
size = 8
[model]
name = "backpropagation"
layers = [192, 4, 2]
batch = 4
[training]
epochs = 2
)";

class OtherData : public CommandLine {
 protected:
  OtherData() {
    for (int i = 0; i < 16; ++i) {
      const bool cat = i % 2 == 0;
      const std::string path = std::string(i < 10 ? "train/" : "test/") + (cat ? "cat/" : "dog/");
      write(path + std::to_string(i) + ".jpg", cat ? 20 : 230);
    }
  }
  io::Path pictures(const std::string& path) const { return directory_ / ("pictures/" + path); }
  void write(const std::string& path, std::uint8_t red) const {
    io::write_jpeg(pictures(path), io::plain_picture(10, 12, red, 100, 50));
  }
  void rename_class(const std::string& from, const std::string& to) const {
    for (const char* part : {"train/", "test/"}) io::rename_file(pictures(part + from), pictures(part + to));
  }
  Answer says(std::vector<std::string> arguments, bool stopped = false) const {
    arguments.insert(arguments.end(), {"--quiet", "--data", directory_.path().string()});
    return apical_says(arguments, stopped);
  }
  Answer resume() const { return says({"run", "--resume", "--out", out()}); }
  void begin() const {
    ASSERT_EQ(says({"run", file(kPictures), "--out", out()}, true).code, 75);
    ASSERT_TRUE(io::file_exists(io::Path(out()) / "checkpoints"));
  }
};

TEST_F(OtherData, WithTheSameARunGoesOn) {
  begin();
  EXPECT_EQ(resume().code, 0);
  const nlohmann::json manifest = io::read_json(io::Path(out()) / "manifest.json");
  EXPECT_EQ(manifest.at("data").at("train samples"), "10");
  EXPECT_EQ(manifest.at("data").at("names of classes"), "cat / dog");
}

TEST_F(OtherData, LabelsThatChangedPlacesAreRefused) {
  begin();
  rename_class("cat", "zcat");
  const Answer refused = resume();
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("run began on other data of task 'image-folder'"),
                                 HasSubstr("names of classes: cat / dog then, dog / zcat now"),
                                 HasSubstr("--data, APICAL_DATA")));
  rename_class("zcat", "cat");
  EXPECT_EQ(resume().code, 0);
}

TEST_F(OtherData, APictureThatIsGoneOrAnotherIsRefused) {
  begin();
  const io::Bytes whole = io::read_file(pictures("test/dog/11.jpg"));
  io::remove_file(pictures("test/dog/11.jpg"));
  EXPECT_THAT(resume().err, HasSubstr("test samples of 'dog': 3 then, 2 now"));
  write("test/dog/11.jpg", 90);
  const Answer another = resume();
  EXPECT_EQ(another.code, 3);
  EXPECT_THAT(another.err, HasSubstr("test content of files differ"));
  io::write_atomically(pictures("test/dog/11.jpg"), whole);
  EXPECT_EQ(resume().code, 0);
}

/// A manifest copied from elsewhere does not make the data the same: the checkpoint knows them as well.
TEST_F(OtherData, TheCheckpointKnowsThemToo) {
  begin();
  const io::Path manifest = io::Path(out()) / "manifest.json";
  nlohmann::json forged = io::read_json(manifest);
  forged.erase("data");
  io::write_atomically(manifest, io::json_text(forged));
  rename_class("cat", "zcat");
  const Answer refused = resume();
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("checkpoint-"), HasSubstr("began on other data")));
}

TEST_F(OtherData, AFinishedRunIsRepeatedOnItsOwnOnly) {
  ASSERT_EQ(says({"run", file(kPictures), "--out", out()}).code, 0);
  EXPECT_EQ(says({"reproduce", out(), "--out", out("again")}).code, 0);
  io::remove_file(pictures("train/cat/0.jpg"));
  const Answer refused = says({"reproduce", out(), "--out", out("other")});
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("train samples of 'cat': 5 then, 4 now"));
  EXPECT_FALSE(io::file_exists(out("other")));
}

TEST_F(OtherData, IdxFilesOfOnesOwnAreKnownByTheirContentHoweverTheyArePacked) {
  const auto idx = [](std::string_view head, const std::string& values) {
    return std::string("\0\0\x08", 3) + std::string(head) + values;
  };
  const auto write_set = [&](const std::string& part, char first) {
    using namespace std::string_view_literals;
    std::string pixels(24, '\x20'), labels;
    for (std::size_t i = 0; i < 6; ++i) {
      pixels[4 * i] = static_cast<char>(first + static_cast<char>(i));
      labels += static_cast<char>(1 + i % 3);
    }
    io::write_atomically(directory_ / (part + "-images.idx3-ubyte"),
                         idx("\x03\0\0\0\x06\0\0\0\x02\0\0\0\x02"sv, pixels));
    io::write_atomically(directory_ / (part + "-labels.idx1-ubyte"), idx("\x01\0\0\0\x06"sv, labels));
  };
  write_set("train", 1);
  write_set("test", 30);
  const std::string text =
      "[task]\nname = \"idx-folder\"\n[model]\nname = \"backpropagation\"\nlayers = [4, 3]\nbatch = 2\n"
      "[training]\nepochs = 2\n";
  const Answer stopped = says({"run", file(text), "--out", out()}, true);
  ASSERT_EQ(stopped.code, 75) << stopped.err;
  io::rename_file(directory_ / "train-labels.idx1-ubyte", directory_ / "kept");
  write_set("train", 2);
  EXPECT_THAT(resume().err, HasSubstr("train inputs differ"));
  write_set("train", 1);
  io::rename_file(directory_ / "kept", directory_ / "train-labels-idx1-ubyte");
  EXPECT_EQ(resume().code, 0);
}

}  // namespace
}  // namespace apical::test
