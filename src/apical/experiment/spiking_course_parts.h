// SPDX-License-Identifier: Apache-2.0
// What courses of networks share: how a network is saved, and where rasters are drawn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "apical/experiment/spike_watch.h"
#include "apical/io/archive.h"

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

/// State as bytes and back; visit(archive) names every field to a writer or a reader.
template <class Visit>
io::Bytes written(Visit&& visit) {
  io::StateWriter writer;
  visit(writer);
  return std::move(writer).take();
}
template <class Visit>
void read_back(std::span<const std::byte> bytes, const std::string& origin, Visit&& visit) {
  io::StateReader reader(bytes, origin);
  visit(reader);
  reader.finish();
}

/// Drawn stretches in parts of equal length: `seconds` at the end of each.
inline std::vector<RasterWindow> ends_of(const std::vector<std::string>& labels, double part_s, double seconds) {
  std::vector<RasterWindow> out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double end = static_cast<double>(i + 1) * part_s;
    out.push_back({labels[i], end - std::min(seconds, part_s), end});
  }
  return out;
}

}  // namespace apical
