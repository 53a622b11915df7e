// SPDX-License-Identifier: Apache-2.0
// Replays "representation-golden/1": RDMs, comparisons, ceilings and inference computed by an independent
// program in float64, by `kind`. A value passes if |a-b| <= abs + rel |b|. Kinds it92, it92-images and
// end-to-end need the folder it92 where APICAL_DATA says data are; pictures are resized by the program
// itself, so what depends on pixels has the file's tolerance_own_resize.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "golden/comparison.h"
#include "golden/golden.h"

namespace apical::golden {

void add_representation_formats(std::vector<Format>& list);

/// Shared by the files that replay kinds.
void replay_rdm_measures(const nlohmann::json& file, Comparison& c);
void replay_rdm_ties(const nlohmann::json& file, Comparison& c);
void replay_rdm_inference(const nlohmann::json& file, Comparison& c);
void replay_it92(const nlohmann::json& file, Comparison& c);
void replay_it92_images(const nlohmann::json& file, Comparison& c);
void replay_end_to_end(const nlohmann::json& file, Comparison& c);

}  // namespace apical::golden
