// SPDX-License-Identifier: Apache-2.0
#include "apical/io/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <concepts>
#include <deque>
#include <functional>

#include "apical/core/build_info.h"
#include "apical/io/hash.h"

namespace apical::io {

namespace {
constexpr std::string_view kMagic = "APICALCK", kEndMagic = "APICALND";
constexpr std::string_view kPrefix = "checkpoint-", kSuffix = ".apc", kDamaged = ".damaged";
constexpr std::size_t kHeaderSize = 8 + 2 * 4 + 3 * 8 + 8;
constexpr std::size_t kFooterSize = 8 + 8 + 8;
constexpr std::size_t kSectionHeader = 3 * 8;

template <std::unsigned_integral T>
void put(Bytes& out, T value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void put(Bytes& out, std::span<const std::byte> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

struct Cursor {
  std::span<const std::byte> bytes;
  std::size_t at = 0;
  std::size_t left() const { return bytes.size() - at; }
  template <class T>
  T get() {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    at += sizeof value;
    return value;
  }
  std::span<const std::byte> take(std::size_t n) {
    at += n;
    return bytes.subspan(at - n, n);
  }
};

bool is(std::span<const std::byte> bytes, std::string_view text) {
  return std::equal(bytes.begin(), bytes.end(), bytes_of(text).begin(), bytes_of(text).end());
}
}  // namespace

const Bytes& Checkpoint::section(std::string_view name) const {
  std::vector<std::string> names;
  for (const CheckpointSection& s : sections) {
    if (s.name == name) return s.state;
    names.push_back(s.name);
  }
  throw DataError(
      fmt::format("checkpoint {} has no section '{}'; {}", sequence, name, suggestion(name, names)));
}

namespace {

/// A checkpoint's file in pieces: what stands between the states, and the states where they are.
class Pieces {
 public:
  explicit Pieces(const Checkpoint& checkpoint) {
    Bytes header;
    put(header, bytes_of(kMagic));
    put(header, kCheckpointFormat);
    put(header, static_cast<std::uint32_t>(kNumericsVersion));
    put(header, checkpoint.sequence);
    put(header, checkpoint.experiment);
    put(header, static_cast<std::uint64_t>(checkpoint.sections.size()));
    put(header, xxh3(header));
    add(std::move(header));
    for (const CheckpointSection& section : checkpoint.sections) {
      Bytes before;
      put(before, static_cast<std::uint64_t>(section.name.size()));
      put(before, static_cast<std::uint64_t>(section.state.size()));
      put(before, xxh3(section.state));
      put(before, bytes_of(section.name));
      add(std::move(before));
      add(std::span(section.state));
    }
    Bytes total;
    put(total, size_ + kFooterSize);
    add(std::move(total));
    Bytes end;
    put(end, hash_.value());
    put(end, bytes_of(kEndMagic));
    add(std::move(end));
  }
  std::span<const std::span<const std::byte>> all() const { return all_; }
  std::uint64_t size() const { return size_; }

 private:
  void add(std::span<const std::byte> piece) {
    all_.push_back(piece);
    hash_.add(piece);
    size_ += piece.size();
  }
  void add(Bytes piece) { add(std::span<const std::byte>(own_.emplace_back(std::move(piece)))); }

  std::deque<Bytes> own_;
  std::vector<std::span<const std::byte>> all_;
  RunningHash hash_;
  std::uint64_t size_ = 0;
};

/// Where a checkpoint is read from: memory or a file.
using ReadAt = std::function<void(std::uint64_t at, std::span<std::byte> into)>;

Checkpoint decode(const ReadAt& read_at, std::uint64_t size, std::uint64_t experiment,
                  const std::string& origin) {
  const auto fail = [&](CheckpointError::Kind kind, const std::string& what) {
    return CheckpointError(kind, origin + ": " + what);
  };
  const auto damaged = [&](const std::string& what) { return fail(CheckpointError::Kind::damaged, what); };
  const auto foreign = [&](const std::string& what) { return fail(CheckpointError::Kind::foreign, what); };
  RunningHash whole;
  std::uint64_t at = 0;
  const auto take = [&](std::size_t n) {
    Bytes piece(n);
    read_at(at, piece);
    whole.add(piece);
    at += n;
    return piece;
  };

  if (size < kHeaderSize)
    throw damaged(fmt::format("is cut short: {} bytes, a checkpoint's header has {}", size, kHeaderSize));
  const Bytes header = take(kHeaderSize);
  Cursor in{header};
  if (!is(in.take(kMagic.size()), kMagic)) throw damaged("does not begin as a checkpoint of Apical does");
  const auto format = in.get<std::uint32_t>(), numerics = in.get<std::uint32_t>();
  Checkpoint out;
  out.sequence = in.get<std::uint64_t>();
  out.experiment = in.get<std::uint64_t>();
  const auto section_count = in.get<std::uint64_t>();
  if (xxh3(std::span(header).first(kHeaderSize - 8)) != in.get<std::uint64_t>())
    throw damaged("the header's checksum does not fit");
  if (format != kCheckpointFormat) {
    throw foreign(
        fmt::format("is of checkpoint format {}, this program reads format {}", format, kCheckpointFormat));
  }

  if (size < kHeaderSize + kFooterSize) throw damaged(fmt::format("is cut short after {} bytes", size));
  const std::uint64_t end = size - kFooterSize;
  Bytes footer(kFooterSize);
  read_at(end, footer);
  Cursor last{footer};
  const auto total = last.get<std::uint64_t>(), whole_hash = last.get<std::uint64_t>();
  if (!is(last.take(kEndMagic.size()), kEndMagic) || total != size)
    throw damaged(fmt::format("is cut short or overlong: it has {} bytes and no end mark that fits", size));
  for (std::uint64_t i = 0; i < section_count; ++i) {
    if (at > end || end - at < kSectionHeader)
      throw damaged(fmt::format("section {} of {} is missing", i + 1, section_count));
    const Bytes before = take(kSectionHeader);
    Cursor lengths{before};
    const auto name_length = lengths.get<std::uint64_t>(), length = lengths.get<std::uint64_t>(),
               hash = lengths.get<std::uint64_t>();
    const std::uint64_t left = end - at;
    if (name_length > left || length > left - name_length)
      throw damaged(fmt::format("section {} of {} is cut short", i + 1, section_count));
    const Bytes name = take(name_length);
    CheckpointSection section{{reinterpret_cast<const char*>(name.data()), name.size()}, take(length)};
    if (xxh3(section.state) != hash)
      throw damaged(fmt::format("the checksum of section '{}' does not fit", section.name));
    out.sections.push_back(std::move(section));
  }
  whole.add(std::span(footer).first(sizeof total));
  if (at != end || whole.value() != whole_hash) throw damaged("the checksum of the whole does not fit");

  // Last, so that what a damaged file says about itself is never believed.
  if (numerics != static_cast<std::uint32_t>(kNumericsVersion)) {
    throw foreign(fmt::format(
        "was written with numerics version {}, this program computes with {}: continuing would mix the two",
        numerics, kNumericsVersion));
  }
  if (out.experiment != experiment) {
    throw fail(CheckpointError::Kind::of_another,

               fmt::format("belongs to another experiment: its resolved text has XXH3 {}, this one's has {}",
                           hex(out.experiment), hex(experiment)));
  }
  return out;
}

}  // namespace

Bytes encode(const Checkpoint& checkpoint) {
  const Pieces pieces(checkpoint);
  Bytes out;
  out.reserve(pieces.size());
  for (const std::span<const std::byte> piece : pieces.all()) put(out, piece);
  return out;
}

void write_checkpoint_file(const Path& path, const Checkpoint& checkpoint) {
  write_atomically(path, Pieces(checkpoint).all());
}

Checkpoint decode_checkpoint(std::span<const std::byte> bytes, std::uint64_t experiment,
                             const std::string& origin) {
  const ReadAt read_at = [&](std::uint64_t at, std::span<std::byte> into) {
    const std::span<const std::byte> piece = bytes.subspan(at, into.size());
    std::copy(piece.begin(), piece.end(), into.begin());
  };
  return decode(read_at, bytes.size(), experiment, origin);
}

Checkpoint read_checkpoint_file(const Path& path, std::uint64_t experiment) {
  File file(path, FileSystem::Mode::read);
  const ReadAt read_at = [&](std::uint64_t at, std::span<std::byte> into) {
    if (file.read_at(into, at) == into.size()) return;
    throw CheckpointError(CheckpointError::Kind::damaged, path.string() + ": was cut while it was read");
  };
  Checkpoint out = decode(read_at, file.size(), experiment, path.string());
  file.close();
  return out;
}

std::string checkpoint_name(std::uint64_t sequence) {
  return fmt::format("{}{:012}{}", kPrefix, sequence, kSuffix);
}

std::vector<std::uint64_t> list_checkpoints(const Path& directory) {
  std::vector<std::uint64_t> sequences;
  if (!file_exists(directory)) return sequences;
  for (const std::string& name : list_directory(directory)) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) ||
        name.size() <= kPrefix.size() + kSuffix.size())
      continue;
    std::uint64_t sequence = 0;
    const char* const first = name.data() + kPrefix.size();
    const char* const last = name.data() + name.size() - kSuffix.size();
    const auto [stop, error] = std::from_chars(first, last, sequence);
    if (error == std::errc{} && stop == last && checkpoint_name(sequence) == name)
      sequences.push_back(sequence);
  }
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

Path write_checkpoint(const Path& directory, const Checkpoint& checkpoint, KeepPolicy keep) {
  APICAL_CHECK(keep.newest >= 1);
  make_directories(directory);
  Path path = directory / checkpoint_name(checkpoint.sequence);
  write_checkpoint_file(path, checkpoint);
  const std::vector<std::uint64_t> sequences = list_checkpoints(directory);
  for (std::size_t i = 0; i + keep.newest < sequences.size(); ++i) {
    const bool wanted =
        (keep.every > 0 && sequences[i] % keep.every == 0) || sequences[i] == checkpoint.sequence;
    if (!wanted) remove_file(directory / checkpoint_name(sequences[i]));
  }
  return path;
}

Path name_aside(const Path& damaged) {
  Path aside = damaged;
  aside += kDamaged;
  for (int k = 2; file_exists(aside); ++k) {
    aside = damaged;
    aside += fmt::format("{}-{}", kDamaged, k);
  }
  return aside;
}

FoundCheckpoint newest_valid_checkpoint(const Path& directory, std::uint64_t experiment) {
  FoundCheckpoint out;
  const std::vector<std::uint64_t> sequences = list_checkpoints(directory);
  for (auto sequence = sequences.rbegin(); sequence != sequences.rend(); ++sequence) {
    const Path path = directory / checkpoint_name(*sequence);
    std::string reason;
    try {
      out.checkpoint = read_checkpoint_file(path, experiment);
      if (out.checkpoint->sequence != *sequence) {
        reason = fmt::format("{}: holds checkpoint {}", path.string(), out.checkpoint->sequence);
        out.checkpoint.reset();
      }
    } catch (const CheckpointError& e) {
      if (e.kind() != CheckpointError::Kind::damaged) throw;
      reason = e.what();
    } catch (const FileError& e) {
      if (e.code() != EIO) throw;  // no permission, no memory: not this file's fault
      reason = e.what();
    }
    if (out.checkpoint) {
      out.file = path;
      return out;
    }
    const Path aside = name_aside(path);
    rename_file(path, aside);
    out.set_aside.push_back({aside, reason});
  }
  // Without a valid one those of earlier attempts count as well: a run that had some does not begin again.
  if (file_exists(directory)) {
    for (const std::string& name : list_directory(directory)) {
      const auto known = [&](const SetAside& s) { return s.file.filename() == name; };
      const bool damaged = name.starts_with(kPrefix) && name.ends_with(kDamaged);
      if (damaged && std::none_of(out.set_aside.begin(), out.set_aside.end(), known))
        out.set_aside.push_back({directory / name, "was set aside before"});
    }
  }
  return out;
}

}  // namespace apical::io
