// SPDX-License-Identifier: Apache-2.0
#include "apical/run/exported.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apical/core/build_info.h"
#include "apical/io/hdf5.h"
#include "apical/io/json.h"
#include "apical/io/npz.h"
#include "apical/io/safetensors.h"
#include "apical/run/saved_weights.h"
#include "apical/run/seed_group.h"

namespace apical {
namespace {

/// What a reader needs beside the numbers.
nlohmann::json about(const Exported& all) {
  nlohmann::json j{{"schema", "apical-export/1"},
                   {"what", name_of(all.what)},
                   {"run", all.run.string()},
                   {"apical_version", build_info().version}};
  for (const ExportedArray& a : all.arrays) {
    nlohmann::json& entry = j["arrays"][name_in_file(all, a)];
    entry = {{"shape", a.array.shape}, {"axes", a.axes}, {"unit", a.unit}, {"seed", a.seed}};
    if (!a.from.empty()) entry["from"] = a.from;
    if (!a.to.empty()) entry["to"] = a.to;
  }
  return j;
}

void write_hdf5(const Exported& all, const io::Path& path) {
  const io::Path temporary = io::temporary_name(path);
  try {
    io::hdf5::File file = io::hdf5::File::create(temporary);
    file.set_attribute("/", "apical_version", build_info().version);
    file.set_attribute("/", "run", all.run.string());
    for (const ExportedArray& a : all.arrays) {
      const std::string at = fmt::format("{}/{}", seed_group(a.seed), a.name);
      io::hdf5::Dataset d = file.create_dataset(at, {.element = a.array.element, .dims = a.array.shape});
      if (!a.array.values.empty()) d.write_rows(0, a.array.values);
      file.set_attribute(at, "units", a.unit);
      file.set_attribute(at, "axes", fmt::format("{}", join_names(a.axes, "by")));
      if (!a.from.empty()) file.set_attribute(at, "from", a.from);
      if (!a.to.empty()) file.set_attribute(at, "to", a.to);
    }
    file.close();
    io::rename_file(temporary, path);
  } catch (...) {
    io::try_remove_file(temporary);
    throw;
  }
}

io::Array array_of(const io::hdf5::Dataset& d) {
  auto bytes = std::make_shared<io::Bytes>(d.row_bytes() * d.rows());
  if (!bytes->empty()) d.read_rows(0, *bytes);
  return {d.element(), d.dims(), bytes, *bytes};
}

std::string text_attribute(const io::hdf5::File& file, const std::string& path, const std::string& name) {
  try {
    const io::hdf5::AttributeValue v = file.attribute(path, name);
    if (const auto* text = std::get_if<std::string>(&v)) return *text;
  } catch (const DataError&) {  // not every dataset has one
  }
  return "1";
}

constexpr std::string_view kSteps = "_steps";

/// Steps as times.
ExportedArray times_of(const io::hdf5::File& file, const std::string& path, const std::string& name,
                       std::uint64_t seed) {
  const auto steps = file.dataset(path).read<std::int64_t>();
  const double dt_ms = std::get<double>(file.attribute(path, "dt_ms"));
  const std::string step = text_attribute(file, path, "step");
  std::vector<double> times(steps.size());
  std::transform(steps.begin(), steps.end(), times.begin(),
                 [&](std::int64_t s) { return static_cast<double>(s) * dt_ms; });
  const std::uint64_t rows = times.size();
  return {.name = name.substr(0, name.size() - kSteps.size()) + "_time",
          .seed = seed,
          .unit = step == "1" ? "ms" : step,
          .axes = {"time"},
          .array = io::array_of({rows}, std::move(times))};
}

void add_recordings(const io::hdf5::File& file, const std::string& group, const std::string& below,
                    std::uint64_t seed, std::vector<ExportedArray>& out) {
  for (const std::string& child : file.names(group)) {
    const std::string path = fmt::format("{}/{}", group, child),
                      name = below.empty() ? child : fmt::format("{}/{}", below, child);
    if (file.is_group(path)) {
      add_recordings(file, path, name, seed, out);
    } else if (name.ends_with(kSteps)) {
      out.push_back(times_of(file, path, name, seed));
    } else {
      io::Array array = array_of(file.dataset(path));
      std::vector<std::string> axes{"time"};
      if (array.shape.size() == 2) axes.emplace_back("unit");
      out.push_back({.name = name,
                     .seed = seed,
                     .unit = text_attribute(file, path, "units"),
                     .axes = std::move(axes),
                     .array = std::move(array)});
    }
  }
}

std::vector<std::string> axes_of(const Parameter& p) {
  if (p.shape.size() == 1) return {"unit"};
  if (p.shape.size() == 2) return {"postsynaptic", "presynaptic"};
  return {"channel", "channel below", "height", "width"};
}

/// Those seeds of which there are groups, or the one that is asked for. DataError if it has none.
std::vector<std::uint64_t> wanted_seeds(const std::vector<std::string>& groups,
                                        std::optional<std::uint64_t> seed, const io::Path& run) {
  std::vector<std::uint64_t> there;
  for (const std::string& group : groups) {
    if (const std::optional<std::uint64_t> of = seed_of_group(group)) there.push_back(*of);
  }
  std::sort(there.begin(), there.end());
  if (!seed) return there;
  if (std::find(there.begin(), there.end(), *seed) != there.end()) return {*seed};
  throw DataError(fmt::format("{} has nothing of seed {}; it has that of {}", run.string(), *seed,
                              fmt::join(there, ", ")));
}

}  // namespace

std::string name_in_file(const Exported& all, const ExportedArray& a) {
  const bool several = std::any_of(all.arrays.begin(), all.arrays.end(),
                                   [&](const ExportedArray& other) { return other.seed != a.seed; });
  return several ? fmt::format("{}/{}", seed_group(a.seed), a.name) : a.name;
}

std::vector<io::Path> write_arrays(const Exported& all, ExportFormat format, const io::Path& file) {
  if (format == ExportFormat::hdf5) {
    write_hdf5(all, file);
    return {file};
  }
  std::vector<io::NpyArray> arrays;
  arrays.reserve(all.arrays.size());
  for (const ExportedArray& a : all.arrays)
    arrays.push_back({name_in_file(all, a), a.array.element, a.array.shape, a.array.values});
  const nlohmann::json description = about(all);
  if (format == ExportFormat::safetensors) {
    io::write_safetensors(file, arrays, {{"format", "pt"}, {"apical", io::json_text(description, -1)}});
    return {file};
  }
  io::Path beside = file;
  beside += ".json";
  io::write_npz(file, arrays);
  io::write_atomically(beside, io::json_text(description));
  return {file, beside};
}

Exported exported_weights(const io::Path& run, std::optional<std::uint64_t> seed, ThreadPool& pool) {
  const SavedModel model(run, pool);
  const std::vector<Parameter> parameters = model.weights().parameters();
  const std::vector<std::uint64_t>& seeds = model.experiment().seeds;
  std::vector<std::string> groups;
  groups.reserve(seeds.size());
  for (const std::uint64_t s : seeds) groups.push_back(seed_group(s));
  const std::vector<std::uint64_t> wanted = wanted_seeds(groups, seed, run);
  Exported all{run, ExportWhat::weights, {}};
  for (std::size_t r = 0; r < seeds.size(); ++r) {
    if (std::find(wanted.begin(), wanted.end(), seeds[r]) == wanted.end()) continue;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const Parameter& p = parameters[k];
      all.arrays.push_back({.name = p.name,
                            .seed = seeds[r],
                            .axes = axes_of(p),
                            .from = p.from,
                            .to = p.to,
                            .array = model.array(p, k, r)});
    }
  }
  return all;
}

Exported exported_recordings(const io::Path& run, std::optional<std::uint64_t> seed) {
  const io::Path path = run / "results.h5";
  if (!io::file_exists(path))
    throw DataError(fmt::format(
        "{} has no recordings; [[record]] asks for them, and they are there once the run has finished",
        run.string()));
  const io::hdf5::File file = io::hdf5::File::open(path);
  Exported all{run, ExportWhat::recordings, {}};
  for (const std::uint64_t s : wanted_seeds(file.names(), seed, run))
    add_recordings(file, seed_group(s), "", s, all.arrays);
  return all;
}

Exported exported_spikes(const io::Path& run, std::optional<std::uint64_t> seed) {
  const io::Path folder = run / "spikes";
  if (!io::file_exists(folder))
    throw DataError(
        fmt::format("{} has no spikes; of a circuit of spiking neurons, spikes = true in [record] keeps them",
                    run.string()));
  std::vector<std::string> groups;
  for (const std::string& name : io::list_directory(folder)) groups.push_back(io::Path(name).stem().string());
  Exported all{run, ExportWhat::spikes, {}};
  for (const std::uint64_t s : wanted_seeds(groups, seed, run)) {
    const io::hdf5::File file = io::hdf5::File::open(folder / (seed_group(s) + ".h5"));
    for (const std::string& population : file.names("spikes")) {
      const std::string at = "spikes/" + population;
      all.arrays.push_back({.name = population + ".time_ms",
                            .seed = s,
                            .unit = "ms",
                            .axes = {"spike"},
                            .array = array_of(file.dataset(at + "/timestamps"))});
      all.arrays.push_back({.name = population + ".neuron",
                            .seed = s,
                            .axes = {"spike"},
                            .array = array_of(file.dataset(at + "/node_ids"))});
    }
  }
  return all;
}

}  // namespace apical
