// SPDX-License-Identifier: Apache-2.0
// For tests: files in the format of MNIST.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <vector>

namespace apical::test {

inline void write_idx(const std::filesystem::path& path, const std::vector<std::uint32_t>& shape,
                      const std::vector<std::uint8_t>& values) {
  std::ofstream out(path, std::ios::binary);
  const char magic[] = {0, 0, 8, static_cast<char>(shape.size())};
  out.write(magic, 4);
  for (const std::uint32_t extent : shape) {
    for (const int shift : {24, 16, 8, 0}) out.put(static_cast<char>(extent >> shift));
  }
  out.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size()));
}

}  // namespace apical::test
