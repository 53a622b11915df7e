// SPDX-License-Identifier: Apache-2.0
#include "apical/live/run_tail.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/io/directory.h"
#include "apical/io/hash.h"
#include "apical/io/json.h"

namespace apical::live {
namespace {

constexpr std::size_t kBlock = 4'000'000;  // bytes at once

std::string read_part(const io::File& file, std::uint64_t offset, std::size_t bytes) {
  std::string text(bytes, '\0');
  text.resize(file.read_at(std::as_writable_bytes(std::span(text)), offset));
  return text;
}

}  // namespace

RunTail::News RunTail::read(std::size_t most) {
  News news;
  const io::Path path = run_ / "metrics.ndjson";
  if (!io::plain_file_exists(path)) return news;
  const io::File file(path, io::FileSystem::Mode::read);
  if (offset_ > 0 &&
      io::xxh3(io::bytes_of(read_part(file, offset_ - last_bytes_, last_bytes_))) != last_line_) {
    offset_ = next_seq_ = last_bytes_ = 0;
    news.cut = true;
  }
  const std::string text = read_part(file, offset_, kBlock);
  for (std::size_t at = 0; news.rows.size() < most;) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;  // not finished
    const std::string_view line = std::string_view(text).substr(at, end + 1 - at);
    const nlohmann::json j = io::parse_json(line, path.string(), static_cast<std::uint32_t>(next_seq_ + 1));
    Row row{next_seq_, {}};
    try {
      row.measurement = {j.at("epoch"), j.at("where"), j.at("metric"), j.at("seed"),
                         io::number_of(j.at("value"), "value")};
    } catch (const nlohmann::json::exception& e) {
      throw DataError(fmt::format("{}, line {}: {}", path.string(), next_seq_ + 1, e.what()));
    }
    news.rows.push_back(std::move(row));
    ++next_seq_;
    last_line_ = io::xxh3(io::bytes_of(line));
    last_bytes_ = line.size();
    offset_ += line.size();
    at = end + 1;
  }
  return news;
}

}  // namespace apical::live
