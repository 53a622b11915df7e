// SPDX-License-Identifier: Apache-2.0
#include "apical/io/npy_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "apical/io/npz.h"
#include "apical/io/test_directory.h"

namespace apical::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Bytes npy(const std::string& header, const std::string& numbers) {
  std::string text("\x93NUMPY\x01\x00", 8);
  text += static_cast<char>(header.size() % 256);
  text += static_cast<char>(header.size() / 256);
  text += header + numbers;
  const auto bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

std::vector<double> numbers_in(const Array& a) {
  std::vector<double> out(a.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a.number(i);
  return out;
}

std::string refusal_of(const Bytes& content) {
  try {
    decode_npy(content, "x.npy");
  } catch (const DataError& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(NpyReader, WhatIsWrittenIsReadStoredOrDeflated) {
  const TestDirectory dir;
  const std::vector<float> w{1, 2, 3, 4, 5, 6};
  const std::vector<std::int64_t> labels{3, -1};
  const std::vector<NpyArray> arrays{npy_array<float>("a1->a2", {3, 2}, w),
                                     npy_array<std::int64_t>("deep/labels", {2}, labels)};
  for (const ZipCompression c : {ZipCompression::stored, ZipCompression::deflated}) {
    write_npz(dir / "w.npz", arrays, c);
    const Arrays read = read_npz(dir / "w.npz");
    ASSERT_THAT(names_of(read), ElementsAre("a1->a2", "deep/labels"));
    EXPECT_THAT(read.at("a1->a2").shape, ElementsAre(3, 2));
    EXPECT_THAT(read.at("a1->a2").as<float>(), testing::ElementsAreArray(w));
    EXPECT_THAT(read.at("deep/labels").as<std::int64_t>(), testing::ElementsAreArray(labels));
  }
}

TEST(NpyReader, FortranOrderOtherByteOrdersAndHalvesBecomeOurs) {
  // [[1, 2, 3], [4, 5, 6]] column by column
  const Array a =
      decode_npy(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", "\1\4\2\5\3\6"), "x");
  EXPECT_THAT(numbers_in(a), ElementsAre(1, 2, 3, 4, 5, 6));
  const Array big = decode_npy(
      npy("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }\n", std::string("\0\1\1\0", 4)), "x");
  EXPECT_THAT(numbers_in(big), ElementsAre(1, 256));
  // 1, -2, the smallest subnormal
  const Array half = decode_npy(npy("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }\n",
                                    std::string("\x00\x3c\x00\xc0\x01\x00", 6)),
                                "x");
  EXPECT_EQ(half.element, Element::f32);
  EXPECT_THAT(numbers_in(half), ElementsAre(1, -2, std::ldexp(1.0, -24)));
}

TEST(NpyReader, WhatIsNoArrayOfNumbersIsExplained) {
  const auto of_type = [](const std::string& descr) {
    return refusal_of(
        npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,), }\n", "12345678"));
  };
  EXPECT_THAT(of_type("|O"), HasSubstr("x.npy: holds Python objects (dtype '|O'); expected numbers"));
  EXPECT_THAT(of_type("<U2"), HasSubstr("holds texts"));
  EXPECT_THAT(of_type("<c8"), HasSubstr("complex numbers"));
  EXPECT_THAT(refusal_of(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 2), }\n", "12345678")),
              HasSubstr("is cut off: 8 bytes are there, its shape [4, 2] asks for 8 of 8 bytes each"));
  EXPECT_THAT(refusal_of(npy("{'descr': '<f8', 'fortran_order': False}\n", "")), HasSubstr("no 'shape'"));
  EXPECT_THAT(refusal_of({}), HasSubstr("is no .npy that Apical reads"));
  EXPECT_THAT(
      refusal_of(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 9), }\n", "")),
      HasSubstr("no file holds an array of shape"));
}

TEST(NpyReader, ReadsWhatNumpyWrites) {
  if (!python_has("numpy")) GTEST_SKIP() << "Debian's python3-numpy is not installed";
  const TestDirectory dir;
  std::ofstream(dir / "write.py")
      << "import numpy as np\n"
         "x = np.arange(24, dtype='f4').reshape(2, 3, 4)\n"
         "np.savez_compressed('"
      << (dir / "a.npz").string()
      << "', x=x, f=np.asfortranarray(x), b=x > 5, i=np.array([1, 2], '>i8'), s=np.float64(3))\n";
  ASSERT_TRUE(run_python(dir / "write.py", dir / "said")) << read_text(dir / "said");
  const Arrays arrays = read_npz(dir / "a.npz");
  EXPECT_THAT(arrays.at("x").shape, ElementsAre(2, 3, 4));
  EXPECT_EQ(numbers_in(arrays.at("f")), numbers_in(arrays.at("x")));
  EXPECT_EQ(arrays.at("x").number(23), 23);
  EXPECT_EQ(arrays.at("b").number(6), 1);
  EXPECT_THAT(numbers_in(arrays.at("i")), ElementsAre(1, 2));
  EXPECT_TRUE(arrays.at("s").shape.empty());
  EXPECT_EQ(arrays.at("s").number(0), 3);
}

}  // namespace
}  // namespace apical::io
