// SPDX-License-Identifier: Apache-2.0
#include "apical/io/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "apical/core/build_info.h"

namespace apical::io {

namespace {
constexpr std::size_t kBlockBytes = 4 << 20;

Path parent_of(const Path& path) { return path.has_parent_path() ? path.parent_path() : Path("."); }

/// Calls f(first row, bytes) for the rows of a dataset, a few megabytes at a time.
template <class F>
void for_each_block(const hdf5::Dataset& data, F&& f) {
  const std::size_t row = data.row_bytes();
  const std::uint64_t rows_per_block =
      std::max<std::uint64_t>(1, kBlockBytes / std::max<std::size_t>(1, row));
  Bytes block;
  for (std::uint64_t first = 0; first < data.rows(); first += rows_per_block) {
    block.resize(std::min<std::uint64_t>(rows_per_block, data.rows() - first) * row);
    data.read_rows(first, block);
    f(first, block);
  }
}

std::uint64_t hash_of(const hdf5::Dataset& data) {
  RunningHash hash;
  for_each_block(data, [&](std::uint64_t, std::span<const std::byte> bytes) { hash.add(bytes); });
  return hash.value();
}

std::string stored_hash(const hdf5::File& file, const std::string& path) {
  const hdf5::AttributeValue value = file.attribute(path, "xxh3");
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string() : *text;
}
}  // namespace

std::vector<std::uint64_t> Recording::Column::dims(std::uint64_t rows) const {
  return width == 0 ? std::vector{rows} : std::vector{rows, width};
}

Recording::Recording(Path prefix, Attributes attributes)
    : Recording(std::move(prefix), std::move(attributes), Options{}) {}

Recording::Recording(Path prefix, Attributes attributes, Options options)
    : prefix_(std::move(prefix)), attributes_(std::move(attributes)), options_(options) {}

template <class F>
auto Recording::guarded(F&& action) {
  if (fault_) std::rethrow_exception(fault_);
  try {
    return action();
  } catch (...) {
    fault_ = std::current_exception();
    throw;
  }
}

VariableId Recording::add_variable(RecordedVariable variable) {
  if (fault_) std::rethrow_exception(fault_);
  const std::string path = variable.group + "/" + variable.name;
  const auto refuse = [&](const std::string& what) {
    return ConfigError(fmt::format("recorded variable '{}': {}", path, what));
  };
  const bool irregular = variable.timing == RecordedVariable::Timing::irregular;
  for (const Column& column : columns_) {
    if (column.path == path || (irregular && column.path == path + "_steps"))
      throw refuse("is recorded twice");
  }
  if (variable.group.empty() || variable.name.empty()) throw refuse("needs a group and a name");
  if (variable.width < 1) throw refuse("width 0; expected at least 1 unit");
  if (variable.stride_steps < 1)
    throw refuse(fmt::format("stride {} steps; expected at least 1", variable.stride_steps));
  if (!(variable.dt_ms > 0))
    throw refuse(fmt::format("dt_ms = {}; expected a positive number", variable.dt_ms));
  if (variable.element != Element::f32 && variable.element != Element::f64) {
    throw refuse(fmt::format("type {}; expected float or double", name_of(variable.element)));
  }
  APICAL_CHECK(buffered_ == 0 && segments_.empty());  // a file's columns are those of its first row

  Track track{variable, columns_.size(), 0, 0, 0, 0};
  std::size_t row = variable.width * size_of(variable.element) + (irregular ? sizeof(std::int64_t) : 0);
  for (const Column& column : columns_) row += column.row_bytes();
  // Half, because a buffer that grows holds up to twice what is in it.
  if (row > options_.memory_budget / 2) {
    throw refuse(fmt::format("one row of everything takes {} bytes, more than half the memory budget of {}",
                             row, options_.memory_budget));
  }
  columns_.push_back({path, variable.element, variable.width, {}, 0});
  if (irregular) {
    track.steps = columns_.size();
    columns_.push_back({path + "_steps", Element::i64, 0, {}, 0});
  }
  tracks_.push_back(std::move(track));
  return {static_cast<std::uint32_t>(tracks_.size() - 1)};
}

namespace {
template <class Stored, class T>
void put_row(Bytes& out, std::span<const T> row) {
  if constexpr (std::is_same_v<Stored, T>) {
    const auto bytes = std::as_bytes(row);
    out.insert(out.end(), bytes.begin(), bytes.end());
  } else {
    std::size_t at = out.size();
    out.resize(at + row.size() * sizeof(Stored));
    for (const T value : row) {
      const auto stored = static_cast<Stored>(value);
      std::memcpy(out.data() + at, &stored, sizeof stored);
      at += sizeof stored;
    }
  }
}
}  // namespace

template <class T>
void Recording::append_row(VariableId id, std::int64_t step, std::span<const T> row) {
  guarded([&] {
    APICAL_CHECK(id.value < tracks_.size());
    Track& track = tracks_[id.value];
    APICAL_CHECK(row.size() == track.variable.width);
    Column& values = columns_[track.values];
    const bool irregular = track.variable.timing == RecordedVariable::Timing::irregular;
    if (track.rows == 0) {
      track.first_step = step;
    } else {
      const std::int64_t next = track.last_step + (irregular ? 1 : track.variable.stride_steps);
      if (irregular ? step < next : step != next) {
        throw DataError(fmt::format("recorded variable '{}': row {} is of step {}, expected {}{}",
                                    values.path, track.rows, step, irregular ? "at least " : "", next));
      }
    }
    const std::size_t needed = values.row_bytes() + (irregular ? sizeof step : 0);
    if (buffered_ + needed > options_.memory_budget / 2) seal();
    if (values.element == Element::f32)
      put_row<float>(values.pending, row);
    else
      put_row<double>(values.pending, row);
    if (irregular)
      put_row<std::int64_t>(columns_[track.steps].pending, std::span<const std::int64_t>(&step, 1));
    buffered_ += needed;
    track.last_step = step;
    ++track.rows;
  });
}

void Recording::append(VariableId variable, std::int64_t step, std::span<const float> row) {
  append_row(variable, step, row);
}
void Recording::append(VariableId variable, std::int64_t step, std::span<const double> row) {
  append_row(variable, step, row);
}

Path Recording::segment_path(std::size_t number) const {
  Path out = prefix_;
  out += fmt::format(".segment-{:04}.h5", number);
  return out;
}

std::vector<std::pair<std::size_t, std::string>> Recording::segments_on_disk() const {
  std::vector<std::pair<std::size_t, std::string>> out;
  const std::string start = prefix_.filename().string() + ".segment-";
  for (const std::string& name : list_directory(parent_of(prefix_))) {
    if (!name.starts_with(start) || !name.ends_with(".h5")) continue;
    std::size_t number = 0;
    const char* const first = name.data() + start.size();
    const char* const last = name.data() + name.size() - 3;
    const auto [stop, error] = std::from_chars(first, last, number);
    if (error == std::errc{} && stop == last) out.emplace_back(number, name);
  }
  return out;
}

void Recording::require_no_foreign_segments() {
  if (checked_directory_) return;
  make_directories(parent_of(prefix_));
  for (const auto& [number, name] : segments_on_disk()) {
    throw DataError(fmt::format("{}: holds a recording already ({}); resume it or choose another directory",
                                parent_of(prefix_).string(), name));
  }
  checked_directory_ = true;
}

void Recording::describe(hdf5::File& file) const {
  for (const auto& [name, value] : attributes_) file.set_attribute("/", name, value);
  file.set_attribute("/", "numerics_version", std::int64_t{kNumericsVersion});
  for (const Track& track : tracks_) {
    const RecordedVariable& v = track.variable;
    const std::string& path = columns_[track.values].path;
    file.set_attribute(path, "units", v.units);
    file.set_attribute(path, "description", v.description);
    file.set_attribute(path, "dt_ms", v.dt_ms);
    file.set_attribute(path, "stride", v.stride_steps);
    file.set_attribute(path, "first_step", track.first_step);
    if (!v.step.empty()) file.set_attribute(path, "step", v.step);
    if (v.timing == RecordedVariable::Timing::irregular) {
      const std::string& steps = columns_[track.steps].path;
      file.set_attribute(steps, "units", "1");
      file.set_attribute(steps, "description",
                         (v.step.empty() ? "simulation step" : v.step) + " of each row of " + path);
      file.set_attribute(steps, "dt_ms", v.dt_ms);
      if (!v.step.empty()) file.set_attribute(steps, "step", v.step);
    }
  }
}

void Recording::create_columns(hdf5::File& file, const std::vector<std::uint64_t>& rows,
                               std::vector<hdf5::Dataset>& out) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    out.push_back(file.create_dataset(
        columns_[i].path, {columns_[i].element, columns_[i].dims(rows[i]), false, options_.compression}));
  }
  describe(file);
}

namespace {
/// Re-opens what was written and compares it with what was sent: HDF5's word is not taken for it.
void verify(const Path& file_path, const std::vector<std::string>& paths,
            const std::vector<std::uint64_t>& sent) {
  hdf5::File file = hdf5::File::open(file_path);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::uint64_t found = hash_of(file.dataset(paths[i]));
    if (found != sent[i] || stored_hash(file, paths[i]) != hex(sent[i])) {
      throw IoError(fmt::format("{}: dataset '{}' reads back with XXH3 {}, but {} was written",
                                file_path.string(), paths[i], hex(found), hex(sent[i])));
    }
  }
  file.close();
}
}  // namespace

void Recording::seal() {
  require_no_foreign_segments();
  if (buffered_ == 0) return;
  const Path path = segment_path(segments_.size() + 1), temporary = temporary_name(path);
  std::vector<std::uint64_t> rows, sent;
  std::vector<std::string> paths;
  for (const Column& column : columns_) {
    rows.push_back(column.pending_rows());
    sent.push_back(xxh3(column.pending));
    paths.push_back(column.path);
  }
  std::uint64_t file_hash = 0;
  try {
    hdf5::File file = hdf5::File::create(temporary);
    std::vector<hdf5::Dataset> data;
    create_columns(file, rows, data);
    file.set_attribute("/", "segment", static_cast<std::int64_t>(segments_.size() + 1));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      data[i].write_rows(0, columns_[i].pending);
      file.set_attribute(columns_[i].path, "first_row", static_cast<std::int64_t>(columns_[i].sealed_rows));
      file.set_attribute(columns_[i].path, "xxh3", hex(sent[i]));
    }
    file.close();
    verify(temporary, paths, sent);
    file_hash = hash_file(temporary);
    rename_file(temporary, path);
  } catch (...) {
    try_remove_file(temporary);
    throw;
  }
  segments_.push_back({file_hash});
  for (Column& column : columns_) {
    column.sealed_rows += column.pending_rows();
    column.pending.clear();
  }
  buffered_ = 0;
}

/// The path of segment `index` (from 0), once its bytes are those that were sealed.
Path Recording::sound_segment(std::size_t index) const {
  Path path = segment_path(index + 1);
  if (!file_exists(path))
    throw DataError(fmt::format("{}: is missing; without it the recording is not whole", path.string()));
  const std::uint64_t found = hash_file(path);
  if (found != segments_[index].hash) {
    throw DataError(
        fmt::format("{}: is not the segment that was sealed, or is damaged (XXH3 {}, expected {})",
                    path.string(), hex(found), hex(segments_[index].hash)));
  }
  return path;
}

RecordingPosition Recording::position() {
  return guarded([&] {
    if (buffered_ > options_.carried) seal();
    RecordingPosition out{segments_, {}, {}};
    if (buffered_ > 0) {
      for (const Column& column : columns_) out.carried.push_back(column.pending);
    }
    for (const Track& track : tracks_)
      out.variables.push_back({columns_[track.values].path, track.rows, track.first_step, track.last_step});
    return out;
  });
}

void Recording::take_up(const std::vector<Bytes>& carried) {
  if (carried.empty()) return;
  if (carried.size() != columns_.size()) {
    throw DataError(fmt::format("{}: the checkpoint carries rows of {} datasets, this experiment records {}",
                                prefix_.string(), carried.size(), columns_.size()));
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (carried[i].size() % columns_[i].row_bytes() != 0)
      throw DataError(fmt::format("{}: the rows of '{}' that the checkpoint carries are of another width",
                                  prefix_.string(), columns_[i].path));
    columns_[i].pending = carried[i];
    buffered_ += carried[i].size();
  }
}

void Recording::resume(const RecordingPosition& position) {
  guarded([&] {
    APICAL_CHECK(buffered_ == 0 && segments_.empty());
    const std::string origin = prefix_.string();
    if (position.variables.size() != tracks_.size()) {
      throw DataError(fmt::format("{}: the recording has {} variables, this experiment records {}", origin,
                                  position.variables.size(), tracks_.size()));
    }
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
      const std::string& path = columns_[tracks_[i].values].path;
      if (position.variables[i].path != path) {
        throw DataError(fmt::format("{}: variable {} of the recording is '{}', this experiment records '{}'",
                                    origin, i + 1, position.variables[i].path, path));
      }
    }
    make_directories(parent_of(prefix_));
    std::vector<std::uint64_t> rows(columns_.size(), 0);
    segments_ = position.segments;
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      const Path path = sound_segment(s);
      hdf5::File file = hdf5::File::open(path);
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const hdf5::Dataset data = file.dataset(columns_[i].path);
        if (data.element() != columns_[i].element || data.dims() != columns_[i].dims(data.rows())) {
          throw DataError(fmt::format("{}: '{}' is of another type or width than this experiment records",
                                      path.string(), columns_[i].path));
        }
        rows[i] += data.rows();
      }
      file.close();
    }
    take_up(position.carried);
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
      Track& track = tracks_[i];
      const RecordingPosition::Progress& stored = position.variables[i];
      if (rows[track.values] + columns_[track.values].pending_rows() != stored.rows) {
        throw DataError(fmt::format(
            "{}: the segments hold {} rows of '{}' and the checkpoint {}, which counts {}", origin,
            rows[track.values], stored.path, columns_[track.values].pending_rows(), stored.rows));
      }
      track.rows = stored.rows;
      track.first_step = stored.first_step;
      track.last_step = stored.last_step;
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].sealed_rows = rows[i];
    for (const auto& [number, name] : segments_on_disk()) {
      if (number == 0 || number > position.segments.size()) remove_file(parent_of(prefix_) / name);
    }
    checked_directory_ = true;
  });
}

Path Recording::finish() {
  return guarded([&] {
    seal();
    Path path = prefix_;
    path += ".h5";
    const Path temporary = temporary_name(path);
    std::vector<std::uint64_t> rows, sent;
    std::vector<std::string> paths;
    for (const Column& column : columns_) {
      rows.push_back(column.sealed_rows);
      paths.push_back(column.path);
    }
    try {
      hdf5::File merged = hdf5::File::create(temporary);
      std::vector<hdf5::Dataset> data;
      create_columns(merged, rows, data);
      std::vector<std::uint64_t> next(columns_.size(), 0);
      std::vector<RunningHash> hashes(columns_.size());
      for (std::size_t s = 0; s < segments_.size(); ++s) {
        hdf5::File segment = hdf5::File::open(sound_segment(s));
        for (std::size_t i = 0; i < columns_.size(); ++i) {
          const hdf5::Dataset part = segment.dataset(paths[i]);
          for_each_block(part, [&](std::uint64_t first, std::span<const std::byte> bytes) {
            data[i].write_rows(next[i] + first, bytes);
            hashes[i].add(bytes);
          });
          next[i] += part.rows();
        }
        segment.close();
      }
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        sent.push_back(hashes[i].value());
        merged.set_attribute(paths[i], "xxh3", hex(sent[i]));
      }
      merged.close();
      verify(temporary, paths, sent);
      rename_file(temporary, path);
    } catch (...) {
      try_remove_file(temporary);
      throw;
    }
    return path;
  });
}

void Recording::remove_segments() {
  guarded([&] {
    for (const auto& [number, name] : segments_on_disk()) remove_file(parent_of(prefix_) / name);
    segments_.clear();
  });
  // What follows would begin a second recording in the place of this one.
  fault_ = std::make_exception_ptr(
      DataError(fmt::format("{}: the recording is complete and its segments are removed", prefix_.string())));
}

namespace {
/// Of datasets without a checksum nothing can be said.
std::string changed_below(const hdf5::File& file, const std::string& group) {
  for (const std::string& name : file.names(group)) {
    std::string path = group == "/" ? name : fmt::format("{}/{}", group, name);
    if (file.is_group(path)) {
      if (std::string found = changed_below(file, path); !found.empty()) return found;
      continue;
    }
    std::string stored;
    try {
      stored = stored_hash(file, path);
    } catch (const DataError&) {
      continue;
    }
    if (!stored.empty() && hex(hash_of(file.dataset(path))) != stored) return path;
  }
  return {};
}
}  // namespace

std::string changed_dataset(const Path& path) { return changed_below(hdf5::File::open(path), "/"); }

}  // namespace apical::io
