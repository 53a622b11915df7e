// SPDX-License-Identifier: Apache-2.0
// Arrays as other programs know them: a shape and its numbers in C order (the last axis is fastest), in the
// byte order of this machine. Copies share the numbers, which nobody changes; `owner` is whatever keeps them
// alive: a buffer that was read, or an object of somebody who handed the array in without a copy.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apical/io/archive.h"
#include "apical/io/file.h"

namespace apical::io {

struct Array {
  Element element = Element::none;
  std::vector<std::uint64_t> shape;
  std::shared_ptr<const void> owner;
  std::span<const std::byte> values;  ///< starts at a multiple of the element's size

  std::size_t size() const { return element == Element::none ? 0 : values.size() / size_of(element); }
  bool is_floating() const { return element == Element::f32 || element == Element::f64; }
  bool is_boolean() const { return element == Element::boolean; }
  template <Scalar T>
  std::span<const T> as() const {
    APICAL_CHECK(element == element_of<T>());
    return {reinterpret_cast<const T*>(values.data()), values.size() / sizeof(T)};
  }
  /// Any element as a number; whole ones exactly up to 2^53.
  double number(std::size_t index) const;
};

/// By name.
using Arrays = std::map<std::string, Array, std::less<>>;
std::vector<std::string> names_of(const Arrays& arrays);

/// An array of its own memory.
template <Scalar T>
Array array_of(std::vector<std::uint64_t> shape, std::vector<T> numbers) {
  const auto kept = std::make_shared<const std::vector<T>>(std::move(numbers));
  return {element_of<T>(), std::move(shape), kept, std::as_bytes(std::span(*kept))};
}
/// The bytes of `buffer` from `offset` on, without a copy where they lie at a multiple of the element's size.
/// DataError that opens with `name` if they do not reach for the shape.
Array array_within(const std::shared_ptr<const Bytes>& buffer, std::size_t offset, Element element,
                   std::vector<std::uint64_t> shape, const std::string& name);

/// Product of the axes; DataError past 2^63, which no file holds.
std::uint64_t elements_of(std::span<const std::uint64_t> shape, const std::string& name);
/// "[150, 4]"
std::string shape_text(std::span<const std::uint64_t> shape);
/// "[17, 3]": where the element with this index stands.
std::string index_text(std::span<const std::uint64_t> shape, std::size_t element);

}  // namespace apical::io
