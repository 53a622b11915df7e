// SPDX-License-Identifier: Apache-2.0
#include "apical/io/array.h"

#include <fmt/format.h>

#include <cstring>

namespace apical::io {
namespace {

template <class T>
double element_as(std::span<const std::byte> values, std::size_t index) {
  T value{};
  std::memcpy(&value, values.data() + index * sizeof(T), sizeof(T));
  return static_cast<double>(value);
}

}  // namespace

double Array::number(std::size_t index) const {
  APICAL_CHECK(index < size());
  switch (element) {
    case Element::boolean:
    case Element::u8:
      return element_as<std::uint8_t>(values, index);
    case Element::i8:
      return element_as<std::int8_t>(values, index);
    case Element::i16:
      return element_as<std::int16_t>(values, index);
    case Element::u16:
      return element_as<std::uint16_t>(values, index);
    case Element::i32:
      return element_as<std::int32_t>(values, index);
    case Element::u32:
      return element_as<std::uint32_t>(values, index);
    case Element::i64:
      return element_as<std::int64_t>(values, index);
    case Element::u64:
      return element_as<std::uint64_t>(values, index);
    case Element::f32:
      return element_as<float>(values, index);
    case Element::f64:
      return element_as<double>(values, index);
    case Element::none:
      break;
  }
  return 0;
}

std::vector<std::string> names_of(const Arrays& arrays) {
  std::vector<std::string> names;
  names.reserve(arrays.size());
  for (const auto& [name, array] : arrays) names.push_back(name);
  return names;
}

std::uint64_t elements_of(std::span<const std::uint64_t> shape, const std::string& name) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 63;
  std::uint64_t count = 1;
  for (const std::uint64_t n : shape) {
    if (n != 0 && count > kMost / n)
      throw DataError(fmt::format("{}: no file holds an array of shape {}", name, shape_text(shape)));
    count *= n;
  }
  return count;
}

Array array_within(const std::shared_ptr<const Bytes>& buffer, std::size_t offset, Element element,
                   std::vector<std::uint64_t> shape, const std::string& name) {
  const std::uint64_t count = elements_of(shape, name), width = size_of(element);
  const std::uint64_t there = buffer->size() - std::min(offset, buffer->size());
  if (count > there / width) {
    throw DataError(
        fmt::format("{}: is cut off: {} bytes are there, its shape {} asks for {} of {} bytes each", name,
                    there, shape_text(shape), count, width));
  }
  const std::span<const std::byte> values = std::span(*buffer).subspan(offset, count * width);
  if (reinterpret_cast<std::uintptr_t>(values.data()) % width == 0)
    return {element, std::move(shape), buffer, values};
  const auto moved = std::make_shared<const Bytes>(values.begin(), values.end());
  return {element, std::move(shape), moved, *moved};
}

std::string shape_text(std::span<const std::uint64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string index_text(std::span<const std::uint64_t> shape, std::size_t element) {
  std::vector<std::uint64_t> at(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    at[axis] = element % shape[axis];
    element /= shape[axis];
  }
  return shape_text(at);
}

}  // namespace apical::io
