// SPDX-License-Identifier: Apache-2.0
// Runs an experiment from a TOML file into a new directory, as `apical run` does:
//   run_file EXPERIMENT.toml DIRECTORY [key=value …]
#include <apical/errors.h>
#include <apical/experiments.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {
std::atomic<bool> stop{false};
}

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: run_file EXPERIMENT.toml DIRECTORY [key=value ...]\n", stderr);
    return 2;
  }
  std::signal(SIGINT, [](int) { stop = true; });  // ends at the next safe point, with a checkpoint
  try {
    apical::TomlDocument document = apical::TomlDocument::read(argv[1]);
    for (int i = 3; i < argc; ++i) document.set(argv[i]);
    const apical::Experiment experiment = apical::read_experiment(document);
    apical::RunOptions options;
    options.directory = argv[2];
    apical::ThreadPool pool;  // all that the process may use
    const char* const data = std::getenv("APICAL_DATA");
    const apical::Resources resources{pool, data == nullptr ? "" : data};
    const apical::RunResult result = apical::run_experiment(experiment, options, resources, stop);
    std::printf("%s: %zu seeds in %.1f s, results in %s\n", result.label.c_str(), result.seeds.size(),
                result.wall_seconds, argv[2]);
    return 0;
  } catch (const apical::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.exit_code());
  }
}
