// SPDX-License-Identifier: Apache-2.0
// The real program as ranks that mpirun started.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/paths.h"

namespace apical::test {

/// Why ranks cannot be started here; empty if they can.
inline std::string no_ranks_because() {
  const std::filesystem::path plugin = std::filesystem::path(kBinary).parent_path() / "libapical_mpi.so";
  if (!std::filesystem::exists(plugin))
    return "this build has no " + plugin.string() + ": libopenmpi-dev was not there";
  if (std::system("mpirun --version > /dev/null 2>&1") != 0) return "there is no mpirun (openmpi-bin)";
  return "";
}

/// `mpirun -n RANKS apical ARGUMENTS`; what the ranks say is kept in a file.
class Launched {
 public:
  Launched(int ranks, const std::vector<std::string>& arguments, const std::filesystem::path& folder)
      : log_(folder / "said.txt"), pid_(fork()) {
    if (pid_ != 0) return;
    setpgid(0, 0);
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    setenv("OMPI_MCA_btl_base_warn_component_unused", "0", 1);
    const int log = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    std::vector<std::string> all{"mpirun", "--oversubscribe",     "--bind-to", "none",
                                 "-n",     std::to_string(ranks), kBinary};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(all.size() + 1);
    for (std::string& a : all) argv.push_back(a.data());
    argv.push_back(nullptr);
    execvp("mpirun", argv.data());
    _exit(127);
  }
  ~Launched() {
    if (!ended_) {
      ::kill(-pid_, SIGKILL);
      wait();
    }
  }
  Launched(const Launched&) = delete;
  Launched& operator=(const Launched&) = delete;

  /// The exit code, or minus the signal that ended mpirun.
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    ended_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  std::string said() const {
    std::ostringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
  }
  /// The process of a rank, once it is there: a child of mpirun in whose environment it is.
  pid_t process_of(int rank) const {
    const std::string wanted = "OMPI_COMM_WORLD_RANK=" + std::to_string(rank);
    for (int tries = 0; tries < 2000; ++tries) {
      std::ifstream children("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children");
      for (pid_t child = 0; children >> child;) {
        std::ifstream environment("/proc/" + std::to_string(child) + "/environ");
        for (std::string entry; std::getline(environment, entry, '\0');) {
          if (entry == wanted) return child;
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "rank " << rank << " did not start";
    return -1;
  }

 private:
  std::filesystem::path log_;
  pid_t pid_;
  bool ended_ = false;
};

}  // namespace apical::test
