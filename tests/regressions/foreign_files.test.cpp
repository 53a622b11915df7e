// SPDX-License-Identifier: Apache-2.0
// Files that somebody else made to do harm: whatever is in them, the answer is a message and an exit code,
// within the memory and the disk that files of their size deserve, and nothing is written where it was not
// asked for.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/experiment/toml/toml_tree.h"
#include "apical/io/download.h"
#include "apical/io/json.h"
#include "apical/io/npy_reader.h"
#include "apical/io/packed_files.h"
#include "apical/io/picture.h"
#include "apical/io/test_archive.h"
#include "apical/io/test_pictures.h"
#include "apical/io/test_server.h"
#include "apical/tasks/fetch_data.h"
#include "apical/tasks/published_data.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::with;
using testing::HasSubstr;
using testing::Not;

class ForeignFiles : public test::CommandLine {
 protected:
  void run(const std::string& text, const std::string& name = "run") const {
    const Answer a = apical_says({"run", file(text), "--out", out(name), "--quiet"});
    ASSERT_EQ(a.code, 0) << a.err;
  }
};

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST_F(ForeignFiles, KeysTablesAndListsMayNotBeNestedForEver) {
  const std::size_t many = 16'000;
  for (const std::string& text :
       {repeated("a.", many) + "a = 1\n", "[" + repeated("a.", many) + "a]\nb = 1\n",
        "[[" + repeated("a . ", many) + "a]]\n", "x = {" + repeated("a.", many) + "a = 1}\n",
        "x = " + repeated("{a = ", many) + "1" + repeated("}", many) + "\n",
        "x = " + repeated("[", many) + repeated("]", many) + "\n",
        // None of these is much by itself.
        "[" + repeated("a.", 60) + "a]\n" + repeated("b.", 60) + "b = 1\n",
        "x = " + repeated("{a.b.c.d = [", 30) + repeated("]}", 30) + "\n",
        "x = " + repeated("[\n", many) + "1\n"}) {
    const Answer a = apical_says({"check", file(text)});
    EXPECT_EQ(a.code, 3);
    EXPECT_THAT(a.err, HasSubstr("nested deeper than 100 levels")) << text.substr(0, 40);
  }
}

TEST_F(ForeignFiles, WhatStandsInStringsCommentsAndListsIsNoNesting) {
  const std::string dots = repeated("a.", 500);
  // NOLINTBEGIN(performance-inefficient-string-concatenation): how it reads matters more
  for (const std::string& text :
       {"x = \"" + dots + "\\\"" + dots + "\"\n", "x = '" + dots + "'\n", "# " + dots + "[[[[\nx = 1\n",
        "x = \"\"\"" + dots + "\n\"" + dots + "\"\"\"\n", "x = '''" + dots + "\n''" + dots + "'''\n",
        "\"" + dots + "\" = 1\n", "x = [" + repeated("1.5, ", 500) + "1.5]\n",
        "x = [" + repeated("[1.5, 2.5],\n", 500) + "[0.5]]\n", repeated("[a.b.c]\nx.y = 1.5\n", 1),
        "x = {" + repeated("a.b = 1, ", 0) + "c.d = 1.5}\ny = 1.5\n"}) {
    // NOLINTEND(performance-inefficient-string-concatenation)
    EXPECT_NO_THROW(parse_toml(text, "x.toml")) << text.substr(0, 60);
  }
}

TEST_F(ForeignFiles, AComparisonNamesNothingOutsideItself) {
  run(test::small_network(), "victim");
  const fs::path comparison = directory_ / "comparison";
  fs::create_directories(comparison);
  for (const char* name : {"\"../victim\"", "\"/tmp\"", "\".\"", "\"..\"", "\"\"", "\"a/b\"", "7", "null"}) {
    io::write_atomically(
        comparison / "comparison.json",
        fmt::format(R"({{"schema":"apical-comparison/1","title":"t","description":"","runs":[{}]}})", name));
    const std::string where = comparison.string();
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"reproduce", where, "--out", out("again")},
          {"report", where},
          {"diagnose", where},
          {"verify", where}}) {
      const Answer a = apical_says(command);
      EXPECT_EQ(a.code, 3) << name << ' ' << a.err;
      EXPECT_THAT(a.err, HasSubstr("is no name of a directory in")) << command[0];
    }
    EXPECT_FALSE(fs::exists(out("again")) && !fs::is_empty(out("again"))) << name;
  }
}

TEST_F(ForeignFiles, ASweepShowsItsOwnRunsOnly) {
  const fs::path comparison = directory_ / "comparison";
  run(test::small_network(), "comparison/inside");
  io::write_atomically(
      comparison / "comparison.json",
      std::string_view(
          R"({"title":"t","description":"","runs":["inside"],"sweep":[{"run":"../../../etc","name":"n","at":1,"logarithmic":false,"series":"s"}]})"));
  const Answer a = apical_says({"report", comparison.string()});
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr("is none of 'runs'"));
}

TEST_F(ForeignFiles, AJsonFileOfOtherContentsIsNoDefectOfOurs) {
  run(test::small_network());
  for (const char* text : {"[]", "{}", "{\"seeds\": \"many\"}", "7", "{\"label\": []}"}) {
    for (const char* name : {"manifest.json", "summary.json"}) {
      const fs::path other = directory_ / "other";
      fs::remove_all(other);
      fs::copy(out(), other, fs::copy_options::recursive);
      io::write_atomically(other / name, std::string_view(text));
      for (const char* command : {"report", "diagnose", "verify"}) {
        const Answer a = apical_says({command, other.string()});
        EXPECT_THAT(a.code, testing::AnyOf(0, 1, 3)) << command << ' ' << name << ' ' << text << a.err;
      }
    }
  }
}

TEST_F(ForeignFiles, TitlesReachNeitherTheTerminalNorThePageAsTheyAre) {
  const std::string evil = "\\u001b[2J\\u202e\\u2067<script>alert(1)</script>\\u009b";
  run("title = \"" + evil + "\"\n" + test::small_network());
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"run", file("title = \"" + evil + "\"\n" + test::small_network()), "--out",
                                 out("again"), "--verbose"},
        {"check", file("title = \"" + evil + "\"\n" + test::small_network())}}) {
    const Answer a = apical_says(command);
    for (const std::string& text : {a.out, a.err}) {
      for (const char* raw : {"\x1b", "\u202e", "\u009b"}) EXPECT_THAT(text, Not(HasSubstr(raw)));
    }
  }
  const std::string page = io::read_text(fs::path(out()) / "report.html");
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  for (const char* raw : {"\x1b", "\u202e", "\u2067"}) EXPECT_THAT(page, Not(HasSubstr(raw)));
  EXPECT_THAT(page, HasSubstr("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("script-src 'sha256-"));
  EXPECT_LT(page.find("Content-Security-Policy"), page.find("<title>")) << "before anything it is about";
}

void put_big_endian(io::Bytes& bytes, std::size_t at, std::uint32_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i)
    bytes[at + i] = static_cast<std::byte>(value >> (8 * (width - 1 - i)) & 0xFF);
}

TEST_F(ForeignFiles, AFewBytesThatAnnounceAHugePictureAreRefusedBeforeThereIsMemoryForIt) {
  io::Bytes jpeg = io::encode_jpeg(io::plain_picture(16, 16, 1, 2, 3));
  constexpr std::array<std::byte, 2> kFrame{std::byte{0xff}, std::byte{0xc0}};
  const auto mark = std::search(jpeg.begin(), jpeg.end(), kFrame.begin(), kFrame.end());
  ASSERT_NE(mark, jpeg.end());
  const auto sof = static_cast<std::size_t>(mark - jpeg.begin());
  put_big_endian(jpeg, sof + 5, 11'000, 2);
  put_big_endian(jpeg, sof + 7, 12'000, 2);
  io::Bytes png = io::encode_rgb_png(io::plain_picture(16, 16, 1, 2, 3));
  put_big_endian(png, 16, 12'000, 4);
  put_big_endian(png, 20, 11'000, 4);
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(png.data() + 12), 17);
  put_big_endian(png, 29, static_cast<std::uint32_t>(crc), 4);
  for (const io::Bytes& bytes : {jpeg, png}) {
    for (const auto& read : {std::function<void()>([&] { io::decode_picture(bytes, "x"); }),
                             std::function<void()>([&] { io::picture_size(bytes, "x"); })}) {
      try {
        read();
        ADD_FAILURE() << "was read";
      } catch (const DataError& e) {
        EXPECT_THAT(e.what(), HasSubstr("12000 x 11000 pixels in"));
      }
    }
  }
}

TEST_F(ForeignFiles, PicturesOfOneColourAreNotTooSmallForTheirSize) {
  const io::Picture plain = io::plain_picture(2000, 3000, 255, 255, 255);
  EXPECT_EQ(io::decode_picture(io::encode_rgb_png(plain), "x").rows, 2000u);
  EXPECT_EQ(io::decode_picture(io::encode_jpeg(plain, 1, TJSAMP_420), "x").rows, 2000u);
  EXPECT_EQ(io::decode_picture(io::encode_jpeg(plain, 1, TJSAMP_GRAY), "x").rows, 2000u);
}

TEST_F(ForeignFiles, AnArchiveThatUnpacksToMoreThanThereIsMemoryForIsRefused) {
  const std::string header = std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                             "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, ), }";
  std::string array = header;
  array.resize(127, ' ');
  array += '\n';
  array.resize(128 + 1'000'000);
  io::write_archive(directory_ / "a.npz", {{"inputs.npy", array}}, io::ArchiveFormat::zip);
  EXPECT_EQ(io::read_npz(directory_ / "a.npz").size(), 1u);
  EXPECT_THROW(io::read_npz(directory_ / "a.npz", 500'000), DataError);
  EXPECT_LT(fs::file_size(directory_ / "a.npz"), 10'000u) << "a hundredth of what it unpacks to";
}

/// A zip whose directory announces `bytes` of content that is not there.
TEST_F(ForeignFiles, WhatAnArchiveAnnouncesTakesNoMemoryBeforeItComes) {
  io::write_archive(directory_ / "a.zip", {{"x", "twelve bytes"}}, io::ArchiveFormat::zip);
  io::Bytes bytes = io::read_file(directory_ / "a.zip");
  const std::uint32_t lie = 0x7fff0000;
  std::size_t found = 0;
  for (std::size_t i = 0; i + 30 < bytes.size(); ++i) {
    std::uint32_t mark = 0;
    std::memcpy(&mark, bytes.data() + i, 4);
    if (mark == 0x04034b50) std::memcpy(bytes.data() + i + 22, &lie, 4), ++found;
    if (mark == 0x02014b50) std::memcpy(bytes.data() + i + 24, &lie, 4), ++found;
  }
  ASSERT_GE(found, 2u);
  io::write_atomically(directory_ / "a.zip", std::span<const std::byte>(bytes));
  const auto before = std::chrono::steady_clock::now();
  io::PackedVisitor visitor;
  visitor.wants = [](const std::string&) { return true; };
  visitor.take = [](const std::string&, const io::Bytes& content) {
    EXPECT_LT(content.capacity(), 1u << 28);
  };
  try {
    io::visit_packed_files(directory_ / "a.zip", {.largest = std::size_t{1} << 40}, visitor);
  } catch (const DataError&) {
    // Also an answer.
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
}

TEST_F(ForeignFiles, ADownloadIsNotLargerThanWhatItHoldsCanBe) {
  const fs::path served = directory_ / "served", data = directory_ / "data";
  fs::create_directories(served);
  const PublishedData& set = find_published_data("mnist");
  std::ofstream(served / set.downloads.front().file) << "";
  fs::resize_file(served / set.downloads.front().file, 60'000'000);  // takes no room on the disk
  const io::TestServer server(served, {.requests = 1});
  FetchOptions options;
  options.from = server.url();
  try {
    fetch(set, data, options);
    ADD_FAILURE() << "was fetched";
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), HasSubstr("holds more than the 47"));
  }
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    if (!entry.is_regular_file()) continue;
    EXPECT_LT(entry.file_size(), 48'000'000u);
  }
}

}  // namespace
}  // namespace apical
