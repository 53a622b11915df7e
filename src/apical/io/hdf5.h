// SPDX-License-Identifier: Apache-2.0
// HDF5 files as values: every call checked, the error stack turned into an IoError, attributes and datasets
// by path. All bytes pass the file layer (file.h). After a failure every later call on that file throws the
// same failure. HDF5 1.10 itself may crash or never return on damaged metadata (seen with single flipped
// bits): compare hash_file() with a hash kept elsewhere before opening a file that must not be trusted, as
// recordings do.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apical/io/archive.h"
#include "apical/io/file.h"

namespace apical::io::hdf5 {

enum class Compression {
  none,
  deflate,  ///< byte shuffle, then deflate 1: for spikes and voltages; weights do not shrink
};

/// Row-major; the first dimension is time wherever there is time.
struct DatasetShape {
  Element element = Element::f32;
  std::vector<std::uint64_t> dims;
  bool extendible = false;  ///< in the first dimension
  Compression compression = Compression::none;
};

/// An enumeration whose values count from 0, and the one that holds.
struct NamedChoice {
  std::vector<std::string> names;
  std::uint8_t value = 0;
  bool operator==(const NamedChoice&) const = default;
};
/// Choices and lists are for formats of others that ask for them: attribute() does not read them back.
using AttributeValue =
    std::variant<std::string, double, std::int64_t, std::uint32_t, std::vector<std::uint32_t>, NamedChoice>;

namespace detail {
struct FileState;
}

class Dataset {
 public:
  Element element() const noexcept { return element_; }
  const std::vector<std::uint64_t>& dims() const noexcept { return dims_; }
  std::uint64_t rows() const noexcept { return dims_.front(); }
  std::size_t row_bytes() const noexcept;
  /// `bytes` are whole rows; those past the end need an extendible dataset.
  void write_rows(std::uint64_t first, std::span<const std::byte> bytes);
  void append_rows(std::span<const std::byte> bytes) { write_rows(rows(), bytes); }
  void read_rows(std::uint64_t first, std::span<std::byte> into) const;
  /// Everything, as T; DataError if the elements are of another type.
  template <Scalar T>
  std::vector<T> read() const {
    require(element_of<T>());
    std::vector<T> out(row_bytes() * rows() / sizeof(T));
    read_rows(0, std::as_writable_bytes(std::span(out)));
    return out;
  }

 private:
  friend class File;
  Dataset() = default;
  void require(Element element) const;
  void transfer(bool writes, std::uint64_t first, std::uint64_t count, void* data) const;
  std::shared_ptr<detail::FileState> state_;
  std::string path_;
  std::int64_t id_ = -1;  ///< closed with the file
  Element element_ = Element::none;
  std::vector<std::uint64_t> dims_;
  bool extendible_ = false;
};

class File {
 public:
  /// A new file. Write under a temporary_name(), close, re-open and verify, then rename: HDF5 files are not
  /// atomic.
  static File create(const Path& path);
  /// For reading. A file that is not HDF5, cut short or damaged inside is a DataError; one that cannot be
  /// read an IoError.
  static File open(const Path& path);
  ~File();
  File(File&&) noexcept = default;
  File& operator=(File&&) = delete;

  /// Writes out, syncs and closes, together with its datasets. The destructor closes in silence.
  void close();

  void create_group(const std::string& path);  ///< with its parents; there already is fine
  Dataset create_dataset(const std::string& path, const DatasetShape& shape);  ///< with its groups
  /// DataError with the nearest name if there is none.
  Dataset dataset(const std::string& path) const;
  bool contains(const std::string& path) const;
  bool is_group(const std::string& path) const;  ///< of what is there
  /// Names directly below a group, sorted.
  std::vector<std::string> names(const std::string& group = "/") const;

  /// Of the group or dataset at `path`; replaces one of that name. Strings are UTF-8.
  void set_attribute(const std::string& path, const std::string& name, const AttributeValue& value);
  /// DataError if absent or of a kind other than string, floating point or integer scalar.
  bool has_attribute(const std::string& path, const std::string& name) const;
  AttributeValue attribute(const std::string& path, const std::string& name) const;

 private:
  explicit File(std::shared_ptr<detail::FileState> state) : state_(std::move(state)) {}
  std::shared_ptr<detail::FileState> state_;
};

}  // namespace apical::io::hdf5
