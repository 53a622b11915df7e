// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cifar10_conversion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "apical/core/random.h"
#include "apical/io/digest.h"
#include "apical/io/jpeg.h"
#include "apical/io/packed_files.h"
#include "apical/tasks/cifar10.h"
#include "apical/tasks/data_receipt.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSide = 32;
constexpr std::size_t kLargestPicture = std::size_t{1}
                                        << 20;  // the originals take 3 kB without any compression
constexpr std::size_t kBatches = 5;

enum class Part { train, test };

/// Files by "class/name", so that the order of the source does not matter.
struct Pictures {
  std::array<std::map<std::string, io::Bytes>, 2> parts;

  /// Takes ".../train/cat/0001.jpg"; leaves what is no picture of a part.
  void take(const std::string& origin, const fs::path& path, io::Bytes content) {
    std::vector<std::string> steps;
    for (const fs::path& step : path) steps.push_back(step.string());
    if (steps.size() < 3 || path.extension() != ".jpg") return;
    const std::string &part = steps[steps.size() - 3], &name = steps[steps.size() - 2];
    if (part != "train" && part != "test") return;
    const auto& classes = cifar10_classes();
    if (std::find(classes.begin(), classes.end(), name) == classes.end()) {
      throw DataError(fmt::format("{}: '{}' in {} is no class of CIFAR-10\n  {}", origin, name, path.string(),
                                  suggestion(name, classes)));
    }
    parts[part == "test"].emplace(name + "/" + steps.back(), std::move(content));
  }
};

Pictures read_pictures(const fs::path& from) {
  Pictures pictures;
  if (!fs::is_directory(from)) {
    io::for_each_packed_file(from, kLargestPicture, [&](const std::string& path, io::Bytes content) {
      pictures.take(from.string(), path, std::move(content));
    });
    return pictures;
  }
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".jpg") continue;
    pictures.take(from.string(), entry.path(), io::read_file(entry.path()));
  }
  return pictures;
}

void check_counts(const std::map<std::string, io::Bytes>& files, std::size_t expected,
                  const std::string& part, const fs::path& from) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& name : cifar10_classes()) counts[name] = 0;
  for (const auto& [path, content] : files) ++counts[path.substr(0, path.find('/'))];
  for (const auto& [name, count] : counts) {
    if (count == expected) continue;
    throw DataError(fmt::format("{}: {} pictures in {}/{}, expected {} as in CIFAR-10", from.string(), count,
                                part, name, expected));
  }
}

/// One label byte, then the red, green and blue plane.
void write_record(const std::string& path, const io::Bytes& jpeg, const std::string& origin,
                  std::span<std::byte> record) {
  const std::string name = fmt::format("{}: {}", origin, path);
  const io::Picture picture = io::decode_jpeg(jpeg, name);
  if (picture.rows != kSide || picture.cols != kSide) {
    throw DataError(
        fmt::format("{}: {} x {} pixels, expected {} x {}", name, picture.rows, picture.cols, kSide, kSide));
  }
  const auto& classes = cifar10_classes();
  const auto label =
      std::find(classes.begin(), classes.end(), path.substr(0, path.find('/'))) - classes.begin();
  record[0] = static_cast<std::byte>(label);
  for (std::size_t i = 0; i < kSide * kSide; ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      record[1 + c * kSide * kSide + i] = static_cast<std::byte>(picture.rgb[3 * i + c]);
  }
}

/// All records in the order of the seed.
io::Bytes records_of(const std::map<std::string, io::Bytes>& files, const std::string& origin,
                     const Address& order, ThreadPool& pool) {
  std::vector<const std::pair<const std::string, io::Bytes>*> sorted;
  for (const auto& file : files) sorted.push_back(&file);
  const std::vector<std::uint32_t> place = permutation(order, sorted.size());
  io::Bytes records(sorted.size() * kCifarRecord);
  constexpr std::size_t kPiece = 500;
  pool.run((sorted.size() + kPiece - 1) / kPiece, [&](std::size_t piece) {
    for (std::size_t i = piece * kPiece; i < std::min((piece + 1) * kPiece, sorted.size()); ++i) {
      const auto& [path, jpeg] = *sorted[place[i]];
      write_record(path, jpeg, origin, std::span(records).subspan(i * kCifarRecord, kCifarRecord));
    }
  });
  return records;
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
  const Pictures pictures = read_pictures(from);
  check_counts(pictures.parts[0], how.train_per_class, "train", from);
  check_counts(pictures.parts[1], how.test_per_class, "test", from);
  const auto records = [&](Part part, const std::string& name) {
    const Address order{how.seed, Stream::sample_order, 0x10 + static_cast<std::uint32_t>(part), 0};
    return records_of(pictures.parts[static_cast<std::size_t>(part)],
                      fmt::format("{}: {}", from.string(), name), order, pool);
  };
  const io::Bytes train = records(Part::train, "train"), test = records(Part::test, "test");
  io::make_directories(folder);
  ConvertedCifar result{train.size() / kCifarRecord, test.size() / kCifarRecord, {}};
  result.variant = fmt::format(
      "re-encoded: pixels of JPEG files, which differ from the original; order of seed {}", how.seed);
  DataReceipt receipt{"cifar10", result.variant, false, {}};
  std::map<std::string, std::span<const std::byte>> files;
  const std::size_t batch = result.train / kBatches * kCifarRecord;
  for (std::size_t b = 0; b < kBatches; ++b) {
    const std::size_t end = b + 1 == kBatches ? train.size() : (b + 1) * batch;
    files[cifar10_files()[b]] = std::span(train).subspan(b * batch, end - b * batch);
  }
  files[cifar10_files().back()] = test;
  for (const auto& [name, content] : files) receipt.md5[name] = io::digest_of(io::Digest::md5, content);
  // The receipt comes first: whatever breaks this off, files that are here are known for a conversion's,
  // those missing or of an earlier conversion for what they are, and the same call begins again.
  write_receipt(folder, receipt);
  for (const auto& [name, content] : files) io::write_atomically(folder / name, content);
  return result;
}

}  // namespace apical
