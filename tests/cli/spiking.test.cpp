// SPDX-License-Identifier: Apache-2.0
// Spiking experiments from end to end: run, stop and resume, wrong keys, threads, check, models, reproduce.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/io/hdf5.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/models/payeur2021_rule.h"
#include "apical/models/payeur2021_xor.h"
#include "apical/models/spiking_models.h"
#include "apical/run/metrics_file.h"
#include "apical/run/run.h"
#include "support/command_line.h"
#include "support/pages.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using test::with;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const std::string kExperiments = std::string(test::kSourceDir) + "/experiments/payeur2021/";

/// The whole course of the XOR experiment in a few seconds of biological time, far too short to learn.
const std::string kTinyXor = R"(
title = "Tiny XOR"
[model]
name = "burstprop-xor"
neurons = 60
in_degree = 20
example_s = 0.5
alpha_s = 0.1
[training]
epochs = 4
[run]
seeds = 3
[record]
raster_s = 0.1
)";

/// Asks to stop when so much has been simulated.
class StopsAt final : public Listener {
 public:
  StopsAt(double done_s, std::atomic<bool>& stop) : done_s_(done_s), stop_(stop) {}
  void on(const RunProgress& p) override { stop_ = p.done >= done_s_; }

 private:
  double done_s_;
  std::atomic<bool>& stop_;
};

class Spiking : public test::CommandLine {
 protected:
  std::string bytes(const std::string& run, const std::string& name) const {
    return io::read_text(directory_ / run / name);
  }
  Answer run(const std::string& text, const std::string& to, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"run", file(text), "--quiet", "--out", out(to)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return apical_says(arguments);
  }
};

TEST_F(Spiking, RunsAndLeavesWhatOtherRunsLeave) {
  const Answer a = run(kTinyXor, "run");
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("patterns right, of 4"));
  EXPECT_THAT(a.out, HasSubstr("output for 1,0 (target 1)"));
  EXPECT_THAT(a.out, HasSubstr("report: " + out() + "/report.html"));
  for (const char* name : {"experiment.toml", "manifest.json", "metrics.ndjson", "events.ndjson",
                           "results.h5", "summary.json", "report.html"}) {
    EXPECT_TRUE(io::file_exists(directory_ / "run" / name)) << name;
  }
  // Two tests and four epochs of three seeds.
  const std::vector<Measurement> rows = read_measurements(directory_ / "run");
  for (const auto& [where, times] : {std::pair{"test", 2U}, {"train", 4U}}) {
    const std::vector<SeedCurve> curves = curves_of(rows, where, "patterns_correct");
    ASSERT_EQ(curves.size(), 3U) << where;
    for (const SeedCurve& c : curves) EXPECT_EQ(c.y.size(), times) << where;
  }
  const io::hdf5::File results = io::hdf5::File::open(directory_ / "run/results.h5");
  EXPECT_EQ(results.dataset("seed-2/trained/hid1/event_rate").dims(),
            std::vector<std::uint64_t>{128});  // 4 x 0.5 s in bins of T/32
  EXPECT_TRUE(results.contains("seed-1/untrained/out/raster/time"));
  EXPECT_FALSE(results.contains("seed-2/untrained/out/raster"));  // rasters are of the first seed
}

TEST_F(Spiking, ReportShowsRastersRatesAndTheModelsOwnFigures) {
  ASSERT_EQ(run(kTinyXor, "run").code, 0);
  const std::string page = bytes("run", "report.html");
  for (const char* what : {"Spikes, untrained", "Spikes, trained", "Event rate, trained",
                           "Burst rate, untrained", "Burst probability, trained", "Cost of an epoch",
                           "Answers of the output population", "Plastic weights", "What each model needs"}) {
    EXPECT_THAT(page, HasSubstr(what));
  }
  EXPECT_EQ(test::malformed(page), "");
  const Answer again = apical_says({"report", out()});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(bytes("run", "report.html"), page);
}

TEST_F(Spiking, ThreadsDoNotChangeABit) {
  ASSERT_EQ(run(kTinyXor, "one", {"--threads", "1"}).code, 0);
  ASSERT_EQ(run(kTinyXor, "two", {"--threads", "2"}).code, 0);
  ASSERT_EQ(run(kTinyXor, "four", {"--threads", "4"}).code, 0);  // more than seeds
  for (const char* name : {"metrics.ndjson", "results.h5"}) {
    EXPECT_EQ(bytes("one", name), bytes("two", name)) << name;
    EXPECT_EQ(bytes("one", name), bytes("four", name)) << name;
  }
  const Answer other = run(with(kTinyXor, "seeds = 3", "seeds = [4, 5, 6]"), "other");
  EXPECT_EQ(other.code, 0);
  EXPECT_NE(bytes("one", "metrics.ndjson"), bytes("other", "metrics.ndjson"));
}

TEST_F(Spiking, ResumedEqualsUninterruptedByteForByte) {
  const std::string text =
      with(kTinyXor, "[record]", "checkpoint_every_s = 0\n[record]\nspikes = true\nuntil_s = 3\n");
  ASSERT_EQ(run(text, "whole").code, 0);
  const Experiment e = read_experiment(TomlDocument::parse(text, "test"));
  for (const double until_s : {1.0, 12.0}) {  // in the first test, and in training
    std::atomic<bool> stop{false};
    StopsAt stops(until_s, stop);
    RunOptions options;
    options.directory = out(until_s < 2 ? "early" : "late");
    options.listeners = {&stops};
    ThreadPool pool(1);
    ASSERT_TRUE(run_experiment(e, options, {pool}, stop).stopped);
    EXPECT_FALSE(io::file_exists(options.directory / "summary.json"));
    const Answer resumed =
        apical_says({"run", "--resume", "--quiet", "--out", options.directory.string(), "--threads", "2"});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    for (const char* name : {"metrics.ndjson", "results.h5", "spikes/seed-1.h5"}) {
      EXPECT_EQ(bytes(options.directory.filename(), name), bytes("whole", name))
          << name << " after " << until_s << " s";
    }
  }
  const Answer done = apical_says({"run", "--resume", "--out", out("whole")});
  EXPECT_EQ(done.code, 0) << done.err;
}

TEST_F(Spiking, StoppedRunsSayHowToGoOn) {
  const Answer a = apical_says({"run", file(kTinyXor), "--out", out()}, true);
  EXPECT_EQ(a.code, 75);
  EXPECT_THAT(a.err, HasSubstr("apical run --resume --out " + out()));
  EXPECT_EQ(apical_says({"run", "--resume", "--quiet", "--out", out()}).code, 0);
  const Answer other =
      apical_says({"run", file(with(kTinyXor, "epochs = 4", "epochs = 5")), "--resume", "--out", out()});
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("another experiment"));
}

TEST_F(Spiking, StoppedBeforeACheckpointSaysThatItBeginsAgain) {
  const Answer first = apical_says({"run", file(kTinyXor), "--out", out("xor")}, true);
  EXPECT_EQ(first.code, 75);
  EXPECT_THAT(
      first.err,
      HasSubstr("stopped before there was a checkpoint; begin again with: apical run --resume --out"));
  const std::string one_round = file(
      "[model]\nname = \"burstprop-multiplexing\"\npyramidal = 100\nburn_in_s = 0.1\nduration_s = 0.3\n");
  const Answer second = apical_says({"run", one_round, "--out", out("one")}, true);
  EXPECT_THAT(second.err, HasSubstr("stopped before there was a checkpoint"));
  const Answer figure =
      apical_says({"reproduce", kExperiments + "multiplexing.toml", "--out", out("figure")}, true);
  EXPECT_EQ(figure.code, 75);
  EXPECT_THAT(
      figure.err,
      HasSubstr(
          "stopped before there was a checkpoint; begin again with the same command, --resume and --out"));
  EXPECT_EQ(apical_says({"run", "--resume", "--quiet", "--out", out("one")}).code, 0);

  std::atomic<bool> stop{false};
  StopsAt stops(1, stop);
  RunOptions options;
  options.directory = out("later");
  options.listeners = {&stops};
  ThreadPool pool;
  const RunResult later =
      run_experiment(read_experiment(TomlDocument::parse(kTinyXor, "test")), options, {pool}, stop);
  EXPECT_TRUE(later.stopped);
  EXPECT_TRUE(later.has_checkpoint);
}

/// The line of events.ndjson about a fault.
nlohmann::json fault_in(const io::Path& run) {
  for (const auto& line : io::read_ndjson(run / "events.ndjson").lines) {
    if (line.at("event") == "numerical_fault") return line;
  }
  return {};
}

TEST_F(Spiking, FaultNamesUnitSeedAndTimeAndKeepsTheNetwork) {
  // Inputs that are off get a current that takes their membranes beyond the limit, from the first test on.
  const Answer at_once = run(with(kTinyXor, "alpha_s = 0.1", "alpha_s = 0.1\ninput_off_pA = -1e38"),
                             "at-once", {"--threads", "1"});
  EXPECT_EQ(at_once.code, 4) << at_once.err;
  EXPECT_THAT(at_once.err, HasSubstr("of 'in1' is"));
  EXPECT_THAT(at_once.err, HasSubstr("fault-state.apc; there is no earlier checkpoint"));
  const nlohmann::json event = fault_in(directory_ / "at-once");
  EXPECT_EQ(event.at("population"), "in1");
  EXPECT_EQ(event.at("seed"), 1);
  EXPECT_TRUE(event.contains("unit"));
  EXPECT_GE(event.at("time_ms"), 300);  // the burn-in is without input
  EXPECT_EQ(event.at("step"), std::lround(event.at("time_ms").get<double>() * 10));
  EXPECT_TRUE(io::file_exists(directory_ / "at-once/checkpoints/fault-state.apc"));
  // So does the teacher: output dendrites, in the first epoch.
  const std::string teacher = with(with(kTinyXor, "alpha_s = 0.1", "alpha_s = 0.1\nteacher_pA = 1e38"),
                                   "[record]", "checkpoint_every_s = 0\n[record]");
  const Answer later = run(teacher, "later");
  EXPECT_EQ(later.code, 4) << later.err;
  EXPECT_THAT(later.err, HasSubstr("fault-state.apc; the last good checkpoint is kept"));
  EXPECT_EQ(fault_in(directory_ / "later").at("population"), "out");
  // Courses of one round have no checkpoints, but the network is kept as well.
  const Answer one =
      run("[model]\nname = \"burstprop-multiplexing\"\npyramidal = 100\nburn_in_s = 0.1\nduration_s = "
          "0.3\ndendrite_amplitude_pA = -1e38\n[run]\nseeds = [5]\n",
          "one");
  EXPECT_EQ(one.code, 4) << one.err;
  EXPECT_THAT(one.err, HasSubstr("there is no earlier checkpoint"));
  EXPECT_EQ(fault_in(directory_ / "one").at("seed"), 5);
  EXPECT_TRUE(io::file_exists(directory_ / "one/checkpoints/fault-state.apc"));
}

TEST_F(Spiking, ValuesOutOfBoundsAreLocatedAtTheirKey) {
  int number = 0;
  const auto complaint = [&](const std::string& model, const std::string& key_and_value,
                             const std::string& rest = "") {
    const std::string text = "[model]\nname = \"burstprop-" + model + "\"\n" + key_and_value + "\n" + rest;
    const Answer a = run(text, "wrong" + std::to_string(number++));
    EXPECT_EQ(a.code, 3) << key_and_value << a.out;
    EXPECT_THAT(a.err, HasSubstr("experiment.toml:3:")) << a.err;
    return a.err;
  };
  EXPECT_THAT(complaint("xor", "neurons = 3000000000"),
              HasSubstr("neurons is 3000000000; expected a whole number from 1 to 10000000"));
  EXPECT_THAT(complaint("xor", "neurons = 0"), HasSubstr("neurons is 0; expected a whole number from 1 to"));
  EXPECT_THAT(complaint("xor", "neurons = 60"), HasSubstr("in_degree is 100; expected at most neurons = 60"));
  EXPECT_THAT(complaint("xor", "in_degree = 2000"),
              HasSubstr("in_degree is 2000; expected at most neurons = 500"));
  EXPECT_THAT(complaint("xor", "presynaptic_detector_lag_steps = 3000000000"),
              HasSubstr("expected a whole number from 0 to 10000"));
  EXPECT_THAT(complaint("propagation", "connection_probability = 1.5"),
              HasSubstr("connection_probability is 1.5; expected more than 0 and at most 1"));
  EXPECT_THAT(complaint("rule-network", "initial_weight = 1.5"),
              HasSubstr("initial_weight is 1.5; expected a number from 0 to 1"));
  EXPECT_THAT(complaint("rule-network", "pool = 50"),
              HasSubstr("pool is 50; expected a whole number from 100 to"));
  EXPECT_THAT(complaint("rule-network", "phases = [1, 1, -1, 1, 1]"),
              HasSubstr("phases holds -1; expected 0 or more"));
  EXPECT_THAT(complaint("pairing-periodic", "frequencies_Hz = []"),
              HasSubstr("frequencies_Hz is empty; expected one number or more"));
  EXPECT_THAT(complaint("pairing-periodic", "epochs = 0"),
              HasSubstr("epochs is 0; expected a whole number from 1 to"));
  EXPECT_THAT(complaint("pairing-periodic", "tail_s = -1"),
              HasSubstr("tail_s is -1; expected a number from 0 to 1000000000"));
  EXPECT_THAT(complaint("pairing-poisson", "rates_Hz = [10, 500]"),
              HasSubstr("rates_Hz holds 500; expected more than 0 and less than 1/refractory_s = 500"));
  EXPECT_THAT(complaint("pairing-poisson", "refractory_s = 0.1"), HasSubstr("rates_Hz holds 11.8"));
  EXPECT_THAT(complaint("pairing-poisson", "initial_burst_probabilities = [0.3, 1.2]"),
              HasSubstr("initial_burst_probabilities holds 1.2; expected numbers from 0 to 1"));
  EXPECT_THAT(complaint("pairing-poisson", "dt_s = 0.05"),
              HasSubstr("dt_s is 0.05; expected less than pre_tau_s and alpha_s"));
  EXPECT_THAT(complaint("pairing-burst-poisson", "burst_probabilities = [-0.1]"),
              HasSubstr("burst_probabilities holds -0.1; expected numbers from 0 to 1"));
  EXPECT_THAT(complaint("pairing-burst-poisson", "event_refractory_s = 0.011"),
              HasSubstr("event_refractory_s is 0.011; expected at least gap_s + span_s = 0.012"));
  EXPECT_THAT(complaint("pairing-burst-poisson", "span_s = 0.03"),
              HasSubstr("event_refractory_s is 0.02; expected at least gap_s + span_s = 0.032"));
  EXPECT_THAT(
      complaint("pairing-burst-poisson", "event_rates_Hz = [50]"),
      HasSubstr("event_rates_Hz holds 50; expected more than 0 and less than 1/event_refractory_s = 50"));
  EXPECT_THAT(complaint("pairing-burst-poisson", "repetitions = 0"),
              HasSubstr("repetitions is 0; expected a whole number from 1 to"));
  const Answer late =
      run("[model]\nname = \"burstprop-multiplexing\"\n[record]\nspikes = true\nfrom_s = 4\nuntil_s = 5\n",
          "late");
  EXPECT_EQ(late.code, 3);
  EXPECT_THAT(
      late.err,
      ContainsRegex("experiment.toml:5:.*'record.from_s' is 4; expected less than 4, when the course ends"));
}

TEST_F(Spiking, OptionsThatCanDoNothingAreUnknown) {
  const auto parameters = [](const std::string& model) {
    std::vector<std::string> names;
    for (const FieldInfo& f : list_fields(models::find_spiking(model)->recipe({}))) names.push_back(f.name);
    return names;
  };
  using testing::Contains;
  using testing::IsSupersetOf;
  const std::vector<std::string> of_plasticity{"homeostatic_rate", "first_event",
                                               "presynaptic_detector_lag_steps"};
  EXPECT_THAT(parameters("burstprop-xor"), IsSupersetOf(of_plasticity));
  EXPECT_THAT(parameters("burstprop-rule-network"), IsSupersetOf(of_plasticity));
  EXPECT_THAT(parameters("burstprop-xor"), Contains("minimum_rate_ignored"));
  EXPECT_THAT(parameters("burstprop-rule-network"),
              Not(Contains("minimum_rate_ignored")));  // it is 2 Hz there
  EXPECT_THAT(parameters("burstprop-propagation"), Contains("facilitation_jump"));
  for (const char* model : {"burstprop-xor", "burstprop-rule-network", "burstprop-multiplexing"})
    EXPECT_THAT(parameters(model), Not(Contains("facilitation_jump")));
  for (const char* model : {"burstprop-propagation", "burstprop-multiplexing"}) {
    for (const std::string& option : of_plasticity) EXPECT_THAT(parameters(model), Not(Contains(option)));
  }
  const Answer a =
      run("[model]\nname = \"burstprop-multiplexing\"\nhomeostatic_rate = \"events\"\n", "wrong");
  EXPECT_EQ(a.code, 3);
  EXPECT_THAT(a.err, HasSubstr("'homeostatic_rate'"));
}

TEST_F(Spiking, SymmetricFeedbackShowsItsLearningRates) {
  const auto read = [](const std::string& model) {
    return read_spiking_experiment(
        TomlDocument::parse("[model]\nname = \"burstprop-xor\"\n" + model, "test"));
  };
  const SpikingExperiment half = read("feedback = \"symmetric\"\n");
  EXPECT_THAT(half.resolved, HasSubstr("hidden_eta = 0.004\n"));
  EXPECT_THAT(half.resolved, HasSubstr("output_eta = 0.002\n"));
  EXPECT_EQ(read_spiking_experiment(TomlDocument::parse(half.resolved, "test")).resolved, half.resolved);
  const auto eta = [](const SpikingExperiment& e, const char* connection) {
    return e.circuit.connections[spike::connection_index(e.circuit, connection)].rule->eta;
  };
  const SpikingExperiment given = read("feedback = \"symmetric\"\nhidden_eta = 8e-3\n");
  EXPECT_EQ(eta(given, "in1->hid1 exc"), 8e-3);
  EXPECT_EQ(eta(given, "hid1->out exc"), 2e-3);
  EXPECT_THAT(read("").resolved, HasSubstr("hidden_eta = 0.008\n"));
}

TEST_F(Spiking, WrongKeysAreExplained) {
  const auto complaint = [&](const std::string& text) {
    const Answer a = run(text, "wrong");
    EXPECT_EQ(a.code, 3) << a.out;
    EXPECT_FALSE(std::filesystem::exists(out("wrong")));
    return a.err;
  };
  EXPECT_THAT(complaint(with(kTinyXor, "alpha_s", "alpha_ms")), HasSubstr("did you mean 'alpha_s'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "burstprop-xor", "burstprop-xro")),
              HasSubstr("did you mean 'burstprop-xor'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "neurons = 60", "neurons = 60\nfeedback = \"cuts\"")),
              HasSubstr("did you mean 'cut'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "neurons = 60", "neurons = 60\ndetector = \"acumulating\"")),
              HasSubstr("did you mean 'accumulating'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "neurons = 60", "neurons = 60\nquirks = \"publishd\"")),
              HasSubstr("did you mean 'published'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "alpha_s = 0.1", "alpha_s = 0")),
              ContainsRegex("experiment.toml:[0-9]+:.*alpha_s is 0; expected more than 0"));
  EXPECT_THAT(complaint(with(kTinyXor, "[run]", "[task]\nname = \"xor\"\n[run]")),
              HasSubstr("brings its own circuit, stimuli and course"));
  EXPECT_THAT(complaint(with(kTinyXor, "epochs", "epoch")), HasSubstr("did you mean 'epochs'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "[record]", "[record]\nspikes = true\npopulations = [\"hid3\"]")),
              HasSubstr("'hid3'"));
  EXPECT_THAT(complaint(with(kTinyXor, "[record]", "[record]\nuntil_s = 3")), HasSubstr("spikes = true"));
  EXPECT_THAT(complaint("[model]\nname = \"burstprop-multiplexing\"\n[training]\nepochs = 3\n"),
              HasSubstr("has no training"));
  EXPECT_THAT(complaint("[model]\nname = \"burstprop-rule-network\"\nphases = [1, 2]\n"),
              HasSubstr("phases has 2 entries; expected 5"));
  EXPECT_THAT(complaint("[model]\nname = \"burstprop-pairing-periodic\"\n[record]\nspikes = true\n"),
              HasSubstr("has no populations"));
}

TEST_F(Spiking, CircuitsAreComparedWithWhatTheyNeed) {
  const std::string variants = R"(
[[variant]]
label = "published"
reference = true
[[variant]]
label = "symmetric feedback"
[variant.model]
feedback = "symmetric"
)";
  const std::string text = with(with(kTinyXor, "epochs = 4", "epochs = 1"), "seeds = 3", "seeds = 2");
  const Answer a = apical_says({"compare", file(text + variants), "--quiet", "--out", out("both")});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("test patterns right"));
  EXPECT_THAT(a.out, ContainsRegex("symmetric feedback .*separate phases"));
  EXPECT_EQ(test::malformed(bytes("both", "report.html")), "");
  for (const char* label : {"published", "symmetric_feedback"})
    EXPECT_TRUE(io::file_exists(directory_ / "both" / label / "summary.json")) << label;
  // Nothing is left to do; and the same bits come out again.
  EXPECT_EQ(apical_says({"compare", file(text + variants), "--quiet", "--resume", "--out", out("both")}).code,
            0);
  const Answer again = apical_says({"reproduce", out("both"), "--quiet", "--out", out("again")});
  EXPECT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("symmetric feedback: identical bits"));
}

TEST_F(Spiking, OnlyCoursesThatShowTheSameAreCompared) {
  const std::string two = with(with(kTinyXor, "epochs = 4", "epochs = 0"), "seeds = 3", "seeds = 1") + R"(
[[variant]]
label = "as published"
[[variant]]
label = "other"
)";
  const auto compared = [&](const std::string& other, const char* to) {
    return apical_says({"compare", file(two + other), "--quiet", "--out", out(to)});
  };
  const auto stimuli = [](const std::string& name_of_second, int current) {
    std::string text;
    for (const std::string& name :
         {std::string("00"), name_of_second, std::string("01"), std::string("11")}) {
      text += fmt::format(
          "[[variant.stimulus]]\nname = \"{}\"\ntarget = [{}]\n"
          "inject = [{{population = \"in1\", pA = {}}}]\n",
          name, name == "00" || name == "11" ? 0 : 1, current);
    }
    return text;
  };
  const Answer refused = compared(stimuli("ten", 100), "refused");
  EXPECT_EQ(refused.code, 3);
  EXPECT_THAT(refused.err, HasSubstr("'as published' and 'other' differ in stimuli ('00' -> 0"));
  const Answer fed = compared(stimuli("10", 100), "fed");
  EXPECT_EQ(fed.code, 0) << fed.err;
  EXPECT_THAT(fed.err, HasSubstr("'other' is shown the stimuli of 'as published' by other currents"));
}

TEST_F(Spiking, AParameterOfACircuitIsSwept) {
  const std::string text = R"(
[model]
name = "burstprop-multiplexing"
pyramidal = 100
burn_in_s = 0.1
duration_s = 0.3
[sweep]
name = "neurons"
at = [50, 100]
[sweep.values]
model.pyramidal = [50, 100]
)";
  const Answer a = apical_says({"compare", file(text), "--quiet", "--out", out("sweep")});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_TRUE(io::file_exists(directory_ / "sweep/neurons_50/summary.json"));
  EXPECT_THAT(a.out, HasSubstr("neurons 100"));
}

TEST_F(Spiking, PresetsOfQuirksAreDefaultsThatSingleOnesOverride) {
  const auto resolved = [](const std::string& quirks) {
    return read_spiking_experiment(
               TomlDocument::parse("[model]\nname = \"burstprop-xor\"\n" + quirks, "test"))
        .resolved;
  };
  EXPECT_THAT(resolved(""), HasSubstr("dendritic_drive = \"dendritic\""));
  EXPECT_THAT(resolved(""), HasSubstr("homeostatic_rate = \"all_spikes\""));
  EXPECT_THAT(resolved("quirks = \"intended\"\n"), HasSubstr("homeostatic_rate = \"events\""));
  const std::string published = resolved("quirks = \"published\"\nfirst_event = \"no_depression\"\n");
  EXPECT_THAT(published, HasSubstr("dendritic_drive = \"somatic\""));
  EXPECT_THAT(published, HasSubstr("initial_dendritic_adaptation_mV = 0.1"));
  EXPECT_THAT(published, HasSubstr("first_event = \"no_depression\""));
  // An experiment as resolved resolves to itself.
  EXPECT_EQ(read_spiking_experiment(TomlDocument::parse(published, "test")).resolved, published);
}

TEST_F(Spiking, OptionsInTomlAreTheRecipesToTheBit) {
  const auto read = [](const char* model) {
    return read_spiking_experiment(
        TomlDocument::parse(fmt::format("[model]\nname = \"{}\"\n", model), "test"));
  };
  const SpikingExperiment e = read("burstprop-xor");
  EXPECT_EQ(e.circuit, payeur2021::xor_network());
  EXPECT_EQ(e.course.teacher, payeur2021::xor_course({}, 500).teacher);
  EXPECT_EQ(e.course.stimuli, payeur2021::xor_course({}, 500).stimuli);
  const SpikingExperiment r = read("burstprop-rule-network");
  EXPECT_EQ(r.circuit, payeur2021::rule_network());
  EXPECT_EQ(r.course.stages, payeur2021::rule_course({}).stages);
}

TEST_F(Spiking, SpikesAreInSonataLayout) {
  if (!io::python_has("h5py")) GTEST_SKIP() << "/usr/bin/python3 has no h5py (Debian: python3-h5py)";
  const std::string text = with(
      kTinyXor, "[record]",
      "[record]\nspikes = true\nfrom_s = 0.5\nuntil_s = 1.5\npopulations = [\"in1\", \"out\"]\nseeds = 2");
  ASSERT_EQ(run(with(text, "epochs = 4", "epochs = 0"), "run").code, 0);
  EXPECT_FALSE(io::file_exists(directory_ / "run/spikes/seed-3.h5"));
  std::ofstream(directory_ / "read.py")
      << "import h5py, numpy as np\n"
         "f = h5py.File('"
      << (directory_ / "run/spikes/seed-2.h5").string()
      << "')\n"
         "assert f.attrs['magic'] == 0x0A7A and f.attrs['magic'].dtype == np.uint32\n"
         "assert list(f.attrs['version']) == [0, 1]\n"
         "assert sorted(f['spikes']) == ['in1', 'out'], list(f['spikes'])\n"
         "g = f['spikes/in1']\n"
         "names = h5py.check_enum_dtype(g.attrs.get_id('sorting').dtype)\n"
         "assert names == {'none': 0, 'by_id': 1, 'by_time': 2} and g.attrs['sorting'] == 2, names\n"
         "t, n = g['timestamps'], g['node_ids']\n"
         "assert t.dtype == np.float64 and n.dtype == np.uint64 and t.shape == n.shape\n"
         "assert t.attrs['units'] == 'ms'\n"
         "assert len(t) > 50 and np.all(np.diff(t[:]) >= 0)\n"
         "assert t[0] >= 500 and t[-1] < 1500 and n[:].max() < 60\n";
  EXPECT_TRUE(io::run_python(directory_ / "read.py", directory_ / "output"))
      << io::read_text(directory_ / "output");
}

/// The block of Python in the manual that begins with `first`.
std::string python_of_manual(const std::string& first) {
  for (const test::Block& b : test::blocks_of("docs/spiking.md", "python")) {
    if (b.text.starts_with(first)) return b.text;
  }
  ADD_FAILURE() << "docs/spiking.md has no block that begins with " << first;
  return "";
}

TEST_F(Spiking, SpikesBecomeTrainsOfNeoAsTheManualSays) {
  if (!io::python_has("h5py")) GTEST_SKIP() << "/usr/bin/python3 has no h5py (Debian: python3-h5py)";
  if (!io::python_has("neo")) GTEST_SKIP() << "/usr/bin/python3 has no neo (Debian: python3-neo)";
  const std::string text = with(
      kTinyXor, "[record]", "[record]\nspikes = true\nfrom_s = 0.5\nuntil_s = 1.5\npopulations = [\"in1\"]");
  ASSERT_EQ(run(with(text, "epochs = 4", "epochs = 0"), "run").code, 0);
  const std::string spikes = (directory_ / "run/spikes/seed-1.h5").string();
  std::ofstream(directory_ / "read.py")
      << python_of_manual("import h5py, neo") << "trains = spike_trains('" << spikes
      << "', 'in1', 0.5, 1.5)\n"
         "f = h5py.File('"
      << spikes
      << "')['spikes/in1']\n"
         "assert len(trains) > 20 and sum(map(len, trains)) == len(f['timestamps']), len(trains)\n"
         "third = trains[2]\n"
         "assert list(third.magnitude) == list(f['timestamps'][:][f['node_ids'][:] == "
         "third.annotations['neuron']])\n"
         "assert third.t_stop.rescale('s').magnitude == 1.5\n";
  EXPECT_TRUE(io::run_python(directory_ / "read.py", directory_ / "output"))
      << io::read_text(directory_ / "output");
}

TEST_F(Spiking, RecordedSpikesAreWhatIsCounted) {
  const std::string text =
      "[model]\nname = \"burstprop-multiplexing\"\npyramidal = 200\nburn_in_s = 0.2\nduration_s = "
      "0.4\n[record]\nspikes = true\nuntil_s = 0.6\n";
  ASSERT_EQ(run(text, "run").code, 0);
  const auto recorded = io::hdf5::File::open(directory_ / "run/spikes/seed-1.h5")
                            .dataset("spikes/pyr1/timestamps")
                            .read<double>();
  const io::hdf5::File results = io::hdf5::File::open(directory_ / "run/results.h5");
  double counted = 0;
  for (const double Hz : results.dataset("seed-1/run/pyr1/spike_rate").read<double>())
    counted += Hz * 0.05 * 200;
  EXPECT_NEAR(static_cast<double>(recorded.size()), counted, 1e-6);
  EXPECT_GT(recorded.size(), 100U);
}

TEST_F(Spiking, EveryModelRunsSmall) {
  const std::string models[] = {
      R"(name = "burstprop-propagation"
pyramidal = 100
interneurons = 40
connection_probability = 0.2
burn_in_s = 0.1
duration_s = 0.3
)",
      "name = \"burstprop-multiplexing\"\npyramidal = 100\nburn_in_s = 0.1\nduration_s = 0.3\n",
      "name = \"burstprop-rule-network\"\nneurons = 50\npool = 500\nalpha_s = 0.1\nphase_s = 0.2\n",
      "name = \"burstprop-pairing-periodic\"\nfrequencies_Hz = [10, 50, 80]\n",
      "name = \"burstprop-pairing-poisson\"\nrepetitions = 2\nduration_s = 5\n",
      "name = \"burstprop-pairing-burst-poisson\"\nrepetitions = 2\nduration_s = 5\n"};
  int number = 0;
  for (const std::string& model : models) {
    const std::string to = "run" + std::to_string(number++);
    const Answer a = run("[model]\n" + model, to, {"--seeds", "2", "--json"});
    ASSERT_EQ(a.code, 0) << model << a.err;
    EXPECT_FALSE(io::parse_json(a.out, "stdout").at("measures").empty());
    EXPECT_EQ(test::malformed(bytes(to, "report.html")), "") << model;
  }
  EXPECT_THAT(bytes("run3", "report.html"), HasSubstr("frequency of pairing (Hz)"));
}

TEST_F(Spiking, CheckSaysWhatItIsAndWhatItTakes) {
  const Answer a = apical_says({"check", file(kTinyXor)});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("learn XOR"));
  EXPECT_THAT(a.out, HasSubstr("300 neurons"));
  EXPECT_THAT(a.out, HasSubstr("12.3 s of biological time per seed"));
  EXPECT_THAT(a.out, HasSubstr("for each checkpoint"));
  EXPECT_THAT(a.out, HasSubstr("time        about "));
  const Answer json = apical_says({"check", file(kTinyXor), "--json"});
  EXPECT_EQ(io::parse_json(json.out, "stdout").at("experiments").at(0).at("neurons"), 300);
  EXPECT_EQ(io::parse_json(json.out, "stdout").at("experiments").at(0).at("recorded_bytes"), 0);
  // A recorded second of some 200 neurons at about 7 Hz, 16 bytes for each spike.
  const std::string recorded =
      "[model]\nname = \"burstprop-multiplexing\"\npyramidal = 200\n[record]\nspikes = true\nfrom_s = "
      "1\nuntil_s = 2\n";
  EXPECT_THAT(apical_says({"check", file(recorded)}).out,
              HasSubstr("of spikes, in memory until the run ends"));
  const Answer bytes = apical_says({"check", file(recorded), "--json"});
  EXPECT_NEAR(io::parse_json(bytes.out, "stdout").at("experiments").at(0).at("recorded_bytes").get<double>(),
              200 * 7 * 16, 200 * 4 * 16);
}

TEST_F(Spiking, ARecipeThatTheFileChangesIsNotDescribedAsThePublishedOne) {
  const std::string changed = kTinyXor + "[[edit]]\npopulation = \"hid1\"\nsize = 30\n";
  const Answer a = apical_says({"check", file(changed)});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("burstprop-xor, changed by this file (edit)"));
  EXPECT_THAT(a.out, Not(HasSubstr("learn XOR")));
}

TEST_F(Spiking, CheckRefusesSamplesThatARunRefuses) {
  const std::string text =
      "[model]\nname = \"burstprop-mnist\"\nhidden = 10\n[samples]\ntask = \"yin-yang\"\n";
  for (const Answer& a : {apical_says({"check", file(text)}), run(text, "samples")}) {
    EXPECT_EQ(a.code, 3) << a.err;
    EXPECT_THAT(a.err, HasSubstr("population 'in' has 196 sources; task 'yin-yang' sets 1"));
  }
  EXPECT_FALSE(io::file_exists(directory_ / "samples"));  // before anything is written
}

TEST_F(Spiking, CheckPrintsTheCircuit) {
  const Answer a = apical_says({"check", file(kTinyXor), "--circuit"});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("hid1: 60 burst_poisson"));
  EXPECT_THAT(a.out, HasSubstr("in1->hid1 exc: in1 -> hid1 (soma_excitatory), events after 0 ms"));
}

TEST_F(Spiking, ModelsListThemWithCitationAndIngredients) {
  EXPECT_THAT(apical_says({"models"}).out, HasSubstr("burstprop-propagation"));
  const Answer a = apical_says({"models", "burstprop-xor"});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("Payeur"));
  EXPECT_THAT(a.out,
              HasSubstr("excite and inhibit at once (against Dale's law): in1, in2, hid1, hid2 and out"));
  EXPECT_THAT(a.out, HasSubstr("(default 1000 pA)"));
  EXPECT_THAT(a.out, HasSubstr("homeostatic_rate"));
  EXPECT_THAT(a.out, HasSubstr("as in the published program"));
}

TEST_F(Spiking, ModelsPrintAsFilesThatRunWithoutThem) {
  const Answer printed = apical_says(
      {"models", "burstprop-multiplexing", "--toml", "--set", "pyramidal=100", "--set", "burst_in_s=0.1"});
  EXPECT_EQ(printed.code, 3);
  EXPECT_THAT(printed.err, HasSubstr("did you mean 'burn_in_s'?"));
  const std::vector<std::string> small{"--set",         "pyramidal=100", "--set",
                                       "burn_in_s=0.1", "--set",         "duration_s=0.3"};
  std::vector<std::string> arguments{"models", "burstprop-multiplexing", "--toml"};
  arguments.insert(arguments.end(), small.begin(), small.end());
  const Answer text = apical_says(arguments);
  ASSERT_EQ(text.code, 0) << text.err;
  ASSERT_EQ(run(text.out, "own").code, 0);
  ASSERT_EQ(
      run("[model]\nname = \"burstprop-multiplexing\"\npyramidal = 100\nburn_in_s = 0.1\nduration_s = 0.3\n",
          "recipe")
          .code,
      0);
  EXPECT_EQ(bytes("own", "metrics.ndjson"), bytes("recipe", "metrics.ndjson"));
  EXPECT_THAT(apical_says({"models", "burstprop-pairing-poisson", "--toml"}).err,
              HasSubstr("cannot be written"));
  EXPECT_THAT(apical_says({"models", "--toml"}).err, HasSubstr("prints one model"));
  EXPECT_THAT(apical_says({"models", "error-neuron-microcircuit", "--toml", "--set", "layers=[2,3,1]"}).out,
              HasSubstr("[[population]]"));
}

TEST_F(Spiking, ACircuitOfNoPaperStandsInTomlAlone) {
  const std::string file = std::string(test::kSourceDir) + "/experiments/own-circuits/som-gated-xor.toml";
  const Answer a =
      apical_says({"run", file, "--quiet", "--seeds", "1", "--set", "training.epochs=2", "--out", out()});
  ASSERT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("patterns right, of 4"));
  EXPECT_EQ(test::malformed(bytes("run", "report.html")), "");
}

TEST_F(Spiking, ReproducesWhatItClaimsAndTheSameBits) {
  const Answer a =
      apical_says({"reproduce", kExperiments + "pairing-periodic.toml", "--quiet", "--out", out("claim")});
  EXPECT_EQ(a.code, 0) << a.out << a.err;
  EXPECT_THAT(a.out, HasSubstr("5 of 5 reproduced"));
  EXPECT_THAT(bytes("claim", "report.html"), HasSubstr("Compared with Payeur et al. 2021, Fig. 2B"));
  ASSERT_EQ(run(kTinyXor, "run").code, 0);
  const Answer again = apical_says({"reproduce", out(), "--quiet", "--out", out("again")});
  EXPECT_EQ(again.code, 0) << again.out << again.err;
  EXPECT_THAT(again.out, HasSubstr("identical bits"));
}

TEST_F(Spiking, ExperimentsThatComeWithApicalAreSound) {
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kExperiments)) {
    const TomlDocument document = TomlDocument::read(entry.path().string());
    EXPECT_TRUE(is_spiking(document)) << entry.path();
    for (const TomlDocument& one : document.variants("variant"))
      EXPECT_FALSE(read_spiking_experiment(one).description.empty()) << entry.path();
    ++found;
  }
  EXPECT_EQ(found, 14U);
}

const std::string kTinyMnist = R"(
[model]
name = "burstprop-mnist"
hidden = 30
per_class = 2
train_images = 1010
test_images = 40
prediction_s = 0.2
settle_s = 0.05
teaching_s = 0.1
[training]
epochs = 2
[run]
seeds = 2
checkpoint_every_s = 0
[record]
raster_s = 0.1
)";

TEST_F(Spiking, DigitsResumeByteForByteInTheMiddleOfAnEpoch) {
  const char* const data = std::getenv("APICAL_DATA");
  if (data == nullptr) GTEST_SKIP() << "needs MNIST below APICAL_DATA";
  const Answer whole = run(kTinyMnist, "whole", {"--threads", "2"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("test accuracy [95 %]"));
  const Experiment e = read_experiment(TomlDocument::parse(kTinyMnist, "test"));
  std::atomic<bool> stop{false};
  StopsAt stops(0.3 * 2 * e.spiking().course.duration_s(), stop);
  RunOptions options;
  options.directory = out("parts");
  options.listeners = {&stops};
  ThreadPool pool(1);
  const Resources resources{pool, data};
  ASSERT_TRUE(run_experiment(e, options, resources, stop).stopped);
  options.listeners = {};
  options.resume = true;
  stop = false;
  ASSERT_FALSE(run_experiment(e, options, resources, stop).stopped);
  for (const char* name : {"metrics.ndjson", "results.h5"})
    EXPECT_EQ(bytes("whole", name), bytes("parts", name)) << name;
  const std::vector<Measurement> rows = read_measurements(directory_ / "whole");
  for (const auto& [where, times] : {std::pair{"test", 3U}, {"train", 2U}}) {
    const std::vector<SeedCurve> curves = curves_of(rows, where, "accuracy");
    ASSERT_EQ(curves.size(), 2U) << where << " of two seeds";
    EXPECT_EQ(curves[0].y.size(), times) << where << " of two epochs, the untrained network tested too";
  }
  EXPECT_THAT(bytes("whole", "report.html"), HasSubstr("Accuracy on test pictures"));
}

}  // namespace
}  // namespace apical
