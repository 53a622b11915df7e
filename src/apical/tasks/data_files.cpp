// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/data_files.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "apical/core/error.h"
#include "apical/io/directory.h"

namespace apical {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> places_below(const fs::path& base, const DataSource& source) {
  std::vector<fs::path> places;
  for (const std::string& folder : source.folders) places.push_back(base / folder);
  places.push_back(base);
  return places;
}

/// "train-images-idx3-ubyte" is also known as "train-images.idx3-ubyte"; either may be packed.
std::vector<std::string> names_of(const std::string& file) {
  std::vector<std::string> names{file};
  if (const std::size_t dash = file.rfind("-idx"); dash != std::string::npos) {
    names.push_back(file);
    names.back()[dash] = '.';
  }
  for (std::size_t i = 0, plain = names.size(); i < plain; ++i) names.push_back(names[i] + ".gz");
  return names;
}

}  // namespace

fs::path data_folder(const fs::path& directory, const fs::path& base) {
  if (directory.empty()) return base;
  const bool below = directory.is_relative() && !base.empty() && io::directory_exists(base / directory);
  return below ? base / directory : directory;
}

void require_folder(const fs::path& base) {
  if (!base.empty() && io::plain_file_exists(base)) throw io::FileError(base, "open directory", ENOTDIR);
}

fs::path find_below(const fs::path& base, const DataSource& source, const std::string& file) {
  for (const fs::path& place : places_below(base, source)) {
    for (const std::string& name : names_of(file)) {
      if (fs::path candidate = place / name; io::plain_file_exists(candidate)) return candidate;
    }
  }
  return {};
}

std::vector<fs::path> namesakes(const fs::path& found, const std::string& file) {
  std::vector<fs::path> out;
  for (const std::string& name : names_of(file)) {
    const fs::path other = found.parent_path() / name;
    if (other != found && io::plain_file_exists(other)) out.push_back(other);
  }
  return out;
}

fs::path find_data_file(const DataSource& source, const std::string& file, const fs::path& base) {
  const std::string advice = fmt::format(
      "  {},\n  then name their folder in --data, in APICAL_DATA or in the task's parameter 'directory'",
      source.how_to_get);
  if (base.empty()) {
    throw DataError(fmt::format("{} is wanted, but no data directory is known\n{}", source.title, advice));
  }
  require_folder(base);
  fs::path found = find_below(base, source, file);
  if (!found.empty()) return found;
  std::vector<std::string> tried;
  for (const fs::path& place : places_below(base, source)) tried.push_back(place.string());
  throw DataError(fmt::format("{}: {} is not in {}\n{}", source.title, join_names(names_of(file), "or"),
                              join_names(tried, "or"), advice));
}

std::vector<std::uint8_t> unpack_file(const std::filesystem::path& path, std::size_t limit) {
  io::require_no_device(path);
  errno = 0;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw IoError(fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::vector<std::uint8_t> bytes;
  while (true) {
    const std::size_t have = bytes.size();
    bytes.resize(have + kBlock);
    const int got = gzread(file.get(), bytes.data() + have, static_cast<unsigned>(kBlock));
    bytes.resize(have + static_cast<std::size_t>(std::max(got, 0)));
    int code = Z_OK;
    const char* const message = gzerror(file.get(), &code);
    if (code == Z_ERRNO)
      throw IoError(fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
    if (code == Z_BUF_ERROR) {
      throw DataError(fmt::format("{} is cut off: its gzip stream ends after {} unpacked bytes",
                                  path.string(), bytes.size()));
    }
    if (code != Z_OK && code != Z_STREAM_END) {
      throw DataError(fmt::format("{} is damaged: {}", path.string(), message));
    }
    if (bytes.size() > limit) {
      throw DataError(fmt::format("{} unpacks to more than the {} bytes expected", path.string(), limit));
    }
    if (got <= 0) return bytes;
  }
}

std::uint32_t crc32_of(const std::vector<std::uint8_t>& bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

}  // namespace apical
