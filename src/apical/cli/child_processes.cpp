// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/child_processes.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "apical/core/error.h"

extern char** environ;

namespace apical::cli {
namespace {

std::vector<char*> as_argv(std::vector<std::string>& all) {
  std::vector<char*> argv;
  argv.reserve(all.size() + 1);
  for (std::string& a : all) argv.push_back(a.data());
  argv.push_back(nullptr);
  return argv;
}

Ending ending_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

pid_t started(const std::string& program, const std::vector<std::string>& arguments,
              const posix_spawn_file_actions_t* actions) {
  std::vector<std::string> all{program};
  all.insert(all.end(), arguments.begin(), arguments.end());
  pid_t child = 0;
  const int fault = posix_spawnp(&child, program.c_str(), actions, nullptr, as_argv(all).data(), environ);
  if (fault != 0) throw IoError(fmt::format("cannot start '{}': {}", program, std::strerror(fault)));
  return child;
}

}  // namespace

std::string own_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::vector<Ending> run_processes(const std::string& program,
                                  const std::vector<std::vector<std::string>>& arguments,
                                  const std::atomic<bool>& stop) {
  std::vector<pid_t> running;
  running.reserve(arguments.size());
  for (const auto& a : arguments) running.push_back(started(program, a, nullptr));
  std::vector<Ending> out(running.size(), 0);
  std::size_t left = running.size();
  bool asked = false;
  while (left > 0) {
    if (stop.load() && !asked) {
      for (const pid_t child : running) {
        if (child != 0) ::kill(child, SIGTERM);
      }
      asked = true;
    }
    for (std::size_t i = 0; i < running.size(); ++i) {
      int status = 0;
      if (running[i] == 0 || waitpid(running[i], &status, WNOHANG) != running[i]) continue;
      out[i] = ending_of(status);
      running[i] = 0;
      --left;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return out;
}

Written output_of(const std::string& program, const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw IoError(fmt::format("no pipe: {}", std::strerror(errno)));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  Written out;
  pid_t child = 0;
  try {
    child = started(program, arguments, &actions);
  } catch (...) {
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[0]);
    ::close(ends[1]);
    throw;
  }
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::array<char, 4096> block{};
  for (;;) {
    const ssize_t n = read(ends[0], block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.text.append(block.data(), static_cast<std::size_t>(n));
  }
  ::close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  out.ending = ending_of(status);
  return out;
}

bool is_in_path(const std::string& program) {
  const char* const all = std::getenv("PATH");
  std::string text = all == nullptr ? "" : all;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t colon = std::min(text.find(':', at), text.size());
    const std::string file = text.substr(at, colon - at) + "/" + program;
    if (colon > at && access(file.c_str(), X_OK) == 0) return true;
    at = colon + 1;
  }
  return false;
}

}  // namespace apical::cli
