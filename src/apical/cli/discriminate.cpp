// SPDX-License-Identifier: Apache-2.0
#include "apical/study/discriminate.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "apical/cli/experiment_arguments.h"
#include "apical/cli/progress.h"
#include "apical/cli/text_table.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"
#include "apical/report/compose/write_report.h"
#include "apical/run/locked_directory.h"
#include "apical/run/protocol_run.h"

namespace apical::cli {
namespace {

std::string animals_of(const std::optional<std::size_t>& animals, std::size_t most) {
  return animals ? fmt::format("{}", *animals) : fmt::format("> {}", most);
}

std::string designs_table(const Discrimination& found, std::size_t columns) {
  std::vector<std::vector<std::string>> rows{{"protocol", "condition", "readouts", "bits/animal", "SE",
                                              "same seeds", "right", "animals 80 %", "95 %"}};
  const std::size_t most = found.options.estimate.most_animals;
  for (const ExperimentDesign& design : found.designs) {
    const auto protocol = std::find_if(found.protocols.begin(), found.protocols.end(),
                                       [&](const auto& p) { return p.protocol == design.protocol; });
    std::string readouts;
    for (const std::size_t k : design.readouts) {
      readouts += fmt::format("{}{} (epoch {})", readouts.empty() ? "" : "; ", protocol->readouts[k].measure,
                              protocol->readouts[k].epochs);
    }
    const Separation& s = design.separation;
    rows.push_back({design.protocol, design.condition, readouts, fmt::format("{:.3f}", s.gain.held_out),
                    fmt::format("{:.3f}", s.gain.held_out_se), fmt::format("{:.3f}", s.gain.same_seeds),
                    fmt::format("{:.0f} %", 100 * s.accuracy), animals_of(s.animals_80, most),
                    animals_of(s.animals_95, most)});
  }
  return text_table(rows, columns);
}

std::set<std::string> labels_of(const std::vector<ProbedModel>& models) {
  std::set<std::string> labels;
  for (const ProbedModel& model : models) labels.insert(model.experiment.label);
  return labels;
}

void require_same_models(const std::string& first, const std::vector<ProbedModel>& of_first,
                         const std::string& name, const std::vector<ProbedModel>& of_name) {
  const auto a = labels_of(of_first), b = labels_of(of_name);
  if (a == b) return;
  throw UsageError(fmt::format("protocol '{}' is about {}, '{}' about {}; expected the same models", name,
                               join_names({b.begin(), b.end()}), first, join_names({a.begin(), a.end()})));
}

int tell_apart(Context& context, const Arguments& arguments) {
  ThreadPool pool(threads(arguments));
  const OutputDirectory out(arguments, stem_of_file(arguments.positionals.front()));
  std::vector<ProbedProtocol> probed;
  std::vector<std::pair<std::string, TomlDocument>> documents;  // by the names of their folders
  for (const std::string& file : arguments.positionals) {
    documents.emplace_back(stem_of_file(file), read_document(arguments, file));
    for (std::size_t other = 0; other + 1 < documents.size(); ++other) {
      if (documents[other].first == documents.back().first)
        throw UsageError(fmt::format("two protocols are called '{}'; give the files different names",
                                     documents.back().first));
    }
  }
  // All of them are read before the first is run.
  std::vector<std::pair<std::vector<ProbedModel>, DiscriminateOptions>> read;
  for (const auto& [name, document] : documents) {
    std::vector<ProbedModel> models = read_protocol(document);
    DiscriminateOptions options = read_discriminate(document, models);
    require_same_models(documents.front().first, read.empty() ? models : read.front().first, name, models);
    read.emplace_back(std::move(models), std::move(options));
  }
  const LockedDirectory locked(out.path(), arguments.has("--resume"), resources(arguments, pool).claim);
  std::unique_ptr<ProgressPrinter> progress;
  for (std::size_t p = 0; p < documents.size(); ++p) {
    ProtocolOptions options;
    options.directory = out.path() / documents[p].first;
    options.resume = arguments.has("--resume") && io::directory_exists(options.directory);
    options.watch = [&](const std::string& what) -> Listener* {
      progress.reset();
      progress = std::make_unique<ProgressPrinter>(context, what, arguments);
      return progress.get();
    };
    ProtocolResult result = run_protocol(read[p].first, options, resources(arguments, pool), *context.stop);
    progress.reset();
    if (result.stopped) return say_stopped(context, true, out.path());
    say_notes(context, result.notes);
    write_report(options.directory);
    probed.push_back(
        {documents[p].first, std::move(result), read[p].first.front().protocol.control, read[p].second});
  }
  const Discrimination found = discriminate(probed, pool);
  write_discrimination(found, out.path());
  say_notes(context, found.notes);
  if (arguments.has("--json")) {
    context.out << io::json_text(json_of(found));
    return 0;
  }
  context.out << designs_table(found, context.columns());
  for (const ProtocolSeparation& protocol : found.protocols) {
    for (const std::string& reason : protocol.not_applicable)
      context.out << fmt::format("not applicable: {}\n", reason);
  }
  context.out << fmt::format("report: {}\n", (out.path() / "report.html").string());
  return 0;
}

}  // namespace

Command discriminate_command() {
  Command c;
  c.name = "discriminate";
  c.summary = "which experiment tells models apart, and in how many animals";
  c.positionals = {
      {"PROTOCOL", "files with [protocol], [[condition]], [[measure]] and [discriminate]", 1, 100}};
  c.options = experiment_options();
  c.options.push_back({"--out", "DIR", "directory of the results (default: the next free runs/NAME-NNN)"});
  c.options.push_back({"--resume", "", "continue in --out: what has been trained and probed is kept"});
  c.options.push_back(lost_host_option());
  c.examples = {"apical discriminate experiments/protocols/mismatch.toml --seeds 64",
                "apical discriminate experiments/protocols/mismatch.toml "
                "experiments/protocols/feedback.toml --json --out runs/which"};
  c.run = tell_apart;
  return c;
}

}  // namespace apical::cli
