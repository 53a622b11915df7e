// SPDX-License-Identifier: Apache-2.0
#include "apical/io/npz.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <concepts>
#include <functional>
#include <limits>
#include <numeric>

namespace apical::io {

namespace {
std::string_view descriptor(Element element) {
  switch (element) {
    case Element::boolean:
      return "|b1";
    case Element::i8:
      return "|i1";
    case Element::u8:
      return "|u1";
    case Element::i16:
      return "<i2";
    case Element::u16:
      return "<u2";
    case Element::i32:
      return "<i4";
    case Element::u32:
      return "<u4";
    case Element::i64:
      return "<i8";
    case Element::u64:
      return "<u8";
    case Element::f32:
      return "<f4";
    case Element::f64:
      return "<f8";
    case Element::none:
      break;
  }
  throw DataError("an array for numpy needs a type");
}

void append(Bytes& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
template <std::unsigned_integral T>
void append(Bytes& out, T value) {
  append(out, std::as_bytes(std::span(&value, 1)));
}

Bytes npy_bytes(const NpyArray& array) {
  const auto count =
      std::accumulate(array.shape.begin(), array.shape.end(), std::uint64_t{1}, std::multiplies<>());
  if (count * size_of(array.element) != array.values.size()) {
    throw DataError(fmt::format("array '{}' has {} bytes, its shape asks for {}", array.name,
                                array.values.size(), count * size_of(array.element)));
  }
  std::string shape;
  for (const std::uint64_t n : array.shape) shape += fmt::format("{}, ", n);
  std::string header = fmt::format(
      "{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descriptor(array.element),
      array.shape.size() == 1 ? shape
                              : shape.substr(0, shape.size() - std::min<std::size_t>(2, shape.size())));
  constexpr std::size_t kPreamble = 10;
  header.append(round_up(kPreamble + header.size() + 1, 64) - kPreamble - header.size() - 1, ' ');
  header += '\n';
  Bytes out;
  out.reserve(kPreamble + header.size() + array.values.size());
  append(out, bytes_of(std::string_view("\x93NUMPY\x01\x00", 8)));
  append(out, static_cast<std::uint16_t>(header.size()));
  append(out, bytes_of(header));
  append(out, array.values);
  return out;
}

/// A raw deflate stream, as ZIP wants it.
Bytes deflated(std::span<const std::byte> bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  Bytes out(deflateBound(&stream, bytes.size()));
  stream.next_in = reinterpret_cast<Bytef*>(
      const_cast<std::byte*>(bytes.data()));  // zlib's prototype lacks const; it only reads
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  APICAL_CHECK(result == Z_STREAM_END);
  return out;
}

void require_below_4_gib(std::uint64_t size, const std::string& what) {
  if (size < std::numeric_limits<std::uint32_t>::max() - (1u << 20)) return;
  throw DataError(
      fmt::format("{}: has {} bytes, more than a .npz holds here (4 GiB); write .npy files", what, size));
}

constexpr std::uint16_t kVersion = 20, kUtf8Names = 1 << 11;
constexpr std::uint16_t kMidnight = 0, kFirstOf1980 = (1 << 5) | 1;  // the same bytes whenever written

/// What local and central headers share, from "version needed" to "extra length".
void put_entry(Bytes& out, bool compressed, std::uint32_t crc, std::uint64_t stored_size, std::uint64_t size,
               const std::string& name) {
  append(out, kVersion);
  append(out, kUtf8Names);
  append(out, static_cast<std::uint16_t>(compressed ? 8 : 0));
  append(out, kMidnight);
  append(out, kFirstOf1980);
  append(out, crc);
  append(out, static_cast<std::uint32_t>(stored_size));
  append(out, static_cast<std::uint32_t>(size));
  append(out, static_cast<std::uint16_t>(name.size()));
  append(out, std::uint16_t{0});
}

void check_name(const std::string& name, std::span<const NpyArray> before) {
  const bool leaves = name.empty() || name.front() == '/' || name.find("..") != std::string::npos ||
                      name.find('\\') != std::string::npos;
  if (leaves || name.size() > 1000)
    throw DataError(fmt::format("'{}' cannot be the name of an array in a .npz", name));
  if (std::any_of(before.begin(), before.end(), [&](const NpyArray& a) { return a.name == name; })) {
    throw DataError(fmt::format("two arrays of a .npz are called '{}'", name));
  }
}
}  // namespace

void write_npy(const Path& path, const NpyArray& array) { write_atomically(path, npy_bytes(array)); }

void write_npz(const Path& path, std::span<const NpyArray> arrays, ZipCompression compression) {
  const bool compress = compression == ZipCompression::deflated;
  if (arrays.size() >= std::numeric_limits<std::uint16_t>::max())
    throw DataError(fmt::format("{}: {} arrays are too many for a .npz", path.string(), arrays.size()));
  Bytes out, directory;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    check_name(arrays[i].name, arrays.first(i));
    require_below_4_gib(out.size() + arrays[i].values.size(), path.string());
    const std::string name = arrays[i].name + ".npy";
    const Bytes plain = npy_bytes(arrays[i]);
    const Bytes packed = compress ? deflated(plain) : Bytes{};
    const Bytes& content = compress ? packed : plain;
    const auto crc =
        static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(plain.data()), plain.size()));
    const auto at = static_cast<std::uint32_t>(out.size());

    append(out, std::uint32_t{0x04034b50});
    put_entry(out, compress, crc, content.size(), plain.size(), name);
    append(out, bytes_of(name));
    append(out, content);

    append(directory, std::uint32_t{0x02014b50});
    append(directory, kVersion);
    put_entry(directory, compress, crc, content.size(), plain.size(), name);
    append(directory, std::uint16_t{0});  // comment
    append(directory, std::uint16_t{0});  // disk
    append(directory, std::uint16_t{0});  // internal attributes
    append(directory, std::uint32_t{0});  // external attributes
    append(directory, at);
    append(directory, bytes_of(name));
  }
  require_below_4_gib(out.size() + directory.size(), path.string());
  const auto start = static_cast<std::uint32_t>(out.size());
  const auto count = static_cast<std::uint16_t>(arrays.size());
  append(out, directory);
  append(out, std::uint32_t{0x06054b50});
  append(out, std::uint16_t{0});
  append(out, std::uint16_t{0});
  append(out, count);
  append(out, count);
  append(out, static_cast<std::uint32_t>(directory.size()));
  append(out, start);
  append(out, std::uint16_t{0});
  write_atomically(path, out);
}

}  // namespace apical::io
