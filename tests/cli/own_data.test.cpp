// SPDX-License-Identifier: Apache-2.0
// Data, weights and results of one's own through the command line: task arrays, start_from, runs that go on
// from others, and export.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "apical/io/checkpoint.h"
#include "apical/io/hash.h"
#include "apical/io/hdf5.h"
#include "apical/io/json.h"
#include "apical/io/npy_reader.h"
#include "apical/io/npz.h"
#include "apical/io/safetensors.h"
#include "apical/run/metrics_file.h"
#include "apical/run/run.h"
#include "apical/tasks/array_data.h"
#include "support/command_line.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using test::Answer;
using test::apical_says;
using test::CommandLine;
using test::with;
using testing::HasSubstr;

const std::string kTask = R"([task]
name = "arrays"
train = "points.csv"
labels = "side"
validation_fraction = 0.25
test_fraction = 0.25
)";

const std::string kLayered = kTask + R"([model]
name = "backpropagation"
layers = [2, 6, 2]
learning_rate = 0.05
batch = 4
[training]
epochs = 2
[run]
seeds = 2
)";

const std::string kCircuit = kTask + R"([model]
name = "error-neuron-microcircuit"
layers = [2, 5, 2]
activation = "logistic"
[training]
epochs = 2
settling_ms = 2
[run]
seeds = 2
)";

class OwnData : public CommandLine {
 protected:
  OwnData() {
    std::string table = "x,y,side\n";
    for (int i = 0; i < 24; ++i) {
      const double x = 0.1 * (i % 7), y = 0.07 * (i % 11);
      table += std::to_string(x) + "," + std::to_string(y) + "," + (x > y ? "below" : "above") + "\n";
    }
    io::write_atomically(directory_ / "points.csv", std::string_view(table));
  }
  Answer run(const std::string& text, const std::string& name, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{
        "run", file(text), "--out", out(name), "--data", directory_.path().string(), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical_says(arguments);
  }
  void runs(const std::string& text, const std::string& name, std::vector<std::string> more = {}) const {
    const Answer a = run(text, name, std::move(more));
    ASSERT_EQ(a.code, 0) << a.err;
  }
  /// Where everything is that learning goes on from.
  io::Bytes final_state(const std::string& name) const {
    const fs::path folder = directory_ / name;
    const std::uint64_t experiment = io::xxh3(io::bytes_of(io::read_text(folder / "experiment.toml")));
    return io::newest_valid_checkpoint(folder / "checkpoints", experiment).checkpoint->section("trainer");
  }
  std::vector<double> values(const std::string& name, const std::string& where, const std::string& metric,
                             double from_epoch) const {
    std::vector<double> out;
    for (const Measurement& m : read_measurements(directory_ / name)) {
      if (m.where == where && m.metric == metric && m.epoch >= from_epoch) out.push_back(m.value);
    }
    return out;
  }
  nlohmann::json manifest(const std::string& name) const {
    return io::read_json(directory_ / name / "manifest.json");
  }
};

TEST_F(OwnData, ATableTrainsCircuitsAndLayeredNetworks) {
  for (const std::string& text : {kLayered, kCircuit}) {
    const std::string name = text == kLayered ? "layered" : "circuit";
    const Answer check = apical_says({"check", file(text), "--data", directory_.path().string()});
    EXPECT_EQ(check.code, 0) << check.err;
    EXPECT_THAT(check.out, HasSubstr("12 training, 6 validation, 6 test samples"));
    runs(text, name);
    const nlohmann::json data = manifest(name).at("data");
    EXPECT_EQ(data.at("train samples"), "12");
    EXPECT_EQ(data.at("names of classes"), "above / below");
    EXPECT_EQ(values(name, "test", "accuracy", 0).size(), 2U);
  }
}

TEST_F(OwnData, ARegressionHasLossesAndNoAccuracy) {
  const std::string text = with(with(kLayered, "labels = \"side\"", "inputs = [\"x\"]\ntargets = \"y\""),
                                "[2, 6, 2]", "[1, 6, 1]\noutput = \"linear\"\nloss = \"mse\"");
  runs(text, "regression");
  EXPECT_EQ(values("regression", "test", "loss", 0).size(), 2U);
  EXPECT_TRUE(values("regression", "test", "accuracy", 0).empty());
  EXPECT_THAT(run(with(text, "targets = \"y\"", "targets = \"y\"\nlabels = \"side\""), "no").err,
              HasSubstr("'task.labels' does not go with targets"));
}

TEST_F(OwnData, ARunKeepsToItsTable) {
  const std::string text = kLayered;
  runs(text, "run");
  const std::string table = io::read_text(directory_ / "points.csv");
  io::write_atomically(directory_ / "points.csv", std::string_view(with(table, "0.07", "0.08")));
  const Answer again =
      apical_says({"reproduce", out("run"), "--data", directory_.path().string(), "--quiet"});
  EXPECT_EQ(again.code, 3);
  EXPECT_THAT(again.err, HasSubstr("began on other data of task 'arrays'"));
}

TEST_F(OwnData, ArraysInMemoryTrainAsTheirFileDoes) {
  std::vector<float> x(48);
  std::vector<std::int32_t> y(24);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) / 7;
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[2 * i] > x[2 * i + 1] ? 1 : 0;
  io::write_npz(directory_ / "points.npz", std::vector{io::npy_array<float>("inputs", {24, 2}, x),
                                                       io::npy_array<std::int32_t>("labels", {24}, y)});
  const std::string text = with(with(kLayered, "labels = \"side\"\n", ""), "points.csv", "points.npz");
  runs(text, "file");

  HandedArrays mine;
  mine.by_name["points"] = {.inputs = io::array_of<float>({24, 2}, x),
                            .labels = io::array_of<std::int32_t>({24}, y)};
  ThreadPool pool(2);
  Resources resources{pool};
  resources.arrays = std::make_shared<const HandedArrays>(std::move(mine));
  const Experiment e =
      read_experiment(TomlDocument::parse(with(text, "points.npz", "memory:points"), "memory.toml"));
  const std::atomic<bool> stop{false};
  RunOptions options;
  options.directory = directory_ / "memory";
  run_experiment(e, options, resources, stop);
  for (const char* where : {"validation", "test"})
    EXPECT_EQ(values("memory", where, "loss", 0), values("file", where, "loss", 0)) << where;
  EXPECT_EQ(manifest("memory").at("data"), manifest("file").at("data")) << "they are the same data";
  // Whoever repeats it has to hand them in again.
  EXPECT_THAT(apical_says({"reproduce", out("memory"), "--quiet"}).err,
              HasSubstr("memory:points: no arrays of this name"));
}

TEST_F(OwnData, AnAxisOfTimeIsForCircuits) {
  std::vector<float> x(6 * 40 * 2);
  const std::vector<std::int32_t> y{0, 1, 0, 1, 0, 1};
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 13) / 13;
  io::write_npz(directory_ / "courses.npz", std::vector{io::npy_array<float>("inputs", {6, 40, 2}, x),
                                                        io::npy_array<std::int32_t>("labels", {6}, y)});
  const auto of = [&](const std::string& text) {
    return with(
        with(text,
             "train = \"points.csv\"\nlabels = \"side\"\nvalidation_fraction = 0.25\ntest_fraction = 0.25",
             "train = \"courses.npz\"\ntest = \"courses.npz\"\naxes = \"time\"\ndt_ms = 0.01"),
        "settling_ms = 2\n", "");
  };
  runs(with(of(kCircuit), "[2, 5, 2]", "[2, 5, 2]\ndt_ms = 0.01"), "circuit");
  EXPECT_EQ(values("circuit", "test", "accuracy", 0).size(), 2U);
  const Answer layered = run(of(kLayered + "settling_ms = 2\n"), "layered");
  EXPECT_EQ(layered.code, 3);
  EXPECT_THAT(layered.err, HasSubstr("changes within a sample; layered networks know no time"));
}

TEST_F(OwnData, ExportedWeightsAreWhereAnotherRunBegins) {
  runs(kLayered, "taught");
  for (const char* format : {"npz", "safetensors"}) {
    const std::string weights = out(std::string("w.") + format), name = std::string("from-") + format;
    const Answer a = apical_says({"export", out("taught"), "--what", "weights", "--out", weights});
    ASSERT_EQ(a.code, 0) << a.err;
    const Answer b =
        run(kLayered, name, {"--set", "training.epochs=0", "--set", "model.start_from=" + weights});
    ASSERT_EQ(b.code, 0) << b.err;
    EXPECT_THAT(b.err,
                HasSubstr("weights from " + weights + ": a1->a2, a1.offsets, a2.offsets and input->a1"));
    // The same answers, in each seed its own.
    EXPECT_EQ(values(name, "test", "loss", 0), values("taught", "test", "loss", 0));
    EXPECT_EQ(manifest(name).at("start_from").at("taken").size(), 4U);
  }
  runs(kLayered, "from-run", {"--set", "training.epochs=0", "--set", "model.start_from=" + out("taught")});
  EXPECT_EQ(values("from-run", "test", "loss", 0), values("taught", "test", "loss", 0));
}

TEST_F(OwnData, FeedbackWeightsGoOutAndInAgain) {
  const std::string text = with(with(kLayered, "backpropagation", "feedback-alignment"), "epochs = 2",
                                "epochs = 2\nalign_every = 1\nalign_samples = 12");
  runs(text, "taught");
  const Answer exported = apical_says({"export", out("taught"), "--what", "weights", "--out", out("w.npz")});
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(io::read_npz(out("w.npz")).at("seed-1/a2->a1").shape, (std::vector<std::uint64_t>{6, 2}));
  const std::vector<double> ended = values("taught", "a1", "angle_deg", 2);
  ASSERT_EQ(ended.size(), 2U);
  for (const std::string& source : {out("w.npz"), out("taught")}) {
    const std::string name = source == out("taught") ? "of-run" : "of-file";
    runs(text, name, {"--set", "training.epochs=0", "--set", "model.start_from=" + source});
    const std::vector<double> begun = values(name, "a1", "angle_deg", 0);
    ASSERT_EQ(begun.size(), 2U);
    for (std::size_t r = 0; r < 2; ++r)
      EXPECT_NEAR(begun[r], ended[r], 1e-3);  // single precision, summed anew
  }
  // Forward weights alone begin as well, and say so.
  const Answer forward = run(kLayered, "forward", {"--set", "model.start_from=" + out("taught")});
  ASSERT_EQ(forward.code, 0) << forward.err;
  EXPECT_THAT(forward.err, HasSubstr("this model has no a2->a1"));
  EXPECT_EQ(manifest("forward").at("start_from").at("left").size(), 1U);
}

TEST_F(OwnData, CircuitsBeginWithTheWeightsOfARun) {
  runs(kCircuit, "taught");
  runs(kCircuit, "next", {"--set", "training.epochs=0", "--set", "model.start_from=" + out("taught")});
  for (const char* name : {"taught", "next"}) {
    const Answer a = apical_says(
        {"export", out(name), "--what", "weights", "--seed", "2", "--out", out(std::string(name) + ".npz")});
    ASSERT_EQ(a.code, 0) << a.err;
  }
  const io::Arrays taught = io::read_npz(out("taught.npz")), next = io::read_npz(out("next.npz"));
  ASSERT_EQ(io::names_of(taught), io::names_of(next));
  EXPECT_GE(taught.size(), 2U);
  for (const auto& [name, array] : taught) {
    EXPECT_EQ(array.shape, next.at(name).shape) << name;
    EXPECT_THAT(array.as<float>(), testing::ElementsAreArray(next.at(name).as<float>())) << name;
  }
  // Membranes are elsewhere in their course than after training, so answers agree but for transients.
  const std::vector<double> then = values("taught", "test", "loss", 0),
                            now = values("next", "test", "loss", 0);
  ASSERT_EQ(then.size(), now.size());
  for (std::size_t i = 0; i < then.size(); ++i) EXPECT_NEAR(now[i], then[i], 1e-3 * then[i]);
}

TEST_F(OwnData, HowFeedbackDeviatesFromWhatItFollowsGoesOutAndInAgain) {
  const std::string imprecise = with(kCircuit, "[model]\n", "[model]\nfeedback_deviation = 0.5\n");
  runs(imprecise, "one", {"--seeds", "1"});
  const auto weights_of = [&](const std::string& name) {
    EXPECT_EQ(apical_says({"export", out(name), "--what", "weights", "--out", out(name + ".npz")}).code, 0);
    return io::read_npz(out(name + ".npz"));
  };
  const io::Arrays one = weights_of("one");
  const std::string name = "a2.err->a1.err.dendrite.deviation";
  ASSERT_TRUE(one.contains(name)) << testing::PrintToString(io::names_of(one));
  // Another seed would draw another one.
  runs(imprecise, "two", {"--seeds", "2,", "--set", "training.epochs=0"});
  runs(imprecise, "three",
       {"--seeds", "2,", "--set", "training.epochs=0", "--set", "model.start_from=" + out("one.npz")});
  const std::span<const float> first = one.at(name).as<float>();
  EXPECT_THAT(weights_of("two").at(name).as<float>(), testing::Not(testing::ElementsAreArray(first)));
  EXPECT_THAT(weights_of("three").at(name).as<float>(), testing::ElementsAreArray(first));
  // A circuit whose feedback is exact does without.
  runs(kCircuit, "four", {"--set", "training.epochs=0", "--set", "model.start_from=" + out("one.npz")});
}

TEST_F(OwnData, WhatIsNotNamedKeepsItsInitialisation) {
  const std::vector<float> w(12, 0.5F);
  io::write_npz(directory_ / "w.npz", std::vector{io::npy_array<float>("input->a1", {6, 2}, w)});
  const std::vector<std::string> from{"--set", "training.epochs=0", "--set",
                                      "model.start_from=" + out("w.npz")};
  const Answer a = run(kLayered, "run", from);
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.err, HasSubstr("w.npz: input->a1; initialised as ever: a1.offsets, a1->a2 and a2.offsets"));
  runs(kLayered, "as-ever", {"--set", "training.epochs=0"});
  for (const char* name : {"run", "as-ever"})
    ASSERT_EQ(apical_says({"export", out(name), "--what", "weights", "--seed", "1", "--out",
                           out(std::string(name) + ".npz")})
                  .code,
              0);
  const io::Arrays run = io::read_npz(out("run.npz")), ever = io::read_npz(out("as-ever.npz"));
  EXPECT_THAT(run.at("input->a1").as<float>(), testing::Each(0.5F));
  EXPECT_THAT(run.at("a1->a2").as<float>(), testing::ElementsAreArray(ever.at("a1->a2").as<float>()));
}

TEST_F(OwnData, WrongWeightsAreExplainedBeforeAnyFile) {
  const std::vector<float> w(12, 0.5F);
  std::vector<float> nan = w;
  nan[3] = std::numeric_limits<float>::quiet_NaN();
  const auto said = [&](const std::string& name, std::vector<std::uint64_t> shape,
                        const std::vector<float>& numbers) {
    io::write_npz(directory_ / "w.npz", std::vector{io::npy_array<float>(name, std::move(shape), numbers)});
    const Answer a = run(kLayered, "run", {"--set", "model.start_from=" + out("w.npz")});
    EXPECT_EQ(a.code, 3);
    EXPECT_FALSE(fs::exists(out("run")));
    return a.err;
  };
  EXPECT_THAT(said("input-a1", {6, 2}, w),
              HasSubstr("'input-a1' is no projection of this model; did you mean 'input->a1'?"));
  EXPECT_THAT(
      said("input->a1", {2, 6}, w),
      HasSubstr("'input->a1' is [2, 6]; expected [6, 2] (postsynaptic, presynaptic)\n  transpose it"));
  EXPECT_THAT(said("input->a1", {6, 2}, nan), HasSubstr("'input->a1'[1, 1] is nan"));
  EXPECT_THAT(said("seed-1/input->a1", {6, 2}, w),
              HasSubstr("has weights of the seeds 1, and none of seed 2"));
  const Answer none = run(kLayered, "run", {"--set", "model.start_from=nowhere.npz"});
  EXPECT_NE(none.code, 0);
  EXPECT_THAT(none.err, HasSubstr("nowhere.npz"));
}

TEST_F(OwnData, ARunThatGoesOnHasTheBitsOfOneThatWasGivenAllEpochs) {
  for (const std::string& text : {kLayered, kCircuit}) {
    const std::string name = text == kLayered ? "layered" : "circuit";
    runs(text, name + "-short");
    runs(text, name + "-long", {"--set", "training.epochs=4"});
    const Answer a =
        apical_says({"run", "--continue", out(name + "-short"), "--set", "training.epochs=4", "--out",
                     out(name + "-on"), "--data", directory_.path().string(), "--quiet"});
    ASSERT_EQ(a.code, 0) << a.err;
    EXPECT_THAT(a.err, HasSubstr("goes on from " + out(name + "-short") + ", which had 2 epochs"));
    EXPECT_EQ(final_state(name + "-on"), final_state(name + "-long")) << name;
    for (const char* where : {"validation", "test"})
      EXPECT_EQ(values(name + "-on", where, "loss", 2), values(name + "-long", where, "loss", 2))
          << name << where;
    EXPECT_EQ(manifest(name + "-on").at("continues").at("epochs"), 2);
    // And on again, from a run that went on itself.
    runs(text, name + "-longest", {"--set", "training.epochs=5"});
    const Answer b =
        apical_says({"run", "--continue", out(name + "-on"), "--set", "training.epochs=5", "--out",
                     out(name + "-further"), "--data", directory_.path().string(), "--quiet"});
    ASSERT_EQ(b.code, 0) << b.err;
    EXPECT_EQ(final_state(name + "-further"), final_state(name + "-longest")) << name;
  }
}

TEST_F(OwnData, GoingOnIsRefusedWhereItWouldBeAnotherExperiment) {
  runs(kLayered, "short");
  const auto said = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{
        "run",    "--continue", out("short"), "--out", out("on"), "--data", directory_.path().string(),
        "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Answer a = apical_says(arguments);
    EXPECT_EQ(a.code, 3) << a.err;
    EXPECT_FALSE(fs::exists(out("on")));
    return a.err;
  };
  EXPECT_THAT(said({}),
              HasSubstr("has been trained for 2 epochs, and training.epochs is 2: nothing is left to train"));
  EXPECT_THAT(said({"--set", "training.epochs=4", "--set", "model.learning_rate=0.1"}),
              testing::AllOf(HasSubstr("a run of another experiment: model.learning_rate"),
                             HasSubstr("model.start_from")));
  EXPECT_THAT(said({"--set", "training.epochs=4", "--seeds", "3"}),
              HasSubstr("another experiment: run.seeds differs"));
  const std::string table = io::read_text(directory_ / "points.csv");
  io::write_atomically(directory_ / "points.csv", std::string_view(with(table, "0.07", "0.08")));
  EXPECT_THAT(said({"--set", "training.epochs=4"}), HasSubstr("began on other data"));
  EXPECT_EQ(apical_says({"run", "--continue", out("short"), "--resume", "--out", out("on")}).code, 2);
  fs::remove(fs::path(out("short")) / "checkpoints" / "trained.apc");
  EXPECT_THAT(said({"--set", "training.epochs=4"}), HasSubstr("has not come to the end of its training"));
}

TEST_F(OwnData, ASlowerScheduleIsSaidToChangeTheBits) {
  runs(kLayered, "short");
  const Answer a = apical_says({"run", "--continue", out("short"), "--set", "training.epochs=3", "--set",
                                "training.eta_decay=0.5", "--out", out("on"), "--data",
                                directory_.path().string(), "--quiet"});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(
      a.err,
      HasSubstr("not the bits of a run that was given all epochs at once: 'training.eta_decay' differs"));
}

TEST_F(OwnData, RecordingsOfBothKindsAreExported) {
  runs(kLayered +
           "[[record]]\npopulation = \"a1\"\nvariable = \"rate\"\nevery_batches = 2\n"
           "[[record]]\nprojection = \"input->a1\"\nvariable = \"weights\"\nevery_batches = 3\nseeds = 2\n",
       "layered");
  const Answer a = apical_says({"export", out("layered"), "--what", "recordings", "--out", out("r.npz")});
  ASSERT_EQ(a.code, 0) << a.err;
  const io::Arrays r = io::read_npz(out("r.npz"));
  ASSERT_THAT(io::names_of(r), testing::Contains("seed-1/a1/rate"));
  // 12 samples in batches of 4, 2 epochs: batches 1 to 6
  EXPECT_THAT(r.at("seed-1/a1/rate").shape, testing::ElementsAre(3, 6));
  EXPECT_THAT(r.at("seed-1/a1/rate_time").as<double>(), testing::ElementsAre(2, 4, 6));
  EXPECT_THAT(r.at("seed-2/projections/input->a1/weights").shape, testing::ElementsAre(2, 12));
  const nlohmann::json about = io::read_json(out("r.npz.json")).at("arrays");
  EXPECT_EQ(about.at("seed-1/a1/rate_time").at("unit"), "batch");
  // What is recorded last are the weights at the end.
  ASSERT_EQ(apical_says({"export", out("layered"), "--what", "weights", "--out", out("w.h5")}).code, 0);
  const io::hdf5::File weights = io::hdf5::File::open(out("w.h5"));
  const std::vector<float> end = weights.dataset("seed-2/input->a1").read<float>();
  const auto recorded = r.at("seed-2/projections/input->a1/weights").as<float>().subspan(12);
  EXPECT_THAT(recorded, testing::ElementsAreArray(end));
  EXPECT_EQ(std::get<std::string>(weights.attribute("seed-2/input->a1", "to")), "a1");

  runs(kCircuit + "[[record]]\npopulation = \"a1.rep\"\nvariable = \"rate\"\nevery_ms = 1\n", "circuit");
  ASSERT_EQ(apical_says(
                {"export", out("circuit"), "--what", "recordings", "--format", "csv", "--out", out("r.csv")})
                .code,
            0);
  const std::string table = io::read_text(out("r.csv"));
  EXPECT_THAT(table, HasSubstr("recording,seed,time,time_unit,unit,value\na1/rep/rate,1,1,ms,0,"));
}

TEST_F(OwnData, PagesAndFiguresReplaceNoFileOfARun) {
  runs(kLayered, "a");
  runs(kLayered, "b");
  const auto page = [&](const std::string& file) {
    return apical_says({"report", out("a"), out("b"), "--out", file});
  };
  const std::string manifest = io::read_text(out("a") + "/manifest.json"), own = out("a") + "/report.html";
  EXPECT_EQ(page(out("a") + "/manifest.json").code, 2);
  EXPECT_EQ(io::read_text(out("a") + "/manifest.json"), manifest);
  EXPECT_THAT(page(own).err, HasSubstr("belongs to the run"));
  EXPECT_THAT(apical_says({"plot", out("a"), "--what", "loss", "--out", out("a") + "/loss.svg"}).code, 0);
  EXPECT_THAT(apical_says({"plot", out("a"), "--what", "loss", "--out", out("a") + "/loss.svg"}).err,
              HasSubstr("belongs to the run"));
  // Elsewhere they are written as often as one likes, whatever lies beside them.
  io::write_atomically(out("manifest.json"), "{\"name\": \"a page of somebody else's\"}");
  for (int time = 0; time < 2; ++time) {
    const Answer a = page(out("both.html"));
    EXPECT_EQ(a.code, 0) << a.err;
  }
}

TEST_F(OwnData, ExportReplacesNeitherTheRunNorWhatIsNoFile) {
  runs(kLayered, "run");
  const auto to = [&](const std::string& file) {
    const Answer a =
        apical_says({"export", out("run"), "--what", "metrics", "--format", "csv", "--out", file});
    EXPECT_EQ(a.code, 5) << a.out;
    return a.err;
  };
  const std::string experiment = io::read_text(out("run") + "/experiment.toml");
  EXPECT_THAT(to(out("run") + "/experiment.toml"), HasSubstr("belongs to the run"));
  EXPECT_EQ(io::read_text(out("run") + "/experiment.toml"), experiment);
  EXPECT_THAT(to(out("run") + "/checkpoints/trained.apc"), HasSubstr("belongs to the run"));
  std::filesystem::create_symlink(out("run"), out("link"));
  EXPECT_THAT(to(out("link") + "/manifest.json"), HasSubstr("belongs to the run"));
  EXPECT_THAT(to(out("link")), HasSubstr("is no regular file"));
  EXPECT_TRUE(std::filesystem::is_symlink(out("link")));
}

TEST_F(OwnData, ExportSaysWhatIsPossible) {
  runs(kLayered, "run");
  const auto said = [&](std::vector<std::string> more, int code) {
    std::vector<std::string> arguments{"export", out("run"), "--out", out("file")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Answer a = apical_says(arguments);
    EXPECT_EQ(a.code, code) << a.err;
    EXPECT_FALSE(fs::exists(out("file")));
    return a.err;
  };
  EXPECT_THAT(said({"--what", "weights", "--format", "csv"}, 3),
              HasSubstr("weights cannot be had as csv; expected npz, safetensors or hdf5"));
  EXPECT_THAT(said({"--what", "weigths", "--format", "npz"}, 2), HasSubstr("did you mean 'weights'?"));
  EXPECT_THAT(said({"--what", "weights", "--format", "numpy"}, 2),
              HasSubstr("expected npz, safetensors, csv or hdf5"));
  EXPECT_THAT(said({"--what", "weights"}, 2), HasSubstr("does not say a format"));
  EXPECT_THAT(said({"--what", "recordings", "--format", "npz"}, 3), HasSubstr("has no recordings"));
  EXPECT_THAT(said({"--what", "spikes", "--format", "csv"}, 3), HasSubstr("has no spikes"));
  EXPECT_THAT(said({"--what", "weights", "--format", "npz", "--seed", "7"}, 3),
              HasSubstr("nothing of seed 7; it has that of 1, 2"));
  ASSERT_EQ(apical_says({"export", out("run"), "--what", "metrics", "--out", out("m.csv")}).code, 0);
  const std::string table = io::read_text(out("m.csv"));
  EXPECT_THAT(table, HasSubstr("epoch,where,metric,seed,value,unit\n0,validation,accuracy,1,"));
  EXPECT_THAT(table, testing::Not(HasSubstr("%"))) << "accuracies are fractions";
}

}  // namespace
}  // namespace apical
