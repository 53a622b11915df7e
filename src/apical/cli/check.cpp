// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/escaping_stream.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/io/json.h"
#include "apical/run/forecast.h"

namespace apical::cli {
namespace {

nlohmann::json json_of(const Forecast& f, const Experiment& e) {
  nlohmann::json j{{"label", f.label}, {"model", e.model}};
  if (!f.refusal.empty()) j["refusal"] = f.refusal;
  for (const auto& [name, number] : f.figures)
    std::visit([&, key = name](auto value) { j[key] = value; }, number);
  j["data_provenance"] = f.data_provenance;
  return j;
}

int check(Context& context, const Arguments& arguments) {
  const TomlDocument document = read_document(arguments, arguments.positionals.front());
  nlohmann::json all{{"schema", "apical-check/1"}};
  ThreadPool pool(threads(arguments));
  std::vector<std::string> refusals;
  for (const Experiment& e : read_variants(document)) {
    const Forecast f = forecast(e, resources(arguments, pool));
    if (!f.refusal.empty()) refusals.push_back(fmt::format("{}: {}", f.label, f.refusal));
    if (arguments.has("--json")) {
      all["experiments"].push_back(json_of(f, e));
      if (arguments.has("--circuit")) all["experiments"].back()["circuit"] = f.circuit;
      continue;
    }
    context.out << fmt::format("{}: {}\n", escaped_line(f.label), escaped_line(f.what));
    for (const Forecast::Line& line : f.lines)
      context.out << fmt::format("  {:<11} {}\n", line.name, line.text);
    if (arguments.has("--circuit")) context.out << f.circuit;
  }
  if (arguments.has("--json")) context.out << io::json_text(all);
  if (refusals.empty()) return 0;
  throw IoError(
      fmt::format("{}\n  'apical run' refuses it, too; fewer units, seeds or environments need less, and "
                  "--ignore-memory goes on all the same",
                  fmt::join(refusals, "\n")));
}

}  // namespace

Command check_command() {
  Command c;
  c.name = "check";
  c.summary = "parse and build an experiment, say what it will cost, run nothing";
  c.positionals = {{"EXPERIMENT", "a TOML file, or - for standard input", 1, 1}};
  c.options = experiment_options();
  c.options.push_back({"--circuit", "", "also print every population and projection"});
  c.examples = {"apical check experiments/yin-yang/compare.toml",
                "apical check experiments/yin-yang/error-neurons.toml --circuit"};
  c.run = check;
  return c;
}

}  // namespace apical::cli
