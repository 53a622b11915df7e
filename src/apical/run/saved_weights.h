// SPDX-License-Identifier: Apache-2.0
// Weights by the names of projections: those that a run ended with, and those that files hold.
//   w.npz: "input->a1" (120, 4), "a1.offsets" (120), "a1->a2" (3, 120), "a2->a1" (120, 3) …
// Files of several seeds have "seed-1/input->a1", "seed-2/input->a1" …
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apical/core/resources.h"
#include "apical/experiment/experiment.h"
#include "apical/io/array.h"
#include "apical/learning/learner.h"
#include "apical/procedure/spiking_course.h"
#include "apical/run/spiking_weights.h"

namespace apical {

struct SavedWeights {
  std::string origin;  ///< file or run, opens messages
  std::map<std::uint64_t, io::Arrays> of_seed;
  io::Arrays of_all;  ///< for any seed; only one of the two is filled
  /// Of what is there. DataError that names the seeds there are if there is none.
  const io::Arrays& for_seed(std::uint64_t seed) const;
};

/// A model with one replica per seed and the state of a run's last checkpoint, which of a finished run is its
/// final state. Its data are not read: it can be asked for weights, not trained.
class SavedModel {
 public:
  /// DataError if `run` is none, has no checkpoint or no weights.
  SavedModel(const io::Path& run, ThreadPool& pool);
  const Experiment& experiment() const { return experiment_; }
  /// A Learner, or SpikingWeights.
  const Weighted& weights() const { return learner_ ? static_cast<const Weighted&>(*learner_) : *spiking_; }
  /// It can be shown a sample of zeros, which is all the data it has; null of spiking circuits.
  Learner* learner() const { return learner_.get(); }
  /// In the run's precision.
  io::Array array(const Parameter& parameter, std::size_t index, std::size_t replica) const;

 private:
  Experiment experiment_;
  std::unique_ptr<Learner> learner_;  ///< or courses
  std::vector<std::unique_ptr<SpikingCourse>> courses_;
  std::unique_ptr<SpikingWeights> spiking_;
};

/// Of a run's directory, a .npz or a .safetensors file; DataError for anything else.
SavedWeights read_weights(const io::Path& source, ThreadPool& pool);

/// What a run took from elsewhere, for its manifest and for people.
struct TakenWeights {
  std::string source;
  std::string xxh3;  ///< of names, shapes and numbers that were taken
  std::vector<std::string> taken, kept;
  std::vector<std::string> left;  ///< for which the model has no place, and which it can do without
};
std::string in_words(const TakenWeights& taken);
/// In a manifest; nothing if nothing was taken.
void add_start(nlohmann::json& manifest, const TakenWeights& taken);

/// Sets what `weights` name in the model; what they do not name keeps its initialisation. DataError for a
/// name that the model does not have, with the nearest, another shape, and numbers that are not finite, or
/// with `single` none that single precision holds; nothing is set then.
TakenWeights set_weights(Weighted& model, const SavedWeights& weights, bool single);

}  // namespace apical
