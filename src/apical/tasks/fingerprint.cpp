// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apical/io/hash.h"
#include "apical/io/json.h"
#include "apical/tasks/image_files.h"

namespace apical {
namespace {

constexpr const char* kHash = "xxh3 ";

std::string hashed(std::span<const std::byte> bytes) { return kHash + io::xxh3_hex(bytes); }

template <class T>
std::string hash_of(const std::vector<T>& values) {
  return hashed(std::as_bytes(std::span(values)));
}

/// A folder's name may be any bytes; what is kept is text.
std::string readable(const std::string& name) {
  const std::string quoted = io::json_quoted(name);
  return quoted.substr(1, quoted.size() - 2);
}

/// In full as long as somebody would read it.
std::string names_in_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " / ") + readable(name);
  constexpr std::size_t kReadable = 400;
  return text.size() <= kReadable ? text : kHash + io::xxh3_hex(std::string_view(text));
}

/// "cat/001.jpg": the folders above differ between machines.
std::string name_in_set(const std::filesystem::path& file) {
  return (file.parent_path().filename() / file.filename()).string();
}

void add_files(DataFingerprint& facts, const std::string& part,
               const std::vector<std::filesystem::path>& files, ThreadPool& pool) {
  constexpr std::size_t kMostRead = 20'000, kPiece = 64;
  constexpr std::uint64_t kBytesRead = 1 << 20;
  // Where there are more, kMostRead that lie evenly: those at which i * kMostRead / size grows.
  const auto is_read = [&](std::size_t i) {
    return files.size() <= kMostRead || i == 0 ||
           i * kMostRead / files.size() != (i - 1) * kMostRead / files.size();
  };
  std::vector<std::uint64_t> sizes(files.size()), contents(files.size());
  pool.run((files.size() + kPiece - 1) / kPiece, [&](std::size_t piece) {
    io::Bytes head;
    for (std::size_t i = piece * kPiece; i < std::min((piece + 1) * kPiece, files.size()); ++i) {
      const io::File file(files[i], io::FileSystem::Mode::read);
      sizes[i] = file.size();
      if (!is_read(i)) continue;
      head.resize(std::min(sizes[i], kBytesRead));
      head.resize(file.read_at(head, 0));
      contents[i] = io::xxh3(head);
    }
  });
  io::RunningHash names;
  for (const std::filesystem::path& file : files) names.add(io::bytes_of(name_in_set(file) + '\n'));
  facts[part + " names of files"] = kHash + io::hex(names.value());
  facts[part + " sizes of files"] = hash_of(sizes);
  facts[part + " content of files"] = hash_of(contents);
}

void add_split(DataFingerprint& facts, const std::string& part, const Split& split,
               const std::vector<std::string>& class_names, ThreadPool& pool) {
  if (split.size() == 0) return;
  facts[part + " samples"] = std::to_string(split.size());
  if (!split.labels.empty()) facts[part + " labels"] = hash_of(split.labels);
  constexpr std::size_t kClassesTold = 100;
  if (!split.labels.empty() && class_names.size() <= kClassesTold) {
    std::vector<std::size_t> counts(class_names.size());
    for (const std::int32_t label : split.labels) ++counts.at(static_cast<std::size_t>(label));
    for (std::size_t c = 0; c < counts.size(); ++c)
      facts[fmt::format("{} samples of '{}'", part, readable(class_names[c]))] = std::to_string(counts[c]);
  }
  if (split.targets.rows() > 0) facts[part + " targets"] = hashed(std::as_bytes(split.targets.flat()));
  if (!split.target_courses.empty()) {
    io::RunningHash courses;
    for (const Matrix<double>& course : split.target_courses) courses.add(std::as_bytes(course.flat()));
    facts[part + " targets of steps"] = kHash + io::hex(courses.value());
  }
  if (!split.sequences.empty()) {
    io::RunningHash courses;
    for (const InputSequence& course : split.sequences) {
      courses.add(std::as_bytes(std::span(course.change_points)));
      courses.add(std::as_bytes(course.values.flat()));
    }
    facts[part + " numbers per row of time"] = std::to_string(split.sequences.front().values.cols());
    facts[part + " inputs"] = kHash + io::hex(courses.value());
    return;
  }
  facts[part + " numbers per sample"] = std::to_string(split.inputs.features());
  if (const ImageFiles* files = split.inputs.files()) {
    add_files(facts, part, files->files(), pool);
  } else {
    facts[part + " inputs"] = hashed(split.inputs.bytes());
  }
}

std::string value_in(const DataFingerprint& facts, const std::string& fact) {
  const auto at = facts.find(fact);
  return at == facts.end() ? "none" : at->second;
}

}  // namespace

DataFingerprint fingerprint_of(const Dataset& data, ThreadPool& pool) {
  DataFingerprint facts;
  if (!data.from_files) return facts;
  if (!data.class_names.empty()) {
    facts["classes"] = std::to_string(data.class_names.size());
    facts["names of classes"] = names_in_text(data.class_names);
  }
  add_split(facts, "train", data.train, data.class_names, pool);
  add_split(facts, "validation", data.validation, data.class_names, pool);
  add_split(facts, "test", data.test, data.class_names, pool);
  return facts;
}

std::vector<std::string> differences(const DataFingerprint& then, const DataFingerprint& now) {
  std::set<std::string> facts;
  for (const auto& [fact, value] : then) facts.insert(fact);
  for (const auto& [fact, value] : now) facts.insert(fact);
  std::vector<std::string> out;
  for (const std::string& fact : facts) {
    const std::string a = value_in(then, fact), b = value_in(now, fact);
    if (a == b) continue;
    const bool hashes = a.starts_with(kHash) || b.starts_with(kHash);
    out.push_back(hashes ? fact + " differ" : fmt::format("{}: {} then, {} now", fact, a, b));
  }
  return out;
}

}  // namespace apical
