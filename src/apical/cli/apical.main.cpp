// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string_view>

#include "apical/cli/command.h"

namespace {

std::atomic<bool> stop_requested{false}, saving{false}, begun{false}, pipe_closed{false};
volatile std::sig_atomic_t first_signal = 0;
volatile std::sig_atomic_t takes_resume = 0, goes_on = 0;

void wait_for_the_end() {
  constexpr int kPatienceUs = 600'000;
  itimerval patience{};
  patience.it_value.tv_usec = kPatienceUs;
  setitimer(ITIMER_REAL, &patience, nullptr);
}

/// First signal, a limit of processor time among them: finish the step and write a checkpoint. Second
/// interrupt: leave now. What does not look at `stop_requested` in time, in the middle of a long step or of
/// work that nobody will miss, is ended by the alarm: whatever was written before stays whole.
extern "C" void on_signal(int signal) {
  stop_requested.store(true);
  if (signal == SIGUSR1) return;  // sent early by batch systems: there is time
  if (first_signal != 0) {
    if (signal == SIGINT) _exit(static_cast<int>(apical::ExitCode::interrupted));
    return;
  }
  first_signal = signal;
  wait_for_the_end();
}

extern "C" void on_alarm(int) {
  if (saving.load()) return wait_for_the_end();
  constexpr std::string_view kResumable = "apical: stopped; go on with --resume and --out\n",
                             kTooEarly = "apical: stopped before there was anything to resume; begin again\n",
                             kAgain = "apical: stopped; the same command goes on\n",
                             kOther = "apical: stopped\n";
  const bool can_be_resumed = takes_resume != 0 && begun.load();
  const std::string_view message = can_be_resumed      ? kResumable
                                   : takes_resume != 0 ? kTooEarly
                                   : goes_on != 0      ? kAgain
                                                       : kOther;
  [[maybe_unused]] const auto written = write(STDERR_FILENO, message.data(), message.size());
  constexpr int kBySignal = 128;
  _exit(can_be_resumed || goes_on != 0 ? static_cast<int>(apical::ExitCode::resumable)
                                       : kBySignal + first_signal);
}

extern "C" void on_closed_pipe(int) { pipe_closed.store(true); }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // a read or write that is interrupted is no fault of its file
  sigaction(signal, &action, nullptr);
}

std::terminate_handler terminate_otherwise = nullptr;

/// Destructors may ask for memory, too (those of the JSON library do), and from there an exception finds no
/// way.
void on_terminate() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    constexpr std::string_view kMessage = "apical: not enough memory\n";
    [[maybe_unused]] const auto written = write(STDERR_FILENO, kMessage.data(), kMessage.size());
    _exit(static_cast<int>(apical::ExitCode::io));
  } catch (...) {
    terminate_otherwise();
  }
  std::abort();
}

/// Who begins a program without one of the three would have the next file that it opens in its place, and
/// messages in that file. What is written to them fails as before.
void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) == -1) open("/dev/null", O_RDONLY);
  }
}

const apical::cli::Command* given_command(int argc, char** argv) {
  if (argc < 2) return nullptr;
  const auto& all = apical::cli::commands();
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const apical::cli::Command& c) { return c.name == argv[1]; });
  return at == all.end() ? nullptr : &*at;
}

bool is_resumable(const apical::cli::Command& c) {
  return std::any_of(c.options.begin(), c.options.end(),
                     [](const apical::cli::Option& o) { return o.name == "--resume"; });
}

/// What ends with a terminal or a connection; not under nohup, which has it ignored.
bool ignores(int signal) {
  struct sigaction now = {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
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

winsize size_of(int terminal) {
  winsize size{};
  return ioctl(terminal, TIOCGWINSZ, &size) == 0 ? size : winsize{};
}
int out_columns() { return size_of(STDOUT_FILENO).ws_col; }
int err_columns() { return size_of(STDERR_FILENO).ws_col; }
int out_rows() { return size_of(STDOUT_FILENO).ws_row; }

/// Without the exit handlers of libraries: that of OpenBLAS waits for ever for threads that a limit of memory
/// did not let it have. Files are closed by whoever wrote them; that nothing leaked is looked at on the way
/// out where that is asked for.
[[noreturn]] void leave(int code) {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
#ifdef APICAL_SANITIZED
  std::exit(code);
#else
  std::_Exit(code);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_descriptors();
  terminate_otherwise = std::set_terminate(on_terminate);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGXCPU}) handle(signal, on_signal);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a fault of that write, which says so
  if (!ignores(SIGHUP)) handle(SIGHUP, on_signal);
  handle(SIGALRM, on_alarm);
  handle(SIGPIPE, on_closed_pipe);
  if (const apical::cli::Command* const command = given_command(argc, argv)) {
    takes_resume = is_resumable(*command) ? 1 : 0;
    goes_on = command->goes_on ? 1 : 0;
  }
  begun.store(std::any_of(argv, argv + argc, [](std::string_view a) { return a == "--resume"; }));
  apical::cli::Context context{std::cout,
                               std::cerr,
                               isatty(STDERR_FILENO) != 0,
                               wants_colour(argc, argv),
                               &stop_requested,
                               &saving,
                               &pipe_closed,
                               out_columns,
                               err_columns,
                               nullptr,
                               &begun,
                               out_rows};
  leave(apical::cli::run({argv + 1, argv + argc}, context));
}
