// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/protocol.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apical/experiment/directory_name.h"
#include "apical/experiment/toml/circuit_toml.h"
#include "apical/io/hdf5.h"
#include "apical/io/json.h"
#include "apical/io/test_directory.h"
#include "apical/learning/rate_learner.h"
#include "apical/run/protocol_run.h"

namespace apical {
namespace {

const char* const kShort = R"(
title = "Short"
[task]
name = "yin-yang"
train_samples = 40
validation_samples = 10
test_samples = 30
[model]
name = "error-neuron-microcircuit"
layers = [4, 6, 3]
activation = "logistic"
eta = [30, 3]
[training]
epochs = 2
settling_ms = 1
[run]
seeds = 3
[protocol]
epochs = [0, 2]
samples = 4
repeats = 2
blank_ms = 0.05
presentation_ms = 0.3
target_onset_ms = 0.1
evaluate = true
[[condition]]
name = "other class"
[[condition.perturbation]]
mismatch = "permute"
onset_ms = 0.2
[[condition]]
name = "silenced"
[[condition.perturbation]]
silence = "a1.err"
[[condition]]
name = "silenced while learning"
during = "training"
[[condition.perturbation]]
silence = "a*.err"
[[measure]]
name = "errors"
population = ["a2.err", "a2.inter"]
variable = "rate"
reduce = "magnitude"
window_ms = [0.15, 0.3]
single_units = 2
[[measure]]
name = "apical"
population = "a1.rep"
variable = "apical"
units = [1, 3]
)";

std::vector<ProbedModel> read(const std::string& text) {
  return read_protocol(TomlDocument::parse(text, "p.toml"));
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

const Contrast& contrast(const ModelOutcome& m, const std::string& measure, const std::string& condition,
                         std::size_t epochs) {
  for (const Contrast& c : m.contrasts) {
    if (c.measure == measure && c.condition == condition && c.epochs == epochs) return c;
  }
  throw std::runtime_error("no contrast of " + measure);
}

const Trace& trace(const ModelOutcome& m, const std::string& measure, const std::string& condition,
                   std::size_t epochs) {
  for (const Trace& t : m.traces) {
    if (t.measure == measure && t.condition == condition && t.epochs == epochs) return t;
  }
  throw std::runtime_error("no trace of " + measure);
}

ProtocolResult run(const std::vector<ProbedModel>& models, const io::Path& directory, unsigned threads = 1) {
  const std::atomic<bool> stop = false;
  ThreadPool pool(threads);
  return run_protocol(models, {.directory = directory}, {pool}, stop);
}

TEST(Protocol, ReadsConditionsInStepsOfTheCircuit) {
  const ProbedModel m = read(kShort).front();
  ASSERT_EQ(m.protocol.conditions.size(), 4U);
  EXPECT_EQ(m.protocol.conditions[0].name, "control");
  EXPECT_EQ(m.protocol.conditions[1].mismatches.front().onset, 20);
  EXPECT_EQ(m.protocol.conditions[2].perturbations.front().population,
            m.experiment.circuit().population("a1.err"));
  EXPECT_EQ(m.protocol.conditions[3].perturbations.size(), 2U);
  EXPECT_EQ(m.protocol.trial(0.01).blank, 5);
  EXPECT_EQ(m.protocol.trial(0.01).target_onset, 10);
  // The experiment as resolved holds the protocol, and reads back to the same.
  const ProbedModel again = read(m.experiment.resolved).front();
  EXPECT_EQ(again.experiment.resolved, m.experiment.resolved);
}

TEST(Protocol, TellsWhatItsRunsNote) {
  const io::TestDirectory directory;
  const std::vector<ProbedModel> models = read(kShort);
  ThreadPool pool(1);
  const std::atomic<bool> now = true, go_on = false;
  const io::Path out = directory.path() / "out";
  ASSERT_TRUE(run_protocol(models, {.directory = out}, {pool}, now).stopped);
  // As of a run that was killed before its first checkpoint: there is none, and no event tells of one.
  const io::Path run = out / directory_name(models[0].experiment.label);
  std::filesystem::remove_all(run / "checkpoints");
  std::filesystem::remove(run / "events.ndjson");
  const ProtocolResult r = run_protocol(models, {.directory = out, .resume = true}, {pool}, go_on);
  ASSERT_EQ(r.notes.size(), 1U);
  EXPECT_EQ(r.notes[0],
            models[0].experiment.label + ": no checkpoint had been written yet: the run begins again");
}

TEST(Protocol, WhatEndsTrainingAtAnEpochThatIsNotKnownIsRefused) {
  for (const char* limit : {"minutes = 5", "patience = 3"}) {
    try {
      read(with(kShort, "settling_ms = 1", fmt::format("settling_ms = 1\n{}", limit)));
      ADD_FAILURE() << limit;
    } catch (const ConfigError& e) {
      EXPECT_NE(std::string(e.what()).find("p.toml:16:"), std::string::npos) << e.what();
    }
  }
}

TEST(Protocol, LearningRatesFallOverTheWholeTrainingWhicheverEpochsAreProbed) {
  const std::string falling =
      with(kShort, "epochs = 2\nsettling_ms", "epochs = 4\neta_schedule = \"linear\"\nsettling_ms");
  const auto probed = [&](const std::string& epochs, const char* to) {
    const io::TestDirectory directory;
    return run(read(with(falling, "epochs = [0, 2]", "epochs = " + epochs)), directory.path() / to)
        .models.at(0);
  };
  const ModelOutcome short_of_it = probed("[2]", "a"), on_the_way = probed("[2, 4]", "b");
  EXPECT_EQ(trace(short_of_it, "errors", "control", 2).mean.flat().front(),
            trace(on_the_way, "errors", "control", 2).mean.flat().front());
  const auto loss = [](const ModelOutcome& m) {
    return contrast(m, "test loss", "silenced while learning", 2);
  };
  EXPECT_EQ(loss(short_of_it).value, loss(on_the_way).value);
  EXPECT_EQ(loss(short_of_it).control, loss(on_the_way).control);
}

TEST(Protocol, ReadsEveryKindOfPerturbation) {
  const auto first = [](const std::string& perturbation) {
    const auto m = read(with(kShort, "silence = \"a1.err\"", perturbation)).front();
    return m.protocol.conditions[2].perturbations.at(0);
  };
  using Kind = rate::Perturbation::Kind;
  const auto clamp = first(
      "clamp = \"a1.rep\"\nvariable = \"soma\"\nvalue = 0.5\nunits = [0, 2]\nonset_steps = 3\noffset_ms = "
      "0.1");
  EXPECT_EQ(clamp.kind, Kind::clamp);
  EXPECT_EQ(clamp.variable, "soma");
  EXPECT_EQ(clamp.units, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(clamp.onset, 3);
  EXPECT_EQ(clamp.offset, 10);
  EXPECT_EQ(first("inject = \"a1.rep\"\ncompartment = \"apical\"\npotential = -0.5").value, -0.5);
  EXPECT_EQ(first("noise = \"a1.rep\"\ncompartment = \"basal\"\nsd = 0.1\nhold_ms = 0.05").hold_steps, 5);
  EXPECT_EQ(first("cut = \"a*.err->a*.err.*\"").value, 0);
  EXPECT_EQ(first("scale = \"a2.err->a1.err.dendrite\"\nfactor = 2").value, 2);
  EXPECT_EQ(first("freeze = \"input->a1.rep.basal\"").kind, Kind::freeze);
}

TEST(Protocol, MistakesAreShownWhereTheyAre) {
  const auto refused = [](const std::string& from, const std::string& to, const std::string& message) {
    try {
      read(with(kShort, from, to));
      ADD_FAILURE() << "accepted " << to;
    } catch (const ConfigError& e) {
      EXPECT_NE(std::string(e.what()).find(message), std::string::npos) << e.what();
      EXPECT_EQ(e.place().file, "p.toml");
    }
  };
  refused("silence = \"a1.err\"", "silence = \"a1.er\"", "did you mean 'a1.err'?");
  refused("silence = \"a1.err\"", "silense = \"a1.err\"", "a perturbation says neither of silence");
  refused("silence = \"a1.err\"", "silence = \"a1.err\"\nunits = [6]",
          "names neuron 6 of population 'a1.err', which has 6");
  refused("silence = \"a1.err\"", "silence = \"a1.err\"\nunits = [6]", "perturbation 'silence' names");
  refused("silence = \"a1.err\"", "silence = \"a1.er\"", "no population of this circuit is named 'a1.er'");
  refused("silence = \"a1.err\"", "cut = \"a1.err\"", "no projection of this circuit is named 'a1.err'");
  refused("name = \"silenced\"\n", "name = \"control\"\n",
          "the condition named 'control' is perturbed, but that is the name of the undisturbed one");
  refused("title = \"Short\"", "label = \"seeds\"", "labelled 'seeds', as is what results.h5 keeps");
  refused("name = \"silenced\"\n", "name = \"two\\nlines\"\n", "has a line break");
  refused("silence = \"a1.err\"", "silence = \"a1.err\"\nunits = []", "is empty");
  refused("silence = \"a1.err\"", "silence = \"a1.err\"\nonset_ms = 1\nonset_steps = 3",
          "say the same thing");
  refused("silence = \"a1.err\"", "freeze = \"a2.err->a1.err.dendrite\"", "has no plasticity to freeze");
  refused("silence = \"a1.err\"", "inject = \"a1.rep\"\ncompartment = \"apcial\"\npotential = 1",
          "did you mean 'apical'?");
  refused("mismatch = \"permute\"", "mismatch = \"permute\"\nby = 3", "changes nothing");
  refused("during = \"training\"",
          "during = \"training\"\n[[condition.perturbation]]\nmismatch = \"swap\"\nonset_ms = 0.1",
          "shown throughout");
  refused("during = \"training\"", "during = \"training\"\n[[condition.perturbation]]\nmismatch = \"omit\"",
          "nothing to learn from");
  refused("target_onset_ms = 0.1", "target_onset_ms = 0.3", "the target would appear 0.3 ms after the onset");
  refused("onset_ms = 0.2", "onset_ms = 1e9", "in condition 'other class' begins 1e+09 ms");
  refused("silence = \"a1.err\"", "silence = \"a1.err\"\noffset_ms = -0.1", "never acts");
  refused("variable = \"apical\"", "variable = \"apical\"\nsingle_units = 99",
          "keeps 99 single neurons; its population has 6");
  refused("variable = \"apical\"", "variable = \"apcial\"",
          "unknown variable 'apcial' of population 'a1.rep'");
  refused("population = \"a1.rep\"", "population = \"a1.rap\"", "no population is named 'a1.rap'");
  refused("window_ms = [0.15, 0.3]", "window_ms = [0.15, 0.4]", "no part of the recorded");
  refused("epochs = [0, 2]", "epochs = [0, 3]", "from 0 to training.epochs = 2");
  refused("epochs = [0, 2]", "epochs = [2, 0]", "no rising list");
  refused("epochs = [0, 2]", "epochs = [0, 2]\ncontrol = \"silent\"", "the control 'silent' is no condition");
  refused("epochs = [0, 2]", "epochs = [0, 2]\nwindow_ms = [-1, 0.3]", "has to lie within");
  refused("name = \"silenced while learning\"", "name = \"silenced\"", "two entries of [[condition]]");
  refused("name = \"silenced while learning\"", "name = \"control\"",
          "the control is perturbed while it learns");
  refused("[protocol]", "[prtocol]", "missing table [protocol]");
}

TEST(Protocol, IsNoExperimentToBeRunWithoutIt) {
  try {
    read_experiment(TomlDocument::parse(kShort, "p.toml"));
    ADD_FAILURE() << "accepted";
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("apical probe"), std::string::npos);
  }
}

TEST(Protocol, SwappedTargetIsThatOfAnotherSampleAndOthersAreMadeFromIt) {
  const auto read_target = [](std::size_t sample, std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(10 * sample + i);
  };
  const auto shown = [&](const TargetMismatch& m) {
    std::vector<double> y(3);
    read_target(4, y);
    apply(m, 4, 5, read_target, y);
    return y;
  };
  EXPECT_EQ(shown({.kind = TargetMismatch::Kind::swap, .by = 2}), (std::vector<double>{10, 11, 12}));
  EXPECT_EQ(shown({.kind = TargetMismatch::Kind::permute}), (std::vector<double>{41, 42, 40}));
  EXPECT_EQ(shown({.kind = TargetMismatch::Kind::shift, .by = -1, .units = {1}}),
            (std::vector<double>{40, 40, 42}));
}

/// Of 40 training and 30 test samples, of which trials show the first 4.
TEST(Protocol, SwappingEachTargetForItselfIsRefusedBeforeThereIsADirectory) {
  const auto refusal = [](const std::string& mismatch) {
    const io::TestDirectory directory;
    const io::Path out = directory.path() / "out";
    try {
      run(read(with(kShort, "mismatch = \"permute\"", mismatch)), out);
    } catch (const ConfigError& e) {
      EXPECT_FALSE(io::file_exists(out)) << e.what();
      return std::string(e.what());
    }
    return std::string("none");
  };
  for (const char* by : {"30", "60"}) {
    const std::string says = refusal(std::string("mismatch = \"swap\"\nby = ") + by);
    EXPECT_NE(says.find("condition 'other class' swaps each target for that of the sample " +
                        std::string(by) + " places further"),
              std::string::npos)
        << says;
    EXPECT_NE(says.find("30 samples of the test split"), std::string::npos) << says;
  }
  EXPECT_EQ(refusal("mismatch = \"swap\"\nby = 31"), "none");
  EXPECT_EQ(refusal("mismatch = \"swap\"\nby = 15"), "none") << "halfway round is another sample";
}

TEST(Protocol, WhatALaterModelIsRefusedForShowsBeforeTheFirstRuns) {
  const io::TestDirectory directory;
  const io::Path out = directory.path() / "out";
  const std::string two = std::string(kShort) +
                          "[[variant]]\nlabel = \"one\"\n[[variant]]\nlabel = \"two\"\n"
                          "protocol.samples = 31\n";
  EXPECT_THROW(run(read(two), out), ConfigError);
  EXPECT_FALSE(io::file_exists(out));
}

TEST(Protocol, RunsEveryConditionFromTheSameStateOfEachModel) {
  const io::TestDirectory directory;
  const auto models = read(kShort);
  const ProtocolResult result = run(models, directory.path() / "out");
  ASSERT_FALSE(result.stopped);
  ASSERT_EQ(result.time_ms.size(), 35U);
  EXPECT_NEAR(result.time_ms.front(), -0.05, 1e-12);
  const ModelOutcome& m = result.models.front();
  for (const std::size_t epochs : {0U, 2U}) {
    const Trace &control = trace(m, "errors", "control", epochs),
                &other = trace(m, "errors", "other class", epochs);
    for (std::size_t r = 0; r < 3; ++r) {
      for (std::size_t c = 0; c < result.time_ms.size(); ++c) {
        // The other class is shown from 0.2 ms on; the error sees it one step later. Later trials begin with
        // what is left of it.
        const double t = result.time_ms[c];
        if (t > 0.05 && t < 0.1) {
          EXPECT_NEAR(control.mean(r, c), 0, 1e-9);
        }
        if (t > 0.13 && t < 0.19) {
          EXPECT_NEAR(control.mean(r, c), other.mean(r, c), 1e-4);
        }
      }
      EXPECT_GT(control.mean(r, 30), 1e-4);
      EXPECT_GT(std::abs(control.mean(r, 30) - other.mean(r, 30)), 1e-6);
    }
    ASSERT_EQ(control.units.size(), 3U);
    EXPECT_EQ(control.units[0].cols(), 2U);
    // Two conditions differ in the mean over the measure's window, by seed.
    const Contrast& c = contrast(m, "errors", "other class", epochs);
    double sum = 0;
    for (std::size_t k = 20; k < 35; ++k) sum += other.mean(1, k);
    EXPECT_NEAR(c.value[1], sum / 15, 1e-12);
    EXPECT_NEAR(c.difference().mean,
                (c.value[0] + c.value[1] + c.value[2] - c.control[0] - c.control[1] - c.control[2]) / 3,
                1e-15);
    // Without errors nothing reaches the apical dendrites; a test without targets does not see it.
    for (const double v : contrast(m, "apical", "silenced", epochs).value) EXPECT_EQ(v, 0);
    const Contrast& loss = contrast(m, "test loss", "silenced", epochs);
    for (std::size_t r = 0; r < 3; ++r) EXPECT_NEAR(loss.value[r], loss.control[r], 1e-6);
  }
  // What learned without any error has learned nothing.
  const Contrast& untaught = contrast(m, "test loss", "silenced while learning", 2);
  const Contrast& naive = contrast(m, "test loss", "silenced", 0);
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_NEAR(untaught.value[r], naive.control[r], 1e-5);
    EXPECT_LT(untaught.control[r], naive.control[r]);
  }
  EXPECT_THROW(contrast(m, "test loss", "silenced while learning", 0), std::runtime_error);
}

TEST(Protocol, LeavesAllItMeasuredInItsDirectory) {
  const io::TestDirectory directory;
  const io::Path out = directory.path() / "out";
  const auto models = read(kShort);
  const ProtocolResult result = run(models, out);
  const nlohmann::json summary = io::read_json(out / "summary.json");
  EXPECT_EQ(summary.at("schema"), "apical-protocol/1");
  EXPECT_EQ(summary.at("contrasts").size(), result.models.front().contrasts.size());
  EXPECT_EQ(io::read_text(out / "error-neuron-microcircuit" / "experiment.toml"),
            models.front().experiment.resolved);
  const io::hdf5::File file = io::hdf5::File::open(out / "results.h5");
  const Trace& t = trace(result.models.front(), "errors", "other class", 2);
  const auto stored = file.dataset("error-neuron-microcircuit/epochs-2/other_class/errors/mean");
  EXPECT_EQ(stored.dims(), (std::vector<std::uint64_t>{3, 35}));
  EXPECT_EQ(stored.read<double>(), std::vector<double>(t.mean.flat().begin(), t.mean.flat().end()));
  EXPECT_EQ(file.dataset("error-neuron-microcircuit/epochs-2/other_class/errors/units").dims(),
            (std::vector<std::uint64_t>{3, 35, 2}));
  EXPECT_THROW(run(models, out), IoError);
  EXPECT_EQ(io::read_json(out / "comparison.json").at("runs").at(0), "error-neuron-microcircuit");
  // Each model says how it was probed and what it needs, and its circuit can be read back.
  const io::Path model = out / "error-neuron-microcircuit";
  const nlohmann::json manifest = io::read_json(model / "manifest.json");
  EXPECT_EQ(manifest.at("method").at(0).at("title"), "Trials");
  EXPECT_FALSE(manifest.at("ingredients").empty());
  EXPECT_EQ(io::read_text(model / "circuit.toml"), circuit_toml(models.front().experiment.circuit()));
}

TEST(Protocol, IsReadBackFromItsFiles) {
  const io::TestDirectory directory;
  const io::Path out = directory.path() / "out";
  EXPECT_FALSE(has_protocol(out));
  const auto models = read(kShort);
  const ProtocolResult result = run(models, out);
  ASSERT_TRUE(has_protocol(out));
  const ProtocolRecord back = read_protocol_record(out);
  EXPECT_EQ(back.control, "control");
  EXPECT_EQ(back.conditions,
            (std::vector<std::string>{"control", "other class", "silenced", "silenced while learning"}));
  EXPECT_EQ(back.seeds.size(), 3U);
  ASSERT_EQ(back.measures.size(), 2U);
  EXPECT_TRUE(back.measures[0].magnitude);
  EXPECT_EQ(back.measures[0].populations, (std::vector<std::string>{"a2.err"}));
  EXPECT_EQ(back.result.time_ms, result.time_ms);
  const ModelOutcome &before = result.models.front(), &now = back.result.models.front();
  ASSERT_EQ(now.traces.size(), before.traces.size());
  for (std::size_t k = 0; k < now.traces.size(); ++k) EXPECT_EQ(now.traces[k].mean, before.traces[k].mean);
  ASSERT_EQ(now.contrasts.size(), before.contrasts.size());
  for (std::size_t k = 0; k < now.contrasts.size(); ++k)
    EXPECT_EQ(now.contrasts[k].value, before.contrasts[k].value);
}

TEST(Protocol, PlasticityActsInTrialsOnlyIfItIsAskedFor) {
  const io::TestDirectory directory;
  const std::string many = with(kShort, "repeats = 2", "repeats = 10");
  const ProtocolResult off = run(read(many), directory.path() / "off"),
                       on = run(read(with(many, "evaluate = true", "learning = true")),
                                directory.path() / "on");
  const Trace &fixed = trace(off.models[0], "errors", "control", 2),
              &plastic = trace(on.models[0], "errors", "control", 2);
  for (std::size_t r = 0; r < 3; ++r) EXPECT_GT(std::abs(fixed.mean(r, 30) - plastic.mean(r, 30)), 1e-6);
}

TEST(Protocol, SameSeedGivesTheSameFiguresForAnyNumberOfThreads) {
  const io::TestDirectory directory;
  const auto models = read(kShort);
  const ProtocolResult one = run(models, directory.path() / "one", 1),
                       three = run(models, directory.path() / "three", 3);
  for (std::size_t k = 0; k < one.models[0].traces.size(); ++k)
    EXPECT_EQ(one.models[0].traces[k].mean, three.models[0].traces[k].mean);
  for (std::size_t k = 0; k < one.models[0].contrasts.size(); ++k)
    EXPECT_EQ(one.models[0].contrasts[k].value, three.models[0].contrasts[k].value);
}

TEST(Protocol, AModelWithoutAMeasuredPopulationIsLeftOutOfThatMeasure) {
  const std::string two = std::string(kShort) + R"(
[[variant]]
label = "errors in error neurons"
[[variant]]
label = "own circuit"
[variant.model]
name = "layered-reference"
)";
  const io::TestDirectory directory;
  const auto models = read(two);
  const ProtocolResult result = run(models, directory.path() / "out");
  EXPECT_NO_THROW(contrast(result.models[0], "apical", "silenced", 2));
  EXPECT_NO_THROW(contrast(result.models[1], "errors", "silenced", 2));
  EXPECT_THROW(contrast(result.models[1], "apical", "silenced", 2), std::runtime_error);
}

TEST(Protocol, StopsWhenAskedAndGoesOnToTheSameFigures) {
  const io::TestDirectory directory;
  std::atomic<bool> stop = true;
  const auto models = read(kShort);
  const io::Path out = directory.path() / "out";
  ThreadPool pool(1);
  EXPECT_TRUE(run_protocol(models, {.directory = out}, {pool}, stop).stopped);
  EXPECT_FALSE(io::file_exists(out / "summary.json"));
  stop = false;
  const ProtocolResult whole = run(models, directory.path() / "whole");
  for (int again = 0; again < 2;
       ++again) {  // the second time all has finished, and is taken up from the files
    const ProtocolResult on = run_protocol(models, {.directory = out, .resume = true}, {pool}, stop);
    ASSERT_EQ(on.models.front().contrasts.size(), whole.models.front().contrasts.size());
    for (std::size_t i = 0; i < whole.models.front().contrasts.size(); ++i) {
      EXPECT_EQ(on.models.front().contrasts[i].value, whole.models.front().contrasts[i].value);
      EXPECT_EQ(on.models.front().contrasts[i].control, whole.models.front().contrasts[i].control);
    }
  }
}

TEST(Protocol, MoreSamplesThanThereAreIsRefused) {
  const io::TestDirectory directory;
  EXPECT_THROW(run(read(with(kShort, "\nsamples = 4\n", "\nsamples = 31\n")), directory.path() / "out"),
               ConfigError);
}

}  // namespace
}  // namespace apical
