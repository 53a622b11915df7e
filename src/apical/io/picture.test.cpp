// SPDX-License-Identifier: Apache-2.0
#include "apical/io/picture.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "apical/io/bmp.h"
#include "apical/io/png.h"
#include "apical/io/test_directory.h"
#include "apical/io/test_pictures.h"

namespace apical::io {
namespace {

using testing::HasSubstr;

std::string complaint(std::span<const std::byte> bytes) {
  try {
    decode_picture(bytes, "x");
  } catch (const DataError& e) {
    return e.what();
  }
  return "nothing was thrown";
}

/// Each pixel another colour.
Picture busy(std::size_t rows, std::size_t cols) {
  Picture picture = plain_picture(rows, cols, 0, 0, 0);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i)
    picture.rgb[i] = static_cast<std::uint8_t>(37 * i + i * i / 7);
  return picture;
}

class PictureFile : public testing::TestWithParam<PictureFormat> {
 protected:
  Bytes encoded(const Picture& picture) const {
    switch (GetParam()) {
      case PictureFormat::jpeg:
        return encode_jpeg(picture);
      case PictureFormat::png:
        return encode_rgb_png(picture);
      default:
        return encode_bmp(picture);
    }
  }
  bool loses() const { return GetParam() == PictureFormat::jpeg; }
};

TEST_P(PictureFile, ItsFirstBytesTellItsFormatAndSize) {
  const Bytes bytes = encoded(busy(5, 7));
  EXPECT_EQ(format_of(bytes), GetParam());
  EXPECT_EQ(picture_size(bytes, "x"), (PictureSize{5, 7}));
  const Picture back = decode_picture(bytes, "x");
  EXPECT_EQ(back.rows, 5U);
  EXPECT_EQ(back.cols, 7U);
  if (loses()) return;
  EXPECT_EQ(back.rgb, busy(5, 7).rgb);
}

TEST_P(PictureFile, EveryCutIsNoticedAndNamed) {
  const Bytes whole = encoded(busy(9, 11));
  EXPECT_EQ(complaint(whole), "nothing was thrown");
  for (std::size_t length = 0; length + 2 < whole.size(); ++length) {
    ASSERT_THAT(complaint(std::span(whole).first(length)), HasSubstr("x: "))
        << length << " of " << whole.size();
  }
}

TEST_P(PictureFile, AHeaderThatClaimsTooMuchIsRefusedBeforeMemoryIsAskedFor) {
  Bytes bytes = encoded(busy(8, 8));
  if (GetParam() == PictureFormat::jpeg) GTEST_SKIP() << "see jpeg.test.cpp";
  if (GetParam() == PictureFormat::bmp) {
    for (const std::size_t at : {std::size_t{20}, std::size_t{24}}) bytes[at] = std::byte{0x10};
    EXPECT_THAT(complaint(bytes), HasSubstr("1048584 x 1048584 pixels; expected 1 to"));
  } else {
    for (const std::size_t at : {std::size_t{18}, std::size_t{22}}) bytes[at] = std::byte{0x7f};
    EXPECT_THAT(complaint(bytes), HasSubstr("x: "));  // its checksum is wrong as well
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, PictureFile,
                         testing::Values(PictureFormat::jpeg, PictureFormat::png, PictureFormat::bmp));

TEST(PictureFiles, AreTakenForPicturesBySuffixOfAnyCase) {
  for (const char* name : {"a.jpg", "a.JPG", "a.Jpeg", "a.PNG", "b.x.bmp"})
    EXPECT_TRUE(is_picture_name(name)) << name;
  for (const char* name : {"a", "a.gif", "jpg", ".jpg", "a.jpg.txt"})
    EXPECT_FALSE(is_picture_name(name)) << name;
}

TEST(PictureFiles, OfOtherFormatsAreRefused) {
  EXPECT_THAT(complaint(bytes_of("GIF89a")), HasSubstr("x: 6 bytes that do not start as a JPEG, PNG or BMP"));
  EXPECT_THAT(complaint({}), HasSubstr("x: 0 bytes"));
  EXPECT_THROW(picture_size(bytes_of("GIF89a"), "x"), DataError);
}

TEST(PictureFiles, BmpMayBeStoredFromAbove) {
  Bytes bytes = encode_bmp(busy(3, 5));
  const Picture from_below = decode_bmp(bytes, "x");
  const std::int32_t above = -3;
  std::memcpy(bytes.data() + 22, &above, sizeof above);
  const Picture from_above = decode_bmp(bytes, "x");
  ASSERT_EQ(from_above.rows, 3U);
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t i = 0; i < 15; ++i)
      EXPECT_EQ(from_above.rgb[r * 15 + i], from_below.rgb[(2 - r) * 15 + i]);
  }
  bytes[30] = std::byte{1};
  EXPECT_THAT(complaint(bytes), HasSubstr("a BMP file with compression 1, which is not read"));
}

/// A damaged remark about colours leaves the picture whole.
TEST(PictureFiles, DamagedPngIsNoticedByItsChecksumsUnlessThePixelsAreWhole) {
  const Bytes whole = encode_rgb_png(busy(20, 20));
  std::size_t noticed = 0;
  for (std::size_t at = 8; at < whole.size(); ++at) {
    Bytes damaged = whole;
    damaged[at] ^= std::byte{4};
    if (complaint(damaged) != "nothing was thrown") {
      ++noticed;
      continue;
    }
    ASSERT_EQ(decode_picture(damaged, "x").rgb, busy(20, 20).rgb) << at << " of " << whole.size();
  }
  EXPECT_GT(noticed, whole.size() * 9 / 10);
}

/// Written by PIL, an independent hand: what each kind of file should look like is what PIL makes of it.
TEST(PictureFiles, OfEveryKindLookAsPilShowsThem) {
  if (!python_has("PIL")) GTEST_SKIP() << "/usr/bin/python3 has no PIL";
  const TestDirectory directory;
  const Path script = directory / "make.py";
  write_atomically(script, std::string_view(R"(import os, sys
from PIL import Image, ImageOps
os.chdir(os.path.dirname(os.path.abspath(__file__)))
base = Image.new("RGB", (6, 4))
base.putdata([(40 * x, 60 * y, 255 - 30 * x) for y in range(4) for x in range(6)])
grey = base.convert("L")
rgba = base.copy(); rgba.putalpha(grey)
exif = Image.Exif(); exif[0x0112] = 6
files = {"rgb.png": base, "grey.png": grey, "bits.png": base.convert("1"), "palette.png": base.convert("P"),
         "alpha.png": rgba, "grey-alpha.png": rgba.convert("LA"), "rgb.bmp": base, "grey.bmp": grey,
         "bits.bmp": base.convert("1"), "palette.bmp": base.convert("P"), "alpha.bmp": rgba}
for name, picture in files.items(): picture.save(name)
base.save("side.png", exif=exif)
for name in list(files) + ["side.png"]:
    shown = ImageOps.exif_transpose(Image.open(name)).convert("RGB")
    print(name, *shown.size, shown.tobytes().hex())
)"));
  ASSERT_TRUE(run_python(script, directory / "shown")) << read_text(directory / "shown");
  std::istringstream shown(read_text(directory / "shown"));
  std::string name, pixels;
  std::size_t cols = 0, rows = 0, files = 0;
  while (shown >> name >> cols >> rows >> pixels) {
    const Picture picture = decode_picture(read_file(directory / name), name);
    EXPECT_EQ(picture.cols, cols) << name;
    EXPECT_EQ(picture.rows, rows) << name;
    std::string found;
    for (const std::uint8_t byte : picture.rgb) found += fmt::format("{:02x}", byte);
    EXPECT_EQ(found, pixels) << name;
    ++files;
  }
  EXPECT_EQ(files, 12U);
}

}  // namespace
}  // namespace apical::io
