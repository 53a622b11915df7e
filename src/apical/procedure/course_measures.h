// SPDX-License-Identifier: Apache-2.0
// What one stage of a course measures, kept while the stage goes on. Measures with lists are taken apart:
// each population, projection and quantity has a name of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "apical/circuit/course.h"
#include "apical/engine/spike/network.h"
#include "apical/procedure/course_teaching.h"

namespace apical {

/// Where rows stand that have a phase's number in place of an epoch.
inline constexpr std::string_view kPhaseRows = "phase";

/// What was measured at one time: a line of metrics.ndjson without the seed.
struct MeasureRow {
  std::size_t epoch = 0;
  std::string split;  ///< "test", or "train" for what is measured within training
  std::vector<std::pair<std::string, double>> values;
};

/// A phase that has just ended, with the network as it is then.
struct EndedPhase {
  std::size_t presentation = 0, phase = 0;
  double duration_s = 0;
  const spike::Network<float>* network = nullptr;
  std::vector<std::vector<spike::Counts>> bins;  ///< by bin, then group; none if the phase has no bins
  std::optional<Answer> answer;                  ///< where something was wanted
};

/// One thing that a stage measures, by the name of its values.
struct NamedMeasure {
  std::string name;
  course::MeasureKind kind = course::MeasureKind::event_Hz;
  course::Each each = course::Each::stage;
  std::string of = {}, phase = {}, label = {};  ///< population or projection; in which phase; of its stimulus
  std::string text = {}, title = {};            ///< as of course::Measure, filled in
  std::size_t block = 0;                        ///< what one Measure says has one number
  std::size_t index = 0;                        ///< of its stimulus or phase
};
/// In the order of a row, but stimuli last; without correlations.
std::vector<NamedMeasure> named_measures(const Course& course, const course::Stage& stage,
                                         const SpikingCircuit& circuit);

/// validate(), and that no two measures of the whole course are told at one place, time and name.
/// ConfigError.
void check_course(const Course& course, const SpikingCircuit& circuit);

class StageMeasures {
 public:
  StageMeasures(const Course& course, const course::Stage& stage, const SpikingCircuit& circuit);

  void phase_ended(const EndedPhase& phase);
  /// Of all presentations since the last rows, which then are forgotten: a row for each phase where measures
  /// have one, outside epochs, then one row with everything.
  std::vector<MeasureRow> rows(std::size_t epoch, const spike::Network<float>& network);
  bool judges() const { return judges_; }

  template <class Archive>
  void visit_state(Archive& a) {
    a("shown", shown_);
    a.resized("values", values_);
  }

 private:
  struct Item {
    course::MeasureKind kind;
    course::Each each;
    std::string name = {};   ///< without what Each appends
    std::size_t object = 0;  ///< group or connection
    std::size_t phase = 0;
    bool mean_of_bins = false;
    std::size_t first = 0, count = 1;  ///< its places in values_
    std::size_t measure = 0;           ///< which of the stage's
    std::string of = {};
    std::size_t block = 0;  ///< items of one block of stimuli stand together, stimulus by stimulus
  };
  struct Link {
    course::Correlation what;
    std::size_t phase, place;
  };
  friend std::vector<NamedMeasure> named_measures(const Course&, const course::Stage&, const SpikingCircuit&);
  double value_of(const Item& item, const EndedPhase& phase) const;
  double activity_of(const Item& item, course::SeriesKind series_of_bins, const EndedPhase& phase) const;
  double weight_of(const Item& item, const spike::Network<float>& network) const;
  std::vector<double> series(const course::Series& s, const EndedPhase& phase) const;
  double final_value(const Item& item, std::size_t i, const spike::Network<float>& network) const;
  std::vector<std::pair<std::string, double>> all_values(const spike::Network<float>& network) const;

  course::Stage stage_;
  std::vector<course::Stimulus> stimuli_;  ///< that are shown
  std::vector<Item> items_;
  std::vector<Link> links_;
  bool judges_ = false;
  std::uint64_t shown_ = 0;
  std::vector<double> values_;
};

}  // namespace apical
