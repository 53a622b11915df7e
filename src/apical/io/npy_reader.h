// SPDX-License-Identifier: Apache-2.0
// Reads numpy's .npy (formats 1.0 to 3.0, NEP 1) and .npz, compressed or not, of any size.
#pragma once

#include <cstdint>

#include "apical/io/array.h"

namespace apical::io {

/// Numbers of either byte order; arrays in Fortran order are copied into C order, half precision becomes
/// single. DataError that opens with `name` for what is no .npy, is cut off, or holds texts, dates, complex
/// numbers or objects.
Array decode_npy(Bytes content, const std::string& name);
/// FileError if the file cannot be read.
Array read_npy(const Path& path);

/// The arrays of an archive, named as numpy names them (without ".npy"); other files in it are passed over.
/// DataError if it is no ZIP archive, damaged, holds two arrays of one name, or unpacks to more than
/// `at_most` bytes.
Arrays read_npz(const Path& path, std::uint64_t at_most = std::uint64_t{1} << 40);

}  // namespace apical::io
