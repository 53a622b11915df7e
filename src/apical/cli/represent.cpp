// SPDX-License-Identifier: Apache-2.0
#include "apical/study/represent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/analysis/statistics.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/text_table.h"
#include "apical/cli/word_option.h"
#include "apical/core/text_pieces.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"
#include "apical/run/locked_directory.h"
#include "apical/run/runs_in.h"

namespace apical::cli {
namespace {

/// A folder or file below --data, unless it is there as it stands.
io::Path below_data(const Arguments& arguments, const std::string& name) {
  const io::Path path(name), below = data_folder(arguments) / path;
  const bool here = io::file_exists(path) || io::directory_exists(path);
  return path.is_relative() && !here && (io::file_exists(below) || io::directory_exists(below)) ? below
                                                                                                : path;
}

/// NAME=FILE:ARRAY or NAME=FILE:ARRAY:subject,session,pair
ReferenceRequest reference_of(const Arguments& arguments, const std::string& text) {
  const auto equals = text.find('=');
  const std::vector<std::string> parts =
      pieces_of(text.substr(equals == std::string::npos ? 0 : equals + 1), ':');
  if (equals == std::string::npos || equals == 0 || parts.size() < 2 || parts.size() > 3) {
    throw UsageError(
        fmt::format("--reference is '{}'; expected NAME=FILE:ARRAY, or NAME=FILE:ARRAY:AXES with axes such "
                    "as subject,session,pair",
                    text));
  }
  ReferenceRequest reference{text.substr(0, equals), below_data(arguments, parts[0]), parts[1], {}};
  if (parts.size() == 3) reference.axes = pieces_of(parts[2], ',');
  return reference;
}

std::string scores_table(const RepresentResult& result, std::size_t columns) {
  std::vector<std::vector<std::string>> rows{{"reference", "area", "model",
                                              std::string(name_of(result.headline)), "SE", "p (permuted)",
                                              "given pixels", "accuracy", ""}};
  for (const RepresentTable& table : result.tables) {
    if (table.measure != result.headline) continue;
    for (const ModelScore& score : table.scores) {
      const RepresentedModel& model = result.models[score.model];
      std::string accuracy = "";
      if (model.kind == RepresentedModel::Kind::trained && !result.runs[model.run].accuracy.empty())
        accuracy = fmt::format("{:.1f} %", 100 * mean(result.runs[model.run].accuracy));
      std::string marks = score.below_pixels ? "not above pixels" : "";
      if (score.below_untrained) marks += marks.empty() ? "not above untrained" : ", untrained";
      rows.push_back({table.reference, table.area, model.name, fmt::format("{:.3f}", score.score),
                      fmt::format("{:.3f}", score.standard_error), fmt::format("{:.3f}", score.p_permutation),
                      std::isfinite(score.given_pixels) ? fmt::format("{:.3f}", score.given_pixels) : "",
                      accuracy, marks});
    }
    if (table.ceiling) {
      rows.push_back({table.reference, table.area, "noise ceiling",
                      fmt::format("{:.3f} to {:.3f}", table.ceiling->lower, table.ceiling->upper), "", "", "",
                      "", ceiling_is_exact(table.measure) ? "" : "approximate"});
    }
  }
  return text_table(rows, columns);
}

std::string between_table(const RepresentResult& result, std::size_t columns) {
  std::vector<std::vector<std::string>> rows{{"area", "network", "and", "debiased CKA", "Procrustes (rad)"}};
  for (const PatternSimilarity& pair : result.between) {
    rows.push_back({result.models[pair.a].area, result.models[pair.a].name, result.models[pair.b].name,
                    std::isfinite(pair.debiased_cka) ? fmt::format("{:.3f}", pair.debiased_cka) : "undefined",
                    fmt::format("{:.3f}", pair.procrustes_rad)});
  }
  return text_table(rows, columns);
}

int compare_representations(Context& context, const Arguments& arguments) {
  RepresentRequest request;
  for (const std::string& given : arguments.positionals) {
    for (const io::Path& run : runs_in(given)) request.runs.push_back(run);
  }
  const auto stimuli = arguments.value("--stimuli");
  if (!stimuli)
    throw UsageError("'apical represent' needs --stimuli DIR, a folder with stimuli.csv and images.npz");
  request.stimuli = below_data(arguments, *stimuli);
  request.where = arguments.value("--where").value_or("");
  for (const std::string& text : arguments.values("--reference"))
    request.references.push_back(reference_of(arguments, text));
  request.labels = arguments.values("--label");
  if (arguments.has("--variable")) request.variables = arguments.values("--variable");
  if (const auto word = arguments.value("--dissimilarity"))
    request.dissimilarity = word_of<Dissimilarity>("--dissimilarity", *word);
  if (arguments.has("--compare")) {
    request.compare.clear();
    for (const std::string& word : arguments.values("--compare"))
      request.compare.push_back(word_of<RdmMeasure>("--compare", word));
  }
  if (const auto word = arguments.value("--generalise"))
    request.generalise = word_of<Generalise>("--generalise", *word);
  request.resamples = static_cast<std::size_t>(arguments.integer("--resamples", 1000, 20, 1'000'000));
  request.permutations = static_cast<std::size_t>(arguments.integer("--permutations", 1000, 19, 1'000'000));
  request.seed = static_cast<std::uint64_t>(arguments.integer("--seed", 1, 0, std::int64_t{1} << 53));
  request.shown.invert = arguments.has("--invert");
  ThreadPool pool(threads(arguments));
  const OutputDirectory out(arguments, "represent");
  const LockedDirectory locked(out.path(), false, resources(arguments, pool).claim);
  const RepresentResult result = represent(request, pool);
  write_representation(result, out.path());
  say_notes(context, result.notes);
  if (arguments.has("--json")) {
    context.out << io::json_text(json_of(result));
    return 0;
  }
  if (!result.tables.empty()) context.out << scores_table(result, context.columns()) << '\n';
  if (!result.why_headline.empty()) context.out << result.why_headline << '\n';
  context.out << between_table(result, context.columns());
  for (const RepresentedModel& model : result.models) {
    if (!model.undefined.empty())
      context.out << fmt::format("{} {} {}: no RDM, because {}\n", model.name, model.area, model.variable,
                                 model.undefined);
  }
  context.out << fmt::format("report: {}\n", (out.path() / "report.html").string());
  return 0;
}

}  // namespace

Command represent_command() {
  Command c;
  c.name = "represent";
  c.summary = "how networks represent pictures, beside each other, pixels, labels and brains";
  c.positionals = {{"RUN", "directories of finished runs, or of comparisons", 1, 1000}};
  c.options = {
      {"--stimuli", "DIR", "folder with stimuli.csv and images.npz; a relative one is sought in --data too"},
      {"--where", "CONDITION", "only stimuli of which it holds, such as 'animate = 1'"},
      {"--reference", "NAME=FILE:ARRAY",
       "RDMs of subjects in a .npz; :subject,session,pair after it names its axes", true},
      {"--label", "COLUMN", "a column of stimuli.csv as a model: stimuli differ where their labels do", true},
      {"--variable", "NAME", "what of an area is looked at: rate, soma, apical … (default: rate)", true},
      {"--dissimilarity", "NAME", "correlation (default), cosine, squared-euclidean or euclidean"},
      {"--compare", "NAME",
       "spearman, rho-a, tau-a, tau-b, pearson, cosine, whitened-cosine or whitened-pearson (default: "
       "spearman and "
       "tau-a)",
       true},
      {"--generalise", "WHAT", "to other stimuli and subjects: both (default), stimuli or subjects"},
      {"--resamples", "N", "of the bootstrap (default 1000)"},
      {"--permutations", "N", "of labels of stimuli (default 1000)"},
      {"--seed", "N", "of resamples and permutations (default 1)"},
      {"--invert", "", "show 1 - x, to networks taught white on black"},
      {"--out", "DIR", "directory of the results (default: the next free runs/represent-NNN)"},
      data_option(),
      {"--threads", "N", "threads (default: all that the process may use)"}};
  c.examples = {
      "apical represent runs/mnist-001 --stimuli pictures --label animate",
      "apical represent runs/rules-001 --stimuli pictures --reference 'human IT=pictures/rdms.npz:human'"};
  c.run = compare_representations;
  return c;
}

}  // namespace apical::cli
