// SPDX-License-Identifier: Apache-2.0
// How processes on several hosts share work through a directory that all of them see: files that are added
// whole or not at all, and the clock of the file server. No locks, which NFS and Lustre may refuse or ignore.
#pragma once

#include <optional>
#include <string_view>

#include "apical/io/file.h"

namespace apical::io {

/// Adds a file in one piece, on stable storage; false if there is one of that name: of many callers one adds
/// it. Whether the link took hold is what counts, not what the call answered: a file server may have lost its
/// reply.
bool add_file(const Path& path, std::string_view content);

/// Seconds since 1970 at which a file was last written or touched, by the clock of the machine that keeps it;
/// nothing if it is not there.
std::optional<double> modified_s(const Path& path);
/// False if it is not there any more.
bool touch_file(const Path& path);
/// What that clock shows now. Adds and removes a file in `directory`; FileError where nothing can be written.
double server_now_s(const Path& directory);

}  // namespace apical::io
