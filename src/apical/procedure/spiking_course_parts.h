// SPDX-License-Identifier: Apache-2.0
// What courses of networks share: how a network is saved, and where rasters are drawn.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "apical/procedure/spike_watch.h"

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
