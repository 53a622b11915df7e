// SPDX-License-Identifier: Apache-2.0
// Runs whose files were changed after they were written: no command reports what such a file says, and
// `verify` names it. Runs of versions that kept no checksums are read as before.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "apical/io/checkpoint.h"
#include "apical/io/hash.h"
#include "apical/io/json.h"
#include "apical/run/verify.h"
#include "support/child_process.h"
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

class ChangedRuns : public test::CommandLine {
 protected:
  void finish_one() const {
    const Answer a = apical_says({"run", file(test::small_network()), "--out", out(), "--quiet"});
    ASSERT_EQ(a.code, 0) << a.err;
  }
  fs::path in_run(const std::string& name) const { return fs::path(out()) / name; }
  void edit(const std::string& name, const std::string& what, const std::string& instead) const {
    io::write_atomically(in_run(name), with(io::read_text(in_run(name)), what, instead));
  }
  nlohmann::json verified(int code) const {
    const Answer a = apical_says({"verify", out(), "--json"});
    EXPECT_EQ(a.code, code) << a.out << a.err;
    return io::parse_json(a.out, "verify").at("runs").at(0);
  }
  std::string state_of(const std::string& name, int code = 1) const {
    const nlohmann::json found = verified(code);
    for (const nlohmann::json& f : found.at("files")) {
      if (f.at("file") == name) return f.at("state");
    }
    return "not told";
  }
  /// As a version leaves it that knows no checksums.
  void forget_seals() const {
    for (const char* name : {"manifest.json", "summary.json"}) {
      if (!fs::exists(in_run(name))) continue;
      nlohmann::json object = io::read_json(in_run(name));
      object.erase("xxh3");
      object.erase("sealed");
      io::write_atomically(in_run(name), io::json_text(object));
    }
    const std::uint64_t experiment = io::xxh3(io::read_text(in_run("experiment.toml")));
    for (const std::uint64_t k : io::list_checkpoints(in_run("checkpoints"))) {
      const fs::path path = in_run("checkpoints") / io::checkpoint_name(k);
      io::Checkpoint c = io::decode_checkpoint(io::read_file(path), experiment, path);
      std::erase_if(c.sections, [](const auto& s) { return s.name == "clock seals"; });
      io::write_atomically(path, io::encode(c));
    }
  }
};

TEST_F(ChangedRuns, OneThatIsAsItWasIsIntact) {
  finish_one();
  const nlohmann::json found = verified(0);
  EXPECT_EQ(found.at("intact"), true);
  std::vector<std::string> names;
  for (const nlohmann::json& f : found.at("files")) {
    EXPECT_EQ(f.at("state"), "intact") << f;
    names.push_back(f.at("file"));
  }
  EXPECT_THAT(names, testing::IsSupersetOf({"manifest.json", "experiment.toml", "metrics.ndjson",
                                            "events.ndjson", "summary.json", "diagnosis.json"}));
  EXPECT_EQ(apical_says({"report", out()}).code, 0) << "a new page does not change a run";
  EXPECT_EQ(verified(0).at("intact"), true);
}

TEST_F(ChangedRuns, NoCommandReportsWhatWasWrittenIntoAFinishedOne) {
  for (const char* name :
       {"metrics.ndjson", "manifest.json", "summary.json", "events.ndjson", "diagnosis.json"}) {
    fs::remove_all(out());
    finish_one();
    // The last digit of a file: a number that still reads.
    std::string text = io::read_text(in_run(name));
    const std::size_t digit = text.find_last_of("123456789");
    text[digit] = text[digit] == '9' ? '8' : static_cast<char>(text[digit] + 1);
    io::write_atomically(in_run(name), text);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"report", out()},
          {"diagnose", out()},
          {"run", "--resume", "--out", out()},
          {"reproduce", out(), "--out", out("again")},
          {"export", out(), "--what", "metrics", "--out", out("metrics.csv")}}) {
      const Answer a = apical_says(command);
      EXPECT_EQ(a.code, 3) << command[0] << ' ' << name << a.out << a.err;
      EXPECT_THAT(a.err, HasSubstr(name)) << command[0];
      EXPECT_THAT(a.err, HasSubstr("was changed after it was written")) << command[0];
      EXPECT_THAT(a.err, HasSubstr("apical verify")) << command[0];
    }
    EXPECT_EQ(state_of(name), "changed");
  }
}

TEST_F(ChangedRuns, WhatWasRemovedOrComesFromElsewhereIsToldThough) {
  finish_one();
  const auto after = [&](const std::string& name, const std::function<void()>& change) {
    const fs::path kept = fs::path(out("kept"));
    fs::copy(out(), kept, fs::copy_options::recursive);
    change();
    std::string state = state_of(name);
    fs::remove_all(out());
    fs::rename(kept, out());
    return state;
  };
  EXPECT_EQ(after("summary.json", [&] { fs::remove(in_run("summary.json")); }), "missing");
  EXPECT_EQ(after("checkpoints/trained.apc", [&] { fs::remove_all(in_run("checkpoints")); }), "missing");
  const Answer other = apical_says(
      {"run", file(test::small_network()), "--out", out("other"), "--quiet", "--set", "run.seeds=[7]"});
  ASSERT_EQ(other.code, 0) << other.err;
  EXPECT_EQ(after("checkpoints/trained.apc",
                  [&] {
                    fs::copy(fs::path(out("other")) / "checkpoints/trained.apc",
                             in_run("checkpoints/trained.apc"), fs::copy_options::overwrite_existing);
                  }),
            "changed");
}

TEST_F(ChangedRuns, ARunThatIsGoneFromAFinishedComparisonIsMissed) {
  const std::string two = test::small_network() + "[[variant]]\nlabel = \"a\"\n[[variant]]\nlabel = \"b\"\n";
  ASSERT_EQ(apical_says({"compare", file(two), "--out", out(), "--quiet"}).code, 0);
  EXPECT_EQ(apical_says({"verify", out()}).code, 0);
  fs::remove_all(in_run("b"));
  const Answer a = apical_says({"verify", out()});
  EXPECT_EQ(a.code, 1);
  EXPECT_THAT(a.out, HasSubstr("missing"));
  EXPECT_THAT(apical_says({"report", out()}).err, HasSubstr("b was compared and is gone"));
}

TEST_F(ChangedRuns, LinesThatWereAddedOrTakenAwayAreChangesToo) {
  finish_one();
  const std::string lines = io::read_text(in_run("metrics.ndjson"));
  for (const std::string& changed : {lines + "{\"seq\":99}\n", lines.substr(0, lines.size() / 2)}) {
    io::write_atomically(in_run("metrics.ndjson"), changed);
    EXPECT_EQ(apical_says({"report", out()}).code, 3);
  }
  fs::remove(in_run("metrics.ndjson"));
  EXPECT_EQ(apical_says({"report", out()}).code, 3);
  EXPECT_EQ(state_of("metrics.ndjson"), "missing");
}

TEST_F(ChangedRuns, AStoppedOneDoesNotGoOnFromEditedNumbers) {
  for (const char* name : {"metrics.ndjson", "manifest.json", "events.ndjson"}) {
    fs::remove_all(out());
    const std::string long_one = with(test::small_network(), "epochs = 2", "epochs = 100000");
    const test::ChildProcess child({"run", file(long_one), "--out", out(), "--quiet"});
    while (!fs::exists(in_run("metrics.ndjson")) || fs::file_size(in_run("metrics.ndjson")) < 2000)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    child.kill(SIGTERM);
    ASSERT_EQ(child.wait(), 75);
    EXPECT_EQ(verified(0).at("intact"), true);
    const std::string whole = io::read_text(in_run(name));
    std::string text = whole;
    const std::size_t digit = text.find_first_of("123456789", text.find(name[1] == 'a' ? "seeds" : "\"e"));
    text[digit] = text[digit] == '9' ? '8' : static_cast<char>(text[digit] + 1);
    io::write_atomically(in_run(name), text);
    const Answer a = apical_says({"run", "--resume", "--out", out(), "--quiet"}, true);
    EXPECT_EQ(a.code, 3) << name << a.out << a.err;
    EXPECT_THAT(a.err, HasSubstr(name));
    EXPECT_EQ(state_of(name), "changed");
    // Put back, it goes on.
    io::write_atomically(in_run(name), whole);
    EXPECT_EQ(apical_says({"run", "--resume", "--out", out(), "--quiet"}, true).code, 75) << name;
  }
}

TEST_F(ChangedRuns, AnExperimentEditedBeforeTheFirstCheckpointIsNotGoneOnFrom) {
  finish_one();
  fs::remove(in_run("summary.json"));
  fs::remove_all(in_run("checkpoints"));
  edit("experiment.toml", "epochs = 2", "epochs = 3");
  const Answer a = apical_says({"run", "--resume", "--out", out(), "--quiet"});
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr("experiment.toml was changed after the run had begun"));
  edit("experiment.toml", "epochs = 3", "epochs = 2");
  EXPECT_EQ(apical_says({"run", "--resume", "--out", out(), "--quiet"}).code, 0);
}

TEST_F(ChangedRuns, OnesOfVersionsWithoutChecksumsAreReadAndSaidNotToBeVerifiable) {
  finish_one();
  forget_seals();
  for (const std::vector<std::string>& command : {std::vector<std::string>{"report", out()},
                                                  {"run", "--resume", "--out", out()},
                                                  {"reproduce", out(), "--out", out("again")}}) {
    const Answer a = apical_says(command);
    EXPECT_EQ(a.code, 0) << command[0] << a.err;
  }
  EXPECT_EQ(state_of("metrics.ndjson", 0), "not verifiable");
  EXPECT_EQ(state_of("summary.json", 0), "not verifiable");
  EXPECT_EQ(state_of("experiment.toml", 0), "intact") << "its manifest has always known it";
  edit("experiment.toml", "epochs = 2", "epochs = 3");
  EXPECT_EQ(state_of("experiment.toml"), "changed");
}

TEST_F(ChangedRuns, RepairSetsAsideWhatAResumedRunWritesAgain) {
  finish_one();
  const std::string summary = io::read_text(in_run("summary.json"));
  edit("summary.json", "\"label\"", "\"lable\"");
  io::write_atomically(in_run("checkpoints") / "checkpoint-000000000009.apc.tmp-1-2",
                       std::string_view("half"));
  const Answer a = apical_says({"verify", out(), "--repair"});
  EXPECT_EQ(a.code, 0) << a.out << a.err;
  EXPECT_THAT(a.out, HasSubstr("summary.json: set aside as summary.json.damaged"));
  EXPECT_FALSE(fs::exists(in_run("checkpoints") / "checkpoint-000000000009.apc.tmp-1-2"));
  EXPECT_EQ(apical_says({"run", "--resume", "--out", out(), "--quiet"}).code, 0);
  EXPECT_EQ(io::read_json(in_run("summary.json")).at("measures"),
            io::parse_json(summary, "before").at("measures"));
  EXPECT_EQ(verified(0).at("intact"), true);
}

TEST_F(ChangedRuns, ADamagedCheckpointIsNamedAndRepairSetsItAside) {
  finish_one();
  const fs::path folder = in_run("checkpoints");
  const std::string name = io::checkpoint_name(io::list_checkpoints(folder).back());
  io::Bytes bytes = io::read_file(folder / name);
  bytes[bytes.size() / 2] ^= std::byte{1};
  io::write_atomically(folder / name, std::span<const std::byte>(bytes));
  EXPECT_EQ(state_of("checkpoints/" + name), "damaged");
  EXPECT_EQ(apical_says({"verify", out(), "--repair"}).code, 0);
  EXPECT_TRUE(fs::exists(folder / (name + ".damaged")));
  // What it learned is in the final state, too.
  const Answer weights = apical_says({"export", out(), "--what", "weights", "--out", out("w.npz")});
  EXPECT_EQ(weights.code, 0) << weights.err;
}

TEST_F(ChangedRuns, WithoutAValidCheckpointAreNeverBegunAgainHoweverOftenThatIsAsked) {
  const std::string long_one = with(test::small_network(), "epochs = 2", "epochs = 100000");
  const test::ChildProcess child({"run", file(long_one), "--out", out(), "--quiet"});
  while (!fs::exists(in_run("metrics.ndjson"))) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  child.kill(SIGTERM);
  ASSERT_EQ(child.wait(), 75);
  const fs::path folder = in_run("checkpoints");
  for (const auto& entry : fs::directory_iterator(folder)) fs::resize_file(entry.path(), 100);
  const std::string metrics = io::read_text(in_run("metrics.ndjson"));
  for (int time = 0; time < 3; ++time) {
    const Answer a = apical_says({"run", "--resume", "--out", out(), "--quiet"});
    EXPECT_EQ(a.code, 3);
    EXPECT_THAT(a.err, HasSubstr("no checkpoint of"));
    EXPECT_EQ(io::read_text(in_run("metrics.ndjson")), metrics) << time;
  }
}

TEST_F(ChangedRuns, AreNotGoneOnFrom) {
  finish_one();
  edit("metrics.ndjson", "\"test\"", "\"tset\"");
  const Answer a =
      apical_says({"run", "--continue", out(), "--set", "training.epochs=3", "--out", out("more")});
  EXPECT_EQ(a.code, 3) << a.err;
  EXPECT_THAT(a.err, HasSubstr("metrics.ndjson"));
}

TEST_F(ChangedRuns, OneThatIsBeingWrittenIsVerifiedButNotRepaired) {
  const std::string long_one = with(test::small_network(), "epochs = 2", "epochs = 100000");
  const test::ChildProcess child({"run", file(long_one), "--out", out(), "--quiet"});
  while (!fs::exists(in_run("metrics.ndjson"))) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(apical_says({"verify", out()}).code, 0);
  const Answer a = apical_says({"verify", out(), "--repair"});
  EXPECT_EQ(a.code, 5);
  EXPECT_THAT(a.err, HasSubstr("being written by process"));
  child.kill(SIGTERM);
  EXPECT_EQ(child.wait(), 75);
}

}  // namespace
}  // namespace apical
