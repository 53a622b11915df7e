// SPDX-License-Identifier: Apache-2.0
// How networks, and brains, represent the same stimuli: representational dissimilarity matrices (RDMs), how
// alike two of them are, noise ceilings, and which differences would be found again with other stimuli and
// subjects; similarity of activity without RDMs; dissimilarities as points of a plane. Numbers in, numbers
// out: activity is stimuli x units (any unit), an RDM its entries above the diagonal row by row (no unit).
// All in double precision.
//
//   Rdm mine = rdm_of(activity.view(), Dissimilarity::correlation);
//   compare_rdms(mine, theirs, RdmMeasure::spearman);
//   noise_ceiling(subjects, RdmMeasure::spearman).lower;
//   infer_from_draws(models, subjects, RdmMeasure::spearman, draw_stimuli_and_subjects(1, 1000, n, s), pool);
//
// DataError for what does not fit or is not defined, naming the first stimulus or number that is at fault.
#pragma once

#include "apical/analysis/classical_scaling.h"
#include "apical/analysis/noise_ceiling.h"
#include "apical/analysis/pattern_similarity.h"
#include "apical/analysis/rdm.h"
#include "apical/analysis/rdm_compare.h"
#include "apical/analysis/rdm_inference.h"
#include "apical/analysis/rdm_ranks.h"
#include "apical/analysis/reference_rdms.h"
#include "apical/analysis/statistics.h"
#include "apical/tasks/stimulus_set.h"
