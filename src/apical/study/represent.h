// SPDX-License-Identifier: Apache-2.0
// Do networks taught by different rules represent pictures alike, and like cortex? Runs are shown stimuli;
// RDMs of their areas are compared with those of subjects, of untrained networks, of pixels and of labels.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apical/analysis/pattern_similarity.h"
#include "apical/analysis/rdm_inference.h"
#include "apical/run/represented_run.h"

namespace apical {

/// RDMs of subjects in a file of somebody else.
struct ReferenceRequest {
  std::string name;  ///< in tables
  io::Path file;     ///< .npz
  std::string array;
  std::vector<std::string> axes = {};  ///< empty: the usual ones (reference_rdms.h)
};

struct RepresentRequest {
  std::vector<io::Path> runs;
  io::Path stimuli;
  std::string where = {};  ///< "animate = 1"; empty: all stimuli
  std::vector<ReferenceRequest> references = {};
  std::vector<std::string> labels = {};  ///< columns of stimuli.csv that are models: 1 where they differ
  std::vector<std::string> variables{"rate"};
  Dissimilarity dissimilarity = Dissimilarity::correlation;
  std::vector<RdmMeasure> compare{RdmMeasure::spearman, RdmMeasure::tau_a};
  Generalise generalise = Generalise::both;
  std::size_t resamples = 1000, permutations = 1000;
  std::uint64_t seed = 1;  ///< of the resamples
  RepresentOptions shown = {};
};

/// One model of one area, with an RDM for each seed.
struct RepresentedModel {
  enum class Kind { trained, untrained, pixels, label };
  Kind kind = Kind::trained;
  std::string name;  ///< "backpropagation", "untrained backpropagation", "pixels 28 x 28 grey", "animate"
  std::string area, variable;  ///< empty of pixels and labels, which stand beside every area
  std::size_t run = 0;         ///< index into RepresentResult::runs, of networks
  std::size_t units = 0;
  SeedRdms rdms;                              ///< empty if it has none
  std::string undefined = {};                 ///< why it has none
  std::vector<Matrix<double>> patterns = {};  ///< of each seed, stimuli x units
};

struct ModelScore {
  std::size_t model = 0;  ///< index into RepresentResult::models
  double score = 0, standard_error = 0, p_zero = 1;
  double p_permutation = 1;
  double given_pixels = 0;       ///< partial Spearman, mean over subjects and seeds; NaN: not defined
  bool below_pixels = false;     ///< scores no higher than the pixels that the network sees
  bool below_untrained = false;  ///< no higher than the same network before learning
  std::vector<double> per_subject = {};
};

/// One reference x measure x area.
struct RepresentTable {
  std::string reference, area, variable;
  RdmMeasure measure{};
  std::size_t subjects = 0;
  std::optional<NoiseCeiling> ceiling;
  std::vector<ModelScore> scores;
  std::vector<RdmContrast> pairs;          ///< a, b: indices into `scores`
  std::vector<RdmContrast> below_ceiling;  ///< a: index into `scores`
  std::size_t degrees_of_freedom = 0;
};

/// Two networks, same area, without RDMs: means over seeds.
struct PatternSimilarity {
  std::size_t a = 0, b = 0;  ///< models
  double debiased_cka = 0;   ///< NaN if not defined
  double procrustes_rad = 0;
};

struct RepresentResult {
  std::vector<std::string> stimulus_ids;
  Dissimilarity dissimilarity{};
  std::vector<RepresentedRun> runs;  ///< without activity, which stands in `models`
  std::vector<RepresentedModel> models;
  std::vector<RepresentTable> tables;
  std::vector<PatternSimilarity> between;
  RdmMeasure headline{};
  std::string why_headline;
  std::vector<std::string> notes;
};

RepresentResult represent(const RepresentRequest& request, ThreadPool& pool);

/// summary.json, representation.csv, rdms.npz, features.npz with features.json, report.html, into a directory
/// that is there.
void write_representation(const RepresentResult& result, const io::Path& directory);
nlohmann::json json_of(const RepresentResult& result);
std::string representation_page(const RepresentResult& result);
/// "untrained backpropagation" with its area, for keys of files.
std::string name_in_files(const RepresentedModel& model);

}  // namespace apical
