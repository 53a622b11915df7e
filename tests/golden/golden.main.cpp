// SPDX-License-Identifier: Apache-2.0
// apical-golden PATH…  replays golden files in double precision; exit 1 if any fails.
#include "golden/golden.h"

#include <fmt/format.h>

#include <cstdio>

#include "apical/errors.h"

int main(int argc, char** argv) {
  using namespace apical;
  if (argc < 2) {
    fmt::print(stderr, "usage: apical-golden PATH…  (golden files or folders of them)\n");
    return static_cast<int>(ExitCode::usage);
  }
  std::size_t passed = 0, failed = 0;
  for (int i = 1; i < argc; ++i) {
    try {
      for (const auto& file : golden::files_below(argv[i])) {
        try {
          const golden::Verdict v = golden::replay_file(file);
          fmt::print("{:4}  worst {:9.2e} of {:.0e}  {}  ({}){}\n", v.passed ? "ok" : "FAIL",
                     v.worst_deviation, v.tolerance, v.file, v.worst_quantity,
                     v.note.empty() ? "" : "  " + v.note);
          ++(v.passed ? passed : failed);
        } catch (const Error& e) {
          fmt::print("FAIL  {}\n", e.what());
          ++failed;
        }
      }
    } catch (const Error& e) {
      fmt::print("FAIL  {}\n", e.what());
      ++failed;
    }
  }
  fmt::print("golden: {} passed, {} failed\n", passed, failed);
  return passed > 0 && failed == 0 ? 0 : 1;
}
