// SPDX-License-Identifier: Apache-2.0
// CIFAR-10 that somebody keeps as pictures, train/<class>/NNNN.jpg and test/<class>/NNNN.jpg (or .png, .bmp),
// as the six binary files that the task reads. The pixels are those of the pictures: JPEG loses, so neither
// they nor checksums are those of the original.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apical/core/threads.h"

namespace apical {

struct CifarConversion {
  std::uint64_t seed =
      0;  ///< of the order: files are kept by class, batches and the validation split must mix classes
  std::size_t train_per_class = 5000, test_per_class = 1000;
};

struct ConvertedCifar {
  std::size_t train = 0, test = 0;
  std::string variant;                ///< what 'apical data verify' calls it
  std::vector<std::string> left_out;  ///< what else was there: name and reason
};

/// From a folder (picture_tree.h) or archive to files in `folder`, with a receipt. Links in an archive are
/// left out. The result depends on the pictures and the seed only; memory is that of one file. DataError
/// naming the file for a picture that is damaged or not 32 x 32, an unknown class or another number of
/// pictures.
ConvertedCifar convert_cifar10(const std::filesystem::path& from, const std::filesystem::path& folder,
                               const CifarConversion& how, ThreadPool& pool);

}  // namespace apical
