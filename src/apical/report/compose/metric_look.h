// SPDX-License-Identifier: Apache-2.0
// How figures of the catalogue look on a page: which are compared, on what axis, over seeds, in print.
#pragma once

#include <string>
#include <vector>

#include "apical/analysis/metrics.h"
#include "apical/report/compose/report_data.h"
#include "apical/report/html/numbers.h"

namespace apical {

/// "test accuracy"; of training, what it shows by itself has words of its own.
std::string words_at(const Metric& metric, const std::string& where);
/// The same with its unit, for an axis.
std::string axis_at(const Metric& metric, const std::string& where);
bool on_log_axis(const Metric& metric);
/// Not what is only counted along the way, nor what is drawn with something else.
bool is_drawn(const Metric& metric);
/// Position in the catalogue; names that it does not have come last.
std::size_t rank_of(const std::string& metric);

/// Where a headline is measured: most in the test, some in training.
std::string headline_place(const Metric& metric);
/// Headlines that any run has, in the order of the catalogue.
std::vector<Metric> headlines_of(const ReportData& data);
/// Of those, the ones that say how good a run is, in every seed.
std::vector<Metric> answers_of(const ReportData& data);

std::vector<SeedValue> last_values_of(const RunData& run, const Metric& metric);

/// Values of seeds that can lie decades apart: means are geometric and differences ratios, if all in the
/// report are positive.
bool is_geometric(const ReportData& data, const Metric& metric);
/// Over the seeds; n = 0 if one has no finite value: a mean over the others would flatter. Bounds lie within
/// those of the metric.
MeanInterval interval_of(const ReportData& data, const RunData& run, const Metric& metric);
/// run / reference, paired by seed, geometric; n = 0 if they share none or the metric is not compared so.
MeanInterval ratio_of(const ReportData& data, const RunData& run, const RunData& reference,
                      const Metric& metric);
/// run - reference, paired by seed; n = 0 if they share none or the metric is not compared so.
MeanInterval difference_of(const RunData& run, const RunData& reference, const Metric& metric);

Figures figures_of(const Metric& metric, const MeanInterval& interval);
/// Of differences: points where the metric is shown in percent.
Figures difference_figures(const Metric& metric, const MeanInterval& interval);

/// Of the angle to the gradient of all areas, when it was last measured; degrees.
MeanInterval angle_interval(const RunData& run);

const RunData* reference_of(const ReportData& data);
std::size_t seed_count(const RunData& run);  ///< that were measured; if none, that were run

}  // namespace apical
