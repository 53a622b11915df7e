// SPDX-License-Identifier: Apache-2.0
// Promises about the repository as a whole: licence lines, a page per room, small test data, and no path
// that exists on one machine only.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <set>

#include "architecture/source_text.h"
#include "support/paths.h"

namespace apical::architecture {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const fs::path kRoot = test::kSourceDir;
constexpr std::uintmax_t kMostTestData = 10'000'000;  // bytes

/// What git tracks or would; outside a git checkout, every file but those of builds and runs.
std::vector<std::string> repository_files() {
  std::vector<std::string> files;
  const std::string command = fmt::format(
      "git -c safe.directory='*' -C '{}' ls-files -z --cached --others --exclude-standard 2>/dev/null",
      kRoot.string());
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string listed;
  std::array<char, 4096> chunk{};
  for (std::size_t n = 0; pipe && (n = std::fread(chunk.data(), 1, chunk.size(), pipe.get())) > 0;) {
    listed.append(chunk.data(), n);
  }
  for (std::size_t start = 0; start < listed.size();) {
    const std::size_t end = std::min(listed.find('\0', start), listed.size());
    files.push_back(listed.substr(start, end - start));
    start = end + 1;
  }
  if (!files.empty()) return files;
  static const std::set<std::string> made{".git", "build", "runs", ".cache", "__pycache__", "node_modules"};
  for (auto it = fs::recursive_directory_iterator(kRoot); it != fs::recursive_directory_iterator(); ++it) {
    if (it->is_directory() && made.contains(it->path().filename().string())) it.disable_recursion_pending();
    if (it->is_regular_file()) files.push_back(it->path().lexically_relative(kRoot).generic_string());
  }
  return files;
}

/// The files of the repository that are text, read.
const std::vector<SourceFile>& repository() {
  static const std::vector<SourceFile> files = [] {
    std::vector<SourceFile> read;
    for (const std::string& path : repository_files()) {
      if (!fs::is_regular_file(kRoot / path)) continue;  // deleted but not yet committed
      std::string text = read_text(kRoot / path);
      if (text.substr(0, 8000).find('\0') == std::string::npos) read.push_back({path, std::move(text)});
    }
    return read;
  }();
  return files;
}

/// One SPDX line, first, or second after the line that names a script's interpreter.
Faults licence(const SourceFile& file) {
  const bool script = file.path.ends_with(".sh") || file.path.ends_with(".cmake") ||
                      file.path.ends_with("CMakeLists.txt") || file.path == ".ci/run";
  if (!script && !is_cpp(file.path)) return {};
  const std::string_view tag = "SPDX-License-Identifier:";
  const std::string expected = fmt::format("{} {} Apache-2.0\n", script ? "#" : "//", tag);
  std::string_view text = file.text;
  if (script && text.starts_with("#!")) text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  if (!text.starts_with(expected)) return {fmt::format("{}: does not open with {}", file.path, expected)};
  // Two lines would be a file put together from two others.
  if (text.find("\n" + expected) != std::string_view::npos) {
    return {fmt::format("{}: more than one SPDX line", file.path)};
  }
  return {};
}

/// "src/apical/core" for a file anywhere below it, "src/apical/engine/rate" for one of that engine's.
std::string room_of(const std::string& path) {
  const std::string sources = "src/apical/";
  if (!path.starts_with(sources)) return "";
  std::size_t end = path.find('/', sources.size());
  if (end == std::string::npos) return "";
  if (path.substr(sources.size(), end - sources.size()) == "engine") {
    const std::size_t next = path.find('/', end + 1);
    if (next != std::string::npos) end = next;
  }
  return path.substr(0, end);
}

Faults rooms_without_page(const std::vector<SourceFile>& files) {
  std::set<std::string> rooms, pages;
  for (const SourceFile& file : files) {
    if (is_cpp(file.path) && !room_of(file.path).empty()) rooms.insert(room_of(file.path));
    if (file.path.ends_with("/README.md")) pages.insert(file.path.substr(0, file.path.rfind('/')));
  }
  Faults faults;
  for (const std::string& room : rooms) {
    if (!pages.contains(room)) faults.push_back(fmt::format("{}/README.md is missing", room));
  }
  return faults;
}

/// Absolute paths of a machine Apical was written on. Spelled in halves so that this file passes its own
/// test.
Faults machine_paths(const SourceFile& file) {
  Faults faults;
  for (const std::string& path :
       {std::string("/wo") + "rk/", std::string("/ro") + "ot/", std::string("/tm") + "p/h/"}) {
    for (std::size_t at = file.text.find(path); at != std::string::npos; at = file.text.find(path, at + 1)) {
      // After a letter or a closing bracket it is the middle of a relative path or of an address.
      const char before = at == 0 ? ' ' : file.text[at - 1];
      if (is_word(before) || std::string_view("}).-~*").find(before) != std::string_view::npos) continue;
      const auto line =
          1 + std::count(file.text.begin(), file.text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      faults.push_back(fmt::format("{}:{}: names {}", file.path, line, path));
    }
  }
  return faults;
}

std::uintmax_t bytes_below(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  if (!fs::exists(folder)) return 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

TEST(HouseRules, TheRepositoryIsRead) {
  EXPECT_GT(repository().size(), 20U);
  EXPECT_THAT(repository(), ::testing::Contains(::testing::Field(&SourceFile::path, "CMakeLists.txt")));
}

TEST(HouseRules, EveryFileOpensWithItsLicence) { EXPECT_THAT(faults_in(repository(), licence), IsEmpty()); }

TEST(HouseRules, AFileWithoutLicenceIsFound) {
  const std::string line = std::string("SPDX-License-Identifier") + ": Apache-2.0\n";
  EXPECT_THAT(licence({"src/apical/core/x.h", "// " + line + "#pragma once\n"}), IsEmpty());
  EXPECT_THAT(licence({"src/apical/core/x.h", "#pragma once\n// " + line}), SizeIs(1));
  EXPECT_THAT(licence({"src/apical/core/x.h", "// " + line + "// " + line}), SizeIs(1));
  EXPECT_THAT(licence({"src/apical/core/x.h", ""}), SizeIs(1));
  EXPECT_THAT(licence({"tools/x.sh", "#!/bin/sh\n# " + line}), IsEmpty());
  EXPECT_THAT(licence({"tools/x.sh", "#!/bin/sh\necho\n"}), SizeIs(1));
  EXPECT_THAT(licence({"bench/CMakeLists.txt", "project(x)\n"}), SizeIs(1));
  EXPECT_THAT(licence({"README.md", "# Apical\n"}), IsEmpty());
}

TEST(HouseRules, EveryRoomHasAPage) { EXPECT_THAT(rooms_without_page(repository()), IsEmpty()); }

TEST(HouseRules, ARoomWithoutPageIsFound) {
  const SourceFile page{"src/apical/core/README.md", ""}, source{"src/apical/core/simd/x.h", ""};
  EXPECT_THAT(rooms_without_page({source}), ElementsAre("src/apical/core/README.md is missing"));
  EXPECT_THAT(rooms_without_page({source, page}), IsEmpty());
  const SourceFile rate{"src/apical/engine/rate/x.cpp", ""}, engines{"src/apical/engine/README.md", ""};
  EXPECT_THAT(rooms_without_page({rate, engines}),
              ElementsAre("src/apical/engine/rate/README.md is missing"));
}

TEST(HouseRules, NoPathOfOneMachine) { EXPECT_THAT(faults_in(repository(), machine_paths), IsEmpty()); }

TEST(HouseRules, APathOfOneMachineIsFound) {
  const std::string path = std::string("/wo") + "rk/x";
  EXPECT_THAT(machine_paths({"a.md", "first\nsee " + path}), ElementsAre(HasSubstr("a.md:2")));
  EXPECT_THAT(machine_paths({"a.md", path}), SizeIs(1));
  EXPECT_THAT(machine_paths({"a.md", "(`" + path + "`) = \"" + path + "\""}), SizeIs(2));
  EXPECT_THAT(machine_paths({"a.md", "frame" + path + " ${HERE}" + path + " ~" + path}), IsEmpty());
}

TEST(HouseRules, TestDataStaySmall) { EXPECT_LT(bytes_below(kRoot / "tests" / "data"), kMostTestData); }

TEST(HouseRules, TestDataAreMeasuredInBytesOfAllFolders) {
  const fs::path folder = fs::path(::testing::TempDir()) / fmt::format("apical-house-rules-{}", ::getpid());
  fs::create_directories(folder / "inner");
  std::ofstream(folder / "a") << "12345";
  std::ofstream(folder / "inner" / "b") << "123";
  EXPECT_EQ(bytes_below(folder), 8U);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace apical::architecture
