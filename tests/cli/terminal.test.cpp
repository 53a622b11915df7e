// SPDX-License-Identifier: Apache-2.0
// What people meet at the terminal: rows that fit, nothing that a terminal obeys, short options, help where
// it is looked for, standard input, and what was meant by a name that is not known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "apical/cli/display_text.h"
#include "apical/cli/progress.h"
#include "apical/experiment/experiment.h"
#include "apical/tasks/task.h"
#include "support/command_line.h"
#include "support/paths.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kSmall = test::small_network();

class Terminal : public test::CommandLine {};

TEST_F(Terminal, AnExperimentMayComeFromAnotherProgram) {  // apical check <(program)
  const std::string pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << kSmall; });
  const Answer a = apical_says({"check", pipe});
  writer.join();
  EXPECT_EQ(a.code, 0) << a.err;
}

TEST_F(Terminal, WhereThereIsNoFolderAnyMoreThePathIsSaid) {
  const io::Path before = std::filesystem::current_path(), gone = directory_ / "gone";
  std::filesystem::create_directory(gone);
  std::filesystem::current_path(gone);
  std::filesystem::remove(gone);
  const Answer a = apical_says({"paths"});
  std::filesystem::current_path(before);
  EXPECT_EQ(a.code, 5);
  EXPECT_THAT(a.err, HasSubstr("cannot be reached"));
}

std::size_t widest(const std::string& text) {
  std::size_t most = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) most = std::max(most, cli::display_width(line));
  return most;
}

/// On a terminal of so many columns.
Answer on_terminal(const std::vector<std::string>& arguments, int (*columns)()) {
  std::ostringstream out, err;
  const std::atomic<bool> stop{false};
  cli::Context context{out, err, true, false, &stop, nullptr, nullptr, columns, columns};
  const int code = cli::run(arguments, context);
  return {code, out.str(), err.str()};
}

TEST_F(Terminal, TheRowOfProgressFitsHoweverNarrow) {
  std::ostringstream err;
  std::ostringstream out;
  const std::atomic<bool> stop{false};
  cli::Context context{out, err, true, false, &stop, nullptr, nullptr, nullptr, [] { return 30; }, &err};
  {
    cli::ProgressPrinter printer(context, "a label that is longer than the terminal is wide \x1b[2J", {});
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    printer.on(RunProgress{.done = 10, .total = 100, .unit = "samples", .epoch = 3, .epochs = 1000000});
  }
  const std::string shown = err.str();
  EXPECT_THAT(shown, AllOf(HasSubstr("epoch 3/"), Not(HasSubstr("\x1b[2J")), testing::EndsWith("\r\x1b[K")));
  for (std::size_t at = 0; at < shown.size();) {
    const std::size_t end = std::min(shown.find("\r\x1b[K", at), shown.size());
    EXPECT_LT(cli::display_width(shown.substr(at, end - at)), 30U);
    at = end + 4;
  }
}

TEST_F(Terminal, TablesAndHelpFit) {
  const std::string experiment = file(kSmall);
  const Answer run = on_terminal({"run", experiment, "--out", out(), "--threads", "1"}, [] { return 50; });
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_LE(widest(run.out.substr(0, run.out.find("report:"))), 50U) << run.out;
  EXPECT_THAT(run.out, HasSubstr("accuracy"));
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"models"}, {"models", "error-neuron-microcircuit"}, {"tasks", "mnist"}}) {
    const Answer a = on_terminal(arguments, [] { return 80; });
    EXPECT_LE(widest(a.out), 80U) << a.out;
  }
}

TEST_F(Terminal, WhatATerminalWouldObeyIsShownInstead) {
  std::string hostile = "title = \"\\u001b[2J\\u202Eevil\"\nlabel = \"\\u001b]0;pwned\\u0007\\u202e\"\n";
  const Answer a = apical_says({"check", file(hostile + kSmall), "--threads", "1"});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("\\u001b]0;pwned\\u0007\\u202e"));
  const Answer wrong = apical_says({"check", file(hostile + "[\"\\u001b[2J\"]\n" + kSmall)});
  EXPECT_EQ(wrong.code, 3);
  for (const std::string& text : {a.out, a.err, wrong.out, wrong.err})
    EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\u202e")), Not(HasSubstr("\x07"))));
}

TEST_F(Terminal, ShortOptionsAndHelpWhereItIsLookedFor) {
  EXPECT_EQ(apical_says({"help", "run"}).out, apical_says({"run", "--help"}).out);
  EXPECT_THAT(apical_says({"help", "rum"}).err, HasSubstr("did you mean 'run'?"));
  EXPECT_THAT(apical_says({"help", "layer"}).out,
              AllOf(HasSubstr("model.layers"), HasSubstr("[[population]]")));
  EXPECT_THAT(apical_says({"help", "weights"}).out, HasSubstr("[[projection]]"));
  // Words that are no commands: measures, keys and what commands do.
  EXPECT_THAT(apical_says({"help", "angle"}).out, HasSubstr("angle to the gradient"));
  EXPECT_THAT(apical_says({"help", "patience"}).out, HasSubstr("key of [training]: stop after so many"));
  EXPECT_THAT(apical_says({"help", "burstprop"}).out, HasSubstr("model: "));
  EXPECT_THAT(apical_says({"help", "yin-yang"}).out, HasSubstr("task: "));
  EXPECT_THAT(apical_says({"help", "test.accuracy"}).out, HasSubstr("measured: accuracy"));
  EXPECT_EQ(apical_says({"help", "nonsense"}).code, 2);
  const Answer colour = apical_says({"models", "--color=sometimes"});
  EXPECT_EQ(colour.code, 2);
  EXPECT_THAT(colour.err, HasSubstr("--color is 'sometimes'; expected auto, always or never"));
  const Answer more = apical_says({"run", file(kSmall), "--out", out(), "--threads", "1", "-v"});
  EXPECT_EQ(more.code, 0) << more.err;
  EXPECT_THAT(more.err, AllOf(HasSubstr("1 seed on 1 threads into"), HasSubstr("epoch 2 took")));
}

TEST_F(Terminal, ExperimentsComeFromStandardInputToo) {
  std::istringstream text(kSmall);
  std::streambuf* const before = std::cin.rdbuf(text.rdbuf());
  const Answer a = apical_says({"check", "-", "--threads", "1"});
  std::cin.rdbuf(before);
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("backpropagation on yin-yang"));
}

TEST_F(Terminal, AFileThatIsNotThereIsAnsweredWithTheNearest) {
  file(kSmall);
  EXPECT_THAT(apical_says({"check", (directory_ / "experimnt.toml").string()}).err,
              HasSubstr("did you mean " + (directory_ / "experiment.toml").string() + "?"));
  EXPECT_THAT(apical_says({"check", (directory_ / "experiment").string()}).err,
              HasSubstr("did you mean " + (directory_ / "experiment.toml").string() + "?"));
  const Answer shipped = apical_says({"check", "yin-yang/comparee.toml"});
  EXPECT_EQ(shipped.code, 5);
  EXPECT_THAT(shipped.err, HasSubstr("yin-yang/compare.toml?"));
}

TEST_F(Terminal, ModelsStandByFamilyWithOneLineEach) {
  const Answer list = apical_says({"models"});
  EXPECT_EQ(list.code, 0);
  EXPECT_LT(std::count(list.out.begin(), list.out.end(), '\n'), 90);
  EXPECT_THAT(list.out,
              AllOf(HasSubstr("circuits in continuous time\n  error-neuron"),
                    HasSubstr("layered networks: feedback weights of their own\n  feedback-alignment"),
                    HasSubstr("circuits of spiking neurons")));
  EXPECT_THAT(apical_says({"models", "--all"}).out, AllOf(HasSubstr("needs"), HasSubstr("doi")));
  EXPECT_THAT(apical_says({"models", "dendrite"}).out,
              AllOf(HasSubstr("segregated-dendrites"), Not(HasSubstr("feedback-alignment"))));
  EXPECT_THAT(apical_says({"models", "feedback-alignmet"}).err,
              HasSubstr("did you mean 'feedback-alignment'?"));
  EXPECT_THAT(
      apical_says({"models", "error-neuron-microcircuit"}).out,
      AllOf(HasSubstr("parameters of its own"), HasSubstr("parameters that most models of its kind have")));
}

TEST_F(Terminal, WordsOfOthersAreUnderstood) {
  const auto complaint = [&](const std::string& text) { return apical_says({"check", file(text)}).err; };
  EXPECT_THAT(complaint(test::with(kSmall, "layers = ", "hidden_size = 3\nlayers = ")),
              HasSubstr("did you mean 'layers'?"));
  EXPECT_THAT(complaint(test::with(kSmall, "epochs = 2", "epochs = 2\nnum_epoch = 2")),
              HasSubstr("did you mean 'epochs'?"));
  EXPECT_THAT(complaint(test::with(kSmall, "[training]", "lr = 1\n[training]")),
              HasSubstr("did you mean 'learning_rate'?"));
}

TEST_F(Terminal, EveryTaskComesWithSettings) {
  const std::filesystem::path root = std::filesystem::path(test::kSourceDir) / "experiments";
  for (const TaskInfo& task : tasks()) {
    std::filesystem::path settings = root / task.name / "all.toml";
    if (!std::filesystem::exists(settings)) settings = root / task.name / "compare.toml";
    ASSERT_TRUE(std::filesystem::exists(settings)) << task.name;
    const std::vector<Experiment> variants = read_variants(TomlDocument::read(settings.string()));
    EXPECT_GE(variants.size(), 2U) << task.name;
    for (const Experiment& e : variants) EXPECT_EQ(e.task, task.name) << settings;
  }
}

}  // namespace
}  // namespace apical
