// SPDX-License-Identifier: Apache-2.0
// CIFAR-10: 50000 + 10000 colour pictures of 32 x 32 pixels in ten classes (Krizhevsky 2009), in the binary
// version: records of one label byte and 3072 bytes, the red plane, then green, then blue.
#pragma once

#include <span>

#include "apical/tasks/idx_images.h"

namespace apical {

inline constexpr std::size_t kCifarRecord = 3073;

/// The classes in the order of their labels.
const std::vector<std::string>& cifar10_classes();
/// Where its six files are looked for.
const DataSource& cifar10_source();
/// data_batch_1.bin … data_batch_5.bin, test_batch.bin.
const std::vector<std::string>& cifar10_files();

/// Appends the records to `images`. DataError, beginning with `name`, if the length is not a positive
/// multiple of a record or a label is above 9.
void append_cifar_records(std::span<const std::uint8_t> bytes, const std::string& name,
                          LabelledImages& images);

TaskInfo cifar10_task();

}  // namespace apical
