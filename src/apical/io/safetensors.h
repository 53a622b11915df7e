// SPDX-License-Identifier: Apache-2.0
// Hugging Face's safetensors: a JSON header with names, types and shapes, then the numbers
// (https://github.com/huggingface/safetensors, format of version 0.4).
#pragma once

#include <map>

#include "apical/io/array.h"
#include "apical/io/npz.h"

namespace apical::io {

/// Tensors by name; single precision for F16 and BF16. DataError for what is no such file, cut off, has
/// tensors that overlap its end, or of a type that Apical does not read.
Arrays read_safetensors(const Path& path);

/// Writes atomically. `about` becomes the header's __metadata__. DataError for values that do not fill their
/// shape and for names that are used twice.
void write_safetensors(const Path& path, std::span<const NpyArray> arrays,
                       const std::map<std::string, std::string>& about = {});

}  // namespace apical::io
