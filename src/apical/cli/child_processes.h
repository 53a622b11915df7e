// SPDX-License-Identifier: Apache-2.0
// This program, started again.
#pragma once

#include <atomic>
#include <string>
#include <vector>

namespace apical::cli {

/// The file that this process is.
std::string own_program();

/// How a child ended: its exit code, or minus the signal.
using Ending = int;

/// Starts a process for each of these lists of arguments and waits until all have ended. Once `stop` is seen
/// they are asked to stop too. Their output is ours.
std::vector<Ending> run_processes(const std::string& program,
                                  const std::vector<std::vector<std::string>>& arguments,
                                  const std::atomic<bool>& stop);

/// What a program writes to its standard output, and how it ended; `program` is looked for in PATH. IoError
/// if there is none.
struct Written {
  Ending ending = 0;
  std::string text;
};
Written output_of(const std::string& program, const std::vector<std::string>& arguments);
bool is_in_path(const std::string& program);

}  // namespace apical::cli
