// SPDX-License-Identifier: Apache-2.0
#include "apical/io/sonata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace apical::io
