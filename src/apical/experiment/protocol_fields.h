// SPDX-License-Identifier: Apache-2.0
// The options of [protocol], [[condition]] and [[measure]].
#pragma once

#include <string>
#include <vector>

#include "apical/core/fields.h"
#include "apical/experiment/protocol.h"

namespace apical {

/// [protocol] of a circuit of rate neurons: which trials it is shown. Defaults depend on how it is trained.
struct TrialOptions {
  TrialOptions() : TrialOptions(TrainingPlan{}.epochs, Presentation{}.presentation_ms, Circuit{}.dt_ms) {}
  TrialOptions(std::size_t epochs, double presentation_ms, double dt_ms);
  Protocol protocol;
  std::size_t trained;              ///< epochs
  std::vector<double> window = {};  ///< what is kept of a trial, ms
};
void fields(FieldVisitor& v, TrialOptions& o);

/// [protocol] of a spiking circuit, whose course brings its tests.
struct CourseProbeOptions {
  explicit CourseProbeOptions(std::size_t epochs = TrainingPlan{}.epochs);
  Protocol protocol;
  std::size_t trained;
};
void fields(FieldVisitor& v, CourseProbeOptions& o);

/// [[condition]] without its perturbations.
void fields(FieldVisitor& v, Condition& c);

/// [[measure]]: populations by patterns of their names.
struct MeasureOptions {
  Measure measure = {};
  std::vector<std::string> populations = {};
  double from_ms = 0, until_ms = 0;  ///< that is recorded
  double dt_ms = 0;                  ///< of its steps; 0: not known
  std::vector<double> window = {};
};
void fields(FieldVisitor& v, MeasureOptions& o);

}  // namespace apical
