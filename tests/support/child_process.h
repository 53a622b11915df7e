// SPDX-License-Identifier: Apache-2.0
// The real program as a child process that says nothing, or says it to whom it is told.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/paths.h"

namespace apical::test {

class ChildProcess {
 public:
  /// `working` is where it starts; empty: here. `output` is a descriptor for its results; -1: nowhere. It may
  /// have so many bytes of memory; 0: any.
  explicit ChildProcess(std::vector<std::string> arguments, const std::string& working = {}, int output = -1,
                        std::uint64_t memory = 0)
      : pid_(fork()) {
    if (pid_ != 0) return;
    const rlimit limit{memory, memory};
    if (memory > 0 && setrlimit(RLIMIT_AS, &limit) != 0) _exit(125);
    if (!working.empty() && chdir(working.c_str()) != 0) _exit(126);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    dup2(output < 0 ? nowhere : output, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    std::vector<char*> argv{const_cast<char*>(kBinary)};
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    execv(kBinary, argv.data());
    _exit(127);
  }
  pid_t id() const { return pid_; }
  /// Until it has a handler for the signal, which on a busy machine takes a program that begins a while.
  void wait_until_it_hears(int signal) const {
    constexpr int kPatience = 6000;
    for (int i = 0; i < kPatience; ++i) {
      std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
      for (std::string line; std::getline(status, line);) {
        if (line.starts_with("SigCgt:") &&
            (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0)
          return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  void kill(int signal = SIGKILL) const { ::kill(pid_, signal); }
  /// The exit code, or minus the signal that ended it.
  int wait() const {
    rusage ignored{};
    return wait(ignored);
  }
  /// And what it used.
  int wait(rusage& usage) const {
    int status = 0;
    wait4(pid_, &status, 0, &usage);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

}  // namespace apical::test
