// SPDX-License-Identifier: Apache-2.0
// What a comparison of representations leaves: tables for programs and people, RDMs, and activity of every
// stimulus and unit for tools such as Brain-Score.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "apical/io/csv.h"
#include "apical/io/json.h"
#include "apical/io/npz.h"
#include "apical/study/represent.h"

namespace apical {
namespace {

using nlohmann::json;
using Kind = RepresentedModel::Kind;

const char* word_of(Kind kind) {
  switch (kind) {
    case Kind::trained:
      return "trained";
    case Kind::untrained:
      return "untrained";
    case Kind::pixels:
      return "pixels";
    case Kind::label:
      return "label";
  }
  return "";
}

json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double v : values) list.push_back(io::json_number(v));
  return list;
}

json variance_of(const RdmVariance& v) {
  return {{"both", v.both}, {"subjects", v.subjects}, {"stimuli", v.stimuli}, {"combined", v.combined}};
}

json table_of(const RepresentResult& result, const RepresentTable& table) {
  const auto name = [&](std::size_t k) { return result.models[table.scores[k].model].name; };
  json out{{"reference", table.reference}, {"area", table.area},
           {"variable", table.variable},   {"compare", name_of(table.measure)},
           {"subjects", table.subjects},   {"degrees_of_freedom", table.degrees_of_freedom},
           {"ceiling", nullptr},           {"models", json::array()},
           {"pairs", json::array()},       {"below_ceiling", json::array()}};
  if (table.ceiling) out["ceiling"] = {{"lower", table.ceiling->lower}, {"upper", table.ceiling->upper}};
  for (std::size_t k = 0; k < table.scores.size(); ++k) {
    const ModelScore& score = table.scores[k];
    out["models"].push_back({{"model", name(k)},
                             {"score", io::json_number(score.score)},
                             {"standard_error", io::json_number(score.standard_error)},
                             {"p_above_zero", io::json_number(score.p_zero)},
                             {"p_permutation", score.p_permutation},
                             {"partial_spearman_given_pixels", io::json_number(score.given_pixels)},
                             {"not_above_pixels", score.below_pixels},
                             {"not_above_untrained", score.below_untrained},
                             {"per_subject", numbers(score.per_subject)}});
  }
  for (const RdmContrast& pair : table.pairs) {
    out["pairs"].push_back({{"a", name(pair.a)},
                            {"b", name(pair.b)},
                            {"difference", pair.difference},
                            {"variance", variance_of(pair.variance)},
                            {"t", io::json_number(pair.t)},
                            {"p", pair.p},
                            {"q", pair.q},
                            {"p_max", pair.p_max}});
  }
  for (const RdmContrast& below : table.below_ceiling) {
    out["below_ceiling"].push_back({{"model", name(below.a)},
                                    {"difference", below.difference},
                                    {"t", io::json_number(below.t)},
                                    {"p", below.p}});
  }
  return out;
}

/// Labels that differ in characters which names of arrays cannot have are told apart by a number.
class NamesOfArrays {
 public:
  std::string operator()(const std::string& name) {
    std::string own = name;
    for (int k = 2; !taken_.insert(own).second; ++k) own = fmt::format("{} ({})", name, k);
    return own;
  }

 private:
  std::set<std::string> taken_;
};

/// seeds x N of every RDM, and stimuli x units of every network and seed.
void write_arrays(const RepresentResult& result, const io::Path& directory) {
  std::vector<std::vector<double>> rdms;
  std::vector<std::vector<float>> features;
  std::vector<io::NpyArray> rdm_arrays, feature_arrays;
  rdms.reserve(result.models.size());
  json layers = json::array();
  NamesOfArrays of_rdms, of_features;
  for (const RepresentedModel& model : result.models) {
    if (model.rdms.empty()) continue;
    rdms.emplace_back();
    for (const Rdm& rdm : model.rdms) rdms.back().insert(rdms.back().end(), rdm.begin(), rdm.end());
    rdm_arrays.push_back(io::npy_array<double>(of_rdms(name_in_files(model)),
                                               {model.rdms.size(), model.rdms[0].size()},
                                               std::span<const double>(rdms.back())));
  }
  io::write_npz(directory / "rdms.npz", rdm_arrays, io::ZipCompression::deflated);
  std::size_t count = 0;
  for (const RepresentedModel& model : result.models) count += model.patterns.size();
  features.reserve(count);
  for (const RepresentedModel& model : result.models) {
    for (std::size_t k = 0; k < model.patterns.size(); ++k) {
      const auto flat = model.patterns[k].flat();
      features.emplace_back(flat.begin(), flat.end());
      const bool network = model.kind == Kind::trained || model.kind == Kind::untrained;
      const std::string name = of_features(
          network ? fmt::format("{}/seed-{}", name_in_files(model), result.runs[model.run].seeds[k])
                  : name_in_files(model));
      feature_arrays.push_back(io::npy_array<float>(name,
                                                    {model.patterns[k].rows(), model.patterns[k].cols()},
                                                    std::span<const float>(features.back())));
      layers.push_back({{"array", name},
                        {"model", model.name},
                        {"layer", network ? model.area : "pixels"},
                        {"variable", model.variable},
                        {"state", word_of(model.kind)},
                        {"units", model.units}});
      if (network) layers.back()["seed"] = result.runs[model.run].seeds[k];
    }
  }
  io::write_npz(directory / "features.npz", feature_arrays, io::ZipCompression::deflated);
  // What BrainIO calls an assembly: presentations x neuroids, each with its coordinates.
  const json about{
      {"dims", {"presentation", "neuroid"}}, {"stimulus_id", result.stimulus_ids}, {"arrays", layers}};
  io::write_atomically(directory / "features.json", io::json_text(about));
}

std::string csv_of(const RepresentResult& result) {
  std::string text =
      "reference,variant,area,variable,epoch,seed,subject,dissimilarity,compare,control,value\n";
  const auto row = [&](const RepresentTable& table, const RepresentedModel& model, const std::string& subject,
                       const std::string& control, double value) {
    const std::string epoch = model.kind == Kind::trained ? "end" : model.kind == Kind::untrained ? "0" : "";
    text += fmt::format("{},{},{},{},{},mean,{},{},{},{},{}\n", io::csv_cell(table.reference),
                        io::csv_cell(model.name), io::csv_cell(table.area), table.variable, epoch, subject,
                        name_of(result.dissimilarity), name_of(table.measure), control, value);
  };
  for (const RepresentTable& table : result.tables) {
    for (const ModelScore& score : table.scores) {
      const RepresentedModel& model = result.models[score.model];
      for (std::size_t s = 0; s < score.per_subject.size(); ++s) {
        row(table, model, fmt::format("{}", s), "", score.per_subject[s]);
      }
      row(table, model, "mean", "", score.score);
      if (table.measure == RdmMeasure::spearman && std::isfinite(score.given_pixels)) {
        row(table, model, "mean", "pixels", score.given_pixels);
      }
    }
  }
  return text;
}

}  // namespace

std::string name_in_files(const RepresentedModel& model) {
  std::string name =
      model.area.empty() ? model.name : fmt::format("{}.{}.{}", model.name, model.area, model.variable);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '\\' || c == ' '; }, '-');
  return name;
}

json json_of(const RepresentResult& result) {
  json out{{"kind", "representation"},
           {"stimuli", result.stimulus_ids},
           {"dissimilarity", name_of(result.dissimilarity)},
           {"headline", name_of(result.headline)},
           {"why_headline", result.why_headline},
           {"notes", result.notes},
           {"runs", json::array()},
           {"models", json::array()},
           {"tables", json::array()},
           {"between", json::array()}};
  for (const RepresentedRun& run : result.runs) {
    out["runs"].push_back({{"label", run.label},
                           {"run", run.run},
                           {"model", run.model},
                           {"seeds", run.seeds},
                           {"input", text_of(run.input)},
                           {"pool", "none"},
                           {"test_accuracy", numbers(run.accuracy)},
                           {"angle_deg", numbers(run.angle_deg)}});
  }
  for (const RepresentedModel& model : result.models) {
    out["models"].push_back({{"model", model.name},
                             {"kind", word_of(model.kind)},
                             {"area", model.area},
                             {"variable", model.variable},
                             {"units", model.units},
                             {"seeds", model.rdms.size()},
                             {"undefined", model.undefined}});
  }
  for (const RepresentTable& table : result.tables) out["tables"].push_back(table_of(result, table));
  for (const PatternSimilarity& pair : result.between) {
    out["between"].push_back({{"a", result.models[pair.a].name},
                              {"b", result.models[pair.b].name},
                              {"area", result.models[pair.a].area},
                              {"variable", result.models[pair.a].variable},
                              {"debiased_cka", io::json_number(pair.debiased_cka)},
                              {"procrustes_rad", io::json_number(pair.procrustes_rad)}});
  }
  return out;
}

void write_representation(const RepresentResult& result, const io::Path& directory) {
  write_arrays(result, directory);
  io::write_atomically(directory / "representation.csv", csv_of(result));
  io::write_atomically(directory / "report.html", representation_page(result));
  // Last: where it is, everything is.
  io::write_atomically(directory / "summary.json", io::json_text(json_of(result)));
}

}  // namespace apical
