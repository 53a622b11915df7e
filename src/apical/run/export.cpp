// SPDX-License-Identifier: Apache-2.0
#include "apical/run/export.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/analysis/metrics.h"
#include "apical/io/csv.h"
#include "apical/io/directory.h"
#include "apical/run/exported.h"
#include "apical/run/metrics_file.h"
#include "apical/run/place_of_results.h"
#include "apical/run/runs_in.h"
#include "apical/run/seals.h"

namespace apical {
namespace {

void require_format(ExportWhat what, ExportFormat format) {
  const std::vector<ExportFormat>& possible = formats_of(what);
  if (std::find(possible.begin(), possible.end(), format) != possible.end()) return;
  std::vector<std::string> names;
  names.reserve(possible.size());
  for (const ExportFormat f : possible) names.emplace_back(name_of(f));
  throw ConfigError(fmt::format("{} cannot be had as {}; expected {}", name_of(what), name_of(format),
                                join_names(names, "or")));
}

/// Of the value as it is kept: percent are a matter of tables.
std::string unit_of(const Metric& m) { return m.unit.empty() || m.shown_times != 1 ? "1" : m.unit; }

std::string metrics_table(const io::Path& run, std::optional<std::uint64_t> seed) {
  std::string out = "epoch,where,metric,seed,value,unit\n";
  bool any = false;
  for (const Measurement& m : read_measurements(run)) {
    if (seed && m.seed != *seed) continue;
    any = true;
    out += fmt::format("{},{},{},{},{},{}\n", m.epoch, io::csv_cell(m.where), io::csv_cell(m.metric), m.seed,
                       m.value, io::csv_cell(unit_of(metric_of(m.metric))));
  }
  if (!any)
    throw DataError(fmt::format("{} has measured nothing{}", run.string(),
                                seed ? fmt::format(" of seed {}", *seed) : ""));
  return out;
}

constexpr std::string_view kTime = "_time";

/// Every number a line: recording, seed, time, unit.
std::string recordings_table(const Exported& all) {
  std::string out = "recording,seed,time,time_unit,unit,value\n";
  for (const ExportedArray& a : all.arrays) {
    if (a.name.ends_with(kTime)) continue;
    const auto time = std::find_if(all.arrays.begin(), all.arrays.end(), [&](const ExportedArray& t) {
      return t.seed == a.seed && t.name == a.name + std::string(kTime);
    });
    if (time == all.arrays.end()) {
      throw ConfigError(
          fmt::format("recordings of {} cannot be had as csv: '{}' and others have no times of their own",
                      all.run.string(), a.name),
          {}, "npz and hdf5 have them all");
    }
    const std::size_t width = a.array.shape.size() == 2 ? a.array.shape[1] : 1;
    for (std::size_t i = 0; i < a.array.size(); ++i)
      out += fmt::format("{},{},{},{},{},{}\n", io::csv_cell(a.name), a.seed, time->array.number(i / width),
                         time->unit, i % width, a.array.number(i));
  }
  return out;
}

std::string spikes_table(const Exported& all) {
  std::string out = "population,seed,neuron,time_ms\n";
  constexpr std::string_view kTimes = ".time_ms";
  for (const ExportedArray& times : all.arrays) {
    if (!times.name.ends_with(kTimes)) continue;
    const std::string population = times.name.substr(0, times.name.size() - kTimes.size());
    const auto neurons = std::find_if(all.arrays.begin(), all.arrays.end(), [&](const ExportedArray& n) {
      return n.seed == times.seed && n.name == population + ".neuron";
    });
    APICAL_CHECK(neurons != all.arrays.end());
    for (std::size_t i = 0; i < times.array.size(); ++i)
      out += fmt::format("{},{},{},{}\n", io::csv_cell(population), times.seed, neurons->array.number(i),
                         times.array.number(i));
  }
  return out;
}

std::vector<io::Path> write_text(const io::Path& file, const std::string& text) {
  io::write_atomically(file, text);
  return {file};
}

Exported arrays_of(const io::Path& run, const ExportRequest& r, ThreadPool& pool) {
  if (r.what == ExportWhat::weights) return exported_weights(run, r.seed, pool);
  return r.what == ExportWhat::spikes ? exported_spikes(run, r.seed) : exported_recordings(run, r.seed);
}

}  // namespace

std::string suffix_of(ExportFormat format) {
  return format == ExportFormat::hdf5 ? ".h5" : "." + std::string(name_of(format));
}

const std::vector<ExportFormat>& formats_of(ExportWhat what) {
  static const std::vector<ExportFormat> weights{ExportFormat::npz, ExportFormat::safetensors,
                                                 ExportFormat::hdf5},
      recordings{ExportFormat::npz, ExportFormat::csv, ExportFormat::hdf5}, metrics{ExportFormat::csv},
      spikes{ExportFormat::csv, ExportFormat::npz, ExportFormat::hdf5};
  switch (what) {
    case ExportWhat::weights:
      return weights;
    case ExportWhat::recordings:
      return recordings;
    case ExportWhat::metrics:
      return metrics;
    case ExportWhat::spikes:
      break;
  }
  return spikes;
}

std::vector<io::Path> export_run(const io::Path& run, const ExportRequest& r, ThreadPool& pool) {
  require_format(r.what, r.format);
  require_run(run);
  require_place_for(r.file);
  require_intact(run, {"results.h5"});
  if (r.what == ExportWhat::metrics) return write_text(r.file, metrics_table(run, r.seed));
  const Exported all = arrays_of(run, r, pool);
  if (r.format != ExportFormat::csv) return write_arrays(all, r.format, r.file);
  return write_text(r.file, r.what == ExportWhat::spikes ? spikes_table(all) : recordings_table(all));
}

}  // namespace apical
