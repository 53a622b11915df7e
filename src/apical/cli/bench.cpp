// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/command.h"
#include "apical/engine/rate/benchmark.h"
#include "apical/io/json.h"
#include "apical/models/rate_benchmarks.h"

namespace apical::cli {
namespace {

nlohmann::json json_of(const rate::BenchmarkResult& r) {
  nlohmann::json j{{"circuit", r.name},
                   {"note", r.note},
                   {"precision", r.precision},
                   {"instruction_set", r.instruction_set},
                   {"replicas", r.replicas},
                   {"threads", r.threads},
                   {"lanes", r.lanes},
                   {"repeats", r.repeats},
                   {"median_ns_per_step", r.median_ns},
                   {"min_ns_per_step", r.min_ns},
                   {"synapse_updates_per_second", r.synapse_updates_per_second},
                   {"bytes_per_step", r.bytes_per_step},
                   {"gigabytes_per_second", r.gigabytes_per_second},
                   {"plain_pass_gigabytes_per_second", r.plain_gigabytes_per_second},
                   {"fraction_of_plain_pass", r.fraction}};
  if (r.goal > 0) j.update({{"goal_fraction", r.goal}, {"fraction_of_goal", r.fraction / r.goal}});
  return j;
}

int bench(Context& context, const Arguments& arguments) {
  models::RateBenchmarkOptions options;
  options.repeats = static_cast<int>(arguments.integer("--repeats", 7, 1, 1000));
  options.threads = static_cast<unsigned>(arguments.integer("--threads", 0, 1, 4096));
  options.only = arguments.positionals;
  if (arguments.has("--json")) {
    nlohmann::json all;
    all["schema"] = "apical-bench/1";
    for (const rate::BenchmarkResult& r : models::bench_rate_engine(options))
      all["results"].push_back(json_of(r));
    context.out << io::json_text(all);
    return 0;
  }
  context.out << "rate engine, learning on, target shown; times per Euler step of all replicas together; "
                 "'plain' is a read+write\n"
                 "pass over as many bytes in the same process, in turns with the engine; 'frac' is what of "
                 "its speed a step reaches,\n"
                 "'goal' what it should, 'of goal' the ratio of these\n";
  // A line of its own for the name where the terminal is too narrow for all.
  constexpr std::size_t kWhole = 134;
  const bool narrow = context.columns() > 0 && context.columns() < kWhole;
  const auto named = [narrow](const std::string& name) {
    return narrow ? name + "\n " : fmt::format("{:<50}", name);
  };
  context.out << fmt::format("{} {:>6} {:>4} {:>3} {:>11} {:>11} {:>9} {:>7} {:>7} {:>5} {:>4} {:>7}\n",
                             named("circuit"), "type", "reps", "thr", "median", "min", "updates/s", "GB/s",
                             "plain", "frac", "goal", "of goal");
  options.on_result = [&](const rate::BenchmarkResult& r) {
    context.out << fmt::format(
        "{} {:>6} {:>4} {:>3} {:>8.4g} us {:>8.4g} us {:>9.3g} {:>7.3g} {:>7.3g} {:>5.2f} {}\n",
        named(r.name + (r.note.empty() ? "" : ", " + r.note)), r.precision, r.replicas, r.threads,
        r.median_ns / 1000, r.min_ns / 1000, r.synapse_updates_per_second, r.gigabytes_per_second,
        r.plain_gigabytes_per_second, r.fraction,
        r.goal > 0 ? fmt::format("{:>4.2f} {:>7.2f}", r.goal, r.fraction / r.goal)
                   : fmt::format("{:>4} {:>7}", "-", "-"));
    context.out.flush();
  };
  models::bench_rate_engine(options);
  return 0;
}

}  // namespace

Command bench_command() {
  Command c;
  c.name = "bench";
  c.summary = "measure the engine on this machine beside its memory";
  c.positionals = {{"CIRCUIT…", "names of circuits to time (default: all)", 0, 100}};
  c.options = {{"--threads", "N",
                "threads beside the single-threaded figures (default: all that the process may use)"},
               {"--repeats", "N", "repeats of which the median and minimum are shown (default 7)"}};
  c.examples = {"apical bench", "apical bench --json > bench.json"};
  c.run = bench;
  return c;
}

}  // namespace apical::cli
