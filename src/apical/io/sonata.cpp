// SPDX-License-Identifier: Apache-2.0
#include "apical/io/sonata.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/io/file_system.h"
#include "apical/io/hdf5.h"

namespace apical::io {
namespace {

constexpr std::uint32_t kSonataMagic = 0x0A7A;
const std::vector<std::uint32_t> kSonataVersion{0, 1};
constexpr std::uint8_t kByTime = 2;  // of the names below

/// More would not fit into memory, and a file that says so is likely damaged.
constexpr std::uint64_t kMostSpikes = std::uint64_t{1} << 31;

bool is_flat(const hdf5::File& file) { return file.contains("spikes/timestamps"); }

void require_spikes(const hdf5::File& file, const Path& path) {
  if (file.contains("spikes") && file.is_group("spikes")) return;
  throw DataError(
      fmt::format("{}: no group /spikes; expected spikes in the layout of SONATA, such as "
                  "/spikes/POPULATION/timestamps and node_ids",
                  path.string()));
}

template <class T>
std::vector<T> converted(const std::vector<T>& values) {
  return values;
}
template <class T, class From>
std::vector<T> converted(const std::vector<From>& values) {
  return {values.begin(), values.end()};
}

std::vector<double> read_times(const hdf5::Dataset& d, const std::string& where) {
  if (d.element() == Element::f64) return d.read<double>();
  if (d.element() == Element::f32) return converted<double>(d.read<float>());
  throw DataError(fmt::format("{} are of type {}; expected double", where, name_of(d.element())));
}

template <class From>
std::vector<std::uint64_t> counted(const std::vector<From>& ids, const std::string& where) {
  for (std::size_t row = 0; row < ids.size(); ++row) {
    if (ids[row] < 0)
      throw DataError(fmt::format("{}[{}] is {}; expected a neuron, counted from 0", where, row, ids[row]));
  }
  return converted<std::uint64_t>(ids);
}

std::vector<std::uint64_t> read_ids(const hdf5::Dataset& d, const std::string& where) {
  switch (d.element()) {
    case Element::u64:
      return d.read<std::uint64_t>();
    case Element::u32:
      return converted<std::uint64_t>(d.read<std::uint32_t>());
    case Element::i64:
      return counted(d.read<std::int64_t>(), where);
    case Element::i32:
      return counted(d.read<std::int32_t>(), where);
    default:
      throw DataError(fmt::format("{} are of type {}; expected uint64", where, name_of(d.element())));
  }
}

/// Files that say nothing mean milliseconds.
void require_ms(const hdf5::File& file, const std::string& times, const std::string& where) {
  if (!file.has_attribute(times, "units")) return;
  const hdf5::AttributeValue units = file.attribute(times, "units");
  const auto* text = std::get_if<std::string>(&units);
  if (text != nullptr && (*text == "ms" || *text == "milliseconds" || *text == "millisecond")) return;
  throw DataError(fmt::format("{} are in units of '{}'; expected ms", where, text != nullptr ? *text : "?"));
}

hdf5::Dataset dataset_in(const hdf5::File& file, const std::string& path, const Path& of) {
  if (file.is_group(path))
    throw DataError(fmt::format("{}: /{} is a group; expected a list of numbers", of.string(), path));
  hdf5::Dataset d = file.dataset(path);
  if (d.dims().size() != 1)
    throw DataError(fmt::format("{}: /{} has {} dimensions; expected 1", of.string(), path, d.dims().size()));
  if (d.rows() > kMostSpikes)
    throw DataError(
        fmt::format("{}: /{} has {} rows; expected at most {}", of.string(), path, d.rows(), kMostSpikes));
  return d;
}

}  // namespace

std::vector<std::string> sonata_populations(const Path& path) {
  const hdf5::File file = hdf5::File::open(path);
  require_spikes(file, path);
  if (is_flat(file)) return {};
  std::vector<std::string> out;
  for (const std::string& name : file.names("spikes")) {
    if (file.is_group("spikes/" + name)) out.push_back(name);
  }
  if (out.empty())
    throw DataError(fmt::format("{}: /spikes is empty; expected /spikes/POPULATION/timestamps and node_ids",
                                path.string()));
  return out;
}

namespace {

/// The lists of one population, in whichever layout.
struct Rows {
  std::string times_at, ids_at;
  hdf5::Dataset times, ids;
};

std::string where_in(const Path& path, const std::string& what) {
  return fmt::format("{}: /{}", path.string(), what);
}

Rows rows_of(const hdf5::File& file, const Path& path, const std::string& population) {
  require_spikes(file, path);
  if (is_flat(file) != population.empty())
    throw DataError(fmt::format(
        "{}: {}", path.string(),
        is_flat(file)
            ? fmt::format("there is no population '{}': the file has the spikes of all together, in "
                          "/spikes/timestamps",
                          population)
            : "its spikes are those of populations; name one"));
  const std::string group = population.empty() ? "spikes" : "spikes/" + population;
  const std::string times = group + "/timestamps";
  const std::string ids =
      group + (population.empty() && file.contains("spikes/gids") ? "/gids" : "/node_ids");
  Rows rows{times, ids, dataset_in(file, times, path), dataset_in(file, ids, path)};
  if (rows.times.rows() != rows.ids.rows())
    throw DataError(fmt::format("{} has {} rows, /{} has {}; expected the same number", where_in(path, times),
                                rows.times.rows(), ids, rows.ids.rows()));
  return rows;
}

}  // namespace

std::uint64_t count_sonata_spikes(const Path& path, const std::string& population) {
  const hdf5::File file = hdf5::File::open(path);
  return rows_of(file, path, population).times.rows();
}

SonataSpikes read_sonata_spikes(const Path& path, const std::string& population) {
  const hdf5::File file = hdf5::File::open(path);
  const Rows rows = rows_of(file, path, population);
  const std::string times_at = where_in(path, rows.times_at);
  require_ms(file, rows.times_at, times_at);
  SonataSpikes out{read_times(rows.times, times_at), read_ids(rows.ids, where_in(path, rows.ids_at)),
                   "/" + rows.times_at, "/" + rows.ids_at};
  for (std::size_t row = 0; row < out.timestamps_ms.size(); ++row) {
    const double t = out.timestamps_ms[row];
    if (std::isfinite(t) && t >= 0) continue;
    throw DataError(fmt::format("{}[{}] is {}; expected a time of 0 ms or later", times_at, row, t));
  }
  return out;
}

void write_sonata_spikes(const Path& path, const std::vector<SonataPopulation>& populations) {
  for (const SonataPopulation& p : populations) {
    if (p.timestamps_ms.size() != p.node_ids.size()) {
      throw DataError(fmt::format("population '{}' has {} times of spikes and {} neurons that spiked", p.name,
                                  p.timestamps_ms.size(), p.node_ids.size()));
    }
    if (!std::is_sorted(p.timestamps_ms.begin(), p.timestamps_ms.end()))
      throw DataError(fmt::format("spikes of population '{}' are not in order of time", p.name));
  }
  const Path temporary = temporary_name(path);
  try {
    hdf5::File file = hdf5::File::create(temporary);
    file.set_attribute("/", "magic", kSonataMagic);
    file.set_attribute("/", "version", kSonataVersion);
    file.create_group("spikes");
    for (const SonataPopulation& p : populations) {
      const std::string group = "spikes/" + p.name;
      file.create_group(group);
      file.set_attribute(group, "sorting", hdf5::NamedChoice{{"none", "by_id", "by_time"}, kByTime});
      const auto write = [&](const std::string& name, Element element, std::span<const std::byte> bytes) {
        // Not compressed: libsonata as PyPI has it reads no deflate.
        const hdf5::DatasetShape shape{.element = element, .dims = {p.node_ids.size()}};
        hdf5::Dataset dataset = file.create_dataset(fmt::format("{}/{}", group, name), shape);
        if (!bytes.empty()) dataset.write_rows(0, bytes);
      };
      write("timestamps", Element::f64, std::as_bytes(p.timestamps_ms));
      write("node_ids", Element::u64, std::as_bytes(p.node_ids));
      file.set_attribute(group + "/timestamps", "units", std::string("ms"));
    }
    file.close();
    rename_file(temporary, path);
  } catch (...) {
    try_remove_file(temporary);
    throw;
  }
}

}  // namespace apical::io
