// SPDX-License-Identifier: Apache-2.0
// Disks for tests: one that fails at operation k, one that loses power. Both deterministic.
// After Pillai et al. 2014 (OSDI) and SQLite's test VFS: every operation is a place to fail.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apical/io/file.h"

namespace apical::io {

/// The machine's files, but operation `fail_at` (counted from 1; 0 never) answers `error`, and so do all
/// later ones if `persistent`. Walk fail_at = 1, 2, 3, … until fired() stays false.
class FaultyDisk : public FileSystem {
 public:
  struct Plan {
    std::uint64_t fail_at = 0;
    int error = 5;  ///< an errno; 5 is EIO
    bool persistent = false;
    bool short_transfers = false;  ///< every read and write moves at most 7 bytes
    bool only_writes = false;      ///< count only what changes the disk
  };
  explicit FaultyDisk(Plan plan) : plan_(plan) {}
  bool fired() const noexcept { return fired_; }
  std::uint64_t operations() const noexcept { return count_; }
  const std::string& failed_operation() const noexcept { return failed_operation_; }

  std::int64_t open(const Path& path, Mode mode) override;
  std::int64_t close(int descriptor) override;
  std::int64_t read_at(int descriptor, std::span<std::byte> into, std::uint64_t offset) override;
  std::int64_t write_at(int descriptor, std::span<const std::byte> from, std::uint64_t offset) override;
  std::int64_t truncate(int descriptor, std::uint64_t size) override;
  std::int64_t sync(int descriptor) override;
  std::int64_t size(int descriptor) override;
  std::int64_t rename(const Path& from, const Path& to) override;
  std::int64_t rename_new(const Path& from, const Path& to) override;
  std::int64_t remove(const Path& path) override;
  std::int64_t make_directory(const Path& path) override;
  std::int64_t sync_directory(const Path& path) override;
  std::int64_t list(const Path& directory, std::vector<std::string>& names) override;
  std::int64_t kind(const Path& path) override;

 private:
  /// 0, or -errno if this is the operation to fail.
  std::int64_t step(const char* operation, bool changes_disk);
  Plan plan_;
  std::uint64_t count_ = 0;
  bool fired_ = false;
  std::string failed_operation_;
};

/// Thrown by a PowerLossDisk at the chosen operation. Not an Error: nothing may handle it.
struct PowerCut {};

/// A disk in memory that remembers what was synced. At operation `cut_at` the power goes; after_power_loss()
/// is then what a reboot may find. A file's writes since its last sync, and a directory's changes since its
/// last sync, are each kept, dropped or (for data) turned to garbage, independently of each other.
class PowerLossDisk : public FileSystem {
 public:
  enum class Outcome { drop_all, keep_all, garbage, mixed };
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  explicit PowerLossDisk(std::uint64_t cut_at = kNever) : cut_at_(cut_at) {}
  std::uint64_t operations() const noexcept { return count_; }
  /// From here on, `cut_at` counts from 1 again.
  void cut_power_at(std::uint64_t operation);
  /// `seed` decides in the mixed outcome.
  PowerLossDisk after_power_loss(Outcome outcome, std::uint64_t seed = 0) const;

  std::int64_t open(const Path& path, Mode mode) override;
  std::int64_t close(int descriptor) override;
  std::int64_t read_at(int descriptor, std::span<std::byte> into, std::uint64_t offset) override;
  std::int64_t write_at(int descriptor, std::span<const std::byte> from, std::uint64_t offset) override;
  std::int64_t truncate(int descriptor, std::uint64_t size) override;
  std::int64_t sync(int descriptor) override;
  std::int64_t size(int descriptor) override;
  std::int64_t rename(const Path& from, const Path& to) override;
  std::int64_t rename_new(const Path& from, const Path& to) override;
  std::int64_t remove(const Path& path) override;
  std::int64_t make_directory(const Path& path) override;
  std::int64_t sync_directory(const Path& path) override;
  std::int64_t list(const Path& directory, std::vector<std::string>& names) override;
  std::int64_t kind(const Path& path) override;

 private:
  struct Write {
    std::uint64_t offset;
    Bytes bytes;
    bool truncates;
  };
  struct Node {
    Bytes now, synced;
    std::vector<Write> since_sync;
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  struct NameChange {  ///< names set (or, where null, removed) together, as one rename does
    std::string directory;
    Names names;
  };
  void operation();
  void change(const Path& path, Names names);
  Node& node(int descriptor) { return *open_.at(static_cast<std::size_t>(descriptor)); }
  static void apply(Bytes& content, const Write& write);

  Names now_, synced_;                       ///< by full path
  std::vector<NameChange> since_sync_;       ///< of names
  std::map<std::string, bool> directories_;  ///< made; value: its own name is synced
  std::vector<std::shared_ptr<Node>> open_;
  std::uint64_t cut_at_, count_ = 0;
  bool dead_ = false;
};

}  // namespace apical::io
