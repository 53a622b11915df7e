// SPDX-License-Identifier: Apache-2.0
// Which experiment tells theories apart, and in how many animals? Models are probed (run/protocol_run.h);
// each contrast of a condition with its control in one measure is a readout; theories are what models predict
// over seeds.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apical/analysis/discrimination.h"
#include "apical/experiment/discriminate_options.h"
#include "apical/io/file.h"
#include "apical/run/protocol_record.h"

namespace apical {

/// A contrast that all models have.
struct ContrastReadout {
  std::string measure, condition;
  std::size_t epochs = 0;
  std::string text() const;  ///< "MEASURE: CONDITION, after 20 epochs"
};

/// An experiment as it could be done: some readouts of one condition.
struct ExperimentDesign {
  std::string protocol;  ///< the file's name without folder and ending
  std::string condition;
  std::vector<std::size_t> readouts;  ///< of ProtocolSeparation::readouts, the one that tells most first
  Separation separation;
};

/// Animals needed with other numbers of cells and trials.
struct SampleSize {
  std::size_t cells = 0, trials = 0;
  std::optional<std::size_t> animals_80, animals_95;
};

/// What one protocol tells.
struct ProtocolSeparation {
  std::string protocol;
  std::vector<ContrastReadout> readouts;
  std::vector<TheoryReadouts> theories;
  std::vector<PairSeparation> pairs;
  /// "MEASURE: CONDITION": models that cannot be asked, and so nobody is.
  std::vector<std::string> not_applicable;
};

struct Discrimination {
  std::vector<std::string> theories;
  DiscriminateOptions options;  ///< of the first protocol
  std::vector<ProtocolSeparation> protocols;
  std::vector<ExperimentDesign> designs;  ///< the one that tells most per animal first
  std::vector<SampleSize> sizes;          ///< of the first design
  std::vector<std::string> notes;
};

/// One protocol that has run.
struct ProbedProtocol {
  std::string name;
  ProtocolResult result;
  std::string control;
  DiscriminateOptions options;
};

/// DataError if theories differ between protocols, none of the readouts is one that all models have, or seeds
/// are too few.
Discrimination discriminate(const std::vector<ProbedProtocol>& probed, ThreadPool& pool);

/// discrimination.json and report.html.
void write_discrimination(const Discrimination& found, const io::Path& directory);
nlohmann::json json_of(const Discrimination& found);
std::string discrimination_page(const Discrimination& found);

}  // namespace apical
