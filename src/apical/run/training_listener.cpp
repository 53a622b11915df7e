// SPDX-License-Identifier: Apache-2.0
#include "apical/run/training_listener.h"

namespace apical {

TrainingListener::TrainingListener(std::vector<std::uint64_t> seeds, Listener& to)
    : seeds_(std::move(seeds)), to_(to) {}

void TrainingListener::tell(std::size_t epoch, std::string_view where, std::string_view metric,
                            std::size_t replica, double value) {
  to_.on(Measurement{static_cast<double>(epoch), std::string(where), std::string(metric), seeds_[replica],
                     value});
}

void TrainingListener::on(const Evaluated& e) {
  for (std::size_t r = 0; r < e.scores.size(); ++r) {
    for (const NamedFigure& figure : e.scores[r].figures())
      tell(e.epoch, name_of(e.split), figure.name, r, figure.value);
  }
}

void TrainingListener::on(const TrainingMeasured& m) {
  for (std::size_t r = 0; r < m.replicas.size(); ++r) {
    for (const NamedFigure& figure : m.replicas[r])
      tell(m.epoch, name_of(SplitName::train), figure.name, r, figure.value);
  }
}

void TrainingListener::on(const Aligned& a) {
  for (std::size_t r = 0; r < a.replicas.size(); ++r) {
    for (const AreaAlignment& area : a.replicas[r]) {
      tell(a.epoch, area.area, "angle_deg", r, area.mean_angle);
      tell(a.epoch, area.area, "batch_angle_deg", r, area.batch_angle);
      tell(a.epoch, area.area, "undefined_samples", r, static_cast<double>(area.undefined));
      for (const NamedFigure& figure : area.figures) tell(a.epoch, area.area, figure.name, r, figure.value);
    }
  }
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
