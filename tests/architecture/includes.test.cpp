// SPDX-License-Identifier: Apache-2.0
// The direction of the arrows: which room may include which, and which libraries may show where. Every
// rule is a function of one file's path and text, so that each is also shown to fail on a text that breaks
// it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "architecture/source_text.h"
#include "support/paths.h"

namespace apical::architecture {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::filesystem::path kRoot = test::kSourceDir, kSources = kRoot / "src" / "apical";

/// From the ground up: each room may include those before it. io stands on core alone, and only some use it.
const std::map<std::string, std::set<std::string>> kMayInclude = [] {
  const std::vector<std::string> floors{"core",     "circuit",   "engine",     "rules", "models",
                                        "learning", "procedure", "experiment", "run",   "report",
                                        "study",    "sweep",     "live",       "cli"};
  std::map<std::string, std::set<std::string>> may;
  std::set<std::string> below;
  for (const std::string& room : floors) {
    may[room] = below;
    below.insert(room);
    if (room != "models") continue;
    // Side by side: neither knows the other.
    may["tasks"] = may["analysis"] = below;
    below.insert({"tasks", "analysis"});
  }
  may["io"] = {"core"};
  for (const char* room :
       {"tasks", "analysis", "procedure", "experiment", "run", "report", "study", "sweep", "live", "cli"}) {
    may[room].insert("io");
  }
  return may;
}();

std::string part(const std::string& path, int which) {
  std::size_t start = 0;
  for (int i = 0; i < which; ++i) {
    start = path.find('/', start);
    if (start == std::string::npos) return "";
    ++start;
  }
  const std::size_t end = path.find('/', start);
  return end == std::string::npos ? "" : path.substr(start, end - start);
}

/// "rate" for engine/rate/x.h; "" for a file directly in engine/, which all engines share.
std::string engine_of(const std::string& path) { return part(path, 0) == "engine" ? part(path, 1) : ""; }

Faults arrows(const SourceFile& file) {
  Faults faults;
  const std::string room = part(file.path, 0);
  const auto allowed = kMayInclude.find(room);
  if (allowed == kMayInclude.end()) return {fmt::format("{}: '{}' is not a room", file.path, room)};
  for (const Include& include : includes_of(file.text)) {
    if (!include.target.starts_with("apical/")) continue;
    const std::string target = include.target.substr(std::string("apical/").size());
    const std::string other = part(target, 0);
    if (other != room && !allowed->second.contains(other)) {
      faults.push_back(
          fmt::format("{} includes {}: {} may not use {}", file.path, include.target, room, other));
    }
    if (room == "engine" && other == "engine" && !engine_of(target).empty() &&
        engine_of(target) != engine_of(file.path)) {
      faults.push_back(
          fmt::format("{} includes {}: engines do not know each other", file.path, include.target));
    }
  }
  return faults;
}

/// Quoted includes are ours and say the room; the golden harness and what tests share is open to tests and
/// fuzzers only.
Faults spelling(const SourceFile& file) {
  Faults faults;
  for (const Include& include : includes_of(file.text)) {
    const bool ours = include.target.starts_with("apical/");
    const bool for_tests = include.target.starts_with("golden/") || include.target.starts_with("support/");
    const bool golden = for_tests && (file.path.ends_with(".test.cpp") || file.path.ends_with(".fuzz.cpp"));
    const bool highway = include.target.starts_with("hwy/");
    if (include.quoted ? !(ours || golden || highway) : ours) {
      faults.push_back(
          fmt::format("{}: write #include \"apical/room/file.h\", not {}", file.path, include.target));
    }
  }
  return faults;
}

/// Headers that g++ 12 or clang 14 lack, and <execution>, which makes TBB a link dependency.
Faults toolchain(const SourceFile& file) {
  static const std::set<std::string> lacking{"format", "expected", "source_location", "generator",
                                             "execution"};
  Faults faults;
  for (const Include& include : includes_of(file.text)) {
    if (lacking.contains(include.target)) {
      faults.push_back(fmt::format("{} includes <{}>", file.path, include.target));
    }
  }
  return faults;
}

bool is_header(const SourceFile& file) { return file.path.ends_with(".h"); }

/// Libraries that are slow to compile or not ABI-stable stay out of headers.
Faults private_libraries(const SourceFile& file) {
  Faults faults;
  for (const Include& include : includes_of(file.text)) {
    const std::string& target = include.target;
    const bool hdf5 = target.starts_with("hdf5") || (target.starts_with("H5") && target.ends_with(".h"));
    const bool json = target.starts_with("nlohmann/") && target != "nlohmann/json_fwd.hpp";
    const bool fmt = target.starts_with("fmt/");
    if (is_header(file) && (hdf5 || json || fmt)) {
      faults.push_back(fmt::format("{}: {} belongs in a .cpp file", file.path, target));
    }
    if (fmt && target != "fmt/format.h") {
      faults.push_back(fmt::format("{}: of fmt use fmt/format.h only, not {}", file.path, target));
    }
  }
  return faults;
}

/// Instruction sets: Highway in x.kernels.cpp, and in headers of core made to be included there.
Faults highway(const SourceFile& file) {
  const bool allowed = file.path.ends_with(".kernels.cpp") ||
                       (file.path.starts_with("core/") && file.path.ends_with("-inl.h"));
  Faults faults;
  for (const Include& include : includes_of(file.text)) {
    if (include.target.starts_with("hwy/") && !allowed) {
      faults.push_back(fmt::format("{}: {} belongs in a *.kernels.cpp", file.path, include.target));
    }
  }
  return faults;
}

/// CLI11 costs 11 s and 340 MB per file that includes it: one file of the command line.
Faults command_line_parser(const std::vector<SourceFile>& files) {
  Faults users, faults;
  for (const SourceFile& file : files) {
    bool uses = false;
    for (const Include& include : includes_of(file.text)) uses |= include.target.starts_with("CLI/");
    if (!uses) continue;
    users.push_back(file.path);
    if (!file.path.starts_with("cli/") || is_header(file)) {
      faults.push_back(fmt::format("{}: CLI11 belongs in one .cpp file of cli", file.path));
    }
  }
  if (users.size() > 1) faults.push_back(fmt::format("CLI11 is included by {}", fmt::join(users, ", ")));
  return faults;
}

/// The library throws and reports through observers; only the command line and programs print.
Faults printing(const SourceFile& file) {
  if (file.path.starts_with("cli/") || file.path.ends_with(".main.cpp")) return {};
  const std::string code = code_of(file.text);
  Faults faults;
  for (const char* word : {"cout", "cerr", "clog", "printf", "vprintf", "puts", "putchar", "perror", "stdout",
                           "stderr", "fmt::print(\"", "fmt::print(fg"}) {
    if (has_word(code, word)) faults.push_back(fmt::format("{} uses {}", file.path, word));
  }
  return faults;
}

/// What belongs to the process, and so to the program: its environment, its end, its signals and its place.
/// The library is handed what it needs (core/resources.h).
Faults process_state(const SourceFile& file) {
  if (file.path.starts_with("cli/") || file.path.ends_with(".main.cpp") || file.path.ends_with(".test.cpp"))
    return {};
  const std::string code = code_of(file.text);
  Faults faults;
  for (const char* word : {"getenv",        "secure_getenv", "setenv",      "unsetenv",   "putenv", "environ",
                           "exit",          "_exit",         "_Exit",       "quick_exit", "abort",  "atexit",
                           "set_terminate", "sigaction",     "std::signal", "::signal",   "raise",  "chdir",
                           "current_path",  "setlocale",     "umask",       "srand"}) {
    if (has_word(code, word)) faults.push_back(fmt::format("{} uses {}", file.path, word));
  }
  return faults;
}

/// Golden traces are replayed as anybody could who has installed Apical.
Faults around_the_public_door(const SourceFile& file, const std::set<std::string>& doors) {
  Faults faults;
  for (const Include& include : includes_of(file.text)) {
    if (include.target.starts_with("apical/") && !doors.contains(include.target))
      faults.push_back(
          fmt::format("{} includes {}: only headers of include/apical", file.path, include.target));
  }
  return faults;
}

std::set<std::string> public_headers() {
  std::set<std::string> doors;
  for (const SourceFile& header : cpp_files_below(kRoot / "include")) doors.insert(header.path);
  return doors;
}

std::vector<SourceFile> sources() { return cpp_files_below(kSources); }

TEST(Includes, TheTreeIsRead) { EXPECT_GT(sources().size(), 5U); }

TEST(Includes, ArrowsPointDown) { EXPECT_THAT(faults_in(sources(), arrows), IsEmpty()); }

TEST(Includes, AnArrowThatPointsUpIsFound) {
  const auto faults_of = [](std::string path, const std::string& target) {
    return arrows({std::move(path), "#include \"apical/" + target + "\"\n"}).size();
  };
  // Each room with one it may use and one it may not.
  EXPECT_EQ(faults_of("core/x.h", "core/error.h"), 0U);
  EXPECT_EQ(faults_of("core/x.h", "circuit/circuit.h"), 1U);
  EXPECT_EQ(faults_of("circuit/x.h", "core/error.h"), 0U);
  EXPECT_EQ(faults_of("circuit/x.h", "engine/rate/engine.h"), 1U);
  EXPECT_EQ(faults_of("engine/rate/x.cpp", "circuit/circuit.h"), 0U);
  EXPECT_EQ(faults_of("engine/rate/x.cpp", "models/x.h"), 1U);
  EXPECT_EQ(faults_of("engine/rate/x.cpp", "io/json.h"), 1U);
  EXPECT_EQ(faults_of("models/x.cpp", "engine/spike/x.h"), 0U);
  EXPECT_EQ(faults_of("models/x.cpp", "tasks/x.h"), 1U);
  EXPECT_EQ(faults_of("models/x.cpp", "io/json.h"), 1U);
  EXPECT_EQ(faults_of("tasks/x.cpp", "io/idx.h"), 0U);
  EXPECT_EQ(faults_of("tasks/x.cpp", "learning/x.h"), 1U);
  EXPECT_EQ(faults_of("tasks/x.cpp", "analysis/x.h"), 1U);
  EXPECT_EQ(faults_of("analysis/x.cpp", "io/hdf5.h"), 0U);
  EXPECT_EQ(faults_of("analysis/x.cpp", "learning/x.h"), 1U);
  EXPECT_EQ(faults_of("analysis/x.cpp", "tasks/x.h"), 1U);
  EXPECT_EQ(faults_of("learning/x.cpp", "tasks/x.h"), 0U);
  EXPECT_EQ(faults_of("learning/x.cpp", "analysis/x.h"), 0U);
  EXPECT_EQ(faults_of("learning/x.cpp", "io/x.h"), 1U);
  EXPECT_EQ(faults_of("learning/x.cpp", "experiment/x.h"), 1U);
  EXPECT_EQ(faults_of("io/x.h", "core/error.h"), 0U);
  EXPECT_EQ(faults_of("io/x.h", "circuit/circuit.h"), 1U);
  EXPECT_EQ(faults_of("rules/x.h", "engine/layered/x.h"), 0U);
  EXPECT_EQ(faults_of("engine/layered/x.h", "rules/x.h"), 1U);
  EXPECT_EQ(faults_of("rules/x.h", "models/x.h"), 1U);
  EXPECT_EQ(faults_of("procedure/x.h", "learning/x.h"), 0U);
  EXPECT_EQ(faults_of("procedure/x.h", "experiment/x.h"), 1U);
  EXPECT_EQ(faults_of("experiment/x.h", "io/x.h"), 0U);
  EXPECT_EQ(faults_of("experiment/x.h", "run/x.h"), 1U);
  EXPECT_EQ(faults_of("run/x.h", "experiment/x.h"), 0U);
  EXPECT_EQ(faults_of("run/x.h", "report/x.h"), 1U);
  EXPECT_EQ(faults_of("report/x.h", "run/x.h"), 0U);
  EXPECT_EQ(faults_of("report/x.h", "study/x.h"), 1U);
  EXPECT_EQ(faults_of("study/x.h", "report/x.h"), 0U);
  EXPECT_EQ(faults_of("study/x.h", "cli/x.h"), 1U);
  EXPECT_EQ(faults_of("live/x.h", "study/x.h"), 0U);
  EXPECT_EQ(faults_of("live/x.h", "cli/x.h"), 1U);
  EXPECT_EQ(faults_of("study/x.h", "live/x.h"), 1U);
  EXPECT_EQ(faults_of("cli/x.h", "experiment/x.h"), 0U);
  EXPECT_EQ(faults_of("cli/x.h", "attic/x.h"), 1U);
  EXPECT_EQ(faults_of("attic/x.h", "core/error.h"), 1U);
  EXPECT_EQ(faults_of("loose.h", "core/error.h"), 1U);
}

TEST(Includes, EnginesThatKnowEachOtherAreFound) {
  const auto faults_of = [](std::string path, const std::string& target) {
    return arrows({std::move(path), "#include \"apical/engine/" + target + "\"\n"});
  };
  EXPECT_THAT(faults_of("engine/rate/x.h", "rate/y.h"), IsEmpty());
  EXPECT_THAT(faults_of("engine/rate/x.h", "shared.h"), IsEmpty());
  EXPECT_THAT(faults_of("engine/rate/x.h", "spike/y.h"), ElementsAre(HasSubstr("engines do not know")));
  EXPECT_THAT(faults_of("engine/layered/x.h", "rate/y.h"), SizeIs(1));
  EXPECT_THAT(faults_of("engine/shared.h", "rate/y.h"), SizeIs(1));
}

TEST(Includes, AreSpelledWithTheirRoom) { EXPECT_THAT(faults_in(sources(), spelling), IsEmpty()); }

TEST(Includes, ASpellingWithoutRoomIsFound) {
  EXPECT_THAT(spelling({"core/x.cpp", "#include \"error.h\"\n"}), SizeIs(1));
  EXPECT_THAT(spelling({"core/x.cpp", "#include <apical/core/error.h>\n"}), SizeIs(1));
  EXPECT_THAT(spelling({"core/x.cpp", "#include \"golden/golden.h\"\n"}), SizeIs(1));
  EXPECT_THAT(spelling({"core/x.test.cpp", "#include \"golden/golden.h\"\n"}), IsEmpty());
  EXPECT_THAT(spelling({"core/x.cpp", "#include <vector>\n#include \"apical/core/error.h\"\n"}), IsEmpty());
}

TEST(Includes, NameNothingTheToolchainLacks) { EXPECT_THAT(faults_in(sources(), toolchain), IsEmpty()); }

TEST(Includes, AHeaderTheToolchainLacksIsFound) {
  EXPECT_THAT(toolchain({"core/x.h", "#  include <format>\n"}), SizeIs(1));
  EXPECT_THAT(toolchain({"core/x.h", "// #include <format>\n#include <fmt/format.h>\n"}), IsEmpty());
}

TEST(Includes, PrivateLibrariesStayOutOfHeaders) {
  EXPECT_THAT(faults_in(sources(), private_libraries), IsEmpty());
}

TEST(Includes, APrivateLibraryInAHeaderIsFound) {
  for (const char* library : {"nlohmann/json.hpp", "hdf5.h", "H5Fpublic.h", "fmt/format.h"}) {
    const std::string text = fmt::format("#include <{}>\n", library);
    EXPECT_THAT(private_libraries({"io/x.h", text}), SizeIs(1)) << library;
    EXPECT_THAT(private_libraries({"io/x.cpp", text}), IsEmpty()) << library;
  }
  EXPECT_THAT(private_libraries({"io/x.h", "#include <nlohmann/json_fwd.hpp>\n"}), IsEmpty());
  EXPECT_THAT(private_libraries({"io/x.cpp", "#include <fmt/ranges.h>\n"}), SizeIs(1));
}

TEST(Includes, HighwayStaysInKernels) { EXPECT_THAT(faults_in(sources(), highway), IsEmpty()); }

TEST(Includes, HighwayElsewhereIsFound) {
  const std::string text = "#include \"hwy/highway.h\"\n";
  EXPECT_THAT(highway({"engine/rate/sweep.cpp", text}), SizeIs(1));
  EXPECT_THAT(highway({"engine/rate/sweep-inl.h", text}), SizeIs(1));
  EXPECT_THAT(highway({"core/simd/lanes.h", text}), SizeIs(1));
  EXPECT_THAT(highway({"core/simd/lanes-inl.h", text}), IsEmpty());
  EXPECT_THAT(highway({"engine/rate/sweep.kernels.cpp", text}), IsEmpty());
}

TEST(Includes, OneFileParsesTheCommandLine) { EXPECT_THAT(command_line_parser(sources()), IsEmpty()); }

TEST(Includes, ASecondFileThatParsesTheCommandLineIsFound) {
  const SourceFile one{"cli/parse.cpp", "#include <CLI/CLI.hpp>\n"},
      two{"cli/run.cpp", "#include <CLI/App.hpp>\n"};
  const SourceFile header{"cli/parse.h", one.text}, elsewhere{"experiment/run.cpp", one.text};
  EXPECT_THAT(command_line_parser({one}), IsEmpty());
  EXPECT_THAT(command_line_parser({one, two}), ElementsAre(HasSubstr("cli/parse.cpp, cli/run.cpp")));
  EXPECT_THAT(command_line_parser({header}), SizeIs(1));
  EXPECT_THAT(command_line_parser({elsewhere}), SizeIs(1));
}

TEST(Includes, TheLibraryDoesNotPrint) { EXPECT_THAT(faults_in(sources(), printing), IsEmpty()); }

TEST(Includes, ALibraryThatPrintsIsFound) {
  const auto faults_of = [](const std::string& text) { return printing({"core/x.cpp", text}).size(); };
  EXPECT_EQ(faults_of("std::cout << 1;"), 1U);
  EXPECT_EQ(faults_of("std::printf(\"x\");"), 1U);
  EXPECT_EQ(faults_of("std::fprintf(stderr, \"x\");"), 1U);
  EXPECT_EQ(faults_of("fmt::print(\"x\");"), 1U);
  EXPECT_EQ(
      faults_of("// std::cout << 1;\nauto s = \"printf\"; std::snprintf(b, n, f); fmt::print(file, \"x\");"),
      0U);
  EXPECT_THAT(printing({"cli/x.cpp", "std::cout << 1;"}), IsEmpty());
  EXPECT_THAT(printing({"core/x.main.cpp", "std::cout << 1;"}), IsEmpty());
}

TEST(Includes, TheLibraryLeavesTheProcessAlone) {
  EXPECT_THAT(faults_in(sources(), process_state), IsEmpty());
}

TEST(Includes, ALibraryThatMeddlesWithTheProcessIsFound) {
  const auto faults_of = [](const std::string& text) { return process_state({"core/x.cpp", text}).size(); };
  EXPECT_EQ(faults_of("const char* home = std::getenv(\"HOME\");"), 1U);
  EXPECT_EQ(faults_of("::setenv(name, value, 1);"), 1U);
  EXPECT_EQ(faults_of("std::exit(1);"), 1U);
  EXPECT_EQ(faults_of("if (bad) abort();"), 1U);
  EXPECT_EQ(faults_of("std::signal(SIGINT, handler);"), 1U);
  EXPECT_EQ(faults_of("fs::current_path(folder);"), 1U);
  EXPECT_EQ(faults_of("taught.signal(n, i); error.exit_code(); // getenv\nauto s = \"exit\";"), 0U);
  EXPECT_THAT(process_state({"cli/x.cpp", "std::getenv(name);"}), IsEmpty());
  EXPECT_THAT(process_state({"core/x.test.cpp", "std::getenv(name);"}), IsEmpty());
}

TEST(Includes, GoldenTracesAreReplayedThroughPublicHeaders) {
  const std::set<std::string> doors = public_headers();
  EXPECT_TRUE(doors.contains("apical/simulation.h"));
  const auto files = cpp_files_below(kRoot / "tests" / "golden");
  EXPECT_GT(files.size(), 10U);
  EXPECT_THAT(faults_in(files, [&](const SourceFile& f) { return around_the_public_door(f, doors); }),
              IsEmpty());
}

TEST(Includes, AWayAroundThePublicHeadersIsFound) {
  const std::set<std::string> doors{"apical/simulation.h"};
  EXPECT_THAT(around_the_public_door({"x.cpp", "#include \"apical/engine/rate/engine.h\"\n"}, doors),
              SizeIs(1));
  EXPECT_THAT(
      around_the_public_door({"x.cpp", "#include \"apical/simulation.h\"\n#include \"golden/x.h\"\n"}, doors),
      IsEmpty());
}

TEST(Includes, TheReaderTellsCodeFromCommentsAndLiterals) {
  EXPECT_EQ(code_of("a /* b */ c // d\ne"), "a         c     \ne");
  EXPECT_EQ(code_of("f(\"x\\\"y\", '\\'', 1'000)"), "f(\"    \", '  ', 1'000)");
  EXPECT_EQ(code_of("R\"k(a\"b)k\" c"), "R\"       \" c");
  EXPECT_EQ(code_of("u8R\"(// x)\" c"), "u8R\"      \" c");
  EXPECT_EQ(code_of("\"// not a comment\" x", true), "\"// not a comment\" x");
  EXPECT_THAT(includes_of("/*\n#include <a>\n*/\n# include <b>\n#include \"c.h\"  // d\n#include MACRO\n"),
              SizeIs(2));
}

}  // namespace
}  // namespace apical::architecture
