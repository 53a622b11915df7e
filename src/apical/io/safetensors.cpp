// SPDX-License-Identifier: Apache-2.0
#include "apical/io/safetensors.h"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "apical/io/half.h"
#include "apical/io/json.h"

namespace apical::io {
namespace {

constexpr const char* kMetadata = "__metadata__";
constexpr std::pair<const char*, Element> kTensorTypes[] = {
    {"BOOL", Element::boolean}, {"I8", Element::i8},   {"U8", Element::u8},   {"I16", Element::i16},
    {"U16", Element::u16},      {"I32", Element::i32}, {"U32", Element::u32}, {"I64", Element::i64},
    {"U64", Element::u64},      {"F32", Element::f32}, {"F64", Element::f64}};

std::string tensor_type(Element element) {
  for (const auto& [word, type] : kTensorTypes) {
    if (type == element) return word;
  }
  throw DataError("a tensor needs a type");
}

/// JSON turns 2.5 and -1 into numbers of its own when it is asked for whole ones.
std::vector<std::uint64_t> whole_numbers(const nlohmann::json& list, const std::string& name,
                                         const char* key) {
  for (const nlohmann::json& number : list) {
    if (!number.is_number_unsigned())
      throw DataError(
          fmt::format("{}: its {} has {}; expected whole numbers from 0 on", name, key, number.dump()));
  }
  return list.get<std::vector<std::uint64_t>>();
}

Array tensor(const nlohmann::json& entry, const std::shared_ptr<const Bytes>& buffer, std::size_t data,
             const std::string& name) {
  const std::string type = entry.at("dtype");
  const auto offsets = whole_numbers(entry.at("data_offsets"), name, "data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > buffer->size() - data)
    throw DataError(fmt::format("{}: its data_offsets lie outside of the file", name));
  const bool half = type == "F16", brain = type == "BF16";
  Element element = half || brain ? Element::u16 : Element::none;
  for (const auto& [word, known] : kTensorTypes) {
    if (type == word) element = known;
  }
  if (element == Element::none)
    throw DataError(
        fmt::format("{}: type {} is not read; expected F32 or another of whole bytes", name, type));
  Array a =
      array_within(buffer, data + offsets[0], element, whole_numbers(entry.at("shape"), name, "shape"), name);
  if (a.values.size() != offsets[1] - offsets[0]) {
    throw DataError(fmt::format("{}: has {} bytes, its shape {} asks for {}", name, offsets[1] - offsets[0],
                                shape_text(a.shape), a.values.size()));
  }
  return half ? widened(a, from_half) : brain ? widened(a, from_bfloat16) : a;
}

}  // namespace

Arrays read_safetensors(const Path& path) {
  const auto buffer = std::make_shared<const Bytes>(read_file(path));
  std::uint64_t length = 0;
  constexpr std::size_t kPreamble = sizeof length;
  if (buffer->size() >= kPreamble) std::memcpy(&length, buffer->data(), kPreamble);
  if (buffer->size() < kPreamble || length > buffer->size() - kPreamble)
    throw DataError(fmt::format("{}: is no safetensors file, or cut off within its header", path.string()));
  const std::string_view text(reinterpret_cast<const char*>(buffer->data()) + kPreamble, length);
  const nlohmann::json header = parse_json(text, path.string());
  Arrays arrays;
  try {
    for (const auto& [name, entry] : header.items()) {
      if (name != kMetadata)
        arrays.emplace(name,
                       tensor(entry, buffer, kPreamble + length, fmt::format("{}: {}", path.string(), name)));
    }
  } catch (const nlohmann::json::exception& e) {
    throw DataError(
        fmt::format("{}: its header is not that of a safetensors file ({})", path.string(), e.what()));
  }
  return arrays;
}

void write_safetensors(const Path& path, std::span<const NpyArray> arrays,
                       const std::map<std::string, std::string>& about) {
  nlohmann::json header = nlohmann::json::object();
  if (!about.empty()) header[kMetadata] = about;
  std::uint64_t at = 0;
  for (const NpyArray& a : arrays) {
    if (elements_of(a.shape, a.name) * size_of(a.element) != a.values.size())
      throw DataError(fmt::format("array '{}' has {} bytes, which do not fill {}", a.name, a.values.size(),
                                  shape_text(a.shape)));
    if (header.contains(a.name))
      throw DataError(fmt::format("two arrays of a safetensors file are called '{}'", a.name));
    header[a.name] = {
        {"dtype", tensor_type(a.element)}, {"shape", a.shape}, {"data_offsets", {at, at + a.values.size()}}};
    at += a.values.size();
  }
  std::string text = json_text(header, -1);
  text.resize(round_up(text.size(), 8), ' ');
  const std::uint64_t length = text.size();
  Bytes out;
  out.reserve(sizeof length + length + at);
  const auto append = [&](std::span<const std::byte> bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  append(std::as_bytes(std::span(&length, 1)));
  append(bytes_of(text));
  for (const NpyArray& a : arrays) append(a.values);
  write_atomically(path, out);
}

}  // namespace apical::io
