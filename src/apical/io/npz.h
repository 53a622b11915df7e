// SPDX-License-Identifier: Apache-2.0
// numpy's .npy (format 1.0, NEP 1) and .npz (a ZIP of them): little-endian, C order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apical/io/archive.h"
#include "apical/io/file.h"

namespace apical::io {

/// A view: `values` must live until the file is written.
struct NpyArray {
  std::string name;  ///< in a .npz, without ".npy"; may hold dots ("v1.pyr.fb1")
  Element element = Element::f32;
  std::vector<std::uint64_t> shape;
  std::span<const std::byte> values;
};

template <Scalar T>
NpyArray npy_array(std::string name, std::vector<std::uint64_t> shape, std::span<const T> values) {
  return {std::move(name), element_of<T>(), std::move(shape), std::as_bytes(values)};
}
/// W(post, pre) becomes an array of shape (post, pre).
template <Scalar T>
NpyArray npy_array(std::string name, const Matrix<T>& m) {
  return npy_array<T>(std::move(name), {m.rows(), m.cols()}, m.flat());
}

enum class ZipCompression { stored, deflated };

/// Both write atomically. DataError for values that do not fill the shape, a name that is empty, used twice
/// or a path out of the archive, and for a .npz past 4 GiB (ZIP without its 64-bit extension): use .npy files
/// then.
void write_npy(const Path& path, const NpyArray& array);
void write_npz(const Path& path, std::span<const NpyArray> arrays,
               ZipCompression compression = ZipCompression::stored);

}  // namespace apical::io
