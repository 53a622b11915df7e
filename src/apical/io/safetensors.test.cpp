// SPDX-License-Identifier: Apache-2.0
#include "apical/io/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/io/test_directory.h"

namespace apical::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void write_file(const Path& path, const std::string& header, const std::string& numbers) {
  std::string text(8, '\0');
  text[0] = static_cast<char>(header.size());
  write_atomically(path, std::string_view(text + header + numbers));
}

std::string refusal(const Path& path) {
  try {
    read_safetensors(path);
  } catch (const DataError& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(Safetensors, WhatIsWrittenIsRead) {
  const TestDirectory dir;
  const std::vector<float> w{1, 2, 3, 4, 5, 6};
  const std::vector<double> b{-1.5};
  write_safetensors(dir / "w.safetensors",
                    std::vector{npy_array<float>("a1->a2", {2, 3}, w), npy_array<double>("b", {1}, b)},
                    {{"format", "pt"}});
  EXPECT_THAT(read_text(dir / "w.safetensors"), HasSubstr(R"("__metadata__":{"format":"pt"})"));
  const Arrays read = read_safetensors(dir / "w.safetensors");
  ASSERT_THAT(names_of(read), ElementsAre("a1->a2", "b"));
  EXPECT_THAT(read.at("a1->a2").shape, ElementsAre(2, 3));
  EXPECT_THAT(read.at("a1->a2").as<float>(), testing::ElementsAreArray(w));
  EXPECT_EQ(read.at("b").number(0), -1.5);
}

TEST(Safetensors, HalvesBecomeSinglePrecision) {
  const TestDirectory dir;
  write_file(
      dir / "h",
      R"({"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]}})",
      std::string("\x00\x3c\x80\x3f", 4));
  const Arrays read = read_safetensors(dir / "h");
  EXPECT_EQ(read.at("h").number(0), 1);
  EXPECT_EQ(read.at("b").number(0), 1);
}

TEST(Safetensors, DamagedFilesAreExplained) {
  const TestDirectory dir;
  write_atomically(dir / "short", std::string_view("\1\2"));
  EXPECT_THAT(refusal(dir / "short"), HasSubstr("no safetensors file, or cut off within its header"));
  write_file(dir / "beyond", R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "12");
  EXPECT_THAT(refusal(dir / "beyond"), HasSubstr("w: its data_offsets lie outside of the file"));
  write_file(dir / "shape", R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", "12345678");
  EXPECT_THAT(refusal(dir / "shape"), HasSubstr("w: has 8 bytes, its shape [1] asks for 4"));
  write_file(dir / "type", R"({"w":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}})", "1");
  EXPECT_THAT(refusal(dir / "type"), HasSubstr("type F8 is not read"));
  write_file(dir / "header", R"({"w":{"shape":[1],"data_offsets":[0,1]}})", "1");
  EXPECT_THAT(refusal(dir / "header"), HasSubstr("not that of a safetensors file"));
}

TEST(Safetensors, NamesAndShapesAreChecked) {
  const TestDirectory dir;
  const std::vector<float> w{1, 2};
  const NpyArray good = npy_array<float>("w", {2}, w);
  EXPECT_THROW(write_safetensors(dir / "w", std::vector{good, good}), DataError);
  EXPECT_THROW(write_safetensors(dir / "w", std::vector{npy_array<float>("w", {3}, w)}), DataError);
  EXPECT_FALSE(file_exists(dir / "w"));
}

}  // namespace
}  // namespace apical::io
