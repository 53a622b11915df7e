// SPDX-License-Identifier: Apache-2.0
// A folder of 10 000 runs, made of one: how long it takes to read them for the first time, and to answer a
// question afterwards. Goal: 0.3 s for an answer.
#include "apical/study/runs_index.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "apical/io/test_directory.h"

namespace apical {
namespace {

constexpr std::size_t kRuns = 10'000;

std::string experiment(std::size_t i) {
  std::string text = fmt::format(
      "title = \"\"\n[task]\nname = \"yin-yang\"\ntrain_samples = 5000\n[model]\nname = "
      "\"error-neuron-microcircuit\"\n"
      "layers = [4, 120, 3]\neta = [{}, 8]\ngain = {}\n[training]\nepochs = 50\n[run]\nseeds = [{}]\n",
      i % 100, static_cast<double>(i % 7) / 8, i);
  for (int k = 0; k < 40; ++k) text = fmt::format("option_{} = {}\n", k, k * 0.5) + text;
  return text;
}

std::string summary(std::size_t i) {
  std::string measures;
  for (const char* where : {"train", "validation", "test", "total", "a1", "a2"}) {
    for (const char* metric : {"accuracy", "loss", "angle_deg", "norm_ratio"}) {
      for (const int epoch : {0, 50}) {
        measures += fmt::format(
            "{}{{\"epoch\": {}, \"where\": \"{}\", \"metric\": \"{}\", \"mean\": {}, \"low95\": 0.1, "
            "\"high95\": 0.9, "
            "\"median\": 0.5, \"n\": 3, \"values\": [0.1, 0.2, 0.3]}}",
            measures.empty() ? "" : ", ", epoch, where, metric,
            static_cast<double>((i * 7919) % kRuns) / kRuns);
      }
    }
  }
  return fmt::format("{{\"schema\": \"apical-summary/2\", \"wall_seconds\": {}, \"measures\": [{}]}}\n",
                     i % 77, measures);
}

const std::string kManifest =
    "{\"label\": \"error neurons\", \"title\": \"\", \"model\": \"error-neuron-microcircuit\", \"task\": "
    "\"yin-yang\", "
    "\"created\": \"2026-01-01T00:00:00Z\", \"seeds\": [1], \"apical\": {\"version\": \"0.1.0\", "
    "\"revision\": \"x\", "
    "\"numerics\": 4}}\n";

const io::Path& folder() {
  static const io::TestDirectory directory;
  static const bool made = [] {
    for (std::size_t i = 0; i < kRuns; ++i) {
      const io::Path run = directory / fmt::format("run-{:05}", i);
      io::make_directories(run);
      for (const auto& [file, text] : {std::pair<const char*, std::string>{"experiment.toml", experiment(i)},
                                       {"manifest.json", kManifest},
                                       {"summary.json", summary(i)}}) {
        io::AppendFile out(run / file);
        out.append(text);
        out.flush();
      }
    }
    return true;
  }();
  benchmark::DoNotOptimize(made);
  return directory.path();
}

void read_all(benchmark::State& state) {
  ThreadPool pool;
  for (auto _ : state) {
    io::try_remove_file(folder() / RunsIndex::kFileName);
    RunsIndex index(folder());
    index.refresh(pool);
  }
  state.counters["file_MB"] =
      static_cast<double>(std::filesystem::file_size(folder() / RunsIndex::kFileName)) / 1e6;
}

/// As `apical runs` does it, from opening the file on.
void answer(benchmark::State& state) {
  ThreadPool pool;
  RunsIndex(folder()).refresh(pool);
  std::size_t found = 0;
  for (auto _ : state) {
    RunsIndex index(folder());
    index.refresh(pool);
    RunsQuery query;
    query.where = {parse_filter("model.eta.1 > 10")};
    query.sort = "test.accuracy";
    query.descending = true;
    query.columns = {"run",   "state",     "label",         "task",
                     "seeds", "model.eta", "test.accuracy", "total.angle_deg"};
    found = index.select(query).size();
    benchmark::DoNotOptimize(index.keys());
  }
  constexpr double kGoal = 0.3;  // seconds
  state.counters["runs"] = static_cast<double>(found);
  state.counters["of_goal"] = benchmark::Counter(kGoal * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK(read_all)
    ->Name("RunsIndex/read_10000")
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->UseRealTime();
BENCHMARK(answer)->Name("RunsIndex/answer_10000")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace apical
