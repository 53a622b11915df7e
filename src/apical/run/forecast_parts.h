// SPDX-License-Identifier: Apache-2.0
// What forecasts of all subjects share.
#pragma once

#include "apical/run/forecast.h"

namespace apical {

std::string bytes_text(double bytes);  ///< "1.2 MB"
/// Model, task, seeds and precision.
std::string what_runs(const Experiment& experiment);
/// "about 12 s", "about 2.5 min": two or three digits; "less than 0.01 s".
std::string about(double seconds);
/// "about 12 s on 2 threads, from a probe of 0.4 s", and a limit that the training plan sets.
std::string time_text(double seconds, const TrainingPlan& plan, std::size_t threads);
/// For the end of the line of the data.
std::string provenance_text(const Dataset& data);

/// What can be said without building anything of the subject's size.
Forecast sizes_of(const Circuit& circuit);
Forecast sizes_of(const models::LayeredNetwork& network);
Forecast sizes_of(const models::RecurrentNetwork& network);
Forecast sizes_of(const SpikingExperiment& course);

Forecast forecast_of(const Experiment& experiment, const Circuit& circuit, const Resources& resources);
Forecast forecast_of(const Experiment& experiment, const models::LayeredNetwork& network,
                     const Resources& resources);
Forecast forecast_of(const Experiment& experiment, const models::RecurrentNetwork& network,
                     const Resources& resources);
Forecast forecast_of(const Experiment& experiment, const SpikingExperiment& course,
                     const Resources& resources);

}  // namespace apical
