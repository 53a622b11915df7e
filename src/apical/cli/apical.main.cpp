// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "apical/cli/command.h"

namespace {

std::atomic<bool> stop_requested{false};

// First signal: finish the step and write a checkpoint. Second interrupt: leave now.
extern "C" void on_signal(int signal) {
  if (stop_requested.exchange(true) && signal == SIGINT)
    _exit(static_cast<int>(apical::ExitCode::interrupted));
}

bool wants_colour(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view a = argv[i];
    const std::string_view when = a.starts_with("--color=")        ? a.substr(8)
                                  : a == "--color" && i + 1 < argc ? argv[i + 1]
                                                                   : "";
    if (when == "always") return true;
    if (when == "never") return false;
  }
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return !(no_colour && *no_colour) && term && std::string_view(term) != "dumb" && isatty(STDERR_FILENO);
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  apical::cli::Context context{std::cout, std::cerr, isatty(STDERR_FILENO) != 0, wants_colour(argc, argv),
                               &stop_requested};
  return apical::cli::run({argv + 1, argv + argc}, context);
}
