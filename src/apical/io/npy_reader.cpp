// SPDX-License-Identifier: Apache-2.0
#include "apical/io/npy_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "apical/io/half.h"
#include "apical/io/packed_files.h"

namespace apical::io {
namespace {

struct NpyType {
  Element element = Element::none;
  bool half = false, swapped = false;
};

struct NpyHeader {
  NpyType type;
  bool fortran = false;
  std::vector<std::uint64_t> shape;
};

[[noreturn]] void no_npy(const std::string& name, const std::string& why) {
  throw DataError(fmt::format("{}: is no .npy that Apical reads: {}", name, why));
}

/// "<f4" and the like.
NpyType type_of(std::string_view descriptor, const std::string& name) {
  NpyType type;
  if (descriptor.size() >= 3) {
    const std::string_view kind = descriptor.substr(1);
    type.swapped = descriptor[0] == '>';
    static constexpr std::pair<std::string_view, Element> kTypes[] = {
        {"b1", Element::boolean}, {"i1", Element::i8},  {"u1", Element::u8},  {"i2", Element::i16},
        {"u2", Element::u16},     {"i4", Element::i32}, {"u4", Element::u32}, {"i8", Element::i64},
        {"u8", Element::u64},     {"f4", Element::f32}, {"f8", Element::f64}, {"f2", Element::u16}};
    for (const auto& [word, element] : kTypes) {
      if (kind == word) type.element = element;
    }
    type.half = kind == "f2";
  }
  if (type.element != Element::none) return type;
  const char what = descriptor.size() > 1 ? descriptor[1] : 'V';
  const std::string holds = what == 'O'                  ? "Python objects"
                            : what == 'U' || what == 'S' ? "texts"
                            : what == 'c'                ? "complex numbers"
                            : what == 'M' || what == 'm' ? "dates or durations"
                                                         : "records or numbers of an unusual size";
  throw DataError(fmt::format("{}: holds {} (dtype '{}'); expected numbers, e.g. array.astype(\"float32\"){}",
                              name, holds, descriptor,
                              what == 'U' || what == 'S' ? ", classes as whole numbers" : ""));
}

/// What follows "'key':" in the header, a Python dict of three entries.
std::string_view entry(std::string_view header, std::string_view key, const std::string& name) {
  const auto at = header.find(fmt::format("'{}'", key));
  const auto colon = at == std::string_view::npos ? at : header.find(':', at);
  if (colon == std::string_view::npos) no_npy(name, fmt::format("its header has no '{}'", key));
  const auto value = header.find_first_not_of(' ', colon + 1);
  return value == std::string_view::npos ? std::string_view{} : header.substr(value);
}

std::vector<std::uint64_t> shape_of(std::string_view text, const std::string& name) {
  const auto end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) no_npy(name, "its header has no shape");
  text = text.substr(1, end - 1);
  std::vector<std::uint64_t> shape;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    if (text.empty()) return shape;
    std::uint64_t n = 0;
    const auto [next, fault] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (fault != std::errc{}) no_npy(name, "its shape is not understood");
    shape.push_back(n);
    text.remove_prefix(static_cast<std::size_t>(next - text.data()));
    if (text.starts_with('L')) text.remove_prefix(1);  // as Python 2 wrote
  }
}

NpyHeader header_of(std::string_view text, const std::string& name) {
  NpyHeader h;
  const std::string_view descriptor = entry(text, "descr", name);
  const auto close = descriptor.starts_with('\'') ? descriptor.find('\'', 1) : std::string_view::npos;
  h.type =
      type_of(close == std::string_view::npos ? std::string_view{} : descriptor.substr(1, close - 1), name);
  h.fortran = entry(text, "fortran_order", name).starts_with("True");
  h.shape = shape_of(entry(text, "shape", name), name);
  return h;
}

/// A copy with the bytes of each element turned round.
Array turned(const Array& a) {
  auto bytes = std::make_shared<Bytes>(a.values.begin(), a.values.end());
  const std::size_t width = size_of(a.element);
  for (auto at = bytes->begin(); at != bytes->end(); at += static_cast<std::ptrdiff_t>(width))
    std::reverse(at, at + static_cast<std::ptrdiff_t>(width));
  return {a.element, a.shape, bytes, *bytes};
}

/// A copy of an array whose first axis is fastest in which the last one is.
Array in_c_order(const Array& a) {
  auto bytes = std::make_shared<Bytes>(a.values.size());
  const std::size_t width = size_of(a.element), axes = a.shape.size();
  std::vector<std::uint64_t> at(axes, 0), stride(axes, 1);
  for (std::size_t k = 1; k < axes; ++k) stride[k] = stride[k - 1] * a.shape[k - 1];
  for (std::size_t to = 0; to < a.size(); ++to) {
    std::size_t from = 0;
    for (std::size_t k = 0; k < axes; ++k) from += at[k] * stride[k];
    std::memcpy(bytes->data() + to * width, a.values.data() + from * width, width);
    for (std::size_t k = axes; k-- > 0;) {
      if (++at[k] < a.shape[k]) break;
      at[k] = 0;
    }
  }
  return {a.element, a.shape, bytes, *bytes};
}

}  // namespace

Array decode_npy(Bytes content, const std::string& name) {
  const auto buffer = std::make_shared<const Bytes>(std::move(content));
  const std::string_view text(reinterpret_cast<const char*>(buffer->data()), buffer->size());
  if (!text.starts_with("\x93NUMPY") || text.size() < 12)
    no_npy(name, "its first bytes are not those of one");
  const int version = static_cast<unsigned char>(text[6]);
  if (version < 1 || version > 3) no_npy(name, fmt::format("its format {}.0 is unknown", version));
  const std::size_t preamble = version == 1 ? 10 : 12;
  const auto byte = [&](std::size_t k) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text[k]));
  };
  std::size_t length = byte(8) | byte(9) << 8U;
  if (version > 1) length |= byte(10) << 16U | byte(11) << 24U;
  if (length > text.size() - preamble) no_npy(name, "it ends within its header");
  NpyHeader h = header_of(text.substr(preamble, length), name);
  const bool fortran = h.fortran && h.shape.size() > 1;
  Array a = array_within(buffer, preamble + length, h.type.element, std::move(h.shape), name);
  if (h.type.swapped) a = turned(a);
  if (fortran) a = in_c_order(a);
  return h.type.half ? widened(a, from_half) : a;
}

Array read_npy(const Path& path) { return decode_npy(read_file(path), path.string()); }

Arrays read_npz(const Path& path, std::uint64_t at_most) {
  constexpr std::string_view kSuffix = ".npy";
  Arrays arrays;
  PackedVisitor visitor;
  visitor.wants = [&](const std::string& file) { return file.ends_with(kSuffix); };
  visitor.take = [&](const std::string& file, Bytes content) {
    const std::string name = file.substr(0, file.size() - kSuffix.size());
    Array array = decode_npy(std::move(content), fmt::format("{}: {}", path.string(), name));
    if (!arrays.emplace(name, std::move(array)).second)
      throw DataError(fmt::format("{}: two arrays in it are called '{}'", path.string(), name));
  };
  visit_packed_files(path, {.largest = at_most, .total = at_most}, visitor);
  return arrays;
}

}  // namespace apical::io
