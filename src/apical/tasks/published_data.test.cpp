// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/published_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "apical/io/digest.h"
#include "apical/io/download.h"
#include "apical/io/file.h"
#include "apical/io/test_archive.h"
#include "apical/io/test_directory.h"
#include "apical/io/test_server.h"
#include "apical/tasks/data_receipt.h"
#include "apical/tasks/fetch_data.h"

namespace apical {
namespace {

using testing::HasSubstr;

std::string md5(std::string_view text) { return io::digest_of(io::Digest::md5, io::bytes_of(text)); }

/// A set of two small files.
class SmallSet : public testing::Test {
 protected:
  SmallSet() {
    set_.name = "small";
    set_.source = {"Small", {"small"}, "write it yourself"};
    set_.files = {{"a", first_.size(), md5(first_), ""}, {"b", second_.size(), "", md5("packed")}};
    set_.downloads = {{"a", "http://127.0.0.1:1/a", first_.size(), md5(first_)},
                      {"b", "http://127.0.0.1:1/b", 0, md5(second_)}};
    for (const char* folder : {"small", "server"}) io::make_directories(directory_ / folder);
  }
  void write(const std::string& name, std::string_view text) const {
    io::write_atomically(directory_ / "small" / name, text);
  }
  void serve(const std::string& name, std::string_view text) const {
    io::write_atomically(directory_ / "server" / name, text);
  }
  std::vector<CheckedFile> verified() const { return verify(set_, directory_.path()); }
  template <class Fault>
  std::string complaint_of_fetching(const FetchOptions& options) const {
    try {
      fetch(set_, directory_.path(), options);
    } catch (const Fault& e) {
      return e.what();
    }
    return "nothing was thrown";
  }
  FetchOptions from_server() const {
    FetchOptions options;
    options.from = "file://" + (directory_ / "server").string();
    return options;
  }

  io::TestDirectory directory_;
  const std::string first_ = std::string(60'000, 'p') + "q", second_ = "the second";
  PublishedData set_;
};

using PublishedDataTest = SmallSet;

TEST_F(PublishedDataTest, FilesAreMissingIntactUnverifiedOrDamaged) {
  EXPECT_EQ(verified()[0].state, FileState::missing);
  EXPECT_THAT(verified()[0].remark, HasSubstr((directory_ / "small").string()));
  write("a", first_);
  write("b", second_);
  EXPECT_EQ(verified()[0].state, FileState::intact);
  EXPECT_EQ(verified()[1].state, FileState::unverified);
  std::string changed = first_;
  changed[7] = 'x';
  write("a", changed);
  write("b", "shorter");
  EXPECT_EQ(verified()[0].state, FileState::damaged);
  EXPECT_THAT(verified()[0].remark, HasSubstr("expected " + md5(first_)));
  EXPECT_EQ(verified()[1].state, FileState::damaged);
  EXPECT_THAT(verified()[1].remark, HasSubstr("7 bytes, expected 10"));
}

TEST_F(PublishedDataTest, CompressedFilesAreJudgedByWhatTheyHold) {
  gzFile file = gzopen((directory_ / "small" / "a.gz").c_str(), "wb9");
  gzwrite(file, first_.data(), static_cast<unsigned>(first_.size()));
  gzclose(file);
  EXPECT_EQ(verified()[0].state, FileState::intact);
  const io::Bytes packed = io::read_file(directory_ / "small" / "a.gz");
  write("b.gz", "packed");  // as published, so that it need not be unpacked
  EXPECT_EQ(verified()[1].state, FileState::intact);
  io::write_atomically(directory_ / "small" / "a.gz", std::span(packed).first(packed.size() - 4));
  EXPECT_EQ(verified()[0].state, FileState::damaged);
  EXPECT_THAT(verified()[0].remark, HasSubstr("cut off"));
}

TEST_F(PublishedDataTest, AReceiptNamesAVariantUntilAFileChanges) {
  write("b", second_);
  write_receipt(directory_ / "small", {"small", "re-encoded", false, {{"b", md5(second_)}}});
  EXPECT_EQ(verified()[1].state, FileState::converted);
  EXPECT_EQ(verified()[1].remark, "re-encoded");
  write("b", "the seconD");
  EXPECT_EQ(verified()[1].state, FileState::damaged);
  EXPECT_THAT(verified()[1].remark, HasSubstr("changed since it was written (re-encoded)"));
  io::write_atomically(directory_ / "small" / kReceiptName, "{\"schema\": \"apical-data-receipt/1\"}");
  EXPECT_THROW(verified(), DataError);
}

TEST_F(PublishedDataTest, ShippedSetsHaveChecksumsOfTheRightForm) {
  for (const PublishedData& set : published_data()) {
    EXPECT_FALSE(set.licence.empty()) << set.name;
    for (const PublishedDownload& d : set.downloads) EXPECT_EQ(d.md5.size(), 32U) << d.file;
    EXPECT_EQ(set.archive ? 1 : set.files.size(), set.downloads.size());
  }
  EXPECT_THROW(find_published_data("mnits"), ConfigError);
}

using FetchData = SmallSet;

TEST_F(FetchData, FilesGetTheirNamesOnceTheirChecksumsAreRight) {
  serve("a", first_);
  serve("b", second_);
  EXPECT_EQ(fetch(set_, directory_.path(), from_server()), directory_ / "small");
  EXPECT_EQ(io::read_text(directory_ / "small" / "a"), first_);
  EXPECT_EQ(io::read_text(directory_ / "small" / "b"), second_);
  EXPECT_EQ(io::list_directory(directory_ / "small").size(), 2U);
  // What is intact is not asked for again: the server has lost it.
  io::remove_file(directory_ / "server" / "a");
  fetch(set_, directory_.path(), from_server());
}

TEST_F(FetchData, AWrongChecksumLeavesNothing) {
  serve("a", std::string(60'001, 'r'));
  EXPECT_THAT(complaint_of_fetching<DataError>(from_server()), HasSubstr("expected " + md5(first_)));
  EXPECT_TRUE(io::list_directory(directory_ / "small").empty());
}

TEST_F(FetchData, ADamagedFileThatReadersFindFirstIsNamed) {
  set_.downloads[0].file = "a.gz";
  write("a", "damaged");
  serve("a.gz", first_);
  EXPECT_THAT(complaint_of_fetching<DataError>(from_server()),
              HasSubstr((directory_ / "small" / "a").string() + " first, which is damaged"));
}

TEST_F(FetchData, AnInterruptedFetchGoesOn) {
  serve("a", first_);
  serve("b", second_);
  io::TestServer server(directory_ / "server", {.requests = 3, .break_off_after = 50'000});
  FetchOptions options;
  options.from = server.url();
  EXPECT_THAT(complaint_of_fetching<io::NetworkError>(options), HasSubstr("50000 bytes are kept"));
  EXPECT_EQ(io::list_directory(directory_ / "small"), std::vector<std::string>{"a.part"});
  fetch(set_, directory_.path(), options);
  EXPECT_EQ(io::read_text(directory_ / "small" / "a"), first_);
  EXPECT_EQ(server.requests(), "whole\nbytes=50000-\nwhole\n");
}

TEST_F(FetchData, WithoutANetworkItSaysWhatToDoByHand) {
  const std::string said = complaint_of_fetching<io::NetworkError>({});  // nothing listens on port 1
  for (const std::string& part : {std::string("http://127.0.0.1:1/b"), (directory_ / "small").string(),
                                  std::string("apical data verify small")}) {
    EXPECT_THAT(said, HasSubstr(part));
  }
}

TEST_F(FetchData, AnArchiveIsUnpackedAndItsFilesAreKnownAfterwards) {
  io::write_tar_xz(directory_ / "server" / "all.tar.xz",
                   {{"deep/a", first_}, {"deep/b", second_}, {"deep/readme", "not wanted"}});
  const std::uint64_t bytes = io::read_file(directory_ / "server" / "all.tar.xz").size();
  set_.archive = true;
  set_.downloads = {{"all.tar.xz", "http://127.0.0.1:1/all.tar.xz", bytes,
                     io::digest_of_file(io::Digest::md5, directory_ / "server" / "all.tar.xz")}};
  fetch(set_, directory_.path(), from_server());
  EXPECT_EQ(io::read_text(directory_ / "small" / "b"), second_);
  EXPECT_EQ(io::list_directory(directory_ / "small").size(), 3U);  // a, b and the receipt
  EXPECT_EQ(verified()[1].state, FileState::intact);
  EXPECT_THAT(verified()[1].remark, HasSubstr("unpacked from all.tar.xz"));
  set_.files.push_back({"c", 1, "", ""});
  EXPECT_THAT(complaint_of_fetching<DataError>(from_server()), HasSubstr("does not hold c"));
}

}  // namespace
}  // namespace apical
