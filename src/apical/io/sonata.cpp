// SPDX-License-Identifier: Apache-2.0
#include "apical/io/sonata.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/io/file_system.h"
#include "apical/io/hdf5.h"

namespace apical::io {
namespace {

constexpr std::uint32_t kSonataMagic = 0x0A7A;
const std::vector<std::uint32_t> kSonataVersion{0, 1};
constexpr std::uint8_t kByTime = 2;  // of the names below

}  // namespace

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
