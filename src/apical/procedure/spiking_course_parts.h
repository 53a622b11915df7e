// SPDX-License-Identifier: Apache-2.0
// What courses of networks share: how a network is watched and saved, and where rasters are drawn.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "apical/models/watched_advance.h"
#include "apical/procedure/spiking_course.h"

namespace apical {

/// Lists of a network change their lengths: spikes in flight, currents per neuron.
template <class Archive>
class FlexibleArchive {
 public:
  static constexpr bool kReading = Archive::kReading;
  explicit FlexibleArchive(Archive& archive) : archive_(archive) {}
  template <class T, class A>
  void operator()(const std::string& name, std::vector<T, A>& v) {
    archive_.resized(name, v);
  }
  template <class T>
  void operator()(const std::string& name, T& v) {
    archive_(name, v);
  }

 private:
  Archive& archive_;
};

/// A course over one network, under the eyes of a watch.
class WatchedCourse : public SpikingCourse {
 public:
  WatchedCourse(const spike::SpikingCircuit& network, const CourseSetting& s)
      : setting_(s), watch_(network, s.watch, s.progress) {}
  const std::vector<ActivitySegment>& segments() const override { return watch_.segments(); }
  const std::vector<PopulationSpikes>& recorded() const override { return watch_.recorded(); }

 protected:
  /// How the network advances, always.
  payeur2021::WatchedAdvance watching() {
    return [this](spike::Network<float>& n, spike::Step steps) { advance(watch_, n, steps); };
  }
  const CourseSetting setting_;
  SpikeWatch watch_;
};

/// Drawn stretches in parts of equal length: `seconds` at the end of each.
inline std::vector<RasterWindow> ends_of(const std::vector<std::string>& labels, double part_s,
                                         double seconds) {
  std::vector<RasterWindow> out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double end = static_cast<double>(i + 1) * part_s;
    out.push_back({labels[i], end - std::min(seconds, part_s), end});
  }
  return out;
}

}  // namespace apical
