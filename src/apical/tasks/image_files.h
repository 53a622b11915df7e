// SPDX-License-Identifier: Apache-2.0
// Files of pictures as samples: decoded, resized and cut to one size when they are read, ahead of time on
// threads of their own where somebody announced what will be read. What is read never depends on whether, or
// when, it was announced.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "apical/tasks/augmentation.h"

namespace apical {

class ImageFiles {
 public:
  /// Windows of `size` x `size` pixels of pictures whose shorter side is `shorter_side` >= size. So many
  /// `readers`, threads of its own, decode what was announced.
  ImageFiles(std::vector<std::filesystem::path> files, std::size_t size, std::size_t shorter_side,
             std::size_t readers = 1);
  ~ImageFiles();
  ImageFiles(const ImageFiles&) = delete;
  ImageFiles& operator=(const ImageFiles&) = delete;

  std::size_t samples() const { return files_.size(); }
  const std::vector<std::filesystem::path>& files() const { return files_; }
  ImageShape shape() const { return {3, size_, size_}; }

  /// Red, green and blue plane of a sample: the centre, or the window drawn if `augmentation` is not null.
  /// DataError naming the file if it is no whole picture; FileError if it cannot be read. From any thread.
  std::vector<std::uint8_t> read(std::uint32_t sample, const Augmentation* augmentation,
                                 const Showing& showing) const;

  /// See Inputs::announce. At most about 64 MB are kept ahead.
  void announce(std::span<const std::uint32_t> samples, const Augmentation* augmentation,
                const Showing& showing) const;

 private:
  struct Key;
  class Ahead;
  std::vector<std::uint8_t> decode(std::uint32_t sample, const Augmentation* augmentation,
                                   const Showing& showing) const;

  std::vector<std::filesystem::path> files_;
  std::size_t size_, shorter_side_;
  std::unique_ptr<Ahead> ahead_;
};

}  // namespace apical
