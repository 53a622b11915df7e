// SPDX-License-Identifier: Apache-2.0
#include "apical/io/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/io/test_directory.h"
#include "apical/io/test_server.h"

namespace apical::io {
namespace {

using testing::HasSubstr;

class DownloadTest : public testing::Test {
 protected:
  DownloadTest() {
    for (int i = 0; i < 100'000; ++i) content_ += static_cast<char>('a' + i % 23);
    write_atomically(directory_ / "file.bin", std::string_view(content_));
  }
  TestDirectory directory_;
  std::string content_;
};

TEST_F(DownloadTest, ABrokenTransferGoesOnWhereItEnded) {
  TestServer server(directory_.path(), {.requests = 2, .break_off_after = 40'000});
  const Path partial = directory_ / "x.part";
  const Download download{.url = server.url("file.bin")};
  EXPECT_THROW(continue_download(download, partial), NetworkError);
  EXPECT_EQ(read_text(partial), content_.substr(0, 40'000));
  continue_download(download, partial);
  EXPECT_EQ(read_text(partial), content_);
  EXPECT_EQ(server.requests(), "whole\nbytes=40000-\n");
}

TEST_F(DownloadTest, AServerThatOnlyBeginsAtTheFrontIsAskedAgain) {
  TestServer server(directory_.path(), {.requests = 3, .break_off_after = 40'000, .ranges = false});
  const Path partial = directory_ / "x.part";
  const Download download{.url = server.url("file.bin")};
  EXPECT_THROW(continue_download(download, partial), NetworkError);
  continue_download(download, partial);
  EXPECT_EQ(read_text(partial), content_);
  EXPECT_EQ(server.requests(), "whole\nbytes=40000-\nwhole\n");
}

TEST_F(DownloadTest, WhatIsTooLongStoppedOrNotThereIsToldWithItsAddress) {
  TestServer server(directory_.path(), {.requests = 1});
  const Path partial = directory_ / "x.part";
  const std::string url = "file://" + (directory_ / "file.bin").string();
  try {
    continue_download({.url = server.url("absent")}, partial);
    ADD_FAILURE() << "an absent file was fetched";
  } catch (const NetworkError& e) {
    EXPECT_THAT(e.what(), HasSubstr("absent"));
    EXPECT_THAT(e.what(), HasSubstr("404"));
  }
  EXPECT_THROW(continue_download({.url = url, .at_most = 99'999}, partial), DataError);
  remove_file(partial);
  EXPECT_THROW(continue_download({.url = url, .progress = [](std::uint64_t) { return false; }}, partial),
               NetworkError);
  EXPECT_GT(read_text(partial).size(), 0U);
  continue_download({.url = url}, partial);
  EXPECT_EQ(read_text(partial), content_);
  EXPECT_THROW(continue_download({.url = "ftp://127.0.0.1/x"}, directory_ / "y"), NetworkError);
}

}  // namespace
}  // namespace apical::io
