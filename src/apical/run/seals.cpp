// SPDX-License-Identifier: Apache-2.0
#include "apical/run/seals.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "apical/io/checkpoint_sections.h"
#include "apical/io/directory.h"
#include "apical/io/hash.h"
#include "apical/io/json.h"

namespace apical {
namespace {

constexpr const char* kOwn = "xxh3";
constexpr const char* kFiles = "sealed";

struct Seals {
  std::vector<Seal> all;
  template <class Archive>
  void visit_state(Archive& a) {
    a.resized("all", all);
  }
};

std::string own_hash(nlohmann::json object) {
  object[kOwn] = "";
  return io::xxh3_hex(io::json_text(object));
}

/// What a run writes once, but for the summary itself. Checkpoints look after themselves, though that the
/// final state is there is known here alone; report.html is written again at any time.
std::vector<std::string> files_of(const io::Path& run) {
  std::vector<std::string> out;
  for (const char* file : {"circuit.toml", "diagnosis.json", "events.ndjson", "experiment.toml",
                           "manifest.json", "metrics.ndjson", "results.h5", "checkpoints/trained.apc"}) {
    if (io::file_exists(run / file)) out.emplace_back(file);
  }
  for (const std::string folder : {"pictures", "spikes"}) {
    if (!io::directory_exists(run / folder)) continue;
    for (const std::string& file : io::list_directory(run / folder)) {
      if (!io::is_temporary(file)) out.push_back(fmt::format("{}/{}", folder, file));
    }
  }
  return out;
}

bool is_text(const std::string& file) {
  return file.ends_with(".json") || file.ends_with(".ndjson") || file.ends_with(".toml");
}

[[noreturn]] void refuse(const io::Path& file, const std::string& what) {
  throw DataError(fmt::format(
      "{} {}; its results are not those of the run\n  'apical verify {}' looks at all of its files; put "
      "the file back as it was, or run it again",
      file.string(), what, file.parent_path().string()));
}

}  // namespace

nlohmann::json json_of(const Seal& seal) {
  return {{"file", seal.file}, {"bytes", seal.bytes}, {kOwn, io::hex(seal.xxh3)}};
}

Seal seal_from(const nlohmann::json& j) {
  Seal seal{j.at("file"), j.at("bytes"), 0};
  const io::Path path = seal.file;
  if (path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end())
    throw DataError(fmt::format("a list of files that names '{}', which is no file of a run", seal.file));
  const std::string digits = j.at(kOwn);
  std::from_chars(digits.data(), digits.data() + digits.size(), seal.xxh3, 16);
  return seal;
}

Seal seal_of(const io::Path& run, const std::string& file) {
  return {file, io::file_size(run / file), io::hash_file(run / file)};
}

std::optional<std::string> broken(const Seal& seal, const io::Path& run) {
  const io::Path path = run / seal.file;
  if (!io::plain_file_exists(path)) return "is gone";
  const std::uint64_t size = io::file_size(path);
  if (size < seal.bytes)
    return fmt::format("was cut short: it has {} bytes, and had {} when it was written", size, seal.bytes);
  const std::uint64_t found = io::hash_file(path, seal.bytes);
  if (found == seal.xxh3) return {};
  return fmt::format("was changed after it was written (XXH3 of its first {} bytes is {}, expected {})",
                     seal.bytes, io::hex(found), io::hex(seal.xxh3));
}

io::CheckpointSection section_of(std::vector<Seal> seals) {
  Seals all{std::move(seals)};
  return {kSealSection, io::save_state(all)};
}

std::optional<std::vector<Seal>> seals_in(const io::Checkpoint& checkpoint, const std::string& origin) {
  if (!io::has_section(checkpoint, kSealSection)) return {};
  Seals seals;
  io::load_state(checkpoint.section(kSealSection), seals,
                 fmt::format("{}, section '{}'", origin, kSealSection));
  return std::move(seals.all);
}

nlohmann::json sealed(nlohmann::json object) {
  object[kOwn] = own_hash(object);
  return object;
}

bool is_sealed(const nlohmann::json& object) { return object.is_object() && object.contains(kOwn); }

nlohmann::json read_sealed(const io::Path& file) {
  nlohmann::json object = io::read_json(file);
  if (!object.is_object()) throw DataError(fmt::format("{}: expected an object", file.string()));
  if (is_sealed(object) && object.at(kOwn) != own_hash(object))
    refuse(file, "was changed after it was written");
  if (!is_sealed(object) && object.contains(kFiles)) refuse(file, "has lost its checksum");
  return object;
}

void add_seals(nlohmann::json& summary, const io::Path& run) {
  summary[kFiles] = nlohmann::json::array();
  for (const std::string& file : files_of(run)) summary[kFiles].push_back(json_of(seal_of(run, file)));
}

std::optional<std::vector<Seal>> seals_in(const nlohmann::json& summary) {
  if (!summary.contains(kFiles)) return {};
  std::vector<Seal> out;
  for (const nlohmann::json& seal : summary.at(kFiles)) out.push_back(seal_from(seal));
  return out;
}

void require_intact(const io::Path& run, const std::vector<std::string>& also) {
  if (io::file_exists(run / "manifest.json")) read_sealed(run / "manifest.json");
  if (!io::file_exists(run / "summary.json")) return;
  for (const Seal& seal : seals_in(read_sealed(run / "summary.json")).value_or(std::vector<Seal>())) {
    if (!is_text(seal.file) && std::find(also.begin(), also.end(), seal.file) == also.end()) continue;
    if (const auto what = broken(seal, run)) refuse(run / seal.file, *what);
    // All of a text counts: what was added is read like the rest.
    if (const std::uint64_t size = io::file_size(run / seal.file); size != seal.bytes)
      refuse(run / seal.file,
             fmt::format("has grown after it was written ({} bytes, expected {})", size, seal.bytes));
  }
}

}  // namespace apical
