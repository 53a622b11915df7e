// SPDX-License-Identifier: Apache-2.0
// What data were, in a page of text, so that a run does not go on with others: numbers of samples, names of
// classes, and hashes of labels, pixels and files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apical/core/threads.h"
#include "apical/tasks/dataset.h"

namespace apical {

/// Fact → value: "train samples" → "40", "train labels" → "xxh3 0123456789abcdef".
using DataFingerprint = std::map<std::string, std::string>;

/// Nothing for data that are drawn: the experiment's text says them. Of pictures that stay files: names and
/// sizes of all, and the first megabyte of each or, where there are more, of 20000 that lie evenly among
/// them. Where the files lie and how they are packed makes no difference. FileError if one cannot be read.
DataFingerprint fingerprint_of(const Dataset& data, ThreadPool& pool);

/// "train samples: 40 then, 38 now", "train labels differ"; nothing if the two are the same.
std::vector<std::string> differences(const DataFingerprint& then, const DataFingerprint& now);

}  // namespace apical
