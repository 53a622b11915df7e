// SPDX-License-Identifier: Apache-2.0
#include "apical/models/rate_benchmarks.h"

#include <algorithm>

#include "apical/models/error_neuron_microcircuit.h"

namespace apical::models {
namespace {

/// Skip wiring with laterals I + U(+-0.3) and deviation 0.5, as in the teacher-student experiments.
Circuit teacher_student(std::vector<std::size_t> layers, std::vector<double> eta) {
  ErrorNeuronMicrocircuit m;
  m.layers = std::move(layers);
  m.forward = m.feedback = Wiring::skip;
  m.eta = std::move(eta);
  m.lateral_range = 0.3;
  m.feedback_deviation = 0.5;
  return build(m);
}

Circuit layered(std::vector<std::size_t> layers, double eta, bool dense_laterals) {
  ErrorNeuronMicrocircuit m;
  m.layers = std::move(layers);
  m.activation = {{.kind = ActivationKind::logistic}};
  m.eta = {eta, eta / 10};
  m.weight_range = {0.1};
  if (dense_laterals) {
    m.lateral_range = 0.3;
    m.feedback_deviation = 0.5;
  }
  return build(m);
}

}  // namespace

std::vector<rate::BenchmarkCase> rate_benchmark_cases() {
  std::vector<rate::BenchmarkCase> cases;
  const auto add = [&](std::string name, std::string note, Circuit circuit, std::size_t replicas,
                       double goal = 0) {
    cases.push_back({std::move(name), std::move(note), std::move(circuit), replicas, goal});
  };
  const Circuit small = teacher_student({4, 2, 1}, {2, 0.2});
  add("4-2-1", "skip, dense laterals, deviation", small, 1);
  add("4-2-1-x10", "skip, dense laterals, deviation", small, 10);
  add("32-16-8-4-2-1-x10", "skip, dense laterals, deviation",
      teacher_student({32, 16, 8, 4, 2, 1}, {1, 0.2, 0.1, 0.05, 0.01}), 10);
  const Circuit yin_yang = layered({4, 120, 3}, 1, false);
  add("4-120-3", "one-to-one laterals", yin_yang, 1);
  add("4-120-3-x10", "one-to-one laterals", yin_yang, 10);
  add("10-50-784", "one-to-one laterals", layered({10, 50, 784}, 1, false), 1);
  add("10-50-784-dense", "dense laterals, deviation", layered({10, 50, 784}, 1, true), 1);
  add("10-1000-784", "one-to-one laterals", layered({10, 1000, 784}, 1, false), 1, 0.85);
  add("10-1000-784-dense", "dense laterals, deviation", layered({10, 1000, 784}, 1, true), 1, 0.75);
  return cases;
}

std::vector<rate::BenchmarkResult> bench_rate_engine(const RateBenchmarkOptions& options) {
  const auto cases = rate_benchmark_cases();
  std::vector<std::string> names;
  names.reserve(cases.size());
  for (const auto& c : cases) names.push_back(c.name);
  // As the table prints it, too.
  const auto means = [](const std::string& wanted, const rate::BenchmarkCase& c) {
    return wanted == c.name || wanted == c.name + ", " + c.note;
  };
  for (const std::string& wanted : options.only) {
    if (std::none_of(cases.begin(), cases.end(), [&](const auto& c) { return means(wanted, c); })) {
      throw ConfigError("unknown benchmark '" + wanted + "'", {}, suggestion(wanted, names));
    }
  }
  const unsigned all = options.threads ? options.threads : available_threads();
  std::vector<rate::BenchmarkResult> results;
  for (const auto& c : cases) {
    if (!options.only.empty() && std::none_of(options.only.begin(), options.only.end(),
                                              [&](const std::string& wanted) { return means(wanted, c); }))
      continue;
    for (const bool in_double : {false, true}) {
      for (unsigned threads = 1; threads <= all; threads += std::max(1U, all - 1)) {
        const rate::BenchmarkOptions o{
            .threads = threads, .repeats = options.repeats, .seconds_per_repeat = options.seconds_per_repeat};
        results.push_back(in_double ? rate::benchmark<double>(c, o) : rate::benchmark<float>(c, o));
        if (options.on_result) options.on_result(results.back());
        if (!results.back().uses_threads) break;
      }
    }
  }
  return results;
}

}  // namespace apical::models
