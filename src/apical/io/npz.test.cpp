// SPDX-License-Identifier: Apache-2.0
#include "apical/io/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "apical/io/test_directory.h"

namespace apical::io {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Npz, TheHeaderIsThatOfTheFormat) {
  const TestDirectory dir;
  const std::vector<double> values{1, 2, 3};
  write_npy(dir / "a.npy", npy_array<double>("a", {3}, values));
  const std::string text = read_text(dir / "a.npy");
  EXPECT_EQ(text.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(text.size(), 128u + 24u) << "values begin at a multiple of 64";
  EXPECT_THAT(text, HasSubstr("{'descr': '<f8', 'fortran_order': False, 'shape': (3, ), }"));
}

TEST(Npz, WrongArraysAreExplained) {
  const TestDirectory dir;
  const std::vector<float> values(6);
  const NpyArray good = npy_array<float>("w", {2, 3}, values);
  EXPECT_THAT(
      [&] {
        write_npy(dir / "a", npy_array<float>("w", {2, 2}, values));
      },
      ThrowsMessage<DataError>("array 'w' has 24 bytes, its shape asks for 16"));
  EXPECT_THAT(
      [&] {
        write_npz(dir / "a", std::vector{good, good});
      },
      ThrowsMessage<DataError>("two arrays of a .npz are called 'w'"));
  for (const std::string name : {"", "/w", "../w", "a\\b"}) {
    NpyArray bad = good;
    bad.name = name;
    EXPECT_THAT([&] { write_npz(dir / "a", std::vector{bad}); },
                ThrowsMessage<DataError>(HasSubstr("cannot be the name")));
  }
  EXPECT_FALSE(file_exists(dir / "a"));
}

TEST(Npz, PastFourGibibytesIsRefusedBeforeAnythingIsWritten) {
  const TestDirectory dir;
  // A view that claims its size; refused before a byte of it is touched.
  const std::byte one{};
  const NpyArray huge{"w", Element::f32, {std::uint64_t{1} << 31}, {&one, std::size_t{1} << 33}};
  EXPECT_THAT([&] { write_npz(dir / "a", std::span(&huge, 1)); },
              ThrowsMessage<DataError>(HasSubstr("more than a .npz holds")));
}

TEST(Npz, EqualArraysGiveEqualFiles) {
  const TestDirectory dir;
  const Matrix<float> w(10, 20, 0.5f);
  for (const char* name : {"a", "b"})
    write_npz(dir / name, std::vector{npy_array("w", w)}, ZipCompression::deflated);
  EXPECT_EQ(read_file(dir / "a"), read_file(dir / "b"));
}

TEST(Npz, NumpyReadsEveryTypeAndShape) {
  if (!python_has("numpy")) GTEST_SKIP() << "/usr/bin/python3 has no numpy (Debian: python3-numpy)";
  const TestDirectory dir;
  Matrix<float> w(200, 30);
  for (std::size_t i = 0; i < w.size(); ++i) w.flat()[i] = static_cast<float>(i) * 0.25f;
  const std::vector<double> d{1.5, -2, 3};
  const std::vector<std::int64_t> i64{-1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<std::uint8_t> u8{0, 255};
  const std::vector<std::int16_t> i16{-300, 300};
  const std::vector<std::uint32_t> u32{0, 4294967295u};
  const double scalar = 7.25;
  const std::vector<NpyArray> arrays{npy_array("v1.pyr.fb1", w),
                                     npy_array<double>("d", {3}, d),
                                     npy_array<std::int64_t>("i64", {2, 2, 2}, i64),
                                     npy_array<std::uint8_t>("u8", {2, 1}, u8),
                                     npy_array<std::int16_t>("i16", {2}, i16),
                                     npy_array<std::uint32_t>("u32", {2}, u32),
                                     npy_array<double>("scalar", {}, std::span(&scalar, 1)),
                                     npy_array<float>("empty", {0, 5}, {})};
  write_npz(dir / "stored.npz", arrays);
  write_npz(dir / "deflated.npz", arrays, ZipCompression::deflated);
  write_npz(dir / "none.npz", {});
  write_npy(dir / "w.npy", arrays[0]);
  std::ofstream(dir / "read.py")
      << "import numpy as np, zipfile, os\n"
         "os.chdir('"
      << dir.path().string()
      << "')\n"
         "for name in ('stored.npz', 'deflated.npz'):\n"
         "    assert zipfile.ZipFile(name).testzip() is None\n"
         "    z = np.load(name, allow_pickle=False)\n"
         "    w = np.arange(6000, dtype=np.float32).reshape(200, 30) * np.float32(0.25)\n"
         "    assert z['v1.pyr.fb1'].dtype == np.float32 and np.array_equal(z['v1.pyr.fb1'], w)\n"
         "    assert z['v1.pyr.fb1'].flags.c_contiguous\n"
         "    assert z['d'].tolist() == [1.5, -2, 3] and z['d'].dtype == np.float64\n"
         "    assert z['i64'].tolist() == [[[-1, 2], [3, 4]], [[5, 6], [7, 8]]]\n"
         "    assert z['u8'].tolist() == [[0], [255]] and z['u8'].dtype == np.uint8\n"
         "    assert z['i16'].tolist() == [-300, 300] and z['u32'].tolist() == [0, 4294967295]\n"
         "    assert z['scalar'].shape == () and z['scalar'] == 7.25 and z['empty'].shape == (0, 5)\n"
         "    assert len(z.files) == 8\n"
         "assert np.load('none.npz').files == []\n"
         "assert np.array_equal(np.load('w.npy'), w)\n"
         "assert os.path.getsize('deflated.npz') < os.path.getsize('stored.npz')\n";
  EXPECT_TRUE(run_python(dir / "read.py", dir / "output")) << read_text(dir / "output");
}

}  // namespace
}  // namespace apical::io
