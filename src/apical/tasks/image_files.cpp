// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/image_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <tuple>

#include "apical/core/error.h"
#include "apical/io/picture.h"
#include "apical/tasks/resize.h"

namespace apical {

using Bytes = std::vector<std::uint8_t>;

/// One view of one sample; of the same seed, epoch and sample there is one augmentation only.
struct ImageFiles::Key {
  std::uint64_t seed, epoch;
  std::uint32_t sample;
  bool augmented;
  Augmentation augmentation;
  Key(std::uint32_t of, const Augmentation* drawn, const Showing& showing)
      : seed(showing.seed),
        epoch(showing.epoch),
        sample(of),
        augmented(drawn != nullptr),
        augmentation(drawn == nullptr ? Augmentation{} : *drawn) {}
  auto place() const { return std::tuple(seed, epoch, sample, augmented); }
  bool operator<(const Key& other) const { return place() < other.place(); }
};

namespace {

io::Picture decode_whole(const std::filesystem::path& path, std::size_t shorter_side) {
  try {
    return io::decode_picture(io::read_file(path), path.string(), shorter_side);
  } catch (const DataError& e) {
    throw DataError(fmt::format("{}\n  corrupt_files = \"skip\" in [task] leaves such files out", e.what()));
  }
}

}  // namespace

/// The threads that decode what was announced.
class ImageFiles::Ahead {
 public:
  Ahead(const ImageFiles& files, std::size_t most, std::size_t readers)
      : files_(files), most_(std::max<std::size_t>(most, 1)), readers_(readers) {}

  /// Replaces what was announced for `seed`; of what is decoded already only what is wanted still stays.
  void announce(std::uint64_t seed, const std::vector<Key>& keys) {
    const std::set<Key> wanted(keys.begin(), keys.end());
    const std::lock_guard lock(mutex_);
    while (threads_.size() < readers_)
      threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    std::erase_if(plan_, [&](const Key& k) { return k.seed == seed; });
    std::erase_if(
        ready_, [&](const auto& entry) { return entry.first.seed == seed && !wanted.contains(entry.first); });
    for (const Key& key : keys) {
      if (!ready_.contains(key) && !busy_.contains(key)) plan_.push_back(key);
    }
    changed_.notify_all();
  }

  /// What was decoded ahead, if it was; otherwise the caller decodes it, and nobody else will.
  std::optional<Bytes> take(const Key& key) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return !busy_.contains(key); });
    const auto at = ready_.find(key);
    if (at == ready_.end()) {
      const auto planned =
          std::find_if(plan_.begin(), plan_.end(), [&](const Key& k) { return k.place() == key.place(); });
      if (planned != plan_.end()) plan_.erase(planned);
      return std::nullopt;
    }
    Result result = std::move(at->second);
    ready_.erase(at);
    changed_.notify_all();
    if (result.fault) std::rethrow_exception(result.fault);
    return std::move(result.bytes);
  }

 private:
  struct Result {
    Bytes bytes;
    std::exception_ptr fault;
  };

  void work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (
        changed_.wait(lock, stop, [&] { return !plan_.empty() && ready_.size() + busy_.size() < most_; })) {
      const Key key = plan_.front();
      plan_.pop_front();
      busy_.insert(key);
      lock.unlock();
      Result result;
      try {
        result.bytes =
            files_.decode(key.sample, key.augmented ? &key.augmentation : nullptr, {key.seed, key.epoch});
      } catch (...) {
        result.fault = std::current_exception();
      }
      lock.lock();
      busy_.erase(key);
      ready_.emplace(key, std::move(result));
      done_.notify_all();
    }
  }

  const ImageFiles& files_;
  std::size_t most_, readers_;
  std::mutex mutex_;
  std::condition_variable_any changed_, done_;
  std::deque<Key> plan_;
  std::map<Key, Result> ready_;
  std::set<Key> busy_;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

ImageFiles::ImageFiles(std::vector<std::filesystem::path> files, std::size_t size, std::size_t shorter_side,
                       std::size_t readers)
    : files_(std::move(files)), size_(size), shorter_side_(shorter_side) {
  APICAL_CHECK(size_ > 0 && shorter_side_ >= size_ && readers > 0);
  constexpr std::size_t kBytesAhead = std::size_t{64} << 20;
  ahead_ = std::make_unique<Ahead>(*this, kBytesAhead / shape().size(), readers);
}

ImageFiles::~ImageFiles() = default;

Bytes ImageFiles::decode(std::uint32_t sample, const Augmentation* augmentation,
                         const Showing& showing) const {
  APICAL_CHECK(sample < files_.size());
  const io::Picture picture = decode_whole(files_[sample], shorter_side_);
  const Size size = with_shorter_side({picture.rows, picture.cols}, shorter_side_);
  const std::size_t pad = augmentation != nullptr ? augmentation->padding() : 0;
  Window window = augmentation == nullptr
                      ? centre_of(size.rows, size.cols, shape())
                      : window_of(*augmentation, size.rows, size.cols, shape(), showing, sample);
  // Of the picture in its new size only what the window shows: a strip would be a thousand times as large.
  const std::size_t top = std::min(std::max(window.top, pad) - pad, size.rows),
                    left = std::min(std::max(window.left, pad) - pad, size.cols);
  const auto end = [pad](std::size_t begin, std::size_t length, std::size_t most) {
    return std::min(std::max(begin + length, pad) - pad, most);
  };
  const std::size_t bottom = std::max(end(window.top, shape().rows, size.rows), top),
                    right = std::max(end(window.left, shape().cols, size.cols), left);
  const io::Picture part = resized_part(picture, size, top, left, {bottom - top, right - left});
  Bytes planes(part.rgb.size()), shown(shape().size());
  const std::size_t pixels = part.rows * part.cols;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) planes[c * pixels + i] = part.rgb[3 * i + c];
  }
  window.top -= top;
  window.left -= left;
  cut_out(planes, part.rows, part.cols, pad, window, shape(), shown);
  return shown;
}

Bytes ImageFiles::read(std::uint32_t sample, const Augmentation* augmentation, const Showing& showing) const {
  const Key key(sample, augmentation, showing);
  if (std::optional<Bytes> ready = ahead_->take(key)) return std::move(*ready);
  return decode(sample, augmentation, showing);
}

void ImageFiles::announce(std::span<const std::uint32_t> samples, const Augmentation* augmentation,
                          const Showing& showing) const {
  std::vector<Key> keys;
  keys.reserve(samples.size());
  for (const std::uint32_t sample : samples) keys.emplace_back(sample, augmentation, showing);
  ahead_->announce(showing.seed, keys);
}

}  // namespace apical
