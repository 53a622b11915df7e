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

using Files = std::vector<std::pair<std::string, std::string>>;

PackedVisitor everything(std::map<std::string, std::string>& found) {
  PackedVisitor v;
  v.wants = [](const std::string&) { return true; };
  v.take = [&](const std::string& path, const Bytes& content) {
    found[path] = std::string(reinterpret_cast<const char*>(content.data()), content.size());
  };
  v.leave = [&](const std::string& path, const std::string& what) { found[path] = "(" + what + ")"; };
  return v;
}

std::string complaint(const Path& archive, const PackedLimits& limits = {.largest = 1 << 20}) {
  std::map<std::string, std::string> found;
  try {
    visit_packed_files(archive, limits, everything(found));
  } catch (const DataError& e) {
    return e.what();
  }
  return "nothing was thrown";
}

class PackedFiles : public testing::TestWithParam<ArchiveFormat> {
 protected:
  Path packed(const Files& files) const {
    write_archive(directory_ / "a", files, GetParam());
    return directory_ / "a";
  }
  TestDirectory directory_;
};

TEST_P(PackedFiles, ContentsComeWithTheirPaths) {
  const std::string large(200'000, 'x');
  const Path archive = packed({{"train/cat/1.jpg", "one"}, {"large", large}, {"empty", ""}});
  std::map<std::string, std::string> found;
  visit_packed_files(archive, {.largest = 200'000}, everything(found));
  EXPECT_EQ(found, (std::map<std::string, std::string>{
                       {"train/cat/1.jpg", "one"}, {"large", large}, {"empty", ""}}));
  EXPECT_THAT(complaint(archive, {.largest = 199'999}), HasSubstr("large in it is larger than 199999 bytes"));
}

TEST_P(PackedFiles, PathsThatLeadOutAreRefused) {
  for (const char* path : {"../x", "a/../../x", "/etc/x"})
    EXPECT_THAT(complaint(packed({{"ok", "1"}, {path, "2"}})), HasSubstr("leads out of the archive")) << path;
  EXPECT_EQ(complaint(packed({{"a..b/..c/x", "1"}})), "nothing was thrown");
}

TEST_P(PackedFiles, AllTogetherHaveALimitWantedOrNot) {
  const Path archive = packed({{"a", std::string(60'000, 'x')}, {"b", std::string(60'000, 'y')}});
  EXPECT_EQ(complaint(archive, {.largest = 60'000, .total = 130'000}), "nothing was thrown");
  EXPECT_THAT(complaint(archive, {.largest = 60'000, .total = 100'000}),
              HasSubstr("unpacks to more than 100000 bytes"));
  EXPECT_THAT(complaint(archive, {.largest = 60'000, .entries = 1}), HasSubstr("more than 1 files"));
  PackedVisitor nothing;
  nothing.wants = [](const std::string&) { return false; };
  EXPECT_THROW(visit_packed_files(archive, {.largest = 1, .total = 50'000}, nothing), DataError);
  EXPECT_NO_THROW(visit_packed_files(archive, {.largest = 1, .total = 130'000}, nothing));
}

INSTANTIATE_TEST_SUITE_P(Formats, PackedFiles,
                         testing::Values(ArchiveFormat::tar, ArchiveFormat::tar_xz, ArchiveFormat::zip));

TEST(PackedFilesOfTar, LinksAreNamedAndNotFollowed) {
  const TestDirectory directory;
  write_archive(directory / "a", {{"x", "1"}, {"soft", "->/etc/passwd"}, {"hard", "=>x"}},
                ArchiveFormat::tar);
  std::map<std::string, std::string> found;
  visit_packed_files(directory / "a", {.largest = 10}, everything(found));
  EXPECT_EQ(found,
            (std::map<std::string, std::string>{{"x", "1"}, {"soft", "(a link)"}, {"hard", "(a link)"}}));
}

TEST(PackedFilesOfTar, CutOffForeignAndMissingArchivesAreNamed) {
  const TestDirectory directory;
  write_tar_xz(directory / "a.tar.xz", {{"x", std::string(50'000, 'y')}, {"z", "z"}});
  const Bytes whole = read_file(directory / "a.tar.xz");
  write_atomically(directory / "cut.tar.xz", std::span(whole).first(whole.size() / 2));
  EXPECT_THAT(complaint(directory / "cut.tar.xz"), HasSubstr("cut.tar.xz: no archive, cut off or damaged"));
  write_atomically(directory / "text", "this is no archive at all");
  EXPECT_THAT(complaint(directory / "text"), HasSubstr("text: no archive"));
  EXPECT_THROW(complaint(directory / "absent"), FileError);
}

}  // namespace
}  // namespace apical::io
