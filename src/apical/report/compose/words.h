// SPDX-License-Identifier: Apache-2.0
// What the numbers say, in sentences, and what a reader must be warned of.
#pragma once

#include <string>
#include <vector>

#include "apical/analysis/interval.h"
#include "apical/report/compose/report_data.h"

namespace apical {

/// Of the finite values. Empty interval if any seed is not finite: a mean over the survivors would flatter.
MeanInterval accuracy_interval(const ModelResult& model);
/// Falls of a plant (bounds are cut at 0), and those of the teacher on the same starts.
MeanInterval falls_interval(const ModelResult& model);
double median_falls(const ModelResult& model);
double median_teacher_falls(const ModelResult& model);
/// Return of test episodes.
MeanInterval return_interval(const ModelResult& model);
/// "123904, median of 3 of 3 seeds", or "never".
std::string solved_words(const ModelResult& model);
/// Geometric if every loss in the report is positive (losses of seeds spread over decades), else arithmetic.
MeanInterval loss_interval(const ReportData& data, const ModelResult& model);
bool losses_are_geometric(const ReportData& data);
/// Of the curve named "total" at its end, in degrees.
MeanInterval angle_interval(const ModelResult& model);

const ModelResult* reference_of(const ReportData& data);
/// model / reference, geometric, paired by seed; n = 0 if they share none or losses are not all positive.
MeanInterval loss_ratio(const ReportData& data, const ModelResult& model, const ModelResult& reference);
/// model - reference; paired where both have the same seeds, over at least two; n = 0 if they share none.
MeanInterval accuracy_gap(const ModelResult& model, const ModelResult& reference);

std::size_t seed_count(const ModelResult& model);

/// One paragraph.
std::string summary_sentences(const ReportData& data);

/// The models' own warnings and those that follow from the numbers: "label: what is wrong".
std::vector<std::string> all_warnings(const ReportData& data);

}  // namespace apical
