// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/published_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "apical/io/digest.h"
#include "apical/tasks/cifar10.h"
#include "apical/tasks/data_receipt.h"
#include "apical/tasks/fashion_mnist.h"
#include "apical/tasks/mnist.h"

namespace apical {
namespace {

struct Checksums {
  const char *train_images, *train_labels, *test_images, *test_labels;
};

PublishedData idx_set(const IdxDataset& set, const std::string& url, const Checksums& unpacked,
                      const Checksums& packed) {
  PublishedData out;
  out.name = set.name;
  out.source = set.source;
  const auto add = [&](const char* name, std::uint64_t bytes, const char* md5, const char* packed_md5) {
    out.files.push_back({name, bytes, md5, packed_md5});
    out.downloads.push_back({std::string(name) + ".gz", url + name + ".gz", 0, packed_md5});
  };
  add("train-images-idx3-ubyte", 47040016, unpacked.train_images, packed.train_images);
  add("train-labels-idx1-ubyte", 60008, unpacked.train_labels, packed.train_labels);
  add("t10k-images-idx3-ubyte", 7840016, unpacked.test_images, packed.test_images);
  add("t10k-labels-idx1-ubyte", 10008, unpacked.test_labels, packed.test_labels);
  return out;
}

PublishedData mnist() {
  PublishedData set = idx_set(mnist_files(), "https://ossci-datasets.s3.amazonaws.com/mnist/",
                              {"6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624",
                               "2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"},
                              {"f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
                               "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c"});
  set.citation = mnist_task().citation;
  set.licence = "CC BY-SA 3.0, as commonly stated; copyright LeCun and Cortes";
  set.homepage = "http://yann.lecun.com/exdb/mnist/";
  return set;
}

PublishedData fashion_mnist() {
  PublishedData set = idx_set(fashion_mnist_files(),
                              "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", {"", "", "", ""},
                              {"8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
                               "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310"});
  set.citation = fashion_mnist_task().citation;
  set.licence = "MIT, copyright Zalando SE";
  set.homepage = "https://github.com/zalandoresearch/fashion-mnist";
  return set;
}

PublishedData cifar10() {
  PublishedData set;
  set.name = "cifar10";
  set.source = cifar10_source();
  set.citation = cifar10_task().citation;
  set.licence = "none stated by its authors; cite the report";
  set.homepage = "https://www.cs.toronto.edu/~kriz/cifar.html";
  for (const std::string& file : cifar10_files()) set.files.push_back({file, 10000 * kCifarRecord, "", ""});
  set.downloads = {{"cifar-10-binary.tar.gz", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                    170052171, "c32a1d4ab5d03f1284b67883e8d87530"}};
  set.archive = true;
  return set;
}

void judge(const PublishedFile& expected, CheckedFile& file) {
  const auto set = [&](FileState state, std::string remark) {
    file.state = state;
    file.remark = std::move(remark);
  };
  if (file.path.extension() == ".gz" && !expected.packed_md5.empty() &&
      io::digest_of_file(io::Digest::md5, file.path) == expected.packed_md5) {
    file.bytes = expected.bytes;
    return set(FileState::intact, "MD5 of the compressed file as published");
  }
  std::vector<std::uint8_t> content;
  try {
    content = unpack_file(file.path, expected.bytes);
  } catch (const DataError& e) {
    return set(FileState::damaged, e.what());
  }
  file.bytes = content.size();
  if (content.size() != expected.bytes) {
    return set(FileState::damaged, fmt::format("{} bytes, expected {}", content.size(), expected.bytes));
  }
  const std::string md5 = io::digest_of(io::Digest::md5, std::as_bytes(std::span(content)));
  if (!expected.md5.empty()) {
    if (md5 == expected.md5) return set(FileState::intact, "MD5 as published");
    return set(FileState::damaged, fmt::format("MD5 {}, expected {}", md5, expected.md5));
  }
  const std::optional<DataReceipt> receipt = read_receipt(file.path.parent_path());
  if (receipt && receipt->md5.contains(expected.name)) {
    const std::string& written = receipt->md5.at(expected.name);
    if (md5 != written) {
      return set(FileState::damaged, fmt::format("MD5 {}, expected {}: changed since it was written ({})",
                                                 md5, written, receipt->variant));
    }
    return set(receipt->original ? FileState::intact : FileState::converted, receipt->variant);
  }
  set(FileState::unverified,
      file.path.extension() == ".gz"
          ? "right size, but not compressed as published; no checksum of the content is known"
          : "right size; no checksum was published for the unpacked file");
}

}  // namespace

const std::vector<PublishedData>& published_data() {
  static const std::vector<PublishedData> all{cifar10(), fashion_mnist(), mnist()};
  return all;
}

const PublishedData& find_published_data(std::string_view name) {
  std::vector<std::string> names;
  for (const PublishedData& set : published_data()) {
    if (set.name == name) return set;
    names.push_back(set.name);
  }
  throw ConfigError(fmt::format("unknown data set '{}'", name), {}, suggestion(name, names));
}

std::string_view name_of(FileState state) {
  switch (state) {
    case FileState::missing:
      return "missing";
    case FileState::intact:
      return "intact";
    case FileState::converted:
      return "converted";
    case FileState::unverified:
      return "unverified";
    case FileState::damaged:
      break;
  }
  return "damaged";
}

std::vector<CheckedFile> locate(const PublishedData& set, const std::filesystem::path& base) {
  std::vector<CheckedFile> files;
  for (const PublishedFile& expected : set.files) {
    CheckedFile& file = files.emplace_back();
    file.name = expected.name;
    if (!base.empty()) file.path = find_below(base, set.source, expected.name);
    if (!file.path.empty()) file.state = FileState::unverified;
  }
  return files;
}

std::vector<CheckedFile> verify(const PublishedData& set, const std::filesystem::path& base) {
  std::vector<CheckedFile> files = locate(set, base);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].path.empty()) {
      files[i].remark = fmt::format("expected in {}", (base / set.source.folders.front()).string());
    } else {
      judge(set.files[i], files[i]);
    }
  }
  return files;
}

}  // namespace apical
