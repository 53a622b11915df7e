// SPDX-License-Identifier: Apache-2.0
// How figures of the catalogue (analysis/metrics.h) look on a page and in a terminal: on what axis, over
// seeds, compared with a reference, in print. Everything is read from a metric's row.
#pragma once

#include <string>
#include <vector>

#include "apical/analysis/metrics.h"
#include "apical/report/compose/report_data.h"
#include "apical/report/html/numbers.h"

namespace apical {

/// words_at() with its unit, for an axis.
std::string axis_at(const Metric& metric, const std::string& where);
/// Position in the catalogue; names that it does not have come last.
std::size_t rank_of(const std::string& metric);

/// Where a page shows a headline: most in the test, some in training or in all areas together.
std::string headline_place(const Metric& metric);
/// Headlines that any run has, in the order of the catalogue.
std::vector<Metric> headlines_of(const ReportData& data);
/// Of those, the ones that say how good a run is, in every seed.
std::vector<Metric> answers_of(const ReportData& data);
/// Of those, what is measured in areas.
std::vector<Metric> area_headlines_of(const ReportData& data);

std::vector<SeedValue> last_values_of(const RunData& run, const Metric& metric);
/// Of those values, over the seeds; n = 0 if one has no finite value: a mean over the others would flatter.
MeanInterval interval_of(const RunData& run, const Metric& metric);

/// Differences mean nothing where values of seeds can lie decades apart: models are compared by the ratios of
/// seeds, if all values in the report are positive.
bool is_compared_by_ratio(const ReportData& data, const Metric& metric);
/// run / reference, paired by seed, geometric; n = 0 if they share none or the metric is not compared so.
MeanInterval ratio_of(const ReportData& data, const RunData& run, const RunData& reference,
                      const Metric& metric);
/// run - reference, paired by seed; n = 0 if they share none or the metric is not compared so.
MeanInterval difference_of(const RunData& run, const RunData& reference, const Metric& metric);

Figures figures_of(const Metric& metric, const MeanInterval& interval);
/// Of differences: points where the metric is shown in percent.
Figures difference_figures(const Metric& metric, const MeanInterval& interval);

/// "12000, median of 4 of 5 seeds", "never".
std::string median_of_some_words(const Metric& metric, const std::vector<SeedValue>& values);
/// The text with {word} replaced by its value.
std::string filled_in(std::string text, const std::string& word, const std::string& value);

const RunData* reference_of(const ReportData& data);
std::size_t seed_count(const RunData& run);  ///< that were measured; if none, that were run

}  // namespace apical
