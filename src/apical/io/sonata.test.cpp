// SPDX-License-Identifier: Apache-2.0
#include "apical/io/sonata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "apical/io/hdf5.h"
#include "apical/io/test_directory.h"

namespace apical::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Sonata, SpikesComeBackByPopulation) {
  const TestDirectory dir;
  const std::vector<double> ms{0.1, 0.1, 2.5};
  const std::vector<std::uint64_t> nodes{3, 7, 0};
  write_sonata_spikes(dir / "spikes.h5", {{"hid1", ms, nodes}, {"silent", {}, {}}});
  const hdf5::File file = hdf5::File::open(dir / "spikes.h5");
  EXPECT_THAT(file.names("spikes"), ElementsAre("hid1", "silent"));
  EXPECT_EQ(file.dataset("spikes/hid1/timestamps").read<double>(), ms);
  EXPECT_EQ(file.dataset("spikes/hid1/node_ids").read<std::uint64_t>(), nodes);
  EXPECT_EQ(file.dataset("spikes/silent/node_ids").rows(), 0U);
  EXPECT_EQ(std::get<std::string>(file.attribute("spikes/hid1/timestamps", "units")), "ms");
  EXPECT_EQ(std::get<std::int64_t>(file.attribute("/", "magic")), 0x0A7A);
}

TEST(Sonata, DisorderIsRefusedBeforeAnythingIsWritten) {
  const TestDirectory dir;
  const std::vector<double> falling{2, 1};
  const std::vector<std::uint64_t> two{0, 1}, one{0};
  EXPECT_THAT(
      [&] {
        write_sonata_spikes(dir / "a.h5", {{"p", falling, two}});
      },
      ThrowsMessage<DataError>(HasSubstr("not in order of time")));
  EXPECT_THAT(
      [&] {
        write_sonata_spikes(dir / "a.h5", {{"p", falling, one}});
      },
      ThrowsMessage<DataError>(HasSubstr("2 times of spikes and 1 neurons")));
  EXPECT_TRUE(list_directory(dir.path()).empty());
}

/// As other programs write it: lists of any type below a group, in any order.
struct Written {
  std::string group, ids = "node_ids", units = {};
  bool odd_units = false;  ///< units that are a list of numbers
};

template <class Id>
void write(const Path& path, const Written& as, const std::vector<double>& ms, const std::vector<Id>& ids) {
  std::filesystem::remove(path);
  hdf5::File file = hdf5::File::create(path);
  hdf5::Dataset t =
      file.create_dataset(as.group + "/timestamps", {.element = Element::f64, .dims = {ms.size()}});
  t.write_rows(0, std::as_bytes(std::span(ms)));
  hdf5::Dataset n =
      file.create_dataset(as.group + "/" + as.ids, {.element = element_of<Id>(), .dims = {ids.size()}});
  n.write_rows(0, std::as_bytes(std::span(ids)));
  if (!as.units.empty()) file.set_attribute(as.group + "/timestamps", "units", as.units);
  if (as.odd_units)
    file.set_attribute(as.group + "/timestamps", "units", std::vector<std::uint32_t>{1, 1000});
  file.close();
}

TEST(Sonata, BothLayoutsAreReadInAnyOrderAndType) {
  const TestDirectory dir;
  const std::vector<double> ms{2.5, 0.1, 0.1};
  const std::vector<std::uint64_t> nodes{0, 3, 7};
  write(dir / "of.h5", {.group = "spikes/v1", .units = "milliseconds"}, ms, nodes);
  EXPECT_THAT(sonata_populations(dir / "of.h5"), ElementsAre("v1"));
  const SonataSpikes of = read_sonata_spikes(dir / "of.h5", "v1");
  EXPECT_EQ(of.timestamps_ms, ms);
  EXPECT_EQ(of.node_ids, nodes);
  EXPECT_EQ(of.ids_at, "/spikes/v1/node_ids");
  write(dir / "gids.h5", {.group = "spikes", .ids = "gids"}, ms, std::vector<std::int32_t>{0, 3, 7});
  write(dir / "flat.h5", {.group = "spikes", .units = "ms"}, ms, std::vector<std::uint32_t>{0, 3, 7});
  for (const char* name : {"gids.h5", "flat.h5"}) {
    EXPECT_TRUE(sonata_populations(dir / name).empty());
    const SonataSpikes flat = read_sonata_spikes(dir / name, "");
    EXPECT_EQ(flat.timestamps_ms, ms);
    EXPECT_EQ(flat.node_ids, nodes);
  }
}

TEST(Sonata, WhatIsWrittenIsReadAsItWas) {
  const TestDirectory dir;
  const std::vector<double> ms{0.1, 0.30000000000000004};
  const std::vector<std::uint64_t> nodes{3, 7};
  write_sonata_spikes(dir / "spikes.h5", {{"hid1", ms, nodes}, {"silent", {}, {}}});
  EXPECT_THAT(sonata_populations(dir / "spikes.h5"), ElementsAre("hid1", "silent"));
  EXPECT_EQ(read_sonata_spikes(dir / "spikes.h5", "hid1").timestamps_ms, ms);
  EXPECT_TRUE(read_sonata_spikes(dir / "spikes.h5", "silent").node_ids.empty());
}

TEST(Sonata, WhatIsNoListOfSpikesIsRefusedWithItsPlace) {
  const TestDirectory dir;
  const Path path = dir / "a.h5";
  const auto complaint = [&] {
    try {
      const std::vector<std::string> all = sonata_populations(path);
      read_sonata_spikes(path, all.empty() ? "" : all.front());
    } catch (const DataError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  using Ids = std::vector<std::int64_t>;
  write(path, {.group = "spikes/v1"}, {1, 2}, Ids{0, -4});
  EXPECT_THAT(complaint(), HasSubstr("a.h5: /spikes/v1/node_ids[1] is -4; expected a neuron"));
  write(path, {.group = "spikes/v1"}, {1, -2}, Ids{0, 4});
  EXPECT_THAT(complaint(), HasSubstr("a.h5: /spikes/v1/timestamps[1] is -2; expected a time"));
  write(path, {.group = "spikes/v1"}, {NAN}, Ids{0});
  EXPECT_THAT(complaint(), HasSubstr("timestamps[0] is nan"));
  write(path, {.group = "spikes/v1"}, {1, 2}, Ids{0});
  EXPECT_THAT(complaint(), HasSubstr("timestamps has 2 rows, /spikes/v1/node_ids has 1"));
  write(path, {.group = "spikes/v1", .units = "s"}, {1}, Ids{0});
  EXPECT_THAT(complaint(), HasSubstr("/spikes/v1/timestamps are in units of 's'; expected ms"));
  write(path, {.group = "spikes/v1", .odd_units = true}, {1}, Ids{0});
  EXPECT_THAT(complaint(), HasSubstr("units")) << "units that cannot be read are not taken for ms";
  write(path, {.group = "spikes/v1"}, {1}, std::vector<double>{0});
  EXPECT_THAT(complaint(), HasSubstr("/spikes/v1/node_ids are of type double; expected uint64"));
  write(path, {.group = "spikes", .ids = "nodes"}, {1}, Ids{0});
  EXPECT_THAT(complaint(), HasSubstr("node_ids"));
  write(path, {.group = "events/v1"}, {1}, Ids{0});
  EXPECT_THAT(complaint(), HasSubstr("a.h5: no group /spikes"));
  write(path, {.group = "spikes/v1/deep"}, {1}, Ids{0});
  EXPECT_THAT(complaint(), HasSubstr("timestamps"));
  write(path, {.group = "spikes"}, {1}, Ids{0});
  EXPECT_THROW(read_sonata_spikes(path, "v1"), DataError);
  {
    std::filesystem::remove(path);
    hdf5::File file = hdf5::File::create(path);
    file.create_group("spikes");
    file.close();
  }
  EXPECT_THAT(complaint(), HasSubstr("a.h5: /spikes is empty"));
}

}  // namespace
}  // namespace apical::io
