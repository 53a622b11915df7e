// SPDX-License-Identifier: Apache-2.0
// For tests: a directory of its own, removed afterwards. In memory where there is such a place: the walks
// over every failing operation sync thousands of times, which a busy disk makes slow and which proves nothing
// about a disk.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace apical::io {

class TestDirectory {
 public:
  TestDirectory() {
    static std::atomic<int> count{0};
    const std::filesystem::path memory = "/dev/shm";
    const bool usable = ::access(memory.c_str(), W_OK | X_OK) == 0;
    path_ = (usable ? memory : std::filesystem::temp_directory_path()) /
            ("apical-test-" + std::to_string(::getpid()) + "-");
    const std::string stem = path_.string();
    // New: a process of the same number may have been killed and have left its own.
    do path_ = stem + std::to_string(count++);
    while (!std::filesystem::create_directory(path_));
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Debian's Python, which has numpy and h5py; the first python3 on the path need not.
inline bool python_has(const std::string& module) {
  return std::system(("/usr/bin/python3 -c 'import " + module + "' >/dev/null 2>&1").c_str()) == 0;
}

/// Runs a script with its output in a file; true if it exits with 0.
inline bool run_python(const std::filesystem::path& script, const std::filesystem::path& output) {
  return std::system(
             ("/usr/bin/python3 '" + script.string() + "' >'" + output.string() + "' 2>&1").c_str()) == 0;
}

}  // namespace apical::io
