// SPDX-License-Identifier: Apache-2.0
// Spiking experiments from end to end: run, stop and resume, wrong keys, threads, check, models, reproduce.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/experiment/spiking_run.h"
#include "apical/io/hdf5.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "support/command_line.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using test::Answer;
using test::apical_says;
using test::with;

const std::string kExperiments = std::string(APICAL_SOURCE_DIR) + "/experiments/payeur2021/";

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

class Spiking : public test::CommandLine {
 protected:
  std::string bytes(const std::string& run, const std::string& name) const { return io::read_text(directory_ / run / name); }
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
  for (const char* name : {"experiment.toml", "manifest.json", "metrics.ndjson", "events.ndjson", "results.h5", "summary.json", "report.html"}) {
    EXPECT_TRUE(io::file_exists(directory_ / "run" / name)) << name;
  }
  EXPECT_EQ(io::read_json(directory_ / "run/manifest.json").at("kind"), "spiking");
  // Two tests and four epochs of three seeds.
  const auto lines = io::read_ndjson(directory_ / "run/metrics.ndjson").lines;
  EXPECT_EQ(lines.size(), 3U * (2 + 4));
  const io::hdf5::File results = io::hdf5::File::open(directory_ / "run/results.h5");
  EXPECT_EQ(results.dataset("seed-2/trained/hid1/event_rate").dims(), std::vector<std::uint64_t>{128});  // 4 x 0.5 s in bins of T/32
  EXPECT_TRUE(results.contains("seed-1/untrained/out/raster/time"));
  EXPECT_FALSE(results.contains("seed-2/untrained/out/raster"));  // rasters are of the first seed
}

TEST_F(Spiking, ReportShowsRastersRatesAndTheModelsOwnFigures) {
  ASSERT_EQ(run(kTinyXor, "run").code, 0);
  const std::string page = bytes("run", "report.html");
  for (const char* what : {"Spikes, untrained", "Spikes, trained", "Event rate, trained", "Burst rate, untrained", "Burst probability, trained", "Cost of an epoch",
                           "Answers of the output population", "Plastic weights", "What the experiment takes for granted"}) {
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
  const std::string text = with(kTinyXor, "[record]", "checkpoint_every_s = 0\n[record]\nspikes = true\nuntil_s = 3\n");
  ASSERT_EQ(run(text, "whole").code, 0);
  const SpikingExperiment e = read_spiking_experiment(TomlDocument::parse(text, "test"));
  for (const double until_s : {1.0, 12.0}) {  // in the first test, and in training
    std::atomic<bool> stop{false};
    SpikingRunOptions options;
    options.directory = out(until_s < 2 ? "early" : "late");
    options.threads = 1;
    options.progress = [&](const SpikingProgress& p) { stop = p.done_s >= until_s; };
    const SpikingRunResult stopped = run_spiking(e, options, stop);
    ASSERT_TRUE(stopped.stopped);
    EXPECT_FALSE(io::file_exists(options.directory / "summary.json"));
    const Answer resumed = apical_says({"run", "--resume", "--quiet", "--out", options.directory.string(), "--threads", "2"});
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    for (const char* name : {"metrics.ndjson", "results.h5", "spikes/seed-1.h5"}) {
      EXPECT_EQ(bytes(options.directory.filename(), name), bytes("whole", name)) << name << " after " << until_s << " s";
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
  const Answer other = apical_says({"run", file(with(kTinyXor, "epochs = 4", "epochs = 5")), "--resume", "--out", out()});
  EXPECT_EQ(other.code, 3);
  EXPECT_THAT(other.err, HasSubstr("another experiment"));
}

TEST_F(Spiking, WrongKeysAreExplained) {
  const auto complaint = [&](const std::string& text) {
    const Answer a = run(text, "wrong");
    EXPECT_EQ(a.code, 3) << a.out;
    EXPECT_FALSE(std::filesystem::exists(out("wrong")));
    return a.err;
  };
  EXPECT_THAT(complaint(with(kTinyXor, "alpha_s", "alpha_ms")), HasSubstr("did you mean 'alpha_s'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "burstprop-xor", "burstprop-xro")), HasSubstr("did you mean 'burstprop-xor'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "neurons = 60", "neurons = 60\nfeedback = \"cuts\"")), HasSubstr("did you mean 'cut'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "neurons = 60", "neurons = 60\ndetector = \"acumulating\"")), HasSubstr("did you mean 'accumulating'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "neurons = 60", "neurons = 60\nquirks = \"publishd\"")), HasSubstr("did you mean 'published'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "in_degree = 20", "in_degree = 2000")), HasSubstr("2000 inputs per neuron"));
  EXPECT_THAT(complaint(with(kTinyXor, "alpha_s = 0.1", "alpha_s = 0")), ContainsRegex("experiment.toml:[0-9]+:.*alpha_s is 0; expected more than 0"));
  EXPECT_THAT(complaint(with(kTinyXor, "[run]", "[task]\nname = \"xor\"\n[run]")), HasSubstr("brings its own circuit, stimuli and course"));
  EXPECT_THAT(complaint(with(kTinyXor, "epochs", "epoch")), HasSubstr("did you mean 'epochs'?"));
  EXPECT_THAT(complaint(with(kTinyXor, "[record]", "[record]\nspikes = true\npopulations = [\"hid3\"]")), HasSubstr("'hid3'"));
  EXPECT_THAT(complaint(with(kTinyXor, "[record]", "[record]\nuntil_s = 3")), HasSubstr("spikes = true"));
  EXPECT_THAT(complaint("[model]\nname = \"burstprop-multiplexing\"\n[training]\nepochs = 3\n"), HasSubstr("has no training"));
  EXPECT_THAT(complaint("[model]\nname = \"burstprop-rule-network\"\nphases = [1, 2]\n"), HasSubstr("phases has 2 entries; expected 5"));
  EXPECT_THAT(complaint("[model]\nname = \"burstprop-pairing-periodic\"\n[record]\nspikes = true\n"), HasSubstr("has no populations"));
  const Answer compared = apical_says({"compare", file(kTinyXor)});
  EXPECT_EQ(compared.code, 3);
  EXPECT_THAT(compared.err, HasSubstr("apical run"));
}

TEST_F(Spiking, PresetsOfQuirksAreDefaultsThatSingleOnesOverride) {
  const auto resolved = [](const std::string& quirks) {
    return read_spiking_experiment(TomlDocument::parse("[model]\nname = \"burstprop-xor\"\n" + quirks, "test")).resolved;
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
  const auto e = read_spiking_experiment(TomlDocument::parse("[model]\nname = \"burstprop-xor\"\n", "test"));
  const auto& read = std::get<payeur2021::XorOptions>(e.options);
  const payeur2021::XorOptions recipe;
  EXPECT_EQ(read.teacher_A, recipe.teacher_A);
  EXPECT_EQ(read.input_on_A, recipe.input_on_A);
  EXPECT_EQ(read.input_off_A, recipe.input_off_A);
  EXPECT_EQ(read.quirks, recipe.quirks);
  const auto r = read_spiking_experiment(TomlDocument::parse("[model]\nname = \"burstprop-rule-network\"\n", "test"));
  EXPECT_EQ(std::get<payeur2021::RuleNetworkOptions>(r.options).final_presynaptic_current_A, payeur2021::RuleNetworkOptions{}.final_presynaptic_current_A);
}

TEST_F(Spiking, SpikesAreInSonataLayout) {
  if (!io::python_has("h5py")) GTEST_SKIP() << "/usr/bin/python3 has no h5py (Debian: python3-h5py)";
  const std::string text = with(kTinyXor, "[record]", "[record]\nspikes = true\nfrom_s = 0.5\nuntil_s = 1.5\npopulations = [\"in1\", \"out\"]\nseeds = 2");
  ASSERT_EQ(run(with(text, "epochs = 4", "epochs = 0"), "run").code, 0);
  EXPECT_FALSE(io::file_exists(directory_ / "run/spikes/seed-3.h5"));
  std::ofstream(directory_ / "read.py") << "import h5py, numpy as np\n"
                                           "f = h5py.File('" << (directory_ / "run/spikes/seed-2.h5").string() << "')\n"
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
  EXPECT_TRUE(io::run_python(directory_ / "read.py", directory_ / "output")) << io::read_text(directory_ / "output");
}

TEST_F(Spiking, RecordedSpikesAreWhatIsCounted) {
  const std::string text = "[model]\nname = \"burstprop-multiplexing\"\npyramidal = 200\nburn_in_s = 0.2\nduration_s = 0.4\n[record]\nspikes = true\nuntil_s = 0.6\n";
  ASSERT_EQ(run(text, "run").code, 0);
  const auto recorded = io::hdf5::File::open(directory_ / "run/spikes/seed-1.h5").dataset("spikes/pyr1/timestamps").read<double>();
  const io::hdf5::File results = io::hdf5::File::open(directory_ / "run/results.h5");
  double counted = 0;
  for (const double Hz : results.dataset("seed-1/run/pyr1/spike_rate").read<double>()) counted += Hz * 0.05 * 200;
  EXPECT_NEAR(static_cast<double>(recorded.size()), counted, 1e-6);
  EXPECT_GT(recorded.size(), 100U);
}

TEST_F(Spiking, EveryModelRunsSmall) {
  const std::string models[] = {
      "name = \"burstprop-propagation\"\npyramidal = 100\ninterneurons = 40\nconnection_probability = 0.2\nburn_in_s = 0.1\nduration_s = 0.3\n",
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
}

TEST_F(Spiking, ModelsListThemWithCitationAndIngredients) {
  EXPECT_THAT(apical_says({"models"}).out, HasSubstr("burstprop-propagation"));
  const Answer a = apical_says({"models", "burstprop-xor"});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out, HasSubstr("Payeur"));
  EXPECT_THAT(a.out, HasSubstr("cells of in1, in2, hid1, hid2 and out excite and inhibit"));
  EXPECT_THAT(a.out, HasSubstr("(default 1000 pA)"));
  EXPECT_THAT(a.out, HasSubstr("homeostatic_rate"));
  EXPECT_THAT(a.out, HasSubstr("as in the published program"));
}

TEST_F(Spiking, ReproducesWhatItClaimsAndTheSameBits) {
  const Answer a = apical_says({"reproduce", kExperiments + "pairing-periodic.toml", "--quiet", "--out", out("claim")});
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
    EXPECT_FALSE(read_spiking_experiment(document).description.empty()) << entry.path();
    ++found;
  }
  EXPECT_EQ(found, 12U);
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
  if (std::getenv("APICAL_DATA") == nullptr) GTEST_SKIP() << "needs MNIST below APICAL_DATA";
  const Answer whole = run(kTinyMnist, "whole", {"--threads", "2"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("test pictures right"));
  const SpikingExperiment e = read_spiking_experiment(TomlDocument::parse(kTinyMnist, "test"));
  std::atomic<bool> stop{false};
  SpikingRunOptions options;
  options.directory = out("parts");
  options.threads = 1;
  options.progress = [&](const SpikingProgress& p) { stop = p.done_s >= 0.3 * p.total_s; };
  ASSERT_TRUE(run_spiking(e, options, stop).stopped);
  options.progress = {};
  options.resume = true;
  stop = false;
  ASSERT_FALSE(run_spiking(e, options, stop).stopped);
  for (const char* name : {"metrics.ndjson", "results.h5"}) EXPECT_EQ(bytes("whole", name), bytes("parts", name)) << name;
  const auto lines = io::read_ndjson(directory_ / "whole/metrics.ndjson").lines;
  EXPECT_EQ(lines.size(), 2U * (1 + 2 * 2));  // two seeds: the untrained network, then training and test of two epochs
  EXPECT_THAT(bytes("whole", "report.html"), HasSubstr("Accuracy on test pictures"));
}

}  // namespace
}  // namespace apical
