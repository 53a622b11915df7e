// SPDX-License-Identifier: Apache-2.0
#include "apical/io/run_lock.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <limits>
#include <optional>
#include <sstream>
#include <system_error>

namespace apical::io {

namespace {
std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

/// A start time no process has: that of one which is dead and only waits for its parent to notice.
constexpr std::uint64_t kZombie = std::numeric_limits<std::uint64_t>::max();

/// Field 22 of /proc/<pid>/stat; the second field, the command, may hold blanks and parentheses.
std::uint64_t start_of(std::int64_t pid) {
  FileSystem disk;  // /proc is of the machine, whatever disk a test put in place
  const std::int64_t descriptor = disk.open(fmt::format("/proc/{}/stat", pid), FileSystem::Mode::read);
  if (descriptor < 0) return 0;
  std::array<char, 4096> buffer{};
  const std::int64_t n =
      disk.read_at(static_cast<int>(descriptor), std::as_writable_bytes(std::span(buffer)), 0);
  disk.close(static_cast<int>(descriptor));
  const std::string_view text(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  const std::size_t command_end = text.rfind(')');
  if (command_end == std::string_view::npos) return 0;
  std::istringstream fields{std::string(text.substr(command_end + 1))};
  std::string field;
  fields >> field;
  if (field == "Z" || field == "X") return kZombie;
  for (int i = 4; i <= 22; ++i) fields >> field;
  std::uint64_t ticks = 0;
  std::from_chars(field.data(), field.data() + field.size(), ticks);
  return ticks;
}

std::string text_of(const LockHolder& holder) {
  std::string process = fmt::format("host {}\npid {}\nprocess_start {}\nsince {}\n", holder.host, holder.pid,
                                    holder.process_start, holder.since);
  if (holder.job.empty()) return process;
  return process + fmt::format("attempt {}\njob {}\n", holder.attempt, holder.job);
}

/// Nothing if the file is torn or not ours.
std::optional<LockHolder> parse(const std::string& text) {
  LockHolder out;
  std::istringstream in(text);
  std::array<std::string, 4> key;
  in >> key[0] >> out.host >> key[1] >> out.pid >> key[2] >> out.process_start >> key[3] >> out.since;
  if (!in || key != std::array<std::string, 4>{"host", "pid", "process_start", "since"}) return std::nullopt;
  // To kill(), 0 and less are groups of processes.
  if (out.pid < 1 || out.pid > std::numeric_limits<pid_t>::max()) return std::nullopt;
  std::array<std::string, 2> more;
  if (!(in >> more[0])) return out;
  in >> out.attempt >> more[1] >> std::ws;
  std::getline(in, out.job);
  if (!in || more != std::array<std::string, 2>{"attempt", "job"}) return std::nullopt;
  return out;
}

/// Holder of an existing lock; nothing if it vanished meanwhile.
std::optional<LockHolder> read_lock(const Path& path) {
  std::string text;
  try {
    text = read_text(path);
  } catch (const FileError& e) {
    if (e.code() != ENOENT) throw;
    std::error_code ignored;
    if (!std::filesystem::is_symlink(path, ignored)) return std::nullopt;
    throw IoError(fmt::format("{}: is a link to what is not there; remove it if no process writes this run",
                              path.string()));
  }
  if (auto holder = parse(text)) return holder;
  throw IoError(fmt::format("{}: is not a lock file Apical can read; remove it if no process writes this run",
                            path.string()));
}

bool put(const Path& path, const LockHolder& holder) {
  const Path temporary = temporary_name(path);
  try {
    write_atomically(temporary, text_of(holder));
    const std::int64_t result = file_system().rename_new(temporary, path);
    if (result < 0 && result != -EEXIST) throw FileError(path, "create", static_cast<int>(-result));
    if (result < 0) try_remove_file(temporary);
    return result == 0;
  } catch (...) {
    try_remove_file(temporary);
    throw;
  }
}

/// Puts a lock at `path` in one piece; false if there is one already. Who gets it removes what others left in
/// the directory, also what they are about to put there: they look again, and then find who it was.
bool create(const Path& path, const LockHolder& holder) {
  constexpr int kTries = 20;
  for (int left = kTries; left > 0; --left) {
    try {
      return put(path, holder);
    } catch (const FileError& e) {
      if (e.code() != ENOENT || left == 1 || !file_exists(path.parent_path())) throw;
    }
  }
  return false;
}

/// Removes the guard of a process that died during a takeover, unless a living one has replaced it since.
void remove_dead_guard(const Path& guard, const LockHolder& dead) {
  const Path aside = temporary_name(guard);
  const std::int64_t result = file_system().rename(guard, aside);
  if (result == -ENOENT) return;
  if (result < 0) throw FileError(guard, "remove", static_cast<int>(-result));
  if (read_lock(aside) != dead && file_system().rename_new(aside, guard) == 0) return;
  remove_file(aside);
}

[[noreturn]] void refuse(const Path& path, const LockHolder& holder) {
  throw IoError(fmt::format(
      "{}: this run is being written by process {} on {} since {}\n"
      "  wait for it or stop it; {}",
      path.string(), holder.pid, holder.host, holder.since,
      holder.host == host_name()
          ? "if that process is no run of Apical, remove the file"
          : fmt::format("if no process lives on that host any more, say so: --lost-host {}", holder.host)));
}

}  // namespace

LockHolder this_process(const Claim& claim) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {host_name(),  ::getpid(), start_of(::getpid()),
          stamp.data(), claim.job,  claim.job.empty() ? 0 : claim.attempt};
}

bool may_be_alive(const LockHolder& holder) {
  if (holder.host != host_name()) return true;
  if (::kill(static_cast<pid_t>(holder.pid), 0) != 0 && errno == ESRCH) return false;
  const std::uint64_t start = start_of(holder.pid);
  if (start == kZombie) return false;
  return start == 0 || holder.process_start == 0 || start == holder.process_start;
}

bool interrupt(const LockHolder& holder) {
  constexpr std::int64_t kFirstProcess = 1;
  if (holder.host != host_name() || holder.pid <= kFirstProcess || holder.process_start == 0) return false;
  const auto pid = static_cast<pid_t>(holder.pid);
  const auto is_the_holder = [&] { return start_of(pid) == holder.process_start; };
  // The descriptor stays that of one process, also if its number is given to another after we have looked.
  const auto process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return errno == ENOSYS && is_the_holder() && ::kill(pid, SIGINT) == 0;
  const bool asked = is_the_holder() && ::syscall(SYS_pidfd_send_signal, process, SIGINT, nullptr, 0) == 0;
  ::close(process);
  return asked;
}

std::optional<LockHolder> lock_holder(const Path& directory) {
  const Path path = directory / RunLock::kFileName;
  if (!file_exists(path)) return std::nullopt;
  return read_lock(path);
}

bool has_ended(const LockHolder& holder, const Claim& claim) {
  if (!may_be_alive(holder)) return true;
  if (!claim.job.empty() && holder.job == claim.job && holder.attempt < claim.attempt) return true;
  return holder.host == claim.lost_host && holder.host != host_name();
}

RunLock::RunLock(const Path& directory, const Claim& claim)
    : path_(directory / kFileName), mine_(this_process(claim)) {
  Path guard = path_;
  guard += ".takeover";
  while (!held_) {
    if (create(path_, mine_)) {
      held_ = true;
      break;
    }
    const auto holder = read_lock(path_);
    if (!holder) continue;  // released in between
    if (!has_ended(*holder, claim)) refuse(path_, *holder);
    // Two processes may have found the same dead holder: only the one that owns the guard replaces the lock,
    // and only after it has seen under the guard that the dead holder is still there.
    if (!create(guard, mine_)) {
      const auto rival = read_lock(guard);
      if (rival && !has_ended(*rival, claim)) refuse(guard, *rival);
      if (rival) remove_dead_guard(guard, *rival);
      continue;
    }
    try {
      if (read_lock(path_) == holder) {
        write_atomically(path_, text_of(mine_));
        taken_over_ = *holder;
        held_ = true;
      }
    } catch (...) {
      try_remove_file(guard);
      throw;
    }
    remove_file(guard);
  }
}

RunLock::~RunLock() {
  try {
    release();
  } catch (...) {
    // The next process finds a dead holder and takes over.
  }
}

void RunLock::confirm() {
  const auto now = std::chrono::steady_clock::now();
  if (lost_ || (held_ && now - confirmed_ >= std::chrono::seconds(1))) confirm_now();
}

void RunLock::confirm_now() {
  if (!held_ && !lost_) return;
  confirmed_ = std::chrono::steady_clock::now();
  const auto holder = read_lock(path_);
  if (!lost_ && holder == mine_) return;
  lost_ = true;
  if (holder) {
    throw IoError(
        fmt::format("{}: this run was taken over by process {} on {} at {}; nothing more is written here",
                    path_.string(), holder->pid, holder->host, holder->since));
  }
  if (!file_exists(path_.parent_path())) {
    throw IoError(
        fmt::format("{}: this directory was moved or removed while the run wrote to it; what was written is "
                    "where it is now, and nothing more is written",
                    path_.parent_path().string()));
  }
  throw IoError(
      fmt::format("{}: the lock of this run is gone, so another process may be writing it; nothing more is "
                  "written here",
                  path_.string()));
}

void RunLock::release() {
  if (!held_) return;
  held_ = false;
  // Somebody may have removed the file by hand and started a second run: that lock is not ours to remove.
  if (read_lock(path_) == mine_) remove_file(path_);
}

}  // namespace apical::io
