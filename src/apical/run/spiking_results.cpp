// SPDX-License-Identifier: Apache-2.0
#include "apical/run/spiking_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "apical/core/build_info.h"
#include "apical/io/file_system.h"
#include "apical/io/hdf5.h"
#include "apical/run/seed_group.h"

namespace apical {
namespace {

class Writer {
 public:
  explicit Writer(io::hdf5::File& file) : file_(file) {}

  template <class T>
  void array(const std::string& at, const std::vector<T>& values, const std::string& units = "",
             const std::string& description = "") {
    io::hdf5::Dataset d = file_.create_dataset(at, {.element = io::element_of<T>(), .dims = {values.size()}});
    if (!values.empty()) d.write_rows(0, std::as_bytes(std::span(values)));
    if (!units.empty()) file_.set_attribute(at, "units", units);
    if (!description.empty()) file_.set_attribute(at, "description", description);
  }

  void segment(const std::string& group, const ActivitySegment& s, std::size_t position) {
    const std::size_t bins = s.populations.empty() ? 0 : s.populations.front().events.size();
    std::vector<double> time;
    for (std::size_t i = 0; i < bins; ++i) time.push_back(s.start_s + static_cast<double>(i + 1) * s.bin_s);
    array(group + "/time", time, "s", "end of each bin, biological time");
    file_.set_attribute(group, "start_s", s.start_s);
    file_.set_attribute(group, "bin_s", s.bin_s);
    file_.set_attribute(group, "position", static_cast<std::int64_t>(position));
    std::string labels;
    std::vector<double> edges;
    for (const RasterWindow& w : s.windows) {
      labels += w.label + "\n";
      edges.insert(edges.end(), {w.from_s, w.until_s});
    }
    file_.set_attribute(group, "raster_labels", labels);
    array(group + "/raster_windows", edges, "s", "from, until, from the start of the segment");
    for (std::size_t i = 0; i < s.populations.size(); ++i)
      population(group + "/" + s.populations[i].name, s, s.populations[i], i);
  }

 private:
  void population(const std::string& group, const ActivitySegment& s, const PopulationActivity& p,
                  std::size_t position) {
    std::vector<double> event_Hz, burst_Hz, probability, spike_Hz;
    const double per_Hz = s.bin_s * static_cast<double>(p.neurons);
    for (std::size_t i = 0; i < p.events.size(); ++i) {
      const double events = static_cast<double>(p.events[i]), bursts = static_cast<double>(p.bursts[i]);
      spike_Hz.push_back(static_cast<double>(p.spikes[i]) / per_Hz);
      event_Hz.push_back(events / per_Hz);
      burst_Hz.push_back(bursts / per_Hz);
      probability.push_back(p.events[i] > 0 ? bursts / events : std::numeric_limits<double>::quiet_NaN());
    }
    array(group + "/spike_rate", spike_Hz, "Hz", "all spikes, mean over neurons");
    array(group + "/event_rate", event_Hz, "Hz", "mean over neurons");
    array(group + "/burst_rate", burst_Hz, "Hz", "mean over neurons");
    array(group + "/burst_probability", probability, "1", "bursts over events of the population");
    file_.set_attribute(group, "neurons", static_cast<std::int64_t>(p.neurons));
    file_.set_attribute(group, "position", static_cast<std::int64_t>(position));
    if (s.windows.empty()) return;
    array(group + "/raster/time", p.raster_s, "s",
          "of spikes of the first neurons, from the start of the segment");
    array(group + "/raster/neuron", p.raster_neuron);
    array(group + "/raster/label", p.raster_label, "", "1: event, 2: burst, 0: another spike");
  }
  io::hdf5::File& file_;
};

double number(const io::hdf5::File& file, const std::string& path, const std::string& name) {
  const io::hdf5::AttributeValue v = file.attribute(path, name);
  if (const auto* whole = std::get_if<std::int64_t>(&v)) return static_cast<double>(*whole);
  return std::get<double>(v);
}

/// Groups below `group` in the order in which they were written.
std::vector<std::string> in_order(const io::hdf5::File& file, const std::string& group,
                                  const std::vector<std::string>& not_groups) {
  std::vector<std::pair<double, std::string>> found;
  for (const std::string& name : file.names(group)) {
    if (std::find(not_groups.begin(), not_groups.end(), name) == not_groups.end())
      found.emplace_back(number(file, fmt::format("{}/{}", group, name), "position"), name);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  out.reserve(found.size());
  for (auto& [position, name] : found) out.push_back(std::move(name));
  return out;
}

ActivityCurves read_population(const io::hdf5::File& file, const std::string& group,
                               const std::string& name) {
  ActivityCurves p;
  p.population = name;
  p.event_Hz = file.dataset(group + "/event_rate").read<double>();
  p.burst_Hz = file.dataset(group + "/burst_rate").read<double>();
  p.burst_probability = file.dataset(group + "/burst_probability").read<double>();
  if (!file.contains(group + "/raster")) return p;
  p.raster_s = file.dataset(group + "/raster/time").read<double>();
  p.raster_neuron = file.dataset(group + "/raster/neuron").read<std::uint32_t>();
  p.raster_label = file.dataset(group + "/raster/label").read<std::uint8_t>();
  return p;
}

SegmentCurves read_segment(const io::hdf5::File& file, const std::string& group, const std::string& name) {
  SegmentCurves s;
  s.name = name;
  s.time_s = file.dataset(group + "/time").read<double>();
  s.start_s = number(file, group, "start_s");
  const std::vector<double> edges = file.dataset(group + "/raster_windows").read<double>();
  const std::string labels = std::get<std::string>(file.attribute(group, "raster_labels"));
  for (std::size_t i = 0, at = 0; 2 * i + 1 < edges.size(); ++i) {
    const std::size_t end = labels.find('\n', at);
    s.windows.push_back({labels.substr(at, end - at), edges[2 * i], edges[2 * i + 1]});
    at = end + 1;
  }
  for (const std::string& p : in_order(file, group, {"time", "raster_windows"}))
    s.populations.push_back(read_population(file, fmt::format("{}/{}", group, p), p));
  return s;
}

}  // namespace

void write_spiking_results(const SpikingExperiment& e,
                           const std::vector<std::unique_ptr<SpikingCourse>>& courses, const io::Path& path) {
  const io::Path temporary = io::temporary_name(path);
  try {
    io::hdf5::File file = io::hdf5::File::create(temporary);
    file.set_attribute("/", "title", e.title);
    file.set_attribute("/", "apical_version", build_info().version);
    file.set_attribute("/", "apical_revision", build_info().revision);
    Writer writer(file);
    writer.array("seeds", e.seeds);
    for (std::size_t r = 0; r < courses.size(); ++r) {
      const std::string seed = seed_group(e.seeds[r]);
      file.create_group(seed);
      const auto& segments = courses[r]->segments();
      for (std::size_t i = 0; i < segments.size(); ++i)
        writer.segment(seed + "/" + segments[i].name, segments[i], i);
      const auto& curves = courses[r]->curves();
      for (std::size_t i = 0; i < curves.size(); ++i) {
        const std::string group = fmt::format("{}/curves/{}", seed, i);
        writer.array(group + "/x", curves[i].x);
        writer.array(group + "/delta_w", curves[i].delta_w, "1", "weight change");
        file.set_attribute(group, "label", curves[i].label);
        file.set_attribute(group, "position", static_cast<std::int64_t>(i));
      }
    }
    file.close();
    io::rename_file(temporary, path);
  } catch (...) {
    io::try_remove_file(temporary);
    throw;
  }
}

std::vector<SeedResults> read_spiking_results(const io::Path& path) {
  const io::hdf5::File file = io::hdf5::File::open(path);
  std::vector<SeedResults> out;
  for (const std::uint64_t seed : file.dataset("seeds").read<std::uint64_t>()) {
    SeedResults r{seed, {}, {}};
    const std::string group = seed_group(seed);
    if (file.contains(group + "/curves")) {
      for (const std::string& i : in_order(file, group + "/curves", {})) {
        const std::string at = fmt::format("{}/curves/{}", group, i);
        r.curves.push_back({std::get<std::string>(file.attribute(at, "label")),
                            file.dataset(at + "/x").read<double>(),
                            file.dataset(at + "/delta_w").read<double>()});
      }
    } else {
      for (const std::string& s : in_order(file, group, {}))
        r.segments.push_back(read_segment(file, fmt::format("{}/{}", group, s), s));
    }
    out.push_back(std::move(r));
  }
  return out;
}

}  // namespace apical
