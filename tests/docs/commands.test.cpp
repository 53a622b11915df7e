// SPDX-License-Identifier: Apache-2.0
// Every command of the README and of docs/ can be typed as it stands: programs, subcommands, options, files
// and names exist, experiments are read with the changes that are asked for, and what takes no time is run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "apical/cli/experiment_arguments.h"
#include "apical/cli/parser.h"
#include "apical/cli/shipped_experiments.h"
#include "apical/experiment/experiment.h"
#include "apical/experiment/protocol.h"
#include "apical/study/reproduce.h"
#include "apical/tasks/published_data.h"
#include "support/command_line.h"
#include "support/environment.h"
#include "support/pages.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::Block;
using testing::HasSubstr;

using Words = std::vector<std::string>;

const fs::path& root() {
  static const fs::path sources = test::kSourceDir;
  return sources;
}

struct Line {
  std::string where, text;
  Words words;
  std::string redirected_to = {};
};

/// A line as a shell reads it: words, quotes, a comment, an output file.
Line line_of(const std::string& where, const std::string& text) {
  Line line{where, text, {}};
  std::string word;
  bool quoted = false, begun = false;
  for (const char c : text + " ") {
    if (c == '\'') {
      quoted = !quoted;
      begun = true;
    } else if (quoted || c != ' ') {
      if (c == '#' && !quoted && !begun) break;
      word += c;
      begun = true;
    } else if (begun) {
      line.words.push_back(std::exchange(word, ""));
      begun = false;
    }
  }
  const auto arrow = std::find(line.words.begin(), line.words.end(), ">");
  if (arrow != line.words.end() && arrow + 1 != line.words.end()) {
    line.redirected_to = *(arrow + 1);
    line.words.erase(arrow, arrow + 2);
  }
  return line;
}

/// Commands of one page, in order, which lean on what stands above them.
class Reader {
 public:
  explicit Reader(io::Path folder) : folder_(std::move(folder)) {}

  void read(const std::string& page) {
    for (const Block& b : test::blocks_of(page)) {
      if (b.notes.contains("file")) {
        io::write_atomically(folder_ / b.notes.at("file"), std::string_view(b.text));
        made_.insert(b.notes.at("file"));
      }
      if (b.language != "sh") continue;
      std::istringstream lines(b.text);
      for (std::string text; std::getline(lines, text);) {
        for (std::size_t at = 0, end = 0; at < text.size(); at = end + 4) {
          end = std::min(text.find(" && ", at), text.size());
          Line line = line_of(b.where(), text.substr(at, end - at));
          const auto is_prefix = [](const std::string& word) {
            return word == "time" || word == "CCACHE_DISABLE=1";
          };
          line.words.erase(line.words.begin(),
                           std::find_if_not(line.words.begin(), line.words.end(), is_prefix));
          if (!line.words.empty()) check(line);
        }
      }
    }
  }
  std::size_t commands() const { return commands_; }
  std::size_t runs() const { return runs_; }

 private:
  void check(const Line& line) {
    SCOPED_TRACE(line.where + ": " + line.text);
    const std::string& program = line.words.front();
    if (program == "apical") return check_apical(line);
    if (program == "srun" || program == "mpirun") {  // start it, many times
      Line started = line;
      started.words.erase(started.words.begin(),
                          std::find(started.words.begin(), started.words.end(), "apical"));
      ASSERT_FALSE(started.words.empty());
      return check_apical(started);
    }
    if (program.starts_with("./") || program.starts_with("bench/")) {
      EXPECT_EQ(::access((root() / program).c_str(), X_OK), 0);
      return;
    }
    if (program.starts_with("build/examples/")) {
      EXPECT_TRUE(fs::exists(root() / "examples" / (fs::path(program).filename().string() + ".cpp")));
      return;
    }
    if (program.starts_with("build/release/bench/")) {
      EXPECT_TRUE(fs::exists(root() / "bench" / "bench.main.cpp"));
      return;
    }
    if (program == "cmake") return check_cmake(line);
    if (program == "pip") {  // needs PyPI: ./test.sh python runs it
      EXPECT_THAT(test::read_page("pyproject.toml"), HasSubstr("[project.optional-dependencies]"));
      return;
    }
    ADD_FAILURE() << "nobody knows whether this works";
  }

  /// What is built is built by tests/install/examples.sh; here: that it is there.
  void check_cmake(const Line& line) {
    for (std::size_t i = 1; i + 1 < line.words.size(); ++i) {
      const std::string& next = line.words[i + 1];
      if (line.words[i] == "--preset") {
        EXPECT_THAT(test::read_page("CMakePresets.json"), HasSubstr("\"name\": \"" + next + "\""));
      }
      if (line.words[i] == "-S") {
        EXPECT_TRUE(fs::exists(root() / next / "CMakeLists.txt"));
      }
    }
  }

  void check_apical(const Line& line) {
    ++commands_;
    const Words rest(line.words.begin() + 2, line.words.end());
    const auto& all = cli::commands();
    const auto command =
        std::find_if(all.begin(), all.end(), [&](const cli::Command& c) { return c.name == line.words[1]; });
    ASSERT_NE(command, all.end());
    cli::Arguments arguments;
    ASSERT_NO_THROW(arguments = cli::parse(*command, rest));
    if (!line.redirected_to.empty()) {
      made_.insert(line.redirected_to);
    } else {
      for (const std::string& given : arguments.positionals)
        EXPECT_TRUE(command->name == "bench" || is_there(given)) << given;  // circuits have names
    }
    if (const auto task = arguments.value("--task")) {
      EXPECT_NO_THROW(find_task(*task));
    }
    for (const std::string& given : arguments.positionals) {
      if (given.ends_with(".toml") && !is_the_readers(given))
        read_experiments(command->name, given, arguments);
    }
    // A check tries learning for half a second or so; the others only print.
    static const std::set<std::string> quick{"check", "models", "tasks", "reference"};
    const bool lists = (command->name == "reproduce" || command->name == "data") && rest.size() < 2 &&
                       (rest.empty() || rest[0] == "list");
    if (!quick.contains(command->name) && !lists) return;
    ++runs_;
    Words given(line.words.begin() + 1, line.words.end());
    for (std::string& word : given) {
      if (word.ends_with(".toml")) word = file_of(word).string();
    }
    if (command->name == "check") given.insert(given.end(), {"--threads", "1"});
    const Answer a = apical_says(given);
    EXPECT_EQ(a.code, 0) << a.err;
    EXPECT_NE(a.out, "");
    if (!line.redirected_to.empty())
      io::write_atomically(folder_ / line.redirected_to, std::string_view(a.out));
  }

  void read_experiments(const std::string& command, const std::string& file,
                        const cli::Arguments& arguments) {
    TomlDocument document = TomlDocument::read(file_of(file).string());
    ASSERT_NO_THROW(cli::apply_changes(document, arguments));
    if (command == "probe" || command == "discriminate") {
      EXPECT_NO_THROW(read_protocol(document));
      return;
    }
    std::vector<Experiment> variants;
    ASSERT_NO_THROW(variants = read_variants(document));
    const std::string wanted = arguments.value("--models").value_or("all");
    EXPECT_TRUE(wanted == "all" ||
                std::any_of(variants.begin(), variants.end(),
                            [&](const Experiment& e) { return e.label == wanted || e.model == wanted; }))
        << wanted;
  }

  io::Path file_of(const std::string& name) const {
    return made_.contains(name) ? folder_ / name : io::Path(root() / name);
  }

  static bool is_the_readers(const std::string& name) {
    return name.starts_with("runs/") || name.starts_with("plans/") || name.starts_with("--");
  }

  /// A file of the repository or of the page, a run, or a name of ours.
  bool is_there(const std::string& name) const {
    if (made_.contains(name) || fs::exists(root() / name)) return true;
    if (is_the_readers(name)) return true;
    const auto figures = shipped_figures(root() / "experiments");
    if (std::any_of(figures.begin(), figures.end(), [&](const ShippedFigure& f) { return f.name == name; }))
      return true;
    static const std::set<std::string> actions{"list", "verify", "fetch",   "convert", "plan",
                                               "run",  "status", "collect", "retry",   "submit"};
    if (actions.contains(name)) return true;
    for (const Words& look : {Words{"models", name}, Words{"tasks", name}}) {
      if (apical_says(look).code == 0) return true;
    }
    const auto& sets = published_data();
    return std::any_of(sets.begin(), sets.end(), [&](const PublishedData& set) { return set.name == name; });
  }

  io::Path folder_;
  std::set<std::string> made_;  ///< files that the page has made so far
  std::size_t commands_ = 0, runs_ = 0;
};

class Commands : public testing::Test {
 protected:
  io::TestDirectory directory_;
  /// As from a checkout, wherever the tests are started.
  test::EnvironmentVariable experiments_{"APICAL_EXPERIMENTS", (root() / "experiments").c_str()};
};

TEST_F(Commands, OfThePagesCanBeTyped) {
  std::size_t commands = 0, runs = 0;
  for (const std::string& page : test::pages()) {
    const io::Path folder = directory_ / fs::path(page).stem().string();
    fs::create_directories(folder);
    Reader reader(folder);
    reader.read(page);
    commands += reader.commands();
    runs += reader.runs();
  }
  EXPECT_GE(commands, 30U);
  EXPECT_GE(runs, 6U);
}

/// In the text: `apical diagnose RUN`. What is to be filled in is written in capitals.
TEST_F(Commands, InSentencesHaveSubcommandsAndOptionsThatThereAre) {
  std::size_t found = 0;
  for (const std::string& page : test::pages()) {
    if (page == "docs/reference.md") continue;  // printed by the program itself
    const std::string text = test::read_page(page);
    for (std::size_t at = text.find("`apical "); at != std::string::npos;
         at = text.find("`apical ", at + 1)) {
      const std::string span = text.substr(at + 1, text.find('`', at + 1) - at - 1);
      const Line line = line_of(page, span);
      SCOPED_TRACE(testing::Message() << page << ": " << span);
      const auto& all = cli::commands();
      const auto command = std::find_if(all.begin(), all.end(),
                                        [&](const cli::Command& c) { return c.name == line.words.at(1); });
      const bool is_help = line.words.at(1) == "help" || line.words.at(1) == "--version";
      EXPECT_TRUE(is_help || command != all.end());
      ++found;
      if (is_help || command == all.end() || line.words.size() == 2) continue;
      EXPECT_NO_THROW(cli::parse(*command, {line.words.begin() + 2, line.words.end()}));
    }
  }
  EXPECT_GE(found, 40U);
}

}  // namespace
}  // namespace apical
