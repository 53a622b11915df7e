// SPDX-License-Identifier: Apache-2.0
// Streams variables of a run to disk within a fixed memory budget. Rows gather in memory; when the budget is
// reached, or a checkpoint asks for a position, they are sealed as "<prefix>.segment-0001.h5": written under
// a temporary name, synced, re-opened, every dataset's XXH3 compared with what was sent, and only then
// renamed. finish() merges the segments into "<prefix>.h5" in the same way. Any failure poisons the
// recording: every later call throws it again.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "apical/io/hash.h"
#include "apical/io/hdf5.h"

namespace apical::io {

/// What is recorded, as dataset "<group>/<name>" of shape [time, width].
struct RecordedVariable {
  enum class Timing {
    regular,    ///< row r is of step first_step + r * stride_steps: an attribute says it all
    irregular,  ///< steps rise in any way: dataset "<name>_steps" (int64, [time]) holds them
  };
  std::string group;  ///< "area/population" or "area/projection"
  std::string name;
  std::string units;  ///< "mV", "Hz", "1"
  std::string description;
  std::uint64_t width = 1;
  std::int64_t stride_steps = 1;
  double dt_ms = 0;                ///< of one step
  Element element = Element::f32;  ///< f32 or f64; samples of the other precision are converted
  Timing timing = Timing::regular;
  std::string step = {};  ///< what a step is where it is none in time, "batch"; dt_ms means nothing then
};

/// Where a recording stood: everything before it is sealed on disk, or among the rows that it carries.
struct RecordingPosition {
  struct Segment {
    std::uint64_t hash = 0;  ///< hash_file(): compared before HDF5 is let near the file
    bool operator==(const Segment&) const = default;
    template <class Archive>
    void visit_state(Archive& a) {
      a("hash", hash);
    }
  };
  struct Progress {
    std::string path;
    std::uint64_t rows = 0;
    std::int64_t first_step = 0, last_step = 0;
    bool operator==(const Progress&) const = default;
    template <class Archive>
    void visit_state(Archive& a) {
      a("path", path);
      a("rows", rows);
      a("first_step", first_step);
      a("last_step", last_step);
    }
  };
  std::vector<Segment> segments;
  std::vector<Progress> variables;
  /// Of each dataset the rows that are not sealed yet; empty if all are. Kept apart from the rest
  /// (CarriedRows), which positions without them have, too.
  std::vector<Bytes> carried = {};
  bool operator==(const RecordingPosition&) const = default;
  template <class Archive>
  void visit_state(Archive& a) {
    a.resized("segments", segments);
    a.resized("variables", variables);
  }
};

/// What a position carries, for an archive.
struct CarriedRows {
  std::vector<Bytes> columns;
  template <class Archive>
  void visit_state(Archive& a) {
    a.resized("columns", columns);
  }
};

struct VariableId {
  std::uint32_t value = 0;
};

class Recording {
 public:
  using Attributes = std::vector<std::pair<std::string, hdf5::AttributeValue>>;
  struct Options {
    std::size_t memory_budget = std::size_t{64} << 20;  ///< bytes for rows not yet sealed
    hdf5::Compression compression = hdf5::Compression::none;
    /// Bytes that a position carries at most; with more of them the rows are sealed. A file for every
    /// checkpoint would be many small ones.
    std::size_t carried = 0;
  };

  /// `prefix` is e.g. "run/results"; its directory is made. `attributes` go to the root of every file
  /// (version, seed, …).
  Recording(Path prefix, Attributes attributes);
  Recording(Path prefix, Attributes attributes, Options options);

  /// All variables are added before the first append or resume(). ConfigError for a name used twice, a width
  /// of 0, a stride below 1, or one row of everything not fitting the budget.
  VariableId add_variable(RecordedVariable variable);

  /// One row. Regular variables expect exactly the next step of their stride, irregular ones a later step.
  void append(VariableId variable, std::int64_t step, std::span<const float> row);
  void append(VariableId variable, std::int64_t step, std::span<const double> row);

  /// For a checkpoint: seals what is buffered, unless it is little enough to be carried.
  RecordingPosition position();
  /// Continues after `position`, with the same variables added as then: segments written later are removed.
  /// DataError if the variables differ or a segment is missing or not the one that was sealed.
  void resume(const RecordingPosition& position);

  /// Seals, merges and returns "<prefix>.h5". The segments stay: a run that is extended later needs them.
  Path finish();
  /// Once the run is recorded as complete. Nothing can be recorded afterwards.
  void remove_segments();

  std::size_t buffered_bytes() const noexcept { return buffered_; }
  std::size_t segment_count() const noexcept { return segments_.size(); }

 private:
  struct Column {
    std::string path;
    Element element = Element::f32;
    std::uint64_t width = 1;  ///< 0 for a dataset of one dimension
    Bytes pending;
    std::uint64_t sealed_rows = 0;
    std::size_t row_bytes() const { return (width == 0 ? 1 : width) * size_of(element); }
    std::uint64_t pending_rows() const { return pending.size() / row_bytes(); }
    std::vector<std::uint64_t> dims(std::uint64_t rows) const;
  };
  struct Track {
    RecordedVariable variable;
    std::size_t values = 0, steps = 0;  ///< columns; steps only if irregular
    std::uint64_t rows = 0;
    std::int64_t first_step = 0, last_step = 0;
  };
  template <class F>
  auto guarded(F&& action);
  template <class T>
  void append_row(VariableId variable, std::int64_t step, std::span<const T> row);
  void seal();
  Path segment_path(std::size_t number) const;
  void create_columns(hdf5::File& file, const std::vector<std::uint64_t>& rows,
                      std::vector<hdf5::Dataset>& out) const;
  void describe(hdf5::File& file) const;
  void require_no_foreign_segments();
  void take_up(const std::vector<Bytes>& carried);
  Path sound_segment(std::size_t index) const;
  std::vector<std::pair<std::size_t, std::string>> segments_on_disk() const;

  Path prefix_;
  Attributes attributes_;
  Options options_;
  std::vector<Column> columns_;
  std::vector<Track> tracks_;
  std::vector<RecordingPosition::Segment> segments_;
  std::size_t buffered_ = 0;
  bool checked_directory_ = false;
  std::exception_ptr fault_;
};

/// The first dataset of a file, sealed or finished, whose values are not those that were written; empty if
/// all are. DataError if HDF5 cannot read it.
std::string changed_dataset(const Path& file);

}  // namespace apical::io
