// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/fetch_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/io/digest.h"
#include "apical/io/directory.h"
#include "apical/io/download.h"
#include "apical/io/packed_files.h"
#include "apical/tasks/data_receipt.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

std::string by_hand(const PublishedData& set, const fs::path& folder) {
  std::string text = "  by hand:";
  for (const PublishedDownload& d : set.downloads) text += fmt::format("\n    {}", d.url);
  text += fmt::format(
      "\n  {} {}\n  then: apical data verify {}",
      set.archive ? "unpacked so that these are there:" : "put as they are into",
      set.archive ? (folder / set.files.front().name).string() + " and so on" : folder.string(), set.name);
  return text;
}

/// No download is larger. Where its size was not published, that of what it holds is known, which packing
/// adds at most some headers to.
std::uint64_t most_bytes(const PublishedDownload& d, const PublishedData& set) {
  if (d.bytes > 0) return d.bytes;
  std::uint64_t unpacked = 0;
  for (const PublishedFile& f : set.files) {
    if (set.archive || f.name + ".gz" == d.file) unpacked += f.bytes;
  }
  constexpr std::uint64_t kHeaders = 1 << 16;
  return unpacked + unpacked / 1000 + kHeaders;
}

/// The download under its own name, complete and checked.
void bring(const PublishedDownload& d, const PublishedData& set, const fs::path& folder,
           const FetchOptions& options) {
  const fs::path partial = folder / (d.file + ".part"), whole = folder / d.file;
  io::Download download;
  download.url = d.url;
  if (!options.from.empty()) download.url = options.from + (options.from.ends_with('/') ? "" : "/") + d.file;
  download.at_most = most_bytes(d, set);
  download.progress = [&](std::uint64_t have) {
    return !options.progress || options.progress(d.file, have, d.bytes);
  };
  const bool complete = d.bytes > 0 && io::file_exists(partial) && io::file_size(partial) == d.bytes;
  if (!complete) {
    try {
      io::continue_download(download, partial);
    } catch (const io::NetworkError& e) {
      throw io::NetworkError(fmt::format("{}\n{}", e.what(), by_hand(set, folder)));
    }
  }
  const std::string md5 = io::digest_of_file(io::Digest::md5, partial);
  if (md5 != d.md5) {
    const auto bytes = io::file_size(partial);
    io::remove_file(partial);
    throw DataError(fmt::format("{} from {}: {} bytes with MD5 {}, expected {}{}; what came is removed",
                                d.file, download.url, bytes, md5, d.md5,
                                d.bytes > 0 ? fmt::format(" of {} bytes", d.bytes) : ""));
  }
  io::rename_file(partial, whole);
}

/// Only the files that belong to the set, whatever else the archive holds and wherever in it they are.
void unpack(const PublishedData& set, const fs::path& archive, const fs::path& folder) {
  DataReceipt receipt{
      set.name, fmt::format("as published, unpacked from {}", set.downloads.front().file), true, {}};
  const auto name_of_path = [](const std::string& path) { return fs::path(path).filename().string(); };
  io::PackedLimits limits{.largest = 0};
  for (const PublishedFile& f : set.files)
    limits.largest = std::max(limits.largest, static_cast<std::size_t>(f.bytes));
  io::PackedVisitor visitor;
  visitor.wants = [&](const std::string& path) {
    return std::any_of(set.files.begin(), set.files.end(),
                       [&](const PublishedFile& f) { return f.name == name_of_path(path); });
  };
  visitor.take = [&](const std::string& path, const io::Bytes& content) {
    const std::string name = name_of_path(path);
    io::write_atomically(folder / name, std::span<const std::byte>(content));
    receipt.md5[name] = io::digest_of(io::Digest::md5, content);
  };
  io::visit_packed_files(archive, limits, visitor);
  for (const PublishedFile& f : set.files) {
    if (!receipt.md5.contains(f.name))
      throw DataError(fmt::format("{} does not hold {}", archive.string(), f.name));
  }
  write_receipt(folder, receipt);
}

}  // namespace

fs::path fetch(const PublishedData& set, const fs::path& base, const FetchOptions& options) {
  fs::path folder = base / set.source.folders.front();
  const std::vector<CheckedFile> there = verify(set, base);
  if (set.archive) {
    if (std::all_of(there.begin(), there.end(),
                    [](const CheckedFile& f) { return f.state == FileState::intact; })) {
      return there.front().path.parent_path();
    }
    io::make_directories(folder);
    const fs::path whole = folder / set.downloads.front().file;
    if (!io::file_exists(whole) || io::digest_of_file(io::Digest::md5, whole) != set.downloads.front().md5) {
      bring(set.downloads.front(), set, folder, options);
    }
    unpack(set, whole, folder);
    io::remove_file(whole);
    return folder;
  }
  io::make_directories(folder);
  for (std::size_t i = 0; i < there.size(); ++i) {
    if (there[i].state == FileState::intact) continue;
    bring(set.downloads[i], set, folder, options);
    const fs::path found = find_below(base, set.source, set.files[i].name);
    if (found == folder / set.downloads[i].file) continue;
    throw DataError(fmt::format("{} is fetched, but readers find {} first, which is {}; remove it",
                                (folder / set.downloads[i].file).string(), found.string(),
                                name_of(there[i].state)));
  }
  return folder;
}

}  // namespace apical
