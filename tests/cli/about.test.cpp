// SPDX-License-Identifier: Apache-2.0
// What the program says of itself: completions and man pages from the table of commands, doctor, paths, cite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "apical/cli/child_processes.h"
#include "apical/io/json.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

class About : public CommandLine {
 protected:
  /// What bash would offer for a line whose last word is being typed.
  std::set<std::string> offered(const std::vector<std::string>& words) const {
    const io::Path script = directory_ / "apical.bash";
    if (!io::file_exists(script)) io::write_atomically(script, apical_says({"completion", "bash"}).out);
    std::string line = "cd '" + directory_.path().string() + "'; . ./apical.bash; COMP_WORDS=(";
    for (const std::string& w : words) line += "'" + w + "' ";
    line +=
        "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _apical; printf '%s\\n' \"${COMPREPLY[@]}\"";
    const cli::Written said = cli::output_of("bash", {"-euc", line});
    EXPECT_EQ(said.ending, 0) << line;
    std::set<std::string> out;
    std::istringstream in(said.text);
    for (std::string w; std::getline(in, w);) {
      if (!w.empty()) out.insert(w);
    }
    return out;
  }
};

TEST_F(About, BashOffersEveryCommandAndExactlyItsOptions) {
  std::set<std::string> names = offered({"apical", ""});
  for (const cli::Command& c : cli::commands()) {
    EXPECT_TRUE(names.contains(c.name)) << c.name;
    std::set<std::string> options;
    for (const cli::Option& o : c.options) options.insert(o.name);
    for (const cli::Option& o : cli::common_options(c)) options.insert(o.name);
    EXPECT_EQ(offered({"apical", c.name, "--"}), options) << c.name;
  }
  EXPECT_THAT(offered({"apical", "run", "--res"}), ::testing::ElementsAre("--resume"));
}

TEST_F(About, BashOffersValuesByWhatAnOptionTakes) {
  std::filesystem::create_directories(directory_ / "a-folder");
  io::write_atomically(directory_ / "a-file.toml", std::string_view("x"));
  EXPECT_THAT(offered({"apical", "run", "--color", ""}), ::testing::ElementsAre("always", "auto", "never"));
  EXPECT_THAT(offered({"apical", "run", "--out", "a-"}), ::testing::ElementsAre("a-folder"));
  EXPECT_TRUE(offered({"apical", "run", "--seeds", ""}).empty()) << "numbers are not to be guessed";
  EXPECT_THAT(offered({"apical", "run", "a-"}), ::testing::ElementsAre("a-file.toml", "a-folder"));
  EXPECT_THAT(offered({"apical", "models", "error"}), ::testing::ElementsAre("error-neuron-microcircuit"));
  EXPECT_THAT(offered({"apical", "data", ""}), ::testing::ElementsAre("convert", "fetch", "list", "verify"));
  EXPECT_THAT(offered({"apical", "compare", "--task", "yin"}), ::testing::ElementsAre("yin-yang"));
}

TEST_F(About, OtherShellsReadTheirScripts) {
  for (const char* shell : {"zsh", "fish"}) {
    const Answer a = apical_says({"completion", shell});
    ASSERT_EQ(a.code, 0);
    for (const cli::Command& c : cli::commands()) EXPECT_THAT(a.out, HasSubstr(c.name));
    if (!cli::is_in_path(shell)) continue;
    const io::Path script = directory_ / "script";
    io::write_atomically(script, a.out);
    EXPECT_EQ(cli::output_of(shell, {"-n", script.string()}).ending, 0) << shell;
  }
  const Answer unknown = apical_says({"completion", "bsh"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'bash'?"));
}

TEST_F(About, ManPagesHaveEveryOptionAndNoFault) {
  const std::string folder = out("man1");
  ASSERT_EQ(apical_says({"man", "--out", folder}).code, 0);
  EXPECT_EQ(apical_says({"man"}).out, io::read_text(io::Path(folder) / "apical.1"));
  const auto without_escapes = [](std::string text) {
    for (std::size_t at = 0; (at = text.find("\\-", at)) != std::string::npos;) text.erase(at, 1);
    return text;
  };
  const std::string overview = without_escapes(io::read_text(io::Path(folder) / "apical.1"));
  for (const cli::Command& c : cli::commands()) {
    const io::Path page = io::Path(folder) / ("apical-" + c.name + ".1");
    const std::string whole = io::read_text(page), text = without_escapes(whole);
    EXPECT_EQ(apical_says({"man", c.name}).out, whole);
    for (const cli::Option& o : c.options) EXPECT_THAT(text, HasSubstr("\\fB" + o.name + "\\fR")) << c.name;
    EXPECT_THAT(overview, HasSubstr(c.summary.substr(0, 10)));
    if (cli::is_in_path("groff")) {
      const std::string check = "groff -Kutf8 -man -Tutf8 -ww -z '" + page.string() + "' 2>&1";
      EXPECT_EQ(cli::output_of("bash", {"-c", check}).text, "") << c.name;
    }
  }
  EXPECT_THAT(apical_says({"man", "rnu"}).err, HasSubstr("did you mean 'run'?"));
  EXPECT_EQ(apical_says({"man", "run", "--out", folder}).code, 2);
}

TEST_F(About, TheDoctorLooksAtEverythingAndSaysWhatToDo) {
  const Answer a = apical_says({"doctor", "--json", "--data", out("nothing-here")});
  EXPECT_EQ(a.code, 0) << a.out << a.err;
  std::set<std::string> checks;
  const nlohmann::json answered = nlohmann::json::parse(a.out);
  for (const nlohmann::json& c : answered.at("checks")) {
    checks.insert(c.at("check"));
    EXPECT_FALSE(c.at("found").get<std::string>().empty());
    EXPECT_EQ(c.at("verdict") == "fine", c.at("remedy").get<std::string>().empty()) << c.dump();
    if (c.at("check") == "data sets") {
      EXPECT_EQ(c.at("verdict"), "note");
    }
  }
  EXPECT_THAT(checks, IsSupersetOf({"program", "libraries", "instruction set", "BLAS", "processors", "memory",
                                    "disk"}));
}

TEST_F(About, PathsAndVersionAreToldToPrograms) {
  const nlohmann::json paths =
      nlohmann::json::parse(apical_says({"paths", "--json", "--data", "/some/where"}).out);
  EXPECT_EQ(paths.at("paths").at("data"), "/some/where");
  EXPECT_TRUE(io::file_exists(io::Path(paths.at("paths").at("experiments").get<std::string>()) /
                              "yin-yang/error-neurons.toml"));
  const nlohmann::json version = nlohmann::json::parse(apical_says({"--version", "--json"}).out);
  EXPECT_FALSE(version.at("libraries").at("hdf5").at("loaded").get<std::string>().empty());
  EXPECT_FALSE(version.at("instruction_sets").empty());
  EXPECT_THAT(version.at("flags").get<std::string>(), Not(HasSubstr("prefix-map")));
}

TEST_F(About, ARunIsCitedByWhatItsModelAndTaskCite) {
  ASSERT_EQ(apical_says({"run", file(small_circuit()), "--quiet", "--out", out()}).code, 0);
  const Answer a = apical_says({"cite", out()});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, AllOf(HasSubstr("@software{apical,"), HasSubstr("10.1371/journal.pcbi.1014164"),
                           HasSubstr("{Kriener} and {Göltz} and {Petrovici}")));
  // Above stands what it is for people; to BibTeX that is a comment.
  const std::string text = a.out.substr(0, a.out.find("@software"));
  EXPECT_THAT(text, AllOf(HasSubstr("% Apical "), HasSubstr("% model error-neuron-microcircuit: Max, "),
                          HasSubstr("% task yin-yang: Kriener, ")));
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    EXPECT_TRUE(text[at] == '%' || text[at] == '\n') << text.substr(at, 20);
  EXPECT_EQ(apical_says({"cite", out(), "--bibtex"}).out, a.out.substr(text.size()));
  EXPECT_EQ(apical_says({"cite", out("nothing")}).code, 3);
}

}  // namespace
}  // namespace apical::test
