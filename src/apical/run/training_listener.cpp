// SPDX-License-Identifier: Apache-2.0
#include "apical/run/training_listener.h"

#include "apical/run/seed_by_seed.h"

namespace apical {

TrainingListener::TrainingListener(std::vector<std::uint64_t> seeds, Listener& to)
    : seeds_(std::move(seeds)), to_(to) {}

Measurement TrainingListener::row(std::size_t epoch, std::string_view where, std::string_view metric,
                                  std::size_t replica, double value) const {
  return {static_cast<double>(epoch), std::string(where), std::string(metric), seeds_[replica], value};
}

void TrainingListener::on(const Evaluated& e) {
  Rows rows(e.scores.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (const NamedFigure& figure : e.scores[r].figures())
      rows[r].push_back(row(e.epoch, name_of(e.split), figure.name, r, figure.value));
  }
  tell_seed_by_seed(rows, to_);
}

void TrainingListener::on(const TrainingMeasured& m) {
  Rows rows(m.replicas.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (const NamedFigure& figure : m.replicas[r])
      rows[r].push_back(row(m.epoch, name_of(SplitName::train), figure.name, r, figure.value));
  }
  tell_seed_by_seed(rows, to_);
}

void TrainingListener::on(const Aligned& a) {
  Rows rows(a.replicas.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (const AreaAlignment& area : a.replicas[r]) {
      rows[r].push_back(row(a.epoch, area.area, "angle_deg", r, area.mean_angle));
      rows[r].push_back(row(a.epoch, area.area, "batch_angle_deg", r, area.batch_angle));
      rows[r].push_back(row(a.epoch, area.area, "undefined_samples", r, static_cast<double>(area.undefined)));
      for (const NamedFigure& figure : area.figures)
        rows[r].push_back(row(a.epoch, area.area, figure.name, r, figure.value));
    }
  }
  tell_seed_by_seed(rows, to_);
}

void TrainingListener::on(const Progress& p) {
  RunProgress progress;
  progress.done = static_cast<double>((p.epoch - 1) * p.samples + p.sample);
  progress.total = static_cast<double>(p.epochs * p.samples);
  progress.unit = "samples";
  progress.epoch = p.epoch;
  progress.epochs = p.epochs;
  progress.seconds_left = seconds_left_;
  to_.on(progress);
}

void TrainingListener::on(const EpochTrained& e) { to_.on(EpochEnded{e.epoch, e.seconds}); }

}  // namespace apical
