// SPDX-License-Identifier: Apache-2.0
#include "apical/io/hdf5.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <cerrno>
#include <cstring>
#include <numeric>
#include <thread>

#include "apical/io/fault_injection.h"
#include "apical/io/test_directory.h"
#include "support/figures.h"

namespace apical::io::hdf5 {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

std::vector<float> ramp(std::size_t n) {
  std::vector<float> out(n);
  std::iota(out.begin(), out.end(), 0.5f);
  return out;
}

template <class T>
std::span<const std::byte> bytes(const std::vector<T>& v) {
  return std::as_bytes(std::span(v));
}

void write_sample(const Path& path, Compression compression = Compression::none) {
  File file = File::create(path);
  file.set_attribute("/", "seed", std::int64_t{7});
  Dataset trace = file.create_dataset("v1/pyr/u", {Element::f32, {0, 100}, true, compression});
  file.set_attribute("v1/pyr/u", "units", "mV \xc2\xb5");
  file.set_attribute("v1/pyr/u", "dt_ms", 0.1);
  const std::vector<float> values = ramp(100 * 1000);
  for (std::size_t row = 0; row < 1000; row += 250)
    trace.append_rows(bytes(values).subspan(row * 400, 250 * 400));
  file.create_dataset("v1/fb/weight", {Element::f64, {2, 3}})
      .write_rows(0, bytes(std::vector<double>{1, 2, 3, 4, 5, 6}));
  file.create_dataset("empty", {Element::i64, {0}});
  file.close();
}

TEST(Hdf5, WhatIsWrittenIsReadBack) {
  for (const Compression compression : {Compression::none, Compression::deflate}) {
    const TestDirectory dir;
    write_sample(dir / "a.h5", compression);
    File file = File::open(dir / "a.h5");
    EXPECT_EQ(file.names(), (std::vector<std::string>{"empty", "v1"}));
    EXPECT_EQ(file.names("v1"), (std::vector<std::string>{"fb", "pyr"}));
    EXPECT_EQ(file.dataset("v1/pyr/u").dims(), (std::vector<std::uint64_t>{1000, 100}));
    EXPECT_EQ(file.dataset("v1/pyr/u").read<float>(), ramp(100 * 1000));
    EXPECT_EQ(file.dataset("v1/fb/weight").read<double>(), (std::vector<double>{1, 2, 3, 4, 5, 6}));
    EXPECT_TRUE(file.dataset("empty").read<std::int64_t>().empty());
    EXPECT_EQ(file.attribute("/", "seed"), AttributeValue(std::int64_t{7}));
    EXPECT_EQ(file.attribute("v1/pyr/u", "units"), AttributeValue("mV \xc2\xb5"));
    EXPECT_EQ(file.attribute("v1/pyr/u", "dt_ms"), AttributeValue(0.1));
    file.close();
  }
}

TEST(Hdf5, EqualContentGivesEqualFiles) {
  const TestDirectory dir;
  write_sample(dir / "a.h5");
  write_sample(dir / "b.h5");
  EXPECT_EQ(read_file(dir / "a.h5"), read_file(dir / "b.h5"));
}

TEST(Hdf5, AnAttributeIsReplaced) {
  const TestDirectory dir;
  File file = File::create(dir / "a.h5");
  file.set_attribute("/", "x", "text");
  file.set_attribute("/", "x", 2.5);
  EXPECT_EQ(file.attribute("/", "x"), AttributeValue(2.5));
}

TEST(Hdf5, WrongRequestsAreExplained) {
  const TestDirectory dir;
  write_sample(dir / "a.h5");
  File file = File::open(dir / "a.h5");
  EXPECT_THAT([&] { file.dataset("v1/pyr/v"); },
              ThrowsMessage<DataError>(HasSubstr("no dataset 'v1/pyr/v'; did you mean 'u'?")));
  EXPECT_THAT([&] { file.dataset("v2/pyr/v"); }, ThrowsMessage<DataError>(HasSubstr("nor its group")));
  EXPECT_THAT([&] { file.dataset("v1/pyr/u").read<double>(); },
              ThrowsMessage<DataError>(HasSubstr("holds float, not double")));
  EXPECT_THAT([&] { file.attribute("v1", "units"); },
              ThrowsMessage<DataError>(HasSubstr("/v1 has no attribute 'units'")));
  std::vector<std::byte> row(400);
  EXPECT_THAT([&] { file.dataset("v1/pyr/u").read_rows(1000, row); },
              ThrowsMessage<DataError>(HasSubstr("has 1000 rows")));
  EXPECT_THAT([&] { File::open(dir / "absent.h5"); },
              ThrowsMessage<IoError>(HasSubstr("absent.h5: cannot open: No such file")));
  EXPECT_THAT([&] { File::create(dir / "a.h5"); },
              ThrowsMessage<IoError>(HasSubstr("cannot create: File exists")));
}

TEST(Hdf5, FilesCutShortOrOfAnotherKindAreRefused) {
  const TestDirectory dir;
  write_sample(dir / "a.h5");
  const Bytes whole = read_file(dir / "a.h5");
  for (std::size_t n = 0; n < whole.size(); n += 4096) {
    write_atomically(dir / "cut.h5", std::span(whole).first(n));
    EXPECT_THROW(File::open(dir / "cut.h5"), DataError) << n;
  }
}

TEST(Hdf5, WhoeverElseUsesItKeepsTheirWayToHearOfErrors) {
  const TestDirectory dir;
  write_sample(dir / "a.h5");
  int heard = 0;
  const auto listener = [](hid_t, void* count) -> herr_t {
    ++*static_cast<int*>(count);
    return 0;
  };
  H5E_auto2_t before = nullptr, after = nullptr;
  void *data_before = nullptr, *data_after = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &before, &data_before);
  H5Eset_auto2(H5E_DEFAULT, listener, &heard);
  EXPECT_THROW(File::open(dir / "absent.h5"), IoError);
  {
    const File file = File::open(dir / "a.h5");
    EXPECT_THROW(file.dataset("v1/pyr/w"), DataError);
    EXPECT_THROW(file.names("v2"), DataError);
  }
  H5Eget_auto2(H5E_DEFAULT, &after, &data_after);
  H5Eset_auto2(H5E_DEFAULT, before, data_before);
  EXPECT_EQ(after, static_cast<H5E_auto2_t>(listener));
  EXPECT_EQ(data_after, &heard);
  EXPECT_EQ(heard, 0) << "what we throw is no news to others";
}

TEST(Hdf5, ThreadsWriteAndReadFilesOfTheirOwn) {
  // As safe as the HDF5 that is linked: Debian's has locks of its own.
  const TestDirectory dir;
  std::vector<std::jthread> threads;
  for (const char* name : {"a", "b", "c", "d"}) {
    threads.emplace_back([&dir, name] {
      for (int round = 0; round < 20; ++round) {
        const Path path = dir / (std::string(name) + std::to_string(round));
        EXPECT_NO_THROW(write_sample(path));
        EXPECT_EQ(File::open(path).dataset("v1/pyr/u").read<float>(), ramp(100 * 1000));
      }
    });
  }
}

TEST(Hdf5, NoFailedWriteIsLost) {
  // HDF5 alone reports success for many of these.
  for (const int error : {ENOSPC, EIO}) {
    for (const bool persistent : {false, true}) {
      for (std::uint64_t k = 1;; ++k) {
        const TestDirectory dir;
        FaultyDisk disk({.fail_at = k, .error = error, .persistent = persistent});
        bool reported = false;
        {
          const ScopedFileSystem scope(disk);
          try {
            write_sample(dir / "a.h5");
          } catch (const IoError& e) {
            reported = true;
            EXPECT_THAT(e.what(), HasSubstr(error == EIO ? "Input/output error" : "No space left on device"));
          }
        }
        EXPECT_EQ(reported, disk.fired()) << disk.failed_operation() << " at " << k;
        if (!disk.fired()) {
          EXPECT_EQ(File::open(dir / "a.h5").dataset("v1/pyr/u").read<float>(), ramp(100 * 1000));
          EXPECT_GE(k, 5u);
          test::figure("D5", std::string("failing operations of an HDF5 file, ") + std::strerror(error),
                       k - 1);
          break;
        }
      }
    }
  }
}

TEST(Hdf5, AfterAFailureOnlyTheFailureIsReported) {
  const TestDirectory dir;
  FaultyDisk disk({.fail_at = 3, .error = ENOSPC, .persistent = true});
  const ScopedFileSystem scope(disk);
  std::string first;
  File file = File::create(dir / "a.h5");
  const std::vector<float> values = ramp(1 << 20);
  Dataset data = file.create_dataset("x", {Element::f32, {0, 1024}, true});
  for (int i = 0; i < 3; ++i) {
    try {
      data.append_rows(bytes(values));
      FAIL() << "expected an error";
    } catch (const IoError& e) {
      if (first.empty()) first = e.what();
      EXPECT_EQ(first, e.what());
    }
  }
  EXPECT_THAT([&] { file.set_attribute("/", "x", 1.0); }, ThrowsMessage<IoError>(first));
  EXPECT_THAT([&] { file.close(); }, ThrowsMessage<IoError>(first));
}

TEST(Hdf5, FailedReadsAreIoErrors) {
  for (std::uint64_t k = 1;; ++k) {
    const TestDirectory dir;
    write_sample(dir / "a.h5");
    FaultyDisk disk({.fail_at = k});
    const ScopedFileSystem scope(disk);
    bool reported = false;
    try {
      File file = File::open(dir / "a.h5");
      EXPECT_EQ(file.dataset("v1/pyr/u").read<float>(), ramp(100 * 1000));
      file.close();
    } catch (const IoError& e) {
      reported = true;
      EXPECT_THAT(e.what(), HasSubstr("Input/output error"));
    }
    EXPECT_EQ(reported, disk.fired()) << disk.failed_operation() << " at " << k;
    if (!disk.fired()) break;
  }
}

}  // namespace
}  // namespace apical::io::hdf5
