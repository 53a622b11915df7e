// SPDX-License-Identifier: Apache-2.0
// For tests of the command line: what `apical ARGUMENTS` answers, and a directory for its files.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <string>
#include <vector>

#include "apical/cli/command.h"
#include "apical/io/file.h"
#include "apical/io/test_directory.h"

namespace apical::test {

struct Answer {
  int code;
  std::string out, err;
};

inline Answer apical_says(const std::vector<std::string>& arguments, bool stopped = false) {
  std::ostringstream out, err;
  const std::atomic<bool> stop{stopped};
  cli::Context context{out, err, false, false, &stop};
  const int code = cli::run(arguments, context);
  return {code, out.str(), err.str()};
}

/// `text` with the first `what` in it replaced.
inline std::string with(std::string text, const std::string& what, const std::string& instead) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

class CommandLine : public testing::Test {
 protected:
  std::string file(const std::string& text) const {
    const auto path = directory_ / "experiment.toml";
    io::write_atomically(path, std::string_view(text));
    return path.string();
  }
  std::string out(const std::string& name = "run") const { return (directory_ / name).string(); }
  io::TestDirectory directory_;
};

}  // namespace apical::test
