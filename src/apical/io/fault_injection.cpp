// SPDX-License-Identifier: Apache-2.0
#include "apical/io/fault_injection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "apical/core/random.h"

namespace apical::io {

std::int64_t FaultyDisk::step(const char* operation, bool changes_disk) {
  if (plan_.only_writes && !changes_disk) return 0;
  ++count_;
  if (plan_.fail_at == 0 || (plan_.persistent ? count_ < plan_.fail_at : count_ != plan_.fail_at)) return 0;
  if (!fired_) failed_operation_ = operation;
  fired_ = true;
  return -static_cast<std::int64_t>(plan_.error);
}

namespace {
template <class T>
std::span<T> clipped(std::span<T> bytes, bool clip) {
  return clip ? bytes.first(std::min<std::size_t>(bytes.size(), 7)) : bytes;
}
}  // namespace

std::int64_t FaultyDisk::open(const Path& path, Mode mode) {
  const std::int64_t fault = step("open", mode != Mode::read);
  return fault != 0 ? fault : FileSystem::open(path, mode);
}
std::int64_t FaultyDisk::close(int descriptor) {
  const std::int64_t fault = step("close", true);
  const std::int64_t result =
      FileSystem::close(descriptor);  // closes also when it reports an error, as Linux does
  return fault != 0 ? fault : result;
}
std::int64_t FaultyDisk::read_at(int descriptor, std::span<std::byte> into, std::uint64_t offset) {
  const std::int64_t fault = step("read", false);
  return fault != 0 ? fault : FileSystem::read_at(descriptor, clipped(into, plan_.short_transfers), offset);
}
std::int64_t FaultyDisk::write_at(int descriptor, std::span<const std::byte> from, std::uint64_t offset) {
  const std::int64_t fault = step("write", true);
  return fault != 0 ? fault : FileSystem::write_at(descriptor, clipped(from, plan_.short_transfers), offset);
}
std::int64_t FaultyDisk::truncate(int descriptor, std::uint64_t size) {
  const std::int64_t fault = step("truncate", true);
  return fault != 0 ? fault : FileSystem::truncate(descriptor, size);
}
std::int64_t FaultyDisk::sync(int descriptor) {
  const std::int64_t fault = step("sync", true);
  return fault != 0 ? fault : FileSystem::sync(descriptor);
}
std::int64_t FaultyDisk::size(int descriptor) {
  const std::int64_t fault = step("size", false);
  return fault != 0 ? fault : FileSystem::size(descriptor);
}
std::int64_t FaultyDisk::rename(const Path& from, const Path& to) {
  const std::int64_t fault = step("rename", true);
  return fault != 0 ? fault : FileSystem::rename(from, to);
}
std::int64_t FaultyDisk::rename_new(const Path& from, const Path& to) {
  const std::int64_t fault = step("rename_new", true);
  return fault != 0 ? fault : FileSystem::rename_new(from, to);
}
std::int64_t FaultyDisk::remove(const Path& path) {
  const std::int64_t fault = step("remove", true);
  return fault != 0 ? fault : FileSystem::remove(path);
}
std::int64_t FaultyDisk::make_directory(const Path& path) {
  const std::int64_t fault = step("make_directory", true);
  return fault != 0 ? fault : FileSystem::make_directory(path);
}
std::int64_t FaultyDisk::sync_directory(const Path& path) {
  const std::int64_t fault = step("sync_directory", true);
  return fault != 0 ? fault : FileSystem::sync_directory(path);
}
std::int64_t FaultyDisk::list(const Path& directory, std::vector<std::string>& names) {
  const std::int64_t fault = step("list", false);
  return fault != 0 ? fault : FileSystem::list(directory, names);
}
std::int64_t FaultyDisk::kind(const Path& path) {
  const std::int64_t fault = step("kind", false);
  return fault != 0 ? fault : FileSystem::kind(path);
}

void PowerLossDisk::operation() {
  if (dead_) throw PowerCut{};
  if (++count_ == cut_at_) {
    dead_ = true;
    throw PowerCut{};
  }
}

void PowerLossDisk::cut_power_at(std::uint64_t operation) {
  count_ = 0;
  cut_at_ = operation;
  dead_ = false;
}

void PowerLossDisk::apply(Bytes& content, const Write& write) {
  if (write.truncates) {
    content.resize(write.offset);
    return;
  }
  content.resize(std::max<std::size_t>(content.size(), write.offset + write.bytes.size()));
  std::copy(write.bytes.begin(), write.bytes.end(),
            content.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

PowerLossDisk PowerLossDisk::after_power_loss(Outcome outcome, std::uint64_t seed) const {
  std::uint64_t decision = 0;
  const auto choose = [&](std::uint32_t n) {
    return uniform_integer({seed, Stream::perturbation, 0, decision++}, n);
  };
  const auto survives = [&] {
    return outcome == Outcome::mixed ? choose(2) == 0 : outcome != Outcome::drop_all;
  };

  PowerLossDisk out;
  Names names = synced_;
  for (const NameChange& change : since_sync_) {
    if (!survives()) continue;
    for (const auto& [name, node] : change.names) {
      if (node)
        names[name] = node;
      else
        names.erase(name);
    }
  }
  for (const auto& [name, node] : names) {
    auto kept = std::make_shared<Node>();
    kept->now = node->synced;
    for (const Write& write : node->since_sync) {
      if (!survives()) continue;
      Write landed = write;
      if (!landed.truncates &&
          (outcome == Outcome::garbage || (outcome == Outcome::mixed && choose(3) == 0))) {
        for (std::byte& b : landed.bytes) b ^= std::byte{0xA5};
      }
      apply(kept->now, landed);
    }
    kept->synced = kept->now;
    out.now_[name] = kept;
  }
  out.synced_ = out.now_;
  for (const auto& [name, synced] : directories_) {
    if (synced || survives()) out.directories_[name] = true;
  }
  return out;
}

std::int64_t PowerLossDisk::open(const Path& path, Mode mode) {
  operation();
  auto found = now_.find(path.string());
  if (mode == Mode::create_new && found != now_.end()) return -EEXIST;
  if (found == now_.end()) {
    if (mode == Mode::read) return -ENOENT;
    if (!directories_.contains(path.parent_path().string())) return -ENOENT;
    change(path, {{path.string(), std::make_shared<Node>()}});
    found = now_.find(path.string());
  }
  open_.push_back(found->second);
  return static_cast<std::int64_t>(open_.size()) - 1;
}

std::int64_t PowerLossDisk::close(int) { return 0; }

std::int64_t PowerLossDisk::read_at(int descriptor, std::span<std::byte> into, std::uint64_t offset) {
  const Bytes& content = node(descriptor).now;
  if (offset >= content.size() || into.empty()) return 0;
  const std::size_t n = std::min<std::size_t>(into.size(), content.size() - offset);
  std::memcpy(into.data(), content.data() + offset, n);
  return static_cast<std::int64_t>(n);
}

std::int64_t PowerLossDisk::write_at(int descriptor, std::span<const std::byte> from, std::uint64_t offset) {
  operation();
  // Half of a large write may be on its way when the power goes: two independent pieces.
  const std::size_t half = from.size() / 2;
  for (const auto piece : {from.first(half), from.subspan(half)}) {
    if (piece.empty()) continue;
    Write write{offset + static_cast<std::uint64_t>(piece.data() - from.data()),
                Bytes(piece.begin(), piece.end()), false};
    apply(node(descriptor).now, write);
    node(descriptor).since_sync.push_back(std::move(write));
  }
  return static_cast<std::int64_t>(from.size());
}

std::int64_t PowerLossDisk::truncate(int descriptor, std::uint64_t size) {
  operation();
  Write write{size, {}, true};
  apply(node(descriptor).now, write);
  node(descriptor).since_sync.push_back(std::move(write));
  return 0;
}

std::int64_t PowerLossDisk::sync(int descriptor) {
  operation();
  Node& file = node(descriptor);
  file.synced = file.now;
  file.since_sync.clear();
  return 0;
}

std::int64_t PowerLossDisk::size(int descriptor) {
  return static_cast<std::int64_t>(node(descriptor).now.size());
}

void PowerLossDisk::change(const Path& path, Names names) {
  for (const auto& [name, node] : names) {
    if (node)
      now_[name] = node;
    else
      now_.erase(name);
  }
  since_sync_.push_back({path.parent_path().string(), std::move(names)});
}

std::int64_t PowerLossDisk::rename(const Path& from, const Path& to) {
  operation();
  const auto found = now_.find(from.string());
  if (found == now_.end()) return -ENOENT;
  change(to, {{from.string(), nullptr}, {to.string(), found->second}});
  return 0;
}

std::int64_t PowerLossDisk::rename_new(const Path& from, const Path& to) {
  return now_.contains(to.string()) ? -EEXIST : rename(from, to);
}

std::int64_t PowerLossDisk::remove(const Path& path) {
  operation();
  if (!now_.contains(path.string())) return -ENOENT;
  change(path, {{path.string(), nullptr}});
  return 0;
}

std::int64_t PowerLossDisk::make_directory(const Path& path) {
  operation();
  if (directories_.contains(path.string())) return -EEXIST;
  directories_[path.string()] = false;
  return 0;
}

std::int64_t PowerLossDisk::sync_directory(const Path& path) {
  operation();
  for (auto& [name, synced] : directories_) synced = synced || Path(name).parent_path() == path;
  for (auto it = since_sync_.begin(); it != since_sync_.end();) {
    if (it->directory != path.string()) {
      ++it;
      continue;
    }
    for (const auto& [name, node] : it->names) {
      if (node)
        synced_[name] = node;
      else
        synced_.erase(name);
    }
    it = since_sync_.erase(it);
  }
  return 0;
}

std::int64_t PowerLossDisk::list(const Path& directory, std::vector<std::string>& names) {
  for (const auto& [name, node] : now_) {
    if (Path(name).parent_path() == directory) names.push_back(Path(name).filename().string());
  }
  return 0;
}

std::int64_t PowerLossDisk::kind(const Path& path) {
  if (path == "/" || directories_.contains(path.string())) return static_cast<std::int64_t>(Kind::directory);
  return static_cast<std::int64_t>(now_.contains(path.string()) ? Kind::file : Kind::absent);
}

}  // namespace apical::io
