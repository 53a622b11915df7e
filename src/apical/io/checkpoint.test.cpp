// SPDX-License-Identifier: Apache-2.0
#include "apical/io/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "apical/io/fault_injection.h"
#include "apical/io/hash.h"
#include "apical/io/test_directory.h"
#include "support/figures.h"

namespace apical::io {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::uint64_t kExperiment = 0x1234;

Bytes some_bytes(std::string_view text) { return {bytes_of(text).begin(), bytes_of(text).end()}; }

Checkpoint sample(std::uint64_t sequence) {
  return {sequence,
          kExperiment,
          {{"learner", some_bytes("weights of " + std::to_string(sequence))},
           {"empty", {}},
           {"data", some_bytes("position")}}};
}

CheckpointError::Kind kind_of(std::span<const std::byte> bytes, std::uint64_t experiment = kExperiment) {
  try {
    decode_checkpoint(bytes, experiment, "c");
  } catch (const CheckpointError& e) {
    return e.kind();
  }
  throw std::logic_error("was accepted");
}

/// Changes a number in the header and makes the header's checksum fit again, as an honest program would.
Bytes with_header(Bytes bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
  const std::uint64_t header = xxh3(std::span(bytes).first(40));
  std::memcpy(bytes.data() + 40, &header, sizeof header);
  const std::uint64_t whole = xxh3(std::span(bytes).first(bytes.size() - 16));
  std::memcpy(bytes.data() + bytes.size() - 16, &whole, sizeof whole);
  return bytes;
}

TEST(Checkpoint, ComesBackAsItWas) {
  const Checkpoint back = decode_checkpoint(encode(sample(7)), kExperiment, "c");
  const TestDirectory dir;
  write_checkpoint_file(dir / "c", sample(7));
  EXPECT_EQ(read_file(dir / "c"), encode(sample(7))) << "written in pieces, or as a whole";
  EXPECT_EQ(read_checkpoint_file(dir / "c", kExperiment), back);
  EXPECT_EQ(back, sample(7));
  EXPECT_EQ(back.section("data"), some_bytes("position"));
  EXPECT_THAT([&] { back.section("lerner"); },
              ThrowsMessage<DataError>("checkpoint 7 has no section 'lerner'; did you mean 'learner'?"));
}

TEST(Checkpoint, TruncationAtEveryByteIsRecognised) {
  const Bytes bytes = encode(sample(7));
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_EQ(kind_of(std::span(bytes).first(n)), CheckpointError::Kind::damaged) << n;
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_EQ(kind_of(longer), CheckpointError::Kind::damaged);
  test::figure("D6", "cuts of a checkpoint", bytes.size() + 1);
}

TEST(Checkpoint, EveryFlippedBitIsRecognised) {
  const Bytes bytes = encode(sample(7));
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    Bytes flipped = bytes;
    flipped[i / 8] ^= static_cast<std::byte>(1 << (i % 8));
    EXPECT_EQ(kind_of(flipped), CheckpointError::Kind::damaged) << "bit " << i;
  }
  test::figure("D6", "flipped bits of a checkpoint", bytes.size() * 8);
}

TEST(Checkpoint, GarbageLengthsDoNotAllocate) {
  Bytes bytes = encode(sample(7));
  const std::uint64_t huge = ~std::uint64_t{0} / 2;
  std::memcpy(bytes.data() + 48 + 8, &huge, sizeof huge);
  EXPECT_EQ(kind_of(bytes), CheckpointError::Kind::damaged);
}

TEST(Checkpoint, AVersionFromTheFutureAndAnotherExperimentAreForeign) {
  const Bytes bytes = encode(sample(7));
  EXPECT_EQ(kind_of(with_header(bytes, 8, 99)), CheckpointError::Kind::foreign);
  EXPECT_THAT([&] { decode_checkpoint(with_header(bytes, 8, 99), kExperiment, "c"); },
              ThrowsMessage<DataError>("c: is of checkpoint format 99, this program reads format 1"));
  EXPECT_THAT([&] { decode_checkpoint(with_header(bytes, 12, 98), kExperiment, "c"); },
              ThrowsMessage<DataError>(HasSubstr("numerics version 98")));
  EXPECT_THAT([&] { decode_checkpoint(bytes, 1, "c"); },
              ThrowsMessage<DataError>(HasSubstr("belongs to another experiment")));
  EXPECT_EQ(kind_of(bytes, 1), CheckpointError::Kind::of_another);
}

TEST(Checkpoint, TheLastTwoAndEveryNthAreKept) {
  const TestDirectory dir;
  for (std::uint64_t s = 100; s <= 700; s += 100)
    write_checkpoint(dir / "c", sample(s), {.newest = 2, .every = 300});
  EXPECT_EQ(list_checkpoints(dir / "c"), (std::vector<std::uint64_t>{300, 600, 700}));
  for (std::uint64_t s = 100; s <= 300; s += 100) write_checkpoint(dir / "d", sample(s));
  EXPECT_EQ(list_checkpoints(dir / "d"), (std::vector<std::uint64_t>{200, 300}));
  EXPECT_TRUE(list_checkpoints(dir / "absent").empty());
}

TEST(Checkpoint, ADamagedNewestOneIsSetAsideOnce) {
  const TestDirectory dir;
  write_checkpoint(dir.path(), sample(1));
  const Path newest = write_checkpoint(dir.path(), sample(2));
  Bytes bytes = read_file(newest);
  bytes[90] ^= std::byte{1};  // in the first section's state
  write_atomically(newest, bytes);

  const FoundCheckpoint found = newest_valid_checkpoint(dir.path(), kExperiment);
  ASSERT_TRUE(found.checkpoint);
  EXPECT_EQ(*found.checkpoint, sample(1));
  ASSERT_EQ(found.set_aside.size(), 1u);
  EXPECT_EQ(found.set_aside[0].file, Path(newest.string() + ".damaged"));
  EXPECT_TRUE(file_exists(found.set_aside[0].file));
  EXPECT_THAT(found.set_aside[0].reason, HasSubstr("checksum"));

  EXPECT_TRUE(newest_valid_checkpoint(dir.path(), kExperiment).set_aside.empty());
}

TEST(Checkpoint, SwappedFilesAreRecognised) {
  const TestDirectory dir;
  const Path one = write_checkpoint(dir.path(), sample(1)), two = write_checkpoint(dir.path(), sample(2));
  write_atomically(two, read_file(one));
  const FoundCheckpoint found = newest_valid_checkpoint(dir.path(), kExperiment);
  EXPECT_EQ(found.file, one);
  EXPECT_THAT(found.set_aside.at(0).reason, HasSubstr("holds checkpoint 1"));
}

TEST(Checkpoint, AForeignOneIsLeftWhereItIs) {
  const TestDirectory dir;
  const Path path = write_checkpoint(dir.path(), sample(1));
  EXPECT_THROW(newest_valid_checkpoint(dir.path(), kExperiment + 1), CheckpointError);
  EXPECT_TRUE(file_exists(path));
}

TEST(Checkpoint, NoneAtAllIsNotAnError) {
  const TestDirectory dir;
  EXPECT_FALSE(newest_valid_checkpoint(dir / "absent", kExperiment).checkpoint);
}

TEST(Checkpoint, AnUnreadableSectorIsSetAsideAndOtherErrorsAreNot) {
  for (const int error : {EIO, EACCES}) {
    const TestDirectory dir;
    write_checkpoint(dir.path(), sample(1));
    write_checkpoint(dir.path(), sample(2));
    FaultyDisk disk({.fail_at = 5, .error = error});  // kind, list, open, size, read
    const ScopedFileSystem scope(disk);
    if (error == EIO) {
      const FoundCheckpoint found = newest_valid_checkpoint(dir.path(), kExperiment);
      EXPECT_EQ(disk.failed_operation(), "read");
      EXPECT_EQ(found.checkpoint->sequence, 1u);
      EXPECT_THAT(found.set_aside.at(0).reason, HasSubstr("cannot read"));
    } else {
      EXPECT_THROW(newest_valid_checkpoint(dir.path(), kExperiment), FileError);
      EXPECT_EQ(list_checkpoints(dir.path()).size(), 2u);
    }
  }
}

TEST(Checkpoint, WhateverOperationFailsAValidOneRemains) {
  for (const int error : {EIO, ENOSPC}) {
    for (std::uint64_t k = 1;; ++k) {
      const TestDirectory dir;
      for (const std::uint64_t s : {1, 2}) write_checkpoint(dir.path(), sample(s));
      FaultyDisk disk({.fail_at = k, .error = error});
      bool reported = false;
      {
        const ScopedFileSystem scope(disk);
        try {
          write_checkpoint(dir.path(), sample(3));
        } catch (const IoError&) {
          reported = true;
        }
      }
      const FoundCheckpoint found = newest_valid_checkpoint(dir.path(), kExperiment);
      ASSERT_TRUE(found.checkpoint) << k;
      EXPECT_TRUE(found.set_aside.empty()) << k;
      EXPECT_EQ(*found.checkpoint, sample(found.checkpoint->sequence));
      EXPECT_GE(found.checkpoint->sequence, 2u);
      EXPECT_EQ(reported, disk.fired()) << disk.failed_operation();
      if (!disk.fired()) {
        EXPECT_EQ(found.checkpoint->sequence, 3u);
        test::figure("D4", std::string("failing operations of a checkpoint, ") + std::strerror(error), k - 1);
        break;
      }
    }
  }
}

TEST(Checkpoint, PowerLossAtAnyOperationLeavesAValidOne) {
  int explored = 0;
  for (std::uint64_t cut = 1;; ++cut) {
    PowerLossDisk disk;
    bool survived = true;
    {
      const ScopedFileSystem scope(disk);
      for (const std::uint64_t s : {1, 2}) write_checkpoint("/run", sample(s));
      disk.cut_power_at(cut);
      try {
        write_checkpoint("/run", sample(3));
      } catch (const PowerCut&) {
        survived = false;
      }
    }
    for (int i = 0; i < 30; ++i) {
      const auto outcome = i < 3 ? static_cast<PowerLossDisk::Outcome>(i) : PowerLossDisk::Outcome::mixed;
      PowerLossDisk rebooted = disk.after_power_loss(outcome, static_cast<std::uint64_t>(i));
      const ScopedFileSystem scope(rebooted);
      const FoundCheckpoint found = newest_valid_checkpoint("/run", kExperiment);
      ASSERT_TRUE(found.checkpoint);
      EXPECT_TRUE(found.set_aside.empty()) << "nothing damaged ever had a checkpoint's name";
      EXPECT_GE(found.checkpoint->sequence, survived ? 3u : 2u);
      EXPECT_EQ(*found.checkpoint, sample(found.checkpoint->sequence));
      ++explored;
    }
    if (survived) break;
  }
  EXPECT_GE(explored, 150);
  test::figure("D3", "power lost while a checkpoint is written", static_cast<std::size_t>(explored));
}

}  // namespace
}  // namespace apical::io
