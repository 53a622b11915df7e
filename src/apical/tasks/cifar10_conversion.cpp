// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cifar10_conversion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "apical/core/random.h"
#include "apical/io/digest.h"
#include "apical/io/directory.h"
#include "apical/io/packed_files.h"
#include "apical/io/picture.h"
#include "apical/tasks/cifar10.h"
#include "apical/tasks/data_receipt.h"
#include "apical/tasks/picture_tree.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSide = 32;
constexpr std::size_t kLargestPicture = std::size_t{1}
                                        << 20;  // the originals take 3 kB without any compression
constexpr std::size_t kBatches = 5;
constexpr std::array<const char*, 2> kParts{"train", "test"};

/// Pictures become records as they come, and wait on the disk until their order is known: no more than a few
/// hundred of them are in memory.
class Gathering {
 public:
  /// Records wait in `folder`, in a file without a name.
  Gathering(const fs::path& from, const fs::path& folder, const CifarConversion& how, ThreadPool& pool)
      : from_(from), folder_(folder), expected_{how.train_per_class, how.test_per_class}, pool_(pool) {}

  void take(std::size_t part, std::size_t label, const std::string& file, io::Bytes content) {
    const std::string& name = cifar10_classes()[label];
    if (!names_[part].emplace(name + "/" + file, taken_++).second) {
      throw DataError(fmt::format("{}: {}/{}/{} is there twice", from_.string(), kParts[part], name, file));
    }
    if (++counts_[part][label] > expected_[part]) {
      throw DataError(fmt::format("{}: more than {} pictures in {}/{}, which CIFAR-10 has", from_.string(),
                                  expected_[part], kParts[part], name));
    }
    waiting_.push_back({part, label, fmt::format("{}: {}/{}/{}", from_.string(), kParts[part], name, file),
                        std::move(content)});
    if (waiting_.size() == kTogether) decode();
  }

  /// Once there are no more.
  void finish(const LeftOut& left_out) {
    decode();
    for (std::size_t part = 0; part < kParts.size(); ++part) {
      for (std::size_t label = 0; label < cifar10_classes().size(); ++label) {
        if (counts_[part][label] == expected_[part]) continue;
        const std::string out = left_out.summary();
        throw DataError(fmt::format("{}: {} pictures in {}/{}, expected {} as in CIFAR-10{}", from_.string(),
                                    counts_[part][label], kParts[part], cifar10_classes()[label],
                                    expected_[part], out.empty() ? "" : "\n  left out: " + out));
      }
    }
  }

  std::size_t pictures(std::size_t part) const { return names_[part].size(); }
  bool from_jpeg() const { return from_jpeg_; }

  /// Records [first, last) of a part in an order that depends on names and `seed` only.
  io::Bytes records(std::size_t part, std::uint64_t seed, std::size_t first, std::size_t last) const {
    std::vector<std::uint64_t> sorted;
    sorted.reserve(names_[part].size());
    for (const auto& [name, at] : names_[part]) sorted.push_back(at);
    const std::vector<std::uint32_t> place =
        permutation({seed, Stream::sample_order, 0x10 + static_cast<std::uint32_t>(part), 0}, sorted.size());
    io::Bytes out((last - first) * kCifarRecord);
    for (std::size_t i = first; i < last; ++i) {
      const auto record = std::span(out).subspan((i - first) * kCifarRecord, kCifarRecord);
      if (waiting_room_->read_at(record, sorted[place[i]] * kCifarRecord) < kCifarRecord)
        throw IoError(fmt::format("{}: what was written there is gone", waiting_room_->path().string()));
    }
    return out;
  }

 private:
  struct Waiting {
    std::size_t part, label;
    std::string name;
    io::Bytes content;
  };
  static constexpr std::size_t kTogether = 512;

  void decode() {
    if (waiting_.empty()) return;
    io::Bytes records(waiting_.size() * kCifarRecord);
    constexpr std::size_t kPiece = 32;
    pool_.run((waiting_.size() + kPiece - 1) / kPiece, [&](std::size_t piece) {
      for (std::size_t i = piece * kPiece; i < std::min((piece + 1) * kPiece, waiting_.size()); ++i)
        write_record(waiting_[i], std::span(records).subspan(i * kCifarRecord, kCifarRecord));
    });
    if (!waiting_room_) open_waiting_room();
    waiting_room_->write_at(records, written_ * kCifarRecord);
    written_ += waiting_.size();
    for (const Waiting& w : waiting_)
      from_jpeg_ = from_jpeg_ || io::format_of(w.content) == io::PictureFormat::jpeg;
    waiting_.clear();
  }

  /// Whatever ends this process, nothing is left of it.
  void open_waiting_room() {
    io::make_directories(folder_);
    waiting_room_.emplace(io::temporary_name(folder_ / "records"), io::FileSystem::Mode::create_new);
    io::remove_file(waiting_room_->path());
  }

  /// One label byte, then the red, green and blue plane.
  static void write_record(const Waiting& w, std::span<std::byte> record) {
    const io::PictureSize size = io::picture_size(w.content, w.name);  // before memory is asked for
    if (size != io::PictureSize{kSide, kSide}) {
      throw DataError(
          fmt::format("{}: {} x {} pixels, expected {} x {}", w.name, size.rows, size.cols, kSide, kSide));
    }
    const io::Picture picture = io::decode_picture(w.content, w.name);
    record[0] = static_cast<std::byte>(w.label);
    for (std::size_t i = 0; i < kSide * kSide; ++i) {
      for (std::size_t c = 0; c < 3; ++c)
        record[1 + c * kSide * kSide + i] = static_cast<std::byte>(picture.rgb[3 * i + c]);
    }
  }

  const fs::path &from_, &folder_;
  std::array<std::size_t, 2> expected_;
  ThreadPool& pool_;
  std::array<std::array<std::size_t, 10>, 2> counts_{};
  std::array<std::map<std::string, std::uint64_t>, 2> names_;  ///< "cat/0001.jpg" → which record
  std::uint64_t taken_ = 0, written_ = 0;
  std::vector<Waiting> waiting_;
  std::optional<io::File> waiting_room_;
  bool from_jpeg_ = false;
};

std::size_t label_of(const std::string& name, const std::string& where) {
  const auto& classes = cifar10_classes();
  const auto at = std::find(classes.begin(), classes.end(), name);
  if (at != classes.end()) return static_cast<std::size_t>(at - classes.begin());
  throw DataError(
      fmt::format("{}: '{}' is no class of CIFAR-10\n  {}", where, name, suggestion(name, classes)));
}

/// A file of an archive by where it lies: ".../train/cat/0001.jpg".
struct Place {
  std::size_t part;
  std::string name, file;
};

/// Nothing, and the reason, if it is no picture of a part.
std::optional<Place> place_of(const fs::path& path, std::string& reason) {
  std::vector<std::string> steps;
  for (const fs::path& step : path) {
    if (step == "." || step.empty()) continue;
    steps.push_back(step.string());
  }
  const bool hidden = std::any_of(steps.begin(), steps.end(), [](const auto& s) { return is_hidden(s); });
  if (hidden) {
    reason = "hidden";
  } else if (!io::is_picture_name(path)) {
    reason = fmt::format("expected a picture ({})", io::kPictureNames);
  } else if (const std::size_t n = steps.size(); n >= 3) {
    const auto part = std::find(kParts.begin(), kParts.end(), steps[n - 3]);
    if (part != kParts.end())
      return Place{static_cast<std::size_t>(part - kParts.begin()), steps[n - 2], steps[n - 1]};
  }
  if (reason.empty()) reason = "not in train/CLASS nor test/CLASS";
  return std::nullopt;
}

void read_archive(const fs::path& from, Gathering& pictures, LeftOut& left_out) {
  const auto leave = [&](const std::string& path, const std::string& reason) {
    constexpr std::size_t kNoted = 10'000;  // paths of an archive may be as long as it likes
    if (left_out.files().size() < kNoted && (!is_hidden(path) || io::is_picture_name(path)))
      left_out.note(fmt::format("{} in {}: {}", path, from.string(), reason));
  };
  io::PackedVisitor visitor;
  visitor.leave = leave;
  visitor.wants = [&](const std::string& path) {
    std::string reason;
    if (place_of(path, reason)) return true;
    leave(path, reason);
    return false;
  };
  visitor.take = [&](const std::string& path, io::Bytes content) {
    std::string reason;
    const Place place = *place_of(path, reason);
    const std::size_t label = label_of(place.name, fmt::format("{}: {}", from.string(), path));
    pictures.take(place.part, label, place.file, std::move(content));
  };
  io::visit_packed_files(
      from, {.largest = kLargestPicture, .total = std::uint64_t{4} << 30, .entries = 1'000'000}, visitor);
}

/// The folder with train/ in it: `from` or one right below.
fs::path tree_in(const fs::path& from) {
  if (io::directory_exists(from / kParts[0])) return from;
  std::vector<fs::path> found;
  for (const std::string& name : io::list_directory(from)) {
    if (!is_hidden(name) && io::directory_exists(from / name / kParts[0])) found.push_back(from / name);
  }
  if (found.empty())
    throw DataError(fmt::format("{}: no train/CLASS/FILE in it, nor in a folder right below", from.string()));
  if (found.size() == 1) return found.front();
  throw DataError(fmt::format("{}: {} and {} have a folder train; name one of them", from.string(),
                              found[0].string(), found[1].string()));
}

void read_folder(const fs::path& from, Gathering& pictures, LeftOut& left_out) {
  const fs::path root = tree_in(from);
  for (std::size_t part = 0; part < kParts.size(); ++part) {
    if (!io::directory_exists(root / kParts[part]))
      throw DataError(fmt::format("there is no folder {}", (root / kParts[part]).string()));
    const LabelledFiles files = pictures_below(root / kParts[part], cifar10_classes(), "CIFAR-10", left_out);
    for (std::size_t i = 0; i < files.files.size(); ++i) {
      const fs::path& file = files.files[i];
      if (io::file_size(file) > kLargestPicture)
        throw DataError(fmt::format("{} is larger than {} bytes", file.string(), kLargestPicture));
      pictures.take(part, static_cast<std::size_t>(files.labels[i]), file.filename().string(),
                    io::read_file(file));
    }
  }
}

/// Files that no conversion wrote are somebody's originals.
void refuse_to_replace(const fs::path& folder) {
  const std::optional<DataReceipt> receipt = read_receipt(folder);
  if (receipt && !receipt->original) return;
  for (const std::string& name : cifar10_files()) {
    if (!io::file_exists(folder / name)) continue;
    throw DataError(
        fmt::format("{} is there, and no receipt ({}) says that a conversion wrote it: it may be an "
                    "original; remove it or name another directory",
                    (folder / name).string(), kReceiptName));
  }
}

}  // namespace

ConvertedCifar convert_cifar10(const fs::path& from, const fs::path& folder, const CifarConversion& how,
                               ThreadPool& pool) {
  refuse_to_replace(folder);
  LeftOut left_out(true);
  Gathering pictures(from, folder, how, pool);
  io::directory_exists(from) ? read_folder(from, pictures, left_out) : read_archive(from, pictures, left_out);
  pictures.finish(left_out);
  io::make_directories(folder);
  ConvertedCifar result{pictures.pictures(0), pictures.pictures(1), {}, left_out.files()};
  result.variant = fmt::format(
      "re-encoded: pixels of {}; order of seed {}",
      pictures.from_jpeg() ? "JPEG files, which differ from the original" : "PNG or BMP files", how.seed);
  // One file at a time, as large as it is: the first time for its checksum.
  const auto content = [&](std::size_t file) {
    if (file == kBatches) return pictures.records(1, how.seed, 0, result.test);
    const std::size_t batch = result.train / kBatches;
    return pictures.records(0, how.seed, file * batch,
                            file + 1 == kBatches ? result.train : (file + 1) * batch);
  };
  DataReceipt receipt{"cifar10", result.variant, false, {}};
  for (std::size_t f = 0; f <= kBatches; ++f)
    receipt.md5[cifar10_files()[f]] = io::digest_of(io::Digest::md5, content(f));
  // The receipt comes first: whatever breaks this off, files that are here are known for a conversion's,
  // those missing or of an earlier conversion for what they are, and the same call begins again.
  write_receipt(folder, receipt);
  for (std::size_t f = 0; f <= kBatches; ++f) io::write_atomically(folder / cifar10_files()[f], content(f));
  return result;
}

}  // namespace apical
