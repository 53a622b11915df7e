// SPDX-License-Identifier: Apache-2.0
#include "apical/io/packed_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "apical/io/test_archive.h"
#include "apical/io/test_directory.h"

namespace apical::io {
namespace {

using testing::HasSubstr;

std::string complaint(const Path& archive, std::size_t largest = 1 << 20) {
  try {
    for_each_packed_file(archive, largest, [](const std::string&, const Bytes&) {});
  } catch (const DataError& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(PackedFiles, ContentsComeWithTheirPaths) {
  const TestDirectory directory;
  const std::string large(200'000, 'x');
  write_tar_xz(directory / "a.tar.xz", {{"train/cat/1.jpg", "one"}, {"large", large}, {"empty", ""}});
  std::map<std::string, std::string> found;
  for_each_packed_file(directory / "a.tar.xz", 200'000, [&](const std::string& path, const Bytes& content) {
    found[path] = std::string(reinterpret_cast<const char*>(content.data()), content.size());
  });
  EXPECT_EQ(found, (std::map<std::string, std::string>{
                       {"train/cat/1.jpg", "one"}, {"large", large}, {"empty", ""}}));
  EXPECT_THAT(complaint(directory / "a.tar.xz", 199'999),
              HasSubstr("large in it is larger than 199999 bytes"));
}

TEST(PackedFiles, CutOffForeignAndMissingArchivesAreNamed) {
  const TestDirectory directory;
  write_tar_xz(directory / "a.tar.xz", {{"x", std::string(50'000, 'y')}, {"z", "z"}});
  const Bytes whole = read_file(directory / "a.tar.xz");
  write_atomically(directory / "cut.tar.xz", std::span(whole).first(whole.size() / 2));
  EXPECT_THAT(complaint(directory / "cut.tar.xz"), HasSubstr("cut.tar.xz: no archive, cut off or damaged"));
  write_atomically(directory / "text", "this is no archive at all");
  EXPECT_THAT(complaint(directory / "text"), HasSubstr("text: no archive"));
  EXPECT_THROW(for_each_packed_file(directory / "absent", 10, [](const std::string&, const Bytes&) {}),
               FileError);
}

}  // namespace
}  // namespace apical::io
